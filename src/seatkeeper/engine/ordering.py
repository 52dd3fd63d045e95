"""Put the records of one cycle in the order in which they can be written.

    source change -> scope -> map -> match -> [plan] -> export -> log

Shell around ``provisioning.reference`` (managers come first) and
``provisioning.handover`` (a value is given up before it is taken). It reads
the plan and stores each record's place; what is sent is not changed by it.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

from seatkeeper.directory.model import Kind
from seatkeeper.engine.context import AppContext
from seatkeeper.errors import RecordError
from seatkeeper.provisioning.handover import Rename, after, renames, rings
from seatkeeper.provisioning.journal import Entry
from seatkeeper.provisioning.match import Claim, claim_of
from seatkeeper.provisioning.plan import Action, Delete, Disable, Update
from seatkeeper.provisioning.reference import PAGE, behind, placed
from seatkeeper.provisioning.walk import Decided, Facts, decide

_HEADS: Final = 50
"""Managers whose reports are asked for together: some hundred as a rule."""


async def put_in_order(context: AppContext, kind: Kind) -> None:
    """Store when each planned record of a kind is written.

    Page by page, so that nobody waits for long who writes or works for another app. Whom nobody
    waits for comes right behind their manager, without being remembered: most are so, and of a
    million people only those with reports are in memory. What is
    only half stored when a process dies is put in order before anything of it is sent
    (``planner.match_records``).
    """
    on_the_way = await renaming(context, kind)
    found = [one for facts, _ in on_the_way for one in renames_of(context, facts)]
    parked = {circle[0].gives for circle in broken(context, found)}
    givers = [one for one in found if one.gives not in parked]
    takers = await context.ledger.rivals(context.app_id, kind, {one.gives for one in givers})
    waits = after(
        givers, {claim: [record for record, _ in asked] for claim, asked in takers.items()}
    )
    linked = {*waits, *(one for others in waits.values() for one in others)}
    line = (
        await context.ledger.managers_of_planned(context.cycle.id, linked)
        if kind is Kind.USER
        else {}
    )
    managers = {one: manager for one, (manager, _) in line.items()}
    held = {one: place for one, (_, place) in line.items()}
    rest = linked - line.keys()
    held |= await context.ledger.levels_of_planned(context.cycle.id, kind, rest)
    for page in placed(managers, waits, held):
        await _store(context, kind, page, held)
        heads = [one for one in page if one in line]
        async for reports in _reports(context, heads):
            last = [one for one in reports if one[0] not in line and one[0] not in linked]
            await _store(context, kind, behind(last, page), {one: at for one, _, at in last})


async def _reports(
    context: AppContext, heads: Sequence[str]
) -> AsyncIterator[Sequence[tuple[str, str, int]]]:
    """Yield pages of the people sent who report to these, each with manager and place."""
    for start in range(0, len(heads), _HEADS):
        after: str | None = ""
        while after is not None:
            found, after = await context.ledger.reports_of_planned(
                context.cycle.id, heads[start : start + _HEADS], after=after, limit=PAGE
            )
            yield found


async def _store(
    context: AppContext, kind: Kind, places: Mapping[str, int], held: Mapping[str, int]
) -> None:
    """Store these places where they are others than before; let others work in between."""
    await context.give_way()
    moved = {one: place for one, place in places.items() if place != held.get(one, 0)}
    if moved:
        await context.ledger.set_levels(context.cycle.id, kind, moved)
    else:
        await asyncio.sleep(0)  # whoever else waits for this loop comes in between


async def renaming(context: AppContext, kind: Kind) -> Sequence[tuple[Facts, Entry]]:
    """Return the linked records that this cycle gives another unique value, with their entries."""
    mapping = context.rules.mapping(kind)
    if mapping is None:
        return []
    paths = {one.target for one in mapping.unique}
    entries = await context.ledger.changing(context.cycle.id, kind, paths)
    facts = await context.facts(kind, [one.record_id for one in entries])
    by_record = {one.record_id: one for one in entries}
    return [(one, by_record[one.record_id]) for one in facts]


def renames_of(context: AppContext, facts: Facts) -> list[Rename]:
    """Return which values a record gives up, by what would be sent for it now."""
    try:
        answer = decide(facts, context.rules)
    except RecordError:
        return []
    return given_up(context, facts, answer.action if isinstance(answer, Decided) else None)


def given_up(context: AppContext, facts: Facts, action: Action | None) -> list[Rename]:
    """Return which values a linked record gives up with this action."""
    mapping = context.rules.mapping(facts.kind)
    if mapping is None or facts.link is None or not isinstance(action, Update):
        return []
    return renames(facts.record_id, action.changes, mapping)


def claims_given_up(context: AppContext, facts: Facts, action: Action) -> list[Claim]:
    """Return which unique values an account has no more once an action was carried out."""
    mapping = context.rules.mapping(facts.kind)
    if mapping is None or facts.link is None:
        return []
    if isinstance(action, Delete):
        known = facts.link.known
        had = (claim_of(one, known.get(one.target)) for one in mapping.unique)
        return [claim for claim in had if claim is not None]
    changes = action.changes if isinstance(action, Update | Disable) else ()
    return [one.gives for one in renames(facts.record_id, changes, mapping)]


def broken(context: AppContext, found: Sequence[Rename]) -> list[list[Rename]]:
    """Return the rings that need a value for a moment: none where the app takes duplicates."""
    return rings(found) if context.rules.capabilities.refuses_duplicates else []
