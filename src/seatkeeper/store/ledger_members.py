"""Compare a group's members in the directory with those last written to an app.

Beside the walk: the questions behind ``Ledger.member_difference``. The database compares; what
is read is what differs, so a change of one member of a hundred thousand reads one row. It first
asks who is in the group on one side alone, which two indexes answer, and who was in doubt, held,
or has another account by now; only these it looks at closely.
"""

import sys
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    Connection,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    union_all,
)

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.journal import MemberDifference, MemberWrite
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.asked import Asked
from seatkeeper.store.ledger_undone import in_part, undone_members
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
    upto = _last_of(connection, app_id, group_id, after, among)
    part = {"app_id": app_id, "group_id": group_id, "after": after}
    if upto is not None:
        part["upto"] = upto
    told = sys.maxsize if most is None else most
    missing = _missing(upto is not None).all(connection, **part, most=told)
    too_many = _too_many(upto is not None).all(connection, **part, most=told)
    ends = [found[-1].member_id for found in (missing, too_many) if len(found) == most]
    if ends:
        upto = part["upto"] = min(ends)
    unresolved: list[str] = []
    add: list[MemberWrite] = []
    for member, account in missing:
        if upto is not None and member > upto:
            break
        if account is None:
            unresolved.append(member)
        else:
            add.append(MemberWrite(group_id, member, account))
    remove = [
        MemberWrite(group_id, member, account)
        for member, account in too_many
        if upto is None or member <= upto
    ]
    undone = undone_members(connection, **part)
    back = {one.member_id for one in add if undone.get(one.member_id) is True}
    out = {one.member_id for one in remove if undone.get(one.member_id) is False}
    return MemberDifference(
        add=[one for one in add if one.member_id not in back],
        remove=[one for one in remove if one.member_id not in out],
        unresolved=unresolved,
        undone_over=sorted(undone.keys() - back - out),
        upto=upto,
    )


def member_counts(connection: Connection, app_id: str, group_id: str) -> tuple[int, int]:
    """Return how many members a group has here, and how many surely are in it there."""
    here = select(func.count()).where(memberships.c.group_id == group_id)
    [there] = _SURELY_WRITTEN.first(connection, app_id=app_id, group_id=group_id)
    return connection.scalar(here) or 0, there


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


@cache
def _missing(bounded: bool) -> Asked:
    """Return the question for members whose account is not surely in the group, or who have none.

    ``bounded``: only for those up to one.
    """
    written = t.link_members.alias("written")
    not_written = ~exists().where(
        written.c.app_id == _APP,
        written.c.group_id == _GROUP,
        written.c.member_id == memberships.c.member_id,
    )
    surely = and_(
        _WRITTEN,
        t.link_members.c.member_id == memberships.c.member_id,
        t.link_members.c.account_id == t.links.c.account_id,
        t.link_members.c.doubtful.is_(False),
    )
    return Asked(
        select(memberships.c.member_id, t.links.c.account_id)
        .select_from(memberships.outerjoin(t.links, _LINKED).outerjoin(t.link_members, surely))
        .where(
            memberships.c.group_id == _GROUP,
            in_part(memberships.c.member_id, bounded=bounded),
            or_(
                not_written,
                memberships.c.member_id.in_(_IN_QUESTION),
                memberships.c.member_id.in_(_HELD),
            ),
            t.link_members.c.member_id.is_(None),
        )
        .order_by(memberships.c.member_id)
        .limit(bindparam("most"))
    )


@cache
def _too_many(bounded: bool) -> Asked:
    """Return the question for members last written whose account is no member's any more."""
    here = memberships.alias("here")
    gone = ~exists().where(
        here.c.group_id == _GROUP, here.c.member_id == t.link_members.c.member_id
    )
    stays = (
        exists()
        .where(
            _LINKED,
            or_(*(t.links.c.kind == kind.value for kind in Kind)),  # the index begins with it
            t.links.c.account_id == t.link_members.c.account_id,
            memberships.c.group_id == _GROUP,
        )
        .correlate(t.link_members)
    )
    return Asked(
        select(t.link_members.c.member_id, t.link_members.c.account_id)
        .where(
            _WRITTEN,
            in_part(t.link_members.c.member_id, bounded=bounded),
            or_(gone, t.link_members.c.member_id.in_(_IN_QUESTION)),
            ~stays,
        )
        .order_by(t.link_members.c.member_id)
        .limit(bindparam("most"))
    )


def _in_question() -> CompoundSelect[Any]:
    of = t.link_members.alias("of")
    mine = (of.c.app_id == _APP, of.c.group_id == _GROUP)
    return union_all(
        select(of.c.member_id).where(*mine, of.c.doubtful),
        select(of.c.member_id).where(*mine, of.c.outdated),
    )


_APP: Final[BindParameter[str]] = bindparam("app_id")
_GROUP: Final[BindParameter[str]] = bindparam("group_id")
_IN_QUESTION: Final = _in_question()
"""Members written whose account is in doubt, or not their link's any more."""

_HELD: Final = select(t.links.c.record_id).where(
    t.links.c.app_id == _APP, t.links.c.former_id.is_not(None)
)
"""Records whose link is held: what is at their account may be a stranger's."""

_WRITTEN: Final = and_(
    t.link_members.c.app_id == _APP,
    t.link_members.c.group_id == _GROUP,
    t.link_members.c.member_id.not_in(_HELD),
)
"""That a member was written, and its link is not held."""

_LINKED: Final = and_(
    t.links.c.app_id == _APP,
    t.links.c.kind == memberships.c.member_kind,
    t.links.c.record_id == memberships.c.member_id,
    t.links.c.former_id.is_(None),
)
"""That a link is that of a member, and not held."""

_SURELY_WRITTEN: Final = Asked(
    select(func.count())
    .select_from(t.link_members)
    .where(_WRITTEN, t.link_members.c.doubtful.is_(False))
)
