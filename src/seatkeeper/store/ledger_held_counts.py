"""How much waits for somebody's word, on SQL: sums of the deletion guard's holds.

Beside the walk: a part of ``ledger``. Every page of the console asks for some of these, so
they are counted within the database, along an index that holds all they need
(``ix_holds_open``); only the list by reason reads the rows.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Select, and_, case, func, or_, select

from seatkeeper.provisioning.guard import Hold, HoldState
from seatkeeper.provisioning.held import HeldKind, HeldPlace, HeldTogether
from seatkeeper.provisioning.removal import Removal
from seatkeeper.store import ledger_rows as rows
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.asked import Asked
from seatkeeper.store.ledger_base import LedgerPart

_WAITS: Final = t.holds.c.state == HoldState.OPEN


class HeldCounts(LedgerPart):
    """The part of ``ports.Ledger`` that counts what waits for a person."""

    async def held_counts(self) -> Mapping[str, int]:
        """Return how many removals wait for a word, by app; apps without any are left out."""
        return {row.app_id: int(row.waiting) for row in await self._asked(_COUNTS)}

    async def held_kinds(self) -> Mapping[str, Sequence[HeldKind]]:
        """Return what waits for a word by app and kind; apps without any are left out."""
        found: dict[str, dict[Removal, HeldKind]] = {}
        for row in await self._asked(_KINDS):
            what = Removal(row.what)
            found.setdefault(row.app_id, {})[what] = HeldKind(what, int(row.waiting), row.first)
        return {
            app: [kinds[what] for what in Removal if what in kinds] for app, kinds in found.items()
        }

    async def held_together(
        self, *, after: HeldPlace | None = None, limit: int
    ) -> Sequence[HeldTogether]:
        """Return what waits for a word, by app and reason, the one that waits longest first."""
        return [
            HeldTogether(
                row.app_id,
                row.why,
                row.one,
                {
                    what: int(getattr(row, f"of_{what.value}"))
                    for what in Removal
                    if getattr(row, f"of_{what.value}")
                },
                row.first,
                int(row.asked),
            )
            for row in await self._all(_together(after).limit(limit))
        ]

    async def kept_by_word(
        self, *, after: HeldPlace | None = None, limit: int
    ) -> Sequence[tuple[str, Hold]]:
        """Return a page of what somebody's word keeps, with the app, the oldest first."""
        since, one = t.holds.c.since, t.holds.c.id
        asked = select(t.holds).where(t.holds.c.state == HoldState.KEPT)
        if after is not None:
            further = or_(since > after.since, and_(since == after.since, one > after.id))
            asked = asked.where(further)
        found = await self._all(asked.order_by(since, one).limit(limit))
        return [(row.app_id, rows.hold_of(row)) for row in found]


def counts_query() -> Select[Any]:
    """Return the question how many wait, by app."""
    waiting = func.count().label("waiting")
    return select(t.holds.c.app_id, waiting).where(_WAITS).group_by(t.holds.c.app_id)


def kinds_query() -> Select[Any]:
    """Return the question how many of each kind wait, by app, and since when."""
    kind = (t.holds.c.app_id, t.holds.c.what)
    first = func.min(t.holds.c.since).label("first")
    return select(*kind, func.count().label("waiting"), first).where(_WAITS).group_by(*kind)


_COUNTS: Final = Asked(counts_query())
_KINDS: Final = Asked(kinds_query())


def _together(after: HeldPlace | None) -> Select[Any]:
    together = (t.holds.c.app_id, t.holds.c.why)
    one, first = func.min(t.holds.c.id), func.min(t.holds.c.since)
    asked = (
        select(
            *together,
            one.label("one"),
            first.label("first"),
            func.sum(case((t.holds.c.asked_by != "", 1), else_=0)).label("asked"),
            *(
                func.sum(case((t.holds.c.what == what, 1), else_=0)).label(f"of_{what.value}")
                for what in Removal
            ),
        )
        .where(_WAITS)
        .group_by(*together)
        .order_by(first, one)
    )
    if after is None:
        return asked
    return asked.having(or_(first > after.since, and_(first == after.since, one > after.id)))
