"""Free a value for a moment where names change hands in a ring.

    source change -> scope -> map -> match -> plan -> [export] -> log

Shell around ``provisioning.handover``. One account of each ring gets a value
that nobody else has, in a request and a log entry of its own; then the ring is
a line, and everybody is written as planned. Written down like any other
request, so that a crash in the middle is found out and gone on from.
"""

from seatkeeper.directory.model import Kind
from seatkeeper.engine.booking import Booking, intent_of
from seatkeeper.engine.context import AppContext
from seatkeeper.engine.ordering import broken, put_in_order, renames_of, renaming
from seatkeeper.engine.outcomes import book
from seatkeeper.engine.sender import send
from seatkeeper.engine.sent import Sent
from seatkeeper.provisioning.account import ValueChange
from seatkeeper.provisioning.handover import freed
from seatkeeper.provisioning.journal import Entry
from seatkeeper.provisioning.plan import Update
from seatkeeper.provisioning.walk import Decided, Facts, scope_of


async def open_rings(context: AppContext, kind: Kind) -> None:
    """Order what changes hands, and break every ring of the plan in one place."""
    if not await renaming(context, kind):
        return
    await put_in_order(context, kind)
    on_the_way = await renaming(context, kind)  # with their new places
    found = [one for facts, _ in on_the_way for one in renames_of(context, facts)]
    opened = freed(broken(context, found))
    for facts, entry in on_the_way:
        if facts.record_id in opened:
            await _park(context, facts, entry, opened[facts.record_id])
            context.raise_if_stopped()


async def _park(
    context: AppContext, facts: Facts, entry: Entry, free: tuple[ValueChange, ...]
) -> None:
    assert facts.link is not None  # noqa: S101 - only linked records are renamed
    action = Update(facts.link.account_id, free)
    decided = Decided(scope_of(facts, context.rules), action)
    sent = Sent(facts, entry, decided, action, interim=True)
    intent = Booking(context)
    intent.entry(intent_of(entry, action))
    await intent.write()
    await send(context, sent)
    context.parked[facts.kind, facts.record_id] = free
    result = Booking(context)
    await book(result, sent)
    await result.write()
