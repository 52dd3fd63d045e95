"""Holds of the deletion guard on SQL, and what it counts.

Beside the walk: a part of ``ledger``, each method one transaction in a thread.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from seatkeeper.directory.model import Kind
from seatkeeper.errors import AlreadyDecided, NotFound
from seatkeeper.provisioning.four_eyes import RemovalCause, Weight, needs_two, weigh
from seatkeeper.provisioning.guard import Hold, HoldState, Numbers
from seatkeeper.provisioning.journal import Entry, EntryState, Key
from seatkeeper.provisioning.last_administrators import Administrators, Mark
from seatkeeper.provisioning.removal import Removal
from seatkeeper.provisioning.shrinking import Went
from seatkeeper.provisioning.undo import TAKEN_BACK
from seatkeeper.store import ledger_rows as rows
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.app_administrators import administrators_of
from seatkeeper.store.asked import Asked
from seatkeeper.store.ledger_base import LedgerPart
from seatkeeper.store.news import News
from seatkeeper.store.removal_causes import removal_causes
from seatkeeper.store.source_parts import full_again, parts_left
from seatkeeper.store.tables import applications
from seatkeeper.store.upsert import among, pieces, pieces_by_kind, upsert

_SPOKEN = 2
"""Days for which counts of removals are kept; the guard looks back one."""

_REMOVING: Final = Asked(
    select(t.journal)
    .where(
        t.journal.c.cycle_id == bindparam("cycle_id"),
        t.journal.c.kind == bindparam("kind"),
        t.journal.c.state == EntryState.PLANNED,
        or_(*(t.journal.c.verb == verb for verb in ("update", "disable", "delete"))),
        t.journal.c.record_id > bindparam("after"),
    )
    .order_by(t.journal.c.record_id)
    .limit(bindparam("most", type_=Integer))
)


class Holds(LedgerPart):
    """The part of ``ports.Ledger`` about removals that wait for a person."""

    async def removing(self, cycle_id: str, kind: Kind, *, after: str, limit: int) -> list[Entry]:
        """Return a page of planned entries that may take something away, by record."""
        found = await self._asked(_REMOVING, cycle_id=cycle_id, kind=kind, after=after, most=limit)
        return [rows.entry_of(row) for row in found]

    async def holds(
        self,
        app_id: str | None,
        *,
        states: Collection[HoldState] = tuple(HoldState),
        record: Key | None = None,
        why: str | None = None,
        limit: int | None = None,
    ) -> Sequence[tuple[str, Hold]]:
        """Return holds with their app, the one that waits longest first."""
        asked = select(t.holds).where(t.holds.c.state.in_(list(states)))
        if app_id is not None:
            asked = asked.where(t.holds.c.app_id == app_id)
        if record is not None:
            kind, record_id = record
            asked = asked.where(t.holds.c.kind == kind, t.holds.c.record_id == record_id)
        if why is not None:
            asked = asked.where(t.holds.c.why == why)
        found = await self._all(
            asked.order_by(t.holds.c.since, t.holds.c.display_name).limit(limit)
        )
        return [(row.app_id, rows.hold_of(row)) for row in found]

    async def hold_named(self, hold_id: str) -> tuple[str, Hold] | None:
        """Return the hold of that id with its app, whatever was decided; none: it has ended."""
        row = await self._first(select(t.holds).where(t.holds.c.id == hold_id))
        return None if row is None else (row.app_id, rows.hold_of(row))

    async def spoken_about(self, app_id: str, now: dt.datetime) -> Sequence[Key]:
        """Return records whose removal a cycle must look at again.

        Somebody decided about it, or the source for whose sake it waits is full again.
        """
        full = await self._database.read(lambda c: full_again(c, app_id))
        found = await self._all(
            select(t.holds.c.kind, t.holds.c.record_id).where(
                t.holds.c.app_id == app_id,
                t.holds.c.reason != TAKEN_BACK,  # an ordinary cycle has nothing to send for it
                (t.holds.c.state == HoldState.APPROVED)
                | ((t.holds.c.state == HoldState.KEPT) & (t.holds.c.until <= now))
                | ((t.holds.c.state == HoldState.OPEN) & t.holds.c.shrunk.in_(full)),
            )
        )
        return sorted({(Kind(row.kind), row.record_id) for row in found})

    async def parts_left(
        self, app_id: str, *, since: dt.datetime, after: int | None, more_than: int
    ) -> Sequence[Went]:
        """Return what sources took away since then, of parts that lost more than that or all.

        All changes ``after`` that number count as well: an app that was away reads them late.
        Parts for which removals of the app are held are always among them.
        """
        return await self._database.read(lambda c: parts_left(c, app_id, since, after, more_than))

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

    async def administrators(self, app_id: str, mark: Mark) -> Administrators:
        """Return who administers an app, by what was last written to it or read."""
        return await self._database.read(lambda c: administrators_of(c, app_id, mark))

    async def removal_causes(
        self, app_id: str, holds: Sequence[Hold]
    ) -> Mapping[str, RemovalCause]:
        """Return what led to each of these holds of one app, by hold id, where it is known."""
        return await self._database.read(lambda c: removal_causes(c, app_id, holds))

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

        Where two people must agree, the first approval only asks: such a hold stays open.
        ``signed_in``: the actor is somebody whom the console knows. All or none: raises
        ``NotFound`` for an id that nothing waits under, ``AlreadyDecided`` where somebody decided
        before, unless this is to take its place (``instead``), ``NeedsAnother`` where this one
        cannot be the second of two.
        """
        decided = {"state": state, "word": word, "until": until,
                   "decided_by": actor, "decided_at": now}  # fmt: skip
        asked = {"asked_by": actor, "asked_at": now, "asked_word": word}

        def work(connection: Connection) -> Sequence[tuple[str, Hold]]:
            found = _locked(connection, ids)
            if not instead:
                _require_open([hold for _, hold in found])
            asks: set[str] = set()
            if state is HoldState.APPROVED:
                asks = _asks(connection, found, actor, signed_in=signed_in)
            news, told = News(actor), []
            for app_id, hold in found:
                changed: dict[str, Any] = asked if hold.id in asks else decided
                connection.execute(update(t.holds).where(*_this(app_id, hold.key)).values(changed))
                before = {"state": hold.state.value, "why": hold.why}
                after = {
                    "state": "asked" if hold.id in asks else state.value,
                    "reason": word,
                    "until": until.isoformat() if until else None,
                    "removal": hold.what.value,
                    "name": hold.display_name,
                    "digest": hold.digest,
                    "hold": hold.id,
                    **({"asked_by": hold.asked_by} if hold.asked_by else {}),
                }
                action = "removal.asked" if hold.id in asks else "removal.decided"
                news.audit(action, f"{app_id}/{hold.record_id}", before, after)
                told.append((app_id, replace(hold, **changed)))
            news.write(connection)
            return told

        return await self._database.write(work)


def _locked(connection: Connection, ids: Collection[str]) -> list[tuple[str, Hold]]:
    """Return these holds; of two who decide at once, the second reads what the first said."""
    found = [
        (row.app_id, rows.hold_of(row))
        for piece in pieces(sorted(set(ids)))
        for row in connection.execute(
            select(t.holds)
            .where(among(t.holds.c.id, piece))
            .order_by(t.holds.c.id)
            .with_for_update()
        ).all()
    ]
    missing = sorted(set(ids) - {hold.id for _, hold in found})
    if missing:
        raise NotFound(
            f"Nothing waits for approval under {', '.join(missing)}.",
            advice="See what waits: seatkeeper approvals",
        )
    return found


def _asks(
    connection: Connection, found: Sequence[tuple[str, Hold]], who: str, *, signed_in: bool
) -> set[str]:
    """Return of which holds an approval only asks for the word of a second person.

    Raises ``NeedsAnother``.
    """
    asks: set[str] = set()
    for app_id in sorted({app for app, _ in found}):
        settings = connection.scalar(
            select(applications.c.settings).where(applications.c.id == app_id)
        )
        if not needs_two(settings or {}):
            continue
        mine = [one for app, one in found if app == app_id]
        causes = removal_causes(connection, app_id, mine)
        for one in mine:
            if weigh(who, one, causes.get(one.id), signed_in=signed_in) is Weight.ASKS:
                asks.add(one.id)
    return asks


def _this(app_id: str, key: tuple[Kind, str, Removal]) -> list[ColumnElement[bool]]:
    kind, record_id, what = key
    return [
        t.holds.c.app_id == app_id,
        t.holds.c.kind == kind,
        t.holds.c.record_id == record_id,
        t.holds.c.what == what,
    ]


def _require_open(found: Sequence[Hold]) -> None:
    """Raise ``AlreadyDecided`` that tells of the newest decision, where there is one."""
    decided = [one for one in found if one.state is not HoldState.OPEN]
    if not decided:
        return
    last = max(decided, key=lambda one: one.decided_at or one.since)
    names = [
        one.display_name or one.record_id
        for one in decided
        if (one.decided_by, one.decided_at) == (last.decided_by, last.decided_at)
    ]
    raise AlreadyDecided(last.state.value, last.decided_by, last.decided_at, last.word, names)


def write_holds(
    connection: Connection,
    app_id: str,
    holds: Sequence[Hold],
    ended: Sequence[tuple[Kind, str, Removal]],
) -> None:
    """Write holds, and end those of which nothing is left to decide."""
    for kind, record_id, what in ended:
        connection.execute(delete(t.holds).where(*_this(app_id, (kind, record_id, what))))
    decided = _decided_meanwhile(connection, app_id, holds)
    new = [rows.hold_row(app_id, one) for one in holds if one.key not in decided]
    upsert(connection, t.holds, new)


def _decided_meanwhile(
    connection: Connection, app_id: str, holds: Sequence[Hold]
) -> frozenset[tuple[Kind, str, Removal]]:
    """Return which of these holds somebody decided after a cycle had looked; the word stays.

    What ``judge`` would have let go or kept is never held by a cycle that knew of it.
    """
    new = {one.key: one for one in holds}
    found: set[tuple[Kind, str, Removal]] = set()
    for piece in pieces(sorted({one.id for one in holds})):
        spoken = select(t.holds).where(
            t.holds.c.app_id == app_id,
            among(t.holds.c.id, piece),
            (t.holds.c.state != HoldState.OPEN) | (t.holds.c.asked_by != ""),
        )
        for row in connection.execute(spoken.with_for_update()).all():
            before = rows.hold_of(row)
            hold = new.get(before.key)
            if hold is None:
                continue
            lasts = before.until is None or before.until > hold.since
            kept = before.state is HoldState.KEPT and lasts
            approved = before.state is HoldState.APPROVED and before.digest == hold.digest
            asked = before.asked_by and before.digest == hold.digest
            if kept or approved or (asked and before.state is HoldState.OPEN):
                found.add(before.key)
    return frozenset(found)


def end_holds(connection: Connection, app_id: str, keys: Sequence[Key]) -> None:
    """End the holds of records that are now as they should be, but for those of members."""
    for kind, piece in pieces_by_kind(keys):
        connection.execute(
            delete(t.holds).where(
                t.holds.c.app_id == app_id,
                t.holds.c.kind == kind,
                t.holds.c.what != Removal.MEMBERS,
                among(t.holds.c.record_id, piece),
            )
        )


def end_holds_of_members(connection: Connection, app_id: str, groups: Sequence[str]) -> None:
    """End what was asked or said about members of these groups: the directory has them back.

    What an undo asks about is nothing that the directory knows of.
    """
    for piece in pieces(sorted(set(groups))):
        connection.execute(
            delete(t.holds).where(
                t.holds.c.app_id == app_id,
                t.holds.c.kind == Kind.GROUP,
                t.holds.c.what == Removal.MEMBERS,
                t.holds.c.reason != TAKEN_BACK,
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


def _left(connection: Connection, app_id: str, since: dt.datetime) -> dict[Removal, int]:
    found = connection.execute(
        select(t.removals.c.what, func.sum(t.removals.c.count))
        .where(t.removals.c.app_id == app_id, t.removals.c.at >= since)
        .group_by(t.removals.c.what)
    )
    return {Removal(what): int(count) for what, count in found.all()}
