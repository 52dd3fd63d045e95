"""The page of one person or group in one app: why (not), what happened, and provision now.

After sign-in. It asks what the command ``explain`` asks; what a check says is
decided in ``provisioning.explain``, how it is worded in ``views.explain``. To
provision somebody is an order for the engine; the page follows it.
"""

import asyncio
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from seatkeeper.clock import utc_now
from seatkeeper.console.app_head import app_head
from seatkeeper.console.desk import Desk
from seatkeeper.console.doors import SEE_OTHER, Doors, Page
from seatkeeper.console.evidence import evidence_of, state_words
from seatkeeper.console.views.checks import Known
from seatkeeper.console.views.explain import explain_page
from seatkeeper.console.views.history import Named, history_rows, kind_word
from seatkeeper.console.views.order import OrderBand, order_band
from seatkeeper.console.views.origin import origin_card
from seatkeeper.console.visit import Visit
from seatkeeper.directory.model import Group, Kind, User
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.engine.runner import options_of
from seatkeeper.facts.past import Past, Place, past_of
from seatkeeper.provisioning.explain import Explanation
from seatkeeper.provisioning.guard import Hold, HoldState
from seatkeeper.provisioning.journal import OrderVerb
from seatkeeper.provisioning.log import LogEntry, Modified
from seatkeeper.provisioning.naming import Called

ON_A_PAGE: Final = 50
MOST_CALLED: Final = 200
"""Changed values of a page whose accounts are called by name."""


class ExplainPages:
    """Why somebody has (not) an account in an app."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages, for people and for groups."""
        return [
            route
            for kind in Kind
            for route in (
                doors.route("GET", _place("{app}", kind, "{id}"), self._explains(kind)),
                doors.route(
                    "POST", f"{_place('{app}', kind, '{id}')}/provision", self._provisions(kind)
                ),
                doors.route("GET", f"{_place('{app}', kind, '{id}')}/evidence", self._proves(kind)),
            )
        ]

    def _explains(self, kind: Kind) -> Page:
        async def explains(visit: Visit) -> Response:
            return await self._explained(visit, kind)

        return explains

    def _provisions(self, kind: Kind) -> Page:
        async def provisions(visit: Visit) -> Response:
            return await self._provision(visit, kind)

        return provisions

    def _proves(self, kind: Kind) -> Page:
        async def proves(visit: Visit) -> Response:
            app_id, who = _asked(visit)
            begins = Place.read(visit.request.query_params.get("older", ""))
            evidence = await evidence_of(
                self._desk.work, app_id, kind, who, utc_now(), begins, quickly=not _whole(visit)
            )
            if visit.request.query_params.get("form") == "json":
                sheet = f"-{evidence.sheet}" if evidence.sheet else ""
                return _file(evidence.data, f"{app_id}-{evidence.record_id}{sheet}")
            place = _place(app_id, kind, evidence.record_id)
            return self._desk.templates.page(
                "evidence.html",
                visit=visit,
                page=evidence,
                place=place,
                whole="&whole=1" if _whole(visit) else "",
                states=state_words(),
            )

        return proves

    async def _explained(self, visit: Visit, kind: Kind) -> Response:
        """Answer, then show each check, then what happened."""
        work, (app_id, who) = self._desk.work, _asked(visit)
        head = await app_head(self._desk, app_id)
        record_id, name = await work.known(kind, who)
        if record_id != who:  # somebody typed a name; the address that stays is the id's
            return RedirectResponse(_place(app_id, kind, quote(record_id, safe="")), SEE_OTHER)
        asked = visit.request.query_params
        explained, known, past = await self._everything(
            app_id, kind, record_id, asked, quickly=not _whole(visit)
        )
        now, place = utc_now(), _place(app_id, kind, record_id)
        named = Named(record_id, {app_id: head.name}, past.names, {app_id: known.called})
        origin = None
        if path := asked.get("value", ""):
            origin = origin_card(await work.origin(app_id, kind, record_id, path[:300]))
        order = await self._order(asked.get("order", ""), app_id, record_id)
        page = self._desk.templates.page(
            "explain.html",
            visit=visit,
            head=head,
            page=explain_page(explained, known, name, now),
            place=place,
            history=history_rows(past.happened, now, named),
            older=f"{place}?older={past.older.text}#past" if past.older else "",
            newest=f"{place}#past" if asked.get("older") else "",
            origin=origin,
            order=order,
        )
        if "HX-Request" in visit.request.headers and not (order and order.waits):
            page.headers.update({"HX-Retarget": "#explained", "HX-Reselect": "#explained"})
        return page

    async def _everything(
        self,
        app_id: str,
        kind: Kind,
        record_id: str,
        asked: Mapping[str, str],
        *,
        quickly: bool,
    ) -> tuple[Explanation, Known, Past]:
        work = self._desk.work
        explained, rules = await asyncio.gather(
            work.explain(app_id, record_id, kind, quickly=quickly), work.rules(app_id)
        )
        [facts] = await work.ledger.facts(
            app_id, kind, [record_id], memberships=rules.reads_memberships
        )
        groups = [one.group_id for one in facts.grants if one.group_id]
        past = await past_of(
            work, record_id, app_id, place=Place.read(asked.get("older", "")), limit=ON_A_PAGE
        )
        logged = await work.ledger.log(app_id, record_id=record_id, limit=1)
        last = logged[0][1] if logged else None
        return (
            explained,
            Known(
                facts=facts,
                rules=rules,
                began=await work.directory.ways_began(app_id, record_id, groups),
                standing=await work.standing(app_id),
                last=last,
                escrow=await work.ledger.escrow(app_id, kind, record_id),
                hold=await self._hold(app_id, kind, record_id),
                called=await self._called(app_id, last, past),
                member_of=[one.display_name for one in await work.directory.groups_of(record_id)],
                names=await self._manager(facts.record),
            ),
            past,
        )

    async def _hold(self, app_id: str, kind: Kind, record_id: str) -> Hold | None:
        found = await self._desk.work.ledger.holds(
            app_id, states=(HoldState.OPEN,), record=(kind, record_id), limit=1
        )
        return next((one for _app, one in found), None)

    async def _manager(self, record: User | Group | None) -> Mapping[str, str]:
        manager = record.manager_id if isinstance(record, User) else None
        found = await self._desk.work.directory.users([manager] if manager else [])
        return {one: user.display_name for one, user in found.items()}

    async def _called(self, app_id: str, last: LogEntry | None, past: Past) -> Called:
        changes: list[Modified] = list(last.modified) if last is not None else []
        for one in past.happened:
            changes += one.entry.modified[:5] if one.entry is not None else ()
        return await self._desk.work.called(app_id, changes[:MOST_CALLED])

    async def _order(self, number: str, app_id: str, record_id: str) -> OrderBand | None:
        """Return how far the order is that the address names, if it is about this record."""
        if not (number.isascii() and number.isdigit() and len(number) < 18):
            return None
        ledger = self._desk.work.ledger
        order = await ledger.order(int(number))
        asked_for = [*_list(order.options.get("users")), *_list(order.options.get("groups"))]
        if order.app_id != app_id or record_id not in asked_for:
            return None
        entry = None
        if order.state == "done" and order.answer is not None:
            logged = await ledger.log(app_id, record_id=record_id, limit=1)
            mine = [one for _, one in logged if one.cycle_id == order.answer.get("cycle")]
            entry = mine[0] if mine else None
        return order_band(order, entry)

    async def _provision(self, visit: Visit, kind: Kind) -> Response:
        """Order a cycle for this one record, as ``seatkeeper run APP --user`` does."""
        work, (app_id, who) = self._desk.work, _asked(visit)
        await work.configuration.app(app_id)
        record_id, _name = await work.known(kind, who)
        wish = Wish(users=(record_id,)) if kind is Kind.USER else Wish(groups=(record_id,))
        number = await work.ledger.place_order(
            app_id,
            OrderVerb.RUN,
            options_of(wish),
            actor=visit.administrator.email,
            now=utc_now(),
        )
        place = _place(app_id, kind, quote(record_id, safe=""))
        return RedirectResponse(f"{place}?order={number}#order", SEE_OTHER)


def _whole(visit: Visit) -> bool:
    """Whether somebody wants all members of a large group compared, and waits for it."""
    return bool(visit.request.query_params.get("whole"))


def _place(app_id: str, kind: Kind, record_id: str) -> str:
    return f"/apps/{app_id}/{kind_word(kind)}/{record_id}"


def _file(data: bytes, name: str) -> Response:
    safe = "".join(char if char.isalnum() or char in "-._" else "-" for char in name)
    headers = {"Content-Disposition": f'attachment; filename="evidence-{safe}.json"'}
    return Response(data, media_type="application/json", headers=headers)


def _asked(visit: Visit) -> tuple[str, str]:
    params = visit.request.path_params
    return params["app"], params["id"]


def _list(told: object) -> list[str]:
    return [str(one) for one in told] if isinstance(told, list | tuple) else []
