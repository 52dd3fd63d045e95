"""One cycle with all that is kept of it, and the list of an app's cycles.

After the walk, pure: cycles go in, frozen values go out.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from seatkeeper.console.language import _, ngettext
from seatkeeper.console.views.app_card import COUNTS, count_words, kind_words
from seatkeeper.console.views.charts import Part, segments
from seatkeeper.console.views.event_row import EventRow
from seatkeeper.console.views.values import Count, Time, time_at
from seatkeeper.console.words import span, visible
from seatkeeper.provisioning.cycle import Cycle, CycleState
from seatkeeper.provisioning.statistics import Spread

ON_A_PAGE: Final = 50
_MORE_COUNTS: Final = (("held", "clock", "disable"), ("linked", "plug", "update"))


@dataclass(frozen=True, slots=True)
class CycleRow:
    """One cycle of a list."""

    number: int
    kind: str
    state: str
    tone: str
    started: Time
    took: str
    counts: Sequence[Count]
    requests: str


@dataclass(frozen=True, slots=True)
class CyclesPage:
    """A page of an app's cycles; ``newer`` and ``older`` are addresses or nothing."""

    answer: str
    rows: Sequence[CycleRow]
    newer: str
    older: str


@dataclass(frozen=True, slots=True)
class Station:
    """One station of a cycle's way."""

    name: str
    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class SlowLine:
    """One of the slowest requests."""

    request: str
    status: str
    took: str


@dataclass(frozen=True, slots=True)
class CyclePage:
    """One cycle."""

    row: CycleRow
    answer: str
    note: str
    stations: Sequence[Station]
    parts: Sequence[Part]
    slowest: Sequence[SlowLine]
    by_kind: Sequence[tuple[str, str]]
    by_answer: Sequence[tuple[str, str]]
    times: str
    lags: str
    failures: Sequence[EventRow]
    failed: int
    undoable: bool


def cycle_row(cycle: Cycle, now: dt.datetime) -> CycleRow:
    """Return one cycle as a line."""
    state, tone = _state(cycle)
    counters = cycle.counters.to_plain()
    return CycleRow(
        number=cycle.number,
        kind=kind_words(cycle.kind.value),
        state=state,
        tone=tone,
        started=time_at(cycle.started, now),
        took=span((cycle.ended - cycle.started).total_seconds()) if cycle.ended else "",
        counts=[
            Count(sign, count_words(name, counters[name]), tone)
            for name, sign, tone in (*COUNTS, *_MORE_COUNTS)
            if counters[name]
        ],
        requests=ngettext("%(num)s request", "%(num)s requests", cycle.counters.requests)
        % {"num": f"{cycle.counters.requests:,}"},
    )


def cycles_page(
    found: Sequence[Cycle], now: dt.datetime, *, path: str, upwards: bool, paged: bool
) -> CyclesPage:
    """Return a page of at most ``ON_A_PAGE`` cycles, of one more that was looked for.

    ``upwards``: they follow a number that was given; ``paged``: any number was given.
    """
    more = len(found) > ON_A_PAGE
    shown = list(found[-ON_A_PAGE:] if upwards else found[:ON_A_PAGE])
    rows = [cycle_row(one, now) for one in shown]
    has_newer, has_older = (more, True) if upwards else (paged, more)
    return CyclesPage(
        answer=_("Cycles"),
        rows=rows,
        newer=f"{path}?after={rows[0].number}" if rows and has_newer else "",
        older=f"{path}?before={rows[-1].number}" if rows and has_older else "",
    )


def cycle_page(
    cycle: Cycle,
    now: dt.datetime,
    *,
    failures: Sequence[EventRow],
    undoable: bool,
) -> CyclePage:
    """Return one cycle; ``undoable``: what it wrote may be taken back."""
    row = cycle_row(cycle, now)
    statistics, counters = cycle.statistics, cycle.counters.to_plain()
    return CyclePage(
        row=row,
        answer=_answer(cycle, row),
        note=visible(cycle.note, 600),
        stations=_stations(cycle, now),
        parts=segments(
            [(counters[name], tone) for name, _sign, tone in (*COUNTS, *_MORE_COUNTS)], 0
        ),
        slowest=[
            SlowLine(
                f"{visible(one.method, 10)} {visible(one.path, 200)}",
                str(one.status) if one.status else _("no answer"),
                span(one.milliseconds / 1_000),
            )
            for one in statistics.slowest
        ],
        by_kind=_counted(statistics.kinds),
        by_answer=_counted(statistics.answers),
        times=_spread(statistics.times),
        lags=_spread(statistics.lags),
        failures=failures,
        failed=cycle.counters.failed,
        undoable=undoable and cycle.finished,
    )


def _state(cycle: Cycle) -> tuple[str, str]:
    match cycle.state:
        case CycleState.PLANNING:
            return _("Reading what changed"), "update"
        case CycleState.EXPORTING:
            return _("Running"), "update"
        case CycleState.SUSPENDED:
            return _("Stopped, goes on later"), "disable"
        case CycleState.DONE:
            return (
                (_("Done, with failures"), "disable")
                if cycle.counters.failed
                else (
                    _("Done"),
                    "create",
                )
            )


def _answer(cycle: Cycle, row: CycleRow) -> str:
    name = {"number": cycle.number, "took": row.took}
    if not cycle.finished:
        return _("Cycle %(number)s has not ended") % name
    if cycle.counters.failed:
        return ngettext(
            "Cycle %(number)s took %(took)s; %(num)s failed",
            "Cycle %(number)s took %(took)s; %(num)s failed",
            cycle.counters.failed,
        ) % {**name, "num": f"{cycle.counters.failed:,}"}
    return _("Cycle %(number)s took %(took)s, nothing failed") % name


def _stations(cycle: Cycle, now: dt.datetime) -> list[Station]:
    """Return the way of a cycle; when planning ended is not kept, so lengths are not told."""
    began = time_at(cycle.started, now)
    found = [
        Station(_("Began"), began.text, "create"),
        Station(
            _("Planned"),
            _("not yet")
            if cycle.state is CycleState.PLANNING
            else _("%(num)s people and groups") % {"num": f"{cycle.total:,}"},
            "quiet" if cycle.state is CycleState.PLANNING else "create",
        ),
        Station(
            _("Carried out"),
            _("%(done)s of %(total)s") % {"done": f"{cycle.done:,}", "total": f"{cycle.total:,}"},
            "create" if cycle.finished else "update",
        ),
    ]
    ended = time_at(cycle.ended, now).text if cycle.ended and cycle.finished else _("not yet")
    found.append(Station(_("Ended"), ended, "create" if cycle.finished else "quiet"))
    return found


def _counted(counts: Mapping[str, int]) -> list[tuple[str, str]]:
    most_first = sorted(counts.items(), key=lambda pair: -pair[1])
    return [(visible(name, 60), f"{count:,}") for name, count in most_first]


def _spread(spread: Spread) -> str:
    if not spread.number:
        return ""
    return _("half within %(half)s, 95 %% within %(most)s, the longest %(longest)s") % {
        "half": span(spread.within(0.5) / 1_000),
        "most": span(spread.within(0.95) / 1_000),
        "longest": span(spread.longest / 1_000),
    }
