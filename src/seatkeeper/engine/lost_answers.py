"""Find out what became of a request whose answer was lost, or says nothing.

    source change -> scope -> map -> match -> plan -> [export] -> log

Shell, beside ``sender``: looking, reading back, and waiting for as long as a request may
still act (``unanswered``). What is done about what was found is decided there.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial

from seatkeeper.directory.model import Kind
from seatkeeper.engine.context import AppContext
from seatkeeper.engine.matching import look_up_own
from seatkeeper.engine.sent import Sent
from seatkeeper.errors import ConnectorError, InDoubt, Refused, Transient
from seatkeeper.provisioning.account import Account, TargetValues, ValueChange
from seatkeeper.provisioning.outcome import SETTLING
from seatkeeper.provisioning.plan import known_there
from seatkeeper.provisioning.removal import Removal
from seatkeeper.provisioning.walk import NeedsMatch, decide


async def wait(context: AppContext, seconds: float) -> bool:
    """Wait for so long; false where that was cut short because the engine stops."""
    while seconds > 0:
        if context.stopping():
            return False
        step = min(seconds, 1.0)
        await context.sleep(step)
        seconds -= step
    return True


async def until_settled(context: AppContext, kind: Kind, account_id: str) -> None:
    """Wait until no request about an account that got no answer can act any more."""
    seconds = context.unanswered.about(kind, account_id)
    if seconds > 0:
        await context.sleep(seconds)


async def twice_if_doubtful(
    context: AppContext,
    sent: Sent,
    account_id: str,
    call: Callable[[], Awaitable[None]],
    along: Callable[[], bool] = lambda: False,
) -> None:
    """Repeat once what was lost on the way.

    Only for requests that say what shall be true (differences, members,
    deletes): said twice they mean the same as once.
    """
    kind = sent.facts.kind
    try:
        await context.patiently(call, along=along)
    except InDoubt:
        sent.doubtful = True
        context.unanswered.lost(kind, account_id)
        await context.rest(0)
        try:
            await context.patiently(call, along=along)
        except InDoubt:
            context.unanswered.lost(kind, account_id)
            raise
        sent.doubtful = False


async def update_once(
    context: AppContext, sent: Sent, account_id: str, changes: Sequence[ValueChange]
) -> None:
    """Send an update; an app that failed may have acted, so its outcome is in doubt then.

    It stays so whatever is answered to the next try, unless that one arrives: the directory may
    go back to what was known before, and nobody would look again. Who has no link is looked up.
    """
    try:
        await context.target.update(sent.facts.kind, account_id, changes, sent.trace)
    except Transient:
        sent.doubtful = sent.facts.link is not None
        raise


def was_unreadable(error: ConnectorError) -> bool:
    """Whether the app said that it acted, in an answer that is none."""
    return error.status is not None and 200 <= error.status < 300


def is_free(context: AppContext, sent: Sent) -> bool:
    """Whether it was free to take something away, so that it counts for the deletion guard."""
    key = (sent.facts.kind, sent.facts.record_id)
    return any((*key, what) in context.free for what in Removal)


async def read_back(
    context: AppContext,
    sent: Sent,
    account_id: str,
    before: TargetValues,
    changes: Sequence[ValueChange],
) -> None:
    """See what an update did whose answers were lost, so that the record may wait alone.

    Not before it must have acted: what acts after that look, nobody would look for again.
    """
    await until_settled(context, sent.facts.kind, account_id)
    call = partial(context.target.read, sent.facts.kind, account_id, sent.trace)
    account = await context.patiently(call)
    if account is not None:
        sent.account_id, sent.known = account_id, known_there(account, before, changes)
    sent.doubtful = False


async def look_in_doubt(
    context: AppContext, sent: Sent, *, doubtful: bool, late: bool
) -> Account | None:
    """Look whether a create that seemed to fail made the account; ``late``: and once more later.

    A look that found nothing ends no doubt while the request may still act.
    """
    sent.doubtful = doubtful
    found = await look_again(context, sent)
    if found is None and late:
        sent.doubtful = True
        await context.sleep(SETTLING)
        found = await look_again(context, sent)
    if found is not None or late:
        sent.doubtful = False
    return found


async def look_after_refusal(
    context: AppContext, sent: Sent, refusal: Refused, *, doubtful: bool
) -> Account | None:
    """Look whether there is an account though the last try was refused, if there may be one."""
    if doubtful:
        return await look_in_doubt(context, sent, doubtful=True, late=True)
    return await look_again(context, sent) if was_unreadable(refusal) else None


async def look_again(context: AppContext, sent: Sent) -> Account | None:
    """Look for a record's account by what it is matched by, as if it had no link."""
    answer = decide(replace(sent.facts, link=None), context.rules)
    if not isinstance(answer, NeedsMatch):
        return None
    return await look_up_own(context, sent.facts.kind, sent.facts.record_id, answer, sent.trace)
