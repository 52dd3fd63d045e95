"""Order resources by one attribute (RFC 7644 3.4.2.3).

Beside the walk. Of several values the primary one counts, else the first.
Texts follow the case rule of their attribute. Who has no value comes last
when ascending and first when descending; equals keep the order they came in.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from seatkeeper.scim.attribute import Type
from seatkeeper.scim.comparison import moment
from seatkeeper.scim.errors import UnfitValue
from seatkeeper.scim.filter import elements_of
from seatkeeper.scim.fitting import is_primary
from seatkeeper.scim.messages import Json, Resource
from seatkeeper.scim.names import fold, get
from seatkeeper.scim.schema import ResourceSchema
from seatkeeper.scim.syntax import AttributePath
from seatkeeper.scim.uniqueness import leaf

SortKey = tuple[int, float, str]


@dataclass(frozen=True)
class Sort:
    """By which attribute, and which way; ``path`` is in the schema's spelling."""

    path: AttributePath
    schema: ResourceSchema
    descending: bool = False

    def __post_init__(self) -> None:
        """Raise ``UnfitValue`` for an attribute without an order."""
        found = leaf(self.path, self.schema)
        whole = self.schema.attribute(self.path)
        if self.path.sub is None and found is None:
            # A complex attribute without a value of its own has none to compare.
            found = whole
        if found is not None and (found.is_hidden or found.type in (Type.BINARY, Type.COMPLEX)):
            raise UnfitValue(f"sortBy cannot be {self.path.dotted[:200]}; it has no order.")

    @cached_property
    def _kind(self) -> tuple[Type | None, bool]:
        found = leaf(self.path, self.schema)
        return (None, False) if found is None else (found.type, found.case_exact)

    def key(self, resource: Resource) -> SortKey:
        """Return what resources are compared by; comparable whatever the values are."""
        value = self._value(resource)
        kind, exact = self._kind
        if isinstance(value, bool):
            return (0, int(value), "")
        if isinstance(value, int | float):
            return (1, value, "")
        if not isinstance(value, str):
            return (4, 0, "")
        at = moment(value) if kind is Type.DATE_TIME else None
        if at is not None:
            return (2, at.timestamp(), "")
        return (3, 0, value if exact else fold(value))

    def _value(self, resource: Resource) -> Json:
        found = elements_of(resource, self.path)
        chosen = next((one for one in found if is_primary(one)), found[0] if found else None)
        if not isinstance(chosen, dict):
            return chosen
        value = get(chosen, self.path.sub or "value")
        return value[0] if isinstance(value, list) and value else value

    def sorted(self, resources: Iterable[Resource]) -> list[Resource]:
        """Return the resources in order."""
        return sorted(resources, key=self.key, reverse=self.descending)
