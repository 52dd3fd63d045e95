"""The port to the directory: people, groups, assignments, and the feed of what changed.

At the source of the walk. The contract suite is ``tests/contracts/test_directory.py``.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from seatkeeper.directory.model import (
    Assignment,
    Change,
    Group,
    Membership,
    User,
    Value,
    Values,
)


@dataclass(frozen=True, slots=True)
class UserEdit:
    """What should become true of one user; fields left at their default stay as they are.

    ``attributes`` maps names to new values, ``None`` removes one.
    ``manager_id``: an id sets, the empty string clears.
    """

    attributes: Mapping[str, Value | None] = field(default_factory=dict)
    enabled: bool | None = None
    manager_id: str | None = None


class Directory(Protocol):
    """The people, groups and assignments, and the feed of what changed.

    Each method that writes is one transaction: the edit, one feed entry per
    change, in commit order and without gaps, and one audit row with the
    actor. An edit that changes nothing writes nothing.
    """

    async def user(self, who: str) -> User:
        """Return a user by id, userName or mail (in this order, ignoring case).

        Raises ``NotFound``; also when several answer to that mail.
        """

    async def users(self, ids: Collection[str]) -> Mapping[str, User]:
        """Return those of ``ids`` that exist, soft-deleted ones included."""

    async def all_users(self, *, after: str = "", limit: int = 500) -> Sequence[User]:
        """Return a page of users in the order of ids, after ``after``."""

    async def create_user(self, edit: UserEdit, *, actor: str, user_id: str | None = None) -> User:
        """Create a user; ``userPrincipalName`` is required and unique ignoring case."""

    async def edit_user(self, user_id: str, edit: UserEdit, *, actor: str) -> User:
        """Carry out one edit. Raises ``InvalidValue`` and changes nothing on a bad value."""

    async def delete_user(self, user_id: str, *, actor: str, now: dt.datetime) -> None:
        """Soft-delete: kept for ``RECYCLE_DAYS``, not active, memberships kept for a restore."""

    async def restore_user(self, user_id: str, *, actor: str) -> None:
        """Bring a soft-deleted user back as they were."""

    async def purge_user(self, user_id: str, *, actor: str) -> None:
        """Hard-delete with memberships, assignments and as anybody's manager."""

    async def purge_expired(self, *, now: dt.datetime) -> int:
        """Purge users soft-deleted for more than ``RECYCLE_DAYS``; return how many."""

    async def reports_of(self, manager_id: str) -> Sequence[str]:
        """Return the ids of the people who have this manager."""

    async def group(self, who: str) -> Group:
        """Return a group by id or exact display name. Raises ``NotFound``."""

    async def groups(self, ids: Collection[str]) -> Mapping[str, Group]:
        """Return those of ``ids`` that exist."""

    async def all_groups(self, *, after: str = "", limit: int = 500) -> Sequence[Group]:
        """Return a page of groups in the order of ids, after ``after``."""

    async def create_group(
        self,
        display_name: str,
        *,
        actor: str,
        attributes: Values | None = None,
        group_id: str | None = None,
    ) -> Group:
        """Create a group; the display name is required, and unique."""

    async def edit_group(
        self, group_id: str, attributes: Mapping[str, Value | None], *, actor: str
    ) -> Group:
        """Change attributes (``displayName`` included); ``None`` removes one."""

    async def delete_group(self, group_id: str, *, actor: str) -> None:
        """Delete for good, with memberships and assignments (each is a change of its own)."""

    async def memberships(
        self, group_id: str, *, after: str = "", limit: int = 1000
    ) -> Sequence[Membership]:
        """Return a page of a group's direct members in the order of member ids."""

    async def groups_of(self, member_id: str) -> Sequence[Group]:
        """Return the groups somebody is a direct member of, by display name."""

    async def change_members(
        self, group_id: str, *, add: Sequence[str] = (), remove: Sequence[str] = (), actor: str
    ) -> None:
        """Add and remove direct members (user or group ids); doing it twice is doing it once."""

    async def assign(self, assignment: Assignment, *, actor: str) -> None:
        """Assign a principal to an application; a second time replaces the role and the reach.

        Raises ``InvalidValue`` for a person with ``nested``: only groups are.
        """

    async def unassign(self, app_id: str, principal_id: str, *, actor: str) -> None:
        """End an assignment; ending one that is not there changes nothing."""

    async def assignments(
        self, app_id: str, *, after: str = "", limit: int = 1000
    ) -> Sequence[Assignment]:
        """Return a page of an application's assignments in the order of principal ids."""

    async def changes(self, *, after: int, limit: int = 1000) -> Sequence[Change]:
        """Return committed changes with ``seq`` over ``after``, in the order of commits.

        Any number of readers may read; each keeps its own position. What is
        returned is never followed later by a smaller number.
        """

    async def last_change(self) -> int:
        """Return the newest committed ``seq``, 0 before the first change."""
