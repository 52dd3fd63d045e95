"""Compare a group's members in the directory with those last written to an app.

Beside the walk: the questions behind ``Ledger.member_difference``. The database compares; what
is read is what differs, so a change of one member of a hundred thousand reads one row.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, select, true

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.journal import MemberDifference, MemberWrite
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.ledger_undone import undone_members
from seatkeeper.store.tables import memberships


def member_difference(
    connection: Connection, app_id: str, group_id: str, *, after: str = "", most: int | None = None
) -> MemberDifference:
    """Compare the directory's members that have accounts with the members last written.

    ``most``: only so many members are looked at, the first by id that come ``after`` that one,
    here and there together. A membership whose writing was interrupted is said again, whichever
    way it is wanted now.
    An account that is another record's by now stays in the group if that record is a member.
    Nothing is said of members whose links are held.
    """
    window = _Window(after, _last_of(connection, app_id, group_id, after, most))
    unresolved: list[str] = []
    add: list[MemberWrite] = []
    for member, account in connection.execute(_missing(app_id, group_id, window)):
        if account is None:
            unresolved.append(member)
        else:
            add.append(MemberWrite(group_id, member, account))
    remove = [
        MemberWrite(group_id, member, account)
        for member, account in connection.execute(_too_many(app_id, group_id, window))
    ]
    undone = undone_members(connection, app_id, group_id, window.holds)
    back = {one.member_id for one in add if undone.get(one.member_id) is True}
    out = {one.member_id for one in remove if undone.get(one.member_id) is False}
    return MemberDifference(
        add=[one for one in add if one.member_id not in back],
        remove=[one for one in remove if one.member_id not in out],
        unresolved=unresolved,
        undone_over=sorted(undone.keys() - back - out),
        upto=window.upto,
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


@dataclass(frozen=True, slots=True)
class _Window:
    """Members by id: those that come after one, up to another one or to the end."""

    after: str
    upto: str | None

    def holds(self, member: ColumnElement[str]) -> ColumnElement[bool]:
        after = member > self.after if self.after else true()
        return and_(after, member <= self.upto if self.upto is not None else true())


def _last_of(
    connection: Connection, app_id: str, group_id: str, after: str, most: int | None
) -> str | None:
    """Return the last member of a window that holds so many at the most; none: it is the last."""
    if most is None:
        return None
    there = t.link_members.c
    written = (there.app_id == app_id, there.group_id == group_id)
    ends = []
    for member, group in (
        (memberships.c.member_id, (memberships.c.group_id == group_id,)),
        (there.member_id, written),
    ):
        asked = select(member).where(*group, member > after)
        ends.append(connection.scalar(asked.order_by(member).offset(most - 1).limit(1)))
    return min((end for end in ends if end is not None), default=None)


def _missing(app_id: str, group_id: str, window: _Window) -> Select[Any]:
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
            window.holds(memberships.c.member_id),
        )
        .order_by(memberships.c.member_id)
    )


def _too_many(app_id: str, group_id: str, window: _Window) -> Select[Any]:
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
            window.holds(t.link_members.c.member_id),
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
