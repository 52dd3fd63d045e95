"""The plan half: what each changed record needs, written down before anything is sent.

    source change -> [scope -> map -> match -> plan] -> export -> log

Shell around ``provisioning.walk``. Two passes: one that asks nobody (scope and
mappings of every record concerned), and one that asks the app about those who
have no account yet. It sends the app only questions.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from seatkeeper.directory.model import Kind
from seatkeeper.engine.booking import Booking, plain_exchanges
from seatkeeper.engine.context import AppContext, AppStopped
from seatkeeper.engine.matching import look_up
from seatkeeper.engine.ordering import put_in_order
from seatkeeper.engine.rivals import rivals_now, walk_records
from seatkeeper.errors import ConnectorError, SeatkeeperError
from seatkeeper.ports import Ledger, Trace
from seatkeeper.provisioning.account import Account
from seatkeeper.provisioning.cycle import CycleKind, CycleState
from seatkeeper.provisioning.journal import Entry, EntryState, Waiting, Work
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.log import verb
from seatkeeper.provisioning.match import Claim, check_claims, check_only_asker, claims
from seatkeeper.provisioning.outcome import stops_the_app
from seatkeeper.provisioning.plan import Disable, Reason, Skip, Update
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.walk import (
    Answer,
    Decided,
    Facts,
    NeedsMatch,
    decide,
    decide_matched,
)

PAGE = 500


async def plan_records(
    context: AppContext, kind: Kind, ids: Sequence[str], *, retries: Collection[str] = ()
) -> None:
    """Walk these records as far as it goes without asking the app, and write it down."""
    booking = Booking(context)
    context.count(retried=len(retries))
    for facts, answer in await walk_records(context.ledger, context.rules, kind, ids):
        retry = facts.record_id in retries
        if isinstance(answer, SeatkeeperError):
            _forget_claims(booking, facts)
            await booking.failed(facts, answer, retry=retry)
        else:
            await _note(context, booking, facts, answer, retry=retry)
    await booking.write()


async def match_records(context: AppContext) -> None:
    """Ask the app about everybody who waits for a look-up, and plan with the answers."""
    matched = False
    while True:
        waiting = await context.ledger.entries(
            context.cycle.id, states={EntryState.MATCH}, limit=context.batch
        )
        if not waiting:
            break
        matched = True
        kind = waiting[0].kind
        entries = {entry.record_id: entry for entry in waiting if entry.kind is kind}
        await _match_page(context, kind, entries)
        context.raise_if_stopped()
    if matched:
        await put_in_order(context, Kind.USER)


async def chosen(
    context: AppContext, users: Collection[str], groups: Collection[str]
) -> AsyncIterator[tuple[Kind, Sequence[str], Collection[str]]]:
    """Yield the records that a cycle of this kind looks at, page by page.

    ``users`` and ``groups`` are those named in a cycle that looks only at
    these. The third value holds those that are tried again and did not change.
    """
    kinds = [kind for kind in Kind if context.rules.mapping(kind) is not None]
    if not context.cycle.covers_all:
        named = {Kind.USER: users, Kind.GROUP: groups}
        for kind in kinds:
            for page in _pages(named[kind]):
                yield kind, page, ()
    elif context.cycle.kind is CycleKind.INCREMENTAL:
        window = await touched_ids(
            context.ledger,
            context.rules,
            after=context.cycle.from_seq,
            to=context.cycle.to_seq,
        )
        touched = dict(zip(Kind, window, strict=True))
        for kind in kinds:
            for page in _pages(touched[kind]):
                yield kind, page, ()
        due = await context.ledger.due(context.app_id, context.now())
        spoken = await context.ledger.spoken_about(context.app_id, context.now())
        for kind in kinds:
            again = {one.record_id for one in due if one.kind is kind}
            again |= {record for of, record in spoken if of is kind}
            again -= touched[kind]
            for page in _pages(again):
                yield kind, page, page
    else:
        for kind in kinds:
            async for found in all_ids(context, kind):
                yield kind, found, ()


def _pages(ids: Collection[str]) -> Iterator[Sequence[str]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), PAGE):
        yield ordered[start : start + PAGE]


async def all_ids(context: AppContext, kind: Kind) -> AsyncIterator[Sequence[str]]:
    """Yield pages of every record that the app may concern."""
    after = ""
    everybody = context.rules.scope == "all"
    while True:
        page = await context.ledger.candidates(
            context.app_id, kind, everybody=everybody, after=after, limit=PAGE
        )
        if not page:
            return
        yield page
        after = page[-1]


async def touched_ids(
    ledger: Ledger, rules: Rules, *, after: int, to: int
) -> tuple[set[str], set[str]]:
    """Return the users and groups that the changes over ``after`` up to ``to`` concern."""
    app_id = rules.app_id
    users: set[str] = set()
    groups: set[str] = set()
    member_groups: set[str] = set()
    read_to = after
    while read_to < to:
        touched = await ledger.touched(app_id, after=read_to, to=to)
        users |= touched.users
        groups |= touched.groups
        member_groups |= touched.member_groups
        if rules.reads_memberships:  # a filter may name a group that has another name now
            member_groups |= touched.edited_groups
        read_to = touched.read_to
    regrouped = await ledger.regrouped(app_id, after=after)
    if regrouped:
        member_groups |= {*await ledger.groups_below({one.group_id for one in regrouped})}
    member = ""
    while member_groups:
        page = await ledger.member_users(member_groups, after=member, limit=PAGE)
        if not page:
            break
        users.update(page)
        member = page[-1]
    return users, groups


async def _note(
    context: AppContext, booking: Booking, facts: Facts, answer: Answer, *, retry: bool
) -> None:
    """Write down one answer of the walk: an entry where something is to be done."""
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


async def _only_members(
    context: AppContext, booking: Booking, facts: Facts, answer: Decided
) -> bool:
    """Whether a group is as it should be but for its members; notes those that wait."""
    if facts.kind is not Kind.GROUP or facts.link is None or not answer.scope.entitled:
        return False
    difference = await context.ledger.member_difference(context.app_id, facts.record_id)
    booking.waiting[facts.kind, facts.record_id] = [
        Waiting(facts.kind, facts.record_id, "members", missing)
        for missing in difference.unresolved
    ]
    return not difference.empty


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


def shared(context: AppContext, facts: Facts, found: Account) -> SeatkeeperError | None:
    """Return the fault of somebody whose account another one found, too, a moment later."""
    try:
        check_only_asker(
            found, context.asked_by(facts.kind, found.id, facts.record_id), facts.record_id
        )
    except SeatkeeperError as error:
        return error
    return None


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
    answers = await ask_app(context, [(facts, needs) for facts, _, needs in asked], rivals)
    for (facts, entry, needs), answered in zip(asked, answers, strict=True):
        count = len(answered.trace.exchanges)
        context.count(requests=count, retry_requests=count if entry.retry else 0)
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


@dataclass(frozen=True, slots=True)
class Answered:
    """What the app said about one record: an account, none, or why that cannot be said.

    ``owner`` is the purged record that the account passes on from.
    """

    found: Account | None
    trace: Trace
    problem: SeatkeeperError | AppStopped | None
    owner: Facts | None = None


def inheriting(facts: Facts, found: Account, owner: Facts, context: AppContext) -> Facts:
    """Return the facts of a record once the account of a purged one is its own.

    The values known stay known, but for what the app was just seen to hold.
    """
    assert owner.link is not None  # noqa: S101 - it was found by the link
    known = {
        **owner.link.known,
        **{p: found.values[p] for p in owner.link.known if p in found.values},
    }
    link = Link(facts.kind, facts.record_id, found.id, known, facts.display_name, context.now())
    return replace(facts, link=link)


async def ask_app(
    context: AppContext,
    asked: Sequence[tuple[Facts, NeedsMatch]],
    rivals: Mapping[Claim, Sequence[tuple[str, str]]],
) -> list[Answered]:
    """Look these records up in the app, all at once; questions only, and nothing written down.

    ``rivals`` says which records (id and name) ask for which unique value. An
    account that two of these found belongs to neither.
    """
    answers = await asyncio.gather(*(_ask(context, facts, needs, rivals) for facts, needs in asked))
    return [
        replace(answer, problem=shared(context, facts, answer.found))
        if answer.problem is None and answer.found is not None
        else answer
        for (facts, _), answer in zip(asked, answers, strict=True)
    ]


async def _ask(
    context: AppContext,
    facts: Facts,
    needs: NeedsMatch,
    rivals: Mapping[Claim, Sequence[tuple[str, str]]],
) -> Answered:
    trace = Trace()
    try:
        check_claims(
            needs.claims,
            {
                claim: [name for record_id, name in others if record_id != facts.record_id]
                for claim, others in rivals.items()
            },
        )
        match = await look_up(context, facts.kind, facts.record_id, needs, trace)
    except AppStopped as stopped:
        return Answered(None, trace, stopped)
    except SeatkeeperError as error:
        if isinstance(error, ConnectorError) and stops_the_app(error):
            context.stop(error)
        return Answered(None, trace, error)
    if match is None:
        return Answered(None, trace, None)
    return Answered(match.account, trace, None, match.inherited_from)


def planning_done(context: AppContext, total: int) -> Work:
    """Return the write that turns a planned cycle into one that is carried out."""
    cycle = replace(context.cycle, state=CycleState.EXPORTING, total=total)
    return Work(cycle=context.moved(cycle))
