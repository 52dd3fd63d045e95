"""Where a person's data lie in the tables: rows about them, and mentions in rows about others.

Beside the walk: a part of ``erasing``. A new table that holds people's values gets
its line here; ``tests/store/test_erasing.py`` fails for one that has none.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    Text,
    and_,
    delete,
    func,
    or_,
    select,
    tuple_,
    type_coerce,
    update,
)

from seatkeeper.directory.erasing import InTheWay, Traces, as_kept, traces_of
from seatkeeper.directory.model import Kind, Subject
from seatkeeper.errors import AmbiguousSource, Conflict
from seatkeeper.provisioning.cycle import CycleState
from seatkeeper.provisioning.journal import EntryState
from seatkeeper.provisioning.match import Claim
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.administration_tables import ADMINISTRATORS
from seatkeeper.store.inbound_tables import RESOURCES, forget_resource
from seatkeeper.store.ledger_claims import waiting_rivals
from seatkeeper.store.notice_tables import notices, parcels
from seatkeeper.store.plan_tables import plan_records, plans
from seatkeeper.store.records import folded
from seatkeeper.store.tables import (
    applications,
    audit,
    canonical,
    changes,
    groups,
    import_managers,
    users,
)

_ENDED: Final = (EntryState.DONE.value, EntryState.FAILED.value)


@dataclass(frozen=True, slots=True)
class Mention:
    """A table whose rows are about others and may mention somebody in these columns.

    A row that is nothing without the mention goes whole: ``whole`` says by which column.
    """

    what: str
    table: Table
    columns: tuple[str, ...]
    whole: str = ""


MENTIONS: Final = (
    Mention("log", t.log, ("reason", "steps", "modified", "exchanges", "changes")),
    Mention("journal", t.journal, ("changes", "found", "reason", "exchanges")),
    Mention("cycles", t.cycles, ("note", "statistics")),
    Mention("days", t.days, ("statistics",)),
    Mention("links", t.links, ("known",)),
    Mention("escrows", t.escrows, ("message", "advice", "doubt")),
    Mention("health", t.health, ("message", "advice")),
    Mention("holds", t.holds, ("why", "reason", "word", "asked_word")),
    Mention("findings", t.findings, ("display_name", "why", "differences"), "display_name"),
    Mention("undone", t.undone, ("value",), "value"),
    Mention("notices", notices, ("message",)),
    Mention("parcels", parcels, ("messages", "last_error")),
    Mention("orders", t.orders, ("options", "answer")),
    Mention("plans", plans, ("causes", "note", "message")),
    Mention("plans", plan_records, ("record",)),
    Mention("sources", RESOURCES, ("body",)),
)
"""In words that ``Erasable.kept`` and the audit trail use."""


def _own(record_id: str) -> Sequence[tuple[str, Table, ColumnElement[bool]]]:
    """Return the rows that are about somebody and nobody else."""
    by_record = (
        ("log", t.log),
        ("journal", t.journal),
        ("links", t.links),
        ("claims", t.claims),
        ("escrows", t.escrows),
        ("holds", t.holds),
        ("findings", t.findings),
    )
    return [
        *(
            (what, table, and_(table.c.record_id == record_id, table.c.kind == Kind.USER.value))
            for what, table in by_record
        ),
        ("links", t.link_members, t.link_members.c.member_id == record_id),
        ("waiting", t.waiting, or_(*_either(t.waiting, record_id, "record_id", "missing_id"))),
        ("undone", t.undone, or_(*_either(t.undone, record_id, "record_id", "member_id"))),
        ("changes", changes, or_(*_either(changes, record_id, "record_id", "other_id"))),
        ("imports", import_managers, import_managers.c.user_id == record_id),
    ]


def _either(table: Table, record_id: str, *columns: str) -> list[ColumnElement[bool]]:
    return [table.c[name] == record_id for name in columns]


def counted(connection: Connection, record_id: str) -> Mapping[str, int]:
    """Return how many rows there are about somebody, by what they are."""
    found: dict[str, int] = {}
    held = [("person", users, users.c.id == record_id)]
    held += [("sources", RESOURCES, RESOURCES.c.record_id == record_id)]
    for what, table, mine in [*held, *_own(record_id)]:
        count = connection.scalar(select(func.count()).select_from(table).where(mine)) or 0
        found[what] = found.get(what, 0) + count
    return {what: count for what, count in found.items() if count}


def last_name(connection: Connection, record_id: str) -> str | None:
    """Return how the log last called somebody of whom nothing else is left, or none."""
    asked = select(t.log.c.display_name).where(
        t.log.c.record_id == record_id, t.log.c.kind == Kind.USER.value
    )
    return connection.scalar(asked.order_by(t.log.c.seq.desc()).limit(1))


def in_the_way(connection: Connection, record_id: str) -> Sequence[InTheWay]:
    """Return why somebody cannot be erased now."""
    found: list[InTheWay] = []
    app = applications.c
    mine = (t.links.c.record_id == record_id) & (t.links.c.kind == Kind.USER.value)
    linked = select(app.id, app.display_name).join(t.links, t.links.c.app_id == app.id).where(mine)
    for row in connection.execute(linked.order_by(app.id)):
        found.append(
            InTheWay(
                f"They have an account in {row.display_name}.",
                "End what assigns them to it and let a cycle run; where the account is only "
                f"deactivated, delete it in the app, then: seatkeeper reconcile {row.id} "
                f"--user {record_id} --repair",
            )
        )
    j, c = t.journal.c, t.cycles.c
    going = (
        select(app.id, app.display_name)
        .join(t.cycles, c.app_id == app.id)
        .join(t.journal, j.cycle_id == c.id)
        .where(j.record_id == record_id, j.kind == Kind.USER.value, j.state.not_in(_ENDED))
        .where(c.state != CycleState.DONE.value)
    )
    e, o = t.escrows.c, t.orders.c
    doubtful = select(app.id, app.display_name).join(t.escrows, e.app_id == app.id)
    doubtful = doubtful.where(e.record_id == record_id, e.kind == Kind.USER.value)
    doubtful = doubtful.where(type_coerce(e.doubt, Text()) != "[]")
    ordered = select(app.id, app.display_name).join(t.orders, o.app_id == app.id)
    ordered = ordered.where(o.state.in_(["open", "taken"]))
    ordered = ordered.where(_holds(t.orders, "options", [record_id]))
    for asked, what, to_do in (
        (going, "A cycle of {name} has them in its plan.", "Wait for its end."),
        (
            doubtful,
            "What {name} made of a request about them is not known: its answer was lost.",
            "Let a cycle of it run, which looks.",
        ),
        (ordered, "Somebody asked to provision them in {name}.", "Wait for the end."),
    ):
        for row in connection.execute(asked.distinct().order_by(app.id)):
            found.append(InTheWay(what.format(name=row.display_name), to_do))
    pushed = select(RESOURCES.c.source).where(
        RESOURCES.c.record_id == record_id, RESOURCES.c.deleted_at.is_(None)
    )
    for source in connection.scalars(pushed):
        found.append(
            InTheWay(
                f"The source {source} still has them, and would bring them back.",
                "Delete them there first.",
            )
        )
    names = connection.execute(
        select(users.c.user_name, users.c.mail).where(users.c.id == record_id)
    ).first()
    may = select(ADMINISTRATORS.c.email).where(
        ADMINISTRATORS.c.email.in_([one for one in names or () if one])
    )
    for email in connection.scalars(may):
        found.append(
            InTheWay(
                "They may sign in to Seatkeeper.",
                f"End that first: seatkeeper administrators remove {email}",
            )
        )
    return found


def traces(connection: Connection, record_id: str) -> Traces:
    """Return what to look for: all names and ids ever held here, but for those of others now."""
    held: list[Mapping[str, object]] = []
    row = connection.execute(select(users).where(users.c.id == record_id)).first()
    if row is not None:
        held.append(row.attributes)
    about = select(audit.c.before, audit.c.after).where(audit.c.subject == record_id)
    for before, after in connection.execute(about):
        held += [one for one in (before, after) if isinstance(one, Mapping)]
    gone = select(changes.c.detail).where(
        changes.c.record_id == record_id, changes.c.subject == Subject.USER.value
    )
    held += connection.scalars(gone)
    held = [_as_attributes(one) for one in held]
    mine = (t.log.c.record_id == record_id) & (t.log.c.kind == Kind.USER.value)
    names = connection.scalars(select(t.log.c.display_name).where(mine).distinct())
    held += [{"displayName": name} for name in names]
    accounts = connection.scalars(select(t.log.c.account_id).where(mine).distinct())
    ids = [record_id, *(one for one in accounts if one)]
    ids += connection.scalars(select(RESOURCES.c.id).where(RESOURCES.c.record_id == record_id))
    found = traces_of(held, ids)
    return found.without(_somebody_else_s(connection, record_id, found.names))


def _as_attributes(values: Mapping[str, Any]) -> Mapping[str, object]:
    """Return values under the directory's names; the feed has names of its own."""
    own = {"user_name": "userPrincipalName", "display_name": "displayName"}
    return {own.get(name, name): value for name, value in values.items()}


def _somebody_else_s(connection: Connection, record_id: str, names: Collection[str]) -> set[str]:
    """Return those names, case-folded, that other people or groups have now."""
    asked = [folded(one) for one in names]
    taken: set[str] = set()
    for column, values in (
        (users.c.user_name, asked),
        (users.c.mail, asked),
        (users.c.display_name, list(names)),
    ):
        others = select(column).where(users.c.id != record_id, column.in_(values))
        taken.update(str(one).casefold() for one in connection.scalars(others))
    called = select(groups.c.display_name).where(groups.c.display_name.in_(list(names)))
    return taken | {str(one).casefold() for one in connection.scalars(called)}


def remove_own(connection: Connection, record_id: str) -> Mapping[str, int]:
    """Remove the rows about somebody; whoever waited for a value of theirs is tried again."""
    asked_for = select(t.claims.c.app_id, t.claims.c.path, t.claims.c.value).where(
        t.claims.c.record_id == record_id, t.claims.c.kind == Kind.USER.value
    )
    for row in connection.execute(asked_for).all():
        for code in (Conflict.code, AmbiguousSource.code):
            waiting = waiting_rivals(row.app_id, Kind.USER, Claim(row.path, row.value), code=code)
            due = update(t.escrows).where(waiting).values(retry_at=t.escrows.c.first_at)
            connection.execute(due)
    forget_resource(connection, record_id)
    removed: dict[str, int] = {}
    for what, table, mine in _own(record_id):
        gone = connection.execute(delete(table).where(mine)).rowcount
        removed[what] = removed.get(what, 0) + gone
    return removed


def mentioning(connection: Connection, mention: Mention, traces: Traces) -> Sequence[Any]:
    """Return the keys of rows that seem to mention somebody."""
    key = _key(mention.table)
    seems = or_(*(_holds(mention.table, name, traces.texts) for name in mention.columns))
    return connection.execute(select(*key).where(seems)).all()


def remove_mentions(
    connection: Connection, mention: Mention, keys: Sequence[Any], record_id: str, traces: Traces
) -> int:
    """Take somebody out of these rows; return how many were changed or went."""
    table, key, changed = mention.table, _key(mention.table), 0
    asked = select(table).where(tuple_(*key).in_([tuple(one) for one in keys]))
    for row in connection.execute(asked.with_for_update()).mappings().all():
        here = and_(*(column == row[column.name] for column in key))
        if table is t.journal and row["state"] not in _ENDED:
            continue  # its cycle still needs it; it goes with the cycle
        whole = mention.whole and traces.in_text(row[mention.whole])
        if whole or (table is plan_records and row["record"].get("record_id") == record_id):
            changed += connection.execute(delete(table).where(here)).rowcount
            continue
        left = {name: _left(table, name, row[name], traces) for name in mention.columns}
        other = {name: one for name, one in left.items() if one != as_kept(row[name])}
        if other:
            changed += connection.execute(update(table).where(here).values(**other)).rowcount
    return changed


def _left(table: Table, name: str, value: Any, traces: Traces) -> Any:
    if table is t.log and name == "changes" and value is not None:
        # What could be taken back by it would be a value of somebody who is gone.
        return [one for one in value if not traces.in_text(one)] or None
    return traces.erased(value)


def audited(connection: Connection, record_id: str, traces: Traces) -> Sequence[int]:
    """Return the numbers of audit rows with values of somebody, oldest first."""
    about = or_(
        audit.c.subject == record_id, audit.c.subject.endswith(f"/{record_id}", autoescape=True)
    )
    mentions = (_holds(audit, name, traces.texts) for name in ("before", "after"))
    asked = select(audit.c.seq).where(or_(about, *mentions)).order_by(audit.c.seq)
    return connection.scalars(asked).all()


def _key(table: Table) -> list[Any]:
    return list(table.primary_key.columns)


def _holds(table: Table, name: str, texts: Collection[str]) -> ColumnElement[bool]:
    """Whether a column's text holds one of these, as it stands there, whatever the case."""
    column = type_coerce(table.c[name], Text())
    written = {*texts, *(canonical(one)[1:-1] for one in texts)}
    return or_(*(column.icontains(one, autoescape=True) for one in sorted(written)))
