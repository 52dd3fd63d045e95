"""What an edit of an assignment writes, inside a transaction that somebody else opened.

At the source of the walk. As in ``edits``, what really changed is added to ``News``.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, select, update

from seatkeeper.directory.model import DEFAULT_ACCESS, Assignment, Kind, Subject, Verb
from seatkeeper.errors import InvalidValue, NotFound
from seatkeeper.store.known import known_group, known_user
from seatkeeper.store.news import News
from seatkeeper.store.records import application_of
from seatkeeper.store.tables import applications, assignments


def assign(connection: Connection, assignment: Assignment, news: News) -> None:
    """Assign a principal, or change the role or the reach of one who is assigned."""
    if assignment.nested and assignment.principal_kind is Kind.USER:
        raise InvalidValue(
            "A person's assignment cannot be nested: there are no groups inside a person.",
            advice="Leave nested out, or assign a group.",
        )
    asked = select(applications).where(applications.c.id == assignment.app_id)
    row = connection.execute(asked.with_for_update(read=True)).first()
    if row is None:
        raise NotFound(f"There is no application {assignment.app_id!r}.")
    roles = {role.id: role for role in application_of(row).roles if role.enabled}
    if assignment.role_id != DEFAULT_ACCESS and assignment.role_id not in roles:
        names = [f"{role.display_name} ({role.id})" for role in roles.values()]
        choice = ", ".join([*names, f"Default Access ({DEFAULT_ACCESS})"])
        raise InvalidValue(
            f"{assignment.app_id} has no role {assignment.role_id!r}.", advice=f"It has: {choice}."
        )
    if assignment.principal_kind is Kind.USER:
        known_user(connection, assignment.principal_id)
    else:
        known_group(connection, assignment.principal_id)
    here = _place_of(assignment)
    present = _present(connection, assignment)
    told = (assignment.role_id, assignment.nested)
    if present is not None and (present.role_id, present.nested) == told:
        return
    if present is None:
        row_of = {
            "app_id": assignment.app_id,
            "principal_id": assignment.principal_id,
            "principal_kind": assignment.principal_kind.value,
            "role_id": assignment.role_id,
            "nested": assignment.nested,
        }
        connection.execute(insert(assignments), [row_of])
    else:
        changed = {"role_id": assignment.role_id, "nested": assignment.nested}
        connection.execute(update(assignments).where(here).values(changed))
    _tell_assignment(assignment, Verb.CREATED if present is None else Verb.UPDATED, news, present)
    news.audit(
        "assignment.set",
        f"{assignment.app_id}/{assignment.principal_id}",
        None if present is None else _shown_assignment(present),
        _shown_assignment(assignment),
    )


def assign_as_seen(
    connection: Connection,
    asked: Sequence[Assignment],
    seen: Mapping[str, Assignment | None] | None,
    news: News,
) -> None:
    """Assign several, unless one of them is neither as it was ``seen`` nor as it is asked for."""
    for one in asked:
        present = _present(connection, one) if seen is not None else None
        if seen is not None and present not in (one, seen.get(one.principal_id)):
            raise InvalidValue(
                "Somebody else changed one of these assignments just now.",
                advice="Nothing of yours was saved. Look again at what it does, then assign.",
            )
        assign(connection, one, news)


def unassign(connection: Connection, app_id: str, principal_id: str, news: News) -> None:
    """End an assignment where there is one."""
    here = and_(assignments.c.app_id == app_id, assignments.c.principal_id == principal_id)
    row = connection.execute(delete(assignments).where(here).returning(assignments)).first()
    if row is not None:
        ended = assignment_of(row)
        _tell_assignment(ended, Verb.DELETED, news)
        news.audit("assignment.end", f"{app_id}/{principal_id}", _shown_assignment(ended), None)


def _place_of(one: Assignment) -> ColumnElement[bool]:
    return and_(assignments.c.app_id == one.app_id, assignments.c.principal_id == one.principal_id)


def _present(connection: Connection, one: Assignment) -> Assignment | None:
    """Return the assignment that is in the place of this one, which nobody changes meanwhile."""
    row = connection.execute(select(assignments).where(_place_of(one)).with_for_update()).first()
    return None if row is None else assignment_of(row)


def assignment_of(row: "Row[tuple[object, ...]]") -> Assignment:
    """Return the assignment of a row."""
    kind = Kind(row.principal_kind)
    return Assignment(row.app_id, kind, row.principal_id, row.role_id, row.nested)


def end_assignments(connection: Connection, principal_id: str, news: News) -> None:
    """End every assignment of a person or a group that is going."""
    gone = delete(assignments).where(assignments.c.principal_id == principal_id)
    ended = connection.execute(gone.returning(assignments)).all()
    for row in sorted(ended, key=lambda row: row.app_id):
        _tell_assignment(assignment_of(row), Verb.DELETED, news)


def _tell_assignment(
    assignment: Assignment, verb: Verb, news: News, before: Assignment | None = None
) -> None:
    detail: dict[str, object] = _shown_assignment(assignment)
    if before is not None:
        pairs = {
            "role": (before.role_id, assignment.role_id),
            "nested": (before.nested, assignment.nested),
        }
        detail["attributes"] = [name for name, (was, now) in pairs.items() if was != now]
    news.change(
        Subject.ASSIGNMENT,
        verb,
        assignment.principal_id,
        other_kind=assignment.principal_kind,
        app_id=assignment.app_id,
        detail=detail,
        nested=assignment.nested or (before is not None and before.nested),
    )


def _shown_assignment(assignment: Assignment) -> dict[str, object]:
    """Return an assignment as the audit trail shows it; its reach only where it is nested."""
    shown: dict[str, object] = {"role": assignment.role_id}
    return {**shown, "nested": True} if assignment.nested else shown
