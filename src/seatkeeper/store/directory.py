"""The directory on SQL: people, groups, assignments, and the feed of what changed.

At the source of the walk:

    [source change] -> scope -> map -> match -> plan -> export -> log

Every method is one transaction. What an edit writes stands in ``edits``, how
the feed is numbered in ``news``; this page only opens transactions and reads.
"""

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from seatkeeper.directory.finding import FoundGroups, FoundPeople, PeopleQuery, Spot
from seatkeeper.directory.model import (
    RECYCLE_DAYS,
    Assignment,
    Change,
    Group,
    Kind,
    Membership,
    Subject,
    User,
    Value,
    Values,
    Verb,
)
from seatkeeper.errors import InvalidValue, NotFound
from seatkeeper.ports import UserEdit
from seatkeeper.store import assignment_edits, edits
from seatkeeper.store.database import Database
from seatkeeper.store.finding import (
    assignments_of,
    find_groups,
    find_people,
    inner_groups,
    member_counts,
    people_in,
    source_of,
)
from seatkeeper.store.former import former, former_names, hint
from seatkeeper.store.known import known_user
from seatkeeper.store.losing import lost
from seatkeeper.store.news import News, change_of
from seatkeeper.store.past import past, ways_began
from seatkeeper.store.records import (
    folded,
    group_of,
    groups_by_id,
    page,
    user_of,
    users_by_id,
    users_named,
)
from seatkeeper.store.tables import assignments, changes, feed_position, groups, memberships, users

T = TypeVar("T")


class SqlDirectory:
    """``ports.Directory`` on SQLite and PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def user(self, who: str) -> User:
        """Return a user by id, userName or mail. Raises ``NotFound``."""
        return await self._database.read(lambda c: find_user(c, who))

    async def users(self, ids: Collection[str]) -> Mapping[str, User]:
        """Return those of ``ids`` that exist, soft-deleted ones included."""
        return await self._database.read(lambda c: users_by_id(c, ids)) if ids else {}

    async def users_named(self, names: Collection[str]) -> Sequence[User]:
        """Return who has one of these user names, soft-deleted ones included, by id."""
        return await self._database.read(lambda c: users_named(c, names))

    async def all_users(self, *, after: str = "", limit: int = 500) -> Sequence[User]:
        """Return a page of users in the order of ids."""
        return await self._database.read(
            lambda c: [user_of(row) for row in c.execute(page(users, after, limit))]
        )

    async def create_user(self, edit: UserEdit, *, actor: str, user_id: str | None = None) -> User:
        """Create a user."""
        return await self._edit(actor, lambda c, n: edits.create_user(c, edit, user_id, n))

    async def edit_user(self, user_id: str, edit: UserEdit, *, actor: str) -> User:
        """Carry out one edit of a user."""
        return await self._edit(
            actor, lambda c, n: edits.edit_user(c, known_user(c, user_id), edit, n)
        )

    async def delete_user(self, user_id: str, *, actor: str, now: dt.datetime) -> None:
        """Soft-delete a user."""
        await self._edit(actor, lambda c, n: edits.delete_user(c, user_id, now, n))

    async def restore_user(self, user_id: str, *, actor: str) -> None:
        """Bring a soft-deleted user back."""
        await self._edit(actor, lambda c, n: edits.restore_user(c, user_id, n))

    async def purge_user(self, user_id: str, *, actor: str) -> None:
        """Hard-delete a user."""
        await self._edit(actor, lambda c, n: edits.purge_user(c, user_id, n))

    async def purge_expired(self, *, now: dt.datetime) -> int:
        """Purge who was soft-deleted too long ago, each in a transaction of their own."""
        limit = now - dt.timedelta(days=RECYCLE_DAYS)
        expired = await self._database.read(
            lambda c: c.scalars(select(users.c.id).where(users.c.deleted_at < limit)).all()
        )
        for user_id in expired:
            await self.purge_user(user_id, actor="recycle bin")
        return len(expired)

    async def reports_of(self, manager_id: str) -> Sequence[str]:
        """Return the ids of a manager's reports."""
        asked = select(users.c.id).where(users.c.manager_id == manager_id).order_by(users.c.id)
        return await self._database.read(lambda c: c.scalars(asked).all())

    async def group(self, who: str) -> Group:
        """Return a group by id or exact display name. Raises ``NotFound``."""
        return await self._database.read(lambda c: _find_group(c, who))

    async def groups(self, ids: Collection[str]) -> Mapping[str, Group]:
        """Return those of ``ids`` that exist."""
        return await self._database.read(lambda c: groups_by_id(c, ids)) if ids else {}

    async def all_groups(self, *, after: str = "", limit: int = 500) -> Sequence[Group]:
        """Return a page of groups in the order of ids."""
        return await self._database.read(
            lambda c: [group_of(row) for row in c.execute(page(groups, after, limit))]
        )

    async def create_group(
        self,
        display_name: str,
        *,
        actor: str,
        attributes: Values | None = None,
        group_id: str | None = None,
    ) -> Group:
        """Create a group."""
        given = {**(attributes or {}), "displayName": display_name}
        return await self._edit(actor, lambda c, n: edits.create_group(c, given, group_id, n))

    async def edit_group(
        self, group_id: str, attributes: Mapping[str, Value | None], *, actor: str
    ) -> Group:
        """Change a group's attributes."""
        return await self._edit(actor, lambda c, n: edits.edit_group(c, group_id, attributes, n))

    async def delete_group(self, group_id: str, *, actor: str) -> None:
        """Delete a group for good."""
        await self._edit(actor, lambda c, n: edits.delete_group(c, group_id, n))

    async def memberships(
        self, group_id: str, *, after: str = "", limit: int = 1000
    ) -> Sequence[Membership]:
        """Return a page of a group's direct members."""
        asked = (
            select(memberships)
            .where(memberships.c.group_id == group_id, memberships.c.member_id > after)
            .order_by(memberships.c.member_id)
            .limit(limit)
        )
        return await self._database.read(
            lambda c: [
                Membership(row.group_id, row.member_id, Kind(row.member_kind))
                for row in c.execute(asked)
            ]
        )

    async def groups_of(self, member_id: str) -> Sequence[Group]:
        """Return the groups somebody is a direct member of, by display name."""
        asked = (
            select(groups)
            .join(memberships, memberships.c.group_id == groups.c.id)
            .where(memberships.c.member_id == member_id)
            .order_by(groups.c.display_name)
        )
        return await self._database.read(lambda c: [group_of(row) for row in c.execute(asked)])

    async def change_members(
        self, group_id: str, *, add: Sequence[str] = (), remove: Sequence[str] = (), actor: str
    ) -> None:
        """Add and remove direct members."""
        await self._edit(actor, lambda c, n: edits.change_members(c, group_id, add, remove, n))

    async def assign(self, assignment: Assignment, *, actor: str) -> None:
        """Assign a principal to an application."""
        await self._edit(actor, lambda c, n: assignment_edits.assign(c, assignment, n))

    async def assign_as_seen(
        self,
        asked: Sequence[Assignment],
        seen: Mapping[str, Assignment | None] | None = None,
        *,
        actor: str,
    ) -> None:
        """Assign several at once, all of them or none."""
        await self._edit(actor, lambda c, n: assignment_edits.assign_as_seen(c, asked, seen, n))

    async def unassign(self, app_id: str, principal_id: str, *, actor: str) -> None:
        """End an assignment."""
        await self._edit(actor, lambda c, n: assignment_edits.unassign(c, app_id, principal_id, n))

    async def assignments(
        self, app_id: str, *, after: str = "", limit: int = 1000
    ) -> Sequence[Assignment]:
        """Return a page of an application's assignments."""
        asked = (
            select(assignments)
            .where(assignments.c.app_id == app_id, assignments.c.principal_id > after)
            .order_by(assignments.c.principal_id)
            .limit(limit)
        )
        return await self._database.read(
            lambda c: [assignment_edits.assignment_of(row) for row in c.execute(asked)]
        )

    async def lost(self, app_id: str, record_id: str, *, assignment: bool) -> Change | None:
        """Return the newest change that ended a record's assignment, or its being active."""
        return await self._database.read(
            lambda c: lost(c, app_id, record_id, assignment=assignment)
        )

    async def past(
        self, record_id: str, *, app_id: str | None = None, before: int | None = None, limit: int
    ) -> Sequence[Change]:
        """Return what the feed tells of a record, newest first."""
        return await self._database.read(lambda c: past(c, record_id, app_id, before, limit))

    async def ways_began(
        self, app_id: str, record_id: str, group_ids: Collection[str]
    ) -> Mapping[str, Change]:
        """Return the change that opened each way into an app."""
        return await self._database.read(lambda c: ways_began(c, app_id, record_id, group_ids))

    async def former_names(self, ids: Collection[str], *, after: int = 0) -> Mapping[str, str]:
        """Return the last names of people and groups that went for good after a change."""
        return await self._database.read(lambda c: former_names(c, ids, after)) if ids else {}

    async def former(self, kind: Kind, who: str) -> tuple[str, str]:
        """Return id and last name of who is gone for good. Raises ``NotFound``."""
        return await self._database.read(lambda c: former(c, kind, who))

    async def find_people(
        self,
        query: PeopleQuery,
        *,
        after: Spot | None = None,
        limit: int,
        counted: bool = False,
    ) -> FoundPeople:
        """Return a page of people by how their names begin."""
        return await self._database.read(
            lambda c: find_people(c, query, after, limit, counted=counted)
        )

    async def find_groups(
        self, text: str, *, after: Spot | None = None, limit: int, counted: bool = False
    ) -> FoundGroups:
        """Return a page of groups by how their names begin."""
        return await self._database.read(
            lambda c: find_groups(c, text, after, limit, counted=counted)
        )

    async def member_counts(self, group_ids: Collection[str]) -> Mapping[str, int]:
        """Return how many direct members groups have."""
        return await self._database.read(lambda c: member_counts(c, group_ids))

    async def people_in(self, group_ids: Collection[str]) -> int:
        """Return how many people are direct members of these groups."""
        return await self._database.read(lambda c: people_in(c, group_ids))

    async def inner_groups(self, group_id: str, *, limit: int) -> Sequence[Group]:
        """Return groups that are direct members of a group, by name."""
        return await self._database.read(lambda c: inner_groups(c, group_id, limit))

    async def assignments_of(self, principal_ids: Collection[str]) -> Sequence[Assignment]:
        """Return all apps that people or groups are assigned to directly, by app."""
        return await self._database.read(lambda c: assignments_of(c, principal_ids))

    async def source_of(self, record_id: str) -> str | None:
        """Return the source that a record belongs to, or none."""
        return await self._database.read(lambda c: source_of(c, record_id))

    async def hint(self, kind: Kind, who: str) -> str:
        """Return advice for whoever named nobody."""
        return await self._database.read(lambda c: hint(c, kind, who))

    async def changes(self, *, after: int, limit: int = 1000) -> Sequence[Change]:
        """Return committed changes after a number, in the order of commits."""
        asked = select(changes).where(changes.c.seq > after).order_by(changes.c.seq).limit(limit)
        return await self._database.read(lambda c: [change_of(row) for row in c.execute(asked)])

    async def changes_of_people(
        self, *, after: int, since: dt.datetime, verbs: Collection[Verb]
    ) -> Sequence[Change]:
        """Return what happened to people in one of these ways."""
        asked = select(changes).where(
            changes.c.seq > after,
            changes.c.at >= since,
            changes.c.subject == Subject.USER.value,
            changes.c.verb.in_([one.value for one in verbs]),
        )
        return await self._database.read(
            lambda c: [change_of(row) for row in c.execute(asked.order_by(changes.c.seq))]
        )

    async def last_change(self) -> int:
        """Return the newest committed number."""
        return await self._database.read(
            lambda c: int(c.execute(select(feed_position.c.seq)).scalar_one())
        )

    async def _edit(self, actor: str, edit: Callable[[Connection, News], T]) -> T:
        def work(connection: Connection) -> T:
            news = News(actor)
            result = edit(connection, news)
            news.write(connection)
            return result

        try:
            return await self._database.write(work)
        except IntegrityError as error:
            # Two writers wanted the same name at once; the other one was first.
            raise InvalidValue("Somebody else took that name or id just now.") from error


def find_user(connection: Connection, who: str) -> User:
    """Return a user by id, userName or mail. Raises ``NotFound``."""
    name = folded(who)
    for condition in (users.c.id == who, users.c.user_name == name, users.c.mail == name):
        rows = connection.execute(select(users).where(condition).limit(2)).all()
        if len(rows) > 1:
            raise NotFound(f"Several users have the mail {who}.", advice="Give the userName.")
        if rows:
            return user_of(rows[0])
    raise NotFound(f"There is no user {who!r}.")


def _find_group(connection: Connection, who: str) -> Group:
    for condition in (groups.c.id == who, groups.c.display_name == who):
        row = connection.execute(select(groups).where(condition)).first()
        if row is not None:
            return group_of(row)
    raise NotFound(f"There is no group {who!r}.")
