"""Configuration as code: one YAML document per app, printed.

Before the walk. What is printed here reads in ``documents`` as the same
document again. Fields that say what holds anyway are left out.
"""

import msgspec
import yaml

from seatkeeper.configuration.documents import DEFAULT_ACCESS_ROLE, AppDocument
from seatkeeper.configuration.filters import printed_filter
from seatkeeper.configuration.guard import print_guard
from seatkeeper.configuration.notification import print_notification
from seatkeeper.configuration.object_documents import printed_actions, printed_attributes
from seatkeeper.configuration.settings import AppSettings
from seatkeeper.configuration.timing import printed_reconciling, printed_schedule


def print_document(document: AppDocument) -> str:
    """Return the document as YAML that ``read_documents`` reads as the same."""
    settings = document.settings
    plain: dict[str, object] = {
        "app": document.app,
        "gallery": settings.gallery,
        "name": settings.name,
        "connection": _connection(document),
        "mode": settings.mode,
        "status": _Word(settings.status),
        "scope": settings.scope,
        "exclude_default_access": settings.exclude_default_access,
        **({"skip_out_of_scope_deletions": True} if settings.skip_out_of_scope_deletions else {}),
        **({"rehire": settings.rehire} if settings.rehire != "link" else {}),
        **({"profile": settings.profile} if settings.profile != "seatkeeper" else {}),
        "schedule": printed_schedule(settings),
    }
    if guard := print_guard(settings.guard):
        plain["deletion_guard"] = guard
    if reconcile := printed_reconciling(settings.reconcile):
        plain["reconcile"] = reconcile
    if told := print_notification(settings.notification):
        plain["notification"] = told
    if document.assignments:
        plain["assignments"] = [
            {
                one.kind: one.name,
                "role": one.role or DEFAULT_ACCESS_ROLE,
                **({"nested": True} if one.nested else {}),
            }
            for one in document.assignments
        ]
    if filters := _filters(settings):
        plain["scoping_filters"] = filters
    if actions := printed_actions(settings):
        plain["actions"] = actions
    if attributes := printed_attributes(settings):
        plain["attributes"] = attributes
    if mappings := _mappings(settings):
        plain["mappings"] = mappings
    return yaml.dump(plain, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


class _Word(str):
    """``on`` or ``off``, printed without the quotes that YAML would put round them."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Prints lists indented below their field, and no aliases."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT002
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: object) -> bool:
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Quote what is not printable, so that U+0085 and its like are not read as line ends."""
    style = None if text.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(
    _Word, lambda dumper, word: dumper.represent_scalar("tag:yaml.org,2002:bool", word)
)


def _connection(document: AppDocument) -> dict[str, object]:
    settings = document.settings
    connection: dict[str, object] = {
        "tenant_url": settings.tenant_url,
        "secret_token": document.secret_token,
    }
    if settings.secret_expires:
        connection["secret_expires"] = settings.secret_expires
    if settings.allow_loopback:
        connection["allow_loopback"] = True
    if settings.requests_per_second is not None:
        connection["requests_per_second"] = settings.requests_per_second
    if settings.bulk != "off":
        connection["bulk"] = settings.bulk
    return connection


def _filters(settings: AppSettings) -> dict[str, object]:
    by_name = {"users": settings.user_filter, "groups": settings.group_filter}
    return {name: printed_filter(plain) for name, plain in by_name.items() if plain is not None}


def _mappings(settings: AppSettings) -> dict[str, object]:
    mappings: dict[str, object] = {}
    if settings.users:
        mappings["users"] = [msgspec.to_builtins(change) for change in settings.users]
    if not settings.groups_enabled:
        mappings["groups"] = _Word("off")
    elif settings.groups:
        mappings["groups"] = [msgspec.to_builtins(change) for change in settings.groups]
    return mappings
