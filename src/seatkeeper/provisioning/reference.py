"""Turn references between records into references between accounts, in time.

    source change -> scope -> [map] -> match -> [plan] -> export -> log

A manager or member can only be written once the other end has an account. So
people are ordered along the reporting line; what still has no account is left
out, said, and remembered as waiting, and written when the missing end appears.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from seatkeeper.provisioning.account import TargetValue
from seatkeeper.provisioning.mapping.evaluate import Desired

PAGE: Final = 500
"""Records whose place is found before others may work."""

_NOBODY: Final[Mapping[str, Collection[str]]] = {}
_FIRST: Final[Mapping[str, int]] = {}


@dataclass(frozen=True, slots=True)
class Resolved:
    """Desired values with references resolved; ``waiting`` maps a path to the missing record."""

    desired: Desired
    waiting: Mapping[str, str]


def resolve(desired: Desired, accounts: Mapping[str, str]) -> Resolved:
    """Replace record ids by account ids.

    ``accounts`` maps record ids to account ids. A reference whose end has no
    account is left out and returned in ``waiting``.
    """
    values: dict[str, TargetValue] = dict(desired.always)
    waiting: dict[str, str] = {}
    for path, record in desired.references.items():
        account = accounts.get(str(record))
        if account is None:
            waiting[path] = str(record)
        else:
            values[path] = account
    return Resolved(Desired(values, desired.on_create, untouched=desired.untouched), waiting)


def waits(path: str, name: str) -> str:
    """Say for people that a reference waits, and for whom; the path without its schema."""
    return f"{path.rpartition(':')[2]} waits until {name} has an account"


def comes(path: str, name: str) -> str:
    """Say for people that a reference is written with the account that its end is about to get."""
    return f"{path.rpartition(':')[2]} becomes {name}, whose account the same cycle makes or links"


def levels(
    managers: Mapping[str, str | None], after: Mapping[str, Collection[str]] = _NOBODY
) -> dict[str, int]:
    """Return for each record when it can be written, all at once; see ``placed``."""
    return {one: level for page in placed(managers, after) for one, level in page.items()}


def placed(
    managers: Mapping[str, str | None],
    after: Mapping[str, Collection[str]] = _NOBODY,
    held: Mapping[str, int] = _FIRST,
) -> Iterator[dict[str, int]]:
    """Yield page by page when each record can be written: after its manager.

    ``managers`` maps records about to be written to their manager's record
    id, at least those that others of them report to (``behind`` is for the rest);
    ``after`` names others that come before it (``handover``). Whoever is
    in neither delays nobody. ``held`` are the places that records have already: nobody
    comes earlier than that, so that who is in order stays, however many were written
    meanwhile. A loop cannot be ordered: its members, and nobody else, ignore the link
    that closes it, so one of them is written without manager and healed in the second
    pass. Whoever asks for page after page may let others work between two of them.
    """
    known = {*managers, *after, *(one for others in after.values() for one in others)}
    found: dict[str, int] = {}
    page: dict[str, int] = {}
    for start in sorted(known):
        for one in _place(start, known, managers, after, found, held):
            page[one] = found[one]
            if len(page) == PAGE:
                yield page
                page = {}
    if page:
        yield page


def behind(reports: Iterable[tuple[str, str, int]], places: Mapping[str, int]) -> dict[str, int]:
    """Return when those can be written whom nobody waits for: right behind their managers.

    ``reports``: record, manager and place of each, which is never made an earlier one. ``places``
    are those of the managers.
    """
    return {one: max(held, places[manager] + 1) for one, manager, held in reports}


def _place(
    start: str,
    known: Collection[str],
    managers: Mapping[str, str | None],
    after: Mapping[str, Collection[str]],
    found: dict[str, int],
    held: Mapping[str, int],
) -> Iterator[str]:
    """Give ``start`` its place, and before it everybody it comes after; lines may be long."""
    open_ones: set[str] = set()
    way = [start]
    while way:
        one = way[-1]
        if one in found:
            way.pop()
            continue
        before = [
            other
            for other in (managers.get(one), *sorted(after.get(one, ())))
            if other is not None and other in known and other not in open_ones
        ]
        missing = [other for other in before if other not in found and other != one]
        if one not in open_ones and missing:
            open_ones.add(one)
            way += missing
            continue
        earliest = (found[other] + 1 for other in before if other in found)
        found[one] = max([held.get(one, 0), *earliest])
        open_ones.discard(one)
        way.pop()
        yield one
