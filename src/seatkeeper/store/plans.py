"""Kept plans on SQL: ``ports.Plans`` for SQLite and PostgreSQL.

Beside the walk. One row says what a plan is, one row each what happens to a
record. Whether a plan still holds is not asked here.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update

from seatkeeper.directory.finding import search_key
from seatkeeper.directory.model import Kind
from seatkeeper.errors import NotFound
from seatkeeper.ports.plans import KeptPlan, PlanCause, PlanState, Proposal
from seatkeeper.provisioning.cycle import CycleKind
from seatkeeper.provisioning.forecast import Load, load_of_plain
from seatkeeper.provisioning.preview import Outlook, PlannedRecord, Preview, by_cause
from seatkeeper.store import plan_tables as t
from seatkeeper.store.database import Database

KEPT: Final = 20
"""So many plans of each app stay."""

_AT_ONCE: Final = 1_000
_LOAD: Final = "load"


class SqlPlans:
    """``ports.Plans`` on one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(
        self,
        app_id: str,
        *,
        actor: str,
        version: int,
        now: dt.datetime,
        undoes: str = "",
        kind: str = "",
        proposal: Proposal | None = None,
    ) -> KeptPlan:
        """Keep that a plan is being made, under the app's next number; ``kind`` if it is known."""

        def work(connection: Connection) -> KeptPlan:
            last = select(func.coalesce(func.max(t.plans.c.number), 0)).where(
                t.plans.c.app_id == app_id
            )
            number = int(connection.execute(last).scalar_one()) + 1
            plan = KeptPlan(
                app_id,
                number,
                now,
                actor,
                PlanState.MAKING,
                version,
                kind,
                undoes=undoes,
                proposal=proposal,
            )
            connection.execute(insert(t.plans).values(_row(plan)))
            return plan

        return await self._database.write(work)

    async def finish(self, plan: KeptPlan, preview: Preview, load: Load | None = None) -> None:
        """Keep what was planned and what it asks; older plans of the app than the newest go."""
        groups = by_cause(preview.records)
        causes, place = [], 0
        for group in groups:
            causes.append(PlanCause(group.cause, dict(group.counts), place))
            place += len(group.records)
        done = replace(
            plan,
            state=PlanState.READY,
            kind=preview.kind,
            digest=preview.digest,
            to_seq=preview.to_seq,
            action_digest=preview.action_digest,
            counters=dict(preview.counters),
            causes=causes,
            note=preview.note,
            load=load,
        )
        records = [record for group in groups for record in group.records]
        by_name = _in_order_of_names(records)

        def work(connection: Connection) -> None:
            connection.execute(_this(update(t.plans), plan).values(_row(done)))
            for start in range(0, len(records), _AT_ONCE):
                some = enumerate(records[start : start + _AT_ONCE], start)
                connection.execute(
                    insert(t.plan_records),
                    [_record_row(plan, at, one, by_name[at]) for at, one in some],
                )
            oldest = done.number - KEPT
            for table in (t.plan_records, t.plans):
                connection.execute(
                    delete(table).where(table.c.app_id == plan.app_id, table.c.number <= oldest)
                )

        await self._database.write(work)

    async def fail(self, plan: KeptPlan, message: str) -> None:
        """Keep why a plan could not be made."""
        failed = replace(plan, state=PlanState.FAILED, message=message)
        await self._database.write(
            lambda c: c.execute(_this(update(t.plans), plan).values(_row(failed)))
        )

    async def plan(self, app_id: str, number: int) -> KeptPlan:
        """Return one. Raises ``NotFound``."""
        asked = select(t.plans).where(t.plans.c.app_id == app_id, t.plans.c.number == number)
        row = await self._database.read(lambda c: c.execute(asked).one_or_none())
        if row is None:
            raise NotFound(
                f"{app_id} has no plan {number}, or it is not kept any more.",
                advice="Make a new one.",
            )
        return _plan(row)

    async def newest(
        self, app_id: str, *, undoes: str = "", limit: int = KEPT
    ) -> Sequence[KeptPlan]:
        """Return an app's plans, newest first: those that take back this cycle, or no cycle.

        Plans for people who were named, and for settings that are not saved, are left out:
        neither says what the next cycle will do.
        """
        asked = select(t.plans).where(t.plans.c.app_id == app_id, t.plans.c.undoes == undoes)
        asked = asked.where(t.plans.c.proposal.is_(None))
        asked = asked.where(t.plans.c.kind != CycleKind.ON_DEMAND.value)
        asked = asked.order_by(t.plans.c.number.desc()).limit(limit)
        return [_plan(row) for row in await self._database.read(lambda c: c.execute(asked).all())]

    async def records(
        self,
        plan: KeptPlan,
        *,
        verbs: Collection[Outlook] = (),
        after: int = -1,
        limit: int,
        by_name: bool = False,
    ) -> Sequence[tuple[int, PlannedRecord]]:
        """Return a page of a plan's records, each with its place, after the one at a place.

        They are in the order of their causes, or ``by_name``; no ``verbs``: all.
        """
        table = t.plan_records
        order = (table.c.by_name, table.c.place) if by_name else (table.c.place,)
        asked = select(table).where(table.c.app_id == plan.app_id, table.c.number == plan.number)
        if after >= 0:
            asked = asked.where(order[0] > (_rank(plan, after) if by_name else after))
        if verbs:
            asked = asked.where(table.c.verb.in_([one.value for one in verbs]))
        asked = asked.order_by(*order).limit(limit)
        found = await self._database.read(lambda c: c.execute(asked).all())
        return [(row.place, _record(row.record)) for row in found]

    async def record(self, plan: KeptPlan, place: int) -> PlannedRecord | None:
        """Return the record at a place, or none."""
        table = t.plan_records
        asked = select(table.c.record).where(
            table.c.app_id == plan.app_id, table.c.number == plan.number, table.c.place == place
        )
        found = await self._database.read(lambda c: c.execute(asked).scalar_one_or_none())
        return None if found is None else _record(found)

    async def carried_out(self, plan: KeptPlan, order_id: int) -> bool:
        """Note by which order a plan is carried out; false where it already is by another."""
        free = _this(update(t.plans), plan).where(t.plans.c.order_id.is_(None))
        changed = await self._database.write(
            lambda c: c.execute(free.values(order_id=order_id)).rowcount
        )
        return bool(changed)


def _this(statement: Any, plan: KeptPlan) -> Any:
    return statement.where(t.plans.c.app_id == plan.app_id, t.plans.c.number == plan.number)


def _row(plan: KeptPlan) -> dict[str, object]:
    return {
        "app_id": plan.app_id,
        "number": plan.number,
        "at": plan.at,
        "actor": plan.actor,
        "state": plan.state.value,
        "settings_version": plan.settings_version,
        "kind": plan.kind,
        "digest": plan.digest,
        "to_seq": plan.to_seq,
        "action_digest": plan.action_digest,
        "counters": _counters(plan),
        "causes": [asdict(one) for one in plan.causes],
        "note": plan.note,
        "message": plan.message,
        "order_id": plan.order_id,
        "undoes": plan.undoes,
        "proposal": None if plan.proposal is None else asdict(plan.proposal),
    }


def _counters(plan: KeptPlan) -> Mapping[str, object] | None:
    """Return the counters with the load beside them: one column holds all numbers of a plan."""
    if plan.counters is None or plan.load is None:
        return plan.counters
    return {**plan.counters, _LOAD: plan.load.to_plain()}


def _plan(row: Any) -> KeptPlan:
    counters = None if row.counters is None else dict(row.counters)
    load = counters.pop(_LOAD, None) if counters is not None else None
    return KeptPlan(
        row.app_id,
        row.number,
        row.at,
        row.actor,
        PlanState(row.state),
        row.settings_version,
        row.kind,
        row.digest,
        row.to_seq,
        row.action_digest,
        counters,
        [PlanCause(one["cause"], one["counts"], one["place"]) for one in row.causes],
        row.note,
        row.message,
        row.order_id,
        row.undoes,
        None if load is None else load_of_plain(load),
        None if row.proposal is None else msgspec.convert(row.proposal, Proposal),
    )


def _rank(plan: KeptPlan, place: int) -> Any:
    """Return where the record at a place stands by name; nobody is after one that is not there."""
    table = t.plan_records
    return (
        select(table.c.by_name)
        .where(table.c.app_id == plan.app_id, table.c.number == plan.number)
        .where(table.c.place == place)
        .scalar_subquery()
    )


def _in_order_of_names(records: Sequence[PlannedRecord]) -> Mapping[int, int]:
    """Return where each place stands when people, then groups, are read by name."""

    def named(place: int) -> tuple[object, ...]:
        one = records[place]
        return one.kind is not Kind.USER, search_key(one.display_name), one.display_name, place

    return {place: rank for rank, place in enumerate(sorted(range(len(records)), key=named))}


def _record_row(
    plan: KeptPlan, place: int, record: PlannedRecord, by_name: int
) -> Mapping[str, object]:
    return {
        "app_id": plan.app_id,
        "number": plan.number,
        "place": place,
        "verb": record.verb.value,
        "record": msgspec.to_builtins(replace(record, steps=())),
        "by_name": by_name,
    }


def _record(plain: object) -> PlannedRecord:
    return msgspec.convert(plain, PlannedRecord)
