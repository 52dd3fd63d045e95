"""Compute a whole cycle without carrying anything out.

    source change -> [scope -> map -> match -> plan] -> export -> log

Shell: the plan half with its results kept in memory instead of the ledger. The
app is asked only questions, the ledger is only read. What a live cycle learns
while it sends (accounts of managers and members that it makes itself) stands
here as a sign in place of the account's id.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from seatkeeper.directory.model import Kind, User
from seatkeeper.engine.choosing import PAGE, chosen
from seatkeeper.engine.context import AppContext, AppStopped
from seatkeeper.engine.guarding import judged_now, removals_decided
from seatkeeper.engine.listing import list_for_matching
from seatkeeper.engine.lookups import ask_app, inheriting, shared
from seatkeeper.engine.ordering import broken, given_up
from seatkeeper.engine.preview_lines import Asking, Seen, Sketch, line_of, members_of
from seatkeeper.engine.preview_rivals import asked_for, refuse_shared, rivals_of
from seatkeeper.engine.rivals import walk_records
from seatkeeper.errors import SeatkeeperError
from seatkeeper.provisioning.account import Account
from seatkeeper.provisioning.causes import WAITED_FOR_VALUE
from seatkeeper.provisioning.cycle import CycleKind
from seatkeeper.provisioning.guard import Planned
from seatkeeper.provisioning.handover import freed
from seatkeeper.provisioning.match import claims
from seatkeeper.provisioning.naming import new_account
from seatkeeper.provisioning.outcome import stops_the_app
from seatkeeper.provisioning.plan import (
    Adopt,
    Create,
    Delete,
    Disable,
    Reason,
    Skip,
    Update,
    gives_access_back,
)
from seatkeeper.provisioning.preview import Members, PlannedRecord, Preview
from seatkeeper.provisioning.reference import levels
from seatkeeper.provisioning.walk import Facts, NeedsMatch, decide, decide_matched


async def preview_cycle(context: AppContext, asking: Asking, *, note: str = "") -> Preview:
    """Return what a cycle like ``context.cycle`` would do, in the order of ids.

    The cycle is only a description; it is not in the ledger. Raises
    ``ConnectorError`` when the app cannot be asked.
    """
    at_work = Sketch(context, asking)
    async for kind, page, retries in chosen(context, asking.users, asking.groups):
        await _walk(at_work, kind, page, retries=retries)
    await _wake_rivals(at_work)
    try:
        _note_released(at_work)
        await _match(at_work, Kind.USER)
        await refuse_shared(at_work, Kind.USER)
        _resolve_managers(at_work)
        await _heal_reports(at_work)
        _note_returned(at_work)
        await _match(at_work, Kind.GROUP)
        await refuse_shared(at_work, Kind.GROUP)
        await _heal_groups(at_work)
    except AppStopped as stopped:
        raise stopped.error from stopped
    finally:
        context.released.clear()
    _note_rings(at_work)
    at_work.names = {
        sign: at_work.seen[key].facts.display_name
        for key, sign in at_work.made.items()
        if sign == new_account(key[1])
    }
    at_work.made_records = {record for _, record in at_work.made}
    at_work.deleted = {
        record for (_, record), seen in at_work.seen.items() if isinstance(seen.action, Delete)
    }
    if asking.guarded:
        await _hold_back(at_work)
    records = [
        line
        for key in sorted(at_work.seen, key=lambda key: (key[0] is not Kind.USER, key[1]))
        if (line := await line_of(at_work, at_work.seen[key])) is not None
    ]
    preview = preview_of(context, records, note, unchanged=at_work.unchanged)
    return replace(preview, levels=_levels(at_work))


def _levels(at_work: Sketch) -> tuple[int, ...]:
    """Return how many people are written at each level of the reporting line, the first ones first.

    Not counted are those of whom nothing is sent, and removals, which wait for nobody.
    """
    sends = (Create, Update)
    found = Counter(
        at_work.line.get(record, 0)
        for (kind, record), seen in at_work.seen.items()
        if kind is Kind.USER and isinstance(seen.action, sends)
    )
    return tuple(found[level] for level in sorted(found))


def preview_of(
    context: AppContext, records: Iterable[PlannedRecord], note: str, *, unchanged: int = 0
) -> Preview:
    """Return what was found out about ``context.cycle``, once all its questions were asked."""
    cycle, times = context.cycle, context.tally.so_far().times
    return Preview(
        context.app_id,
        cycle.kind.value,
        context.rules.digest,
        cycle.from_seq,
        cycle.to_seq,
        tuple(records),
        unchanged,
        cycle.counters.requests,
        note,
        answer_ms=round(times.together / times.number) if times.number else 0,
    )


async def _hold_back(at_work: Sketch) -> None:
    """Find out which removals the guard would hold, from all of them at once."""
    found: list[Planned] = []
    for (kind, _), seen in at_work.seen.items():
        decided = seen.decided
        if decided is None:
            continue
        linked = seen.facts.link is not None
        members = await members_of(at_work, seen) if kind is Kind.GROUP and linked else Members()
        found += removals_decided(at_work.context.rules, seen.facts, decided, members.remove)
    judged = await judged_now(at_work.context, found)
    at_work.approved = {(one.kind, one.record_id) for one in judged.approved}
    at_work.held = {one.key: why for one, why in judged.held}
    at_work.held |= {one.key: f"Kept: {hold.word}" for one, hold in judged.kept}


async def _walk(
    at_work: Sketch,
    kind: Kind,
    ids: Collection[str],
    *,
    retries: Collection[str] = (),
    causes: Mapping[str, str] | None = None,
) -> None:
    for facts, answer in await walk_records(
        at_work.context.ledger, at_work.context.rules, kind, ids
    ):
        cause = (causes or {}).get(facts.record_id, "")
        seen = Seen(facts, None, retry=facts.record_id in retries, cause=cause)
        if isinstance(answer, SeatkeeperError):
            seen.problem = answer
        else:
            seen.answer = answer
            if isinstance(answer, NeedsMatch):
                seen.needs = answer
        at_work.seen[kind, facts.record_id] = seen


async def _take_in(at_work: Sketch, kind: Kind, causes: Mapping[str, str]) -> list[Seen]:
    """Walk records that something else in the plan brought in; return those that are new to it."""
    new = sorted(one for one in causes if (kind, one) not in at_work.seen)
    for start in range(0, len(new), PAGE):
        await _walk(at_work, kind, new[start : start + PAGE], causes=causes)
    return [at_work.seen[kind, one] for one in new]


async def _heal(at_work: Sketch, kind: Kind, causes: Mapping[str, str]) -> list[Seen]:
    """Take in records whose other end comes; who failed before waits for a try of their own."""
    context = at_work.context
    waiting = await context.ledger.escrows_of(context.app_id, kind, list(causes))
    healed = {record: cause for record, cause in causes.items() if record not in waiting}
    return await _take_in(at_work, kind, healed)


async def _wake_rivals(at_work: Sketch) -> None:
    """Take in who waited for a value that somebody in this plan stops asking for.

    A cycle over changes plans them before it reads who is due; every other kind
    looks at everybody, or at nobody else.
    """
    context = at_work.context
    if context.cycle.kind is not CycleKind.INCREMENTAL:
        return
    for kind in Kind:
        mapping = context.rules.mapping(kind)
        asked = {
            record: claims(desired, mapping) if desired is not None and mapping else ()
            for (of, record), seen in at_work.seen.items()
            if of is kind and not seen.retry and not (seen.problem and seen.facts.link)
            for desired in (seen.answer.desired if seen.answer is not None else None,)
        }
        woken = await context.ledger.woken(context.app_id, kind, asked)
        causes = {
            record: WAITED_FOR_VALUE.format(
                name=at_work.seen[kind, other].facts.display_name or other
            )
            for record, other in woken.items()
        }
        for seen in await _take_in(at_work, kind, causes):
            seen.retry = True


def _note_released(at_work: Sketch) -> None:
    """Note whose account is free before anybody is matched, as a cycle lets go of it."""
    for key, seen in at_work.seen.items():
        if isinstance(seen.action, Skip) and seen.action.release:
            at_work.context.released.add(key)


async def _match(at_work: Sketch, kind: Kind) -> None:
    """Look up everybody of one kind who has no account yet, and note who gets one."""
    context = at_work.context
    waiting = [
        (seen, seen.needs)
        for key, seen in sorted(at_work.seen.items())
        if key[0] is kind and seen.needs is not None
    ]
    everybody = asked_for(at_work, kind) if waiting else {}
    await list_for_matching(context, kind, len(waiting))
    for start in range(0, len(waiting), context.batch):
        page = waiting[start : start + context.batch]
        wanted = {claim for _, needs in page for claim in needs.claims}
        rivals = await rivals_of(at_work, kind, wanted, everybody)
        asked = [(seen.facts, needs) for seen, needs in page]
        again = {seen.facts.record_id for seen, _ in page if seen.retry}
        answers = await ask_app(context, asked, rivals, again=again)
        for (seen, _), answered in zip(page, answers, strict=True):
            context.asked(answered.trace.exchanges)
            seen.answered = answered
        context.raise_if_stopped()
    for seen, needs in waiting:
        _take_answer(at_work, seen, needs)


def _take_answer(at_work: Sketch, seen: Seen, needs: NeedsMatch) -> None:
    answered = seen.answered
    if answered is None:
        return
    problem = answered.problem
    if problem is None and answered.found is not None:  # a later page may have found it, too
        problem = shared(at_work.context, seen.facts, answered.found)
    if isinstance(problem, AppStopped):
        raise problem
    if problem is not None:
        if stops_the_app(problem):
            raise problem
        seen.problem, seen.answer = problem, None
        return
    if answered.owner is not None and answered.found is not None:
        _pass_on(at_work, seen, answered.found, answered.owner)
        return
    decided = decide_matched(seen.facts, needs, answered.found, at_work.context.rules)
    seen.answer = decided
    key = (seen.facts.kind, seen.facts.record_id)
    if isinstance(decided.action, Create):
        at_work.made[key] = new_account(seen.facts.record_id)
    elif isinstance(decided.action, Update | Adopt):
        at_work.made[key] = decided.action.account_id


def _pass_on(at_work: Sketch, seen: Seen, found: Account, owner: Facts) -> None:
    """Let a purged record's account be this one's; nothing else happens to it."""
    seen.facts = inheriting(seen.facts, found, owner, at_work.context)
    seen.answer = decide(seen.facts, at_work.context.rules)
    at_work.made[seen.facts.kind, seen.facts.record_id] = found.id
    at_work.inherited[owner.record_id] = seen.facts.record_id
    gone = at_work.seen.get((owner.kind, owner.record_id))
    if gone is not None and gone.decided is not None:
        text = f"The account passes on to {seen.facts.display_name}, who answers to it."
        gone.answer = replace(gone.decided, action=Skip(Reason.PASSED_ON, text, release=True))


def _note_rings(at_work: Sketch) -> None:
    """Note whose value is freed for a moment, because names change hands in a ring."""
    for kind in Kind:
        found = [
            one
            for (of, _), seen in at_work.seen.items()
            if of is kind
            for one in given_up(at_work.context, seen.facts, seen.action)
        ]
        opened = freed(broken(at_work.context, found))
        at_work.freed |= {(kind, record): changes for record, changes in opened.items()}


def _resolve_managers(at_work: Sketch) -> None:
    """Write references to accounts of this very plan, in the order of the reporting line."""
    accounts = {record: sign for (kind, record), sign in at_work.made.items() if kind is Kind.USER}
    line = {
        record: seen.facts.record.manager_id
        for (kind, record), seen in at_work.seen.items()
        if kind is Kind.USER
        and isinstance(seen.facts.record, User)
        and not isinstance(seen.action, Skip | Disable | Delete | None)
    }
    at_work.line = order = levels(line)
    for (kind, record), seen in at_work.seen.items():
        if kind is not Kind.USER or seen.decided is None or not seen.decided.waiting:
            continue
        missing = set(seen.decided.waiting.values()) & set(accounts)
        if not missing:
            continue
        _resolve(at_work, seen, {one: accounts[one] for one in missing})
        first = seen.first.action if seen.first is not None else None
        if isinstance(first, Disable):  # access goes first, without waiting for anybody's turn
            seen.later = seen.action != first
        elif isinstance(first, Create | Update | Adopt):
            turn = order.get(record, len(order))
            seen.later = any(order.get(one, -1) >= turn for one in missing)


def _resolve(at_work: Sketch, seen: Seen, accounts: Mapping[str, str]) -> None:
    """Decide a record again as if these accounts were there."""
    rules = at_work.context.rules
    seen.first = seen.decided
    facts = replace(seen.facts, accounts={**seen.facts.accounts, **accounts})
    again = decide(facts, rules)
    if isinstance(again, NeedsMatch):
        found = seen.answered.found if seen.answered is not None else None
        again = decide_matched(facts, again, found, rules)
    seen.facts, seen.answer = facts, again


async def _heal_reports(at_work: Sketch) -> None:
    """Take in people who waited for an account that this plan makes."""
    context = at_work.context
    names = {one: at_work.seen[Kind.USER, one].facts.display_name for _, one in at_work.made}
    accounts = {record: sign for (kind, record), sign in at_work.made.items() if kind is Kind.USER}
    waiting = await context.ledger.waiting_for(context.app_id, list(accounts))
    missing = {record: ends for (kind, record), ends in waiting.items() if kind is Kind.USER}
    causes = {
        record: f"waited for {', '.join(sorted(names[one] for one in ends))}"
        for record, ends in missing.items()
    }
    for seen in await _heal(at_work, Kind.USER, causes):
        if seen.decided is not None:
            ends = missing[seen.facts.record_id]
            _resolve(at_work, seen, {one: accounts[one] for one in ends})


def _note_returned(at_work: Sketch) -> None:
    """Note whose accounts are re-activated: their memberships are written again."""
    for (kind, record), seen in at_work.seen.items():
        action = seen.action
        if (
            kind is Kind.USER
            and isinstance(action, Update)
            and gives_access_back(action.changes, at_work.context.rules.users)
        ):
            at_work.back.add(record)


async def _heal_groups(at_work: Sketch) -> None:
    """Take in groups that miss somebody who gets an account, or access back, in this plan."""
    context = at_work.context
    if context.rules.groups is None:
        return
    missing = await context.ledger.waiting_for(context.app_id, [one for _, one in at_work.made])
    at_work.back_in = await context.ledger.linked_groups_of(context.app_id, at_work.back)
    touched = {group for kind, group in missing if kind is Kind.GROUP}
    await _heal(
        at_work,
        Kind.GROUP,
        {
            **dict.fromkeys(at_work.back_in, "a member gets access back"),
            **dict.fromkeys(touched, "a member gets an account"),
        },
    )


__all__ = ["Asking", "preview_cycle"]
