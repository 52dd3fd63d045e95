"""How users and groups lie in rows, and how what is written to them is checked.

At the source of the walk. Decides when two names are the same name and which
attributes an edit really changes; it runs only reading queries.
"""

import difflib
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, Table, select

from seatkeeper.directory.attributes import (
    GROUP_ATTRIBUTES,
    USER_ATTRIBUTES,
    Attribute,
    Type,
    checked,
    user_attribute,
)
from seatkeeper.directory.finding import last_name_key, search_key
from seatkeeper.directory.model import Application, AppRole, Group, User, Value, Values
from seatkeeper.errors import InvalidValue
from seatkeeper.store.tables import groups, users

CHUNK: Final = 500
"""Most values in one IN list."""


USER_COLUMNS: Final = tuple(
    users.c[name] for name in ("id", "attributes", "enabled", "manager_id", "deleted_at")
)
"""What a user is made of; a query of many rows need not read the rest."""


def folded(name: str) -> str:
    """Return a name as it is compared: NFC, ignoring case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def user_of(row: Row[Any]) -> User:
    """Return the user of a row of ``USER_COLUMNS`` or of the whole table."""
    return User(row.id, row.attributes, row.enabled, row.manager_id, row.deleted_at)


def group_of(row: Row[Any]) -> Group:
    """Return the group of a row."""
    return Group(row.id, row.display_name, row.attributes)


def application_of(row: Any) -> Application:
    """Return the application of a row."""
    roles = tuple(AppRole(**role) for role in row.roles)
    return Application(row.id, row.gallery_id, row.display_name, roles)


def user_row(user: User) -> dict[str, Any]:
    """Return the columns of a user that follow from their state."""
    mail = user.text("mail")
    return {
        "id": user.id,
        "user_name": folded(user.user_name),
        "mail": folded(mail) if mail else None,
        "display_name": user.display_name,
        "attributes": dict(user.attributes),
        "manager_id": user.manager_id,
        "enabled": user.enabled,
        "deleted_at": user.deleted_at,
        "name_key": search_key(user.display_name),
        "last_key": last_name_key(user),
    }


def chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    """Return the distinct ids in lists that fit into one query."""
    distinct = list(dict.fromkeys(ids))
    for start in range(0, len(distinct), CHUNK):
        yield distinct[start : start + CHUNK]


def rows_by_id(connection: Connection, table: Table, ids: Collection[str]) -> Iterator[Row[Any]]:
    """Return the rows of those ids that exist."""
    for some in chunks(ids):
        yield from connection.execute(select(table).where(table.c.id.in_(some)))


def users_by_id(connection: Connection, ids: Collection[str]) -> dict[str, User]:
    """Return those users that exist."""
    return {row.id: user_of(row) for row in rows_by_id(connection, users, ids)}


def users_named(connection: Connection, names: Collection[str]) -> list[User]:
    """Return the users of these user names, by id."""
    found = [
        row
        for some in chunks(folded(one) for one in names)
        for row in connection.execute(select(users).where(users.c.user_name.in_(some)))
    ]
    return [user_of(row) for row in sorted(found, key=lambda row: str(row.id))]


def groups_by_id(connection: Connection, ids: Collection[str]) -> dict[str, Group]:
    """Return those groups that exist."""
    return {row.id: group_of(row) for row in rows_by_id(connection, groups, ids)}


def page(table: Table, after: str, limit: int) -> Select[Any]:
    """Return the query of one page in the order of ids."""
    return select(table).where(table.c.id > after).order_by(table.c.id).limit(limit)


def merged_user_values(present: Values, edit: Mapping[str, Value | None]) -> dict[str, Value]:
    """Return the attributes after an edit. Raises ``InvalidValue`` for the first wrong one."""
    kept = dict(present)
    for name, value in edit.items():
        _merge(kept, _writable_user_attribute(name), value)
    if not str(kept.get("userPrincipalName", "")).strip():
        raise InvalidValue("userPrincipalName is required and cannot be empty.")
    return kept


def merged_group_values(present: Values, edit: Mapping[str, Value | None]) -> dict[str, Value]:
    """Return a group's attributes after an edit, displayName among them."""
    kept = dict(present)
    for name, value in edit.items():
        found = GROUP_ATTRIBUTES.get(name)
        if found is None or not found.writable:
            raise _unknown("group", name, [n for n, a in GROUP_ATTRIBUTES.items() if a.writable])
        _merge(kept, found, value)
    if not str(kept.get("displayName", "")).strip():
        raise InvalidValue("displayName is required and cannot be empty.")
    return kept


def changed_names(before: Values, after: Values) -> list[str]:
    """Return the names of the attributes that differ, in order."""
    return sorted(
        name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    )


def _merge(kept: dict[str, Value], attribute: Attribute, value: Value | None) -> None:
    held = None if value is None else checked(attribute, value)
    if held is None:
        kept.pop(attribute.name, None)
    else:
        kept[attribute.name] = held


def _writable_user_attribute(name: str) -> Attribute:
    if name == "accountEnabled":
        raise InvalidValue("accountEnabled is not set as an attribute.", advice="Use enabled.")
    if name == "manager":
        raise InvalidValue("manager is not set as an attribute.", advice="Use the manager's id.")
    found = user_attribute(name)
    if found is None or not found.writable or found.type is Type.REFERENCE:
        writable = [one for one, attribute in USER_ATTRIBUTES.items() if attribute.writable]
        raise _unknown("user", name, writable)
    return found


def _unknown(kind: str, name: str, known: list[str]) -> InvalidValue:
    lowered = {one.casefold(): one for one in known}
    close = difflib.get_close_matches(name.casefold(), lowered, n=1)
    advice = f"Did you mean {lowered[close[0]]}?" if close else ""
    return InvalidValue(f"A {kind} has no attribute {name!r} that can be set.", advice=advice)
