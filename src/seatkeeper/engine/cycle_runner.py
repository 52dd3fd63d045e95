"""Run one cycle of one app from where it stands to its end.

    [source change -> scope -> map -> match -> plan -> export -> log]

Shell: the order of the halves, the watermark, and what is said when the app
stops answering. A cycle that a crash or an absent app left open is gone on
with first; calling this again is the whole recovery.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from seatkeeper.directory.model import Kind
from seatkeeper.engine.confirming import confirm_links
from seatkeeper.engine.context import AppContext, AppStopped
from seatkeeper.engine.doubt import settle_doubts
from seatkeeper.engine.exporter import export_cycle
from seatkeeper.engine.notices import (
    app_notices,
    failure_notices,
    hold_causes,
    hold_notices,
    open_causes,
)
from seatkeeper.engine.planner import chosen, plan_records, planning_done
from seatkeeper.engine.reviewing import plan_reviewed
from seatkeeper.errors import ConnectorError, LeaseLost, Remedy
from seatkeeper.ports import Ledger
from seatkeeper.provisioning.cycle import Counters, Cycle, CycleKind, CycleState
from seatkeeper.provisioning.guard import HoldState
from seatkeeper.provisioning.journal import EntryState, Health, HealthState, Position, Work
from seatkeeper.provisioning.outcome import next_probe
from seatkeeper.provisioning.preview import PlannedRecord
from seatkeeper.provisioning.rules import Rules

_OPEN: Final = frozenset({EntryState.MATCH, EntryState.PLANNED, EntryState.INTENDED})


@dataclass(frozen=True, slots=True)
class Wish:
    """What kind of cycle is asked for. Without names: whatever changed since the watermark.

    ``reviewed``: carry out these records of a kept plan, and nothing else.
    """

    full: bool = False
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    reviewed: tuple[PlannedRecord, ...] | None = None

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
    context.linked_before = (await ledger.link_counts(rules.app_id)).get(Kind.USER, 0)
    try:
        await confirm_links(
            context, continued=opened is not None, named={*wish.users, *wish.groups}
        )
        await _run(context, wish, continued=opened is not None)
    except AppStopped as stopped:
        await _suspend(context, stopped.error)
    except ConnectorError as error:
        await _suspend(context, error)
    return context.cycle


def kind_of(wish: Wish, position: Position | None, rules: Rules) -> CycleKind:
    """Return what kind of cycle a wish leads to, from this watermark and under these rules."""
    if wish.reviewed is not None:
        return CycleKind.REVIEWED
    if wish.on_demand:
        return CycleKind.ON_DEMAND
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
        await _end_switched_off(context)
    if continued and context.cycle.kind is CycleKind.REVIEWED:
        await _end_review(context)
        return
    if context.cycle.state is CycleState.PLANNING:
        await context.ledger.drop_plan(context.cycle)
        context.moved(replace(context.cycle, counters=Counters(), total=0, done=0))
        if not await _plan(context, wish):
            return
    elif context.cycle.state is CycleState.SUSPENDED:
        cycle = replace(context.cycle, state=CycleState.EXPORTING)
        await context.ledger.write(context.app_id, Work(cycle=context.moved(cycle)))
    if await export_cycle(context):
        await _finish(context)


async def _end_review(context: AppContext) -> None:
    """End a reviewed plan that was interrupted: find out what was sent, and send nothing more."""
    note = f"ended after an interruption; carry the plan out again ({context.cycle.number})"
    context.moved(replace(context.cycle, note=note))
    if not await settle_doubts(context):
        return
    while True:
        rest = await context.ledger.entries(context.cycle.id, states=_OPEN)
        if not rest:
            break
        ended = [(context.cycle.id, replace(entry, state=EntryState.DONE)) for entry in rest]
        await context.ledger.write(context.app_id, Work(entries=ended))
    await _finish(context)


async def _plan(context: AppContext, wish: Wish) -> bool:
    """Write down the plan; return false when asked to stop, and then it is planned anew."""
    if context.cycle.kind in {CycleKind.INITIAL, CycleKind.FULL}:
        for record in Kind:
            if context.rules.mapping(record) is None:
                await _drop_escrows(context, record)
    if context.reviewed is not None:
        await plan_reviewed(context, context.reviewed)
    async for kind, page, retries in chosen(context, wish.users, wish.groups):
        if context.stopping() and context.cycle.covers_all:  # others know only now whom they name
            return False
        await plan_records(context, kind, page, retries=retries)
    counts = await context.ledger.entry_counts(context.cycle.id)
    await context.ledger.write(context.app_id, planning_done(context, sum(counts.values())))
    return True


async def _drop_escrows(context: AppContext, kind: Kind) -> None:
    """Let nobody wait for what is switched off."""
    while True:
        waiting = await context.ledger.escrows(context.app_id)
        ended = [(one.kind, one.record_id) for one in waiting if one.kind is kind]
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


async def _finish(context: AppContext) -> None:
    """Move the watermark with the last of the work it covers, and tell of new failures."""
    cycle, now = context.cycle, context.now()
    escrows = await context.ledger.escrows(context.app_id)
    counters = replace(cycle.counters, waiting=len(escrows))
    ended = replace(cycle, state=CycleState.DONE, ended=now, counters=counters)
    open_holds = await context.ledger.holds(context.app_id, states=(HoldState.OPEN,))
    holds = [hold for _, hold in open_holds]
    notices = [
        *failure_notices(context.rules, escrows, ended, context.recipient),
        *hold_notices(context.rules, holds, ended, context.recipient),
    ]
    await context.ledger.write(
        context.app_id,
        Work(
            cycle=context.moved(ended),
            position=Position(cycle.to_seq, cycle.digest) if cycle.covers_all else None,
            health=Health(),
            notices=notices,
            open_causes=frozenset(open_causes(escrows) | hold_causes(holds)),
        ),
    )


async def _suspend(context: AppContext, error: ConnectorError) -> None:
    """Keep the plan, say what is wrong, and when it is tried again.

    Raises ``LeaseLost`` where the app is another process's: that says nothing of the app.
    """
    if isinstance(error, LeaseLost):
        raise error
    now = context.now()
    before = await context.ledger.health(context.app_id)
    away = error.remedy not in {Remedy.CREDENTIALS, Remedy.SETUP}
    state = HealthState.AWAY if away else HealthState.QUARANTINED
    same = before.state is state and before.code == error.code
    attempts = before.attempts + 1 if same else 1
    remedy = Remedy.AWAY if away else error.remedy
    health = Health(
        state,
        error.code,
        error.message,
        error.advice,
        since=before.since if same and before.since else now,
        attempts=attempts,
        next_try=next_probe(remedy, attempts, now),
    )
    cycle = context.cycle
    if cycle.state is not CycleState.PLANNING:
        cycle = replace(cycle, state=CycleState.SUSPENDED)
    notices = app_notices(context.rules, health, cycle, context.recipient)
    await context.ledger.write(
        context.app_id,
        Work(cycle=context.moved(replace(cycle, note=str(error))), health=health, notices=notices),
    )
