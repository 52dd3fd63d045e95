"""What the walk knows of the app: accounts, their values, what the app can do.

    source change -> scope -> map -> [match -> plan -> export] -> log

A target value is text, a boolean, or a set of texts, under the SCIM attribute
path that a mapping names. References hold the *account's* id here; record ids
are resolved before (``reference``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

import msgspec

TargetValue: TypeAlias = str | bool | int | tuple[str, ...]
TargetValues: TypeAlias = Mapping[str, TargetValue]


@dataclass(frozen=True, slots=True)
class Account:
    """One user or group as the app holds it.

    ``values`` has an entry for each mapped path that the app returned; a path
    without entry is empty there (or was never asked for).
    """

    id: str
    values: TargetValues = field(default_factory=dict)


class Write(StrEnum):
    """How one value changes; an element that is not there yet is added, not replaced."""

    ADD = "add"
    REPLACE = "replace"
    REMOVE = "remove"


class ValueChange(msgspec.Struct, frozen=True):
    """One value's way from ``old`` to ``new``; none is absence."""

    path: str
    old: TargetValue | None
    new: TargetValue | None

    @property
    def write(self) -> Write:
        """Which kind of write takes ``old`` to ``new``."""
        if self.new is None:
            return Write.REMOVE
        return Write.ADD if self.old is None else Write.REPLACE


@dataclass(frozen=True, slots=True)
class UserAbilities:
    """What the app lets us do with users."""

    create: bool = True
    update: bool = True
    disable: bool = True
    delete: bool = True


@dataclass(frozen=True, slots=True)
class GroupAbilities:
    """What the app lets us do with groups."""

    create: bool = True
    update: bool = True
    delete: bool = True
    members_per_patch: int = 100
    members_readable: bool = True


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the app can do; asked instead of the app's name."""

    users: UserAbilities = UserAbilities()
    groups: GroupAbilities | None = GroupAbilities()
    refuses_duplicates: bool = True
    page_size: int = 100
