"""Tell who administers an app, and whether nobody would be left who does.

    [source change] -> scope -> map -> match -> plan -> export -> log

Pure, beside the guard. An app's settings name what marks an administrator there: a value that
is written to the account, or a group whose members are. Who is one now follows from what was
last written or read, so accounts that nobody here manages do not count. What the plan takes
away from all of them at once waits for a person, whatever the limits say (design P4,
reliability 8).
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from seatkeeper.provisioning.account import TargetValue, TargetValues, ValueChange

K = TypeVar("K")

_OBJECT: Final = "{"


@dataclass(frozen=True, slots=True)
class Mark:
    """What marks an administrator: one of ``values`` (folded) at ``path``, or a ``group``.

    ``ended`` is what stands in an account that cannot be used.
    """

    path: str = ""
    values: frozenset[str] = frozenset()
    group: str = ""
    ended: tuple[tuple[str, TargetValue], ...] = ()

    def is_usable(self, known: TargetValues) -> bool:
        """Whether an account is not switched off, as far as its values tell."""
        return not any(_folded(known.get(path)) == _folded(value) for path, value in self.ended)

    def is_on(self, value: TargetValue | None) -> bool:
        """Whether a value at ``path`` marks an administrator."""
        found = value if isinstance(value, tuple) else (value,)
        return any(not self.values.isdisjoint(_said(one)) for one in found)

    def is_taken(self, changes: Sequence[ValueChange]) -> bool:
        """Whether these changes take the rights of an administrator away."""
        return any(
            one.path == self.path and self.is_on(one.old) and not self.is_on(one.new)
            for one in changes
        )


@dataclass(frozen=True, slots=True)
class Administrators:
    """Who administers an app now: record ids of active accounts; the group that marks them."""

    people: frozenset[str] = frozenset()
    group_id: str = ""


def administrators(mark: Mark, accounts: Mapping[str, TargetValues]) -> frozenset[str]:
    """Return who of these accounts, by record id, is an active administrator.

    Where a group marks them, ``accounts`` are those of its members.
    """
    return frozenset(
        record
        for record, known in accounts.items()
        if mark.is_usable(known) and (mark.group or mark.is_on(known.get(mark.path)))
    )


def nobody_left(
    taken: Mapping[K, frozenset[str]],
    gone: Collection[str],
    waiting: Collection[str],
    people: frozenset[str],
) -> Mapping[K, str]:
    """Return which removals wait, with words, because nobody would administer the app.

    ``taken`` is whom each removal takes of the administrators, ``gone`` those whose removal
    somebody approved, ``waiting`` those about whose removal somebody is asked already. All that
    take somebody wait, or none: who may stay is for a person to say.
    """
    still = people.difference(gone)
    going = still & frozenset[str]().union(*taken.values())
    if not going or still.difference(going, waiting):
        return {}
    why = _words(len(still))
    return {key: why for key, theirs in taken.items() if theirs & going}


def _words(count: int) -> str:
    who = (
        "The last active administrator of this app would go"
        if count == 1
        else f"All {count:,} active administrators of this app would go at once"
    )
    return (
        f"{who}, as far as Seatkeeper knows: nobody could administer it any more. "
        "Make somebody else one first, then approve; or reject it."
    )


def _said(value: TargetValue | None) -> frozenset[str]:
    """Return what one value says, folded: its text, and of an object its ``value``."""
    text = _folded(value)
    if not text.startswith(_OBJECT):
        return frozenset({text})
    try:
        return frozenset({text, str(json.loads(text).get("value", ""))})
    except ValueError:
        return frozenset({text})


def _folded(value: object) -> str:
    return "" if value is None else str(value).casefold()
