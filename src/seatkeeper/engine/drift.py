"""Have people told what a look at an app found: when it is new, or while repairs wait for a word.

    source change -> scope -> map -> match -> plan -> export -> log

Beside the walk. What is not as it was written is told by a look that only reports, once,
and again when a later look finds something else; who was told once is told no more of it.
Repairs that a schedule withholds stay open until somebody decides. What is repaired, what
an app keeps its own way and accounts that nobody manages are in the report and in no mail.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from seatkeeper.engine.choosing import PAGE
from seatkeeper.engine.context import AppContext
from seatkeeper.engine.notices import drift_notice, is_of_drift, withheld_notice
from seatkeeper.provisioning.cycle import CycleKind
from seatkeeper.provisioning.journal import NewNotice, Work
from seatkeeper.provisioning.message import MOST_NAMES
from seatkeeper.provisioning.reconcile import REPAIRABLE, Finding, Found

_EVERYBODY: Final = frozenset({CycleKind.RECONCILE, CycleKind.REPAIR})


@dataclass
class Seen:
    """What a look found, as far as it is told: how many of each, since when, the first names.

    Whom it found for the first time is named first.
    """

    counts: Counter[Found] = field(default_factory=Counter)
    since: datetime | None = None
    new: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)

    @property
    def names(self) -> tuple[str, ...]:
        """The names that a message has room for."""
        return tuple([*self.new, *self.known][:MOST_NAMES])

    def add(self, finding: Finding, began: datetime) -> None:
        """Take in one account."""
        self.counts[finding.found] += 1
        self.since = min(self.since or finding.since, finding.since)
        names = self.new if finding.since >= began else self.known
        if len(names) < MOST_NAMES:
            names.append(finding.display_name)


async def tell_drift(context: AppContext) -> None:
    """Tell of what a look that only reports found, where any of it is news; or that it is over."""
    seen = await _seen(context, lambda one: one.found in REPAIRABLE)
    open_ones = frozenset(await context.ledger.open_notices(context.app_id))
    told = {one for one in open_ones if is_of_drift(one)}
    everybody = context.cycle.kind in _EVERYBODY
    if not seen.counts:
        if everybody and told:
            await _write(context, open_ones - told)
        return
    if told and not await _is_news(context):
        return
    notice = drift_notice(context.rules, seen.counts, seen.names, seen.since, context.cycle)
    earlier = {one for one in told if everybody and is_of_drift(one, withheld=False)}
    await _write(context, open_ones - earlier | {notice.cause}, notice)


async def tell_withheld(context: AppContext, why: str) -> None:
    """Tell that repairs wait for a person's word; what was told of the same before is over."""
    seen = await _seen(context, lambda one: one.repairable)
    notice = withheld_notice(context.rules, why, seen.counts, seen.names, seen.since, context.cycle)
    others = {
        one for one in await context.ledger.open_notices(context.app_id) if not is_of_drift(one)
    }
    await _write(context, frozenset({*others, notice.cause}), notice)


async def end_drift(context: AppContext) -> None:
    """Note that what was found is planned to be repaired, so that nobody need hear of it."""
    open_ones = frozenset(await context.ledger.open_notices(context.app_id))
    others = frozenset(one for one in open_ones if not is_of_drift(one))
    if others != open_ones:
        await _write(context, others)


async def _seen(context: AppContext, counts: Callable[[Finding], bool]) -> Seen:
    seen, began = Seen(), context.cycle.started
    after = None
    while page := await context.ledger.findings(
        context.app_id, since=began, after=after, limit=PAGE
    ):
        after = (page[-1].kind, page[-1].account_id)
        for finding in page:
            if counts(finding):
                seen.add(finding, began)
    return seen


async def _is_news(context: AppContext) -> bool:
    """Whether this look wrote any of it into the log: what is as it was found before, is not."""
    after = 0
    while page := await context.ledger.written_in(context.cycle.id, after=after, limit=PAGE):
        if any(entry.code in REPAIRABLE for _, entry in page):
            return True
        after = page[-1][0]
    return False


async def _write(context: AppContext, open_causes: frozenset[str], *notices: NewNotice) -> None:
    work = Work(notices=notices, open_causes=open_causes, at=context.now())
    await context.ledger.write(context.app_id, work)
