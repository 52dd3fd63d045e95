"""Apply a PATCH to a resource (RFC 7644 3.5.2), all of it or nothing, in every dialect we met.

Beside the walk: the service provider's writes, and the law that the
connector's tests hold it to. The resource that comes in is never changed;
a fault anywhere raises ``ScimError`` and nothing has happened. Dialects are
translated in ``quirks``; members of groups may be split off first
(``members``), so that a large group is never loaded for one join.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from seatkeeper.scim import path as paths
from seatkeeper.scim import quirks
from seatkeeper.scim.filter import get, is_core
from seatkeeper.scim.messages import PATCH_OP, Json, Resource, ScimError
from seatkeeper.scim.schema import ResourceSchema, fit_at, is_primary, is_read_only, require
from seatkeeper.scim.syntax import AttributePath

MOST_OPERATIONS: Final = 1_000
_OPS: Final = ("add", "replace", "remove")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation on one path, its ``op`` in lower case."""

    op: str
    path: AttributePath
    value: Json


def read_operations(body: Json, schema: ResourceSchema) -> tuple[Operation, ...]:
    """Return the operations of a PatchOp message, one per path, in their order.

    An operation without a path becomes one per key of its value, dotted and
    URN-prefixed keys included. Raises ``ScimError`` for a message of another
    shape; more than 1,000 operations are 413.
    """
    if not isinstance(body, dict):
        raise _malformed("The body must be a PatchOp object.")
    named = get(body, "schemas")
    if named is not None and (
        not isinstance(named, list)
        or PATCH_OP.casefold() not in [str(one).casefold() for one in named]
    ):
        raise _malformed(f"schemas must name {PATCH_OP}.")
    operations = get(body, "Operations")
    if not isinstance(operations, list) or not operations:
        raise _malformed("Operations must be a list with one operation at least.")
    if len(operations) > MOST_OPERATIONS:
        raise ScimError(413, "tooMany", f"At most {MOST_OPERATIONS} operations at a time.")
    return tuple(found for one in operations for found in _read_one(one, schema))


def apply_patch(resource: Resource, body: Json, schema: ResourceSchema) -> Resource:
    """Return the resource as the PatchOp message leaves it."""
    return apply_operations(resource, read_operations(body, schema), schema)


def apply_operations(
    resource: Resource, operations: tuple[Operation, ...], schema: ResourceSchema
) -> Resource:
    """Return the resource after ``operations``; a required attribute must be left with a value."""
    for operation in operations:
        if not is_read_only(operation.path):
            resource = _apply(resource, operation, schema)
    require(resource, schema)
    return resource


def _read_one(one: Json, schema: ResourceSchema) -> Iterator[Operation]:
    if not isinstance(one, dict):
        raise _malformed("Each operation must be an object.")
    op = get(one, "op")
    if not isinstance(op, str) or op.casefold() not in _OPS:
        raise _malformed("op must be add, replace or remove.")
    op = op.casefold()
    path, value = get(one, "path"), get(one, "value")
    if path is not None and not isinstance(path, str):
        raise ScimError(400, "invalidPath", "path must be text.")
    if path:
        yield Operation(op, schema.path(path), value)
    elif op == "remove":
        raise ScimError(400, "noTarget", "A remove needs a path.")
    elif not isinstance(value, dict):
        raise ScimError(400, "invalidValue", "Without a path, value must be an object.")
    else:
        for key, part in value.items():
            yield Operation(op, schema.path(key), part)


def _apply(resource: Resource, operation: Operation, schema: ResourceSchema) -> Resource:
    path, value = operation.path, operation.value
    if not path.name:
        return _apply_to_extension(resource, operation, schema)
    if operation.op == "remove":
        return _removed(resource, path, value, schema)
    value = fit_at(path, value, schema)
    if value is None or value in ("", [], {}):
        # "Replace with empty" is how several clients clear; adding nothing adds nothing.
        return resource if operation.op == "add" else paths.remove(resource, path)
    changed = _set(resource, operation.op, path, value, schema)
    return _one_primary(resource, changed, path)


def _apply_to_extension(
    resource: Resource, operation: Operation, schema: ResourceSchema
) -> Resource:
    path, value = operation.path, operation.value
    if operation.op == "remove" or value is None:
        return paths.remove(resource, path)
    if path.schema is None or is_core(path.schema) or not isinstance(value, dict):
        raise ScimError(400, "invalidValue", "An extension's value must be an object.")
    for name, part in value.items():
        inner = schema.spelt(AttributePath(path.schema, name))
        resource = _apply(resource, Operation(operation.op, inner, part), schema)
    return resource


def _set(
    resource: Resource, op: str, path: AttributePath, value: Json, schema: ResourceSchema
) -> Resource:
    attribute = schema.attribute(path)
    held = paths.read(resource, AttributePath(path.schema, path.name))
    if path.where is not None:
        return paths.write(resource, path, value)
    if path.sub is not None:
        plural = attribute is not None and attribute.multi_valued
        if plural and not held:
            return paths.write(resource, AttributePath(path.schema, path.name), [{path.sub: value}])
        return paths.write(resource, path, value)
    if isinstance(value, list) and op == "add":
        return paths.write(resource, path, _joined(held, value))
    merges = attribute is None or not attribute.is_reference
    if isinstance(value, dict) and isinstance(held, dict) and merges:
        return paths.write(resource, path, {**held, **value})
    return paths.write(resource, path, value)


def _joined(held: Json, added: list[Json]) -> list[Json]:
    elements: list[Json] = list(held) if isinstance(held, list) else []
    for one in added:
        at = next((at for at, other in enumerate(elements) if _same(one, other)), None)
        if at is None:
            elements.append(one)
        else:
            elements[at] = _merged(elements[at], one)
    return elements


def _merged(held: Json, added: Json) -> Json:
    return {**held, **added} if isinstance(held, dict) and isinstance(added, dict) else added


def _same(one: Json, other: Json) -> bool:
    """Two elements are one value when value and type agree; a type left out agrees with any."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return one == other
    if get(one, "value") is None:
        return one == other
    kinds = [kind for kind in (get(one, "type"), get(other, "type")) if kind is not None]
    return get(one, "value") == get(other, "value") and len({str(kind) for kind in kinds}) < 2


def _removed(
    resource: Resource, path: AttributePath, value: Json, schema: ResourceSchema
) -> Resource:
    if path.where is not None:
        if paths.read(resource, AttributePath(path.schema, path.name, path.where)) is None:
            raise ScimError(400, "noTarget", f"No value meets the filter of {path.name}.")
        return paths.remove(resource, path)
    attribute = schema.attribute(path)
    if value in (None, "", []) or path.sub or attribute is None or not attribute.multi_valued:
        return paths.remove(resource, path)
    held = paths.read(resource, path)
    gone = quirks.elements_from_one(value)
    elements = held if isinstance(held, list) else []
    listed = [quirks.element_from_text(one) for one in gone] if isinstance(gone, list) else []
    kept = [one for one in elements if not any(_same(other, one) for other in listed)]
    return paths.write(resource, path, kept)


def _one_primary(before: Resource, after: Resource, path: AttributePath) -> Resource:
    """Keep ``primary`` true on one element: the one this operation marked."""
    whole = AttributePath(path.schema, path.name)
    elements = paths.read(after, whole)
    if not isinstance(elements, list) or sum(is_primary(one) for one in elements) < 2:
        return after
    held = paths.read(before, whole)
    earlier = held if isinstance(held, list) else []
    fresh = [one for one in elements if is_primary(one) and one not in earlier]
    if len(fresh) > 1:
        raise ScimError(400, "invalidValue", f"{path.name} has more than one primary value.")
    chosen = fresh[0] if fresh else next(one for one in elements if is_primary(one))
    return paths.write(after, whole, [_demoted(one, chosen) for one in elements])


def _demoted(element: Json, chosen: Json) -> Json:
    if isinstance(element, dict) and is_primary(element) and element is not chosen:
        return {**element, "primary": False}
    return element


def _malformed(detail: str) -> ScimError:
    return ScimError(400, "invalidSyntax", detail)
