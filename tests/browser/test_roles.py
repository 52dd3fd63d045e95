"""Whoever may not do something sees no control for it, and reads which role does."""

import re
from typing import Final
from urllib.parse import urlsplit

import pytest
from tests.browser.conftest import Looks
from tests.browser.processes import World
from tests.browser.routes import GET_ROUTES, filled
from tests.browser.worlds import APP

from seatkeeper.administration.model import Administrator, Permission, Role
from seatkeeper.administration.routes import ROUTES

LESSER: Final = (Role.VIEWER, Role.OPERATOR, Role.APP_ADMIN)

_SENT: Final = """
[...document.querySelectorAll("form, [formaction], [hx-post]")].flatMap((one) => [
  one.tagName === "FORM" && one.method === "post" ? one.action : "",
  one.getAttribute("formaction") ? one.formAction : "",
  one.getAttribute("hx-post") ? new URL(one.getAttribute("hx-post"), location).href : "",
]).filter(Boolean)
"""


def permission_of(address: str) -> tuple[Permission, str | None]:
    """Return what sending to an address asks for, and the app that it works on."""
    path = urlsplit(address).path
    for (method, route), permission in ROUTES.items():
        shape = re.sub(r"\\\{(\w+)(?::\w+)?\\\}", r"(?P<\1>[^/]+)", re.escape(route))
        found = re.fullmatch(shape, path)
        if method == "POST" and found:
            return permission, found.groupdict().get("app")
    raise AssertionError(f"A form is sent to {path}, which is no route.")


def allowed(role: Role, route: str) -> bool:
    """Whether somebody of that role may open a page; an app admin of 15Five only."""
    permission = ROUTES["GET", route]
    return somebody(role).may(permission, APP if "{app}" in route else None)


def somebody(role: Role) -> Administrator:
    apps = frozenset({APP}) if role is Role.APP_ADMIN else frozenset[str]()
    return Administrator("1", "a@larkspur.example", "A", role, apps)


async def controls(world: World, looks: Looks, role: Role, path: str) -> tuple[set[str], str]:
    """Return where the forms of a page are sent to, and what the page says."""
    window = await looks(world, role.value)
    assert await window.visit(path) == 200
    main = await window.run("document.querySelector('main').innerText")
    return set(await window.run(_SENT)), main


@pytest.fixture(scope="module")
def all_controls() -> dict[str, set[str]]:
    """What an administrator sees on each page that was looked at so far."""
    return {}


@pytest.mark.parametrize("role", LESSER)
@pytest.mark.parametrize("route", GET_ROUTES)
async def test_only_what_may_be_done_is_offered(
    route: str, role: Role, larkspur: World, looks: Looks, all_controls: dict[str, set[str]]
) -> None:
    path = filled(route, larkspur.facts)
    if not allowed(role, route):
        window = await looks(larkspur, role.value)
        assert await window.visit(path) == 403
        return

    offered, words = await controls(larkspur, looks, role, path)

    refused = {one for one in offered if not somebody(role).may(*permission_of(one))}
    assert refused == set()
    if path not in all_controls:
        all_controls[path], _ = await controls(larkspur, looks, Role.ADMINISTRATOR, path)
    others = all_controls[path]
    hidden = {one for one in others - offered if not somebody(role).may(*permission_of(one))}
    assert not hidden or "Needs the role" in words, f"nothing says who may: {hidden}"
