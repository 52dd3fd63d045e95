"""Reading the provisioning log by what people look for, a page at a time.

Beside the walk: questions of ``ports.Ledger``. No page costs what the log is
long: one record, one cycle or one kind of failure is found by an index, and
everything else looks at ``LOOKED_AT`` numbers at most and says how far it came.
"""

from typing import Any, Final

from sqlalchemy import Connection, Select, and_, func, not_, or_, select, true
from sqlalchemy.sql import ColumnElement

from seatkeeper.provisioning.events import (
    COUNTED,
    HELD,
    OUT_OF_SCOPE,
    Events,
    LogQuery,
    Outcome,
)
from seatkeeper.provisioning.log import LogEntry, Status
from seatkeeper.store import ledger_rows as rows
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.ledger_base import LedgerPart

LOOKED_AT: Final = 50_000

_BY_STATUS: Final = {
    Outcome.DONE: (Status.SUCCESS.value, Status.WARNING.value),
    Outcome.FAILED: (Status.FAILURE.value,),
}
_SKIPPED: Final = t.log.c.status == Status.SKIPPED.value
_IS: Final[dict[Outcome, ColumnElement[bool]]] = {
    Outcome.DONE: t.log.c.status.in_(_BY_STATUS[Outcome.DONE]),
    Outcome.FAILED: t.log.c.status.in_(_BY_STATUS[Outcome.FAILED]),
    Outcome.HELD: and_(_SKIPPED, t.log.c.code.in_(HELD)),
    Outcome.OUT_OF_SCOPE: and_(_SKIPPED, t.log.c.code.in_(OUT_OF_SCOPE)),
    Outcome.UNCHANGED: and_(_SKIPPED, not_(t.log.c.code.in_((*HELD, *OUT_OF_SCOPE)))),
}


class LogEvents(LedgerPart):
    """The log as a list that is filtered and turned over."""

    async def events(
        self,
        query: LogQuery,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int,
        counted: bool = False,
    ) -> Events:
        """Return a page of entries below number ``before``, or the next ones over ``after``."""
        counted = counted and before is None
        return await self._database.read(
            lambda c: _page(c, query, before, after, limit, counted=counted)
        )

    async def event(self, event_id: str) -> tuple[int, LogEntry] | None:
        """Return one entry by its id, or none where it is not kept any more."""
        asked = select(t.log).where(t.log.c.id == event_id)
        row = await self._database.read(lambda c: c.execute(asked).one_or_none())
        return None if row is None else (row.seq, rows.log_of(row))

    async def newer_events(self, query: LogQuery, after: int, *, most: int = 1_000) -> int:
        """Return how many entries over number ``after`` fit, at most ``most``."""
        asked = _fits(query).where(t.log.c.seq > after).limit(most)
        counted = select(func.count()).select_from(asked.with_only_columns(t.log.c.seq).subquery())
        return int(await self._database.read(lambda c: c.execute(counted).scalar_one()))


def _page(
    connection: Connection,
    query: LogQuery,
    before: int | None,
    after: int | None,
    limit: int,
    *,
    counted: bool,
) -> Events:
    newest, oldest = _span(connection, query)
    top = newest + 1 if before is None else min(before, newest + 1)
    asked = _fits(query)
    if after is not None:
        rising = asked.where(t.log.c.seq > after).order_by(t.log.c.seq).limit(limit + 1)
        found = list(connection.execute(rising).all())
        more, found = len(found) > limit, found[:limit][::-1]
        entries = [(row.seq, rows.log_of(row)) for row in found]
        return Events(entries, more=True, looked_to=None, newer=more, count=None)
    floor = oldest if _by_index(query) else max(oldest, top - LOOKED_AT)
    falling = asked.where(t.log.c.seq < top, t.log.c.seq >= floor)
    found = list(connection.execute(falling.order_by(t.log.c.seq.desc()).limit(limit + 1)).all())
    more = len(found) > limit
    return Events(
        [(row.seq, rows.log_of(row)) for row in found[:limit]],
        more=more,
        looked_to=floor if floor > oldest and not more else None,
        newer=before is not None and top <= newest,
        count=_count(connection, asked, newest, oldest, query) if counted else None,
    )


def _span(connection: Connection, query: LogQuery) -> tuple[int, int]:
    """Return the highest and the lowest number of the log, or of the cycle that is asked for.

    Within those, a cycle's failures are found along the index of failures.
    """
    ends = [select(found(t.log.c.seq)) for found in (func.max, func.min)]
    if query.cycle_id:
        ends = [one.where(t.log.c.cycle_id == query.cycle_id) for one in ends]
    highest, lowest = connection.execute(select(*(one.scalar_subquery() for one in ends))).one()
    return highest or 0, lowest or 0


def _count(
    connection: Connection, asked: Select[Any], newest: int, oldest: int, query: LogQuery
) -> int | None:
    """Return how many fit, at most one over ``COUNTED``; none where not all can be looked at."""
    by_index, surely = _by_index(query), _surely(query)
    looked_at = true() if by_index else t.log.c.seq > newest - LOOKED_AT
    if surely is not None and newest - oldest >= COUNTED:
        count = _number_of(connection, surely.where(looked_at))
        if count > COUNTED:
            return count
    count = _number_of(connection, asked.where(looked_at))
    whole = by_index or newest - oldest < LOOKED_AT or count > COUNTED
    return count if whole else None


def _number_of(connection: Connection, asked: Select[Any]) -> int:
    some = asked.with_only_columns(t.log.c.seq).limit(COUNTED + 1)
    return connection.scalar(select(func.count()).select_from(some.subquery())) or 0


def _surely(query: LogQuery) -> Select[Any] | None:
    """Return the question for what fits by its status alone; none where more is asked for.

    An index holds all that it needs. Where these are too many to be counted, so are all that fit.
    """
    statuses = [
        status for one, fit in _BY_STATUS.items() if one in query.outcomes for status in fit
    ]
    if not statuses or query != LogQuery(app_id=query.app_id, outcomes=query.outcomes):
        return None
    asked = select(t.log).where(t.log.c.status.in_(statuses))
    return asked.where(t.log.c.app_id == query.app_id) if query.app_id else asked


def _by_index(query: LogQuery) -> bool:
    """Whether an index leads to what fits, so that it need not be looked for number by number."""
    of_one = bool(query.record_id or query.cycle_id)
    return of_one or (query.outcomes == {Outcome.FAILED} and not (query.action or query.code))


def _fits(query: LogQuery) -> Select[Any]:
    wanted: list[ColumnElement[bool]] = [true()]
    for column, value in (
        (t.log.c.app_id, query.app_id),
        (t.log.c.record_id, query.record_id),
        (t.log.c.cycle_id, query.cycle_id),
        (t.log.c.action, query.action),
        (t.log.c.code, query.code),
    ):
        if value:
            wanted.append(column == value)
    wanted.append(_ended(query.outcomes))
    if query.since is not None:
        wanted.append(t.log.c.at >= query.since)
    if query.until is not None:
        wanted.append(t.log.c.at < query.until)
    return select(t.log).where(*wanted)


def _ended(outcomes: frozenset[Outcome]) -> ColumnElement[bool]:
    """Return the condition that an entry ended in one of these ways.

    Several are said by those left out: what is not looked for by an index is then read in the
    order of numbers, and nothing is sorted.
    """
    if len(outcomes) == 1:
        return _IS[next(iter(outcomes))]
    others = [_IS[one] for one in Outcome if one not in outcomes]
    return not_(or_(*others)) if others else true()
