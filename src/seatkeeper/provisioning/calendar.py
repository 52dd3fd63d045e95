"""In which minutes an app may be worked for: cron windows and quiet hours.

Beside the walk, and pure: a moment comes in, yes or no comes out. Windows say
when a cycle may begin; quiet hours say when nothing is sent at all. Both are
read on the clock of the calendar's zone, so an hour that summer time skips or
repeats is skipped or repeated here, too. Cron's five fields and its rule for
days are those of POSIX crontab; names of days and months and steps are the
usual additions.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from seatkeeper.errors import InvalidValue

FARTHEST: Final = dt.timedelta(days=4 * 366)
"""How far ahead the next open minute is looked for: 29 February comes within this."""

_MONTHS: Final = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
]  # fmt: skip
_DAYS: Final = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_FIELDS: Final = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _DAYS),
)
_TIMES: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Window:
    """The minutes that one cron expression names."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool

    def has_day(self, day: dt.date) -> bool:
        """Whether any minute of this day may be in the window.

        Where day of the month and day of the week are both restricted, either is enough.
        """
        if day.month not in self.months:
            return False
        in_month, in_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        if self.any_day or self.any_weekday:
            return in_month and in_week
        return in_month or in_week

    def holds(self, local: dt.datetime) -> bool:
        """Whether this minute of the local clock is in the window."""
        in_day = local.minute in self.minutes and local.hour in self.hours
        return in_day and self.has_day(local.date())


@dataclass(frozen=True, slots=True)
class Quiet:
    """Daily hours, from the first minute up to the second, which may lie on the next day."""

    begin: dt.time
    end: dt.time

    def holds(self, local: dt.datetime) -> bool:
        """Whether this moment of the local clock is quiet."""
        at = local.time()
        if self.begin < self.end:
            return self.begin <= at < self.end
        return at >= self.begin or at < self.end


@dataclass(frozen=True, slots=True)
class Calendar:
    """When an app may be worked for; without windows and quiet hours, always."""

    windows: Sequence[Window] = ()
    quiet: Sequence[Quiet] = ()
    zone: dt.tzinfo = dt.UTC

    def is_quiet(self, now: dt.datetime) -> bool:
        """Whether nothing is sent now, and a cycle that runs waits."""
        local = now.astimezone(self.zone)
        return any(one.holds(local) for one in self.quiet)

    def may_begin(self, now: dt.datetime) -> bool:
        """Whether a cycle may begin now."""
        local = now.astimezone(self.zone)
        in_window = not self.windows or any(one.holds(local) for one in self.windows)
        return in_window and not self.is_quiet(now)

    def next_opening(self, at: dt.datetime) -> dt.datetime | None:
        """Return the first moment from ``at`` on at which a cycle may begin, or none.

        None where there is none in four years, such as on 30 February.
        """
        moment = at.astimezone(dt.UTC)  # steps are real time, whatever the clocks do
        end = moment + FARTHEST
        while moment < end:
            if self.may_begin(moment):
                return moment
            moment = self._skip(moment)
        return None

    def _skip(self, moment: dt.datetime) -> dt.datetime:
        """Return a later moment before which nothing opens: the next minute, hour or day."""
        local = moment.astimezone(self.zone)
        step, rest = dt.timedelta(minutes=1), dt.timedelta(minutes=0)
        if self.windows and not any(one.has_day(local.date()) for one in self.windows):
            # Not a whole day: where clocks go forward or back a day has 23 or 25 hours.
            step, rest = dt.timedelta(hours=1), dt.timedelta(minutes=local.minute)
        return moment.replace(second=0, microsecond=0) - rest + step


def read_window(text: str) -> Window:
    """Return the window of a cron expression of five fields. Raises ``InvalidValue``."""
    parts = text.lower().split()
    if len(parts) != len(_FIELDS):
        raise InvalidValue(
            f"{text[:80]!r} has {len(parts)} fields; a cron expression has five: minute, hour, "
            "day of the month, month, day of the week."
        )
    sets = [
        _field(part, name, least, most, names)
        for part, (name, least, most, names) in zip(parts, _FIELDS, strict=True)
    ]
    weekdays = frozenset(day % 7 for day in sets[4])
    any_day, any_weekday = parts[2].startswith("*"), parts[4].startswith("*")
    return Window(sets[0], sets[1], sets[2], sets[3], weekdays, any_day, any_weekday)


def read_quiet(text: str) -> Quiet:
    """Return the quiet hours of a text such as ``22:00-06:00``. Raises ``InvalidValue``."""
    found = _TIMES.fullmatch(text.strip())
    if found is None:
        raise InvalidValue(f"{text[:80]!r} are no quiet hours; they look like 22:00-06:00.")
    begin, end = (dt.time(int(found[at]), int(found[at + 1])) for at in (1, 3))
    if begin == end:
        raise InvalidValue(f"The quiet hours {text!r} begin when they end; switch the app off.")
    return Quiet(begin, end)


def _field(text: str, name: str, least: int, most: int, names: Sequence[str]) -> frozenset[int]:
    """Return the numbers of one field: lists of ``*``, ``a``, ``a-b``, each with ``/step``."""
    found: set[int] = set()
    for part in text.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        if span == "*":
            low, high = least, most
        else:
            low = _number(first, least, most, names)
            high = _number(last, least, most, names) if dash else (most if slash else low)
        every = _number(step, 1, most, ()) if slash else 1
        if low < 0 or high < low or every < 0:
            raise InvalidValue(
                f"{part[:80]!r} is no {name} of a cron expression: it takes {least} to {most}, "
                "alone, as a-b, with /step, several with commas, or *."
            )
        found.update(range(low, high + 1, every))
    return frozenset(found)


def _number(text: str, least: int, most: int, names: Sequence[str]) -> int:
    """Return the number that is meant, or -1."""
    if text in names:
        return names.index(text) + (least if names is _MONTHS else 0)
    if not text.isascii() or not text.isdigit() or len(text) > 2 or not least <= int(text) <= most:
        return -1
    return int(text)
