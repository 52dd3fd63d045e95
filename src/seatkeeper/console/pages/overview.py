"""The first page of one app, and what can be done with the app from there.

After sign-in. It shows what ``views.overview`` makes of what is known. Cycles
are orders for the engine, never work of a request; switching is what the
commands ``on``, ``off``, ``pause``, ``resume`` and ``retry`` do.
"""

from typing import Final
from urllib.parse import urlencode

from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from seatkeeper.clock import utc_now
from seatkeeper.configuration.applying import document_of
from seatkeeper.configuration.document_printing import print_document
from seatkeeper.configuration.switching import pause, resume, switch_off, switch_on
from seatkeeper.console.app_head import AppHead, app_head
from seatkeeper.console.desk import Desk
from seatkeeper.console.doors import SEE_OTHER, Doors
from seatkeeper.console.language import _
from seatkeeper.console.live import Blocks, Live, Streams, mark_of_blocks
from seatkeeper.console.looking import app_facts, mark_of
from seatkeeper.console.views.cycle_chart import RANGES
from seatkeeper.console.views.overview import OverviewPage, overview_page
from seatkeeper.console.visit import Visit
from seatkeeper.engine.asking import ask_to_run, try_again
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.errors import NotFound

_DIGITS: Final = 15
BLOCKS: Final = (
    "state", "troubles", "cycle", "numbers", "recent", "needs", "waits", "strip", "news", "said",
)  # fmt: skip
"""What of the page changes while it is open, by the id of the element that holds it."""

WHOLE: Final = frozenset({"recent", "news"})


class OverviewPages:
    """One app at a glance, and its switches."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages."""
        self._streams = Streams(doors)
        return [
            doors.route("GET", "/apps/{app}/events", self.events, bare=True),
            doors.route("GET", "/apps/{app}/chart/part", self.chart, bare=True),
            doors.route("GET", "/apps/{app}", self.overview),
            doors.route("GET", "/apps/{app}/export", self.exported, bare=True),
            doors.route("POST", "/apps/{app}/run", self.run),
            doors.route("POST", "/apps/{app}/run-full", self.run_full),
            doors.route("POST", "/apps/{app}/retry", self.retry),
            doors.route("POST", "/apps/{app}/pause", self.pause),
            doors.route("POST", "/apps/{app}/resume", self.resume),
            doors.route("POST", "/apps/{app}/on", self.switch_on),
            doors.route("POST", "/apps/{app}/off", self.switch_off),
        ]

    async def overview(self, visit: Visit) -> Response:
        """Show how an app is, what it does, and what needs somebody."""
        head, page = await self._looked(visit)
        blocks = self._blocks(visit, head, page)
        asked = {"range": chosen_range(visit), "seen": mark_of_blocks(blocks)}
        if (order := order_of(visit)) is not None:
            asked["order"] = str(order)
        return self._desk.templates.page(
            "overview.html",
            visit=visit,
            head=head,
            page=page,
            blocks=blocks,
            stream=f"/apps/{head.id}/events?{urlencode(asked)}",
        )

    async def events(self, visit: Visit) -> Response:
        """Tell an open page what changes on it."""
        await self._desk.work.configuration.app(_app(visit))  # or there is no such page

        async def look() -> Blocks:
            return self._blocks(visit, *await self._looked(visit))

        live = Live(look, lambda: mark_of(self._desk, _app(visit)), WHOLE)
        return self._streams.answer(visit, live)

    async def chart(self, visit: Visit) -> Response:
        """Give the chart of an open page anew."""
        head, page = await self._looked(visit)
        return self._desk.templates.page("chart_part.html", visit=visit, head=head, page=page)

    async def exported(self, visit: Visit) -> Response:
        """Give the app's configuration as the document that ``apply`` reads; no secret is in it."""
        work = self._desk.work
        document = await document_of(work.configuration, work.directory, _app(visit))
        if document is None:
            raise NotFound(_("There is no such app."), advice=_("Choose one from Home."))
        headers = {"Content-Disposition": f'attachment; filename="{document.app}.yaml"'}
        return PlainTextResponse(
            print_document(document), headers=headers, media_type="application/yaml"
        )

    async def run(self, visit: Visit) -> Response:
        """Ask the engine for a cycle now."""
        return await self._ordered(visit, Wish())

    async def run_full(self, visit: Visit) -> Response:
        """Ask the engine for a cycle over everybody."""
        return await self._ordered(visit, Wish(full=True))

    async def retry(self, visit: Visit) -> Response:
        """Have everybody tried again who waits, or who waits for one cause."""
        work, app_id = self._desk.work, _app(visit)
        await work.configuration.app(app_id)
        count = await try_again(
            work.ledger,
            work.configuration,
            app_id,
            code=visit.form.get("code", "")[:80],
            actor=visit.administrator.email,
            now=utc_now(),
        )
        return await self._ordered(visit, Wish()) if count else _back(app_id)

    async def pause(self, visit: Visit) -> Response:
        """Stop the app for a while."""
        await pause(
            self._desk.work.configuration,
            _app(visit),
            actor=visit.administrator.email,
            reason=visit.form.get("reason", ""),
            now=utc_now(),
        )
        return _back(_app(visit))

    async def resume(self, visit: Visit) -> Response:
        """Let a paused app go on."""
        await resume(self._desk.work.configuration, _app(visit), actor=visit.administrator.email)
        return _back(_app(visit))

    async def switch_on(self, visit: Visit) -> Response:
        """Turn the app on."""
        await switch_on(self._desk.work.configuration, _app(visit), actor=visit.administrator.email)
        return _back(_app(visit))

    async def switch_off(self, visit: Visit) -> Response:
        """Turn the app off."""
        await switch_off(
            self._desk.work.configuration, _app(visit), actor=visit.administrator.email
        )
        return _back(_app(visit))

    async def _looked(self, visit: Visit) -> tuple[AppHead, OverviewPage]:
        head = await app_head(self._desk, _app(visit))
        chosen = chosen_range(visit)
        facts = await app_facts(self._desk, head, chosen, order_of(visit))
        return head, overview_page(facts, head.card, utc_now(), chosen)

    def _blocks(self, visit: Visit, head: AppHead, page: OverviewPage) -> Blocks:
        return self._desk.templates.blocks(
            "ui/overview.html", BLOCKS, visit=visit, head=head, page=page
        )

    async def _ordered(self, visit: Visit, wish: Wish) -> Response:
        work, app_id = self._desk.work, _app(visit)
        await work.configuration.app(app_id)
        number = await ask_to_run(
            work.ledger, app_id, wish, actor=visit.administrator.email, now=utc_now()
        )
        return RedirectResponse(f"/apps/{app_id}?order={number}", SEE_OTHER)


def chosen_range(visit: Visit) -> str:
    """Return which stretch the chart shows."""
    asked = visit.request.query_params.get("range", "")
    return asked if asked in RANGES else RANGES[0]


def order_of(visit: Visit) -> int | None:
    """Return the number of the order that the page follows, if any."""
    asked = visit.request.query_params.get("order", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < _DIGITS else None


def _app(visit: Visit) -> str:
    return str(visit.request.path_params["app"])


def _back(app_id: str) -> Response:
    return RedirectResponse(f"/apps/{app_id}", SEE_OTHER)
