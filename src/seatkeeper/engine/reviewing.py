"""Plan again what somebody reviewed, and let through only what is still the same.

    source change -> scope -> map -> match -> [plan] -> export -> log

Shell around ``provisioning.reviewed``: the records of a kept plan are previewed
anew with the same functions; whoever would get something else is refused by
name, the others are planned as in any cycle. ``exporter`` looks once more when
it sends. Nobody outside the kept plan is touched.
"""

from collections.abc import Mapping, Sequence

from seatkeeper.directory.model import Kind
from seatkeeper.engine.booking import Booking
from seatkeeper.engine.choosing import PAGE
from seatkeeper.engine.context import AppContext
from seatkeeper.engine.planner import plan_records
from seatkeeper.engine.preview import Asking, preview_cycle
from seatkeeper.errors import PlanOutdated
from seatkeeper.provisioning.journal import Key
from seatkeeper.provisioning.preview import PlannedRecord
from seatkeeper.provisioning.reviewed import check_planned


async def plan_reviewed(context: AppContext, kept: Mapping[Key, PlannedRecord]) -> None:
    """Write down the plan for those of ``kept`` that would be done as reviewed; refuse the rest.

    Raises ``ConnectorError`` when the app cannot be asked; then nothing is planned.
    """
    named = {kind: sorted(record for of, record in kept if of is kind) for kind in Kind}
    asking = Asking(named[Kind.USER], named[Kind.GROUP])
    fresh = {one.key: one for one in (await preview_cycle(context, asking)).records}
    for kind in Kind:
        for start in range(0, len(named[kind]), PAGE):
            page = named[kind][start : start + PAGE]
            through = await _refuse(context, kind, page, kept, fresh)
            if context.rules.mapping(kind) is not None:
                await plan_records(context, kind, through)


async def _refuse(
    context: AppContext,
    kind: Kind,
    ids: Sequence[str],
    kept: Mapping[Key, PlannedRecord],
    fresh: Mapping[Key, PlannedRecord],
) -> list[str]:
    """Log everybody of this page who is refused; return the others."""
    through: list[str] = []
    booking = Booking(context)
    for facts in await context.facts(kind, ids):
        key = (kind, facts.record_id)
        try:
            check_planned(kept[key], fresh.get(key), context.rules, facts)
        except PlanOutdated as error:
            booking.refused(facts, error)
        else:
            through.append(facts.record_id)
    await booking.write()
    return through
