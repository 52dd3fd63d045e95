"""One resource as the service shows it: its parts, its address, its version.

A door in, beside the walk. Members, and the groups somebody is in, are only
fetched for an answer that shows them.
"""

from collections.abc import Sequence

from seatkeeper.scim.holding import Stored, reference, whole
from seatkeeper.scim.messages import Resource
from seatkeeper.scim.projection import Projection
from seatkeeper.scim.query import read_query
from seatkeeper.scim.version import version_tag
from seatkeeper.service_provider.call import Call
from seatkeeper.service_provider.keeper import Keeper
from seatkeeper.service_provider.profile import GROUPS, Kind, Profile


class Showing:
    """Shows what a keeper holds to the callers of one app's service."""

    def __init__(self, keeper: Keeper, profile: Profile) -> None:
        self._keeper = keeper
        self._profile = profile
        # Most calls name no attributes; what they see is settled once.
        self._all_shown = {one.name: Projection(one.schema) for one in profile.kinds}

    def projection(self, call: Call, kind: Kind) -> Projection:
        """Return what a call wants to see. Raises ``ScimError`` for names that cannot be."""
        if not call.query:
            return self._all_shown[kind.name]
        return read_query(call.query).projection(kind.schema, call.inspection)

    def shown(self, found: Stored, call: Call, kind: Kind, projection: Projection) -> Resource:
        """Return what an answer shows of a resource."""
        return self.page([found], call, kind, projection)[0]

    def new(self, made: Stored, call: Call, kind: Kind, projection: Projection) -> Resource:
        """Return what the answer shows of a resource that was just made: nobody has it yet."""
        has_members = kind.name == GROUPS and projection.shows("members")
        [one] = self.wholes([made], call, kind, with_related=has_members)
        return projection.shown(one)

    def page(
        self, found: Sequence[Stored], call: Call, kind: Kind, projection: Projection
    ) -> list[Resource]:
        """Return what an answer shows of resources of one type, in their order."""
        plural = "members" if kind.name == GROUPS else "groups"
        wholes = self.wholes(found, call, kind, with_related=projection.shows(plural))
        return [projection.shown(one) for one in wholes]

    def wholes(
        self, found: Sequence[Stored], call: Call, kind: Kind, *, with_related: bool
    ) -> list[Resource]:
        """Return all of some resources, or all but who belongs to them and what they belong to.

        An app whose members cannot be read shows neither, whoever asks.
        """
        readable = with_related and self._profile.rules.members_readable
        ids = [one.id for one in found] if readable else []
        related = self._keeper.related(kind.name, ids) if ids else {}
        return [
            whole(
                one,
                kind.schema,
                location_of(call, kind, one.id),
                [
                    reference(other, location_of(call, self._profile.kind(other.kind), other.id))
                    for other in related.get(one.id, ())
                ],
            )
            for one in found
        ]


def location_of(call: Call, kind: Kind, resource_id: str) -> str:
    """Return the URL of a resource."""
    return f"{call.base}{kind.endpoint}/{resource_id}"


def headers_of(found: Stored, call: Call, kind: Kind) -> dict[str, str]:
    """Return the headers of every answer about one resource."""
    return {"ETag": version_tag(found.version), "Location": location_of(call, kind, found.id)}
