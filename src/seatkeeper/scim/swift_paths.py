"""A path read or written thousands of times in the same way: parsed and decided once.

Beside the walk. ``path`` says what a path means; this page gives the same answers
(``tests/scim/test_swift_paths.py`` holds both to each other) in a form that a cycle of a
hundred thousand people can afford: a function for each path. What is not plain is left to
``path``.
"""

from collections.abc import Callable, Iterable
from typing import TypeAlias

from seatkeeper.scim.messages import Json, Resource
from seatkeeper.scim.names import get, is_core, key_of
from seatkeeper.scim.path import described, read, write
from seatkeeper.scim.predicate import Predicate, compile_filter
from seatkeeper.scim.syntax import AttributePath, Comparison, Filter, Operator

Read: TypeAlias = Callable[[Resource], Json]
Write: TypeAlias = Callable[[Resource, Json], None]


def reader_of(path: AttributePath) -> Read:
    """Return the function that reads the path from a resource, as ``path.read`` does."""
    if not path.name or (path.where is not None and path.sub is None):
        return lambda resource: read(resource, path)
    attribute = _attribute_of(path)
    if path.sub is None:
        return attribute
    if path.where is not None:
        return _element_part(attribute, _meets(path.where), path.sub)
    return _part(attribute, path, path.sub)


def writer_of(path: AttributePath) -> Write | None:
    """Return the function that writes the path into a resource that is being made, in place.

    The resource, and every object in it, belongs to the caller alone; names in it are spelled
    as the paths spell them (``spelled_alike``). None: such a path is written by ``path.write``
    only. So is a value that removes (``path.is_nothing``).
    """
    if not path.name:
        return None
    name, sub, where = path.name, path.sub, path.where
    extension = None if path.schema is None or is_core(path.schema) else path.schema
    element = None if where is None else described(where)
    if where is not None and (element is None or sub is None or key_of(element, sub)):
        return None
    meets = None if where is None else _meets(where)

    def put(resource: Resource, value: Json) -> None:
        holder = resource if extension is None else resource.setdefault(extension, {})
        if not isinstance(holder, dict):
            _put_slowly(resource, path, value)
            return
        held = holder.get(name)
        if sub is None:
            holder[name] = value
        elif meets is not None and (held is None or isinstance(held, list)):
            holder[name] = elements = [] if held is None else held
            _put_part(elements, meets, element or {}, sub, value)
        elif meets is None and (held is None or isinstance(held, dict)):
            holder[name] = part = {} if held is None else held
            part[sub] = value
        else:
            _put_slowly(resource, path, value)

    return put


def spelled_alike(paths: Iterable[AttributePath]) -> bool:
    """Say whether no two of the paths spell one name in two ways, so that keys are as written."""
    spelled: dict[tuple[str, ...], tuple[str, ...]] = {}
    for path in paths:
        schema = "" if path.schema is None or is_core(path.schema) else path.schema
        whole = (schema, path.name) if path.sub is None else (schema, path.name, path.sub)
        for depth in range(1, len(whole) + 1):
            part = whole[:depth]
            if spelled.setdefault(tuple(one.casefold() for one in part), part) != part:
                return False
    return True


def _meets(where: Filter) -> Predicate:
    """Return the filter's predicate; what an ``eq`` of a plain text says is seen at once."""
    whole = compile_filter(where)
    if not isinstance(where, Comparison) or where.op is not Operator.EQ:
        return whole
    name, wanted = where.path.name, where.value
    if where.path != AttributePath(None, name) or not isinstance(wanted, str):
        return whole
    lowered = wanted.lower() if wanted.isascii() else None

    def meets(element: Resource) -> bool:
        held = element.get(name)
        if not isinstance(held, str):
            return whole(element)
        if held == wanted:
            return True
        apart = lowered is not None and held.isascii() and held.lower() != lowered
        return not apart and whole(element)

    return meets


def _attribute_of(path: AttributePath) -> Read:
    name = path.name

    def attribute(resource: Resource) -> Json:
        return resource[name] if name in resource else get(resource, name)

    if path.schema is None or is_core(path.schema):
        return attribute
    schema = path.schema

    def of_extension(resource: Resource) -> Json:
        extension = resource[schema] if schema in resource else get(resource, schema)
        return attribute(extension) if isinstance(extension, dict) else None

    return of_extension


def _part(attribute: Read, path: AttributePath, sub: str) -> Read:
    def part(resource: Resource) -> Json:
        held = attribute(resource)
        if isinstance(held, dict):
            return held[sub] if sub in held else get(held, sub)
        return None if held is None else read(resource, path)

    return part


def _element_part(attribute: Read, meets: Predicate, sub: str) -> Read:
    def part(resource: Resource) -> Json:
        held = attribute(resource)
        for one in held if isinstance(held, list) else (held,):
            if isinstance(one, dict) and meets(one):
                value = get(one, sub)
                if value is not None:
                    return value
        return None

    return part


def _put_part(
    elements: list[Json], meets: Predicate, element: Resource, sub: str, value: Json
) -> None:
    chosen = [one for one in elements if isinstance(one, dict) and meets(one)]
    for one in chosen:
        one[key_of(one, sub) or sub] = value
    if not chosen:
        elements.append({**element, sub: value})


def _put_slowly(resource: Resource, path: AttributePath, value: Json) -> None:
    written = write(resource, path, value)
    resource.clear()
    resource.update(written)
