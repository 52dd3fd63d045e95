"""Keep removals back that are too many to be meant, before anything of a plan is sent.

    source change -> scope -> map -> match -> [plan] -> export -> log

Shell around ``provisioning.guard``: it gathers the removals of the whole plan,
asks what was decided about them and how many left lately, and turns the answer
into entries that wait. Everything else of the plan goes on.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

from seatkeeper.directory.model import Kind, User
from seatkeeper.engine.booking import Booking
from seatkeeper.engine.context import AppContext
from seatkeeper.ports import Ledger
from seatkeeper.provisioning.account import ValueChange
from seatkeeper.provisioning.cycle import Cycle, CycleKind
from seatkeeper.provisioning.guard import (
    WINDOW,
    Hold,
    HoldState,
    Judgement,
    Numbers,
    Planned,
    hold_id,
    judge,
)
from seatkeeper.provisioning.journal import Entry, EntryState
from seatkeeper.provisioning.log import verb
from seatkeeper.provisioning.plan import Delete, Disable, Skip, Update
from seatkeeper.provisioning.removal import Removal, removal_digest, taken_by
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.shrinking import Shrunk
from seatkeeper.provisioning.undo import TAKEN_BACK
from seatkeeper.provisioning.walk import Decided, Facts

PAGE = 500


@dataclass
class _Gathered:
    planned: list[Planned] = field(default_factory=list)
    entries: dict[tuple[Kind, str], Entry] = field(default_factory=dict)
    nothing_left: list[tuple[Kind, str, Removal]] = field(default_factory=list)


async def guard_plan(context: AppContext) -> None:
    """Judge every removal that is planned and not yet sent; called again whenever more is planned.

    What is held ends for this cycle. Of a group only the removals of members
    are held: it is sent without those that ``context.may_remove`` does not name.
    What may be sent is noted in ``context.judged``; nothing else that takes away is.
    """
    gathered = _Gathered()
    context.may_remove.clear()  # who may leave a group is judged anew, too
    for kind in Kind:
        after, more = "", context.rules.mapping(kind) is not None
        while more:
            page = await context.ledger.removing(context.cycle.id, kind, after=after, limit=PAGE)
            more = len(page) == PAGE
            if page:
                after = page[-1].record_id
                await _gather(context, kind, page, gathered)
    if not gathered.planned and not gathered.nothing_left:
        return
    known = {hold.key: hold for _, hold in await context.ledger.holds(context.app_id)}
    judged = await judged_now(context, gathered.planned, known)
    context.free |= {one.key for one in judged.free}
    for one in (*judged.free, *judged.approved):
        context.judged.update(_names(one))
        if one.what is Removal.MEMBERS:
            context.may_remove[one.record_id] = one.members
        if one.key in known:
            context.with_hold.add(one.key)
    booking = Booking(context)
    booking.ended_holds += [key for key in gathered.nothing_left if key in known]
    for planned, why in judged.held:
        shrunk = judged.shrunk.get(planned.key)
        _hold(context, booking, gathered, planned, why, known.get(planned.key), shrunk)
    for planned, _ in judged.kept:
        _leave(booking, gathered, planned)
    await booking.write()


async def heed_words(context: AppContext, batch: Sequence[Entry]) -> None:
    """Let nothing of a batch leave that somebody decided to keep since the plan was judged.

    What is taken out of ``context.judged`` here is judged anew before it is sent.
    """
    keys = {(one.kind, one.record_id, what) for one in batch for what in Removal}
    asked = keys & context.with_hold
    if not asked:
        return
    now = context.now()
    said = await context.ledger.holds(context.app_id, states=(HoldState.KEPT,))
    kept = {hold.key for _, hold in said if hold.keeps(now)} & asked
    if not kept:
        return
    context.judged -= {name for name in context.judged if name[:3] in kept}
    context.free -= kept
    context.with_hold -= kept
    for _, record_id, what in kept:
        if what is Removal.MEMBERS:
            context.may_remove.pop(record_id, None)


async def judged_now(
    context: AppContext,
    planned: Sequence[Planned],
    known: dict[tuple[Kind, str, Removal], Hold] | None = None,
) -> Judgement:
    """Judge these removals by the app's limits, its holds and what left lately."""
    if not planned:
        return Judgement()
    if known is None:
        known = {hold.key: hold for _, hold in await context.ledger.holds(context.app_id)}
    now = context.now()
    numbers = await guard_numbers(context.ledger, context.rules, context.cycle, now)
    return judge(planned, known, numbers, context.rules.limits, now)


async def guard_numbers(ledger: Ledger, rules: Rules, cycle: Cycle, now: dt.datetime) -> Numbers:
    """Return what the limits of one app are compared with in this cycle."""
    day_began = now - WINDOW
    numbers = await ledger.guard_numbers(
        rules.app_id, cycle_began=cycle.started, day_began=day_began
    )
    if rules.limits.administrators is not None:
        people = await ledger.administrators(rules.app_id, rules.limits.administrators)
        numbers = replace(numbers, administrators=people)
    if not (rules.limits.on or rules.limits.four_eyes):
        return numbers
    floor = rules.limits.source_in_a_day.at_least
    late = cycle.from_seq if cycle.kind is CycleKind.INCREMENTAL else None
    parts = await ledger.parts_left(rules.app_id, since=day_began, after=late, more_than=floor)
    return replace(numbers, parts=parts)


async def _gather(
    context: AppContext, kind: Kind, page: Sequence[Entry], gathered: _Gathered
) -> None:
    entries = {one.record_id: one for one in page}
    for facts in await context.facts(kind, list(entries)):
        entry = entries[facts.record_id]
        leave: list[str] = []
        if kind is Kind.GROUP and facts.link is not None and entry.verb == "update":
            async for difference in context.member_differences(facts.record_id):
                leave += [one.member_id for one in difference.remove]
            if not leave:
                gathered.nothing_left.append((kind, facts.record_id, Removal.MEMBERS))
        found = removals_of(
            context.rules,
            facts,
            entry.verb,
            entry.changes,
            leave,
            entry.reason,
            account=entry.found.id if entry.found else "",
        )
        if found:
            gathered.planned += found
            gathered.entries[kind, facts.record_id] = entry


def removals_of(
    rules: Rules,
    facts: Facts,
    verb: str,
    changes: Sequence[ValueChange],
    members: Collection[str],
    reason: str,
    *,
    account: str = "",
) -> list[Planned]:
    """Return what one record's place in a plan takes away: access, a group, values, members.

    ``account`` is the one that was found for it, where it has none yet.
    """
    mapping = rules.mapping(facts.kind)
    account = facts.link.account_id if facts.link is not None else account
    if not account or mapping is None:
        return []
    record = facts.record
    protected = isinstance(record, User) and record.user_name.casefold() in rules.limits.protected
    found: list[Planned] = []

    def add(
        what: Removal, lost: Collection[str], count: int = 1, paths: tuple[str, ...] = ()
    ) -> None:
        found.append(
            Planned(
                facts.kind,
                facts.record_id,
                what,
                facts.display_name,
                removal_digest(what, account, lost),
                reason,
                count,
                paths,
                protected,
                frozenset(lost) if what is Removal.MEMBERS else frozenset(),
            )
        )

    if verb in {"disable", "delete"}:
        add(Removal.ACCESS if facts.kind is Kind.USER else Removal.GROUP, (verb, reason))
    elif verb == "update":
        paths, access = taken_by(changes, mapping)
        mark = rules.limits.administrators if facts.kind is Kind.USER else None
        if mark is not None and mark.is_taken(changes):
            add(Removal.RIGHTS, (verb, mark.path))
        if access:
            add(Removal.ACCESS, (verb, *paths))
        elif paths:
            add(Removal.VALUE, paths, paths=paths)
    if members:
        add(Removal.MEMBERS, members, len(members))
    return found


def removals_decided(
    rules: Rules, facts: Facts, decided: Decided, members: Collection[str] = ()
) -> list[Planned]:
    """Return what the walk's answer about one record takes away."""
    action = decided.action
    changes = action.changes if isinstance(action, Update | Disable) else ()
    word = "other" if isinstance(action, Skip) else verb(action)
    found = action.account_id if isinstance(action, Update) else ""
    return removals_of(rules, facts, word, changes, members, decided.scope.reason, account=found)


def is_judged(context: AppContext, facts: Facts, entry: Entry, decided: Decided) -> bool:
    """Whether ``guard_plan`` let through what the present answer about a record takes away.

    The directory may have changed since the plan was judged. Members are judged one by one
    (``context.may_remove``); an account that was to be disabled is not deleted instead.
    """
    lost = removals_decided(context.rules, facts, decided)
    if not lost:
        return entry.verb in {"disable", "delete"} or not _removes(decided)
    if isinstance(decided.action, Delete) and entry.verb != "delete":
        return False
    return all(name in context.judged for one in lost for name in _names(one))


def _removes(decided: Decided) -> bool:
    return isinstance(decided.action, Disable | Delete)


def _names(one: Planned) -> Iterator[tuple[Kind, str, Removal, str]]:
    """Yield what names a removal within a cycle: its hold, and each value that becomes empty."""
    return ((*one.key, path) for _, path in one.counts_for)


def _hold(
    context: AppContext,
    booking: Booking,
    gathered: _Gathered,
    planned: Planned,
    why: str,
    before: Hold | None,
    shrunk: Shrunk | None,
) -> None:
    """Write down that a removal waits; told in the log once, not by every cycle."""
    name = hold_id(context.app_id, planned)
    if before is not None and TAKEN_BACK in {planned.reason} - {before.reason}:
        # An ordinary cycle asked first: its word is not replaced by that about an undo.
        context.count(held=1)
        _leave(booking, gathered, planned)
        return
    is_new = before is None or before.state is not HoldState.OPEN or before.id != name
    hold = Hold(
        name,
        planned.kind,
        planned.record_id,
        planned.what,
        planned.display_name,
        planned.digest,
        why,
        planned.reason,
        context.now() if before is None or is_new else before.since,
        planned.count,
        shrunk=shrunk,
    )
    booking.holds.append(hold)
    context.count(held=1)
    if is_new:
        booking.held(hold)
    _leave(booking, gathered, planned)


def _leave(booking: Booking, gathered: _Gathered, planned: Planned) -> None:
    """Let a removal not be sent in this cycle; the rest of a group is."""
    if planned.what is Removal.MEMBERS:
        return
    entry = gathered.entries[planned.kind, planned.record_id]
    booking.entry(replace(entry, state=EntryState.HELD))
