"""Carry out one decision against the app, and say truthfully what became of it.

    source change -> scope -> map -> match -> plan -> [export] -> log

Shell: it sends what ``plan`` decided. What it adds is care with answers: a
create whose answer was lost, or that the app calls a duplicate, is looked up
before it is repeated; an account that is gone is found again or made anew.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from seatkeeper.directory.model import Kind
from seatkeeper.engine.booking import intent_of
from seatkeeper.engine.confirming import may_be_made_anew
from seatkeeper.engine.conflicts import told_apart
from seatkeeper.engine.context import AppContext, AppStopped, GroupBegun, away
from seatkeeper.engine.gaps import gaps_of, without_filled
from seatkeeper.engine.lost_answers import (
    is_free,
    look_after_refusal,
    look_in_doubt,
    read_back,
    twice_if_doubtful,
    until_settled,
    update_once,
    wait,
    was_unreadable,
)
from seatkeeper.engine.matching import look_up_own
from seatkeeper.engine.rereading import left_to_change
from seatkeeper.engine.sent import Sent
from seatkeeper.errors import (
    Conflict,
    ConnectorError,
    InDoubt,
    LinkHeld,
    PlanOutdated,
    Refused,
    SeatkeeperError,
    Transient,
    Vanished,
)
from seatkeeper.provisioning.account import Account, TargetValues, ValueChange
from seatkeeper.provisioning.journal import MemberDifference, Work
from seatkeeper.provisioning.mapping.evaluate import access_without_record
from seatkeeper.provisioning.outcome import stops_the_app
from seatkeeper.provisioning.plan import (
    Adopt,
    Create,
    Delete,
    Disable,
    Skip,
    Update,
    known_after,
    known_of_adopted,
)
from seatkeeper.provisioning.reviewed import ADVICE, reviewed_members
from seatkeeper.provisioning.walk import NeedsMatch, decide, decide_matched


async def send(context: AppContext, sent: Sent) -> Sent:
    """Carry out ``sent.action``; never raises, the outcome is in the returned value.

    Nothing is started where the engine is asked to stop while an older request may still act.
    """
    if not await wait(context, context.unanswered.about(sent.facts.kind, _account_of(sent))):
        return sent
    try:
        await _carry_out(context, sent)
        sent.done = not isinstance(sent.action, Skip)
        if sent.facts.kind is Kind.GROUP and not isinstance(sent.action, Delete):
            await _send_members(context, sent)
    except AppStopped:
        sent.error = context.stopped
    except ConnectorError as error:
        sent.error = error
        if stops_the_app(error):
            context.stop(error)
        elif sent.doubtful and not sent.waits_in_doubt:
            context.stop(away("What became of a request cannot be found out", error))
    except SeatkeeperError as error:  # the app answered, and what it said concerns this record
        sent.error, sent.doubtful = error, False
    _judge_app(context, sent)
    return sent


def _account_of(sent: Sent) -> str:
    match sent.action:
        case Update(account_id=account) | Disable(account_id=account) | Delete(account):
            return account
        case _:
            return sent.facts.link.account_id if sent.facts.link else ""


def _judge_app(context: AppContext, sent: Sent) -> None:
    """Let the outcome of a write speak for or against the app as a whole."""
    if sent.error is None and sent.done and sent.started:
        context.failing.succeeded(references=len(sent.decided.waiting))
    elif isinstance(sent.error, Refused) and sent.started and not sent.entry.retry:
        context.write_refused((sent.facts.kind, sent.facts.record_id), sent.error)


async def _carry_out(context: AppContext, sent: Sent) -> None:
    match sent.action:
        case Create(values):
            await _create(context, sent, values)
        case Update(account_id, changes, found):
            if found is not None and sent.decided.desired is not None:
                sent.known = known_of_adopted(found, sent.decided.desired)
                if sent.entry.in_doubt:
                    sent.word = "create"
            await _update(context, sent, account_id, changes)
        case Disable():
            await _take_access(context, sent, sent.action)
        case Delete(account_id):
            sent.started = True
            await _delete(context, sent, account_id)
        case Adopt(account_id, found):
            sent.account_id = account_id
            assert sent.decided.desired is not None  # noqa: S101 - matched records have values
            sent.known = known_of_adopted(found, sent.decided.desired)
            if sent.entry.in_doubt:
                sent.word = "create"
        case Skip():
            link = sent.facts.link
            sent.account_id = link.account_id if link else None


async def _delete(context: AppContext, sent: Sent, account_id: str) -> None:
    """Delete for good; an account that is gone after a lost or a failing answer was deleted."""
    kind = sent.facts.kind
    try:
        call = partial(context.target.delete, kind, account_id, sent.trace)
        await twice_if_doubtful(context, sent, account_id, call)
    except (InDoubt, Transient):
        await until_settled(context, kind, account_id)
        call_read = partial(context.target.read, kind, account_id, sent.trace)
        if await context.patiently(call_read) is not None:
            raise
        sent.doubtful = False


async def _take_access(context: AppContext, sent: Sent, action: Disable) -> None:
    """Take access away; a value beside it that the app refuses keeps nobody's access alive."""
    try:
        await _update(context, sent, action.account_id, action.changes)
    except Refused as error:
        mapping = context.rules.mapping(sent.facts.kind)
        paths = access_without_record(mapping) if mapping is not None else {}
        only = tuple(one for one in action.changes if one.path in paths)
        if isinstance(error, Vanished) or not only or only == action.changes:
            raise
        sent.action, sent.left_out = replace(action, changes=only), error
        await _update(context, sent, action.account_id, only)


async def _create(context: AppContext, sent: Sent, values: TargetValues) -> None:
    """Create once: after a lost answer or a refusal, look first, and only then go on.

    A request without an answer may act after that look. So its record is not given up before
    the app's settling time is over, nor repeated where the app would take it twice.
    """
    kind = sent.facts.kind
    in_doubt = False
    for attempt in range(3):
        sent.started = True
        try:
            account = await context.patiently_once(
                partial(context.target.create, kind, values, sent.trace),
                along=partial(context.target.bulk.takes, kind),
            )
        except (InDoubt, Transient, Conflict) as error:
            if isinstance(error, InDoubt):
                context.unanswered.lost(kind)
            in_doubt = in_doubt or not isinstance(error, Conflict)
            tired = attempt == 2 or not context.may_try_again(error)
            last = (
                isinstance(error, Conflict)
                or tired
                or not context.rules.capabilities.refuses_duplicates
            )
            found = await look_in_doubt(context, sent, doubtful=in_doubt, late=in_doubt and last)
            if found is not None:
                await _take(context, sent, found, ours=in_doubt)
                return
            if isinstance(error, Conflict):
                raise await told_apart(context, sent.facts, values, error, sent.trace) from error
            if tired:
                raise
            await context.rest(attempt)
        except Refused as error:
            found = await look_after_refusal(context, sent, error, doubtful=in_doubt)
            if found is None:
                raise
            await _take(context, sent, found, ours=True)
            return
        else:
            context.asked_by(kind, account.id, sent.facts.record_id)
            if in_doubt:
                context.unanswered.lost(kind, account.id)  # were it deleted, that one would act
            sent.account_id, sent.known, sent.doubtful = account.id, dict(values), False
            return


async def _take(context: AppContext, sent: Sent, found: Account, *, ours: bool) -> None:
    """Go on with an account that a look-up found where we wanted to create one.

    Raises ``PlanOutdated`` where somebody reviewed that it is created.
    """
    if context.reviewed is not None and not ours:
        raise PlanOutdated(
            f"An account that is this record's has appeared in the app since ({found.id}).",
            advice=ADVICE,
        )
    answer = decide(replace(sent.facts, link=None), context.rules)
    assert isinstance(answer, NeedsMatch)  # noqa: S101 - the look-up just asked its questions
    decided = decide_matched(sent.facts, answer, found, context.rules)
    sent.decided, sent.known = decided, known_of_adopted(found, answer.desired)
    sent.account_id = found.id
    if ours:
        sent.word = "create"
    else:
        sent.action = decided.action
    if isinstance(decided.action, Update):
        await _update(context, sent, found.id, decided.action.changes)


async def _update(
    context: AppContext, sent: Sent, account_id: str, changes: Sequence[ValueChange]
) -> None:
    kind = sent.facts.kind
    before = sent.known
    if before is None:
        before = sent.facts.link.known if sent.facts.link else {}
    just_read = isinstance(sent.action, Update) and sent.action.found is not None
    if not just_read and (gaps := gaps_of(context, kind, changes)):
        changes, before = await without_filled(context, sent, account_id, gaps, changes, before)
    sent.started = True
    try:
        changes, before = await _change(context, sent, account_id, changes, before)
    except Vanished:
        sent.doubtful = False
        if sent.remade:
            raise
        await _remake(context, sent)
        return
    except InDoubt:
        await read_back(context, sent, account_id, before, changes)
        raise
    except (Transient, Refused) as error:
        sent.doubtful = sent.doubtful or was_unreadable(error)
        if sent.doubtful or (isinstance(error, Transient) and is_free(context, sent)):
            await read_back(context, sent, account_id, before, changes)
        if not isinstance(error, Conflict):
            raise
        new = {one.path: one.new for one in changes if one.new is not None}
        raise await told_apart(context, sent.facts, new, error, sent.trace) from error
    sent.account_id, sent.known = account_id, known_after(before, changes)
    sent.doubtful = False


async def _change(
    context: AppContext,
    sent: Sent,
    account_id: str,
    changes: Sequence[ValueChange],
    before: TargetValues,
) -> tuple[Sequence[ValueChange], TargetValues]:
    """Send the changes, after a conflict once more; return what was sent last, and over what."""
    kind, trace = sent.facts.kind, sent.trace
    along = partial(context.target.bulk.takes, kind, changes)
    try:
        call = partial(update_once, context, sent, account_id, changes)
        await twice_if_doubtful(context, sent, account_id, call, along)
    except Conflict as refusal:
        changes, before = await left_to_change(
            context, kind, account_id, before=before, changes=changes, refusal=refusal, trace=trace
        )
        if changes:
            call = partial(update_once, context, sent, account_id, changes)
            await twice_if_doubtful(context, sent, account_id, call)
    return changes, before


async def _remake(context: AppContext, sent: Sent) -> None:
    """Let an account that is gone be gone, or give the person a new one (fault T8)."""
    if context.reviewed is not None and not isinstance(sent.action, Disable):
        raise PlanOutdated("The account is gone from the app.", advice=ADVICE)
    if not isinstance(sent.action, Disable) and not await may_be_made_anew(context, sent.facts):
        sent.held = True
        raise LinkHeld(
            "The account is gone from the app, as are many others.",
            advice="Check whether somebody emptied the app, or its address leads to another "
            "tenant. A full cycle looks again. If the accounts shall be made anew: "
            f"seatkeeper restart {context.app_id} --reset links,watermark",
        )
    sent.gone = True
    if isinstance(sent.action, Disable):
        return
    answer = decide(replace(sent.facts, link=None), context.rules)
    if not isinstance(answer, NeedsMatch):
        return
    found = await look_up_own(context, sent.facts.kind, sent.facts.record_id, answer, sent.trace)
    decided = decide_matched(sent.facts, answer, found, context.rules)
    sent.decided, sent.action, sent.remade, sent.known = decided, decided.action, True, None
    await context.ledger.write(
        context.app_id,
        Work(
            entries=[(context.cycle.id, intent_of(sent.entry, decided.action))],
            unlinked=[(sent.facts.kind, sent.facts.record_id)],
            forgotten=[sent.facts.record_id],
        ),
    )
    await _carry_out(context, sent)


async def _send_members(context: AppContext, sent: Sent) -> None:
    """Send what differs of a group's members; of very many the first, the others being for later.

    Each part is written down before the next, so that one that is lost is lost alone, and stopping
    waits for one only.
    """
    group_id, record_id = sent.account_id, sent.facts.record_id
    if group_id is None:
        return
    begun = context.groups_begun.setdefault(record_id, GroupBegun())
    sent.continued = bool(begun.after)
    try:
        sent.more = await _send_part(context, sent, group_id, begun)
    finally:
        if not sent.more:
            context.groups_begun.pop(record_id, None)


async def _send_part(context: AppContext, sent: Sent, group_id: str, begun: GroupBegun) -> bool:
    """Send the next members that differ; return whether there may be more of them."""
    while True:
        difference = await _members_to_send(context, sent, begun.after)
        begun.unresolved.extend(difference.unresolved)
        sent.unresolved = begun.unresolved
        if not difference.empty:
            remade = await _change_members(context, sent, group_id, difference)
            if remade:
                return sent.more
        if difference.upto is None:
            return False
        begun.after = difference.upto
        if not difference.empty and context.reviewed is None:
            return True  # a reviewed plan is carried out whole: the rest would not be found in it


async def _members_to_send(context: AppContext, sent: Sent, after: str) -> MemberDifference:
    """Return the next members that differ; with the first, all that leave: one word is of all."""
    record_id = sent.facts.record_id
    difference = await context.member_difference(record_id, after)
    may = context.may_remove.get(record_id, frozenset())
    if may and not after and difference.upto is not None:
        every = [one async for one in context.member_differences(record_id)]
        difference = replace(difference, remove=[one for some in every for one in some.remove])
    removed = [one for one in difference.remove if one.member_id in may and not after]
    difference = replace(difference, remove=removed)
    if context.reviewed is not None:
        kept = context.reviewed[sent.facts.kind, record_id]
        difference = reviewed_members(kept, difference)
    return difference


async def _change_members(
    context: AppContext, sent: Sent, group_id: str, difference: MemberDifference
) -> bool:
    """Write members; return whether the group was gone, so that a new one has its members now."""
    await context.ledger.write(context.app_id, Work(members_intended=difference))
    sent.started = True
    add = [one.account_id for one in difference.add]
    remove = [one.account_id for one in difference.remove]
    call = partial(context.target.change_members, group_id, add, remove, sent.trace)
    try:
        await twice_if_doubtful(context, sent, group_id, call)
    except Vanished:
        context.groups_begun.pop(sent.facts.record_id, None)
        if sent.remade or sent.facts.link is None:
            sent.gone = True
            raise
        await _remake(context, sent)
        await _send_members(context, sent)
        return True
    sent.added.extend(difference.add)
    sent.removed.extend(difference.remove)
    return False
