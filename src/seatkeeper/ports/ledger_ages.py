"""The part of the engine's memory that ends with age: how much is kept, and what is forgotten.

Beside the walk. A base of ``ports.ledger.Ledger``, which one store implements as a whole.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Kept:
    """How many of something are kept, and the moment of the oldest."""

    count: int
    oldest: dt.datetime | None


class LedgerOfAges(Protocol):
    """How much there is of what was written down, and its removal piece by piece.

    How long something is kept is decided by whoever asks.
    """

    async def forget_log(self, before: dt.datetime, *, after: int = 0) -> tuple[int, int | None]:
        """Look at a piece of the log over number ``after``, and remove what is older.

        Entries of cycles that are kept stay, and the last one of a record with an account.
        Returns how many went and where to go on, or none at the end.
        """

    async def forget_cycles(
        self, app_id: str, before: dt.datetime, idle_before: dt.datetime, *, after: int = 0
    ) -> tuple[int, int | None]:
        """Look at a piece of an app's cycles over number ``after``, and remove what is older.

        Those that did nothing go from ``idle_before``. The newest stay, and those that are open.
        Returns how many rows went and where to go on, or none at the end.
        """

    async def forget_changes(
        self, before: dt.datetime, *, after: int = 0
    ) -> tuple[int, int | None]:
        """Look at a piece of the change feed over number ``after``, and remove what is older.

        Nothing that an app has still to look at goes, and nothing that says since when
        somebody is in a group or has an app. Returns as ``forget_log`` does.
        """

    async def forget_messages(self, before: dt.datetime, now: dt.datetime) -> int:
        """Remove a piece of notices, parcels and orders that are settled and older."""

    async def kept(self) -> Mapping[str, Kept]:
        """Return how much there is of log, cycles, messages and changes."""
