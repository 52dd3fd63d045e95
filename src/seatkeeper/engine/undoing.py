"""Take back what another cycle wrote: read, plan the reverse, and hold it from then on.

    source change -> scope -> map -> match -> [plan] -> export -> log

Shell around ``provisioning.undo``. Each record of that cycle is read in the app
before anything is planned. What is planned goes through guard, export and log
like any other work; what cannot be undone is logged with why.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from seatkeeper.directory.model import Kind
from seatkeeper.engine.context import AppContext
from seatkeeper.errors import SeatkeeperError
from seatkeeper.ports import Trace
from seatkeeper.provisioning.journal import Entry, EntryState, Key, Work
from seatkeeper.provisioning.log import LogEntry, Status
from seatkeeper.provisioning.outcome import stops_the_app
from seatkeeper.provisioning.plan import Disable, Reason, Skip, Update
from seatkeeper.provisioning.undo import (
    TAKEN_BACK,
    Now,
    Undoing,
    Writing,
    Written,
    takes_access,
    undoing,
    undone_of,
    wrote,
)
from seatkeeper.provisioning.walk import Decided, Facts, scope_of

PAGE = 500
_LOG_READ = 1_000


@dataclass(frozen=True, slots=True)
class TakenBack:
    """One record of the cycle: whose it is, and what going back means."""

    facts: Facts
    plan: Undoing


async def plan_undo(context: AppContext, cycle_id: str) -> None:
    """Write down the reverse of what that cycle wrote; what is taken back is held from now on.

    Raises what stops the app.
    """
    # Everything is asked before anything is written down, so only what is written down is kept.
    context.undo, now = {}, context.now()
    works: list[Work] = []
    async for page in taken_back(context, cycle_id):
        for one in page:
            context.undo[one.facts.kind, one.facts.record_id] = one.plan
        works.append(
            Work(
                entries=[
                    (context.cycle.id, _entry(context, one)) for one in page if not one.plan.empty
                ],
                log=[_stays(context, one) for one in page if one.plan.stays],
                undone=[
                    value
                    for one in page
                    for value in undone_of(
                        one.facts.kind, one.facts.record_id, one.plan, context.cycle.id, now
                    )
                ],
                at=now,
            )
        )
    for work in works:
        context.count(skipped=len(work.log))
        counted = replace(work, cycle=context.moved(context.cycle))
        await context.ledger.write(context.app_id, counted)


async def taken_back(context: AppContext, cycle_id: str) -> AsyncIterator[list[TakenBack]]:
    """Yield what going back means for the records that the cycle wrote; asks the app, only."""
    writings: dict[Key, Writing] = defaultdict(Writing)
    after = 0
    while page := await context.ledger.written_in(cycle_id, after=after, limit=PAGE):
        after = page[-1][0]
        for _, entry in page:
            if wrote(entry):
                writings[entry.kind, entry.record_id].add(entry)
    for kind in Kind:
        ids = sorted(record for of, record in writings if of is kind)
        for start in range(0, len(ids), context.batch):
            some = await context.facts(kind, ids[start : start + context.batch])
            made = await asyncio.gather(
                *(
                    _one(context, one, writings.pop((kind, one.record_id)).written(), cycle_id)
                    for one in some
                )
            )
            context.raise_if_stopped()
            yield [one for one in made if not one.plan.empty or one.plan.stays]


def undo_decided(context: AppContext, facts: Facts) -> Decided:
    """Return what is sent of a record that is taken back, in the words of the walk."""
    plan = (context.undo or {}).get((facts.kind, facts.record_id), Undoing())
    scope, link, mapping = (
        scope_of(facts, context.rules),
        facts.link,
        context.rules.mapping(facts.kind),
    )
    if link is None or link.held or mapping is None:
        return Decided(scope, Skip(Reason.CANNOT_UNDO, "The record has no account any more."))
    if not plan.changes:
        return Decided(scope, Skip(Reason.IN_SYNC, "Only members are taken back."))
    made = Disable if takes_access(plan.changes, mapping) else Update
    return Decided(scope, made(link.account_id, plan.changes))


async def _one(context: AppContext, facts: Facts, done: Written, cycle_id: str) -> TakenBack:
    trace = Trace()
    try:
        now = await _now(context, facts, done, cycle_id, trace)
    except SeatkeeperError as error:
        if stops_the_app(error):
            raise
        return TakenBack(facts, Undoing(stays=(f"The account cannot be read: {error.message}",)))
    finally:
        context.asked(trace.exchanges)
    plan = undoing(facts.record_id, done, now, context.rules, facts.kind)
    return TakenBack(facts, plan)


async def _now(
    context: AppContext, facts: Facts, done: Written, cycle_id: str, trace: Trace
) -> Now:
    link, kind = facts.link, facts.kind
    if link is None or link.held or done.deleted or context.rules.mapping(kind) is None:
        return Now(link, None)
    account = await context.patiently(partial(context.target.read, kind, link.account_id, trace))
    began_here, seen = await _before(context, facts, cycle_id)
    if kind is not Kind.GROUP or not done.members or account is None:
        return Now(link, account, began_here, seen)
    members = await context.patiently(partial(context.target.members, link.account_id, trace))
    owners: Mapping[str, str] = {}
    for of in Kind:
        owners = {**owners, **await context.ledger.records_of(context.app_id, of, done.members)}
    known = await context.ledger.members_written(context.app_id, facts.record_id)
    return Now(link, account, began_here, seen, members, known, owners)


async def _before(context: AppContext, facts: Facts, cycle_id: str) -> tuple[bool, frozenset[str]]:
    """Say whether we made the account or met it here first, and which paths were written before."""
    logged = await context.ledger.log(context.app_id, record_id=facts.record_id, limit=_LOG_READ)
    newest_first = [entry for _, entry in logged]
    own = [place for place, entry in enumerate(newest_first) if entry.cycle_id == cycle_id]
    earlier = [
        entry
        for entry in newest_first[own[-1] + 1 if own else 0 :]
        if entry.status in {Status.SUCCESS, Status.WARNING}
        and facts.link is not None
        and entry.account_id == facts.link.account_id
    ]
    made = any(entry.action == "create" for entry in earlier)
    seen = frozenset(change.path for entry in earlier for change in entry.modified)
    return made or not earlier, seen


def _entry(context: AppContext, one: TakenBack) -> Entry:
    mapping = context.rules.mapping(one.facts.kind)
    removes = mapping is not None and takes_access(one.plan.changes, mapping)
    return Entry(
        one.facts.kind,
        one.facts.record_id,
        one.facts.display_name,
        EntryState.PLANNED,
        verb="disable" if removes else "update",
        changes=one.plan.changes,
        reason=TAKEN_BACK,
    )


def _stays(context: AppContext, one: TakenBack) -> LogEntry:
    """Return the log entry of what cannot be undone."""
    return LogEntry(
        id=context.new_id(),
        app_id=context.app_id,
        cycle_id=context.cycle.id,
        at=context.now(),
        kind=one.facts.kind,
        record_id=one.facts.record_id,
        display_name=one.facts.display_name,
        action="other",
        status=Status.SKIPPED,
        account_id=one.facts.link.last_id if one.facts.link else None,
        code=Reason.CANNOT_UNDO,
        reason=" ".join(one.plan.stays),
    )
