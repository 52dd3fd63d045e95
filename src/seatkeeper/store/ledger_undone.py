"""What was undone on SQL, and the log of one cycle to undo it by.

Beside the walk: a part of ``ledger``, and steps of a write. When a hold is over
is decided by ``provisioning.undone`` and, of memberships, in ``ledger_facts``.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, select

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.provisioning.journal import Key
from seatkeeper.provisioning.log import LogEntry
from seatkeeper.provisioning.naming import MEMBERS
from seatkeeper.provisioning.undone import Undone, UndoneValue
from seatkeeper.store import ledger_rows as rows
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.asked import Asked
from seatkeeper.store.ledger_base import LedgerPart
from seatkeeper.store.upsert import among, among_given, pieces_by_kind, upsert

_VALUES_OF: Final = Asked(
    select(t.undone.c.record_id, t.undone.c.path, t.undone.c.value).where(
        t.undone.c.app_id == bindparam("app_id"),
        t.undone.c.kind == bindparam("kind"),
        t.undone.c.path != MEMBERS,
        among_given(t.undone.c.record_id, "ids"),
    )
)


class UndoneParts(LedgerPart):
    """The part of ``ports.Ledger`` about undoing."""

    async def cycle_named(self, app_id: str, name: str) -> Cycle | None:
        """Return the cycle with that number or id, or none."""
        asked = select(t.cycles).where(t.cycles.c.app_id == app_id)
        if name.isascii() and name.isdigit() and len(name) < 10:
            asked = asked.where(t.cycles.c.number == int(name))
        else:
            asked = asked.where(t.cycles.c.id == name)
        row = await self._first(asked)
        return rows.cycle_of(row) if row else None

    async def written_in(
        self, cycle_id: str, *, after: int = 0, limit: int = 500
    ) -> Sequence[tuple[int, LogEntry]]:
        """Return a page of what a cycle wrote, in the order in which it did."""
        found = await self._all(
            select(t.log)
            .where(t.log.c.cycle_id == cycle_id, t.log.c.seq > after)
            .order_by(t.log.c.seq)
            .limit(limit)
        )
        return [(row.seq, rows.log_of(row)) for row in found]

    async def undone(self, app_id: str, kind: Kind, record_id: str) -> Sequence[UndoneValue]:
        """Return what of a record was undone and is held."""
        found = await self._all(
            select(t.undone)
            .where(
                t.undone.c.app_id == app_id,
                t.undone.c.kind == kind,
                t.undone.c.record_id == record_id,
            )
            .order_by(t.undone.c.path, t.undone.c.member_id)
        )
        return [
            UndoneValue(
                Kind(row.kind),
                row.record_id,
                row.path,
                rows.plain_value(row.value),
                row.cycle_id,
                row.at,
                row.member_id,
            )
            for row in found
        ]


def undone_values(
    connection: Connection, app_id: str, kind: Kind, ids: Sequence[str]
) -> Mapping[str, Undone]:
    """Return the values of these records that were taken back, by record and path."""
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    taken_back = _VALUES_OF.all(connection, app_id=app_id, kind=kind, ids=ids)
    for record_id, path, value in taken_back:
        found[record_id][path] = rows.plain_value(value)
    return found


def undone_members(connection: Connection, **part: str) -> Mapping[str, bool]:
    """Return by member whether being in the group is what was taken back, or being out of it.

    ``part``: the ``app_id`` and ``group_id``, and which members of it (``in_part``).
    """
    found = _members_of("upto" in part).all(connection, **part)
    return {member: bool(value) for member, value in found}


def in_part(member: ColumnElement[str], *, bounded: bool) -> ColumnElement[bool]:
    """Return the condition that a member comes ``after`` one, and where ``bounded``, ``upto`` one.

    For a question that is composed once (``asked``): the two are bound by these names.
    """
    after = member > bindparam("after")
    return and_(after, member <= bindparam("upto")) if bounded else after


@cache
def _members_of(bounded: bool) -> Asked:
    return Asked(
        select(t.undone.c.member_id, t.undone.c.value).where(
            t.undone.c.app_id == bindparam("app_id"),
            t.undone.c.kind == Kind.GROUP,
            t.undone.c.record_id == bindparam("group_id"),
            t.undone.c.path == MEMBERS,
            in_part(t.undone.c.member_id, bounded=bounded),
        )
    )


def keep_undone(
    connection: Connection,
    app_id: str,
    undone: Sequence[UndoneValue],
    over: Mapping[Key, Collection[tuple[str, str]]],
) -> None:
    """Hold back what was undone, and let go of what is over (by path and member)."""
    for (kind, record_id), ends in over.items():
        for path, member_id in ends:
            connection.execute(
                delete(t.undone).where(
                    t.undone.c.app_id == app_id,
                    t.undone.c.kind == kind,
                    t.undone.c.record_id == record_id,
                    t.undone.c.path == path,
                    t.undone.c.member_id == member_id,
                )
            )
    upsert(
        connection,
        t.undone,
        [
            {
                "app_id": app_id,
                "kind": one.kind,
                "record_id": one.record_id,
                "path": one.path,
                "member_id": one.member_id,
                "value": one.value,
                "cycle_id": one.cycle_id,
                "at": one.at,
            }
            for one in undone
        ],
    )


def forget_undone(connection: Connection, app_id: str, keys: Sequence[Key]) -> None:
    """Let go of everything that was undone of records without an account."""
    for kind, piece in pieces_by_kind(keys):
        connection.execute(
            delete(t.undone).where(
                t.undone.c.app_id == app_id,
                t.undone.c.kind == kind,
                among(t.undone.c.record_id, piece),
            )
        )
