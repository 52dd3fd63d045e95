"""Split the members out of a group's PATCH, so that a join never loads the group.

Beside the walk. A group may have a hundred thousand members; "add this one"
needs none of them. What is left goes through ``patch``; who is a member is
the store's rows. Removing somebody who is no member is no fault: the client
may be repeating a request whose answer it lost.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from seatkeeper.scim import quirks
from seatkeeper.scim.filter import get
from seatkeeper.scim.messages import Json, ScimError
from seatkeeper.scim.patch import Operation
from seatkeeper.scim.syntax import Comparison, Filter, Operator, Or

MOST_MEMBERS: Final = 10_000


class MemberWrite(StrEnum):
    """What one operation does with members."""

    ADD = "add"
    REMOVE = "remove"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class MemberChange:
    """One change of a group's members: these ids; ``where`` where only a filter names them."""

    write: MemberWrite
    ids: tuple[str, ...]
    where: Filter | None = None


def split_members(
    operations: tuple[Operation, ...],
) -> tuple[tuple[Operation, ...], tuple[MemberChange, ...]]:
    """Return the operations on other attributes, and the changes of members, in order."""
    rest = tuple(one for one in operations if not _is_members(one))
    return rest, tuple(_change(one) for one in operations if _is_members(one))


def member_ids(value: Json) -> tuple[str, ...]:
    """Return the ids that a ``members`` value lists, in any of its shapes, each once."""
    listed = quirks.elements_from_one(value)
    found: list[str] = []
    for one in listed if isinstance(listed, list) else []:
        element = quirks.element_from_text(one)
        member = get(element, "value") if isinstance(element, dict) else None
        if not isinstance(member, str) or not member:
            raise ScimError(400, "invalidValue", "Each member needs a value: the id of an account.")
        found.append(member)
    if len(found) > MOST_MEMBERS:
        raise ScimError(413, "tooMany", f"At most {MOST_MEMBERS} members at a time.")
    return tuple(dict.fromkeys(found))


def _is_members(operation: Operation) -> bool:
    return operation.path.name.casefold() == "members" and operation.path.schema is None


def _change(operation: Operation) -> MemberChange:
    path = operation.path
    if path.sub is not None:
        raise ScimError(400, "mutability", "A member is added or removed, never edited.")
    if operation.op == "remove":
        if path.where is not None:
            ids = _named(path.where)
            return MemberChange(MemberWrite.REMOVE, ids, None if ids else path.where)
        if operation.value in (None, "", []):
            return MemberChange(MemberWrite.REPLACE, ())
        return MemberChange(MemberWrite.REMOVE, member_ids(operation.value))
    if path.where is not None:
        raise ScimError(400, "mutability", "A member is added or removed, never edited.")
    write = MemberWrite.ADD if operation.op == "add" else MemberWrite.REPLACE
    return MemberChange(write, member_ids(operation.value))


def _named(where: Filter) -> tuple[str, ...]:
    """Return the ids of ``value eq "a" or value eq "b"``; none for any other filter."""
    parts = where.parts if isinstance(where, Or) else (where,)
    found: list[str] = []
    for part in parts:
        plain = isinstance(part, Comparison) and part.op is Operator.EQ
        if not plain or not isinstance(part, Comparison) or not isinstance(part.value, str):
            return ()
        if part.path.name.casefold() != "value":
            return ()
        found.append(part.value)
    return tuple(found)
