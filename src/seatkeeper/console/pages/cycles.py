"""The pages of cycles: an app's list, and one cycle with its failures and slowest requests.

After sign-in. They ask the ledger and show; what is said of a cycle is decided
in ``views.cycle``.
"""

from collections.abc import Sequence
from typing import Final

from starlette.responses import Response
from starlette.routing import Route

from seatkeeper.clock import utc_now
from seatkeeper.console.app_head import app_head
from seatkeeper.console.desk import Desk
from seatkeeper.console.doors import Doors
from seatkeeper.console.language import _
from seatkeeper.console.views.cycle import ON_A_PAGE, cycle_page, cycles_page
from seatkeeper.console.views.event_row import event_row
from seatkeeper.console.visit import Visit
from seatkeeper.errors import BadInput, NotFound
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.provisioning.events import LogQuery, Outcome
from seatkeeper.provisioning.log import LogEntry

FAILURES: Final = 20
"""So many failures stand on a cycle's page; all of them are in Activity."""

_DIGITS: Final = 15


class CyclePages:
    """An app's cycles, and one of them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages."""
        return [
            doors.route("GET", "/apps/{app}/cycles", self.every),
            doors.route("GET", "/apps/{app}/cycles/{n}", self.one),
        ]

    async def every(self, visit: Visit) -> Response:
        """List an app's cycles, newest first."""
        head = await app_head(self._desk, visit.request.path_params["app"])
        before, after = _number(visit, "before"), _number(visit, "after")
        found = await self._desk.work.ledger.cycles(
            head.id, before=before, after=after, limit=ON_A_PAGE + 1
        )
        page = cycles_page(
            found,
            utc_now(),
            path=visit.request.url.path,
            upwards=after is not None,
            paged=before is not None,
        )
        return self._desk.templates.page("cycles.html", visit=visit, head=head, page=page)

    async def one(self, visit: Visit) -> Response:
        """Show one cycle. Raises ``NotFound`` where it is not kept any more."""
        work, now = self._desk.work, utc_now()
        head = await app_head(self._desk, visit.request.path_params["app"])
        cycle = await work.ledger.cycle_named(head.id, visit.request.path_params["n"])
        if cycle is None:
            raise NotFound(
                _("There is no such cycle, or it is not kept any more."),
                advice=_("Choose one from the list of cycles."),
            )
        page = cycle_page(
            cycle,
            now,
            failures=[event_row(n, one, now, shown=1) for n, one in await self._failures(cycle)],
            undoable=await self._undoable(head.id, cycle.id),
        )
        return self._desk.templates.page("cycle.html", visit=visit, head=head, page=page)

    async def _failures(self, cycle: Cycle) -> Sequence[tuple[int, LogEntry]]:
        if not cycle.counters.failed:
            return ()
        failed = frozenset({Outcome.FAILED})
        query = LogQuery(app_id=cycle.app_id, cycle_id=cycle.id, outcomes=failed)
        return (await self._desk.work.ledger.events(query, limit=FAILURES)).entries

    async def _undoable(self, app_id: str, cycle_id: str) -> bool:
        try:
            await self._desk.work.cycle_to_undo(app_id, cycle_id)
        except BadInput:
            return False
        return True


def _number(visit: Visit, name: str) -> int | None:
    asked = visit.request.query_params.get(name, "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < _DIGITS else None
