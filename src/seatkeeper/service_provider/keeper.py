"""What a SCIM service needs of whatever keeps its resources.

A door's port, beside the walk. The sandbox keeps them in a file of its own,
sources of people in the directory's database; tests keep them in memory.
Every method is all or nothing, and each blocks.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from seatkeeper.scim.holding import Found, Stored, Wanted
from seatkeeper.scim.members import MemberChange
from seatkeeper.scim.messages import Resource


def always(held: Stored) -> None:
    """Let every write happen."""


class Keeper(Protocol):
    """Keeps users and groups, who is in which group, and which values are taken.

    ``allow`` is called with the resource as it is, inside the transaction that
    is about to change it; what it raises ends the write without a trace.
    """

    def create(
        self, kind: str, values: Resource, now: dt.datetime, members: Sequence[str] = ()
    ) -> Stored:
        """Keep a new resource under an id of our own. A taken value is 409 uniqueness."""
        ...

    def get(self, kind: str, resource_id: str) -> Stored:
        """Return one resource, or raise 404."""
        ...

    def edit(
        self,
        kind: str,
        resource_id: str,
        change: Callable[[Resource], Resource],
        now: dt.datetime,
        members: Sequence[MemberChange] = (),
        *,
        allow: Callable[[Stored], None] = always,
    ) -> Stored:
        """Replace the values by what ``change`` makes of them, with members."""
        ...

    def delete(
        self, kind: str, resource_id: str, *, allow: Callable[[Stored], None] = always
    ) -> None:
        """Delete for good, memberships included, or raise 404."""
        ...

    def find(self, kind: str, wanted: Wanted) -> Found:
        """Return one page of what is wanted. A position that was not given here is 400."""
        ...

    def members(self, group_id: str) -> Sequence[Stored]:
        """Return the members of a group, in the order of their creation.

        Of their values, those are there that a reference shows; others may be missing.
        """
        ...

    def groups_of(self, member_id: str) -> Sequence[Stored]:
        """Return the groups that somebody is a direct member of, as ``members`` does."""
        ...

    def related(self, kind: str, ids: Sequence[str]) -> Mapping[str, Sequence[Stored]]:
        """Return the members of each of these groups, or the groups of each of these people.

        One question for a whole page. Who has none may be left out.
        """
        ...
