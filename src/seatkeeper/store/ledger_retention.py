"""Forget what is old, on SQL: a bounded piece in each transaction, nothing that is still needed.

Beside the walk: a part of ``ledger``. What is kept how long is ``provisioning.history``;
what is still needed is asked here, because only the tables know: a log entry of a
cycle that is kept, and the last entry of a record that has an account; a change of the
directory that an app has not looked at, or that says since when a way into one is open.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    union_all,
)

from seatkeeper.directory.model import Kind, Subject, Verb
from seatkeeper.ports.ledger_ages import Kept
from seatkeeper.provisioning.cycle import CycleState
from seatkeeper.provisioning.history import KEPT_CYCLES, SHORTEST, is_idle
from seatkeeper.store import ledger_rows as rows
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.ledger_base import LedgerPart
from seatkeeper.store.ledger_cycles import drop_entries
from seatkeeper.store.notice_tables import notices, parcels
from seatkeeper.store.tables import assignments, changes, memberships
from seatkeeper.store.upsert import among, pieces

PIECE: Final = 1_000
"""Most rows that one transaction looks at or removes."""


class Forgetting(LedgerPart):
    """The part of ``ports.Ledger`` about what is old."""

    async def forget_log(self, before: dt.datetime, *, after: int = 0) -> tuple[int, int | None]:
        """Look at the next piece of the log over ``after``, and remove what is old in it."""

        def work(connection: Connection) -> tuple[int, int | None]:
            piece = connection.execute(
                select(t.log.c.seq, t.log.c.at, t.log.c.app_id, t.log.c.cycle_id, t.log.c.record_id)
                .where(t.log.c.seq > after)
                .order_by(t.log.c.seq)
                .limit(PIECE)
            ).all()
            old = [row for row in piece if row.at < before]
            needed = _needed(connection, old) if old else set()
            gone = [row.seq for row in old if row.seq not in needed]
            for some in pieces(gone):
                connection.execute(delete(t.log).where(t.log.c.seq.in_(some)))
            more = len(piece) == PIECE and len(old) == PIECE
            return len(gone), piece[-1].seq if more else None

        return await self._database.write(work)

    async def forget_cycles(
        self, app_id: str, before: dt.datetime, idle_before: dt.datetime, *, after: int = 0
    ) -> tuple[int, int | None]:
        """Look at the next piece of cycles, and remove those that are old, or a part of one."""

        def work(connection: Connection) -> tuple[int, int | None]:
            newest = connection.execute(
                select(func.max(t.cycles.c.number)).where(t.cycles.c.app_id == app_id)
            ).scalar()
            piece = connection.execute(
                select(t.cycles)
                .where(
                    t.cycles.c.app_id == app_id,
                    t.cycles.c.number > after,
                    t.cycles.c.number <= (newest or 0) - KEPT_CYCLES,
                    t.cycles.c.state == CycleState.DONE,
                )
                .order_by(t.cycles.c.number)
                .limit(PIECE)
            ).all()
            removed, read = 0, after
            for row in piece:
                ended = row.ended or row.started
                if ended >= idle_before:
                    return removed, None
                if ended < before or is_idle(rows.cycle_of(row)):
                    whole, count = _forget_cycle(connection, row.id)
                    removed += count
                    if not whole or removed >= PIECE:
                        return removed, read if not whole else row.number
                read = row.number
            return removed, read if len(piece) == PIECE else None

        return await self._database.write(work)

    async def forget_changes(
        self, before: dt.datetime, *, after: int = 0
    ) -> tuple[int, int | None]:
        """Look at the next piece of the feed over ``after``, and remove what is old in it."""
        feed = changes.c

        def work(connection: Connection) -> tuple[int, int | None]:
            asked = select(feed.seq, feed.at).where(feed.seq > after)
            looked_at = _looked_at(connection)
            if looked_at is not None:
                asked = asked.where(feed.seq <= looked_at)
            piece = connection.execute(asked.order_by(feed.seq).limit(PIECE)).all()
            old = [row.seq for row in piece if row.at < before]
            needed: set[int] = set()
            for some in pieces(old):
                needed.update(connection.scalars(_open_ways(some)))
            gone = [seq for seq in old if seq not in needed]
            for some in pieces(gone):
                connection.execute(delete(changes).where(feed.seq.in_(some)))
            more = len(piece) == PIECE and len(old) == PIECE
            return len(gone), piece[-1].seq if more else None

        return await self._database.write(work)

    async def forget_messages(self, before: dt.datetime, now: dt.datetime) -> int:
        """Remove a piece of what was told, ordered and counted long ago; return how many rows."""
        short = now - dt.timedelta(days=SHORTEST)
        n, p, o, r = notices.c, parcels.c, t.orders.c, t.removals.c
        old = (
            select(n.id).where(~n.still_holds, n.settled, n.at < before),
            select(p.id).where(p.sent_at.is_not(None), p.at < before),
            select(o.id).where(o.state.in_(["done", "failed"]), o.at < before),
            select(r.seq).where(r.at < short),
        )

        def work(connection: Connection) -> int:
            removed = 0
            for table, asked in zip((notices, parcels, t.orders, t.removals), old, strict=True):
                [key] = table.primary_key.columns
                ids = connection.execute(asked.order_by(key).limit(PIECE)).scalars().all()
                for some in pieces(ids):
                    connection.execute(delete(table).where(key.in_(some)))
                removed += len(ids)
            return removed

        return await self._database.write(work)

    async def kept(self) -> Mapping[str, Kept]:
        """Return how much is kept of each, and since when."""

        def work(connection: Connection) -> Mapping[str, Kept]:
            found = {}
            for name, at in (
                ("log", t.log.c.at),
                ("cycles", t.cycles.c.started),
                ("messages", parcels.c.at),
                ("changes", changes.c.at),
            ):
                count, oldest = connection.execute(select(func.count(), func.min(at))).one()
                found[name] = Kept(count, oldest)
            return found

        return await self._database.read(work)


def _looked_at(connection: Connection) -> int | None:
    """Return up to which change every app has looked; none where no app ever did.

    An app without watermark looks at everybody, and then from where it began.
    """
    open_ones = t.cycles.c.state != CycleState.DONE
    begins = case((t.cycles.c.from_seq == 0, t.cycles.c.to_seq), else_=t.cycles.c.from_seq)
    seqs = union_all(select(t.positions.c.seq.label("seq")), select(begins).where(open_ones))
    found = connection.scalar(select(func.min(seqs.subquery().c.seq)))
    return None if found is None else int(found)


def _open_ways(seqs: Sequence[int]) -> Select[Any]:
    """Return those changes with which a membership or an assignment began that is still there."""
    feed = changes.c
    member = exists().where(
        memberships.c.group_id == feed.record_id, memberships.c.member_id == feed.other_id
    )
    assigned = exists().where(
        assignments.c.app_id == feed.app_id, assignments.c.principal_id == feed.record_id
    )
    return select(feed.seq).where(
        feed.seq.in_(seqs),
        feed.verb == Verb.CREATED.value,
        or_(
            and_(feed.subject == Subject.MEMBERSHIP.value, member),
            and_(feed.subject == Subject.ASSIGNMENT.value, assigned),
        ),
    )


def _needed(connection: Connection, old: Sequence[Any]) -> set[int]:
    """Return the entries that stay: of cycles that are kept, and the last of those with a link."""
    kept: set[str] = set()
    for some in pieces({row.cycle_id for row in old}):
        kept.update(
            connection.execute(select(t.cycles.c.id).where(t.cycles.c.id.in_(some))).scalars()
        )
    records = {row.record_id for row in old}
    linked = _linked(connection, records)
    last: dict[tuple[str, str], int] = {}
    for some in pieces(records):
        newest = (
            select(t.log.c.app_id, t.log.c.record_id, func.max(t.log.c.seq))
            .where(among(t.log.c.record_id, some))
            .group_by(t.log.c.app_id, t.log.c.record_id)
        )
        last.update({(app, record): seq for app, record, seq in connection.execute(newest)})
    return {
        row.seq
        for row in old
        if row.cycle_id in kept
        or ((key := (row.app_id, row.record_id)) in linked and last[key] == row.seq)
    }


def _linked(connection: Connection, records: Collection[str]) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for some in pieces(records):
        held = select(t.links.c.app_id, t.links.c.record_id).where(
            t.links.c.kind.in_([kind.value for kind in Kind]), among(t.links.c.record_id, some)
        )
        found.update((app, record) for app, record in connection.execute(held))
    return found


def _forget_cycle(connection: Connection, cycle_id: str) -> tuple[bool, int]:
    """Remove a piece of a cycle's plan, and the cycle with the last one; whether it is gone."""
    entries = drop_entries(connection, cycle_id, PIECE)
    if entries == PIECE:
        return False, entries
    connection.execute(delete(t.cycles).where(t.cycles.c.id == cycle_id))
    return True, entries + 1
