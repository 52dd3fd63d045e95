"""The pages of groups: the list that is searched, and one group with its members.

After sign-in. They ask directory and ledger; what a group is in an app stands
on the page that ``pages.explain`` shows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from seatkeeper.clock import utc_now
from seatkeeper.console.desk import Desk
from seatkeeper.console.doors import SEE_OTHER, Doors
from seatkeeper.console.language import _
from seatkeeper.console.pages.people import app_names, named_in
from seatkeeper.console.views.history import history_rows
from seatkeeper.console.views.people import (
    group_row,
    groups_answer,
    members_words,
    person_row,
)
from seatkeeper.console.visit import Visit
from seatkeeper.directory.finding import Spot
from seatkeeper.directory.model import DEFAULT_ACCESS, Assignment, Kind
from seatkeeper.facts.past import Place, past_of

ON_A_PAGE: Final = 50
MOST_INNER: Final = 50


@dataclass(frozen=True, slots=True)
class Access:
    """One app that a group gives access to: in which role, and through which group."""

    app_id: str
    app: str
    role: str
    through: str
    through_id: str
    nested: bool
    in_app: str


class GroupPages:
    """All groups, and one of them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages."""
        return [
            doors.route("GET", "/groups", self.all),
            doors.route("GET", "/groups/{id}", self.one),
        ]

    async def all(self, visit: Visit) -> Response:
        """List groups by name, those that fit."""
        work, asked = self._desk.work, visit.request.query_params
        text, after = asked.get("q", "")[:200].strip(), Spot.read(asked.get("after", ""))
        found = await work.directory.find_groups(
            text, after=after, limit=ON_A_PAGE, counted=after is None
        )
        ids = [one.id for one in found.groups]
        members = await work.directory.member_counts(ids)
        apps = await app_names(work)
        given: dict[str, list[tuple[str, str]]] = {}
        for one in await work.directory.assignments_of(ids):
            name = apps.get(one.app_id, one.app_id)
            given.setdefault(one.principal_id, []).append((one.app_id, name))
        filters = {"q": text} if text else {}
        more = {**filters, "after": found.next.text} if found.next else {}
        return self._desk.templates.page(
            "groups.html",
            visit=visit,
            answer=groups_answer(found.count, filtered=bool(text)),
            rows=[group_row(one, members[one.id], given.get(one.id, ())) for one in found.groups],
            text=text,
            first=f"/groups?{urlencode(filters)}" if after is not None else "",
            more=f"/groups?{urlencode(more)}" if more else "",
        )

    async def one(self, visit: Visit) -> Response:
        """Show one group; of one that is gone, what happened to it."""
        work, who = self._desk.work, visit.request.path_params["id"]
        record_id, name = await work.known(Kind.GROUP, who)
        if record_id != who:
            return RedirectResponse(f"/groups/{quote(record_id, safe='')}", SEE_OTHER)
        asked, apps = visit.request.query_params, await app_names(work)
        groups = await work.directory.groups([record_id])
        past = await past_of(work, record_id, place=Place.read(asked.get("older", "")))
        named = await named_in(work, record_id, apps, past)
        place = f"/groups/{record_id}"
        shown: dict[str, object] = {
            "name": name,
            "record_id": record_id,
            "place": place,
            "there": record_id in groups,
            "history": history_rows(past.happened, utc_now(), named),
            "older": f"{place}?older={past.older.text}#past" if past.older else "",
            "newest": f"{place}#past" if asked.get("older") else "",
        }
        if record_id in groups:
            shown |= await self._members(record_id, asked.get("after", ""), apps)
            shown |= await self._around(record_id, apps)
        return self._desk.templates.page("group.html", visit=visit, **shown)

    async def _members(
        self, group_id: str, after: str, apps: Mapping[str, str]
    ) -> Mapping[str, object]:
        work, after = self._desk.work, after[:200]
        page = await work.directory.memberships(group_id, after=after, limit=ON_A_PAGE + 1)
        shown = page[:ON_A_PAGE]
        people = await work.directory.users(
            [one.member_id for one in shown if one.member_kind is Kind.USER]
        )
        here = await work.ledger.whereabouts(Kind.USER, list(people))
        count = (await work.directory.member_counts([group_id]))[group_id]
        more = quote(shown[-1].member_id, safe="") if len(page) > ON_A_PAGE else ""
        return {
            "members": sorted(
                (person_row(one, here.get(one.id, {}), apps) for one in people.values()),
                key=lambda row: row.name,
            ),
            "count": count,
            "counted": members_words(count),
            "members_more": f"/groups/{group_id}?after={more}#members" if more else "",
            "members_first": f"/groups/{group_id}#members" if after else "",
        }

    async def _around(self, group_id: str, apps: Mapping[str, str]) -> Mapping[str, object]:
        directory = self._desk.work.directory
        inner = await directory.inner_groups(group_id, limit=MOST_INNER)
        outer = {one.id: one.display_name for one in await directory.groups_of(group_id)}
        given = await directory.assignments_of([group_id, *outer])
        return {
            "inner": [(one.id, one.display_name) for one in inner],
            "outer": list(outer.items()),
            "access": await self._access(group_id, outer, given, apps),
        }

    async def _access(
        self,
        group_id: str,
        outer: Mapping[str, str],
        given: Sequence[Assignment],
        apps: Mapping[str, str],
    ) -> Sequence[Access]:
        """Return the apps of the group's own assignments, and of nested ones of groups above it."""
        work = self._desk.work
        here = (await work.ledger.whereabouts(Kind.GROUP, [group_id])).get(group_id, {})
        roles = {
            (stored.application.id, role.id): role.display_name
            for stored in await work.configuration.apps()
            for role in stored.application.roles
        }
        found = []
        for one in given:
            if one.principal_id != group_id and not one.nested:
                continue
            what = here.get(one.app_id)
            found.append(
                Access(
                    app_id=one.app_id,
                    app=apps.get(one.app_id, one.app_id),
                    role=roles.get((one.app_id, one.role_id), "")
                    or (_("Default Access") if one.role_id == DEFAULT_ACCESS else one.role_id),
                    through=outer.get(one.principal_id, ""),
                    through_id=one.principal_id if one.principal_id != group_id else "",
                    nested=one.nested,
                    in_app=what.account_id if what is not None else "",
                )
            )
        return found
