"""Make what was found differing due, so that it is planned like any other work.

    source change -> scope -> map -> match -> [plan] -> export -> log

Shell. What an app was found to hold becomes what is known of it; the walk then
plans the differences by itself, under the guard. Accounts that nobody manages
are never touched.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import replace

from seatkeeper.directory.model import Kind
from seatkeeper.engine.choosing import PAGE
from seatkeeper.engine.context import AppContext
from seatkeeper.engine.planner import plan_records
from seatkeeper.provisioning.journal import Key, MemberWrite, Work
from seatkeeper.provisioning.naming import MEMBERS
from seatkeeper.provisioning.reconcile import Finding, learned, repaired, too_many


async def plan_repairs(
    context: AppContext, named: Collection[Key] | None, *, by_a_person: bool
) -> str:
    """Plan what this cycle found and can be repaired, of everybody or of those ``named``.

    Not ``by_a_person``: where very many differ, nothing is planned, because such a wave is
    seldom what it seems (fault T26); the cycle says so, and why is returned.
    """
    if not by_a_person:
        count = sum([len(page) async for page in _pages(context, named)])
        linked = sum((await context.ledger.link_counts(context.app_id)).values())
        why = too_many(count, linked, context.rules.limits)
        if why:
            hint = f"Repair all with: seatkeeper reconcile {context.app_id} --repair"
            context.moved(replace(context.cycle, note=f"{why} {hint}"))
            return why
    async for page in _pages(context, named):
        for kind in Kind:
            await _plan(context, kind, [one for one in page if one.kind is kind])
    return ""


async def _pages(
    context: AppContext, named: Collection[Key] | None
) -> AsyncIterator[Sequence[Finding]]:
    """Yield what this cycle found and may repair; what it repairs meanwhile stays in its place."""
    after: tuple[Kind, str] | None = None
    while found := await context.ledger.findings(
        context.app_id, since=context.cycle.started, after=after, limit=PAGE
    ):
        after = (found[-1].kind, found[-1].account_id)
        yield [
            one
            for one in found
            if one.repairable
            and context.rules.mapping(one.kind) is not None
            and (named is None or (one.kind, one.record_id) in named)
        ]


async def _plan(context: AppContext, kind: Kind, findings: Sequence[Finding]) -> None:
    """Know the truth, and plan from it; counted as repaired once it is planned."""
    by_record = {one.record_id: one for one in findings}
    if not by_record:
        return
    links = [
        learned(facts.link, by_record[facts.record_id])
        for facts in await context.facts(kind, list(by_record))
        if facts.link is not None and facts.link.account_id == by_record[facts.record_id].account_id
    ]
    gone, more = _memberships(findings)
    await context.ledger.write(
        context.app_id, Work(links=links, members_removed=gone, members_added=more)
    )
    await plan_records(context, kind, [link.record_id for link in links])
    counted = [repaired(one) for one in findings]
    await context.ledger.write(context.app_id, Work(findings=counted, at=context.now()))


def _memberships(findings: Sequence[Finding]) -> tuple[list[MemberWrite], list[MemberWrite]]:
    """Return the memberships that are not there any more, and those of managed people that are."""
    gone, more = [], []
    for finding in findings:
        for one in finding.differences:
            if one.path != MEMBERS or not one.record:
                continue
            if one.written is not None:
                gone.append(MemberWrite(finding.record_id, one.record, str(one.written)))
            else:
                more.append(MemberWrite(finding.record_id, one.record, str(one.found)))
    return gone, more
