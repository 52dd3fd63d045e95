"""Which values of a resource must be unique, and how they are compared (RFC 7643 7).

Beside the walk. The store claims these values by key, in the same transaction
as the write: a look before the write would let two at once both win. Folding
follows the case rule of the attribute, as filters do.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from seatkeeper.scim.attribute import Attribute
from seatkeeper.scim.errors import Taken
from seatkeeper.scim.filter import elements_of, values_at
from seatkeeper.scim.messages import Json, Resource
from seatkeeper.scim.names import fold
from seatkeeper.scim.schema import ResourceSchema
from seatkeeper.scim.syntax import AttributePath


@dataclass(frozen=True, slots=True)
class UniqueValue:
    """One value that nobody else of its resource type may have; ``folded`` is its key."""

    name: str
    folded: str


@dataclass(frozen=True, slots=True)
class KeyPath:
    """A path whose values are compared, its name, and the attribute at its end, if known.

    Going through a schema costs more than comparing, so whoever compares often keeps these.
    """

    path: AttributePath
    name: str
    attribute: Attribute | None

    def values(self, resource: Resource) -> Iterable[Json]:
        """Return the values that a resource has here."""
        path = self.path
        if path.sub is None and path.where is None:
            return elements_of(resource, path)
        return values_at(resource, path)

    def key(self, value: Json) -> str:
        """Return a value as it is compared here; empty for what is no plain value."""
        return key_of_value(value, self.attribute)


def key_path(path: AttributePath, schema: ResourceSchema) -> KeyPath:
    """Return what is needed to compare the values at a path."""
    return KeyPath(path, str(path), leaf(path, schema))


def unique_paths(schema: ResourceSchema, more: Iterable[AttributePath] = ()) -> tuple[KeyPath, ...]:
    """Return the paths whose values must be unique: the schema's, and ``more``.

    ``id`` is not among them: it is the service provider's own.
    """
    return tuple(key_path(one, schema) for one in dict.fromkeys((*_declared(schema), *more)))


def unique_values(resource: Resource, paths: Sequence[KeyPath]) -> tuple[UniqueValue, ...]:
    """Return the values at ``paths``, each once."""
    found = [
        UniqueValue(one.name, key)
        for one in paths
        for value in one.values(resource)
        if (key := one.key(value))
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
