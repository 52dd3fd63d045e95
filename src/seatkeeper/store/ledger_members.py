"""Compare a group's members in the directory with those last written to an app.

Beside the walk: the questions behind ``Ledger.member_difference``. The database compares; what
is read is what differs, so a change of one member of a hundred thousand reads one row.
"""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, select, true

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.journal import MemberDifference, MemberWrite
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.ledger_undone import undone_members
from seatkeeper.store.tables import memberships


def member_difference(
    connection: Connection, app_id: str, group_id: str, *, most: int | None = None
) -> MemberDifference:
    """Compare the directory's members that have accounts with the members last written.

    ``most``: only so many members are looked at, the first by id, with whoever was written and
    has an id among theirs. A membership whose writing was interrupted is said again, whichever
    way it is wanted now.
    An account that is another record's by now stays in the group if that record is a member.
    Nothing is said of members whose links are held.
    """
    until = None if most is None else _id_after(connection, group_id, most)
    unresolved: list[str] = []
    add: list[MemberWrite] = []
    for member, account in connection.execute(_missing(app_id, group_id, until)):
        if account is None:
            unresolved.append(member)
        else:
            add.append(MemberWrite(group_id, member, account))
    remove = [
        MemberWrite(group_id, member, account)
        for member, account in connection.execute(_too_many(app_id, group_id, until))
    ]
    undone = undone_members(connection, app_id, group_id)
    back = {one.member_id for one in add if undone.get(one.member_id) is True}
    out = {one.member_id for one in remove if undone.get(one.member_id) is False}
    return MemberDifference(
        add=[one for one in add if one.member_id not in back],
        remove=[one for one in remove if one.member_id not in out],
        unresolved=unresolved,
        undone_over=sorted(undone.keys() - back - out),
    )


def member_counts(connection: Connection, app_id: str, group_id: str) -> tuple[int, int]:
    """Return how many members a group has here, and how many surely are in it there."""
    here = select(func.count()).where(memberships.c.group_id == group_id)
    there = (
        select(func.count())
        .select_from(t.link_members)
        .where(_written(app_id, group_id), t.link_members.c.doubtful.is_(False))
    )
    return connection.scalar(here) or 0, connection.scalar(there) or 0


def _id_after(connection: Connection, group_id: str, most: int) -> str | None:
    """Return the id of the first member that is not looked at; none where all of them are."""
    asked = select(memberships.c.member_id).where(memberships.c.group_id == group_id)
    asked = asked.order_by(memberships.c.member_id).offset(most).limit(1)
    return connection.scalar(asked)


def _missing(app_id: str, group_id: str, until: str | None) -> Select[Any]:
    """Return the query of members whose account is not surely in the group, or who have none."""
    surely = and_(
        _written(app_id, group_id),
        t.link_members.c.member_id == memberships.c.member_id,
        t.link_members.c.account_id == t.links.c.account_id,
        t.link_members.c.doubtful.is_(False),
    )
    return (
        select(memberships.c.member_id, t.links.c.account_id)
        .select_from(
            memberships.outerjoin(t.links, _linked(app_id)).outerjoin(t.link_members, surely)
        )
        .where(
            memberships.c.group_id == group_id,
            t.link_members.c.member_id.is_(None),
            memberships.c.member_id < until if until is not None else true(),
        )
        .order_by(memberships.c.member_id)
    )


def _too_many(app_id: str, group_id: str, until: str | None) -> Select[Any]:
    """Return the query of members last written whose account is no member's any more."""
    stays = (
        exists()
        .where(
            _linked(app_id),
            t.links.c.kind.in_([kind.value for kind in Kind]),  # the index begins with it
            t.links.c.account_id == t.link_members.c.account_id,
            memberships.c.group_id == group_id,
        )
        .correlate(t.link_members)
    )
    return (
        select(t.link_members.c.member_id, t.link_members.c.account_id)
        .where(
            _written(app_id, group_id),
            ~stays,
            t.link_members.c.member_id < until if until is not None else true(),
        )
        .order_by(t.link_members.c.member_id)
    )


def _linked(app_id: str) -> ColumnElement[bool]:
    """Return the condition that a link is that of a member, and not held."""
    return and_(
        t.links.c.app_id == app_id,
        t.links.c.kind == memberships.c.member_kind,
        t.links.c.record_id == memberships.c.member_id,
        t.links.c.former_id.is_(None),
    )


def _written(app_id: str, group_id: str) -> ColumnElement[bool]:
    """Return the condition that a member was written, and its link is not held."""
    held_ones = select(t.links.c.record_id).where(
        t.links.c.app_id == app_id, t.links.c.former_id.is_not(None)
    )
    return and_(
        t.link_members.c.app_id == app_id,
        t.link_members.c.group_id == group_id,
        t.link_members.c.member_id.not_in(held_ones),  # whose id may be a stranger's
    )
