"""Who of a source's own is in a group of the source's own.

At the source of the walk, beside ``inbound``, in its transaction. Members that
somebody else put into the group are neither shown nor taken out.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from seatkeeper.scim.errors import UnfitValue
from seatkeeper.scim.members import MemberChange, MemberWrite
from seatkeeper.scim.predicate import compile_filter
from seatkeeper.store import edits
from seatkeeper.store.inbound_reading import Row, members_of, rows_of
from seatkeeper.store.inbound_tables import RESOURCES
from seatkeeper.store.news import News
from seatkeeper.store.records import chunks
from seatkeeper.store.tables import memberships


def change_members(connection: Connection, group: Row, change: MemberChange, news: News) -> bool:
    """Carry out one change of members; say whether anybody came or went.

    Raises ``UnfitValue`` for an id that is none of this source's.
    """
    if change.write is MemberWrite.REMOVE:
        leaving = _records(connection, group.source, _named(connection, group, change))
        return _carried_out(connection, group, [], list(leaving.values()), news)
    joining = _records(connection, group.source, change.ids)
    if len(joining) < len(set(change.ids)):
        raise UnfitValue("A member's value must be the id of somebody whom this source created.")
    leaving_ids: list[str] = []
    if change.write is MemberWrite.REPLACE:
        staying = set(joining.values())
        own = _own_members(connection, group)
        leaving_ids = [one for one in own if one not in staying]
    return _carried_out(connection, group, list(joining.values()), leaving_ids, news)


def _carried_out(
    connection: Connection, group: Row, add: Sequence[str], remove: Sequence[str], news: News
) -> bool:
    present = _present(connection, group, [*add, *remove])
    come = [one for one in add if one not in present]
    go = [one for one in remove if one in present]
    if come or go:
        edits.change_members(connection, group.record_id, come, go, news)
    return bool(come or go)


def _named(connection: Connection, group: Row, change: MemberChange) -> Sequence[str]:
    if change.where is None:
        return change.ids
    meets = compile_filter(change.where)
    found = []
    for one in members_of(connection, group.source, group.id):
        display = one.values.get("displayName") or one.values.get("userName") or ""
        if meets({"value": one.id, "type": one.kind, "display": display}):
            found.append(one.id)
    return found


def _records(connection: Connection, source: str, ids: Sequence[str]) -> dict[str, str]:
    return {one.id: one.record_id for one in rows_of(connection, source, ids).values()}


def _own_members(connection: Connection, group: Row) -> Sequence[str]:
    """Return the source's own among the members, those included that it has deleted."""
    asked = (
        select(memberships.c.member_id)
        .join(RESOURCES, RESOURCES.c.record_id == memberships.c.member_id)
        .where(memberships.c.group_id == group.record_id, RESOURCES.c.source == group.source)
        .order_by(memberships.c.member_id)
    )
    return connection.scalars(asked).all()


def _present(connection: Connection, group: Row, ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for some in chunks(ids):
        asked = select(memberships.c.member_id).where(
            memberships.c.group_id == group.record_id, memberships.c.member_id.in_(some)
        )
        found |= set(connection.scalars(asked))
    return found
