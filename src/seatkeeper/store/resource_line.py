"""One line of a snapshot: which table it is of, and its values, held against what may be there.

An edge beside the walk, and pure. A file that a person has edited may hold
anything; what is let through here can be inserted and read again.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from seatkeeper.errors import BadInput
from seatkeeper.scim.holding import Stored
from seatkeeper.store.resource_rows import is_id

Line = tuple[str, Mapping[str, Any]]
"""The table that a row is of, and its values."""

_KINDS: Final = ("User", "Group")
_RESOURCE: Final = {
    "kind": str,
    "id": str,
    "created": str,
    "modified": str,
    "version": int,
    "body": str,
}
_MEMBER: Final = {"group": str, "member": str}
_HIGHEST_VERSION: Final = 2**31 - 1


def resource_of_line(line: Line) -> Stored:
    """Return the account or group of a line. Raises ``BadInput``."""
    values = line[1]
    _require(values, _RESOURCE)
    try:
        body = json.loads(values["body"])
        # Half a character would be refused by the database, in other words.
        json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise unfit() from error
    fits = (
        isinstance(body, dict)
        and values["kind"] in _KINDS
        and is_id(values["id"])
        and values["id"] != ""
        and 0 < values["version"] <= _HIGHEST_VERSION
    )
    if not fits:
        raise unfit()
    dates = values["created"], values["modified"]
    return Stored(values["kind"], values["id"], body, *dates, values["version"])


def member_of_line(line: Line) -> tuple[str, str]:
    """Return the group and the member of a line, by id. Raises ``BadInput``."""
    _require(line[1], _MEMBER)
    return line[1]["group"], line[1]["member"]


def row_of_line(line: Line, table: sa.Table) -> Mapping[str, Any]:
    """Return the row of a line of another table. Raises ``BadInput``."""
    of, values = line
    if of != table.name:
        raise BadInput("The snapshot holds rows of a kind that this program does not know.")
    _require(
        values,
        {
            str(name): column.type.python_type
            for name, column in table.c.items()
            if values.get(name) is not None or not column.nullable
        },
        nullable=frozenset(str(name) for name, column in table.c.items() if column.nullable),
    )
    return values


def unfit() -> BadInput:
    """Return what is raised for a row that cannot be there."""
    return BadInput(
        "The snapshot holds a row that does not fit; nothing was restored.",
        advice="Make the snapshot anew with the program that runs here.",
    )


def _require(
    values: Mapping[str, Any],
    wanted: Mapping[str, type],
    nullable: frozenset[str] = frozenset(),
) -> None:
    if not wanted.keys() <= values.keys() <= wanted.keys() | nullable:
        raise unfit()
    for name, kind in wanted.items():
        value = values[name]
        # A truth value is a number to Python, and none to a database.
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise unfit()
        if isinstance(value, str) and not _is_writable(value):
            raise unfit()


def _is_writable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text
