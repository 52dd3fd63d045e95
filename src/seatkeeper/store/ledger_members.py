"""Compare a group's members in the directory with those last written to an app.

Beside the walk: the questions behind ``Ledger.member_difference``. The database compares; what
is read is what differs, so a change of one member of a hundred thousand reads one row. It first
asks who is in the group on one side alone, which two indexes answer, and who was in doubt, held,
or has another account by now; only these it looks at closely.
"""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    and_,
    exists,
    func,
    or_,
    select,
    true,
    union_all,
)

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.journal import MemberDifference, MemberWrite
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.ledger_undone import undone_members
from seatkeeper.store.tables import memberships


def member_difference(
    connection: Connection,
    app_id: str,
    group_id: str,
    *,
    after: str = "",
    most: int | None = None,
    among: int | None = None,
) -> MemberDifference:
    """Compare the directory's members that have accounts with the members last written.

    ``most``: only so many that differ are told, here and there each, the first by id that come
    ``after`` that one; ``among``: only so many are looked at. A membership whose writing was
    interrupted is said again, whichever way it is wanted now.
    An account that is another record's by now stays in the group if that record is a member.
    Nothing is said of members whose links are held.
    """
    window = _Window(after, _last_of(connection, app_id, group_id, after, among))
    missing = connection.execute(_missing(app_id, group_id, window).limit(most)).all()
    too_many = connection.execute(_too_many(app_id, group_id, window).limit(most)).all()
    ends = [found[-1].member_id for found in (missing, too_many) if len(found) == most]
    if ends:
        window = replace(window, upto=min(ends))
    unresolved: list[str] = []
    add: list[MemberWrite] = []
    for member, account in missing:
        if not window.has(member):
            break
        if account is None:
            unresolved.append(member)
        else:
            add.append(MemberWrite(group_id, member, account))
    remove = [
        MemberWrite(group_id, member, account) for member, account in too_many if window.has(member)
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

    def has(self, member: str) -> bool:
        return self.upto is None or member <= self.upto

    def holds(self, member: ColumnElement[str]) -> ColumnElement[bool]:
        after = member > self.after if self.after else true()
        return and_(after, member <= self.upto if self.upto is not None else true())


def _last_of(
    connection: Connection, app_id: str, group_id: str, after: str, among: int | None
) -> str | None:
    """Return the last member of a window that holds so many at the most; none: it is the last."""
    if among is None:
        return None
    there = t.link_members.c
    written = (there.app_id == app_id, there.group_id == group_id)
    ends = []
    for member, group in (
        (memberships.c.member_id, (memberships.c.group_id == group_id,)),
        (there.member_id, written),
    ):
        asked = select(member).where(*group, member > after)
        ends.append(connection.scalar(asked.order_by(member).offset(among - 1).limit(1)))
    return min((end for end in ends if end is not None), default=None)


def _missing(app_id: str, group_id: str, window: _Window) -> Select[Any]:
    """Return the query of members whose account is not surely in the group, or who have none."""
    written = t.link_members.alias("written")
    not_written = ~exists().where(
        written.c.app_id == app_id,
        written.c.group_id == group_id,
        written.c.member_id == memberships.c.member_id,
    )
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
            window.holds(memberships.c.member_id),
            or_(
                not_written,
                memberships.c.member_id.in_(_in_question(app_id, group_id)),
                memberships.c.member_id.in_(_held(app_id)),
            ),
            t.link_members.c.member_id.is_(None),
        )
        .order_by(memberships.c.member_id)
    )


def _too_many(app_id: str, group_id: str, window: _Window) -> Select[Any]:
    """Return the query of members last written whose account is no member's any more."""
    here = memberships.alias("here")
    gone = ~exists().where(
        here.c.group_id == group_id, here.c.member_id == t.link_members.c.member_id
    )
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
            window.holds(t.link_members.c.member_id),
            or_(gone, t.link_members.c.member_id.in_(_in_question(app_id, group_id))),
            ~stays,
        )
        .order_by(t.link_members.c.member_id)
    )


def _in_question(app_id: str, group_id: str) -> CompoundSelect[Any]:
    """Return the query of members written whose account is in doubt, or not their link's now."""
    of = t.link_members.alias("of")
    mine = (of.c.app_id == app_id, of.c.group_id == group_id)
    return union_all(
        select(of.c.member_id).where(*mine, of.c.doubtful),
        select(of.c.member_id).where(*mine, of.c.outdated),
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
    return and_(
        t.link_members.c.app_id == app_id,
        t.link_members.c.group_id == group_id,
        t.link_members.c.member_id.not_in(_held(app_id)),  # whose id may be a stranger's
    )


def _held(app_id: str) -> Select[Any]:
    """Return the query of records whose link is held."""
    return select(t.links.c.record_id).where(
        t.links.c.app_id == app_id, t.links.c.former_id.is_not(None)
    )
