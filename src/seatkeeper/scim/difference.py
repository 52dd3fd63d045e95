"""From differences of values to the operations of one PATCH (RFC 7644 3.5.2).

    source change -> scope -> map -> match -> plan -> [export] -> log

Pure: it knows the differences that planning found, and the types of the paths.
It writes the dialect that the RFC describes: lower-case ``op``, booleans as
booleans, a path in each operation. It does not decide what differs.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol, TypeAlias

from seatkeeper.scim.messages import Json, Resource
from seatkeeper.scim.path import AttributePath, parse_path, write

PlainValue: TypeAlias = str | bool | int | tuple[str, ...]


class Difference(Protocol):
    """One value's way from ``old`` to ``new``; none is absence."""

    @property
    def path(self) -> str:
        """The attribute path, as the mapping names it."""

    @property
    def old(self) -> PlainValue | None:
        """What the app was last known to hold."""

    @property
    def new(self) -> PlainValue | None:
        """What it is to hold."""


def operations_for(
    changes: Sequence[Difference], types: Mapping[str, str], present: Collection[str] = ()
) -> list[Resource]:
    """Return the operations that make ``changes`` true, in their order.

    ``types`` says of each path of the app ``string``, ``boolean``, ``integer``,
    ``reference`` or ``complex`` (an element as the JSON text of its object).
    A list element that is not there is added whole, because a strict app
    answers ``noTarget`` to a replace of nothing; ``present`` names elements
    (``addresses[type eq "work"]``) known to be there although no change shows
    it (see ``elements_in_doubt``).
    """
    known = set(present) | {_element(change.path) for change in changes if change.old is not None}
    gone = _emptied(changes, types)
    operations: list[Resource] = []
    added: dict[str, Resource] = {}
    for change in changes:
        path = parse_path(change.path)
        element = _element(change.path)
        if change.new is None:
            target = element if element in gone else change.path
            operation: Resource = {"op": "remove", "path": target}
            if operation not in operations:
                operations.append(operation)
            continue
        value = wire_value(change.new, types.get(change.path, "string"))
        if path.where is None or path.sub is None or element in known:
            op = "add" if change.old is None else "replace"
            operations.append({"op": op, "path": change.path, "value": value})
        elif element in added:
            added[element]["value"] = _element_with(added[element]["value"], path, value)
        else:
            added[element] = {
                "op": "add",
                "path": _container(path),
                "value": _element_with([], path, value),
            }
            operations.append(added[element])
    return operations


def elements_in_doubt(changes: Sequence[Difference], types: Mapping[str, str]) -> frozenset[str]:
    """Return the list elements of which ``changes`` do not tell whether they exist.

    A street is new, and the town beside it did not change: the element may be
    there because of the town. Adding it once more would make two.
    """
    told = {_element(change.path) for change in changes if change.old is not None}
    changed = {change.path for change in changes}
    beside = {_element(path) for path in types if path not in changed}
    return frozenset(
        element
        for change in changes
        if change.new is not None and (element := _element(change.path)) != change.path
        if element in beside and element not in told
    )


def wire_value(value: PlainValue, kind: str) -> Json:
    """Return a target value as JSON of its type; what does not fit its type stays text."""
    if isinstance(value, tuple):
        return [wire_value(one, kind if kind == "complex" else "reference") for one in value]
    if kind == "complex":
        element: Json = json.loads(str(value))
        return element
    if kind == "reference":
        return {"value": str(value)}
    if kind == "boolean" and isinstance(value, str) and value.casefold() in ("true", "false"):
        return value.casefold() == "true"
    if kind == "integer" and isinstance(value, str) and value.lstrip("-").isdecimal():
        return int(value)
    return value


def _emptied(changes: Sequence[Difference], types: Mapping[str, str]) -> frozenset[str]:
    """Return the elements that hold nothing once all removals are done."""
    removed = {change.path for change in changes if change.new is None}
    elements = {_element(path) for path in removed} - removed
    return frozenset(
        element
        for element in elements
        if f"{element}.value" in removed
        or all(path in removed for path in types if _element(path) == element)
    )


def _element(path: str) -> str:
    """Return ``emails[type eq "work"]`` of ``emails[type eq "work"].value``; else the path."""
    end = path.rfind("].")
    return path if end < 0 else path[: end + 1]


def _container(path: AttributePath) -> str:
    return f"{path.schema}:{path.name}" if path.schema else path.name


def _element_with(elements: Json, path: AttributePath, value: Json) -> Json:
    bare = AttributePath(schema=None, name=path.name, where=path.where, sub=path.sub)
    return write({path.name: elements}, bare, value)[path.name]
