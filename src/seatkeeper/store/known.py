"""Read the person or the group that is about to be edited, so that nobody else edits it meanwhile.

At the source of the walk, inside a transaction that somebody else opened.
"""

from sqlalchemy import Connection, select

from seatkeeper.directory.model import Group, User
from seatkeeper.errors import NotFound
from seatkeeper.store.records import group_of, user_of
from seatkeeper.store.tables import groups, users


def known_user(connection: Connection, user_id: str) -> User:
    """Return the user of that id, locked for this transaction. Raises ``NotFound``."""
    row = connection.execute(select(users).where(users.c.id == user_id).with_for_update()).first()
    if row is None:
        raise NotFound(f"There is no user with the id {user_id!r}.")
    return user_of(row)


def known_group(connection: Connection, group_id: str) -> Group:
    """Return the group of that id, locked for this transaction. Raises ``NotFound``."""
    asked = select(groups).where(groups.c.id == group_id).with_for_update()
    row = connection.execute(asked).first()
    if row is None:
        raise NotFound(f"There is no group with the id {group_id!r}.")
    return group_of(row)
