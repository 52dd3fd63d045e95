"""Who is a member of which group of a SCIM service.

An edge beside the walk. Runs inside the transaction of whoever changes the
group, which holds the group's row. Adding and removing by id costs the same
in a group of ten and of a hundred thousand; only a replacement, and a removal
by a filter on values, look at the members that are there.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

import sqlalchemy as sa

from seatkeeper.scim.errors import UnfitValue
from seatkeeper.scim.filter import Filter
from seatkeeper.scim.holding import Stored
from seatkeeper.scim.members import MemberChange, MemberWrite
from seatkeeper.scim.predicate import compile_filter
from seatkeeper.store.fixed import Fixed
from seatkeeper.store.resource_rows import LIGHT, LightRow, is_id, light, lights
from seatkeeper.store.resource_tables import MEMBERS, RESOURCES
from seatkeeper.store.upsert import PIECE, pieces

_GIVEN: Final[sa.BindParameter[str]] = sa.bindparam("of")
_SEQ_OF: Final = Fixed(sa.select(RESOURCES.c.seq).where(RESOURCES.c.id == _GIVEN))
_NEW: Final = Fixed(MEMBERS.insert())


def _related_to_one(kind: str) -> Fixed:
    given, wanted = MEMBERS.c.member_seq, MEMBERS.c.group_seq
    if kind == "Group":
        given, wanted = wanted, given
    of = RESOURCES.alias("of")
    mine = sa.select(of.c.seq).where(of.c.id == _GIVEN, of.c.kind == kind).scalar_subquery()
    query = sa.select(*LIGHT).join(MEMBERS, RESOURCES.c.seq == wanted).where(given == mine)
    return Fixed(query.order_by(wanted))


_RELATED_TO_ONE: Final = {kind: _related_to_one(kind) for kind in ("User", "Group")}


def change_members(db: sa.Connection, group: int, change: MemberChange) -> bool:
    """Carry out one change of members; say whether anybody came or went."""
    if change.write is MemberWrite.REMOVE:
        if change.where is not None:
            return _take_away(db, group, _meeting(db, group, change.where)) > 0
        return _take_away(db, group, list(_seqs_of(db, change.ids).values())) > 0
    seqs = _seqs_of(db, change.ids)
    if any(member not in seqs for member in change.ids):
        raise UnfitValue("A member's value must be the id of an account.")
    wanted = sorted(set(seqs.values()))
    gone = 0
    if change.write is MemberWrite.REPLACE:
        kept = set(wanted)
        gone = _take_away(db, group, [seq for seq in _all(db, group) if seq not in kept])
    return _take_in(db, group, wanted) + gone > 0


def members_of(db: sa.Connection, group_id: str) -> Sequence[Stored]:
    """Return the members of a group as references show them, in the order of their creation."""
    return _joined(db, MEMBERS.c.group_seq, MEMBERS.c.member_seq, group_id)


def groups_of(db: sa.Connection, member_id: str) -> Sequence[Stored]:
    """Return the groups of a member as references show them, in the order of their creation."""
    return _joined(db, MEMBERS.c.member_seq, MEMBERS.c.group_seq, member_id)


def related(db: sa.Connection, kind: str, seqs: Sequence[int]) -> Mapping[int, list[Stored]]:
    """Return the members of each group, or the groups of each user, by number."""
    given, wanted = MEMBERS.c.member_seq, MEMBERS.c.group_seq
    if kind == "Group":
        given, wanted = wanted, given
    query = (
        sa.select(given.label("of"), *LIGHT)
        .join(RESOURCES, RESOURCES.c.seq == wanted)
        .where(given.in_(seqs))
        .order_by(given, wanted)
    )
    found: dict[int, list[Stored]] = {}
    for row in db.execute(query):
        found.setdefault(row.of, []).append(light(row))
    return found


def related_by_id(
    db: sa.Connection, kind: str, ids: Collection[str]
) -> Mapping[str, Sequence[Stored]]:
    """Return the members of each group, or the groups of each user, by id."""
    usable = [one for one in dict.fromkeys(ids) if is_id(one)]
    if len(usable) == 1:
        rows = _RELATED_TO_ONE[kind].rows(db, of=usable[0])
        return {usable[0]: [light(LightRow(*row)) for row in rows]} if rows else {}
    found: dict[str, Sequence[Stored]] = {}
    for piece in pieces(usable):
        asked = sa.select(RESOURCES.c.seq, RESOURCES.c.id)
        asked = asked.where(RESOURCES.c.id.in_(piece), RESOURCES.c.kind == kind)
        by_seq = {row.seq: row.id for row in db.execute(asked)}
        of_each = related(db, kind, list(by_seq))
        found.update((by_seq[seq], others) for seq, others in of_each.items())
    return found


def seq_of(db: sa.Connection, resource_id: str) -> int | None:
    """Return the number of an id, or none where there is no such id."""
    if not is_id(resource_id):
        return None
    found = _SEQ_OF.first(db, of=resource_id)
    return None if found is None else int(found[0])


def leave_all(db: sa.Connection, seq: int) -> None:
    """Delete the memberships of one resource; each group that it leaves has a new version."""
    left = sa.select(MEMBERS.c.group_seq).where(MEMBERS.c.member_seq == seq)
    changed = RESOURCES.update().where(RESOURCES.c.seq.in_(left))
    db.execute(changed.values(version=RESOURCES.c.version + 1))
    db.execute(MEMBERS.delete().where(MEMBERS.c.member_seq == seq))
    db.execute(MEMBERS.delete().where(MEMBERS.c.group_seq == seq))


def _joined(
    db: sa.Connection, given: sa.Column[int], wanted: sa.Column[int], resource_id: str
) -> Sequence[Stored]:
    seq = seq_of(db, resource_id)
    if seq is None:
        return []
    query = sa.select(*LIGHT).join(MEMBERS, wanted == RESOURCES.c.seq).where(given == seq)
    return lights(db, query.order_by(wanted))


def _seqs_of(db: sa.Connection, ids: Iterable[str]) -> dict[str, int]:
    """Return the numbers of those ids that there are; nobody deletes them before we are done."""
    found: dict[str, int] = {}
    for piece in pieces([one for one in dict.fromkeys(ids) if is_id(one)]):
        query = sa.select(RESOURCES.c.id, RESOURCES.c.seq).where(RESOURCES.c.id.in_(piece))
        query = query.order_by(RESOURCES.c.seq).with_for_update(read=True, key_share=True)
        found.update((row.id, row.seq) for row in db.execute(query))
    return found


def _take_in(db: sa.Connection, group: int, seqs: Sequence[int]) -> int:
    come = 0
    for piece in pieces(seqs):
        mine = (MEMBERS.c.group_seq == group) & MEMBERS.c.member_seq.in_(piece)
        there = set(db.execute(sa.select(MEMBERS.c.member_seq).where(mine)).scalars())
        rows = [{"group_seq": group, "member_seq": seq} for seq in piece if seq not in there]
        _NEW.run_each(db, rows)
        come += len(rows)
    return come


def _take_away(db: sa.Connection, group: int, seqs: Sequence[int]) -> int:
    gone = 0
    for piece in pieces(seqs):
        mine = (MEMBERS.c.group_seq == group) & MEMBERS.c.member_seq.in_(piece)
        gone += db.execute(MEMBERS.delete().where(mine)).rowcount
    return gone


def _all(db: sa.Connection, group: int) -> Sequence[int]:
    query = sa.select(MEMBERS.c.member_seq).where(MEMBERS.c.group_seq == group)
    return db.execute(query).scalars().all()


def _meeting(db: sa.Connection, group: int, where: Filter) -> list[int]:
    """Return the members that a filter other than by id describes; only this looks at all."""
    meets = compile_filter(where)
    return [
        row.seq
        for row in _each(db, group)
        if meets({"value": row.id, "type": row.kind, "display": _display(light(row))})
    ]


def _each(db: sa.Connection, group: int) -> Iterator[sa.Row[tuple[int, str]]]:
    last = 0
    while True:
        query = (
            sa.select(*LIGHT)
            .join(MEMBERS, MEMBERS.c.member_seq == RESOURCES.c.seq)
            .where(MEMBERS.c.group_seq == group, MEMBERS.c.member_seq > last)
            .order_by(MEMBERS.c.member_seq)
            .limit(PIECE)
        )
        rows = db.execute(query).all()
        yield from rows
        if len(rows) < PIECE:
            return
        last = rows[-1].seq


def _display(one: Stored) -> str:
    return str(one.values.get("displayName") or one.values.get("userName") or "")


def members_among(db: sa.Connection, group_id: str, ids: Collection[str] | None = None) -> set[str]:
    """Return which of ``ids`` (none: of all) are members of a group, by id."""
    group = RESOURCES.alias("of")
    seq = sa.select(group.c.seq).where(group.c.id == group_id).scalar_subquery()
    query = (
        sa.select(RESOURCES.c.id)
        .join(MEMBERS, MEMBERS.c.member_seq == RESOURCES.c.seq)
        .where(MEMBERS.c.group_seq == seq)
    )
    if ids is None:
        return set(db.execute(query).scalars())
    found: set[str] = set()
    for piece in pieces(sorted(filter(is_id, ids))):
        found.update(db.execute(query.where(RESOURCES.c.id.in_(piece))).scalars())
    return found


def member_page(
    db: sa.Connection, group_id: str, *, offset: int, limit: int
) -> tuple[list[str], int]:
    """Return some members of a group by id, in the order of their creation, and how many."""
    group = RESOURCES.alias("of")
    seq = sa.select(group.c.seq).where(group.c.id == group_id).scalar_subquery()
    mine = MEMBERS.c.group_seq == seq
    total = sa.select(sa.func.count()).select_from(MEMBERS).where(mine)
    query = (
        sa.select(RESOURCES.c.id)
        .join(MEMBERS, MEMBERS.c.member_seq == RESOURCES.c.seq)
        .where(mine)
        .order_by(MEMBERS.c.member_seq)
    )
    found = db.execute(query.limit(limit).offset(offset)).scalars().all()
    return list(found), int(db.execute(total).scalar_one())
