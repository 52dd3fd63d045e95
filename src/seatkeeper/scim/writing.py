"""Put a value where a path names an attribute, without changing the resource that came in.

Beside the walk; the ground under ``validation``, ``replacement`` and
``patch``. Filters in paths and mutability are decided there. What becomes
empty is left out, so that no trace of a removed value stays (RFC 7643 2.5).
"""

from seatkeeper.scim.messages import Json, Resource
from seatkeeper.scim.names import get, is_core, is_empty, key_of
from seatkeeper.scim.syntax import AttributePath


def held_at(resource: Resource, path: AttributePath) -> Json:
    """Return the whole value of the attribute that a path stands on, or none."""
    holder: Json = resource
    if path.schema is not None and not is_core(path.schema):
        holder = get(resource, path.schema)
        if not path.name:
            return holder
    return get(holder, path.name) if isinstance(holder, dict) else None


def put_at(resource: Resource, path: AttributePath, value: Json) -> Resource:
    """Return a resource in which the attribute that a path stands on is ``value``."""
    if path.schema is None or is_core(path.schema):
        return with_part(resource, path.name, value)
    if not path.name:
        return with_part(resource, path.schema, value)
    held = get(resource, path.schema)
    extension = with_part(held if isinstance(held, dict) else {}, path.name, value)
    return with_part(resource, path.schema, extension)


def with_part(holder: Resource, name: str, value: Json) -> Resource:
    """Return an object in which ``name`` is ``value``; an empty value leaves it out."""
    key = key_of(holder, name) or name
    if is_empty(value):
        return {other: held for other, held in holder.items() if other != key}
    return {**holder, key: value}


def merged_at(resource: Resource, path: AttributePath, value: Json) -> Resource:
    """Return a resource with one more value that its client listed; parts of one object join."""
    if path.sub is None:
        return resource if is_empty(value) else put_at(resource, path, value)
    held = held_at(resource, path)
    return put_at(
        resource, path, with_part(held if isinstance(held, dict) else {}, path.sub, value)
    )
