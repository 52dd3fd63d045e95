"""Which values of a resource must be unique, and how they are compared (RFC 7643 7).

Beside the walk. The store claims these values by key, in the same transaction
as the write: a look before the write would let two at once both win. Folding
follows the case rule of the attribute, as filters do.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from seatkeeper.scim.attribute import Attribute
from seatkeeper.scim.errors import Taken
from seatkeeper.scim.filter import values_at
from seatkeeper.scim.messages import Json, Resource
from seatkeeper.scim.names import fold
from seatkeeper.scim.schema import ResourceSchema
from seatkeeper.scim.syntax import AttributePath


@dataclass(frozen=True, slots=True)
class UniqueValue:
    """One value that nobody else of its resource type may have; ``folded`` is its key."""

    name: str
    folded: str


def unique_values(
    resource: Resource, schema: ResourceSchema, more: Iterable[AttributePath] = ()
) -> tuple[UniqueValue, ...]:
    """Return the values that must be unique: the schema's, and those at ``more`` paths.

    ``id`` is not among them: it is the service provider's own.
    """
    paths = dict.fromkeys((*_declared(schema), *more))
    found = [
        UniqueValue(str(path), key)
        for path in paths
        for value in values_at(resource, path)
        if (key := key_of_value(value, leaf(path, schema)))
    ]
    return tuple(dict.fromkeys(found))


def key_of_value(value: Json, attribute: Attribute | None) -> str:
    """Return a value as it is compared under its attribute; empty for what is no plain value."""
    if isinstance(value, str):
        exact = attribute is not None and attribute.case_exact
        return value if exact else fold(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return str(value)


def leaf(path: AttributePath, schema: ResourceSchema) -> Attribute | None:
    """Return the attribute whose value stands at the end of a path, or none if it is unknown."""
    attribute = schema.attribute(path)
    if attribute is None or not attribute.sub:
        return attribute
    return attribute.part(path.sub or "value")


def taken(name: str) -> Taken:
    """Return the refusal of a value that somebody else has; it does not say who."""
    return Taken(f"{name} must be unique, and another one has this value.")


def _declared(schema: ResourceSchema) -> Iterable[AttributePath]:
    for urn, attributes in (
        (None, schema.core.attributes),
        *((one.id, one.attributes) for one in schema.extensions),
    ):
        for attribute in attributes:
            if attribute.is_unique:
                yield AttributePath(urn, attribute.name)
            for part in attribute.sub:
                if part.is_unique:
                    yield AttributePath(urn, attribute.name, None, part.name)
