"""Escrows on SQL: who waits after a failure, for what, and until when.

Beside the walk: a part of ``ledger``, each method one transaction in a thread.
An app may refuse everybody, so what is asked of all of them is counted by the
database.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select, update

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.journal import Escrow, Key, WaitingCause
from seatkeeper.provisioning.outcome import NO_RETRY_AFTER
from seatkeeper.store import ledger_rows as rows
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.asked import Asked
from seatkeeper.store.ledger_base import LedgerPart
from seatkeeper.store.upsert import among, pieces

_APP: Final = t.escrows.c.app_id == bindparam("app_id")
_UNTIMED: Final = t.escrows.c.retry_at.is_(None)
_WAITING: Final = Asked(
    select(t.escrows.c.app_id, func.count().label("waiting")).group_by(t.escrows.c.app_id)
)
_CAUSES: Final = Asked(
    select(
        t.escrows.c.code,
        _UNTIMED.label("untimed"),
        func.count().label("number"),
        func.min(t.escrows.c.first_at).label("since"),
    )
    .where(_APP)
    .group_by(t.escrows.c.code, _UNTIMED)
    .order_by(func.max(t.escrows.c.last_at).desc(), t.escrows.c.code)
)
_LINKED: Final = and_(
    t.links.c.app_id == t.escrows.c.app_id,
    t.links.c.kind == t.escrows.c.kind,
    t.links.c.record_id == t.escrows.c.record_id,
)
_COUNTED: Final[tuple[ColumnElement[Any], ...]] = (
    func.count().label("people"),
    func.count(t.links.c.record_id).label("linked"),
)
_PEOPLE: Final = Asked(
    select(*_COUNTED)
    .select_from(t.escrows.outerjoin(t.links, _LINKED))
    .where(_APP, t.escrows.c.kind == Kind.USER)
)


class Escrows(LedgerPart):
    """The part of ``ports.Ledger`` about records that failed and wait for a try of their own."""

    async def escrow(self, app_id: str, kind: Kind, record_id: str) -> Escrow | None:
        """Return a record's escrow, or none."""
        return (await self.escrows_of(app_id, kind, [record_id])).get(record_id)

    async def escrows_of(
        self, app_id: str, kind: Kind, ids: Collection[str]
    ) -> Mapping[str, Escrow]:
        """Return the escrows of those of these records that wait."""
        found: dict[str, Escrow] = {}
        for piece in pieces(sorted(ids)):
            asked = select(t.escrows).where(
                t.escrows.c.app_id == app_id,
                t.escrows.c.kind == kind,
                among(t.escrows.c.record_id, piece),
            )
            found.update((row.record_id, rows.escrow_of(row)) for row in await self._all(asked))
        return found

    async def due(self, app_id: str, now: dt.datetime, limit: int = 500) -> Sequence[Escrow]:
        """Return escrows that may be tried again.

        A date further ahead than any retry was written before the clock was set back.
        """
        retry_at = t.escrows.c.retry_at
        come = or_(retry_at <= now, retry_at >= now + NO_RETRY_AFTER)
        found = await self._all(
            select(t.escrows)
            .where(t.escrows.c.app_id == app_id, come)
            .order_by(t.escrows.c.retry_at, t.escrows.c.record_id)
            .limit(limit)
        )
        return [rows.escrow_of(row) for row in found]

    async def escrows(
        self, app_id: str, *, kind: Kind | None = None, limit: int = 1000
    ) -> Sequence[Escrow]:
        """Return the newest escrows of an app."""
        asked = select(t.escrows).where(t.escrows.c.app_id == app_id)
        if kind is not None:
            asked = asked.where(t.escrows.c.kind == kind)
        newest = asked.order_by(t.escrows.c.last_at.desc(), t.escrows.c.record_id)
        return [rows.escrow_of(row) for row in await self._all(newest.limit(limit))]

    async def waiting_causes(self, app_id: str, *, examples: int = 10) -> Sequence[WaitingCause]:
        """Return why records wait, the cause with the newest failure first."""
        found = []
        for row in await self._asked(_CAUSES, app_id=app_id):
            alike = select(t.escrows).where(
                t.escrows.c.app_id == app_id,
                t.escrows.c.code == row.code,
                _UNTIMED if row.untimed else t.escrows.c.retry_at.is_not(None),
            )
            newest_ones = alike.order_by(t.escrows.c.last_at.desc(), t.escrows.c.record_id)
            some = await self._all(newest_ones.limit(examples)) if examples else ()
            shown = tuple(rows.escrow_of(one) for one in some)
            found.append(WaitingCause(row.code, row.number, row.since, shown))
        return found

    async def waiting_counts(self) -> Mapping[str, int]:
        """Return how many records wait, by app; apps without any are left out."""
        return {row.app_id: int(row.waiting) for row in await self._asked(_WAITING)}

    async def waiting_people(self, app_id: str) -> tuple[int, int]:
        """Return how many people wait, and how many of them have no account."""
        [row] = await self._asked(_PEOPLE, app_id=app_id)
        return row.people, row.people - row.linked

    async def retry_now(
        self, app_id: str, records: Collection[Key] | None, now: dt.datetime, *, code: str = ""
    ) -> int:
        """Make escrows due."""
        mine = update(t.escrows).where(t.escrows.c.app_id == app_id).values(retry_at=now)
        if code:
            mine = mine.where(t.escrows.c.code == code)
        chosen = [mine] if records is None else []
        for kind, record_id in records or ():
            chosen.append(mine.where(t.escrows.c.kind == kind, t.escrows.c.record_id == record_id))
        return await self._database.write(lambda c: sum(c.execute(one).rowcount for one in chosen))
