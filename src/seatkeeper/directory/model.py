"""What the directory holds: users, groups, memberships, applications, roles, assignments, changes.

Frozen values only. They are read by every station of the walk:

    [source change] -> scope -> map -> match -> plan -> export -> log

This page decides what a record *is*; ``attributes`` decides which attributes
there are, ``store`` keeps them, and ``provisioning`` decides what follows.
Names are those of the reference directory, so that a mapping written for it
reads the same here.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

Value: TypeAlias = str | bool | tuple[str, ...]
"""One attribute's value; absent attributes have no entry, so null is never stored."""

Values: TypeAlias = Mapping[str, Value]

DEFAULT_ACCESS = "00000000-0000-0000-0000-000000000000"
"""Role id of an assignment that names no role of the app (Default Access)."""

RECYCLE_DAYS = 30
"""Days a soft-deleted user can be restored before the directory purges them."""


class Kind(StrEnum):
    """What a record is; also the word in links, journal and log."""

    USER = "user"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class User:
    """One person. ``attributes`` holds every mappable attribute but those with a field here."""

    id: str
    attributes: Values
    enabled: bool = True
    manager_id: str | None = None
    deleted_at: dt.datetime | None = None

    @property
    def active(self) -> bool:
        """Whether the person may sign in: enabled and not soft-deleted (``IsActive``)."""
        return self.enabled and self.deleted_at is None

    @property
    def user_name(self) -> str:
        """The sign-in name, empty where there is none."""
        return self.text("userPrincipalName")

    @property
    def display_name(self) -> str:
        """The best name to show to people, never empty."""
        return self.text("displayName") or self.user_name or self.id

    def text(self, name: str) -> str:
        """Return a text attribute, or the empty string where it is absent or not text."""
        value = self.attributes.get(name)
        return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class Group:
    """One group; its members are memberships, read apart because they can be many."""

    id: str
    display_name: str
    attributes: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Membership:
    """``member_id`` is a direct member of ``group_id``; groups may be members too."""

    group_id: str
    member_id: str
    member_kind: Kind = Kind.USER


@dataclass(frozen=True, slots=True)
class AppRole:
    """One role that an application offers; an assignment names exactly one."""

    id: str
    value: str
    display_name: str
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Application:
    """One configured instance of an app; two tenants of one app are two applications."""

    id: str
    gallery_id: str
    display_name: str
    roles: tuple[AppRole, ...] = ()

    def role(self, role_id: str) -> AppRole | None:
        """Return the role with this id, or none (Default Access is none)."""
        return next((role for role in self.roles if role.id == role_id), None)

    @property
    def has_own_roles(self) -> bool:
        """Whether any role of the app's own is enabled; only then Default Access means less."""
        return any(role.enabled for role in self.roles)


@dataclass(frozen=True, slots=True)
class Assignment:
    """A user or group may use an application, in exactly one role.

    That of a group reaches its direct members; a ``nested`` one also those of
    all groups inside it, however deep.
    """

    app_id: str
    principal_kind: Kind
    principal_id: str
    role_id: str = DEFAULT_ACCESS
    nested: bool = False


class Subject(StrEnum):
    """What a change in the feed is about."""

    USER = "user"
    GROUP = "group"
    MEMBERSHIP = "membership"
    ASSIGNMENT = "assignment"
    APPLICATION = "application"


class Verb(StrEnum):
    """What happened to it. ``PURGED`` is the hard delete; ``DELETED`` of a user the soft one."""

    CREATED = "created"
    UPDATED = "updated"
    DISABLED = "disabled"
    ENABLED = "enabled"
    DELETED = "deleted"
    RESTORED = "restored"
    PURGED = "purged"


@dataclass(frozen=True, slots=True)
class Change:
    """One committed change, numbered without gaps in the order of the commits.

    ``record_id`` is the user, group, or application concerned; for a
    membership the group, with the member in ``other_id``; for an assignment
    the principal, with the application in ``app_id``. It says *that* a key
    changed: readers look at the present state, never at ``detail``, which only
    explains (names of changed attributes, ``{"attributes": ["jobTitle"]}``).
    ``nested``: the assignment reaches, or reached until now, people through
    nested groups; once it has ended nothing else can say that.
    """

    seq: int
    at: dt.datetime
    actor: str
    subject: Subject
    verb: Verb
    record_id: str
    other_id: str | None = None
    other_kind: Kind | None = None
    app_id: str | None = None
    detail: Mapping[str, object] = field(default_factory=dict)
    nested: bool = False
