"""What a service holds of a resource, and what it is asked for.

Beside the walk: the values between a service's door and whatever keeps its
resources. Decides nothing; where resources are kept, and how one is found,
is the keeper's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seatkeeper.scim.messages import Json, Resource
from seatkeeper.scim.schema import ResourceSchema
from seatkeeper.scim.sorting import Sort
from seatkeeper.scim.syntax import Filter
from seatkeeper.scim.version import version_tag


@dataclass(frozen=True, slots=True)
class Stored:
    """One resource as it is kept: the client's values, and what the service adds.

    ``version`` grows with every change of values or members, and only then.
    """

    kind: str
    id: str
    values: Resource
    created: str
    modified: str
    version: int


@dataclass(frozen=True, slots=True)
class Keys:
    """What of a resource is looked up, name to folded values, and each value that is unique."""

    lookups: Mapping[str, Sequence[str]]
    unique: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which resources of one kind, in which order, from where on, and how many at most.

    ``after`` is a position that ``Found.next`` gave; it takes the place of
    ``offset``. ``base`` is the service's own URL, for filters on references.
    """

    schema: ResourceSchema
    filter: Filter | None = None
    sort: Sort | None = None
    offset: int = 0
    after: str = ""
    limit: int = 100
    base: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """One page, how many there are in all, and where the next page begins (empty: nowhere)."""

    page: Sequence[Stored]
    total: int
    next: str


def whole(
    found: Stored, schema: ResourceSchema, location: str, related: Sequence[Json]
) -> Resource:
    """Return a resource as it is shown: ``related`` are its members, or the groups it is in."""
    extensions = (one.id for one in schema.extensions if one.id in found.values)
    body: Resource = {"schemas": [schema.core.id, *extensions], "id": found.id, **found.values}
    if related:
        body["members" if found.kind == "Group" else "groups"] = list(related)
    body["meta"] = {
        "resourceType": found.kind,
        "created": found.created,
        "lastModified": found.modified,
        "location": location,
        "version": version_tag(found.version),
    }
    return body


def reference(one: Stored, location: str) -> Resource:
    """Return what a group says of a member, or a member of a group."""
    display = one.values.get("displayName") or one.values.get("userName") or ""
    return {"value": one.id, "$ref": location, "display": display, "type": one.kind}
