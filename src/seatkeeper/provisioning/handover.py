"""Order the writes of one plan, so that a value is free before somebody else takes it.

    source change -> scope -> map -> match -> [plan] -> export -> log

Somebody who gives up a user name is written before whoever takes it; where
names change hands in a ring, one of the ring gets a value of its own for a
moment. Pure: it looks at changes and says who comes after whom. It sends
nothing, and knows nothing of managers (``reference`` joins both orders).
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from seatkeeper.provisioning.account import ValueChange
from seatkeeper.provisioning.mapping.model import ObjectMapping
from seatkeeper.provisioning.match import Claim, claim_of


@dataclass(frozen=True, slots=True)
class Rename:
    """A linked record's value that only one account may have, on its way to another."""

    record_id: str
    change: ValueChange
    gives: Claim
    takes: Claim | None


def renames(record_id: str, changes: Sequence[ValueChange], mapping: ObjectMapping) -> list[Rename]:
    """Return which of these changes give up a value that somebody else might take.

    A change of case alone gives nothing up where the app ignores case.
    """
    found = []
    for change in changes:
        one = mapping.of(change.path)
        if one is None or not (one.unique or one.matching > 0):
            continue
        gives, takes = claim_of(one, change.old), claim_of(one, change.new)
        if gives is not None and gives != takes:
            found.append(Rename(record_id, change, gives, takes))
    return found


def rings(found: Iterable[Rename]) -> list[list[Rename]]:
    """Return the renames that wait for one another in a circle, each circle once.

    Nobody in such a ring can be written first, as long as the app refuses a
    value that another account still has. The first of each is the one with
    the smallest record id.
    """
    by_given = {one.gives: one for one in sorted(found, key=lambda one: one.record_id)}
    done: set[Claim] = set()
    circles = []
    for start in sorted(by_given.values(), key=lambda one: (one.record_id, one.gives.path)):
        if start.gives in done:
            continue
        way: list[Rename] = []
        seen: set[Claim] = set()
        at: Rename | None = start
        while at is not None and at.gives not in seen:
            seen.add(at.gives)
            way.append(at)
            at = by_given.get(at.takes) if at.takes is not None else None
        if at is not None and at.gives == start.gives:
            circles.append(way)
            done |= seen
    return circles


def after(givers: Iterable[Rename], takers: Mapping[Claim, Iterable[str]]) -> dict[str, set[str]]:
    """Return for each record that takes a value whom it must come after.

    ``takers`` are the records that ask for a value, the giver's own wishes included.
    """
    waits: dict[str, set[str]] = defaultdict(set)
    for one in givers:
        for record_id in takers.get(one.gives, ()):
            if record_id != one.record_id:
                waits[record_id].add(one.record_id)
    return dict(waits)


def freed(circles: Iterable[Sequence[Rename]]) -> dict[str, tuple[ValueChange, ...]]:
    """Return by record the changes that open every ring: each to a value that nobody else has."""
    found: dict[str, tuple[ValueChange, ...]] = {}
    for first, *_ in circles:
        found[first.record_id] = (*found.get(first.record_id, ()), _for_a_moment(first))
    return found


def _for_a_moment(one: Rename) -> ValueChange:
    """Return the change that frees a value.

    The same rename always gives the same text, so a crash in the middle makes
    no second one. An e-mail address stays an address.
    """
    old = str(one.change.old)
    mark = hashlib.sha256(f"{one.record_id}\n{one.change.path}\n{old}".encode()).hexdigest()[:10]
    name, at, domain = old.partition("@")
    return ValueChange(one.change.path, one.change.old, f"{name}.moving-{mark}{at}{domain}")
