"""Run one cycle of one app from where it stands to its end.

    [source change -> scope -> map -> match -> plan -> export -> log]

Shell: the order of the halves, the watermark, and what is said when the app
stops answering. A cycle that a crash or an absent app left open is gone on
with first; calling this again is the whole recovery.
"""

import asyncio
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from seatkeeper.directory.model import Kind
from seatkeeper.engine.choosing import chosen
from seatkeeper.engine.confirming import confirm_links
from seatkeeper.engine.context import AppContext, AppStopped
from seatkeeper.engine.cycle_end import finish, suspend
from seatkeeper.engine.doubt import settle_doubts
from seatkeeper.engine.drift import end_drift, tell_drift, tell_withheld
from seatkeeper.engine.exporter import export_cycle
from seatkeeper.engine.planner import plan_records
from seatkeeper.engine.reconciling import look_at, look_at_everybody
from seatkeeper.engine.repairing import plan_repairs
from seatkeeper.engine.reviewing import plan_reviewed
from seatkeeper.engine.undoing import plan_undo
from seatkeeper.errors import ConnectorError
from seatkeeper.ports import Ledger
from seatkeeper.provisioning.cycle import Counters, Cycle, CycleKind, CycleState
from seatkeeper.provisioning.journal import EntryState, HealthState, Position, Work
from seatkeeper.provisioning.preview import PlannedRecord
from seatkeeper.provisioning.quarantine import Failing, LatestWrites
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.statistics import Statistics, Tally

MOST_FAILED_BEFORE: Final = 10_000
"""So many waiting records are known by name, so that their failing again is no news."""

_ONCE: Final = frozenset({CycleKind.REVIEWED, CycleKind.UNDO})
"""Kinds of which nothing more is sent after an interruption: what was asked is not kept."""

_LOOKS: Final = frozenset({CycleKind.RECONCILE, CycleKind.REPAIR})

_OPEN: Final = frozenset({EntryState.MATCH, EntryState.PLANNED, EntryState.INTENDED})


@dataclass(frozen=True, slots=True)
class Wish:
    """What kind of cycle is asked for. Without names: whatever changed since the watermark.

    ``reviewed``: carry out these records of a kept plan, and nothing else.
    ``reconcile``: read the app again and report; with ``repair`` also send what is
    missing, and however much that is unless it is the schedule that asks (``unattended``).
    ``undo``: take back what the cycle of that id wrote.
    """

    full: bool = False
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    reviewed: tuple[PlannedRecord, ...] | None = None
    reconcile: bool = False
    repair: bool = False
    unattended: bool = False
    undo: str = ""

    @property
    def on_demand(self) -> bool:
        """Whether only the named records are asked for."""
        return bool(self.users or self.groups)


async def run_cycle(
    ledger: Ledger,
    rules: Rules,
    wish: Wish,
    begin: Callable[[Cycle], AppContext],
    *,
    now: dt.datetime,
) -> Cycle:
    """Finish the cycle that is open, or run a new one; return it as it ended.

    ``begin`` makes the context for a cycle. A cycle that could not be finished
    comes back suspended, with a note that says why; its plan is kept. Raises ``LeaseLost``
    where another process may go on with it by now.
    """
    opened = await ledger.unfinished(rules.app_id)
    cycle = opened if opened is not None else await _open(ledger, rules, wish, now)
    context = begin(cycle)
    if cycle.kind is CycleKind.REVIEWED:
        # Of one that was interrupted nothing more is sent: what was reviewed is not kept here.
        named = wish.reviewed or () if opened is None else ()
        context.reviewed = {one.key: one for one in named}
    elif await _follows_a_review(ledger, cycle):
        context.linked_now = 1
    await _watch_over(context)
    try:
        await confirm_links(
            context, continued=opened is not None, named={*wish.users, *wish.groups}
        )
        await _run(context, wish, continued=opened is not None)
    except AppStopped as stopped:
        await suspend(context, stopped.error)
    except ConnectorError as error:
        await suspend(context, error)
    return context.cycle


async def _watch_over(context: AppContext) -> None:
    """Prepare what decides over the app as a whole: was it stopped, who failed before, how many."""
    ledger, app_id = context.ledger, context.app_id
    waiting, health, kept = await asyncio.gather(
        ledger.escrows(app_id, limit=MOST_FAILED_BEFORE),
        ledger.health(app_id),
        ledger.failing(app_id),
    )
    context.failed_before = frozenset((one.kind, one.record_id) for one in waiting)
    initial = context.cycle.kind is CycleKind.INITIAL
    if health.state is not HealthState.WELL or kept.digest != context.cycle.digest:
        kept = LatestWrites()  # what was refused before a stop, or under other rules, is over
    context.failing = Failing.going_on(kept, context.rules.profile, initial=initial)
    context.comes_back(health)


def kind_of(wish: Wish, position: Position | None, rules: Rules) -> CycleKind:
    """Return what kind of cycle a wish leads to, from this watermark and under these rules."""
    if wish.reviewed is not None:
        return CycleKind.REVIEWED
    if wish.undo:
        return CycleKind.UNDO
    if wish.on_demand:
        return CycleKind.ON_DEMAND
    if wish.reconcile:
        return CycleKind.REPAIR if wish.repair else CycleKind.RECONCILE
    if position is None:
        return CycleKind.INITIAL
    if wish.full or position.digest != rules.digest:
        return CycleKind.FULL
    return CycleKind.INCREMENTAL


def cycle_to_be(
    wish: Wish, position: Position | None, rules: Rules, last_change: int, now: dt.datetime
) -> Cycle:
    """Return the cycle that a wish would open now, for a preview; the ledger has none of it."""
    return Cycle(
        "",
        rules.app_id,
        0,
        kind_of(wish, position, rules),
        CycleState.PLANNING,
        position.seq if position else 0,
        last_change,
        rules.digest,
        now,
    )


async def _open(ledger: Ledger, rules: Rules, wish: Wish, now: dt.datetime) -> Cycle:
    position = await ledger.position(rules.app_id)
    return await ledger.open_cycle(
        rules.app_id,
        kind_of(wish, position, rules),
        from_seq=position.seq if position else 0,
        to_seq=await ledger.last_change(),
        digest=rules.digest,
        now=now,
    )


async def _follows_a_review(ledger: Ledger, cycle: Cycle) -> bool:
    """Whether a reviewed plan may have left somebody waiting for an account that is there."""
    for earlier in await ledger.cycles(cycle.app_id):
        if earlier.id != cycle.id and earlier.covers_all:
            return False
        if earlier.kind is CycleKind.REVIEWED:
            return cycle.covers_all
    return False


async def _run(context: AppContext, wish: Wish, *, continued: bool) -> None:
    if continued:
        note = f"continued cycle {context.cycle.number} after an interruption"
        context.moved(replace(context.cycle, note=note))
        context.linked_now = 1  # whoever was linked before the interruption may be waited for
        context.in_order = False  # it may have been interrupted between two pages of the order
        await _end_switched_off(context)
    if continued and context.cycle.kind in _ONCE:
        await _end_review(context)
        return
    if context.cycle.state is CycleState.PLANNING:
        if continued:
            await context.ledger.drop_plan(context.cycle)
        context.tally = Tally()
        context.moved(
            replace(context.cycle, counters=Counters(), statistics=Statistics(), total=0, done=0)
        )
        looks = context.cycle.kind in _LOOKS or (wish.reconcile and wish.on_demand)
        if not await (_look(context, wish) if looks else _plan(context, wish)):
            return
        if looks and not _repairs(context, wish):
            await finish(context)
            return
    elif context.cycle.state is CycleState.SUSPENDED:
        cycle = replace(context.cycle, state=CycleState.EXPORTING)
        await context.ledger.write(context.app_id, Work(cycle=context.moved(cycle)))
    if context.cycle.total or context.linked_now:  # a cycle of nothing counts no links
        counts = await context.ledger.link_counts(context.app_id)
        context.linked_before = counts.get(Kind.USER, 0)
    context.failing.in_scope = max(context.linked_before, context.cycle.total)
    if await export_cycle(context):
        await finish(context)


async def _end_review(context: AppContext) -> None:
    """End a plan or an undo that was interrupted: find out what was sent, and send no more."""
    again = "undo it" if context.cycle.kind is CycleKind.UNDO else "carry the plan out"
    note = f"ended after an interruption; {again} again ({context.cycle.number})"
    context.moved(replace(context.cycle, note=note))
    if not await settle_doubts(context):
        return
    while True:
        rest = await context.ledger.entries(context.cycle.id, states=_OPEN)
        if not rest:
            break
        ended = [(context.cycle.id, replace(entry, state=EntryState.DONE)) for entry in rest]
        await context.ledger.write(context.app_id, Work(entries=ended))
    await finish(context)


async def _plan(context: AppContext, wish: Wish) -> bool:
    """Write down the plan; return false when asked to stop, and then it is planned anew."""
    if context.cycle.kind in {CycleKind.INITIAL, CycleKind.FULL}:
        for record in Kind:
            if context.rules.mapping(record) is None:
                await _drop_escrows(context, record)
    if context.reviewed is not None:
        await plan_reviewed(context, context.reviewed)
    if context.cycle.kind is CycleKind.UNDO:
        await plan_undo(context, wish.undo)
    async for kind, page, retries in chosen(context, wish.users, wish.groups):
        if context.stopping() and context.cycle.covers_all:  # others know only now whom they name
            return False
        await plan_records(context, kind, page, retries=retries)
    counts = await context.ledger.entry_counts(context.cycle.id)
    await context.ledger.write(context.app_id, _planning_done(context, sum(counts.values())))
    return True


def _repairs(context: AppContext, wish: Wish) -> bool:
    return context.cycle.kind is CycleKind.REPAIR or (wish.repair and wish.on_demand)


async def _look(context: AppContext, wish: Wish) -> bool:
    """Compare the app with what is known, and plan what is missing there where that is wished.

    Returns false when asked to stop; what was looked at need not be looked at again.
    """
    named = None
    if context.cycle.kind in _LOOKS:
        if not await look_at_everybody(context):
            return False
    else:
        named = {(Kind.USER, one) for one in wish.users} | {(Kind.GROUP, g) for g in wish.groups}
        await look_at(context, wish.users, wish.groups)
    if _repairs(context, wish):
        by_a_person = wish.repair and not wish.unattended
        if why := await plan_repairs(context, named, by_a_person=by_a_person):
            await tell_withheld(context, why)
        elif named is None:
            await end_drift(context)
    else:
        await tell_drift(context)
    counts = await context.ledger.entry_counts(context.cycle.id)
    context.moved(replace(context.cycle, done=0))
    await context.ledger.write(context.app_id, _planning_done(context, sum(counts.values())))
    return True


def _planning_done(context: AppContext, total: int) -> Work:
    """Return the write that turns a planned cycle into one that is carried out."""
    cycle = replace(context.cycle, state=CycleState.EXPORTING, total=total)
    return Work(cycle=context.moved(cycle))


async def _drop_escrows(context: AppContext, kind: Kind) -> None:
    """Let nobody wait for what is switched off, but for whom an account may have been made."""
    while True:
        waiting = await context.ledger.escrows(context.app_id, kind=kind)
        ended = [(one.kind, one.record_id) for one in waiting if not one.doubt]
        if not ended:
            return
        await context.ledger.write(context.app_id, Work(cleared=ended))


async def _end_switched_off(context: AppContext) -> None:
    """End the entries of a kind whose mapping was switched off while the cycle was open."""
    for kind in Kind:
        while context.rules.mapping(kind) is None:
            open_ones = await context.ledger.entries(context.cycle.id, states=_OPEN, kind=kind)
            if not open_ones:
                break
            ended = [
                (context.cycle.id, replace(entry, state=EntryState.DONE)) for entry in open_ones
            ]
            await context.ledger.write(context.app_id, Work(entries=ended))
