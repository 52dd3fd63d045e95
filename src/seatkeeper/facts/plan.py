"""The facts of a plan that commands print, as plain data."""

from dataclasses import replace

import msgspec

from seatkeeper.directory.model import Kind, User
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.facts.forecast import forecast_plain
from seatkeeper.facts.log import change_plain, step_plain
from seatkeeper.facts.plain import Plain
from seatkeeper.facts.workplace import Workplace
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.provisioning.forecast import Forecast
from seatkeeper.provisioning.four_steps import steps_after
from seatkeeper.provisioning.log import LogEntry, Step
from seatkeeper.provisioning.naming import NOBODY, Called, by_name
from seatkeeper.provisioning.preview import PlannedRecord, Preview, by_cause
from seatkeeper.provisioning.walk import Facts, scope_of


def plan_plain(
    preview: Preview,
    called: Called = NOBODY,
    *,
    kept_in: str = "",
    waiting: int = 0,
    held: int = 0,
    foretold: Forecast | None = None,
) -> Plain:
    """Return a plan as one document: grouped by cause, and record by record.

    ``called`` are the names of managers and members whose accounts it mentions,
    ``waiting`` is how many wait whom it does not try again, ``held`` how many
    removals wait for a person. ``foretold``: how long it takes, where something would be sent.
    """
    return {
        "app": preview.app_id,
        "kind": preview.kind,
        "rules": preview.digest,
        "from_change": preview.from_seq,
        "to_change": preview.to_seq,
        "changes_planned": bool(preview.to_do),
        "counts": dict(preview.counters),
        "waiting": waiting,
        "held": held,
        "lookups": preview.lookups,
        "forecast": None if foretold is None else forecast_plain(foretold),
        "note": preview.note,
        "file": kept_in or None,
        "causes": [
            {
                "cause": one.cause,
                "counts": dict(one.counts),
                "records": [record_plain(record, called) for record in one.records],
            }
            for one in by_cause(preview.records)
        ],
    }


def record_plain(record: PlannedRecord, called: Called = NOBODY) -> Plain:
    """Return one record of a plan."""
    return {
        "kind": record.kind.value,
        "record": record.record_id,
        "display_name": record.display_name,
        "action": record.verb.value,
        "account": record.account_id,
        "reason": record.reason,
        "held": record.held,
        "code": record.code,
        "advice": record.advice,
        "changes": [change_plain(one, called) for one in record.changes],
        "requests": list(record.requests),
        "waiting": list(record.waiting),
        "steps": steps_plain(record.steps),
    }


async def steps_of_cycle(work: Workplace, app_id: str, wish: Wish, cycle: Cycle) -> list[Plain]:
    """Return the four steps of everybody who was named for a cycle, as they now are.

    What was done comes from the log of that cycle; who was in step has none there.
    """
    if not wish.on_demand or not cycle.finished:
        return []
    rules = await work.rules(app_id)
    records: list[Plain] = []
    for kind, ids in ((Kind.USER, wish.users), (Kind.GROUP, wish.groups)):
        for facts in await work.ledger.facts(
            app_id, kind, ids, memberships=rules.reads_memberships
        ):
            entry = await _entry_of(work, cycle, facts.record_id)
            steps = steps_after(await _naming_manager(work, facts), scope_of(facts, rules), entry)
            records.append(
                {
                    "kind": kind.value,
                    "record": facts.record_id,
                    "display_name": facts.display_name,
                    "account": facts.link.account_id if facts.link else None,
                    "steps": steps_plain(steps),
                }
            )
    return records


async def _entry_of(work: Workplace, cycle: Cycle, record_id: str) -> LogEntry | None:
    """Return what a cycle first wrote of a record; healing comes after it."""
    logged = await work.ledger.log(cycle.app_id, record_id=record_id, limit=20)
    mine = [entry for _, entry in logged if entry.cycle_id == cycle.id]
    if not mine:
        return None
    called = await work.called(cycle.app_id, mine[-1].modified)
    return msgspec.structs.replace(
        mine[-1], modified=tuple(by_name(one, called) for one in mine[-1].modified)
    )


async def _naming_manager(work: Workplace, facts: Facts) -> Facts:
    manager = facts.record.manager_id if isinstance(facts.record, User) else None
    if manager is None:
        return facts
    found = (await work.directory.users([manager])).values()
    return replace(facts, names={one.id: one.display_name for one in found})


def steps_plain(steps: tuple[Step, ...]) -> list[Plain]:
    """Return the four steps of a record."""
    return [step_plain(step) for step in steps]
