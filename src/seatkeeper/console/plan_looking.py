"""Ask for what the page of a kept plan shows: a page of it, one person, what changed since.

Beside the pages of plans. What is said of it is decided in ``views.plan``.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from seatkeeper.clock import utc_now
from seatkeeper.configuration.applying import settings_in, settings_of
from seatkeeper.console.app_head import AppHead
from seatkeeper.console.desk import Desk
from seatkeeper.console.proposing import rules_with
from seatkeeper.console.views.plan import AWAY, PersonAsked, PlanFilter, PlanPage, plan_page
from seatkeeper.console.views.plan_rows import staying
from seatkeeper.console.visit import Visit
from seatkeeper.facts.forecast import pacing_of
from seatkeeper.ports.plans import KeptPlan
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.provisioning.forecast import forecast
from seatkeeper.provisioning.journal import Order
from seatkeeper.provisioning.naming import Called
from seatkeeper.provisioning.preview import Outlook, PlannedRecord
from seatkeeper.provisioning.rules import Rules

ON_A_PAGE: Final = 50


async def page_of_plan(
    desk: Desk, visit: Visit, head: AppHead, plan: KeptPlan, *, undone: int = 0
) -> PlanPage:
    """Return what a ready plan's page shows; ``undone`` is the number of a cycle it takes back."""
    work, query = desk.work, visit.request.query_params
    asked = filter_of(query)
    found = await work.plans.records(
        plan,
        verbs=asked.verbs,
        after=asked.after,
        limit=ON_A_PAGE + 1,
        by_name=asked.by_name,
    )
    rules = await work.rules(head.id)
    if plan.proposal is not None:
        rules = rules_with(desk, head.stored, settings_in(plan.proposal.settings))
    person = await _person(
        desk, plan, found, _place(query.get("person")), None if undone else rules
    )
    changed = 0 if plan.order_id is not None else await changed_since(desk, plan)
    takes = None
    if plan.load is not None and plan.order_id is None:
        takes = forecast(plan.load, await pacing_of(work, head.id, plan.load))
    return plan_page(
        plan,
        found,
        utc_now(),
        asked=asked,
        limit=ON_A_PAGE,
        person=person,
        called=await _called(desk, head, found, person),
        changed_since=changed,
        settings_changed=rules.digest != plan.digest
        if plan.proposal is None
        else head.stored.version != plan.settings_version,
        on=settings_of(head.stored).status == "on",
        undone=undone,
        takes=takes,
    )


async def changed_since(desk: Desk, plan: KeptPlan) -> int:
    """Return how many people and groups that concern the app changed since a plan was made."""
    newest = await desk.work.ledger.last_change()
    if newest <= plan.to_seq:
        return 0
    touched = await desk.work.ledger.touched(plan.app_id, after=plan.to_seq, to=newest)
    return len(touched.users) + len(touched.groups)


def filter_of(query: Mapping[str, str]) -> PlanFilter:
    """Return which records an address asks for; what means nothing asks for all."""
    word = query.get("verb", "")
    known = word == AWAY or any(one.value == word for one in Outlook)
    return PlanFilter(
        word if known else "", query.get("by") == "person", _place(query.get("after"))
    )


async def _person(
    desk: Desk,
    plan: KeptPlan,
    found: Sequence[tuple[int, PlannedRecord]],
    chosen: int,
    rules: Rules | None,
) -> PersonAsked | None:
    """Return who is shown in full: the one the address names, else the first of the list."""
    place, record = found[0] if found else (-1, None)
    if chosen >= 0:
        place, record = chosen, await desk.work.plans.record(plan, chosen)
    if record is None:
        return None
    if rules is None:
        return PersonAsked(place, record)
    [facts] = await desk.work.ledger.facts(plan.app_id, record.kind, [record.record_id])
    return PersonAsked(place, record, facts, rules if rules.digest == plan.digest else None)


async def _called(
    desk: Desk,
    head: AppHead,
    found: Sequence[tuple[int, PlannedRecord]],
    person: PersonAsked | None,
) -> Called:
    shown = [change for _place, record in found for change in record.changes[:1]]
    if person is not None:
        shown += [*person.record.changes, *staying(person.record, person.facts)]
    return await desk.work.called(head.id, shown)


async def carried_out_by(desk: Desk, plan: KeptPlan) -> tuple[Order | None, Cycle | None]:
    """Return the order by which a plan was carried out, and the cycle that did; none: not yet."""
    if plan.order_id is None:
        return None, None
    order = await desk.work.ledger.order(plan.order_id)
    if order.state != "done" or order.answer is None:
        return order, None
    return order, await desk.work.ledger.cycle_named(plan.app_id, str(order.answer["cycle"]))


def _place(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else -1
