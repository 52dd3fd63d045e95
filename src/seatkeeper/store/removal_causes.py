"""Find what led to removals that wait: which change, by whom, when.

Beside the walk. Reading queries only, each along an index and a few for a whole page
of holds. Which change counts is the newest of a day before the removal was held: that
somebody left a group which is assigned, was unassigned, disabled or deleted, that a
group was unassigned, or that settings which decide about access were saved.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Select, func, or_, select, union

from seatkeeper.directory.model import Change, Kind, Subject, Verb
from seatkeeper.provisioning.four_eyes import CauseKind, RemovalCause, decides_about_access
from seatkeeper.provisioning.guard import Hold
from seatkeeper.provisioning.undo import TAKEN_BACK
from seatkeeper.store.administration_tables import ADMINISTRATORS
from seatkeeper.store.news import change_of
from seatkeeper.store.tables import assignments, audit, changes
from seatkeeper.store.upsert import among, pieces

UNDO: Final = "cycle.undo"
"""What the audit trail calls the order of an undo."""

_BEFORE: Final = dt.timedelta(hours=24)
_SAVES: Final = 20


def removal_causes(
    connection: Connection, app_id: str, holds: Sequence[Hold]
) -> Mapping[str, RemovalCause]:
    """Return the cause of each of these holds of one app that has a known one, by hold id."""
    if not holds:
        return {}
    ids = sorted({one.record_id for one in holds})
    own: dict[str, list[Change]] = {}
    for piece in pieces(ids):
        for change in _changes(connection, _newest(app_id, piece)):
            record = change.other_id if change.subject is Subject.MEMBERSHIP else None
            for one in {record, change.record_id} & set(piece):
                own.setdefault(str(one), []).append(change)
    group = _changes(connection, [_group_unassigned(app_id)])
    saved = _audited(connection, app_id)
    emails = set(connection.scalars(select(ADMINISTRATORS.c.email)))
    found = {}
    for hold in holds:
        told = [_cause_of(one) for one in (*own.get(hold.record_id, ()), *group)]
        told += [one for one in saved if (one.kind is CauseKind.UNDO) is _undone(hold)]
        if _undone(hold):
            told = [one for one in told if one.kind is CauseKind.UNDO]
        near = [one for one in told if hold.since - _BEFORE <= one.at <= hold.since]
        if near:
            newest = max(near, key=lambda one: one.at)
            found[hold.id] = RemovalCause(
                newest.kind, newest.at, newest.actor, newest.group_id, newest.actor in emails
            )
    return found


def _undone(hold: Hold) -> bool:
    return hold.reason == TAKEN_BACK


def _newest(app_id: str, ids: Sequence[str]) -> list[Select[Any]]:
    """Return the questions for the numbers of the newest changes that take something away."""
    assigned = union(
        select(assignments.c.principal_id).where(assignments.c.app_id == app_id),
        select(changes.c.record_id).where(
            changes.c.app_id == app_id,
            changes.c.subject == Subject.ASSIGNMENT.value,
            changes.c.verb == Verb.DELETED.value,
        ),
    )
    left = (
        select(func.max(changes.c.seq))
        .where(
            among(changes.c.other_id, ids),
            changes.c.subject == Subject.MEMBERSHIP.value,
            changes.c.verb == Verb.DELETED.value,
            changes.c.record_id.in_(assigned),
        )
        .group_by(changes.c.other_id)
    )
    verbs = [Verb.DISABLED.value, Verb.DELETED.value]
    ended = (
        select(func.max(changes.c.seq))
        .where(
            among(changes.c.record_id, ids),
            changes.c.verb.in_(verbs),
            or_(changes.c.app_id.is_(None), changes.c.app_id == app_id),
        )
        .group_by(changes.c.record_id)
    )
    return [left, ended]


def _group_unassigned(app_id: str) -> Select[Any]:
    return select(func.max(changes.c.seq)).where(
        changes.c.app_id == app_id,
        changes.c.subject == Subject.ASSIGNMENT.value,
        changes.c.verb == Verb.DELETED.value,
        changes.c.other_kind == Kind.GROUP.value,
    )


def _changes(connection: Connection, asked: Iterable[Select[Any]]) -> list[Change]:
    numbers = [
        int(seq) for one in asked for seq in connection.scalars(one).all() if seq is not None
    ]
    return [
        change_of(row)
        for piece in pieces(numbers)
        for row in connection.execute(select(changes).where(changes.c.seq.in_(piece)))
    ]


def _cause_of(change: Change) -> RemovalCause:
    if change.subject is Subject.MEMBERSHIP:
        return RemovalCause(CauseKind.LEFT_GROUP, change.at, change.actor, change.record_id)
    if change.subject is Subject.ASSIGNMENT:
        if change.other_kind is Kind.GROUP:
            kind, group = CauseKind.GROUP_UNASSIGNED, change.record_id
            return RemovalCause(kind, change.at, change.actor, group)
        return RemovalCause(CauseKind.UNASSIGNED, change.at, change.actor)
    kind = CauseKind.DISABLED if change.verb is Verb.DISABLED else CauseKind.DELETED
    return RemovalCause(kind, change.at, change.actor)


def _audited(connection: Connection, app_id: str) -> list[RemovalCause]:
    """Return the newest saves of settings that decide about access, and orders of an undo."""
    asked = select(audit).where(audit.c.subject == app_id).order_by(audit.c.seq.desc())
    found = []
    for row in connection.execute(asked.limit(_SAVES)):
        if row.action == UNDO:
            found.append(RemovalCause(CauseKind.UNDO, row.at, row.actor))
        elif (
            row.before
            and row.after
            and decides_about_access(_settings(row.before), _settings(row.after))
        ):
            found.append(RemovalCause(CauseKind.SETTINGS, row.at, row.actor))
    return found


def _settings(document: Mapping[str, Any]) -> Mapping[str, object]:
    settings = document.get("settings")
    return settings if isinstance(settings, Mapping) else {}
