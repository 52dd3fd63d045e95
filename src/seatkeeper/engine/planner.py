"""The plan half: what each changed record needs, written down before anything is sent.

    source change -> [scope -> map -> match -> plan] -> export -> log

Shell around ``provisioning.walk``. Two passes: one that asks nobody (scope and
mappings of every record concerned), and one that asks the app about those who
have no account yet. It sends the app only questions.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from seatkeeper.directory.model import Kind
from seatkeeper.engine.booking import Booking, plain_exchanges
from seatkeeper.engine.context import AppContext, AppStopped
from seatkeeper.engine.listing import list_for_matching
from seatkeeper.engine.lookups import ask_app, inheriting
from seatkeeper.engine.ordering import put_in_order
from seatkeeper.engine.rivals import rivals_now, walk_records
from seatkeeper.errors import SeatkeeperError
from seatkeeper.ports import Trace
from seatkeeper.provisioning.account import Account, ValueChange
from seatkeeper.provisioning.journal import Entry, EntryState, Waiting
from seatkeeper.provisioning.log import verb
from seatkeeper.provisioning.match import (
    claims,
)
from seatkeeper.provisioning.naming import MEMBERS
from seatkeeper.provisioning.outcome import stops_the_app
from seatkeeper.provisioning.plan import Disable, Reason, Skip, Update
from seatkeeper.provisioning.walk import (
    Answer,
    Decided,
    Facts,
    NeedsMatch,
    decide,
    decide_matched,
)


async def plan_records(
    context: AppContext, kind: Kind, ids: Sequence[str], *, retries: Collection[str] = ()
) -> None:
    """Walk these records as far as it goes without asking the app, and write it down."""
    booking = Booking(context)
    if context.turn is not None:
        context.turn.looks_at(len(ids))
    await context.give_way()
    context.count(retried=len(retries))
    doubts = await _doubts(context, kind, ids)
    walked = await walk_records(context.ledger, context.rules, kind, ids, between=context.give_way)
    for facts, answer in walked:
        retry = facts.record_id in retries
        doubt = doubts.get(facts.record_id)
        if doubt and not (facts.link is not None and facts.link.held):
            if isinstance(answer, SeatkeeperError):
                _forget_claims(booking, facts)
            else:
                _note_ends(context, booking, facts, answer)
            booking.entry(_lost(facts, doubt, retry=retry))
        elif isinstance(answer, SeatkeeperError):
            _forget_claims(booking, facts)
            await booking.failed(facts, answer, retry=retry)
        else:
            await _note(context, booking, facts, answer, retry=retry)
    await booking.write()


async def _doubts(
    context: AppContext, kind: Kind, ids: Sequence[str]
) -> Mapping[str, Sequence[ValueChange]]:
    """Return what was sent for those of these of whom nobody knows whether it arrived."""
    if not context.failed_before:
        return {}
    waiting = await context.ledger.escrows_of(context.app_id, kind, ids)
    return {record_id: one.doubt for record_id, one in waiting.items() if one.doubt}


def _lost(facts: Facts, doubt: Sequence[ValueChange], *, retry: bool) -> Entry:
    """Return the entry of a request that was sent and must be looked up before all else."""
    return Entry(
        facts.kind,
        facts.record_id,
        facts.display_name,
        EntryState.INTENDED,
        verb="create" if facts.link is None else "update",
        changes=doubt,
        retry=retry,
    )


async def match_records(context: AppContext) -> None:
    """Ask the app about everybody who waits for a look-up, and plan with the answers.

    Then people are put in order, and so they are where a process died that may have been at it.
    """
    for kind in Kind:
        if context.rules.mapping(kind) is not None and await _match_kind(context, kind):
            context.in_order = False
    if not context.in_order:
        await put_in_order(context, Kind.USER)
        context.in_order = True


async def _match_kind(context: AppContext, kind: Kind) -> bool:
    """Ask about all of one kind, page by page; return whether there was anybody."""
    matched = False
    while waiting := await context.ledger.entries(
        context.cycle.id, states={EntryState.MATCH}, kind=kind, limit=context.batch
    ):
        matched = True
        if kind not in context.shown:
            counts = await context.ledger.entry_counts(context.cycle.id)
            await list_for_matching(context, kind, counts.get(EntryState.MATCH, 0))
        await _match_page(context, kind, {entry.record_id: entry for entry in waiting})
        context.raise_if_stopped()
    return matched


async def _note(
    context: AppContext, booking: Booking, facts: Facts, answer: Answer, *, retry: bool
) -> None:
    """Write down one answer of the walk: an entry where something is to be done."""
    _note_ends(context, booking, facts, answer)
    if isinstance(answer, NeedsMatch):
        entry = Entry(
            facts.kind, facts.record_id, facts.display_name, EntryState.MATCH, retry=retry
        )
        booking.entry(entry)
        return
    if await _only_members(context, booking, facts, answer):
        booking.entry(planned(facts, answer, retry=retry))
    elif isinstance(answer.action, Skip):
        _note_skip(booking, facts, answer)
    else:
        booking.entry(planned(facts, answer, retry=retry))


def _note_ends(context: AppContext, booking: Booking, facts: Facts, answer: Answer) -> None:
    """Write down what a record asks for and waits for, whatever is done about it."""
    key = (facts.kind, facts.record_id)
    mapping = context.rules.mapping(facts.kind)
    if answer.desired is not None and mapping is not None:
        booking.claims[key] = claims(answer.desired, mapping)
    else:
        booking.claims[key] = []
    booking.waiting[key] = [
        Waiting(facts.kind, facts.record_id, path, missing)
        for path, missing in answer.waiting.items()
    ]
    if isinstance(answer, Decided):
        booking.undone_over[key] += [(path, "") for path in sorted(answer.spared.over)]


async def _only_members(
    context: AppContext, booking: Booking, facts: Facts, answer: Decided
) -> bool:
    """Whether a group is as it should be but for its members; notes those that wait.

    A word about members who would leave it ends where none would any more.
    """
    if facts.kind is not Kind.GROUP:
        return False
    key = (facts.kind, facts.record_id)
    if facts.link is None or not answer.scope.entitled:
        booking.nobody_leaves.append(facts.record_id)
        return False
    unresolved: list[str] = []
    over: list[str] = []
    add = remove = False
    async for difference in context.member_differences(facts.record_id):
        add, remove = add or bool(difference.add), remove or bool(difference.remove)
        unresolved.extend(difference.unresolved)
        over.extend(difference.undone_over)
    if not remove:
        booking.nobody_leaves.append(facts.record_id)
    booking.waiting[key] = [
        Waiting(facts.kind, facts.record_id, "members", missing) for missing in unresolved
    ]
    booking.undone_over[key] += [(MEMBERS, member) for member in over]
    return add or remove


def planned(
    facts: Facts,
    answer: Decided,
    *,
    retry: bool,
    found: Account | None = None,
    exchanges: Trace | None = None,
) -> Entry:
    """Return the entry that says what is planned for a record."""
    action = answer.action
    changes = action.changes if isinstance(action, Update | Disable) else ()
    word = "update" if isinstance(action, Skip) else verb(action)  # only members differ
    return Entry(
        facts.kind,
        facts.record_id,
        facts.display_name,
        EntryState.PLANNED,
        verb=word,
        changes=changes,
        found=found,
        reason=answer.scope.reason,
        retry=retry,
        exchanges=plain_exchanges(exchanges.exchanges) if exchanges else (),
    )


def _forget_claims(booking: Booking, facts: Facts) -> None:
    """End what a record asks for that cannot be made now: nobody waits for it, nor it for them."""
    key = (facts.kind, facts.record_id)
    booking.waiting[key] = []
    if facts.link is None:
        booking.claims[key] = []


def _note_skip(booking: Booking, facts: Facts, answer: Decided) -> None:
    """Count who is as it should be; log who is left out although something speaks for them."""
    action = answer.action
    assert isinstance(action, Skip)  # noqa: S101 - the caller looked
    if action.reason is Reason.IN_SYNC:
        booking.cleared.append((facts.kind, facts.record_id))
        booking.unchanged += 1
    elif facts.link is None and not facts.grants:
        booking.cleared.append((facts.kind, facts.record_id))
    else:
        booking.skipped(facts, answer)


async def _match_page(context: AppContext, kind: Kind, entries: dict[str, Entry]) -> None:
    booking = Booking(context)
    asked: list[tuple[Facts, Entry, NeedsMatch]] = []
    for facts in await context.facts(kind, list(entries)):
        entry = entries[facts.record_id]
        try:
            answer = decide(facts, context.rules)
        except SeatkeeperError as error:
            _forget_claims(booking, facts)
            await booking.failed(facts, error, entry=entry)
            continue
        if isinstance(answer, NeedsMatch):
            asked.append((facts, entry, answer))
        else:  # the directory changed since; the entry is planned or ends as what it is now
            booking.entry(replace(entry, state=EntryState.DONE))
            await _note(context, booking, facts, answer, retry=entry.retry)
    rivals = await rivals_now(
        context.ledger,
        context.rules,
        kind,
        {claim for _, _, needs in asked for claim in needs.claims},
        fresh=entries,
    )
    again = {facts.record_id for facts, entry, _ in asked if entry.retry or entry.in_doubt}
    to_ask = [(facts, needs) for facts, _, needs in asked]
    answers = await ask_app(context, to_ask, rivals, again=again)
    for (facts, entry, needs), answered in zip(asked, answers, strict=True):
        context.asked(answered.trace.exchanges, retry=entry.retry)
        found, problem = answered.found, answered.problem
        if problem is None and answered.owner is not None and found is not None:
            heir = inheriting(facts, found, answered.owner, context)
            booking.passed_on(answered.owner, heir)
            booking.entry(replace(entry, state=EntryState.DONE))
            await _note(context, booking, heir, decide(heir, context.rules), retry=entry.retry)
        elif problem is None:
            decided = decide_matched(facts, needs, found, context.rules)
            trace = answered.trace
            made = planned(facts, decided, retry=entry.retry, found=found, exchanges=trace)
            booking.entry(replace(made, in_doubt=entry.in_doubt))
        elif not isinstance(problem, AppStopped) and not stops_the_app(problem):
            await booking.failed(facts, problem, entry=entry, trace=answered.trace)
    await booking.write()
