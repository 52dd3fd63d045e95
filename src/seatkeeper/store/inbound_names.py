"""What a source calls somebody: which record has that name, and which names nobody may have.

At the source of the walk, beside ``store.inbound``: looks up names inside its
transaction and refuses texts that could not be kept. It writes nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, select

from seatkeeper.errors import InvalidValue
from seatkeeper.provisioning.inbound import Said
from seatkeeper.scim.errors import Taken, UnfitValue
from seatkeeper.scim.messages import Json
from seatkeeper.store.inbound_reading import unfit
from seatkeeper.store.records import folded
from seatkeeper.store.tables import groups, users

GROUP: Final = "Group"


@contextmanager
def losing_is_a_conflict(
    connection: Connection, kind: str, wanted: Said, record_id: str
) -> Iterator[None]:
    """Answer 409 where somebody else took the name since it was found free."""
    try:
        yield
    except InvalidValue as error:
        if named(connection, kind, wanted) not in (None, record_id):
            raise Taken("Another one took this name just now.") from error
        raise


def named(connection: Connection, kind: str, wanted: Said) -> str | None:
    """Return the record of the directory that has the name which a resource asks for."""
    if kind == GROUP:
        name = str(wanted.attributes.get("displayName", ""))
        return connection.scalar(select(groups.c.id).where(groups.c.display_name == name))
    name = folded(str(wanted.attributes.get("userPrincipalName", "")))
    return connection.scalar(select(users.c.id).where(users.c.user_name == name))


def user_name_of(connection: Connection, record_id: str) -> str:
    """Return the userName of somebody, as it is compared."""
    return str(connection.scalar(select(users.c.user_name).where(users.c.id == record_id)))


def check_texts(value: Json) -> None:
    """Refuse what no database takes, in values that nothing maps, too."""
    if isinstance(value, str):
        if unfit(value):
            raise UnfitValue("A text holds U+0000 or half a character, which no app can take.")
    elif isinstance(value, dict):
        for name, part in value.items():
            check_texts(name)
            check_texts(part)
    elif isinstance(value, list):
        for part in value:
            check_texts(part)


def check_user_name(wanted: Said) -> None:
    """Refuse a userName that would look like another one. Raises ``UnfitValue``."""
    name = str(wanted.attributes.get("userPrincipalName", ""))
    if name != name.strip() or not name.isprintable():
        raise UnfitValue("userName has spaces at an end or hidden characters.")
