"""Cycles and their journal on SQL: what is planned, where it stands, what it was.

Beside the walk: a part of ``ledger``, each method one transaction in a thread.
"""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    Connection,
    Integer,
    Text,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    type_coerce,
    update,
)

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.cycle import Counters, Cycle, CycleKind, CycleState
from seatkeeper.provisioning.history import Day
from seatkeeper.provisioning.journal import (
    Entry,
    EntryState,
    Position,
)
from seatkeeper.provisioning.quarantine import LatestWrites
from seatkeeper.store import ledger_rows as rows
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.asked import Asked, Told
from seatkeeper.store.ledger_base import LedgerPart
from seatkeeper.store.tables import canonical, users
from seatkeeper.store.upsert import among_given, delete_rows, pieces

PIECE: Final = 1_000
"""Most entries of a plan that one transaction forgets."""

_MOST: Final = bindparam("most", type_=Integer)
_OF_APP: Final = t.cycles.c.app_id == bindparam("app_id")
_OF_CYCLE: Final = t.journal.c.cycle_id == bindparam("cycle_id")
_OF_KIND: Final = t.journal.c.kind == bindparam("kind")
_ENDED: Final = ("disable", "delete")
_REPORTING: Final = users.alias("reporting")
_HEADS: Final = Asked(
    select(t.journal.c.record_id, users.c.manager_id, t.journal.c.level)
    .select_from(t.journal.join(users, users.c.id == t.journal.c.record_id))
    .where(
        _OF_CYCLE,
        t.journal.c.kind == Kind.USER,
        t.journal.c.state == EntryState.PLANNED,
        *(t.journal.c.verb != ended for ended in _ENDED),
        exists().where(_REPORTING.c.manager_id == t.journal.c.record_id),
    )
)
_IN_LINE: Final = Asked(
    select(
        t.journal.c.record_id,
        users.c.manager_id,
        t.journal.c.level,
        t.journal.c.state,
        t.journal.c.verb,
    )
    .select_from(t.journal.join(users, users.c.id == t.journal.c.record_id))
    .where(_OF_CYCLE, t.journal.c.kind == Kind.USER, among_given(t.journal.c.record_id, "ids"))
)
"""Asked by state, too, SQLite would go through all that is planned."""

_REPORTS: Final = Asked(
    select(users.c.id)
    .where(among_given(users.c.manager_id, "managers"), users.c.id > bindparam("after"))
    .order_by(users.c.id)
    .limit(_MOST)
)
_PLACES: Final = Asked(
    select(t.journal.c.record_id, t.journal.c.level, t.journal.c.state, t.journal.c.verb).where(
        _OF_CYCLE, _OF_KIND, among_given(t.journal.c.record_id, "ids")
    )
)
_PLACE: Final = Told(
    update(t.journal)
    .where(
        t.journal.c.cycle_id == bindparam("of"),
        t.journal.c.kind == bindparam("its_kind"),
        t.journal.c.record_id == bindparam("one"),
    )
    .values(level=bindparam("place"))
)
"""One at a time: asked for many at once, SQLite goes through all of a cycle's journal."""

_POSITION: Final = Asked(select(t.positions).where(t.positions.c.app_id == bindparam("app_id")))
_FAILING: Final = Asked(select(t.failing).where(t.failing.c.app_id == bindparam("app_id")))
_UNFINISHED: Final = Asked(
    select(t.cycles)
    .where(_OF_APP, t.cycles.c.state != CycleState.DONE)
    .order_by(t.cycles.c.number)
    .limit(1)
)
_NEWEST_CYCLES: Final = Asked(
    select(t.cycles).where(_OF_APP).order_by(t.cycles.c.number.desc()).limit(_MOST)
)
_LAST_NUMBER: Final = Asked(
    select(func.coalesce(func.max(t.cycles.c.number), 0).label("last")).where(_OF_APP)
)

_LEARNED: Final = Asked(select(t.rates.c.learned).where(t.rates.c.app_id == bindparam("app_id")))
_DAYS: Final = Asked(
    select(t.days)
    .where(t.days.c.app_id == bindparam("app_id"))
    .order_by(t.days.c.day.desc())
    .limit(_MOST)
)


@cache
def _entries_in(states: int, *, of_kind: bool) -> Asked:
    """Ask for the entries in one of so many states: of one, they come in the order of an index."""
    given: list[BindParameter[str]] = [bindparam(f"state{place}") for place in range(states)]
    state = t.journal.c.state
    asked = select(t.journal).where(
        _OF_CYCLE, state == given[0] if states == 1 else state.in_(given)
    )
    if of_kind:
        asked = asked.where(_OF_KIND)
    order = (t.journal.c.kind.desc(), t.journal.c.level, t.journal.c.record_id)
    return Asked(asked.order_by(*order).limit(_MOST))


@cache
def _changing_at(paths: int) -> Asked:
    """Ask for the updates whose changes hold one of so many texts."""
    text = type_coerce(t.journal.c.changes, Text)
    held = [text.like(bindparam(f"text{place}", type_=Text), escape="/") for place in range(paths)]
    return Asked(
        select(t.journal)
        .where(
            _OF_CYCLE,
            _OF_KIND,
            t.journal.c.state == EntryState.PLANNED,
            t.journal.c.verb == "update",
            t.journal.c.found_id.is_(None),
            or_(*held),
        )
        .order_by(t.journal.c.record_id)
    )


def _holding(path: str) -> str:
    """Return the pattern of a text that holds a path as a document writes it."""
    plain = canonical(path)
    for special in "/%_":
        plain = plain.replace(special, f"/{special}")
    return f"%{plain}%"


class Cycles(LedgerPart):
    """The part of ``ports.Ledger`` about cycles, their entries and the watermark."""

    async def position(self, app_id: str) -> Position | None:
        """Return the watermark, or none before the first cycle ended."""
        for row in await self._asked(_POSITION, app_id=app_id):
            return Position(row.seq, row.digest)
        return None

    async def unfinished(self, app_id: str) -> Cycle | None:
        """Return the cycle that was left open, or none."""
        for row in await self._asked(_UNFINISHED, app_id=app_id):
            return rows.cycle_of(row)
        return None

    async def open_cycle(
        self,
        app_id: str,
        kind: CycleKind,
        *,
        from_seq: int,
        to_seq: int,
        digest: str,
        now: dt.datetime,
    ) -> Cycle:
        """Open a cycle in state planning."""

        def work(connection: Connection) -> Cycle:
            last = _LAST_NUMBER.first(connection, app_id=app_id).last
            cycle = Cycle(
                str(uuid.uuid4()),
                app_id,
                int(last) + 1,
                kind,
                CycleState.PLANNING,
                from_seq,
                to_seq,
                digest,
                now,
                counters=Counters(),
            )
            connection.execute(insert(t.cycles), rows.cycle_row(cycle))
            return cycle

        return await self._database.write(work)

    async def drop_plan(self, cycle: Cycle) -> None:
        """Forget the entries of a cycle that was interrupted while planning, piece by piece."""
        while await self._database.write(lambda c: drop_entries(c, cycle.id, PIECE)) == PIECE:
            pass

    async def entries(
        self,
        cycle_id: str,
        *,
        states: Collection[EntryState],
        kind: Kind | None = None,
        limit: int = 200,
    ) -> Sequence[Entry]:
        """Return entries in these states; people come before groups."""
        given: dict[str, Any] = {} if kind is None else {"kind": kind}
        given |= {f"state{place}": state for place, state in enumerate(states)}
        asked = _entries_in(len(states), of_kind=kind is not None)
        found = await self._asked(asked, cycle_id=cycle_id, most=limit, **given)
        return [rows.entry_of(row) for row in found]

    async def entry_counts(self, cycle_id: str) -> Mapping[EntryState, int]:
        """Return how many entries of a cycle are in each state."""
        found = await self._all(
            select(t.journal.c.state, func.count())
            .where(t.journal.c.cycle_id == cycle_id)
            .group_by(t.journal.c.state)
        )
        return {EntryState(state): count for state, count in found}

    async def managers_of_planned(
        self, cycle_id: str, also: Collection[str] = ()
    ) -> Mapping[str, tuple[str | None, int]]:
        """Return the manager's record id and the place of whom others wait for, and of these."""
        found = await self._asked(_HEADS, cycle_id=cycle_id)
        line = {row.record_id: (row.manager_id, row.level) for row in found}
        for piece in pieces(sorted(also)):
            more = await self._sent(cycle_id, piece)
            line |= {row.record_id: (row.manager_id, row.level) for row in more}
        return line

    async def reports_of_planned(
        self, cycle_id: str, managers: Collection[str], *, after: str = "", limit: int = 500
    ) -> tuple[Sequence[tuple[str, str, int]], str | None]:
        """Return those of a page of reports who are sent, and the last of the page, if it is full.

        Two questions: with one, SQLite goes through all of the journal.
        """
        page = await self._asked(_REPORTS, managers=managers, after=after, most=limit)
        ids = [row.id for row in page]
        found = await self._sent(cycle_id, ids)
        upto = ids[-1] if len(ids) == limit else None
        return [(row.record_id, row.manager_id, row.level) for row in found], upto

    async def _sent(self, cycle_id: str, ids: Sequence[str]) -> Sequence[Any]:
        """Return whose values a cycle sends, of these people."""
        found = await self._asked(_IN_LINE, cycle_id=cycle_id, ids=ids)
        return [row for row in found if row.state == EntryState.PLANNED and row.verb not in _ENDED]

    async def changing(self, cycle_id: str, kind: Kind, paths: Collection[str]) -> Sequence[Entry]:
        """Return the planned entries of linked records that change a value at these paths."""
        if not paths:
            return []
        given = {f"text{place}": _holding(path) for place, path in enumerate(paths)}
        found = await self._asked(_changing_at(len(paths)), cycle_id=cycle_id, kind=kind, **given)
        entries = [rows.entry_of(row) for row in found]
        return [one for one in entries if any(change.path in paths for change in one.changes)]

    async def levels_of_planned(
        self, cycle_id: str, kind: Kind, ids: Collection[str]
    ) -> Mapping[str, int]:
        """Return the places of those of these planned records that do not come first."""
        places: dict[str, int] = {}
        for piece in pieces(sorted(ids)):
            found = await self._asked(_PLACES, cycle_id=cycle_id, kind=kind, ids=piece)
            planned = (one for one in found if one.state == EntryState.PLANNED and one.level)
            places |= {one.record_id: one.level for one in planned}
        return places

    async def set_levels(self, cycle_id: str, kind: Kind, levels: Mapping[str, int]) -> None:
        """Store each record's place in the order of writing."""
        given = [{"of": cycle_id, "its_kind": kind, "one": one, "place": place}
                 for one, place in levels.items()]  # fmt: skip

        def work(connection: Connection) -> None:
            _PLACE.run_each(connection, given)

        await self._database.write(work)

    async def learned_rates(self, app_id: str) -> Mapping[str, object]:
        """Return what was learned about an app's limits, by limit."""
        found = await self._asked(_LEARNED, app_id=app_id)
        return dict(found[0].learned) if found else {}

    async def keep_rates(self, app_id: str, learned: Mapping[str, object]) -> None:
        """Keep what was learned about an app's limits; empty forgets it."""

        def work(connection: Connection) -> None:
            connection.execute(delete(t.rates).where(t.rates.c.app_id == app_id))
            if learned:
                connection.execute(insert(t.rates).values(app_id=app_id, learned=dict(learned)))

        await self._database.write(work)

    async def failing(self, app_id: str) -> LatestWrites:
        """Return the app's latest writes."""
        for row in await self._asked(_FAILING, app_id=app_id):
            return rows.kept_of(row)
        return LatestWrites()

    async def days(self, app_id: str, *, limit: int = 30) -> Sequence[Day]:
        """Return an app's days on which a cycle ended, newest first."""
        return [rows.day_of(row) for row in await self._asked(_DAYS, app_id=app_id, most=limit)]

    async def cycles(
        self,
        app_id: str,
        *,
        before: int | None = None,
        after: int | None = None,
        since: dt.datetime | None = None,
        limit: int = 20,
    ) -> Sequence[Cycle]:
        """Return an app's cycles, newest first."""
        asked = select(t.cycles).where(t.cycles.c.app_id == app_id)
        if before is not None:
            asked = asked.where(t.cycles.c.number < before)
        if since is not None:
            asked = asked.where(t.cycles.c.started >= since)
        if after is not None:
            rising = asked.where(t.cycles.c.number > after).order_by(t.cycles.c.number)
            return [rows.cycle_of(row) for row in (await self._all(rising.limit(limit)))[::-1]]
        if before is None and since is None:
            found = await self._asked(_NEWEST_CYCLES, app_id=app_id, most=limit)
        else:
            found = await self._all(asked.order_by(t.cycles.c.number.desc()).limit(limit))
        return [rows.cycle_of(row) for row in found]


def drop_entries(connection: Connection, cycle_id: str, most: int) -> int:
    """Forget at most so many entries of a cycle's plan; return how many. Fewer: it has no more."""
    entries = connection.execute(
        select(t.journal.c.kind, t.journal.c.record_id)
        .where(t.journal.c.cycle_id == cycle_id)
        .limit(most)
    ).all()
    keys = ("cycle_id", "kind", "record_id")
    gone = [dict(zip(keys, (cycle_id, *row), strict=True)) for row in entries]
    delete_rows(connection, t.journal, gone)
    return len(entries)
