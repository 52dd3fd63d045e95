"""Have a cycle run: by the engine that already runs on this database, or by this command.

On top of everything. The lock belongs to the engine's role: where another
process holds it, an order is left there and followed; where nobody does, this
process takes the role for one cycle.
"""

import asyncio
import sys
from collections.abc import Callable

from seatkeeper.bootstrap import Installation
from seatkeeper.cli.out import actor
from seatkeeper.cli.render import counted, duration, progress_line
from seatkeeper.clock import uptime, utc_now
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.engine.runner import order_of
from seatkeeper.errors import BadInput, NotFound, Occupied, SeatkeeperError
from seatkeeper.facts.cycles import cycle_plain, progress_plain
from seatkeeper.provisioning.cycle import Cycle, CycleKind, CycleState
from seatkeeper.provisioning.forecast import Pacing
from seatkeeper.provisioning.journal import OrderVerb
from seatkeeper.words import number_of

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
    if opened.holder.shares:
        if lock.held_by() is not None:
            return await _ordered(opened, app_id, wish, watch)
        return await _held(opened, app_id, wish, watch)
    try:
        lock.acquire()
    except Occupied:
        return await _ordered(opened, app_id, wish, watch)
    try:
        return await _here(opened, app_id, wish, watch)
    finally:
        lock.release()


async def _held(
    opened: Installation, app_id: str, wish: Wish, watch: Callable[[Cycle], None]
) -> Cycle:
    """Run under the app's lease; wait for as long as one lasts whose process was lost."""
    until = uptime() + opened.settings.lease_seconds + 1
    while True:
        async with opened.holder.holding(app_id) as mine:
            if mine:
                return await _here(opened, app_id, wish, watch)
        if uptime() > until:
            raise Occupied(
                f"Another process works for {app_id} just now.",
                advice="Run the command again when that one has ended.",
            )
        await asyncio.sleep(FOLLOW_SECONDS)


async def _here(
    opened: Installation, app_id: str, wish: Wish, watch: Callable[[Cycle], None]
) -> Cycle:
    interrupted = await opened.ledger.unfinished(app_id)
    if (
        wish.reviewed is not None
        and interrupted is not None
        and (interrupted.kind is not CycleKind.REVIEWED)
    ):
        raise BadInput(
            f"Cycle {interrupted.number} of {app_id} is still open; what it planned is not what "
            "was reviewed.",
            advice=f"Let it end first (seatkeeper run {app_id}), then make the plan anew.",
        )
    cycle = await opened.running.run_app(app_id, wish, watch, lambda: False)
    if interrupted is not None and cycle.finished:
        cycle = await opened.running.run_app(app_id, wish, watch, lambda: False)
    await opened.messages.posting().round()
    return cycle


async def _ordered(
    opened: Installation, app_id: str, wish: Wish, watch: Callable[[Cycle], None]
) -> Cycle:
    options = order_of(wish)
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


def told(app_id: str, cycle: Cycle) -> str:
    """Return one or two sentences on how a cycle ended."""
    plain = cycle_plain(cycle)
    counts = counted(plain)
    took = duration(float(str(plain["seconds"] or 0)))
    so_far = f"{cycle.done} of {number_of(cycle.total, 'record')}"
    if not cycle.finished and cycle.kind is CycleKind.REVIEWED:
        return (
            f"{app_id}: the plan waits after {so_far}. {cycle.note}\n"
            "What was sent is known; run the same command again to carry out the rest."
        )
    if not cycle.finished:
        return (
            f"{app_id}: cycle {cycle.number} waits after {so_far}. "
            f"{cycle.note}\nNothing is lost: the plan is kept, and the next run goes on with it."
        )
    note = f" ({cycle.note})" if cycle.note else ""
    text = f"{app_id}: {cycle.kind} cycle {cycle.number} took {took}{note}: {counts or 'no change'}"
    if cycle.counters.held:
        text += (
            f"\nHeld: {number_of(cycle.counters.held, 'removal')}, more than the guard lets go at "
            "once; everything else went through. Decide with: seatkeeper approvals"
        )
    if cycle.counters.only_failures:
        text += "\nNothing was done: everybody that the cycle looked at failed."
    if cycle.counters.waiting:
        text += f"\nWho waits and why: seatkeeper logs {app_id} --status failure"
    return text


class ProgressBar:
    """Shows a cycle's progress on standard error: one line on a terminal, steps elsewhere."""

    def __init__(self, *, quiet: bool, pacing: Pacing | None = None) -> None:
        """``pacing``: the limits by which the remaining time is reckoned, too."""
        self._quiet = quiet
        self._pacing = pacing
        self._terminal = sys.stderr.isatty()
        self._told = -1

    def __call__(self, cycle: Cycle) -> None:
        """Show where the cycle is now."""
        if self._quiet:
            return
        planning = cycle.state is CycleState.PLANNING
        line = progress_line(progress_plain(cycle, self._pacing))
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
