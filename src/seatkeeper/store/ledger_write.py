"""Make one ``Work`` true, all of it or nothing.

Beside the walk: called inside one writing transaction. The order of the steps
only serves the database's own rules (old links go before new ones come).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, delete, insert, select, update

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.journal import (
    Key,
    MemberDifference,
    MemberWrite,
    NewNotice,
    Waiting,
    Work,
)
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.match import Claim
from seatkeeper.store import ledger_rows as rows
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.ledger_claims import stored_claims, waiting_rivals
from seatkeeper.store.ledger_held import stand_at
from seatkeeper.store.ledger_holds import count_removals, end_holds, write_holds
from seatkeeper.store.ledger_outbox import tell
from seatkeeper.store.tables import memberships, users
from seatkeeper.store.upsert import among, insert_missing, pieces, upsert


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
    _delete_keys(connection, t.escrows, app_id, work.cleared)
    end_holds(connection, app_id, work.cleared)
    write_holds(connection, app_id, work.holds, work.ended_holds)
    if work.at is not None:
        count_removals(connection, app_id, work.removed, work.at)
    upsert(connection, t.escrows, [rows.escrow_row(app_id, one) for one in work.escrows])
    if work.log:
        connection.execute(insert(t.log), [rows.log_row(entry) for entry in work.log])
    if work.health is not None:
        upsert(connection, t.health, [rows.health_row(app_id, work.health)])
    if work.position is not None:
        position = {"app_id": app_id, "seq": work.position.seq, "digest": work.position.digest}
        upsert(connection, t.positions, [position])
    _tell(connection, app_id, work.notices, work.open_causes)


def _unlink(connection: Connection, app_id: str, keys: Sequence[Key]) -> None:
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
    for one in before - wanted:
        connection.execute(
            delete(t.waiting).where(
                t.waiting.c.app_id == app_id,
                t.waiting.c.kind == one.kind,
                t.waiting.c.record_id == one.record_id,
                t.waiting.c.path == one.path,
                t.waiting.c.missing_id == one.missing_id,
            )
        )
    insert_missing(
        connection,
        t.waiting,
        [
            {
                "app_id": app_id,
                "kind": one.kind,
                "record_id": one.record_id,
                "path": one.path,
                "missing_id": one.missing_id,
            }
            for ends in waiting.values()
            for one in ends
            if one not in before
        ],
    )


def _rows_of(
    connection: Connection, table: Table, app_id: str, keys: Collection[Key]
) -> Iterator[tuple[Kind, Row[Any]]]:
    """Yield a table's rows about these records, each with its kind."""
    for kind in Kind:
        for piece in pieces([record for of, record in keys if of is kind]):
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
            _wake_rivals(connection, app_id, kind, ended)
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


def _wake_rivals(connection: Connection, app_id: str, kind: Kind, ended: Claim) -> None:
    connection.execute(
        update(t.escrows)
        .where(waiting_rivals(app_id, kind, ended))
        .values(retry_at=t.escrows.c.first_at)
    )


def _forget(connection: Connection, app_id: str, records: Sequence[str]) -> None:
    """Have memberships and references to these people's accounts written again."""
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
        connection.execute(
            delete(t.link_members).where(
                t.link_members.c.app_id == app_id, among(t.link_members.c.member_id, piece)
            )
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
    for kind in Kind:
        for piece in pieces([record for of, record in keys if of is kind]):
            connection.execute(
                delete(table).where(
                    table.c.app_id == app_id,
                    table.c.kind == kind,
                    among(table.c.record_id, piece),
                )
            )


def _tell(
    connection: Connection,
    app_id: str,
    notices: Sequence[NewNotice],
    open_causes: frozenset[str] | None,
) -> None:
    if open_causes is not None:
        connection.execute(
            update(t.notices)
            .where(
                t.notices.c.app_id == app_id,
                t.notices.c.still_holds,
                t.notices.c.cause.not_in(sorted(open_causes)),
            )
            .values(still_holds=False)
        )
    tell(connection, notices)
