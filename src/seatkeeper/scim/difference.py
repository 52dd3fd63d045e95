"""From differences of values to the operations of one PATCH (RFC 7644 3.5.2).

    source change -> scope -> map -> match -> plan -> [export] -> log

Pure: it knows the differences that planning found, where each value stands and
of which type it is, and what the account holds where that matters. It writes
the dialect that the RFC describes: lower-case ``op``, booleans as booleans, a
path in each operation; what one app wants otherwise is in ``quirks``. It does
not decide what differs. Only what a difference names is taken away: what
others put beside our values stays (decision 0017).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol, TypeAlias

from seatkeeper.scim import quirks
from seatkeeper.scim.element_text import element_of, element_text, identity
from seatkeeper.scim.filter import get
from seatkeeper.scim.messages import Json, Resource
from seatkeeper.scim.path import AttributePath, parse_path, read, remove, write
from seatkeeper.scim.quirks import NO_QUIRKS, Quirk
from seatkeeper.scim.syntax import Comparison, Operator

PlainValue: TypeAlias = str | bool | int | tuple[str, ...]
_OBJECTS: Final = ("complex", "reference")
"""Lists of these types hold objects, which the filter of a path can name one by one."""


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


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands in the resource, and its type.

    ``kind`` is ``string``, ``boolean``, ``integer``, ``datetime``,
    ``reference`` or ``complex`` (an element as ``elements`` holds it).
    """

    path: AttributePath
    kind: str = "string"

    @property
    def element(self) -> AttributePath:
        """The list element that the value is a part of; only where the path has a filter."""
        return replace(self.path, sub=None)


def place_of(text: str, kind: str = "string") -> Place:
    """Return the place that a mapping's path names.

    ``emails[type eq "work"]`` alone means its ``value``; ``manager.value`` of a
    reference means ``manager``, which goes as a whole or not at all.
    """
    path = parse_path(text)
    if path.where is not None and path.sub is None:
        return Place(replace(path, sub="value"), kind)
    if path.where is None and path.sub == "value" and kind == "reference":
        return Place(replace(path, sub=None), kind)
    return Place(path, kind)


def must_read(changes: Sequence[Difference], places: Mapping[str, Place]) -> bool:
    """Say whether the account must be read before these changes can be written.

    A street is new, and the town beside it did not change: the element may be
    there because of the town, and adding it once more would make two. A value
    leaves a list: what else is in the list is not ours to guess.
    """
    for group in _groups(changes, places):
        if any(_lost(one) for one in group):
            return True
        place = _place(group[0], places)
        if place.path.where is None or not _has_others(group, place, places):
            continue
        removed = [one.new is None for one in group]
        if all(removed) or all(one.old is None for one in group):
            return True
    return False


def operations_for(
    changes: Sequence[Difference],
    places: Mapping[str, Place],
    held: Resource | None = None,
    oddities: frozenset[Quirk] = NO_QUIRKS,
) -> list[Resource]:
    """Return the operations that make ``changes`` true, in their order.

    ``held`` is the account as it is, where ``must_read`` asks for it. A list
    element that is not there is added whole, because a strict app answers
    ``noTarget`` to a replace of nothing; one of which nothing is left is
    removed whole.
    """
    operations: list[Resource] = []
    for group in _groups(changes, places):
        place = _place(group[0], places)
        if place.path.where is not None:
            operations += _element_operations(group, places, held, oddities)
            continue
        for one in group:
            if isinstance(one.old, tuple) or isinstance(one.new, tuple):
                operations += _list_operations(one, place, held)
            else:
                operations.append(_operation(one, place, oddities))
    return operations


def wire_value(value: PlainValue, kind: str, oddities: frozenset[Quirk] = NO_QUIRKS) -> Json:
    """Return a target value as JSON of its type; what does not fit its type stays text."""
    if isinstance(value, tuple):
        return [wire_value(one, kind, oddities) for one in value]
    if kind == "complex":
        return element_of(str(value))
    if kind == "reference":
        return {"value": str(value)}
    if kind == "boolean":
        truth = quirks.boolean_from_text(value)
        return quirks.text_from_boolean(truth) if Quirk.BOOLEANS_AS_TEXT in oddities else truth
    if kind == "integer" and isinstance(value, str) and value.lstrip("-").isdecimal():
        return int(value)
    return value


def part_value(value: PlainValue, place: Place, oddities: frozenset[Quirk] = NO_QUIRKS) -> Json:
    """Return a target value as JSON for its place; within an element a reference is its id."""
    kind = "string" if place.path.sub and place.kind == "reference" else place.kind
    return wire_value(value, kind, oddities)


def _groups(
    changes: Sequence[Difference], places: Mapping[str, Place]
) -> Iterator[list[Difference]]:
    """Yield the changes, those of one list element together, in the order of the first."""
    found: dict[AttributePath, list[Difference]] = {}
    for change in changes:
        place = _place(change, places)
        key = place.path if place.path.where is None else place.element
        found.setdefault(key, []).append(change)
    yield from found.values()


def _place(change: Difference, places: Mapping[str, Place]) -> Place:
    return places.get(change.path) or place_of(change.path)


def _has_others(group: Sequence[Difference], place: Place, places: Mapping[str, Place]) -> bool:
    """Whether the element may hold mapped values of which the group tells nothing."""
    told = {change.path for change in group}
    return any(
        other.path.where is not None and other.element == place.element
        for path, other in places.items()
        if path not in told
    )


def _operation(change: Difference, place: Place, oddities: frozenset[Quirk]) -> Resource:
    path = str(place.path)
    if change.new is None:
        return {"op": "remove", "path": path}
    op = "add" if change.old is None else "replace"
    return {"op": op, "path": path, "value": part_value(change.new, place, oddities)}


def _element_operations(
    group: Sequence[Difference],
    places: Mapping[str, Place],
    held: Resource | None,
    oddities: frozenset[Quirk],
) -> list[Resource]:
    """Return the operations on one list element, writes first: it must not vanish between."""
    element = _place(group[0], places).element
    there = any(one.old is not None for one in group)
    if held is not None:
        there = read(held, element) is not None
    writes = [one for one in group if one.new is not None]
    if writes and not there:
        return [_new_element(writes, places, element, oddities)]
    if not writes and not _is_left(group, places, held):
        return [{"op": "remove", "path": str(element)}] if there else []
    ordered = [*writes, *(one for one in group if one.new is None)]
    return [_operation(one, _place(one, places), oddities) for one in ordered]


def _is_left(
    group: Sequence[Difference], places: Mapping[str, Place], held: Resource | None
) -> bool:
    """Whether the element still holds something once the group's values are removed."""
    place = _place(group[0], places)
    if held is None:
        return _has_others(group, place, places)
    for change in group:
        held = remove(held, _place(change, places).path)
    return read(held, place.element) is not None


def _new_element(
    writes: Sequence[Difference],
    places: Mapping[str, Place],
    element: AttributePath,
    oddities: frozenset[Quirk],
) -> Resource:
    made: Resource = {}
    for one in writes:
        place = _place(one, places)
        assert one.new is not None  # noqa: S101 - a write has a value
        made = write(made, place.path, part_value(one.new, place, oddities))
    container = replace(element, where=None)
    return {"op": "add", "path": str(container), "value": read(made, container)}


def _lost(change: Difference) -> tuple[str, ...]:
    """Return the values that leave a list."""
    if not isinstance(change.old, tuple):
        return ()
    kept = change.new if isinstance(change.new, tuple) else ()
    return tuple(one for one in change.old if one not in kept)


def _list_operations(change: Difference, place: Place, held: Resource | None) -> list[Resource]:
    """Return the operations on a list: what it gains is added, what it loses is removed.

    Nothing else is touched. Texts cannot be named one by one, so such a list
    is replaced by what remains of it; objects are named by their ``value``,
    unless two have the same.
    """
    old = change.old if isinstance(change.old, tuple) else ()
    new = change.new if isinstance(change.new, tuple) else ()
    path, lost = str(place.path), _lost(change)
    gained = [wire_value(one, place.kind) for one in new if one not in old]
    if not lost:
        return [{"op": "add", "path": path, "value": gained}] if gained else []
    found = [wire_value(one, place.kind) for one in old]
    if held is not None:
        there = read(held, place.path)
        found = there if isinstance(there, list) else [] if there is None else [there]
    leaving = {identity(wire_value(one, place.kind)) for one in lost}
    staying = {identity(wire_value(one, place.kind)) for one in new if one in old}
    names = [identity(one) for one in found]
    twice = leaving & staying or any(names.count(one) > 1 for one in leaving)
    if place.kind not in _OBJECTS or twice:
        return _replaced(change, place, found, gained)
    return _named_one_by_one(place, found, gained, leaving)


def _replaced(
    change: Difference, place: Place, found: list[Json], gained: list[Json]
) -> list[Resource]:
    """Return the write of the whole list: what is there, less what is lost, and what is gained."""
    new = change.new if isinstance(change.new, tuple) else ()
    lost = {_folded(wire_value(one, place.kind)) for one in _lost(change)}
    ours = {_folded(wire_value(one, place.kind)) for one in new}
    rest = [one for one in found if _folded(one) not in lost - ours]
    there = {_folded(one) for one in rest}
    after = [*rest, *(one for one in gained if _folded(one) not in there)]
    path = str(place.path)
    if not after:
        return [{"op": "remove", "path": path}] if found else []
    return [{"op": "replace", "path": path, "value": after}]


def _folded(one: Json) -> str:
    """Return what tells one value from another; an app may have changed its letter case."""
    text = element_text(one) if isinstance(one, dict) else json.dumps(one)
    return text.casefold()


def _named_one_by_one(
    place: Place, found: list[Json], gained: list[Json], leaving: set[str]
) -> list[Resource]:
    operations: list[Resource] = []
    coming = {identity(one): one for one in gained}
    for one in found:
        name = identity(one)
        if name not in leaving or not isinstance(one, dict):
            continue
        where = Comparison(AttributePath(None, "value"), Operator.EQ, _text(get(one, "value")))
        path = str(replace(place.path, where=where))
        if name in coming:
            operations.append({"op": "replace", "path": path, "value": coming.pop(name)})
        else:
            operations.append({"op": "remove", "path": path})
    if coming:
        operations.append({"op": "add", "path": str(place.path), "value": list(coming.values())})
    return operations


def _text(value: Json) -> str:
    return value if isinstance(value, str) else str(value)
