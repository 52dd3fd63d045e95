"""The part of the engine's memory that is about removals: what waits, and what was said of it.

Beside the walk. A base of ``ports.ledger.Ledger``, which one store implements as a whole.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from seatkeeper.directory.model import (
    Kind,
)
from seatkeeper.provisioning.four_eyes import RemovalCause
from seatkeeper.provisioning.guard import Hold, HoldState, Numbers
from seatkeeper.provisioning.held import HeldKind, HeldPlace, HeldTogether
from seatkeeper.provisioning.journal import (
    Entry,
    Key,
)
from seatkeeper.provisioning.last_administrators import Administrators, Mark
from seatkeeper.provisioning.shrinking import Went


class LedgerOfHolds(Protocol):
    """Which removals a plan has, which wait for somebody's word, and what the guard counts.

    It keeps and finds; what may leave is decided by ``provisioning.guard``.
    """

    async def removing(
        self, cycle_id: str, kind: Kind, *, after: str, limit: int
    ) -> Sequence[Entry]:
        """Return a page of planned entries that may take something away, by record."""

    async def holds(
        self,
        app_id: str | None,
        *,
        states: Collection[HoldState] = tuple(HoldState),
        record: Key | None = None,
        why: str | None = None,
        limit: int | None = None,
    ) -> Sequence[tuple[str, Hold]]:
        """Return what the guard holds, or somebody decided about, with the app.

        Only of one ``record``, or what waits for one reason (``why``), where these are given.
        """

    async def spoken_about(self, app_id: str, now: dt.datetime) -> Sequence[Key]:
        """Return records whose removal a cycle must look at again.

        Somebody decided about it, or the source for whose sake it waits is full again.
        """

    async def guard_numbers(
        self, app_id: str, *, cycle_began: dt.datetime, day_began: dt.datetime
    ) -> Numbers:
        """Return how many there are of each, and how many left without anybody's word."""

    async def parts_left(
        self, app_id: str, *, since: dt.datetime, after: int | None, more_than: int
    ) -> Sequence[Went]:
        """Return what sources took away since then, of parts that lost more than that or all.

        All changes ``after`` that number count as well: an app that was away reads them late.
        Parts for which removals of the app are held are always among them.
        """

    async def administrators(self, app_id: str, mark: Mark) -> Administrators:
        """Return who administers an app, by what was last written to it or read."""

    async def held_counts(self) -> Mapping[str, int]:
        """Return how many removals wait for a word, by app; apps without any are left out."""

    async def held_kinds(self) -> Mapping[str, Sequence[HeldKind]]:
        """Return what waits for a word by app, in the order of ``Removal``.

        Apps without any are left out.
        """

    async def held_together(
        self, *, after: HeldPlace | None = None, limit: int
    ) -> Sequence[HeldTogether]:
        """Return what waits for a word, by app and reason, the one that waits longest first.

        ``after``: only what comes after that place of the list.
        """

    async def kept_by_word(
        self, *, after: HeldPlace | None = None, limit: int
    ) -> Sequence[tuple[str, Hold]]:
        """Return a page of what somebody's word keeps, with the app, the oldest first.

        ``after``: only what comes after that place of the list.
        """

    async def hold_named(self, hold_id: str) -> tuple[str, Hold] | None:
        """Return the hold of that id with its app, whatever was decided; none: it has ended."""

    async def decide(
        self,
        ids: Collection[str],
        state: HoldState,
        *,
        word: str,
        until: dt.datetime | None,
        actor: str,
        now: dt.datetime,
        instead: bool = False,
        signed_in: bool = False,
    ) -> Sequence[tuple[str, Hold]]:
        """Write down what somebody decided about these holds, with audit; return them so.

        The first decision stands: raises ``AlreadyDecided`` where there is one, unless this is
        to take its place (``instead``); ``NotFound`` for an id that nothing waits under. Where
        two people must agree, the first approval only asks, and such a hold stays open; raises
        ``NeedsAnother`` where this one cannot be the second. ``signed_in``: the console knows
        who the actor is. All or none.
        """

    async def removal_causes(
        self, app_id: str, holds: Sequence[Hold]
    ) -> Mapping[str, RemovalCause]:
        """Return what led to each of these holds of one app, by hold id, where it is known."""
