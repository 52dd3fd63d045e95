"""Show what undoing a cycle would do; nothing is sent but questions, and nothing written down.

    source change -> scope -> map -> match -> [plan] -> export -> log

Shell beside ``undoing``, which says what going back means: here each record
becomes a line of a plan, with what the deletion guard would hold.
"""

from seatkeeper.directory.model import Kind
from seatkeeper.engine.context import AppContext
from seatkeeper.engine.guarding import judged_now, removals_of
from seatkeeper.engine.preview import preview_of
from seatkeeper.engine.undoing import TakenBack, taken_back, undo_decided
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.provisioning.guard import HELD_ADVICE
from seatkeeper.provisioning.log import verb
from seatkeeper.provisioning.plan import Disable, Reason, Skip, Update
from seatkeeper.provisioning.preview import (
    Members,
    Outlook,
    PlannedRecord,
    Preview,
    outlook,
    requests_of,
    shown_changes,
)
from seatkeeper.provisioning.removal import Removal
from seatkeeper.provisioning.undo import TAKEN_BACK


async def preview_undo(context: AppContext, undone: Cycle) -> Preview:
    """Return what undoing that cycle would do. Raises what stops the app."""
    taken = [one async for page in taken_back(context, undone.id) for one in page]
    context.undo = {(one.facts.kind, one.facts.record_id): one.plan for one in taken}
    removals = [
        removal
        for one in taken
        for removal in removals_of(
            context.rules,
            one.facts,
            _word(context, one),
            one.plan.changes,
            [each.member_id for each in one.plan.remove],
            TAKEN_BACK,
        )
    ]
    held = {one.key: why for one, why in (await judged_now(context, removals)).held}
    lines = [_line(context, one, undone, held) for one in taken]
    note = f"Takes back what cycle {undone.number} ({undone.kind}) wrote."
    in_order = sorted(lines, key=lambda one: (one.kind is not Kind.USER, one.record_id))
    return preview_of(context, in_order, note)


def _word(context: AppContext, one: TakenBack) -> str:
    action = undo_decided(context, one.facts).action
    return "update" if isinstance(action, Skip) else verb(action)


def _line(
    context: AppContext,
    one: TakenBack,
    undone: Cycle,
    held: dict[tuple[Kind, str, Removal], str],
) -> PlannedRecord:
    facts, plan = one.facts, one.plan
    action = undo_decided(context, facts).action
    cause = f"cycle {undone.number} is undone"
    account = facts.link.last_id if facts.link is not None else None
    if plan.empty:
        return PlannedRecord(
            facts.kind,
            facts.record_id,
            facts.display_name,
            Outlook.SKIP,
            reason=" ".join(plan.stays),
            cause=cause,
            code=Reason.CANNOT_UNDO.value,
            account_id=account,
        )
    kept_in = (facts.kind, facts.record_id, Removal.MEMBERS) in held
    groups = context.rules.capabilities.groups
    members = Members(
        tuple(each.account_id for each in plan.add),
        () if kept_in else tuple(each.account_id for each in plan.remove),
        batch=groups.members_per_patch if groups is not None else 100,
    )
    word = outlook(action) if isinstance(action, Update | Disable) else Outlook.UPDATE
    why = next((held[key] for key in _access_keys(one) if key in held), "")
    return PlannedRecord(
        facts.kind,
        facts.record_id,
        facts.display_name,
        Outlook.HOLD if why else word,
        reason=why or cause,
        cause=cause,
        changes=(*shown_changes(action, {}), *members.changes),
        requests=() if why else requests_of(facts.kind, action, members, linked=account),
        waiting=plan.stays,
        code=Reason.HELD.value if why else "",
        advice=HELD_ADVICE if why else "",
        account_id=account,
        add=tuple(each.member_id for each in plan.add),
        remove=tuple(each.member_id for each in plan.remove),
    )


def _access_keys(one: TakenBack) -> list[tuple[Kind, str, Removal]]:
    """Return what would hold the whole record back, and not only members."""
    key = (one.facts.kind, one.facts.record_id)
    return [(*key, what) for what in Removal if what is not Removal.MEMBERS]
