"""The pages of what happened: all events, those of one app, one event, and their exports.

After sign-in. They ask the ledger for a page of the log by what the address
says and show it; what a line says is decided in ``views``.
"""

import datetime as dt
from collections.abc import AsyncIterator, Mapping
from typing import Final

from starlette.responses import Response
from starlette.routing import Route

from seatkeeper.clock import utc_now
from seatkeeper.configuration.applying import settings_of
from seatkeeper.console.app_head import AppHead, app_head
from seatkeeper.console.desk import Desk
from seatkeeper.console.doors import Doors
from seatkeeper.console.exports import export
from seatkeeper.console.language import _, ngettext
from seatkeeper.console.views.activity import ActivityPage, activity_page
from seatkeeper.console.views.event import event_page
from seatkeeper.console.views.event_row import action_words, outcome_words
from seatkeeper.console.visit import Visit
from seatkeeper.directory.model import Kind
from seatkeeper.errors import InvalidValue, NotFound
from seatkeeper.facts.log import log_plain
from seatkeeper.provisioning.events import TOLD_UNASKED, Events, LogQuery, Outcome
from seatkeeper.provisioning.naming import Called

ON_A_PAGE: Final = 50
FILTERS: Final = ("who", "app", "action", "result", "code", "cycle", "since", "until")
EXPORTED: Final = (
    "at", "app", "kind", "record", "display_name", "account", "action", "status", "code", "reason",
    "milliseconds", "id", "cycle",
)  # fmt: skip
_ALL: Final = "all"


class ActivityPages:
    """Events of all apps and of one, and one event."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages."""
        return [
            doors.route("GET", "/activity", self.everywhere),
            doors.route("GET", "/activity/new", self.newer, bare=True),
            doors.route("GET", "/activity/export", self.exported, bare=True),
            doors.route("GET", "/activity/{event}", self.event),
            doors.route("GET", "/apps/{app}/activity", self.of_app),
        ]

    async def everywhere(self, visit: Visit) -> Response:
        """List events of all apps."""
        return await self._list(visit, None)

    async def of_app(self, visit: Visit) -> Response:
        """List events of one app."""
        return await self._list(visit, await app_head(self._desk, visit.request.path_params["app"]))

    async def newer(self, visit: Visit) -> Response:
        """Say how many events came since a list was made; the list itself does not move."""
        asked = visit.request.query_params
        query, _whose = await self._query(_filters(asked), asked.get("app", ""))
        after = _whole(asked.get("newest"), 0) or 0
        count = await self._desk.work.ledger.newer_events(query, after)
        return self._desk.templates.page(
            "activity_new.html", visit=visit, count=count, address=asked.get("list", "/activity")
        )

    async def exported(self, visit: Visit) -> Response:
        """Give all events that fit as a file, newest first."""
        asked = visit.request.query_params
        query, _whose = await self._query(_filters(asked), asked.get("app", ""))
        rows = self._rows(query)
        return export(asked.get("form", ""), "seatkeeper-activity", EXPORTED, rows)

    async def event(self, visit: Visit) -> Response:
        """Show one event. Raises ``NotFound`` where it is not kept any more."""
        work = self._desk.work
        found = await work.ledger.event(visit.request.path_params["event"])
        if found is None:
            raise NotFound(
                _("There is no such event, or it is not kept any more."),
                advice=_("How long events are kept is a setting; look for newer ones in Activity."),
            )
        number, entry = found
        name, address = entry.app_id, ""
        called: Called = {}
        try:
            stored = await work.configuration.app(entry.app_id)
        except NotFound:  # the app was removed; what happened in it stays told
            pass
        else:
            settings = settings_of(stored)
            name, address = settings.name, settings.tenant_url
            called = await work.called(entry.app_id, list(entry.modified))
        escrow = await work.ledger.escrow(entry.app_id, entry.kind, entry.record_id)
        cycle = await work.ledger.cycle_named(entry.app_id, entry.cycle_id)
        page = event_page(
            number,
            entry,
            utc_now(),
            app_name=name,
            address=address,
            called=called,
            escrow=escrow,
            cycle="" if cycle is None else str(cycle.number),
        )
        return self._desk.templates.page("event.html", visit=visit, page=page)

    async def _list(self, visit: Visit, head: AppHead | None) -> Response:
        asked = visit.request.query_params
        filters = _filters(asked)
        path = visit.request.url.path
        error: InvalidValue | None = None
        whose = ""
        try:
            query, whose = await self._query(filters, head.id if head is not None else "")
            found = await self._desk.work.ledger.events(
                query,
                before=_whole(asked.get("before"), None),
                after=_whole(asked.get("after"), None),
                limit=ON_A_PAGE,
                counted=True,
            )
        except InvalidValue as wrong:
            error, query, found = wrong, LogQuery(), Events((), False, None, False, 0)
        page = await self._page(found, query, filters, path, whose)
        shown = {
            "page": page,
            "head": head,
            "asked": filters,
            "path": path,
            "error": error,
            "apps": [(app.id, app.name) for app in visit.bar.apps] if visit.bar else [],
            "actions": list(action_words().items()),
            "results": [(one.value, words) for one, words in outcome_words().items()],
        }
        code = 200 if error is None else 422
        return self._desk.templates.page("activity.html", code, visit=visit, **shown)

    async def _page(
        self,
        found: Events,
        query: LogQuery,
        filters: Mapping[str, str],
        path: str,
        whose: str,
    ) -> ActivityPage:
        work = self._desk.work
        names = {
            one.application.id: settings_of(one).name for one in await work.configuration.apps()
        }
        called: dict[str, Called] = {}
        for app_id in {entry.app_id for _number, entry in found.entries} & names.keys():
            changes = [
                one
                for _number, entry in found.entries
                if entry.app_id == app_id
                for one in entry.modified[:5]
            ]
            called[app_id] = await work.called(app_id, changes)
        return activity_page(
            found,
            query,
            filters,
            utc_now(),
            path=path,
            names=names,
            called=called,
            whose=whose,
        )

    async def _query(self, filters: Mapping[str, str], app_id: str) -> tuple[LogQuery, str]:
        """Return what an address asks for, and the name of the person it names.

        Raises ``InvalidValue`` for what means nothing.
        """
        app_id = app_id or filters.get("app", "")
        record_id, whose = await self._who(filters.get("who", ""))
        cycle_id = ""
        if named := filters.get("cycle", ""):
            cycle = await self._desk.work.ledger.cycle_named(app_id, named) if app_id else None
            if cycle is None:
                raise InvalidValue(
                    _("There is no such cycle."),
                    advice=_("Choose the app, then the cycle's number."),
                )
            cycle_id = cycle.id
        return LogQuery(
            app_id=app_id,
            record_id=record_id,
            cycle_id=cycle_id,
            action=filters.get("action", ""),
            code=filters.get("code", ""),
            outcomes=_outcomes(filters.get("result", "")),
            since=_day(filters.get("since", "")),
            until=_day(filters.get("until", ""), end=True),
        ), whose

    async def _who(self, who: str) -> tuple[str, str]:
        if not who:
            return "", ""
        advice = ""
        for kind in Kind:
            try:
                return await self._desk.work.known(kind, who)
            except NotFound as unknown:
                advice = unknown.advice
        raise InvalidValue(
            _("Nobody in the directory is called %(who)s.") % {"who": who[:100]},
            advice=advice or _("Use the whole user name, e-mail address or group name."),
        )

    async def _rows(self, query: LogQuery) -> AsyncIterator[Mapping[str, object]]:
        before: int | None = None
        while True:
            found = await self._desk.work.ledger.events(query, before=before, limit=500)
            for number, entry in found.entries:
                yield log_plain(number, entry)
            if found.more:
                before = found.entries[-1][0]
            elif found.looked_to is not None:
                before = found.looked_to
            else:
                return


def new_events(count: int) -> str:
    """Return the words of the bar that says what came meanwhile."""
    return ngettext("%(num)s new event", "%(num)s new events", count) % {"num": count}


def _filters(asked: Mapping[str, str]) -> dict[str, str]:
    return {name: asked[name][:200].strip() for name in FILTERS if asked.get(name, "").strip()}


def _outcomes(result: str) -> frozenset[Outcome]:
    if not result:
        return TOLD_UNASKED
    if result == _ALL:
        return frozenset(Outcome)
    try:
        return frozenset({Outcome(result)})
    except ValueError as error:
        raise InvalidValue(
            _("There is no such result."), advice=_("Choose one from the list.")
        ) from error


def _day(text: str, *, end: bool = False) -> dt.datetime | None:
    """Return the moment a date of the form means: its first, or the first after it."""
    if not text:
        return None
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidValue(
            _("This is not a date."), advice=_("Write it like 2026-11-05.")
        ) from error
    at = at if at.tzinfo else at.replace(tzinfo=dt.UTC)
    return at + dt.timedelta(days=1) if end and len(text) <= len("2026-11-05") else at


def _whole(text: str | None, otherwise: int | None) -> int | None:
    """Return a running number of an address; anything else asks for nothing."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else otherwise
