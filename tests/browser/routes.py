"""Which pages there are, from the table of routes, and where each is found in a company."""

import re
from typing import Final

from tests.browser.worlds import Facts

from seatkeeper.administration.routes import ROUTES, STATIC

_BLANK: Final = re.compile(r"\{(\w+)(?::\w+)?\}")
_BY_PLACE: Final = {
    "people": "person",
    "groups": "group",
    "approvals": "approval",
    "activity": "event",
    "cycles": "cycle",
    "plan": "plan",
    "plans": "plan",
    "gallery": "connector",
    "apps": "app",
}
"""What a blank that says no more than ``{id}`` or ``{n}`` stands for, by the word before it."""

_SAYS_NOTHING: Final = frozenset({"id", "n", "number"})

FOR_MACHINES: Final = frozenset({"/healthz", "/readyz", "/status.json", STATIC})
"""Routes that answer no browser."""

PARTS: Final = frozenset({"new", "export", "events", "part"})
"""What the address of a part of a page, a download or a stream ends with."""

GET_ROUTES: Final = tuple(
    sorted(
        path
        for method, path in ROUTES
        if method == "GET" and path not in FOR_MACHINES and path.rpartition("/")[2] not in PARTS
    )
)


def blanks_of(route: str) -> tuple[str, ...]:
    """Return what the blanks of a route stand for."""
    return tuple(_stands_for(route, found) for found in _BLANK.finditer(route))


def filled(route: str, facts: Facts, **instead: str) -> str:
    """Return the address of a route in a company; ``person=who`` names somebody else.

    Raises ``AssertionError`` that says where to add what fills a blank nobody knew of.
    """

    def fill(found: re.Match[str]) -> str:
        name = _stands_for(route, found)
        value = facts.ids[instead[name]] if name in instead else facts.blanks.get(name, "")
        assert value, (
            f"Nothing fills {{{found[1]}}} of {route}. Add {name!r} to the blanks that _facts in "
            "tests/browser/worlds.py returns, so that the crawl opens the page."
        )
        return value

    return _BLANK.sub(fill, route)


def route_of(method: str, path: str) -> str:
    """Return the route that answers a request; nothing where there is none."""
    for known, route in ROUTES:
        shape = re.escape(route).replace(r"\{", "{").replace(r"\}", "}")
        if known == method and re.fullmatch(_BLANK.sub("[^/]+", shape), path):
            return route
    return ""


def folder_of(route: str) -> str:
    """Return the name under which pictures of a page are kept."""
    return re.sub(r"\W+", "-", route).strip("-") or "home"


def _stands_for(route: str, found: re.Match[str]) -> str:
    before = route[: found.start()].rstrip("/").rpartition("/")[2]
    return _BY_PLACE.get(before, found[1]) if found[1] in _SAYS_NOTHING else found[1]
