"""The port for erasing a person: everything that is kept of them goes, for good.

Beside the walk. The suite is ``tests/store/test_erasing.py``.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from seatkeeper.directory.erasing import InTheWay


@dataclass(frozen=True, slots=True)
class Erasable:
    """What is kept of a person. ``kept`` counts rows by what they are, without zeros."""

    record_id: str
    name: str
    kept: Mapping[str, int] = field(default_factory=dict)
    in_the_way: Sequence[InTheWay] = ()


@dataclass(frozen=True, slots=True)
class Erasure:
    """How far an erasure is.

    ``removed`` counts rows by what they were. ``waits`` names the apps whose
    cycle began before it and may still write of the person. ``done``: nothing is left.
    """

    record_id: str
    removed: Mapping[str, int] = field(default_factory=dict)
    waits: Sequence[str] = ()
    done: bool = False
    at: dt.datetime | None = None


class Erasing(Protocol):
    """Erases people, each in several transactions that may be interrupted and repeated."""

    async def erasable(self, who: str) -> Erasable:
        """Return what is kept of somebody, also of who is gone from the directory.

        ``who`` is what ``Directory.user`` takes, or the id or last name of who is
        gone. Raises ``NotFound``.
        """

    async def erased(self, record_id: str) -> Erasure | None:
        """Return how far the erasure of this id is, or none where it was never asked for."""

    async def erase(self, record_id: str, *, actor: str, now: dt.datetime) -> Erasure:
        """Erase somebody, or go on with it. Raises ``NotYet`` where something is in the way."""

    async def go_on(self) -> Sequence[Erasure]:
        """Go on with what was interrupted or had to wait; return what it came to."""
