"""End a cycle: what moves on with the last of its work, or what is kept where the app stopped.

    source change -> scope -> map -> match -> plan -> export -> [log]

Shell. The watermark, the app's health and what people are told become true in one write.
"""

import asyncio
from dataclasses import replace

import msgspec

from seatkeeper.engine.context import AppContext
from seatkeeper.engine.notices import (
    SILENT,
    app_notices,
    failure_notices,
    hold_notices,
    is_of_drift,
    open_causes,
    recovery_notices,
    still_open,
)
from seatkeeper.errors import ConnectorError, LeaseLost, Remedy
from seatkeeper.provisioning.cycle import CycleState
from seatkeeper.provisioning.guard import HoldState
from seatkeeper.provisioning.journal import Health, HealthState, Position, Work
from seatkeeper.provisioning.outcome import next_probe
from seatkeeper.provisioning.quarantine import LatestWrites


async def finish(context: AppContext) -> None:
    """Move the watermark with the last of the work it covers, and tell of new failures."""
    cycle, now = context.cycle, context.now()
    waiting, open_holds, before = await asyncio.gather(
        context.ledger.waiting_causes(context.app_id),
        context.ledger.holds(context.app_id, states=(HoldState.OPEN,)),
        context.ledger.open_notices(context.app_id),
    )
    counters = msgspec.structs.replace(cycle.counters, waiting=sum(one.count for one in waiting))
    ended = replace(
        cycle,
        state=CycleState.DONE,
        ended=now,
        counters=counters,
        statistics=context.tally.so_far(),
    )
    holds = [hold for _, hold in open_holds]
    health = await _health_at_the_end(context, waits=bool(waiting))
    stopped = frozenset() if health.state is HealthState.WELL else still_open({}, health)
    silent = frozenset() if cycle.covers_all else frozenset({SILENT})  # a few records are no cycle
    goes_on = stopped | silent | frozenset(filter(is_of_drift, before))
    before = {cause: said for cause, said in before.items() if cause not in goes_on}
    notices = [
        *failure_notices(context.rules, waiting, ended),
        *hold_notices(context.rules, holds, ended),
        *recovery_notices(context.rules, before, ended, now),
    ]
    await context.ledger.write(
        context.app_id,
        Work(
            cycle=context.moved(ended),
            position=Position(cycle.to_seq, cycle.digest) if cycle.covers_all else None,
            health=health,
            notices=notices,
            open_causes=open_causes(waiting, holds) | goes_on,
            at=now,
            ended=True,
        ),
    )


async def _health_at_the_end(context: AppContext, *, waits: bool) -> Health:
    """Return how the app is once a cycle has ended: well, unless nothing has shown that it is.

    One that was stopped for what it refused, and took nothing since, goes on to be looked at
    now and then for as long as anybody waits.
    """
    if not (context.failing.on_probation and waits):
        return Health()
    before = await context.ledger.health(context.app_id)
    attempts = before.attempts + 1
    again = next_probe(Remedy.SETUP, attempts, context.now())
    return replace(before, attempts=attempts, next_try=again)


async def suspend(context: AppContext, error: ConnectorError) -> None:
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
    causes = await context.ledger.open_notices(context.app_id)
    await context.ledger.write(
        context.app_id,
        Work(
            cycle=context.moved(replace(cycle, note=str(error))),
            health=health,
            failing=LatestWrites(),
            notices=app_notices(context.rules, health, cycle),
            open_causes=still_open(causes, health),
            at=now,
        ),
    )
