"""What each edit of the directory writes, inside a transaction that somebody else opened.

At the source of the walk. Directory and people import both edit through these
functions; each adds what really changed to ``News``, and nothing where nothing did.
Assignments are ``assignment_edits``.
"""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from seatkeeper.clock import utc_now
from seatkeeper.directory.finding import search_key
from seatkeeper.directory.model import (
    Group,
    Kind,
    Subject,
    User,
    Value,
    Values,
    Verb,
)
from seatkeeper.errors import InvalidValue, NotFound
from seatkeeper.ports import UserEdit
from seatkeeper.store.assignment_edits import end_assignments
from seatkeeper.store.inbound_tables import forget_resource
from seatkeeper.store.known import known_group, known_user
from seatkeeper.store.news import WAS, News
from seatkeeper.store.records import (
    changed_names,
    chunks,
    folded,
    merged_group_values,
    merged_user_values,
    user_row,
)
from seatkeeper.store.tables import groups, memberships, users

_COUNTED_BY: Final = ("department",)


def create_user(connection: Connection, edit: UserEdit, user_id: str | None, news: News) -> User:
    """Create a user."""
    user = User(
        id=user_id or str(uuid.uuid4()),
        attributes=merged_user_values({}, edit.attributes),
        enabled=edit.enabled is not False,
    )
    user = replace(user, manager_id=_checked_manager(connection, user, edit.manager_id))
    if connection.scalar(select(users.c.id).where(users.c.id == user.id)) is not None:
        raise InvalidValue(f"The id {user.id} is taken.")
    _check_user_name_free(connection, user)
    connection.execute(insert(users), [{**user_row(user), "created_at": utc_now()}])
    names = sorted(user.attributes) + (["manager"] if user.manager_id else [])
    news.change(Subject.USER, Verb.CREATED, user.id, detail={"attributes": names})
    news.audit("user.create", user.id, None, _shown(user))
    return user


def edit_user(connection: Connection, user: User, edit: UserEdit, news: News) -> User:
    """Carry out one edit of a user who was read in this transaction."""
    edited = replace(
        user,
        attributes=merged_user_values(user.attributes, edit.attributes),
        enabled=user.enabled if edit.enabled is None else edit.enabled,
        manager_id=_checked_manager(connection, user, edit.manager_id),
    )
    names = changed_names(user.attributes, edited.attributes)
    if edited.manager_id != user.manager_id:
        names.append("manager")
    if edited.enabled != user.enabled:
        names.append("accountEnabled")
    if not names:
        return user
    if folded(edited.user_name) != folded(user.user_name):
        _check_user_name_free(connection, edited)
    connection.execute(update(users).where(users.c.id == user.id).values(**user_row(edited)))
    verb = Verb.UPDATED
    if edited.enabled != user.enabled:
        verb = Verb.ENABLED if edited.enabled else Verb.DISABLED
    was = {one: user.attributes[one] for one in _COUNTED_BY if one in names and user.text(one)}
    detail: dict[str, object] = {"attributes": names, **({WAS: was} if was else {})}
    news.change(Subject.USER, verb, user.id, detail=detail)
    before, after = _shown(user), _shown(edited)
    news.audit(
        "user.edit", user.id, *({n: one[n] for n in names if n in one} for one in (before, after))
    )
    return edited


def delete_user(connection: Connection, user_id: str, now: dt.datetime, news: News) -> None:
    """Soft-delete a user; one who is deleted already stays as they are."""
    if known_user(connection, user_id).deleted_at is None:
        connection.execute(update(users).where(users.c.id == user_id).values(deleted_at=now))
        news.change(Subject.USER, Verb.DELETED, user_id)
        news.audit("user.delete", user_id)


def restore_user(connection: Connection, user_id: str, news: News) -> None:
    """Bring back a soft-deleted user; one who is not deleted stays as they are."""
    if known_user(connection, user_id).deleted_at is not None:
        connection.execute(update(users).where(users.c.id == user_id).values(deleted_at=None))
        news.change(Subject.USER, Verb.RESTORED, user_id)
        news.audit("user.restore", user_id)


def purge_user(connection: Connection, user_id: str, news: News) -> None:
    """Remove a user with everything that points at them."""
    user = known_user(connection, user_id)
    _end_memberships(connection, memberships.c.member_id == user_id, news)
    end_assignments(connection, user_id, news)
    reports = select(users.c.id).where(users.c.manager_id == user_id).order_by(users.c.id)
    for report in connection.scalars(reports).all():
        news.change(Subject.USER, Verb.UPDATED, report, detail={"attributes": ["manager"]})
    connection.execute(update(users).where(users.c.manager_id == user_id).values(manager_id=None))
    forget_resource(connection, user_id)
    connection.execute(delete(users).where(users.c.id == user_id))
    names = {"user_name": user.user_name, "display_name": user.display_name}
    news.change(Subject.USER, Verb.PURGED, user_id, detail=names)
    news.audit("user.purge", user_id, names, None)


def create_group(
    connection: Connection, attributes: Values, group_id: str | None, news: News
) -> Group:
    """Create a group; ``attributes`` hold its displayName."""
    values = merged_group_values({}, attributes)
    group = Group(group_id or str(uuid.uuid4()), str(values.pop("displayName")), values)
    if connection.scalar(select(groups.c.id).where(groups.c.id == group.id)) is not None:
        raise InvalidValue(f"The id {group.id} is taken.")
    _check_group_name_free(connection, group)
    connection.execute(insert(groups), [{**_group_row(group), "created_at": utc_now()}])
    names = ["displayName", *sorted(values)]
    news.change(Subject.GROUP, Verb.CREATED, group.id, detail={"attributes": names})
    news.audit("group.create", group.id, None, {"displayName": group.display_name, **values})
    return group


def edit_group(
    connection: Connection, group_id: str, edit: Mapping[str, Value | None], news: News
) -> Group:
    """Change a group's attributes."""
    group = known_group(connection, group_id)
    before = {**group.attributes, "displayName": group.display_name}
    after = merged_group_values(before, edit)
    names = changed_names(before, after)
    if not names:
        return group
    display_name = str(after["displayName"])
    others = {name: value for name, value in after.items() if name != "displayName"}
    edited = Group(group_id, display_name, others)
    if display_name != group.display_name:
        _check_group_name_free(connection, edited)
    connection.execute(update(groups).where(groups.c.id == group_id).values(**_group_row(edited)))
    news.change(Subject.GROUP, Verb.UPDATED, group_id, detail={"attributes": names})
    news.audit(
        "group.edit", group_id, *({n: one[n] for n in names if n in one} for one in (before, after))
    )
    return edited


def delete_group(connection: Connection, group_id: str, news: News) -> None:
    """Remove a group with its members, its own memberships and its assignments."""
    group = known_group(connection, group_id)
    _end_memberships(connection, memberships.c.group_id == group_id, news)
    _end_memberships(connection, memberships.c.member_id == group_id, news)
    end_assignments(connection, group_id, news)
    forget_resource(connection, group_id)
    connection.execute(delete(groups).where(groups.c.id == group_id))
    names = {"display_name": group.display_name}
    news.change(Subject.GROUP, Verb.DELETED, group_id, detail=names)
    news.audit("group.delete", group_id, names, None)


def change_members(
    connection: Connection, group_id: str, add: Sequence[str], remove: Sequence[str], news: News
) -> None:
    """Add and remove direct members; one who is in both lists is a member afterwards."""
    known_group(connection, group_id)
    if group_id in add:
        raise InvalidValue("A group cannot be its own member.")
    kinds = _kinds(connection, add)
    missing = [one for one in add if one not in kinds]
    if missing:
        raise NotFound(f"No user or group has the id {missing[0]!r}.")
    present = _members_among(connection, group_id, [*add, *remove])
    joining = [one for one in dict.fromkeys(add) if one not in present]
    staying = set(add)
    leaving = [one for one in dict.fromkeys(remove) if one in present and one not in staying]
    if joining:
        connection.execute(
            insert(memberships),
            [{"group_id": group_id, "member_id": m, "member_kind": kinds[m]} for m in joining],
        )
    for some in chunks(leaving):
        connection.execute(
            delete(memberships).where(
                memberships.c.group_id == group_id, memberships.c.member_id.in_(some)
            )
        )
    for verb, members in ((Verb.CREATED, joining), (Verb.DELETED, leaving)):
        for member in members:
            kind = Kind(kinds[member] if verb is Verb.CREATED else present[member])
            news.change(Subject.MEMBERSHIP, verb, group_id, other_id=member, other_kind=kind)
    if joining or leaving:
        news.audit("group.members", group_id, {"removed": leaving}, {"added": joining})


def _end_memberships(connection: Connection, where: ColumnElement[bool], news: News) -> None:
    ended = connection.execute(delete(memberships).where(where).returning(memberships)).all()
    for row in sorted(ended, key=lambda row: (row.group_id, row.member_id)):
        kind = Kind(row.member_kind)
        news.change(
            Subject.MEMBERSHIP, Verb.DELETED, row.group_id, other_id=row.member_id, other_kind=kind
        )


def _checked_manager(connection: Connection, user: User, manager_id: str | None) -> str | None:
    if manager_id is None:
        return user.manager_id
    if manager_id == "":
        return None
    if manager_id == user.id:
        raise InvalidValue("Nobody can be their own manager.")
    if manager_id != user.manager_id:
        asked = select(users.c.id).where(users.c.id == manager_id).with_for_update(read=True)
        if connection.scalar(asked) is None:
            raise NotFound(f"The manager {manager_id!r} does not exist.")
    return manager_id


def _check_user_name_free(connection: Connection, user: User) -> None:
    asked = select(users).where(users.c.user_name == folded(user.user_name))
    row = connection.execute(asked).first()
    if row is None or row.id == user.id:
        return
    if row.deleted_at is None:
        raise InvalidValue(f"userPrincipalName {user.user_name} belongs to somebody else.")
    raise InvalidValue(
        f"userPrincipalName {user.user_name} belongs to a deleted user who can still be restored.",
        advice="Restore that user, or purge them first.",
    )


def _check_group_name_free(connection: Connection, group: Group) -> None:
    asked = select(groups.c.id).where(groups.c.display_name == group.display_name)
    if connection.scalar(asked) not in (None, group.id):
        raise InvalidValue(f"A group called {group.display_name!r} exists already.")


def _kinds(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """Return what each id is, none of whom can be removed before the commit."""
    kinds: dict[str, str] = {}
    for table, kind in ((groups, Kind.GROUP), (users, Kind.USER)):
        for some in chunks(ids):
            asked = select(table.c.id).where(table.c.id.in_(some)).order_by(table.c.id)
            found = connection.scalars(asked.with_for_update(read=True))
            kinds |= dict.fromkeys(found, kind.value)
    return kinds


def _members_among(connection: Connection, group_id: str, ids: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in chunks(ids):
        asked = select(memberships).where(
            memberships.c.group_id == group_id, memberships.c.member_id.in_(some)
        )
        found |= {row.member_id: row.member_kind for row in connection.execute(asked)}
    return found


def _group_row(group: Group) -> dict[str, object]:
    attributes = dict(group.attributes)
    return {
        "id": group.id,
        "display_name": group.display_name,
        "attributes": attributes,
        "name_key": search_key(group.display_name),
    }


def _shown(user: User) -> dict[str, object]:
    """Return a user as the audit trail shows them."""
    shown: dict[str, object] = {**user.attributes, "accountEnabled": user.enabled}
    return {**shown, "manager": user.manager_id} if user.manager_id else shown
