"""Find out what became of requests that were on their way when the engine died.

    source change -> scope -> map -> match -> plan -> [export] -> log

Shell. An intent holds what was about to be sent, because the directory may
have changed since: somebody may have been renamed, or left, while nobody was
there to see it. What was done is linked, logged and counted by the deletion guard; what
was not is planned.
"""

import math
from dataclasses import replace

import structlog

from seatkeeper.directory.model import Kind
from seatkeeper.engine.booking import Booking, plain_exchanges
from seatkeeper.engine.context import AppContext, AppStopped, away
from seatkeeper.engine.guarding import removals_of
from seatkeeper.engine.lost_answers import wait
from seatkeeper.engine.matching import owner_of
from seatkeeper.errors import InDoubt, SeatkeeperError, Throttled, Transient
from seatkeeper.ports import Trace
from seatkeeper.provisioning.account import Account, TargetValues
from seatkeeper.provisioning.guard import HoldState, Planned, hold_id
from seatkeeper.provisioning.journal import Entry, EntryState
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.mapping.evaluate import Desired
from seatkeeper.provisioning.match import Question, questions, the_one
from seatkeeper.provisioning.outcome import stops_the_app
from seatkeeper.provisioning.plan import (
    Action,
    Create,
    Delete,
    Disable,
    Update,
    gives_access_back,
    known_of_adopted,
    known_there,
)
from seatkeeper.provisioning.removal import has_arrived
from seatkeeper.provisioning.walk import Decided, Facts, NeedsMatch, decide, scope_of

logger = structlog.get_logger(__name__)


async def settle_doubts(context: AppContext) -> bool:
    """Look up every account whose request has no known outcome, before anything else is sent.

    What a lost process had in flight is not touched while it may still arrive; return
    false where that time was cut short because the engine stops.
    """
    while True:
        doubtful = await context.ledger.entries(
            context.cycle.id, states={EntryState.INTENDED}, limit=context.batch
        )
        if not doubtful:
            return True
        if not await _arrived(context):
            return False
        kind = doubtful[0].kind
        entries = {entry.record_id: entry for entry in doubtful if entry.kind is kind}
        booking = Booking(context)
        for facts in await context.facts(kind, list(entries)):
            await _settle(context, booking, facts, entries[facts.record_id])
        await booking.write()


async def _arrived(context: AppContext) -> bool:
    """Wait until nothing that was lost can arrive any more; false when asked to stop.

    Neither of a process that was lost, nor of a cycle of this one whose app was away.
    """
    seconds = max(context.in_flight_for, context.unanswered.any())
    if seconds <= 0:
        return True
    before, rounded = context.cycle.note, math.ceil(seconds)
    logger.warning("engine.waits_for_lost_requests", app=context.app_id, seconds=rounded)
    note = f"waits up to {rounded} s, since requests that got no answer may still act"
    context.moved(replace(context.cycle, note=note))
    arrived = await wait(context, seconds)
    context.moved(replace(context.cycle, note=before))
    if arrived:
        context.in_flight_for = 0.0
    return arrived


async def _settle(context: AppContext, booking: Booking, facts: Facts, entry: Entry) -> None:
    trace = Trace()
    try:
        if facts.link is None and entry.found is not None:
            await _settle_adoption(context, booking, facts, entry.found, entry, trace)
        elif facts.link is None:
            await _settle_create(context, booking, facts, entry, trace)
        else:
            await _settle_change(context, booking, facts, facts.link, entry, trace)
    except SeatkeeperError as error:
        if stops_the_app(error) or context.stopped is not None:
            raise
        if isinstance(error, InDoubt | Transient | Throttled):
            # It passes by itself; what the app refuses to look up need not, so that waits alone.
            raise AppStopped(away("What became of a request cannot be found out", error)) from error
        lost = entry.changes if facts.link is not None or entry.verb == "create" else ()
        await booking.failed(facts, error, entry=entry, trace=trace, doubt=lost)
    context.asked(trace.exchanges)


async def _settle_create(
    context: AppContext, booking: Booking, facts: Facts, entry: Entry, trace: Trace
) -> None:
    """Take the account that the lost request made, though its person may be another by now."""
    account = await _made(context, facts, entry, trace) if entry.verb == "create" else None
    if account is None:
        _match_again(booking, facts, replace(entry, in_doubt=entry.verb == "create"))
        return
    link = Link(facts.kind, facts.record_id, account.id, {}, facts.display_name, context.now())
    known = known_there(account, {}, entry.changes)
    booking.link(facts, account.id, known)
    values = {change.path: change.new for change in entry.changes if change.new is not None}
    # Planned anew, since the record may have left while nobody could look.
    created = Create(values)
    _book(booking, replace(facts, link=link), entry, created, trace, state=EntryState.MATCH)


def _match_again(booking: Booking, facts: Facts, entry: Entry) -> None:
    """Let it be found out anew whose account it is; nothing is to be done where nobody is left."""
    again = EntryState.MATCH if facts.record is not None else EntryState.DONE
    booking.entry(replace(entry, state=again, found=None))
    if again is EntryState.DONE:
        booking.cleared.append((facts.kind, facts.record_id))


async def _settle_adoption(
    context: AppContext, booking: Booking, facts: Facts, found: Account, entry: Entry, trace: Trace
) -> None:
    """Count what a lost request took from an account that was found, and take it if all arrived."""
    account = await context.patiently(lambda: context.target.read(facts.kind, found.id, trace))
    if account is None:
        _match_again(booking, facts, entry)
        return
    known = known_there(account, {}, entry.changes)
    await _count_removals(context, booking, facts, entry, known)
    arrived = entry.changes and all(known.get(one.path) == one.new for one in entry.changes)
    if not arrived or await owner_of(context, facts.kind, account, facts.record_id) is not None:
        _match_again(booking, facts, entry)
        return
    context.asked_by(facts.kind, account.id, facts.record_id)
    answer = decide(facts, context.rules)
    if isinstance(answer, NeedsMatch):
        known = {**known, **known_of_adopted(account, answer.desired)}
    booking.link(facts, account.id, known)
    link = Link(facts.kind, facts.record_id, account.id, known, facts.display_name, context.now())
    action = Update(account.id, tuple(entry.changes))
    # Planned anew, since the record may have left while nobody could look.
    rest = replace(entry, found=None)
    _book(booking, replace(facts, link=link), rest, action, trace, state=EntryState.MATCH)


async def _made(context: AppContext, facts: Facts, entry: Entry, trace: Trace) -> Account | None:
    mapping = context.rules.mapping(facts.kind)
    if mapping is None:
        return None
    sent = {change.path: change.new for change in entry.changes if change.new is not None}
    for question in questions(Desired(sent), mapping) if sent else ():
        account = the_one(question, await _found(context, facts, question, trace))
        if account is not None:
            if await owner_of(context, facts.kind, account, facts.record_id) is not None:
                return None  # it was somebody's before: not the one that the lost request made
            context.asked_by(facts.kind, account.id, facts.record_id)
            return account
    return None


async def _found(
    context: AppContext, facts: Facts, question: Question, trace: Trace
) -> list[Account]:
    return list(
        await context.patiently(
            lambda: context.target.find(facts.kind, question.path, question.value, trace)
        )
    )


async def _settle_change(
    context: AppContext, booking: Booking, facts: Facts, link: Link, entry: Entry, trace: Trace
) -> None:
    """Know the account as it is now, and log a change that it shows to have arrived."""
    if link.held:
        booking.entry(replace(entry, state=EntryState.PLANNED))
        return
    account = await context.patiently(
        lambda: context.target.read(facts.kind, link.account_id, trace)
    )
    planned = replace(entry, state=EntryState.PLANNED, exchanges=plain_exchanges(trace.exchanges))
    if account is None and entry.verb == "delete":
        await _count_removals(context, booking, facts, entry)
        booking.unlink(facts)
        booking.forgotten.append(facts.record_id)
        again = EntryState.MATCH if facts.record is not None else EntryState.DONE
        _book(booking, facts, entry, Delete(link.account_id), trace, state=again)
        return
    if account is None:
        booking.entry(planned)
        return
    known = known_there(account, link.known, entry.changes)
    booking.links.append(replace(link, known=known))
    arrived = entry.changes and all(known.get(one.path) == one.new for one in entry.changes)
    await _count_removals(context, booking, facts, entry, known)
    if not arrived:
        booking.entry(planned)
        return
    if facts.kind is Kind.USER and gives_access_back(entry.changes, context.rules.users):
        booking.unsure.append(facts.record_id)
    made = Disable if entry.verb == "disable" else Update
    action = made(link.account_id, tuple(entry.changes))
    # What is left to send of it is judged by what it takes away itself, which is not known yet.
    rest = replace(entry, verb="update", changes=())
    _book(booking, replace(facts, link=replace(link, known=known)), rest, action, trace)


async def _count_removals(
    context: AppContext,
    booking: Booking,
    facts: Facts,
    entry: Entry,
    known: TargetValues | None = None,
) -> None:
    """Count what a lost request took away without anybody's word; ``known`` is what is left.

    Whether it was free to leave died with the process. Only a word that was given is kept, so
    everything else counts.
    """
    mapping = context.rules.mapping(facts.kind)
    found = entry.found.id if entry.found is not None else ""
    for one in removals_of(
        context.rules, facts, entry.verb, entry.changes, (), entry.reason, account=found
    ):
        taken = known is None or (
            mapping is not None and has_arrived(one.what, entry.changes, known, mapping)
        )
        if taken and not await _was_approved(context, one):
            booking.removed[one.what] += 1


async def _was_approved(context: AppContext, one: Planned) -> bool:
    found = await context.ledger.hold_named(hold_id(context.app_id, one))
    return (
        found is not None and found[1].state is HoldState.APPROVED and found[1].digest == one.digest
    )


def _book(
    booking: Booking,
    facts: Facts,
    entry: Entry,
    action: Action,
    trace: Trace,
    *,
    state: EntryState = EntryState.PLANNED,
) -> None:
    """Log what was done before the interruption; what is still to be done stays planned."""
    link = facts.link
    assert link is not None  # noqa: S101 - both callers know the account
    decided = Decided(scope_of(facts, booking.context.rules), action)
    booking.succeeded(
        facts,
        decided,
        action,
        entry,
        account_id=link.account_id,
        exchanges=plain_exchanges(trace.exchanges),
        matched=f"found account {link.account_id} as an interrupted request had left it",
        state=state,
    )
