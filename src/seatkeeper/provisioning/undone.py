"""What somebody undid is not written again until it would be something else.

    source change -> scope -> map -> match -> [plan] -> export -> log

Pure. An undone value is kept with the value that was taken back: as long as the
mappings ask for just that one, the path is left alone. Once they ask for
another, or the account has it after all, the hold is over. Planning an undo is
``undo``; here an ordinary cycle learns what not to do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.account import TargetValue, TargetValues
from seatkeeper.provisioning.mapping.evaluate import Desired
from seatkeeper.provisioning.mapping.model import ObjectMapping
from seatkeeper.provisioning.plan import same

Undone: TypeAlias = Mapping[str, TargetValue | None]
"""By path the value that was taken back; none is absence."""


@dataclass(frozen=True, slots=True)
class UndoneValue:
    """One path of a record whose value was taken back, and by which cycle.

    Of a membership ``member_id`` is the member and ``value`` whether being in the
    group is what was taken back.
    """

    kind: Kind
    record_id: str
    path: str
    value: TargetValue | None
    cycle_id: str
    at: datetime
    member_id: str = ""


@dataclass(frozen=True, slots=True)
class Spared:
    """Which undone paths are left alone, and which holds are over."""

    kept: frozenset[str] = frozenset()
    over: frozenset[str] = frozenset()


NOTHING_SPARED = Spared()


def spared(
    undone: Undone, known: TargetValues, wanted: TargetValues, mapping: ObjectMapping
) -> Spared:
    """Decide about each undone path: left alone while just that value is wanted again.

    It is over where another value is wanted, or the account has the value after all.
    """
    kept = {
        path
        for path, value in undone.items()
        if (one := mapping.of(path)) is not None
        and same(one, wanted.get(path), value)
        and not same(one, known.get(path), value)
    }
    return Spared(frozenset(kept), frozenset(undone.keys() - kept))


def leave(desired: Desired, paths: frozenset[str]) -> Desired:
    """Return what is wanted without these paths."""
    return replace(desired, untouched=desired.untouched | paths) if paths else desired


def without(access: TargetValues, paths: frozenset[str]) -> TargetValues:
    """Return the values that take access away, but for these paths."""
    return {path: value for path, value in access.items() if path not in paths}
