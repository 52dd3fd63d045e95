"""The export half: carry out the stored plan, batch by batch.

    source change -> scope -> map -> match -> plan -> [export -> log]

Shell. Each batch is three moments: its intents are durable, its requests are
sent, its results are durable. While one batch of people is sent, the one before
is written down and the one after it is made ready. So a crash leaves at most
these three in doubt, and calling it again finishes the cycle. People go in the
order of the reporting line, then the references that only now have both ends,
then groups and their members.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from enum import IntEnum
from functools import partial

from seatkeeper.directory.model import Kind
from seatkeeper.engine.booking import Booking, intent_of
from seatkeeper.engine.context import AppContext, AppStopped
from seatkeeper.engine.doubt import settle_doubts
from seatkeeper.engine.guarding import guard_plan, heed_words, is_judged
from seatkeeper.engine.outcomes import book
from seatkeeper.engine.parking import open_rings
from seatkeeper.engine.planner import match_records, plan_records
from seatkeeper.engine.sender import send
from seatkeeper.engine.sent import Sent
from seatkeeper.engine.shared_values import refuse_shared
from seatkeeper.engine.undoing import undo_decided
from seatkeeper.errors import ConnectorError, SeatkeeperError
from seatkeeper.ports import Trace
from seatkeeper.provisioning.account import ValueChange
from seatkeeper.provisioning.journal import Entry, EntryState
from seatkeeper.provisioning.match import check_only_asker
from seatkeeper.provisioning.outcome import stops_the_app
from seatkeeper.provisioning.plan import Create, Disable, Reason, Skip, Update
from seatkeeper.provisioning.reviewed import check_sending
from seatkeeper.provisioning.walk import (
    Decided,
    Facts,
    NeedsMatch,
    decide,
    decide_matched,
)

BATCH_SECONDS = 1.0
"""After this long a batch starts no further request, so that stopping is quick."""

BULK_FROM = 10
"""So many people to be written make it worth a question whether the app takes several at once."""

_EVERYBODY = 10_000_000


async def export_cycle(context: AppContext) -> bool:
    """Carry out everything planned; return whether it all was (not stopped by a person)."""
    if not await settle_doubts(context):
        return False
    await _judge(context)
    for kind in (Kind.USER, Kind.GROUP):
        if context.rules.mapping(kind) is None:
            continue
        await open_rings(context, kind)
        if not await _export_kind(context, kind):
            return False
        healed: set[str] = set()
        while context.linked_now:
            healable = [one for one in await _healable(context, kind) if one not in healed]
            if not healable:
                break
            healed.update(healable)
            await plan_records(context, kind, healable)
            await _judge(context)
            if not await _export_kind(context, kind):
                return False
    return True


async def _judge(context: AppContext) -> None:
    """Find out of everybody planned whose account it is, who asks for one value, what is held."""
    await match_records(context)
    await refuse_shared(context)
    await guard_plan(context)


async def _healable(context: AppContext, kind: Kind) -> Sequence[str]:
    """Return who waits no longer; with a reviewed plan only those named, in an undo nobody."""
    if context.undo is not None:
        return ()
    if context.reviewed is None:
        return await context.ledger.healable(context.app_id, kind)
    every = await context.ledger.healable(context.app_id, kind, limit=_EVERYBODY)
    return [one for one in every if (kind, one) in context.reviewed]


async def _export_kind(context: AppContext, kind: Kind) -> bool:
    """Carry out all planned entries of one kind; return false when asked to stop."""
    flights = _Flights()
    try:
        return await _export_pages(context, kind, flights)
    except asyncio.CancelledError:
        flights.cancel()
        raise
    finally:
        await flights.settle()


async def _export_pages(context: AppContext, kind: Kind, flights: "_Flights") -> bool:
    level = None
    while True:
        if context.stopping() or context.stopped is not None:
            await flights.land()
            context.raise_if_stopped()
            return False
        await context.give_way()
        page = await context.ledger.entries(
            context.cycle.id, states={EntryState.PLANNED}, kind=kind, limit=context.batch
        )
        if not page and not flights.aloft:
            return True
        # Side by side, a group would still be written as a member of another one.
        ends = [entry for entry in page if entry.verb == "delete" and entry.level == page[0].level]
        alone = kind is Kind.GROUP or bool(ends)
        if flights.aloft and (not page or alone or page[0].level != level):
            await flights.land()  # what it brought may change what comes next, so read again
            continue
        if kind is Kind.USER and len(page) >= BULK_FROM:
            await _learn_bulk(context)
        level = page[0].level
        batch = ends or [entry for entry in page if entry.level == level]
        await flights.land(leaving=1)
        again = await _prepare(context, kind, batch, flights)
        if again:
            await flights.land()  # how many left is known only then
            await (_judge if again is _Again.JUDGE else match_records)(context)
        elif alone:
            await flights.land()


class _Flights:
    """Batches on their way, oldest first: one is sent behind the other while it is written down."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def aloft(self) -> bool:
        """Whether any batch is on its way."""
        return bool(self._tasks)

    def start(self, flight: Coroutine[None, None, None]) -> None:
        """Send a batch off."""
        self._tasks.append(asyncio.create_task(flight))

    async def land(self, *, leaving: int = 0) -> None:
        """Wait until at most so many are on their way. Raises what went wrong with the oldest."""
        while len(self._tasks) > leaving:
            await self._tasks.pop(0)

    def cancel(self) -> None:
        """Break off what is on its way, as whoever waits for it was; what became of it is asked."""
        for task in self._tasks:
            task.cancel()

    async def settle(self) -> None:
        """Let every batch come to its end, whatever became of the others."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()


class _Again(IntEnum):
    """What some of a batch need before they are sent; each includes the one before."""

    NOTHING = 0
    MATCH = 1
    JUDGE = 2


async def _prepare(
    context: AppContext, kind: Kind, batch: Sequence[Entry], flights: _Flights
) -> _Again:
    """Write down what a batch will send and send it off; return what others of it need first.

    The rest of the batch ends here: skipped, failed, or nothing to be done any more.
    """
    entries = {entry.record_id: entry for entry in batch}
    booking = Booking(context)
    to_send: list[Sent] = []
    again = _Again.NOTHING
    await heed_words(context, batch)
    for facts in await context.facts(kind, list(entries)):
        entry = entries[facts.record_id]
        try:
            decided = _decide_again(context, facts, entry)
        except SeatkeeperError as error:
            await booking.failed(facts, error, entry=entry)
            continue
        if decided is None:
            again = max(again, _Again.MATCH)
            booking.entry(replace(entry, state=EntryState.MATCH))
        elif not is_judged(context, facts, entry, decided):
            again = _Again.JUDGE
            _judge_anew(context, booking, facts, entry, decided)
        elif isinstance(decided.action, Skip) and not _is_members_only(facts, decided):
            _book_skip(booking, facts, decided, entry)
        else:
            to_send.append(Sent(facts, entry, decided, decided.action))
    booking.entries.extend(intent_of(one.entry, one.action) for one in to_send)
    await booking.write()
    if to_send:
        flights.start(_carry_out(context, to_send))
    return again


def _judge_anew(
    context: AppContext, booking: Booking, facts: Facts, entry: Entry, decided: Decided
) -> None:
    """Plan what takes something away only since the plan was judged, so that it is judged, too.

    Once in a cycle: whoever changes even faster is for the next cycle, which is told of it.
    """
    key = (facts.kind, facts.record_id)
    if key in context.judged_again:
        booking.entry(replace(entry, state=EntryState.DONE))
        return
    context.judged_again.add(key)
    planned = intent_of(entry, decided.action)
    reason = entry.reason if context.undo is not None else decided.scope.reason
    booking.entry(replace(planned, state=EntryState.PLANNED, reason=reason))


async def _carry_out(context: AppContext, batch: Sequence[Sent]) -> None:
    """Send a batch, lane by lane behind the one before, and make its results durable."""
    await context.give_way()
    glass = _Hourglass()
    await asyncio.gather(*(_send_in_time(context, one, glass) for one in batch))
    results = Booking(context)
    for one in batch:
        await book(results, one)
    await results.write()
    for one in batch:
        if isinstance(one.action, Create) and one.account_id is not None:
            context.is_linked(one.facts.kind, one.account_id)


class _Hourglass:
    """Turned when the first request of a batch has its lane, and run out a second later."""

    def __init__(self) -> None:
        self._until: float | None = None

    def has_run_out(self) -> bool:
        now = asyncio.get_running_loop().time()
        if self._until is None:
            self._until = now + BATCH_SECONDS
        return now > self._until


async def _send_in_time(context: AppContext, sent: Sent, glass: _Hourglass) -> None:
    async with context.bulk_lanes if _goes_along(context, sent) else context.lanes:
        late = glass.has_run_out()
        if late or context.stopped is not None or context.stopping():
            return
        await send(context, sent)


def _goes_along(context: AppContext, sent: Sent) -> bool:
    match sent.action:
        case Create():
            return context.target.bulk.takes(sent.facts.kind)
        case Update(changes=changes) | Disable(changes=changes):
            return context.target.bulk.takes(sent.facts.kind, changes)
        case _:
            return False


async def _learn_bulk(context: AppContext) -> None:
    """Find out whether the app takes several writes in one request."""
    trace = Trace()
    try:
        await context.patiently(partial(context.target.bulk.learn, trace))
    except ConnectorError as error:
        if stops_the_app(error):
            raise AppStopped(error) from error
    finally:
        context.asked(trace.exchanges)


def _decide_again(context: AppContext, facts: Facts, entry: Entry) -> Decided | None:
    """Decide from the present directory, so that nothing older than it is ever sent.

    None: the record needs a look-up that its entry does not hold. Raises
    ``PlanOutdated`` where somebody reviewed something else.
    """
    if context.undo is not None:
        return undo_decided(context, facts)
    answer = decide(facts, context.rules)
    if isinstance(answer, NeedsMatch):
        if entry.found is not None:
            asked = context.asked_by(facts.kind, entry.found.id, facts.record_id)
            check_only_asker(entry.found, asked, facts.record_id)
        never_made = not context.rules.can_create(facts.kind)
        if entry.found is None and entry.verb != "create" and not never_made:
            return None  # where nothing is created, asking again would never end
        answer = decide_matched(facts, answer, entry.found, context.rules)
    if context.reviewed is not None:
        seen = _as_reviewed(context, facts, answer)
        check_sending(context.reviewed[facts.kind, facts.record_id], facts, seen, context.rules)
    return answer


def _as_reviewed(context: AppContext, facts: Facts, answer: Decided) -> Decided:
    """Return the answer as it was before a value was freed for a moment (``parking``)."""
    freed = context.parked.get((facts.kind, facts.record_id), ())
    action = answer.action
    if not isinstance(action, Update):
        return answer
    before = {(one.path, one.new): one.old for one in freed}
    changes = tuple(
        ValueChange(one.path, before.get((one.path, one.old), one.old), one.new)
        for one in action.changes
    )
    return replace(answer, action=replace(action, changes=changes))


def _is_members_only(facts: Facts, decided: Decided) -> bool:
    return (
        facts.kind is Kind.GROUP
        and facts.link is not None
        and decided.scope.entitled
        and isinstance(decided.action, Skip)
        and decided.action.reason in {Reason.IN_SYNC, Reason.UNDONE}
    )


def _book_skip(booking: Booking, facts: Facts, decided: Decided, entry: Entry) -> None:
    assert isinstance(decided.action, Skip)  # noqa: S101 - the caller looked
    booking.entry(replace(entry, state=EntryState.DONE))
    booking.cleared.append((facts.kind, facts.record_id))
    if decided.action.reason is not Reason.IN_SYNC:
        booking.skipped(facts, decided)
