"""Find the change that took a record's assignment, or its being active.

At the source of the walk. One reading query over the newest part of the feed,
which has no index by record: what lies further back is not worth a long wait.
"""

from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from seatkeeper.directory.model import Change, Subject, Verb
from seatkeeper.store.news import change_of
from seatkeeper.store.tables import assignments, changes, groups, memberships

NEWEST: Final = 100_000
"""Changes of the feed that are looked through."""


def lost(connection: Connection, app_id: str, record_id: str, *, assignment: bool) -> Change | None:
    """Return the newest such change, or none among the ``NEWEST``."""
    newest = select(func.coalesce(func.max(changes.c.seq), 0)).scalar_subquery()
    fits = _assignment_ended(app_id, record_id) if assignment else _ended(record_id)
    row = connection.execute(
        select(changes)
        .where(changes.c.seq > newest - NEWEST, fits)
        .order_by(changes.c.seq.desc())
        .limit(1)
    ).first()
    return None if row is None else change_of(row)


def _ended(record_id: str) -> ColumnElement[Any]:
    ends = [Verb.DISABLED.value, Verb.DELETED.value, Verb.PURGED.value]
    of_itself = [Subject.USER.value, Subject.GROUP.value]
    return and_(
        changes.c.record_id == record_id,
        changes.c.subject.in_(of_itself),
        changes.c.verb.in_(ends),
    )


def _assignment_ended(app_id: str, record_id: str) -> ColumnElement[Any]:
    """Whether it ended directly, with a group's, or by leaving a group that is or was assigned."""
    mine = select(memberships.c.group_id).where(memberships.c.member_id == record_id)
    assigned = select(assignments.c.principal_id).where(assignments.c.app_id == app_id)
    left = and_(
        changes.c.subject == Subject.MEMBERSHIP.value,
        changes.c.other_id == record_id,
        or_(changes.c.record_id.in_(assigned), changes.c.record_id.not_in(select(groups.c.id))),
    )
    ended = and_(
        changes.c.subject == Subject.ASSIGNMENT.value,
        changes.c.app_id == app_id,
        or_(changes.c.record_id == record_id, changes.c.record_id.in_(mine)),
    )
    return and_(changes.c.verb == Verb.DELETED.value, or_(left, ended))
