"""Let nobody's account be given a value that somebody else asks for, too.

    source change -> scope -> map -> match -> [plan] -> export -> log

Shell beside the plan half: whoever has no account is judged when it is looked
up; this is about those who have one. Whether it is a clash is ``match``'s
decision. The app is asked nothing: it would only refuse one of the two.
"""

from seatkeeper.directory.model import Kind
from seatkeeper.engine.booking import Booking
from seatkeeper.engine.context import AppContext
from seatkeeper.engine.ordering import renaming
from seatkeeper.engine.rivals import rivals_now
from seatkeeper.errors import AmbiguousSource
from seatkeeper.provisioning.match import check_claims, claims_of_changes, others_asking


async def refuse_shared(context: AppContext) -> None:
    """End the planned updates that bring a unique value for which somebody else asks now."""
    for kind in Kind:
        mapping = context.rules.mapping(kind)
        if mapping is None:
            continue
        found = [
            (facts, entry, claims_of_changes(entry.changes, mapping))
            for facts, entry in await renaming(context, kind)
        ]
        wanted = {claim for _, _, taken in found for claim in taken}
        if not wanted:
            continue
        rivals = await rivals_now(context.ledger, context.rules, kind, wanted)
        booking = Booking(context)
        for facts, entry, taken in found:
            try:
                check_claims(taken, others_asking(taken, rivals, facts.record_id))
            except AmbiguousSource as error:
                await booking.failed(facts, error, entry=entry)
        await booking.write()
