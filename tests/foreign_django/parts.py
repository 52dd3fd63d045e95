"""What django-scim2 asks a site to bring: who may call, its address, what filters may ask."""

import hmac
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django_scim.filters import GroupFilterQuery, UserFilterQuery


def bearer(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Let in whoever brings the token."""
    wanted = f"Bearer {settings.BEARER_TOKEN}".encode()

    def answer(request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_AUTHORIZATION", "").encode()
        request.user = SimpleNamespace(is_authenticated=hmac.compare_digest(given, wanted))
        return get_response(request)

    return answer


def location(request: HttpRequest | None = None, *_: Any, **__: Any) -> str:
    """Return the site's own address, as this caller reaches it."""
    return "" if request is None else f"http://{request.get_host()}/"


class UserFilters(UserFilterQuery):  # type: ignore[misc]
    """Users are also found by external id."""

    attr_map: ClassVar = {
        **UserFilterQuery.attr_map,
        ("externalId", None, None): "scim_external_id",
    }


class GroupFilters(GroupFilterQuery):  # type: ignore[misc]
    """Groups are found by name."""

    attr_map: ClassVar = {("displayName", None, None): "name"}
