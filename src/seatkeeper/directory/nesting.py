"""Find the way from a group down to the groups inside it, however they are nested.

At the source of the walk. Pure: the pairs of group and group inside it come in,
ways come out. A loop (A in B, B in A) is walked once. Whose membership counts
for what is decided by ``provisioning.scope``; here are only ways.
"""

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

Nesting: TypeAlias = tuple[str, str]
"""A group, and a group that is a direct member of it."""

Way: TypeAlias = tuple[str, ...]
"""Groups, each a direct member of the one before."""


@dataclass(frozen=True, slots=True)
class Regrouped:
    """People below ``group_id`` may have entered or left an assignment that opens groups.

    Either the assignment of ``group_id`` itself changed, and ``root_id`` is the
    same group; or it joined or left ``parent_id``, which is, or was, the
    assigned group ``root_id`` or a group inside that one.
    """

    group_id: str
    root_id: str
    parent_id: str | None = None
    joined: bool = True


def inside(nestings: Iterable[Nesting]) -> Mapping[str, Collection[str]]:
    """Return the groups directly inside each group that has any."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for group, member in nestings:
        found[group][member] = None
    return found


def ways_down(
    root: str,
    members: Mapping[str, Collection[str]],
    names: Mapping[str, str],
    wanted: Collection[str],
) -> dict[str, Way]:
    """Return the shortest way from ``root`` to each wanted group inside it, or to itself.

    Of several shortest ones the first by name, so that a diamond is told in one
    way, and always in the same one.
    """
    before: dict[str, str | None] = {root: None}
    waiting = deque([root])
    while waiting:
        group = waiting.popleft()
        for member in sorted(members.get(group, ()), key=lambda one: (names.get(one, one), one)):
            if member not in before:
                before[member] = group
                waiting.append(member)
    return {group: _way(group, before) for group in wanted if group in before}


def _way(group: str, before: Mapping[str, str | None]) -> Way:
    way: list[str] = []
    step: str | None = group
    while step is not None:
        way.append(step)
        step = before[step]
    return tuple(reversed(way))


def roots_above(roots: Iterable[str], members: Mapping[str, Collection[str]]) -> dict[str, str]:
    """Return each group that is one of ``roots`` or inside one, with the first such root."""
    found: dict[str, str] = {}
    for root in sorted(roots):
        waiting = [root]
        while waiting:
            group = waiting.pop()
            if group not in found:
                found[group] = root
                waiting += members.get(group, ())
    return found
