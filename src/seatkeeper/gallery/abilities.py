"""What an app's service takes and does not take, beyond create, update and delete.

Before the walk: parts of a gallery file, with what can be wrong in them. The
stand-in refuses by these facts, and the connector does not ask for what they rule out.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

_OPERATORS: Final = frozenset(
    ("eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr", "and", "or", "not", "[]")
)


class FilterAbilities(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which filters a list takes. None of a field: all of them; an empty list: none at all.

    ``operators`` are those of RFC 7644 with ``and``, ``or``, ``not``, and ``[]`` for
    conditions on list elements; ``users`` and ``groups`` name attributes such as
    ``userName`` or ``emails.value``.
    """

    operators: tuple[str, ...] | None = None
    users: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None

    def attributes(self, kind: str) -> tuple[str, ...] | None:
        """Return the attributes of users (``User``) or groups that a filter may name."""
        return self.users if kind == "User" else self.groups

    def finds_by(self, kind: str, attribute: str) -> bool:
        """Say whether ``attribute eq "..."`` is a filter that this app takes."""
        known = self.attributes(kind)
        named = known is None or attribute.casefold() in [one.casefold() for one in known]
        return named and (self.operators is None or "eq" in self.operators)


class GroupPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one PATCH of a group may hold; none is no limit of the app's own.

    ``replaces_members`` false: members are added and removed, never replaced as a whole.
    """

    members: int | None = None
    bytes: int | None = None
    replaces_members: bool = True


class Lies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the stand-in answers as if all were well, and does otherwise.

    ``drops`` is the share of writes that are accepted and forgotten; ``seed``
    makes the same writes be forgotten in every run. ``lowers`` names
    attributes of users that are kept in small letters. With
    ``ignores_unknown_filters`` a filter that is not taken lists everything.
    """

    drops: float = 0.0
    seed: int = 0
    lowers: tuple[str, ...] = ()
    ignores_unknown_filters: bool = False


def filter_faults(filters: FilterAbilities) -> list[str]:
    """Return what is wrong with the filter abilities, as sentences."""
    return [
        f"capabilities.filters: {one} is no operator; there are {', '.join(sorted(_OPERATORS))}"
        for one in filters.operators or ()
        if one not in _OPERATORS
    ]


def group_patch_faults(patch: GroupPatch, *, members_per_patch: int) -> list[str]:
    """Return what is wrong with the limits of a group's PATCH, as sentences."""
    faults = [
        f"capabilities.groups.patch: {name} is {value}; it must be 1 at least"
        for name, value in (("members", patch.members), ("bytes", patch.bytes))
        if value is not None and value < 1
    ]
    if patch.members is not None and members_per_patch > patch.members:
        faults.append(
            f"capabilities.groups: members_per_patch is {members_per_patch}, more than the "
            f"{patch.members} that one PATCH may hold"
        )
    return faults


def lie_faults(lies: Lies, user_attributes: Iterable[str]) -> list[str]:
    """Return what is wrong with the lies of a stand-in, as sentences."""
    known = set(user_attributes)
    faults = [
        f"sandbox.lies: {one} is lowered, but no attribute of the app's users"
        for one in lies.lowers
        if one not in known
    ]
    if not 0 <= lies.drops <= 1:
        faults.append(f"sandbox.lies: drops is {lies.drops}; it is a share, from 0 to 1")
    return faults
