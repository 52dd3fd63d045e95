"""How an app's cycles went lately, as a chart with a table: a day, a week, or thirty days.

After the walk, pure. A day and a week are made of cycles, thirty days of what
each day counted. A stretch in which no cycle ended is a gap, and named so: it
does not say why.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from seatkeeper.console.language import _, ngettext
from seatkeeper.console.views.charts import Bar, Chart, Stack, stacked, strip
from seatkeeper.console.words import clock
from seatkeeper.provisioning.cycle import Counters, Cycle
from seatkeeper.provisioning.history import Day

RANGES: Final = ("day", "week", "month")
MOST_CYCLES: Final = 1_000
"""So many cycles are read for a chart; older ones of a very busy app are not drawn."""

_STEPS: Final = tuple(dt.timedelta(minutes=one) for one in (20, 30, 40, 60, 80, 120, 180, 240, 360))
_WEEKS_STEP: Final = dt.timedelta(hours=2)
_DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table behind a chart."""

    when: str
    created: int
    updated: int
    taken: int
    failed: int
    cycles: int


@dataclass(frozen=True, slots=True)
class CycleChart:
    """The chart with its words and its numbers."""

    chosen: str
    chart: Chart
    title: str
    description: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class DayStrip:
    """Thirty days, the worst of each."""

    bars: Sequence[Bar]
    description: str
    rows: Sequence[tuple[str, str]]


def since(chosen: str, now: dt.datetime) -> dt.datetime:
    """Return the first moment that a chart of cycles shows."""
    return now - (_DAY if chosen == "day" else 7 * _DAY)


def cycle_chart(
    chosen: str,
    cycles: Sequence[Cycle],
    days: Sequence[Day],
    now: dt.datetime,
    interval: dt.timedelta,
) -> CycleChart:
    """Return the chart of a day, a week or a month; ``cycles`` and ``days`` are newest first."""
    if chosen == "month":
        rows = _of_days(days, now)
        began = min((one.day for one in days), default=now.date())
        before = max(0, 29 - (now.date() - began).days)
        marks: Callable[[int], str] = lambda place: rows[place].when if place % 7 == 0 else ""  # noqa: E731
        title = _("Changes per day, last 30 days")
    else:
        step = _step(interval) if chosen == "day" else _WEEKS_STEP
        rows, starts = _of_cycles(cycles, since(chosen, now), now, step)
        oldest = cycles[-1] if cycles else None
        first = oldest.started if oldest is not None and oldest.number == 1 else starts[0]
        before = sum(start + step <= first for start in starts) if oldest else len(starts)
        marks = _hours(starts) if chosen == "day" else _midnights(starts)
        title = _("Changes, last 24 hours") if chosen == "day" else _("Changes, last 7 days")
    chart = stacked(
        [
            Stack(
                _bar_words(row),
                (
                    (row.created, "create"),
                    (row.updated, "update"),
                    (row.taken, "disable"),
                    (row.failed, "danger"),
                )
                if row.cycles
                else (),
                gap=not row.cycles and place >= before,
                mark=marks(place),
            )
            for place, row in enumerate(rows)
        ]
    )
    return CycleChart(chosen, chart, title, _described(rows), rows)


def day_strip(days: Sequence[Day], now: dt.datetime) -> DayStrip:
    """Return the last thirty days, each as bad as its worst cycle."""
    known = {one.day: one for one in days}
    dates = [now.date() - dt.timedelta(days=back) for back in range(29, -1, -1)]
    rows, bars, troubled = [], [], 0
    for date in dates:
        words, tone = _day_words(known.get(date))
        troubled += tone == "disable"
        said = f"{date:%Y-%m-%d}"
        rows.append((said, words))
        bars.append((f"{said}: {words}", tone))
    described = ngettext(
        "%(num)s of the last 30 days had failures or held removals.",
        "%(num)s of the last 30 days had failures or held removals.",
        troubled,
    ) % {"num": troubled}
    return DayStrip(strip(bars), described, rows[::-1])


def _day_words(day: Day | None) -> tuple[str, str]:
    if day is None or not day.cycles:
        return _("no cycle ended"), "quiet"
    trouble = day.counters.failed + day.counters.held
    if trouble:
        return _("%(failed)s failed, %(held)s held") % {
            "failed": f"{day.counters.failed:,}",
            "held": f"{day.counters.held:,}",
        }, "disable"
    return ngettext("%(num)s cycle, no failure", "%(num)s cycles, no failure", day.cycles) % {
        "num": day.cycles
    }, "create"


def _step(interval: dt.timedelta) -> dt.timedelta:
    """Return the width of a day's bars: one for each cycle of the schedule, where that is wide."""
    return next((one for one in _STEPS if one >= interval), _STEPS[-1])


def _of_cycles(
    cycles: Sequence[Cycle], first: dt.datetime, now: dt.datetime, step: dt.timedelta
) -> tuple[list[Row], list[dt.datetime]]:
    count = -int(-(now - first) // step)
    starts = [now - (count - place) * step for place in range(count)]
    sums = [Counters() for _place in starts]
    ended = [0 for _place in starts]
    for cycle in cycles:
        if cycle.ended is not None and starts[0] <= cycle.ended <= now:
            place = min(int((cycle.ended - starts[0]) / step), count - 1)
            sums[place] = sums[place].plus(
                **{name: n for name, n in cycle.counters.to_plain().items() if name != "waiting"}
            )
            ended[place] += 1
    rows = [
        _row(f"{clock(start, now)} – {clock(min(start + step, now), now)}", one, cycles_ended)
        for start, one, cycles_ended in zip(starts, sums, ended, strict=True)
    ]
    return rows, starts


def _of_days(days: Sequence[Day], now: dt.datetime) -> list[Row]:
    known = {one.day: one for one in days}
    dates = [now.date() - dt.timedelta(days=back) for back in range(29, -1, -1)]
    return [
        _row(f"{date.day} {date:%b}", known[date].counters, known[date].cycles)
        if date in known
        else _row(f"{date.day} {date:%b}", Counters(), 0)
        for date in dates
    ]


def _row(when: str, counters: Counters, cycles: int) -> Row:
    return Row(
        when,
        counters.created,
        counters.updated,
        counters.disabled + counters.deleted,
        counters.failed,
        cycles,
    )


def _hours(starts: Sequence[dt.datetime]) -> Callable[[int], str]:
    """Return what names every sixth hour, where a bar begins in it."""

    def mark(place: int) -> str:
        hour = starts[place].hour
        again = place > 0 and starts[place - 1].hour == hour
        return "" if hour % 6 or again or place > len(starts) * 0.93 else f"{hour:02}:00"

    return mark


def _midnights(starts: Sequence[dt.datetime]) -> Callable[[int], str]:
    def mark(place: int) -> str:
        new = place > 0 and starts[place].date() != starts[place - 1].date()
        return f"{starts[place].day} {starts[place]:%b}" if new and place < len(starts) - 5 else ""

    return mark


def _bar_words(row: Row) -> str:
    if not row.cycles:
        return _("%(when)s: no cycle ended") % {"when": row.when}
    return _(
        "%(when)s: %(created)s created, %(updated)s updated, %(taken)s deactivated or deleted, "
        "%(failed)s failed"
    ) % {
        "when": row.when,
        "created": f"{row.created:,}",
        "updated": f"{row.updated:,}",
        "taken": f"{row.taken:,}",
        "failed": f"{row.failed:,}",
    }


def _described(rows: Sequence[Row]) -> str:
    return _(
        "%(created)s created, %(updated)s updated, %(taken)s deactivated or deleted, "
        "%(failed)s failed, in %(cycles)s cycles."
    ) % {
        "created": f"{sum(one.created for one in rows):,}",
        "updated": f"{sum(one.updated for one in rows):,}",
        "taken": f"{sum(one.taken for one in rows):,}",
        "failed": f"{sum(one.failed for one in rows):,}",
        "cycles": f"{sum(one.cycles for one in rows):,}",
    }
