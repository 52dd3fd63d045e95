"""One resource as the service shows it: its parts, its address, its version.

A door in, beside the walk. Members, and the groups somebody is in, are only
fetched for an answer that shows them.
"""

from seatkeeper.scim.holding import Stored, reference, whole
from seatkeeper.scim.messages import Json, Resource
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

    def projection(self, call: Call, kind: Kind) -> Projection:
        """Return what a call wants to see. Raises ``ScimError`` for names that cannot be."""
        return read_query(call.query).projection(kind.schema, call.inspection)

    def shown(self, found: Stored, call: Call, kind: Kind, projection: Projection) -> Resource:
        """Return what an answer shows of a resource."""
        plural = "members" if kind.name == GROUPS else "groups"
        return projection.shown(
            self.whole(found, call, kind, with_related=projection.shows(plural))
        )

    def whole(self, found: Stored, call: Call, kind: Kind, *, with_related: bool) -> Resource:
        """Return all of a resource, or all but who belongs to it and what it belongs to.

        An app whose members cannot be read shows neither, whoever asks.
        """
        readable = with_related and self._profile.rules.members_readable
        related = self._related(found, call) if readable else []
        return whole(found, kind.schema, location_of(call, kind, found.id), related)

    def _related(self, found: Stored, call: Call) -> list[Json]:
        if found.kind == GROUPS:
            related = self._keeper.members(found.id)
        else:
            related = self._keeper.groups_of(found.id)
        return [
            reference(one, location_of(call, self._profile.kind(one.kind), one.id))
            for one in related
        ]


def location_of(call: Call, kind: Kind, resource_id: str) -> str:
    """Return the URL of a resource."""
    return f"{call.base}{kind.endpoint}/{resource_id}"


def headers_of(found: Stored, call: Call, kind: Kind) -> dict[str, str]:
    """Return the headers of every answer about one resource."""
    return {"ETag": version_tag(found.version), "Location": location_of(call, kind, found.id)}
