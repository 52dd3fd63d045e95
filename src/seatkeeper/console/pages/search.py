"""The command palette, and the page that stands in for it without JavaScript.

After sign-in. One question finds people, groups, apps and pages; whatever a role
does not lead to is not offered. The palette is a part of this page in a dialog.
"""

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response
from starlette.routing import Route

from seatkeeper.console.desk import Desk
from seatkeeper.console.doors import Doors
from seatkeeper.console.language import ngettext
from seatkeeper.console.views.people import name_of, where_in
from seatkeeper.console.views.search import Hit, page_hits
from seatkeeper.console.visit import Visit
from seatkeeper.console.words import number, visible
from seatkeeper.directory.finding import PeopleQuery
from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.journal import Whereabouts

FOUND: Final = 6
"""So many people and so many groups are offered; for more there are their lists."""

MOST_APPS: Final = 4
"""Beside each person who was found stand so many apps, each with how they stand there."""


class SearchPages:
    """Everything by name, from one field."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages."""
        return [
            doors.route("GET", "/search", self.page),
            doors.route("GET", "/search/part", self.part),
        ]

    async def page(self, visit: Visit) -> Response:
        """Show what was found, as a page."""
        found = await self._found(visit, whereabouts=True)
        return self._desk.templates.page("search.html", visit=visit, page=True, **found)

    async def part(self, visit: Visit) -> Response:
        """Show what was found while somebody types."""
        return self._desk.templates.page(
            "search_found.html", visit=visit, page=False, **await self._found(visit)
        )

    async def _found(self, visit: Visit, *, whereabouts: bool = False) -> dict[str, object]:
        text = visit.request.query_params.get("q", "")[:200].strip()
        apps = [(app.id, app.name) for app in visit.bar.apps] if visit.bar else []
        pages = page_hits(text, apps, visit.administrator.may)
        people: list[Hit] = []
        groups: list[Hit] = []
        if text:
            directory = self._desk.work.directory
            some = await directory.find_people(PeopleQuery(text), limit=FOUND)
            here: Mapping[str, Mapping[str, Whereabouts]] = {}
            shown = dict(apps[:MOST_APPS]) if whereabouts else {}
            if shown and some.people:
                ids = [one.id for one in some.people]
                here = await self._desk.work.ledger.whereabouts(Kind.USER, ids)
            people = [
                Hit(
                    name_of(one),
                    visible(one.user_name, 120),
                    f"/people/{one.id}",
                    "user",
                    apps=where_in(here.get(one.id, {}), shown),
                )
                for one in some.people
            ]
            of_groups = (await directory.find_groups(text, limit=FOUND)).groups
            counts = await directory.member_counts([one.id for one in of_groups])
            for one in of_groups:
                members = ngettext("%(num)s member", "%(num)s members", counts[one.id])
                below = members % {"num": number(counts[one.id])}
                name = visible(one.display_name, 80) or one.id
                groups.append(Hit(name, below, f"/groups/{one.id}", "users"))
        return {"text": text, "people": people, "groups": groups, "pages": pages}
