"""The pages of people: the list that is searched, one person, and what may be changed here.

After sign-in. They ask directory and ledger; why somebody is in an app stands on
the page that ``pages.explain`` shows, and each name here leads to it.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final
from urllib.parse import quote, urlencode

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from seatkeeper.clock import utc_now
from seatkeeper.configuration.applying import settings_of
from seatkeeper.console.desk import Desk
from seatkeeper.console.doors import SEE_OTHER, Doors
from seatkeeper.console.exports import export
from seatkeeper.console.language import _
from seatkeeper.console.views.history import Named, history_rows
from seatkeeper.console.views.people import (
    AppLine,
    app_line,
    name_of,
    people_answer,
    person_facts,
    person_row,
    state_words,
)
from seatkeeper.console.visit import Visit
from seatkeeper.directory.finding import PeopleQuery, PersonState, Spot, state_of
from seatkeeper.directory.model import Kind, User
from seatkeeper.errors import BadInput, InvalidValue
from seatkeeper.facts.past import Past, Place, past_of
from seatkeeper.facts.workplace import Workplace
from seatkeeper.ports import UserEdit
from seatkeeper.provisioning.journal import Whereabouts
from seatkeeper.provisioning.mapping.evaluate import access_without_record

ON_A_PAGE: Final = 50
REPORTS_SHOWN: Final = 20
EXPORTED: Final = (
    "id", "user_name", "display_name", "mail", "title", "department", "state", "apps",
    "needs_attention_in",
)  # fmt: skip
_PIECE: Final = 500
_EDITED: Final = ("jobTitle", "department")


class PeoplePages:
    """Everybody in the directory, and one of them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages."""
        return [
            doors.route("GET", "/people", self.everybody),
            doors.route("GET", "/people/export", self.exported, bare=True),
            doors.route("GET", "/people/{id}", self.one),
            doors.route("POST", "/people/{id}/edit", self.edit),
            doors.route("POST", "/people/{id}/enabled", self.enable),
        ]

    async def everybody(self, visit: Visit) -> Response:
        """List people by name, those who fit."""
        work, asked = self._desk.work, visit.request.query_params
        query = query_of(asked)
        after = Spot.read(asked.get("after", ""))
        found = await work.directory.find_people(
            query, after=after, limit=ON_A_PAGE, counted=after is None
        )
        here = await work.ledger.whereabouts(Kind.USER, [one.id for one in found.people])
        apps = await app_names(work)
        filters = _filters(query)
        return self._desk.templates.page(
            "people.html",
            visit=visit,
            answer=people_answer(found.count, filtered=bool(filters)),
            rows=[person_row(one, here.get(one.id, {}), apps) for one in found.people],
            asked=filters,
            apps=list(apps.items()),
            states=[(one.value, words) for one, words in state_words().items()],
            first=f"/people?{urlencode(filters)}" if after is not None else "",
            more=_address(filters, found.next),
            query=urlencode(filters),
        )

    async def exported(self, visit: Visit) -> Response:
        """Give everybody who fits as a file, by name."""
        asked = visit.request.query_params
        return export(
            asked.get("form", ""), "seatkeeper-people", EXPORTED, self._rows(query_of(asked))
        )

    async def one(self, visit: Visit) -> Response:
        """Show one person, also one who is gone."""
        return await self._one(visit)

    async def edit(self, visit: Visit) -> Response:
        """Change title, department and manager of somebody whom no source pushes in."""
        form = visit.form
        try:
            user = await self._editable(visit)
            manager = form.get("manager", "").strip()
            above = (await self._desk.work.directory.user(manager)).id if manager else ""
            edit = UserEdit(
                {name: form.get(name, "").strip() or None for name in _EDITED}, manager_id=above
            )
            await self._desk.work.directory.edit_user(
                user.id, edit, actor=visit.administrator.email
            )
        except BadInput as error:
            return await self._one(visit, 422, error=error)
        return _to(user.id)

    async def enable(self, visit: Visit) -> Response:
        """Disable or enable somebody whom no source pushes in."""
        user = await self._editable(visit)
        edit = UserEdit(enabled=visit.form.get("enabled") == "yes")
        await self._desk.work.directory.edit_user(user.id, edit, actor=visit.administrator.email)
        return _to(user.id)

    async def _editable(self, visit: Visit) -> User:
        """Return the person of the address. Raises ``InvalidValue`` where others decide."""
        directory = self._desk.work.directory
        user = await directory.user(visit.request.path_params["id"])
        source = await directory.source_of(user.id)
        if source is not None:
            raise InvalidValue(
                _("The source %(source)s says what is true of this person.") % {"source": source},
                advice=_("Change it there."),
            )
        return user

    async def _one(
        self, visit: Visit, code: int = 200, *, error: BadInput | None = None
    ) -> Response:
        work, who = self._desk.work, visit.request.path_params["id"]
        record_id, name = await work.known(Kind.USER, who)
        if record_id != who:
            return _to(record_id)
        users = await work.directory.users([record_id])
        user, now = users.get(record_id), utc_now()
        place = f"/people/{record_id}"
        asked = visit.request.query_params
        past = await past_of(work, record_id, place=Place.read(asked.get("older", "")))
        apps = await app_names(work)
        history = history_rows(past.happened, now, await named_in(work, record_id, apps, past))
        shown: dict[str, object] = {
            "name": name if user is None else name_of(user),
            "record_id": record_id,
            "person": None,
            "apps": await self._apps(record_id, Kind.USER),
            "place": place,
            "history": history,
            "older": f"{place}?older={past.older.text}#past" if past.older else "",
            "newest": f"{place}#past" if asked.get("older") else "",
            "error": error,
            "typed": visit.form,
        }
        if user is not None:
            shown |= await self._around(user)
            shown["person"] = person_facts(user, await work.directory.source_of(record_id), now)
            shown["user"] = user
        return self._desk.templates.page("person.html", code, visit=visit, **shown)

    async def _around(self, user: User) -> Mapping[str, object]:
        """Return manager, reports and groups of somebody."""
        directory = self._desk.work.directory
        reports = await directory.reports_of(user.id)
        ids = {*reports[:REPORTS_SHOWN], *([user.manager_id] if user.manager_id else [])}
        people = await directory.users(ids)
        manager = people.get(user.manager_id or "")
        return {
            "manager": (manager.id, name_of(manager)) if manager else None,
            "manager_name": manager.user_name if manager else "",
            "reports": sorted(
                ((one.id, name_of(one)) for one in people.values() if one.id in reports),
                key=lambda pair: pair[1],
            ),
            "reports_more": max(0, len(reports) - REPORTS_SHOWN),
            "groups": [(one.id, one.display_name) for one in await directory.groups_of(user.id)],
        }

    async def _apps(self, record_id: str, kind: Kind) -> Sequence[AppLine]:
        work = self._desk.work
        here = (await work.ledger.whereabouts(kind, [record_id])).get(record_id, {})
        lines = []
        for stored in await work.configuration.apps():
            app_id = stored.application.id
            [facts] = await work.ledger.facts(app_id, kind, [record_id])
            deactivated = False
            if facts.link is not None:
                off = access_without_record((await work.rules(app_id)).users)
                known = facts.link.known
                deactivated = bool(off) and all(known.get(one) == off[one] for one in off)
            what = here.get(app_id, Whereabouts())
            name = settings_of(stored).name
            lines.append(app_line(app_id, name, what, facts.grants, deactivated=deactivated))
        return lines

    async def _rows(self, query: PeopleQuery) -> AsyncIterator[Mapping[str, object]]:
        work = self._desk.work
        apps = await app_names(work)
        spot: Spot | None = None
        while True:
            found = await work.directory.find_people(query, after=spot, limit=_PIECE)
            here = await work.ledger.whereabouts(Kind.USER, [one.id for one in found.people])
            for user in found.people:
                yield _exported(user, here.get(user.id, {}), apps)
            if found.next is None:
                return
            spot = found.next


def query_of(asked: Mapping[str, str]) -> PeopleQuery:
    """Return what an address asks for; what means nothing asks for nothing."""
    try:
        state = PersonState(asked["state"]) if asked.get("state") else None
    except ValueError:
        state = None
    return PeopleQuery(
        text=asked.get("q", "")[:200].strip(), state=state, trouble_in=asked.get("app", "")[:200]
    )


async def named_in(work: Workplace, record_id: str, apps: Mapping[str, str], past: Past) -> Named:
    """Return how what a page of somebody's past mentions is called, accounts included."""
    called = {}
    for app_id in {one.app_id for one in past.happened if one.entry is not None} & apps.keys():
        changes = [
            change
            for one in past.happened
            if one.entry is not None and one.app_id == app_id
            for change in one.entry.modified[:5]
        ]
        called[app_id] = await work.called(app_id, changes)
    return Named(record_id, apps, past.names, called)


async def app_names(work: Workplace) -> Mapping[str, str]:
    """Return the names of all apps by id."""
    return {one.application.id: settings_of(one).name for one in await work.configuration.apps()}


def _filters(query: PeopleQuery) -> dict[str, str]:
    told = {"q": query.text, "state": query.state or "", "app": query.trouble_in}
    return {name: str(value) for name, value in told.items() if value}


def _address(filters: Mapping[str, str], spot: Spot | None) -> str:
    return "" if spot is None else f"/people?{urlencode({**filters, 'after': spot.text})}"


def _exported(
    user: User, here: Mapping[str, Whereabouts], apps: Mapping[str, str]
) -> Mapping[str, object]:
    return {
        "id": user.id,
        "user_name": user.user_name,
        "display_name": user.display_name,
        "mail": user.text("mail"),
        "title": user.text("jobTitle"),
        "department": user.text("department"),
        "state": state_of(user).value,
        "apps": [apps.get(app, app) for app, what in here.items() if what.account_id],
        "needs_attention_in": [
            apps.get(app, app) for app, what in here.items() if what.failure or what.hold_id
        ],
    }


def _to(record_id: str) -> Response:
    return RedirectResponse(f"/people/{quote(record_id, safe='')}", SEE_OTHER)
