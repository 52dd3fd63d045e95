"""Find what the feed tells of one person or group, newest first, and since when a way leads in.

At the source of the walk. Reading queries only, each along an index by record:
what one page costs follows from the page, never from how long the feed is.
"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Select, or_, select

from seatkeeper.directory.model import Change, Subject, Verb
from seatkeeper.store.news import change_of
from seatkeeper.store.tables import applications, changes, memberships


def past(
    connection: Connection, record_id: str, app_id: str | None, before: int | None, limit: int
) -> list[Change]:
    """Return changes of a record, of its memberships, and of assignments that reach it.

    With an app: nothing of what only concerns others. Assignments of groups are
    those of the groups that it is a direct member of now.
    """
    found = {
        row.seq: row
        for asked in queries(record_id, app_id)
        for row in connection.execute(_page(asked, before, limit))
    }
    newest = sorted(found, reverse=True)[:limit]
    return [change_of(found[seq]) for seq in newest]


def queries(record_id: str, app_id: str | None) -> list[Select[Any]]:
    """Return the questions whose answers together are the past of a record."""
    mine = select(memberships.c.group_id).where(memberships.c.member_id == record_id)
    own = select(changes).where(changes.c.record_id == record_id)
    if app_id is not None:
        own = own.where(or_(changes.c.app_id.is_(None), changes.c.app_id == app_id))
    apps = [app_id] if app_id is not None else select(applications.c.id)
    return [
        own,
        select(changes).where(changes.c.other_id == record_id),
        select(changes).where(changes.c.app_id.in_(apps), changes.c.record_id.in_(mine)),
    ]


def ways_began(
    connection: Connection, app_id: str, record_id: str, group_ids: Collection[str]
) -> Mapping[str, Change]:
    """Return the change that opened each way into an app, by group; under the record: its own.

    Through a group it is whichever came later: the group's assignment, or joining it.
    """
    found: dict[str, Change] = {}
    for way in {record_id, *group_ids}:
        told = [
            change_of(row)
            for asked in way_queries(app_id, record_id, way)
            if (row := connection.execute(asked).first()) is not None
        ]
        if told:
            found[way] = max(told, key=lambda one: one.seq)
    return found


def way_queries(app_id: str, record_id: str, way: str) -> list[Select[Any]]:
    """Return the questions for the newest changes that opened one way."""
    newest = select(changes).order_by(changes.c.seq.desc()).limit(1)
    assigned = newest.where(
        changes.c.app_id == app_id,
        changes.c.record_id == way,
        changes.c.subject == Subject.ASSIGNMENT.value,
        changes.c.verb == Verb.CREATED.value,
    )
    if way == record_id:
        return [assigned]
    joined = newest.where(
        changes.c.other_id == record_id,
        changes.c.record_id == way,
        changes.c.verb == Verb.CREATED.value,
    )
    return [assigned, joined]


def _page(asked: Select[Any], before: int | None, limit: int) -> Select[Any]:
    if before is not None:
        asked = asked.where(changes.c.seq < before)
    return asked.order_by(changes.c.seq.desc()).limit(limit)
