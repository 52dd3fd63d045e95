"""Who is a member of which group of a SCIM service.

An edge beside the walk. Runs inside the transaction of whoever changes the
group. Only a removal by a filter on values looks at the members that are there.
"""

import json
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from seatkeeper.scim.errors import UnfitValue
from seatkeeper.scim.filter import Filter
from seatkeeper.scim.members import MemberChange, MemberWrite
from seatkeeper.scim.predicate import compile_filter
from seatkeeper.store.resource_tables import MEMBERS, RESOURCES


def change_members(db: sa.Connection, group_id: str, change: MemberChange) -> bool:
    """Carry out one change of members; say whether anybody came or went."""
    mine = MEMBERS.c.group_id == group_id
    gone = 0
    if change.write is MemberWrite.REPLACE:
        others = MEMBERS.delete().where(mine, MEMBERS.c.member_id.not_in(change.ids))
        gone = db.execute(others).rowcount
    elif change.write is MemberWrite.REMOVE:
        ids = change.ids if change.where is None else _meeting(db, group_id, change.where)
        if not ids:
            return False
        one = MEMBERS.delete().where(mine, MEMBERS.c.member_id == sa.bindparam("gone"))
        return db.execute(one, [{"gone": member} for member in ids]).rowcount > 0
    if not change.ids:
        return gone > 0
    there = sa.select(RESOURCES.c.id).where(RESOURCES.c.id == sa.bindparam("member"))
    for member in change.ids:
        if db.execute(there, {"member": member}).first() is None:
            raise UnfitValue("A member's value must be the id of an account.")
    rows = [{"group_id": group_id, "member_id": member} for member in change.ids]
    come = db.execute(MEMBERS.insert().prefix_with("OR IGNORE"), rows).rowcount
    return gone + come > 0


def _meeting(db: sa.Connection, group_id: str, where: Filter) -> Sequence[str]:
    """Return the members that a filter other than by id describes; only this looks at all."""
    meets = compile_filter(where)
    joined = MEMBERS.c.member_id == RESOURCES.c.id
    query = sa.select(RESOURCES.c.id, RESOURCES.c.kind, RESOURCES.c.body).where(
        joined, MEMBERS.c.group_id == group_id
    )
    found: list[str] = []
    for row in db.execute(query):
        values = json.loads(row.body)
        display = values.get("displayName") or values.get("userName") or ""
        if meets({"value": row.id, "type": row.kind, "display": display}):
            found.append(row.id)
    return found


def member_page(
    db: sa.Connection, group_id: str, *, offset: int = 0, limit: int
) -> tuple[list[str], int]:
    """Return the ids of some members, in the order of their creation, and how many there are."""
    mine = MEMBERS.c.group_id == group_id
    total = db.execute(sa.select(sa.func.count()).select_from(MEMBERS).where(mine)).scalar_one()
    joined = MEMBERS.join(RESOURCES, RESOURCES.c.id == MEMBERS.c.member_id)
    query = sa.select(MEMBERS.c.member_id).select_from(joined).where(mine)
    page = db.execute(query.order_by(RESOURCES.c.seq).limit(limit).offset(offset)).scalars()
    return list(page), int(total)


def members_among(db: sa.Connection, group_id: str, ids: Collection[str] | None = None) -> set[str]:
    """Return which of ``ids`` (none: of all) are members of a group, by id."""
    query = sa.select(MEMBERS.c.member_id).where(MEMBERS.c.group_id == group_id)
    if ids is None:
        return set(db.execute(query).scalars())
    found: set[str] = set()
    wanted = sorted(ids)
    for start in range(0, len(wanted), 500):
        part = query.where(MEMBERS.c.member_id.in_(wanted[start : start + 500]))
        found.update(db.execute(part).scalars())
    return found
