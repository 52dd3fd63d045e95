"""Have a cycle run: by the engine that already runs on this database, or by this command.

On top of everything. The lock belongs to the engine's role: where another
process holds it, an order is left there and followed; where nobody does, this
process takes the role for one cycle.
"""

import asyncio
import datetime as dt
import sys
from collections.abc import Callable, Mapping

from seatkeeper.bootstrap import Installation
from seatkeeper.cli.out import actor
from seatkeeper.cli.render import progress_line
from seatkeeper.cli.views import progress_plain
from seatkeeper.clock import utc_now
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.errors import NotFound, Occupied, SeatkeeperError
from seatkeeper.provisioning.cycle import Cycle, CycleState
from seatkeeper.provisioning.journal import OrderVerb

FOLLOW_SECONDS = 0.1


class RunFailed(SeatkeeperError):
    """The engine could not carry out an order; its own words follow."""

    code = "run.failed"


async def run_somewhere(
    opened: Installation, app_id: str, wish: Wish, watch: Callable[[Cycle], None]
) -> Cycle:
    """Run a cycle and return it as it ended (or was suspended)."""
    await opened.configuration.app(app_id)
    lock = opened.lock()
    try:
        lock.acquire()
    except Occupied:
        return await _ordered(opened, app_id, wish, watch)
    try:
        return await _here(opened, app_id, wish, watch)
    finally:
        lock.release()


async def _here(
    opened: Installation, app_id: str, wish: Wish, watch: Callable[[Cycle], None]
) -> Cycle:
    interrupted = await opened.ledger.unfinished(app_id)
    cycle = await opened.run_app(app_id, wish, watch, lambda: False)
    if interrupted is not None and cycle.finished:
        cycle = await opened.run_app(app_id, wish, watch, lambda: False)
    post = opened.post()
    if post is not None:
        for notice in await opened.ledger.unsent_notices(utc_now()):
            try:
                await post.deliver(notice)
            except SeatkeeperError as error:
                await opened.ledger.notice_failed(notice.id, error.message, now=utc_now())
            else:
                await opened.ledger.notice_sent(notice.id, now=utc_now())
    return cycle


async def _ordered(
    opened: Installation, app_id: str, wish: Wish, watch: Callable[[Cycle], None]
) -> Cycle:
    options: Mapping[str, object] = {
        "full": wish.full,
        "users": list(wish.users),
        "groups": list(wish.groups),
    }
    number = await opened.ledger.place_order(
        app_id, OrderVerb.RUN, options, actor=actor(), now=utc_now()
    )
    while True:
        order = await opened.ledger.order(number)
        cycles = await opened.ledger.cycles(app_id, limit=1)
        if order.state == "done" and order.answer is not None:
            return next(
                c for c in await opened.ledger.cycles(app_id) if c.id == order.answer["cycle"]
            )
        if order.state == "failed" and order.answer is not None:
            raise RunFailed(str(order.answer["message"]), advice=str(order.answer["advice"]))
        if cycles and not cycles[0].finished:
            watch(cycles[0])
        if opened.lock().held_by() is None:
            raise NotFound(
                "The engine ended while the order was open.",
                advice="Run the command again; what was begun is gone on with.",
            )
        await asyncio.sleep(FOLLOW_SECONDS)


class ProgressBar:
    """Shows a cycle's progress on standard error: one line on a terminal, steps elsewhere."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._terminal = sys.stderr.isatty()
        self._told = -1
        self._since: dt.datetime | None = None

    def __call__(self, cycle: Cycle) -> None:
        """Show where the cycle is now."""
        if self._quiet:
            return
        planning = cycle.state is CycleState.PLANNING
        if not planning and self._since is None:
            self._since = utc_now()
        line = progress_line(progress_plain(cycle, self._since))
        if self._terminal:
            sys.stderr.write(f"\r\x1b[K{line}")
        else:
            step = cycle.counters.requests // 50 if planning else 1000 + _tenth(cycle)
            if step == self._told:
                return
            self._told = step
            sys.stderr.write(line + "\n")
        sys.stderr.flush()

    def end(self) -> None:
        """Leave the line."""
        if self._terminal and not self._quiet:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _tenth(cycle: Cycle) -> int:
    return cycle.done * 10 // cycle.total if cycle.total else 10
