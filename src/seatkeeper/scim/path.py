"""Attribute paths (RFC 7644 3.5.2): read one, and read, write or remove what it names.

Beside the walk: mappings name target values by these paths, the connector
builds requests with them, the service provider's PATCH writes through them.
Resources are never changed in place; each write returns a new one that shares
what it did not touch. Types are ``schema``'s business, not decided here.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from seatkeeper.scim import quirks
from seatkeeper.scim.filter import elements_of, get, is_core, key_of, matches
from seatkeeper.scim.grammar import Reader
from seatkeeper.scim.messages import Json, Resource, ScimError
from seatkeeper.scim.syntax import And, AttributePath, Comparison, Filter, Not, Operator, Or

_NOTHING: Final[tuple[Json, ...]] = (None, "", [], {})


def parse_path(text: str) -> AttributePath:
    """Return the path that ``text`` writes. Raises ``ScimError`` (invalidPath) with the position.

    A URN in front is split off; a bare extension URN (``...:2.0:User``) names
    the whole extension. ``primary`` is compared as a boolean, however it is written.
    """
    reader = Reader(quirks.path_without_stray_dot(text), "invalidPath")
    path = reader.attribute_path()
    reader.at_end()
    return path if path.where is None else replace(path, where=_typed(path.where))


def read(resource: Resource, path: AttributePath) -> Json:
    """Return what the path names, or none.

    With a filter and a sub-attribute the first element that has it answers; with a
    filter alone, the list of elements that meet it.
    """
    if path.where is None and path.sub is None:
        return _attribute(resource, path)
    found = elements_of(resource, path)
    if path.where is not None:
        chosen = [one for one in found if isinstance(one, dict) and matches(path.where, one)]
        if path.sub is None:
            return list(chosen) or None
        values = [get(one, path.sub) for one in chosen]
        return next((value for value in values if value is not None), None)
    values = [get(one, str(path.sub)) for one in found if isinstance(one, dict)]
    if isinstance(_attribute(resource, path), list):
        return [value for value in values if value is not None] or None
    return values[0] if values else None


def write(resource: Resource, path: AttributePath, value: Json) -> Resource:
    """Return a resource in which the path names ``value``; an empty value removes it.

    An element that a filter of plain ``eq`` describes and that is not there
    yet is created as described; any other filter without a match is
    ``noTarget``.
    """
    if is_nothing(value):
        return remove(resource, path)
    return _rebuilt(resource, path, lambda held: _written(held, path, value))


def is_nothing(value: Json) -> bool:
    """Say whether writing ``value`` removes; a number or a truth value is always something."""
    return value in _NOTHING and not isinstance(value, bool | int | float)


def remove(resource: Resource, path: AttributePath) -> Resource:
    """Return a resource without what the path names; what becomes empty is left out too."""
    if _attribute(resource, path) is None:
        return resource
    return _rebuilt(resource, path, lambda held: _without(held, path))


def top_of(path: AttributePath) -> str:
    """Return the key of a resource under which all lies that the path names."""
    extension = path.schema is not None and not is_core(path.schema)
    return str(path.schema) if extension else path.name


def described(where: Filter) -> Resource | None:
    """Return the element that a filter of plain ``eq`` describes, or none for any other filter."""
    parts = where.parts if isinstance(where, And) else (where,)
    element: Resource = {}
    for part in parts:
        if not isinstance(part, Comparison) or part.op is not Operator.EQ or part.value is None:
            return None
        if part.path.sub or part.path.where or part.path.schema:
            return None
        element[part.path.name] = part.value
    return element


def _typed(where: Filter) -> Filter:
    match where:
        case Comparison(path, op, value) if path.name.casefold() == "primary":
            held = quirks.boolean_from_text(value)
            return Comparison(path, op, held) if isinstance(held, bool) else where
        case And(parts):
            return And(tuple(_typed(one) for one in parts))
        case Or(parts):
            return Or(tuple(_typed(one) for one in parts))
        case Not(part):
            return Not(_typed(part))
        case _:
            return where


def _attribute(resource: Resource, path: AttributePath) -> Json:
    holder: Json = resource
    if path.schema is not None and not is_core(path.schema):
        holder = get(resource, path.schema)
    if not path.name:
        return holder
    return get(holder, path.name) if isinstance(holder, dict) else None


def _rebuilt(resource: Resource, path: AttributePath, change: Callable[[Json], Json]) -> Resource:
    """Return ``resource`` with the attribute replaced by what ``change`` makes of it."""
    if path.schema is None or is_core(path.schema):
        if not path.name:
            raise ScimError(400, "invalidPath", "A core schema's URN alone names no attribute.")
        return _with(resource, path.name, change(get(resource, path.name)))
    if not path.name:
        return _with(resource, path.schema, change(get(resource, path.schema)))
    held = get(resource, path.schema)
    extension = held if isinstance(held, dict) else {}
    changed = _with(extension, path.name, change(get(extension, path.name)))
    return _with(resource, path.schema, changed)


def _with(holder: Resource, name: str, value: Json) -> Resource:
    key = key_of(holder, name) or name
    if value is None or value == {} or value == []:
        return {other: held for other, held in holder.items() if other != key}
    return {**holder, key: value}


def _written(held: Json, path: AttributePath, value: Json) -> Json:
    if path.where is None:
        return value if path.sub is None else _sub_written(held, path.sub, value)
    elements: list[Json] = (
        list(held) if isinstance(held, list) else [held] if held is not None else []
    )
    chosen = [at for at, one in enumerate(elements) if _meets(one, path.where)]
    if not chosen:
        element = described(path.where)
        if element is None:
            raise ScimError(400, "noTarget", f"No value meets the filter of {path.name}.")
        return [*elements, _filled_in(element, path.sub, value)]
    for at in chosen:
        one = elements[at]
        elements[at] = _filled_in(one if isinstance(one, dict) else {}, path.sub, value)
    return elements


def _sub_written(held: Json, sub: str, value: Json) -> Json:
    if isinstance(held, list):
        return [_with(one, sub, value) if isinstance(one, dict) else one for one in held]
    return _with(held if isinstance(held, dict) else {}, sub, value)


def _filled_in(element: Resource, sub: str | None, value: Json) -> Json:
    if sub is not None:
        return _with(element, sub, value)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        return _with(element, "value", value)
    for name, part in value.items():
        element = _with(element, name, part)
    return element


def _without(held: Json, path: AttributePath) -> Json:
    if path.where is None and path.sub is None:
        return None
    if not isinstance(held, list):
        return _part_without(held, path)
    kept = [_part_without(one, path) for one in held]
    return [one for one in kept if one is not None]


def _part_without(one: Json, path: AttributePath) -> Json:
    if path.where is not None and not _meets(one, path.where):
        return one
    if path.sub is None:
        return None
    rest = _with(one, path.sub, None) if isinstance(one, dict) else one
    # An element that only says its type holds nothing any more.
    empty = isinstance(rest, dict) and {key.casefold() for key in rest} <= {"type", "primary"}
    return None if empty else rest


def _meets(one: Json, where: Filter) -> bool:
    return isinstance(one, dict) and matches(where, one)


__all__ = ["AttributePath", "described", "parse_path", "read", "remove", "top_of", "write"]
