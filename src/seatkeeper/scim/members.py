"""Split the members out of a group's PATCH, so that a join never loads the group.

Beside the walk. A group may have a hundred thousand members; "add this one"
needs none of them. What is left goes through ``patch``; who is a member is
the store's rows. What a message says about members is brought to the least:
at most one replacing, one removal, one addition between two filters that must
look at members. Removing somebody who is no member is no fault: the client
may be repeating a request whose answer it lost.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from seatkeeper.scim import dialect, translation
from seatkeeper.scim.dialect import Inspection
from seatkeeper.scim.errors import NotWritable, TooMany, UnfitValue
from seatkeeper.scim.messages import Json
from seatkeeper.scim.names import get, is_core, is_empty
from seatkeeper.scim.operation import Operation
from seatkeeper.scim.syntax import Comparison, Filter, Operator, Or

MOST_MEMBERS: Final = 10_000


class MemberWrite(StrEnum):
    """What one change does with members."""

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
    operations: tuple[Operation, ...], inspection: Inspection | None = None
) -> tuple[tuple[Operation, ...], tuple[MemberChange, ...]]:
    """Return the operations on other attributes, and the least changes of members, in order."""
    inspection = inspection or Inspection()
    rest = tuple(one for one in operations if not _is_members(one))
    changes = [_change(one, inspection) for one in operations if _is_members(one)]
    return rest, merged_changes(changes)


def merged_changes(changes: Iterable[MemberChange]) -> tuple[MemberChange, ...]:
    """Return fewer changes that say the same; a filter is a wall that nothing crosses."""
    found: list[MemberChange] = []
    run = _Run()
    for change in changes:
        if change.where is None:
            run.take(change)
        else:
            found += [*run.changes(), change]
            run = _Run()
    return (*found, *run.changes())


class _Run:
    """Changes by id, one after the other: the last word on each id counts."""

    def __init__(self) -> None:
        self._replaces = False
        self._added: dict[str, None] = {}
        self._removed: dict[str, None] = {}

    def take(self, change: MemberChange) -> None:
        if change.write is MemberWrite.REPLACE:
            self._replaces, self._removed = True, {}
            self._added = dict.fromkeys(change.ids)
            return
        goes, comes = self._removed, self._added
        if change.write is MemberWrite.REMOVE:
            goes, comes = comes, goes
        for one in change.ids:
            goes.pop(one, None)
            comes[one] = None

    def changes(self) -> list[MemberChange]:
        added = tuple(self._added)
        if self._replaces:
            return [MemberChange(MemberWrite.REPLACE, added)]
        removed = tuple(self._removed)
        return [
            MemberChange(write, ids)
            for write, ids in ((MemberWrite.REMOVE, removed), (MemberWrite.ADD, added))
            if ids
        ]


def member_ids(value: Json, inspection: Inspection | None = None) -> tuple[str, ...]:
    """Return the ids that a ``members`` value lists, in any of its shapes, each once."""
    inspection = inspection or Inspection()
    if value is None:
        return ()
    found: list[str] = []
    for one in translation.elements(value, "members", inspection):
        element = translation.element(one, "members", inspection)
        member = get(element, "value") if isinstance(element, dict) else None
        if not isinstance(member, str) or not member:
            raise UnfitValue("Each member needs a value: the id of an account.")
        found.append(member)
    if len(found) > MOST_MEMBERS:
        raise TooMany(f"At most {MOST_MEMBERS} members at a time.")
    return tuple(dict.fromkeys(found))


def _is_members(operation: Operation) -> bool:
    path = operation.path
    core = path.schema is None or is_core(path.schema)
    return core and path.name.casefold() == "members"


def _change(operation: Operation, inspection: Inspection) -> MemberChange:
    inspection.place = operation.place
    path = operation.path
    if path.sub is not None:
        raise NotWritable("A member is added or removed, never edited.")
    if operation.op == "remove":
        return _removal(operation, inspection)
    if path.where is not None:
        raise NotWritable("A member is added or removed, never edited.")
    write = MemberWrite.ADD if operation.op == "add" else MemberWrite.REPLACE
    return MemberChange(write, member_ids(operation.value, inspection))


def _removal(operation: Operation, inspection: Inspection) -> MemberChange:
    where = operation.path.where
    if where is not None:
        ids = _named(where)
        return MemberChange(MemberWrite.REMOVE, ids, None if ids else where)
    if is_empty(operation.value):
        return MemberChange(MemberWrite.REPLACE, ())
    inspection.tolerate(dialect.REMOVE_WITH_VALUE, "members")
    return MemberChange(MemberWrite.REMOVE, member_ids(operation.value, inspection))


def _named(where: Filter) -> tuple[str, ...]:
    """Return the ids of ``value eq "a" or value eq "b"``; none for any other filter."""
    parts = where.parts if isinstance(where, Or) else (where,)
    found: list[str] = []
    for part in parts:
        if not isinstance(part, Comparison) or part.op is not Operator.EQ:
            return ()
        plain = part.path.sub is None and part.path.where is None and part.path.schema is None
        if not plain or part.path.name.casefold() != "value" or not isinstance(part.value, str):
            return ()
        found.append(part.value)
    return tuple(found)
