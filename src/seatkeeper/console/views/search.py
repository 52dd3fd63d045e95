"""Find pages and apps by what somebody types, as far as their role leads there.

After the walk, pure. Every word that is typed must begin a word of what is found;
which letters count as the same is said by ``directory.finding``. People and groups
are found by the directory, a page like this one only lists them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from seatkeeper.administration.model import Permission
from seatkeeper.administration.routes import ROUTES
from seatkeeper.console.language import _
from seatkeeper.console.views.people import AppChip
from seatkeeper.directory.finding import search_key

MOST_PAGES: Final = 12
_FREE: Final = frozenset({Permission.ANYBODY, Permission.OWN})


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found, and where it is. ``sign`` is its icon, ``app`` its app's id.

    ``apps``: where a person stands in each app.
    """

    name: str
    below: str
    address: str
    sign: str
    app: str = ""
    apps: Sequence[AppChip] = ()


def page_hits(
    text: str, apps: Sequence[tuple[str, str]], may: Callable[[Permission], bool]
) -> Sequence[Hit]:
    """Return apps (pairs of id and name) and pages that fit; without text those to begin with."""
    words = search_key(text).split()
    found = []
    for hit, route in _everything(apps, deep=bool(words)):
        permission = ROUTES.get(("GET", route))
        if permission is None or not (permission in _FREE or may(permission)):
            continue
        parts = search_key(f"{hit.name} {hit.below} {hit.app}").split()
        if all(any(part.startswith(word) for part in parts) for word in words):
            found.append(hit)
    return found[:MOST_PAGES]


def _everything(apps: Sequence[tuple[str, str]], *, deep: bool) -> Iterator[tuple[Hit, str]]:
    """Yield what there is with its route, apps first; ``deep``: also the pages of each app."""
    for app_id, name in apps:
        yield Hit(name, _("App"), f"/apps/{app_id}", "layout-grid", app_id), "/apps/{app}"
    for route, name, sign in _pages():
        yield Hit(name, _("Page"), route, sign), route
    if not deep:
        return
    for app_id, name in apps:
        for path, page, sign in _app_pages():
            hit = Hit(page, name, f"/apps/{app_id}{path}", sign, app_id)
            yield hit, f"/apps/{{app}}{path}"


def _pages() -> Sequence[tuple[str, str, str]]:
    return (
        ("/", _("Home"), "house"),
        ("/people", _("People"), "user"),
        ("/groups", _("Groups"), "users"),
        ("/activity", _("Activity"), "activity"),
        ("/approvals", _("Approvals"), "shield-check"),
        ("/gallery", _("Gallery: add an app"), "layout-grid"),
        ("/settings", _("Settings"), "settings"),
        ("/settings/audit", _("Audit trail"), "scroll-text"),
        ("/settings/sources", _("Directory sources and their tokens"), "plug"),
        ("/settings/notifications", _("Notifications: mail and webhooks"), "mail"),
        ("/settings/organisation", _("Organisation: addresses, how long things are kept"),
         "building-2"),
        ("/settings/about", _("About: version, health, licences"), "info"),
        ("/settings/demo-data", _("Remove demo data"), "trash-2"),
        ("/settings/administrators", _("Administrators and roles"), "key-round"),
        ("/settings/sessions", _("Your sessions"), "monitor"),
        ("/settings/second-factor", _("Your second factor"), "lock"),
    )  # fmt: skip


def _app_pages() -> Sequence[tuple[str, str, str]]:
    return (
        ("/plan", _("Plan"), "list-checks"),
        ("/assignments", _("People and groups"), "users"),
        ("/on-demand", _("Provision on demand"), "play"),
        ("/mappings", _("Mappings"), "arrow-left-right"),
        ("/scope", _("Scope"), "filter"),
        ("/activity", _("Activity"), "activity"),
        ("/cycles", _("Cycles"), "history"),
        ("/connection", _("Connection and token"), "plug"),
        ("/settings", _("Settings of the app"), "settings"),
    )
