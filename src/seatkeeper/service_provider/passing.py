"""What a keeper around another keeper passes on: everything that is read.

A door's part, beside the walk. Whoever wraps a keeper says how it writes, and
reads otherwise where it has to; the rest is the inner keeper's answer.
"""

from collections.abc import Mapping, Sequence

from seatkeeper.scim.holding import Found, Stored, Wanted
from seatkeeper.service_provider.keeper import Keeper


class PassingReads:
    """The reads of ``Keeper``, asked of ``inner``; it decides nothing and catches no error."""

    def __init__(self, inner: Keeper) -> None:
        self._inner = inner

    def get(self, kind: str, resource_id: str) -> Stored:
        """Return one resource, or raise 404."""
        return self._inner.get(kind, resource_id)

    def find(self, kind: str, wanted: Wanted) -> Found:
        """Return one page of what is wanted."""
        return self._inner.find(kind, wanted)

    def members(self, group_id: str) -> Sequence[Stored]:
        """Return the members of a group."""
        return self._inner.members(group_id)

    def groups_of(self, member_id: str) -> Sequence[Stored]:
        """Return the groups that somebody is a direct member of."""
        return self._inner.groups_of(member_id)

    def related(self, kind: str, ids: Sequence[str]) -> Mapping[str, Sequence[Stored]]:
        """Return the members of each of these groups, or the groups of each of these people."""
        return self._inner.related(kind, ids)
