"""Erase a person from SQL: rows about them go, rows about others lose their name.

Beside the walk, on both databases. An erasure is written down with what is looked
for, in the transaction that removes the person from the directory; from there on
each step may be repeated, so whoever is interrupted begins again. Rows about the
person go first, then mentions, then what the audit trail holds. The space that
became free is cleared last. What refers to what stands in ``erasing_rows``.
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from seatkeeper.directory.erasing import Traces, refusal
from seatkeeper.directory.model import Kind
from seatkeeper.errors import NotFound
from seatkeeper.ports.erasing import Erasable, Erasure
from seatkeeper.provisioning.cycle import CycleState
from seatkeeper.store import edits
from seatkeeper.store import erasing_rows as of
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.audit_chain import ENTRIES, ERASE, rest_of
from seatkeeper.store.database import Database
from seatkeeper.store.directory import find_user
from seatkeeper.store.former import former
from seatkeeper.store.news import News
from seatkeeper.store.tables import applications, audit, erasures, users
from seatkeeper.store.upsert import pieces

_WORKING = (CycleState.PLANNING.value, CycleState.EXPORTING.value)


class SqlErasing:
    """``ports.Erasing`` on SQLite and PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def erasable(self, who: str) -> Erasable:
        """Return what is kept of somebody. Raises ``NotFound``."""

        def work(connection: Connection) -> Erasable:
            record_id, name = _known(connection, who)
            kept = of.counted(connection, record_id)
            return Erasable(record_id, name, kept, of.in_the_way(connection, record_id))

        return await self._database.read(work)

    async def erased(self, record_id: str) -> Erasure | None:
        """Return how far an erasure is, or none."""
        return await self._database.read(lambda c: _erased(c, record_id))

    async def erase(self, record_id: str, *, actor: str, now: dt.datetime) -> Erasure:
        """Erase somebody, or go on with it."""
        before = await self.erased(record_id)
        if before is not None and before.done:
            return before
        if before is None:
            await self._database.write(lambda c: _begin(c, record_id, actor, now))
        return await self._go_on(record_id)

    async def go_on(self) -> Sequence[Erasure]:
        """Go on with what was interrupted or had to wait."""
        asked = select(erasures.c.record_id).order_by(erasures.c.at)
        open_ones = await self._database.read(lambda c: c.scalars(asked).all())
        return [await self._go_on(one) for one in open_ones]

    async def _go_on(self, record_id: str) -> Erasure:
        row = await self._database.read(lambda c: _under_way(c, record_id))
        if row is None:
            return await self.erased(record_id) or Erasure(record_id, done=True)
        if row.traces is not None:
            traces = _traces(row.traces)
            await self._database.write(lambda c: _remove_own(c, record_id))
            for mention in of.MENTIONS:
                await self._remove_mentions(mention, record_id, traces)
            waits = await self._database.write(lambda c: _tell(c, record_id))
            if waits:
                return Erasure(record_id, row.removed, waits, at=row.at)
        if await self._database.clear_free_space():
            await self._database.write(
                lambda c: c.execute(delete(erasures).where(erasures.c.record_id == record_id))
            )
        return await self._database.read(lambda c: _erased(c, record_id)) or Erasure(record_id)

    async def _remove_mentions(self, mention: "of.Mention", record_id: str, traces: Traces) -> None:
        """Take somebody out of the rows of one table that are about others."""
        keys = await self._database.read(lambda c: of.mentioning(c, mention, traces))
        for some in pieces(keys):

            def work(connection: Connection, some: Sequence[Any] = some) -> None:
                gone = of.remove_mentions(connection, mention, some, record_id, traces)
                _count(connection, record_id, {mention.what: gone})

            await self._database.write(work)


def _known(connection: Connection, who: str) -> tuple[str, str]:
    """Return id and name of a person, of one who is gone, or of one of whom only rows are left."""
    try:
        user = find_user(connection, who)
    except NotFound as unknown:
        try:
            return former(connection, Kind.USER, who)
        except NotFound:
            name = of.last_name(connection, who)
            if name is None:
                raise unknown from None
            return who, name
    return user.id, user.display_name


def _begin(connection: Connection, record_id: str, actor: str, now: dt.datetime) -> None:
    """Write down that somebody is erased, and remove them from the directory."""
    here = select(users.c.id).where(users.c.id == record_id)
    there = connection.execute(here.with_for_update()).first() is not None
    if _under_way(connection, record_id) is not None:
        return
    _, name = _known(connection, record_id)
    reasons = of.in_the_way(connection, record_id)
    if reasons:
        raise refusal(name, reasons)
    traces = of.traces(connection, record_id)
    plain = {"names": sorted(traces.names), "ids": sorted(traces.ids)}
    row = {"record_id": record_id, "actor": actor, "at": now, "traces": plain, "removed": {}}
    connection.execute(insert(erasures), [row])
    if there:
        news = News(actor)
        edits.purge_user(connection, record_id, news)
        news.write(connection)
        _count(connection, record_id, {"person": 1})


def _remove_own(connection: Connection, record_id: str) -> None:
    _count(connection, record_id, of.remove_own(connection, record_id))


def _tell(connection: Connection, record_id: str) -> Sequence[str]:
    """Say in the audit trail that somebody was erased, once no cycle can write of them any more.

    Otherwise return the apps whose cycles began before, and change nothing.
    """
    row = connection.execute(_row_of(record_id).with_for_update()).first()
    if row is None or row.traces is None:
        return []
    older = (
        select(applications.c.display_name)
        .join(t.cycles, t.cycles.c.app_id == applications.c.id)
        .where(t.cycles.c.state.in_(_WORKING), t.cycles.c.started <= row.at)
        .distinct()
        .order_by(applications.c.display_name)
    )
    waits = connection.scalars(older).all()
    if waits:
        return waits
    entries = _forget_values(connection, record_id, _traces(row.traces))
    news = News(row.actor)
    news.audit(ERASE, record_id, None, {"removed": row.removed, ENTRIES: entries})
    said = news.write(connection)
    for some in pieces([int(one) for one in entries]):
        connection.execute(update(audit).where(audit.c.seq.in_(some)).values(erased_by=said))
    mine = erasures.c.record_id == record_id
    connection.execute(update(erasures).where(mine).values(traces=None))
    return []


def _forget_values(connection: Connection, record_id: str, traces: Traces) -> Mapping[str, str]:
    """Take somebody's values out of the audit trail; return a digest of each row's rest."""
    entries: dict[str, str] = {}
    for seq in of.audited(connection, record_id, traces):
        row = connection.execute(select(audit).where(audit.c.seq == seq)).mappings().one()
        if row["action"] == ERASE:
            continue
        about = row["subject"] == record_id or row["subject"].endswith(f"/{record_id}")
        left = {name: None if about else traces.erased(row[name]) for name in ("before", "after")}
        if left == {name: row[name] for name in left}:
            continue
        entries[str(seq)] = rest_of({**row, **left})
        connection.execute(
            update(audit).where(audit.c.seq == seq).values(**left, salt=None, erased_by=0)
        )
    return entries


def _erased(connection: Connection, record_id: str) -> Erasure | None:
    row = _under_way(connection, record_id)
    if row is not None:
        return Erasure(record_id, row.removed, at=row.at)
    said = (
        select(audit)
        .where(audit.c.subject == record_id, audit.c.action == ERASE)
        .order_by(audit.c.seq.desc())
        .limit(1)
    )
    told = connection.execute(said).first()
    if told is None or connection.scalar(select(users.c.id).where(users.c.id == record_id)):
        return None
    return Erasure(record_id, told.after["removed"], done=True, at=told.at)


def _under_way(connection: Connection, record_id: str) -> Any:
    return connection.execute(_row_of(record_id)).first()


def _row_of(record_id: str) -> Any:
    return select(erasures).where(erasures.c.record_id == record_id)


def _traces(plain: Mapping[str, Sequence[str]]) -> Traces:
    return Traces(frozenset(plain["names"]), frozenset(plain["ids"]))


def _count(connection: Connection, record_id: str, removed: Mapping[str, int]) -> None:
    """Add to what an erasure has removed so far."""
    row = _under_way(connection, record_id)
    if row is not None and any(removed.values()):
        total = Counter(row.removed)
        total.update(removed)
        mine = erasures.c.record_id == record_id
        kept = {name: count for name, count in sorted(total.items()) if count}
        connection.execute(update(erasures).where(mine).values(removed=kept))
