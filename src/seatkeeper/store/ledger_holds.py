"""Holds of the deletion guard on SQL, and what it counts.

Beside the walk: a part of ``ledger``, each method one transaction in a thread.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from seatkeeper.directory.model import Kind
from seatkeeper.errors import NotFound
from seatkeeper.provisioning.guard import Hold, HoldState, Numbers, Removal
from seatkeeper.provisioning.journal import Entry, EntryState, Key
from seatkeeper.store import ledger_rows as rows
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.ledger_base import LedgerPart
from seatkeeper.store.news import News
from seatkeeper.store.upsert import among, pieces, upsert

_SPOKEN = 2
"""Days for which counts of removals are kept; the guard looks back one."""


class Holds(LedgerPart):
    """The part of ``ports.Ledger`` about removals that wait for a person."""

    async def removing(self, cycle_id: str, kind: Kind, *, after: str, limit: int) -> list[Entry]:
        """Return a page of planned entries that may take something away, by record."""
        found = await self._all(
            select(t.journal)
            .where(
                t.journal.c.cycle_id == cycle_id,
                t.journal.c.kind == kind,
                t.journal.c.state == EntryState.PLANNED,
                t.journal.c.verb.in_(["update", "disable", "delete"]),
                t.journal.c.record_id > after,
            )
            .order_by(t.journal.c.record_id)
            .limit(limit)
        )
        return [rows.entry_of(row) for row in found]

    async def holds(
        self, app_id: str | None, *, states: Collection[HoldState] = tuple(HoldState)
    ) -> Sequence[tuple[str, Hold]]:
        """Return holds with their app, the one that waits longest first."""
        asked = select(t.holds).where(t.holds.c.state.in_(list(states)))
        if app_id is not None:
            asked = asked.where(t.holds.c.app_id == app_id)
        found = await self._all(asked.order_by(t.holds.c.since, t.holds.c.display_name))
        return [(row.app_id, hold_of(row)) for row in found]

    async def spoken_about(self, app_id: str, now: dt.datetime) -> Sequence[Key]:
        """Return records about whose removal somebody decided so that a cycle must look again."""
        found = await self._all(
            select(t.holds.c.kind, t.holds.c.record_id).where(
                t.holds.c.app_id == app_id,
                (t.holds.c.state == HoldState.APPROVED)
                | ((t.holds.c.state == HoldState.KEPT) & (t.holds.c.until <= now)),
            )
        )
        return sorted({(Kind(row.kind), row.record_id) for row in found})

    async def guard_numbers(
        self, app_id: str, *, cycle_began: dt.datetime, day_began: dt.datetime
    ) -> Numbers:
        """Return how many there are of each, and how many left without anybody's word."""

        def work(connection: Connection) -> Numbers:
            counted = connection.execute(
                select(t.links.c.kind, func.count())
                .where(t.links.c.app_id == app_id)
                .group_by(t.links.c.kind)
            ).all()
            linked = {Kind(kind): int(count) for kind, count in counted}
            members = connection.scalar(
                select(func.count()).where(t.link_members.c.app_id == app_id)
            )
            people = linked.get(Kind.USER, 0)
            return Numbers(
                {
                    Removal.ACCESS: people,
                    Removal.VALUE: people,
                    Removal.GROUP: linked.get(Kind.GROUP, 0),
                    Removal.MEMBERS: members or 0,
                },
                _left(connection, app_id, cycle_began),
                _left(connection, app_id, day_began),
            )

        return await self._database.read(work)

    async def decide(
        self,
        ids: Collection[str],
        state: HoldState,
        *,
        word: str,
        until: dt.datetime | None,
        actor: str,
        now: dt.datetime,
    ) -> Sequence[tuple[str, Hold]]:
        """Write down what somebody decided about these holds, with audit; return them as before.

        All or none: raises ``NotFound`` for an id that nothing waits under.
        """

        def work(connection: Connection) -> Sequence[tuple[str, Hold]]:
            found = [
                (row.app_id, hold_of(row))
                for piece in pieces(ids)
                for row in connection.execute(
                    select(t.holds).where(among(t.holds.c.id, piece))
                ).all()
            ]
            missing = sorted(set(ids) - {hold.id for _, hold in found})
            if missing:
                raise NotFound(
                    f"Nothing waits for approval under {', '.join(missing)}.",
                    advice="See what waits: seatkeeper approvals",
                )
            news = News(actor)
            for app_id, hold in found:
                connection.execute(
                    update(t.holds)
                    .where(
                        t.holds.c.app_id == app_id,
                        t.holds.c.kind == hold.kind,
                        t.holds.c.record_id == hold.record_id,
                        t.holds.c.what == hold.what,
                    )
                    .values(state=state, word=word, until=until, decided_by=actor, decided_at=now)
                )
                before = {"state": hold.state.value, "why": hold.why}
                after = {
                    "state": state.value,
                    "reason": word,
                    "until": until.isoformat() if until else None,
                    "removal": hold.what.value,
                    "name": hold.display_name,
                    "digest": hold.digest,
                }
                news.audit("removal.decided", f"{app_id}/{hold.record_id}", before, after)
            news.write(connection)
            return found

        return await self._database.write(work)


def write_holds(
    connection: Connection,
    app_id: str,
    holds: Sequence[Hold],
    ended: Sequence[tuple[Kind, str, Removal]],
) -> None:
    """Write holds, and end those of which nothing is left to decide."""
    for kind, record_id, what in ended:
        connection.execute(
            delete(t.holds).where(
                t.holds.c.app_id == app_id,
                t.holds.c.kind == kind,
                t.holds.c.record_id == record_id,
                t.holds.c.what == what,
            )
        )
    upsert(connection, t.holds, [_row(app_id, one) for one in holds])


def end_holds(connection: Connection, app_id: str, keys: Sequence[Key]) -> None:
    """End the holds of records that are now as they should be, but for those of members."""
    for kind in Kind:
        for piece in pieces([record for of, record in keys if of is kind]):
            connection.execute(
                delete(t.holds).where(
                    t.holds.c.app_id == app_id,
                    t.holds.c.kind == kind,
                    t.holds.c.what != Removal.MEMBERS,
                    among(t.holds.c.record_id, piece),
                )
            )


def count_removals(
    connection: Connection, app_id: str, counts: Mapping[Removal, int], now: dt.datetime
) -> None:
    """Count removals that left without anybody's word, and forget those of long ago."""
    if not any(counts.values()):
        return
    old = now - dt.timedelta(days=_SPOKEN)
    connection.execute(
        delete(t.removals).where(t.removals.c.app_id == app_id, t.removals.c.at < old)
    )
    connection.execute(
        insert(t.removals),
        [
            {"app_id": app_id, "what": what, "at": now, "count": count}
            for what, count in counts.items()
            if count
        ],
    )


def hold_of(row: Any) -> Hold:
    """Return the hold of a row."""
    return Hold(
        row.id,
        Kind(row.kind),
        row.record_id,
        Removal(row.what),
        row.display_name,
        row.digest,
        row.why,
        row.reason,
        row.since,
        row.count,
        HoldState(row.state),
        row.decided_by,
        row.decided_at,
        row.word,
        row.until,
    )


def _row(app_id: str, hold: Hold) -> dict[str, object]:
    return {
        "app_id": app_id,
        "kind": hold.kind,
        "record_id": hold.record_id,
        "what": hold.what,
        "id": hold.id,
        "display_name": hold.display_name,
        "digest": hold.digest,
        "why": hold.why,
        "reason": hold.reason,
        "since": hold.since,
        "count": hold.count,
        "state": hold.state,
        "decided_by": hold.decided_by,
        "decided_at": hold.decided_at,
        "word": hold.word,
        "until": hold.until,
    }


def _left(connection: Connection, app_id: str, since: dt.datetime) -> dict[Removal, int]:
    found = connection.execute(
        select(t.removals.c.what, func.sum(t.removals.c.count))
        .where(t.removals.c.app_id == app_id, t.removals.c.at >= since)
        .group_by(t.removals.c.what)
    )
    return {Removal(what): int(count) for what, count in found.all()}
