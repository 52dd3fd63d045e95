"""Make one ``Work`` true, all of it or nothing.

Beside the walk: called inside one writing transaction. The order of the steps
only serves the database's own rules (old links go before new ones come).
"""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, delete, insert, select, update

from seatkeeper.directory.model import Kind
from seatkeeper.errors import Conflict
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.provisioning.history import Day
from seatkeeper.provisioning.journal import (
    Key,
    MemberDifference,
    MemberWrite,
    Waiting,
    Work,
)
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.match import Claim
from seatkeeper.store import ledger_rows as rows
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.ledger_claims import stored_claims, waiting_rivals
from seatkeeper.store.ledger_findings import end_reconciling, keep_findings
from seatkeeper.store.ledger_held import stand_at
from seatkeeper.store.ledger_holds import (
    count_removals,
    end_holds,
    end_holds_of_members,
    write_holds,
)
from seatkeeper.store.ledger_notices import tell
from seatkeeper.store.ledger_undone import forget_undone, keep_undone
from seatkeeper.store.notice_tables import notices
from seatkeeper.store.tables import memberships, users
from seatkeeper.store.upsert import (
    among,
    delete_rows,
    insert_missing,
    pieces,
    pieces_by_kind,
    upsert,
)


def write_work(connection: Connection, app_id: str, work: Work) -> None:
    """Write everything that ``work`` holds."""
    if work.cycle is not None:
        upsert(connection, t.cycles, [rows.cycle_row(work.cycle)])
    upsert(connection, t.journal, [rows.entry_row(cycle, entry) for cycle, entry in work.entries])
    if work.address is not None:
        stand_at(connection, app_id, work.address)
    _inherit(connection, app_id, work.inherited)
    _unlink(connection, app_id, work.unlinked)
    _link(connection, app_id, work.links)
    _intend_members(connection, app_id, work.members_intended)
    _keep_members(connection, app_id, work.members_added, work.members_removed)
    _replace_waiting(connection, app_id, work.waiting)
    _replace_claims(connection, app_id, work.claims)
    _forget(connection, app_id, work.forgotten)
    _forget(connection, app_id, work.unsure, there=True)
    _delete_keys(connection, t.escrows, app_id, work.cleared)
    end_holds(connection, app_id, work.cleared)
    end_holds_of_members(connection, app_id, work.nobody_leaves)
    write_holds(connection, app_id, work.holds, work.ended_holds)
    if work.at is not None:
        count_removals(connection, app_id, work.removed, work.at)
        keep_findings(connection, app_id, work.checked, work.findings, work.at)
    keep_undone(connection, app_id, work.undone, work.undone_over)
    if work.reconciled is not None:
        end_reconciling(connection, app_id, work.reconciled)
    upsert(connection, t.escrows, [rows.escrow_row(app_id, one) for one in work.escrows])
    for kind, claim in work.freed:
        _wake(connection, waiting_rivals(app_id, kind, claim, code=Conflict.code))
    if work.log:
        connection.execute(insert(t.log), [rows.log_row(entry) for entry in work.log])
    _judge_app(connection, app_id, work)
    if work.ended and work.cycle is not None:
        _count_day(connection, work.cycle)
    if work.open_causes is not None:
        _end_causes(connection, app_id, work.open_causes)
    if work.notices and work.at is not None:
        tell(connection, work.notices, work.at)


def _judge_app(connection: Connection, app_id: str, work: Work) -> None:
    """Write how the app is, by what the next cycle judges it, and how far it has come."""
    if work.health is not None:
        upsert(connection, t.health, [rows.health_row(app_id, work.health)])
    if work.failing is not None:
        upsert(connection, t.failing, [rows.kept_row(app_id, work.failing)])
    if work.position is not None:
        position = {"app_id": app_id, "seq": work.position.seq, "digest": work.position.digest}
        upsert(connection, t.positions, [position])


def _count_day(connection: Connection, cycle: Cycle) -> None:
    """Add a cycle that ended to its day. One writer per app and shard, so nobody is overtaken."""
    if cycle.ended is None:
        return
    date = cycle.ended.astimezone(dt.UTC).date()
    row = connection.execute(
        select(t.days).where(t.days.c.app_id == cycle.app_id, t.days.c.day == date.isoformat())
    ).first()
    before = rows.day_of(row) if row is not None else Day(cycle.app_id, date)
    upsert(connection, t.days, [rows.day_row(before.plus(cycle))])


def _unlink(connection: Connection, app_id: str, keys: Sequence[Key]) -> None:
    forget_undone(connection, app_id, keys)
    _delete_keys(connection, t.links, app_id, keys)
    for piece in pieces([record for kind, record in keys if kind is Kind.GROUP]):
        connection.execute(
            delete(t.link_members).where(
                t.link_members.c.app_id == app_id, among(t.link_members.c.group_id, piece)
            )
        )


def _link(connection: Connection, app_id: str, links: Sequence[Link]) -> None:
    upsert(
        connection,
        t.links,
        [
            {
                "app_id": app_id,
                "kind": link.kind,
                "record_id": link.record_id,
                "account_id": link.account_id,
                "known": dict(link.known),
                "display_name": link.display_name,
                "since": link.since,
                "former_id": link.former_id,
            }
            for link in links
        ],
    )


def _inherit(connection: Connection, app_id: str, heirs: Mapping[str, str]) -> None:
    """Let what was written as a record's members or memberships be those of its heir."""
    for owner, heir in heirs.items():
        for mine, other in (("member_id", "group_id"), ("group_id", "member_id")):
            theirs = select(t.link_members.c[other]).where(
                t.link_members.c.app_id == app_id, t.link_members.c[mine] == heir
            )
            held = (t.link_members.c.app_id == app_id) & (t.link_members.c[mine] == owner)
            connection.execute(
                delete(t.link_members).where(held, t.link_members.c[other].in_(theirs))
            )
            connection.execute(update(t.link_members).where(held).values({mine: heir}))


def _intend_members(connection: Connection, app_id: str, intended: MemberDifference) -> None:
    """Hold both ends of what is about to be sent as doubtful: it may or may not become true."""
    for one in intended.remove:
        connection.execute(
            update(t.link_members).where(_membership(app_id, one)).values(doubtful=True)
        )
    upsert(
        connection,
        t.link_members,
        [_member_row(app_id, one, doubtful=True) for one in intended.add],
    )


def _keep_members(
    connection: Connection,
    app_id: str,
    added: Sequence[MemberWrite],
    removed: Sequence[MemberWrite],
) -> None:
    for one in removed:
        connection.execute(delete(t.link_members).where(_membership(app_id, one)))
    upsert(connection, t.link_members, [_member_row(app_id, one, doubtful=False) for one in added])


def _membership(app_id: str, one: MemberWrite) -> ColumnElement[bool]:
    return and_(
        t.link_members.c.app_id == app_id,
        t.link_members.c.group_id == one.group_id,
        t.link_members.c.member_id == one.member_id,
        t.link_members.c.account_id == one.account_id,
    )


def _member_row(app_id: str, one: MemberWrite, *, doubtful: bool) -> dict[str, object]:
    return {
        "app_id": app_id,
        "group_id": one.group_id,
        "member_id": one.member_id,
        "account_id": one.account_id,
        "doubtful": doubtful,
    }


def _replace_waiting(
    connection: Connection, app_id: str, waiting: Mapping[Key, Sequence[Waiting]]
) -> None:
    """Let records wait for these other ends and no others; most wait for nobody, before and now."""
    wanted = {one for ends in waiting.values() for one in ends}
    before = {
        Waiting(kind, row.record_id, row.path, row.missing_id)
        for kind, row in _rows_of(connection, t.waiting, app_id, waiting)
    }
    delete_rows(connection, t.waiting, [_waiting_row(app_id, one) for one in before - wanted])
    new = [one for ends in waiting.values() for one in ends if one not in before]
    insert_missing(connection, t.waiting, [_waiting_row(app_id, one) for one in new])


def _waiting_row(app_id: str, one: Waiting) -> dict[str, Any]:
    return {
        "app_id": app_id,
        "kind": one.kind,
        "record_id": one.record_id,
        "path": one.path,
        "missing_id": one.missing_id,
    }


def _rows_of(
    connection: Connection, table: Table, app_id: str, keys: Collection[Key]
) -> Iterator[tuple[Kind, Row[Any]]]:
    """Yield a table's rows about these records, each with its kind."""
    for kind, piece in pieces_by_kind(keys):
        found = connection.execute(
            select(table).where(
                table.c.app_id == app_id, table.c.kind == kind, among(table.c.record_id, piece)
            )
        )
        yield from ((kind, row) for row in found.all())


def _replace_claims(
    connection: Connection, app_id: str, claims: Mapping[Key, Sequence[Claim]]
) -> None:
    """Take the new claims; who waited only because of one that ended is due at once."""
    before: dict[Key, set[Claim]] = {}
    for kind in Kind:
        held_by = stored_claims(
            connection, app_id, kind, [record for of, record in claims if of is kind]
        )
        before.update({(kind, record): held for record, held in held_by.items()})
    new = []
    for (kind, record_id), asked in claims.items():
        held = before.get((kind, record_id), set())
        if held == set(asked):
            continue
        for ended in held - set(asked):
            connection.execute(
                delete(t.claims).where(
                    t.claims.c.app_id == app_id,
                    t.claims.c.kind == kind,
                    t.claims.c.record_id == record_id,
                    t.claims.c.path == ended.path,
                    t.claims.c.value == ended.value,
                )
            )
            _wake(connection, waiting_rivals(app_id, kind, ended))
        new += [(kind, record_id, claim) for claim in asked if claim not in held]
    insert_missing(
        connection,
        t.claims,
        [
            {
                "app_id": app_id,
                "kind": kind,
                "path": claim.path,
                "value": claim.value,
                "record_id": record_id,
            }
            for kind, record_id, claim in new
        ],
    )


def _wake(connection: Connection, whom: ColumnElement[bool]) -> None:
    due = update(t.escrows).where(whom).values(retry_at=t.escrows.c.first_at)
    connection.execute(due)


def _forget(
    connection: Connection, app_id: str, records: Sequence[str], *, there: bool = False
) -> None:
    """Have memberships and references to these people's accounts written again.

    Where the account is still ``there``, so may its memberships be, those that ended too.
    """
    for piece in pieces(records):
        held = select(t.link_members.c.group_id, t.link_members.c.member_id).where(
            t.link_members.c.app_id == app_id, among(t.link_members.c.member_id, piece)
        )
        again = [
            (Kind.GROUP, row.group_id, "members", row.member_id) for row in connection.execute(held)
        ]
        again += [
            (Kind.GROUP, row.group_id, "members", row.member_id)
            for row in connection.execute(
                select(memberships.c.group_id, memberships.c.member_id).where(
                    among(memberships.c.member_id, piece)
                )
            )
        ]
        again += [
            (Kind.USER, row.id, "manager", row.manager_id)
            for row in connection.execute(
                select(users.c.id, users.c.manager_id).where(among(users.c.manager_id, piece))
            )
        ]
        theirs = (t.link_members.c.app_id == app_id) & among(t.link_members.c.member_id, piece)
        connection.execute(
            update(t.link_members).where(theirs).values(doubtful=True)
            if there
            else delete(t.link_members).where(theirs)
        )
        linked = _linked(connection, app_id, {record for _, record, _, _ in again})
        insert_missing(
            connection,
            t.waiting,
            [
                {
                    "app_id": app_id,
                    "kind": kind,
                    "record_id": record,
                    "path": path,
                    "missing_id": missing,
                }
                for kind, record, path, missing in again
                if record in linked  # the others are written whole when they get an account
            ],
        )


def _linked(connection: Connection, app_id: str, records: Collection[str]) -> set[str]:
    found: set[str] = set()
    for piece in pieces(records):
        rows = connection.execute(
            select(t.links.c.record_id).where(
                t.links.c.app_id == app_id, among(t.links.c.record_id, piece)
            )
        )
        found.update(row.record_id for row in rows)
    return found


def _delete_keys(connection: Connection, table: Table, app_id: str, keys: Collection[Key]) -> None:
    for kind, piece in pieces_by_kind(keys):
        connection.execute(
            delete(table).where(
                table.c.app_id == app_id,
                table.c.kind == kind,
                among(table.c.record_id, piece),
            )
        )


def _end_causes(connection: Connection, app_id: str, open_causes: frozenset[str]) -> None:
    connection.execute(
        update(notices)
        .where(
            notices.c.app_id == app_id,
            notices.c.still_holds,
            notices.c.cause.not_in(sorted(open_causes)),
        )
        .values(still_holds=False)
    )
