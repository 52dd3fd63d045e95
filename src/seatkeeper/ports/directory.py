"""The port to the directory: people, groups, assignments, and the feed of what changed.

At the source of the walk. The contract suite is ``tests/contracts/test_directory.py``.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from seatkeeper.directory.finding import FoundGroups, FoundPeople, PeopleQuery, Spot
from seatkeeper.directory.model import (
    Assignment,
    Change,
    Group,
    Kind,
    Membership,
    User,
    Value,
    Values,
    Verb,
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

    async def users_named(self, names: Collection[str]) -> Sequence[User]:
        """Return who has one of these user names, soft-deleted ones included, by id."""

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

    async def assign_as_seen(
        self,
        asked: Sequence[Assignment],
        seen: Mapping[str, Assignment | None] | None = None,
        *,
        actor: str,
    ) -> None:
        """Assign several at once, all of them or none.

        ``seen`` has each principal's assignment as it was when somebody looked at what this does;
        without it nobody looked. Raises ``InvalidValue`` where one is neither so nor as asked for.
        """

    async def unassign(self, app_id: str, principal_id: str, *, actor: str) -> None:
        """End an assignment; ending one that is not there changes nothing."""

    async def assignments(
        self, app_id: str, *, after: str = "", limit: int = 1000
    ) -> Sequence[Assignment]:
        """Return a page of an application's assignments in the order of principal ids."""

    async def lost(self, app_id: str, record_id: str, *, assignment: bool) -> Change | None:
        """Return the newest change that ended a record's ``assignment``, else its being active.

        None where the newest part of the feed holds none.
        """

    async def past(
        self, record_id: str, *, app_id: str | None = None, before: int | None = None, limit: int
    ) -> Sequence[Change]:
        """Return what the feed tells of a record below number ``before``, newest first.

        Its own changes, its memberships, and assignments of it and of the groups
        that it is a direct member of now; with an app none of other apps.
        """

    async def ways_began(
        self, app_id: str, record_id: str, group_ids: Collection[str]
    ) -> Mapping[str, Change]:
        """Return the newest change that opened each way into an app, by group.

        Under the record's own id: its direct assignment. Through a group it is
        whichever came later, the group's assignment or joining it.
        """

    async def former_names(self, ids: Collection[str], *, after: int = 0) -> Mapping[str, str]:
        """Return the last names of those of ``ids`` that went for good after change ``after``."""

    async def former(self, kind: Kind, who: str) -> tuple[str, str]:
        """Return id and last name of who is gone for good, the latest first.

        ``who`` is the id, the last display name (letter by letter), or the last
        userName (ignoring case). Raises ``NotFound``.
        """

    async def find_people(
        self,
        query: PeopleQuery,
        *,
        after: Spot | None = None,
        limit: int,
        counted: bool = False,
    ) -> FoundPeople:
        """Return a page of people behind ``after``, by name; ``counted`` also says how many fit.

        Whoever is found by the display name comes first, then by surname, e-mail
        address and user name; nobody comes twice. Soft-deleted people are people.
        """

    async def find_groups(
        self, text: str, *, after: Spot | None = None, limit: int, counted: bool = False
    ) -> FoundGroups:
        """Return a page of groups whose names begin so behind ``after``, by name."""

    async def member_counts(self, group_ids: Collection[str]) -> Mapping[str, int]:
        """Return how many direct members groups have, each at most one over ``COUNTED``."""

    async def people_in(self, group_ids: Collection[str]) -> int:
        """Return how many people are direct members of these groups, each counted once.

        Of more groups than one question holds they may be counted again: at least it is never less.
        """

    async def inner_groups(self, group_id: str, *, limit: int) -> Sequence[Group]:
        """Return groups that are direct members of a group, by name."""

    async def assignments_of(self, principal_ids: Collection[str]) -> Sequence[Assignment]:
        """Return all apps that people or groups are assigned to directly, by app."""

    async def source_of(self, record_id: str) -> str | None:
        """Return the source that pushes this record in, or none where no source owns it."""

    async def hint(self, kind: Kind, who: str) -> str:
        """Return advice for whoever named nobody: a group of that name, or people called so."""

    async def changes(self, *, after: int, limit: int = 1000) -> Sequence[Change]:
        """Return committed changes with ``seq`` over ``after``, in the order of commits.

        Any number of readers may read; each keeps its own position. What is
        returned is never followed later by a smaller number.
        """

    async def changes_of_people(
        self, *, after: int, since: dt.datetime, verbs: Collection[Verb]
    ) -> Sequence[Change]:
        """Return changes with ``seq`` over ``after`` by which people came to be so since then.

        All of them: how far back somebody looks, they say with ``after``.
        """

    async def last_change(self) -> int:
        """Return the newest committed ``seq``, 0 before the first change."""
