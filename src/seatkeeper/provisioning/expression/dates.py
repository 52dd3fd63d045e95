"""Dates as the mapping language reads, moves, compares and prints them.

    source change -> scope -> [map] -> match -> plan -> export -> log

Beside ``functions`` and ``formats``: the rules of .NET's invariant culture and of Visual
Basic's ``DateDiff``, which the documented examples follow (mapping language 2
and 3). Every moment is UTC; no clock is read.
"""

import calendar
import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Final

from seatkeeper.provisioning.expression.values import EvaluationFailed, Moment

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
INTERVALS: Final = ("yyyy", "m", "d", "ww", "h", "n", "s")

_TIME = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<part>\d{1,9}))?)?"
    r"(?:\s*(?P<half>[AaPp][Mm]))?"
)
_OFFSET = r"\s*(?P<offset>Z|GMT|UTC|[+-]\d{2}(?::?\d{2})?)"
_MONTH = "|".join(f"{name}|{name[:3]}" for name in MONTHS)
_FORMS: Final = tuple(
    re.compile(rf"\s*{date}(?:(?:\s+|[Tt]){_TIME})?(?:{_OFFSET})?\s*", re.ASCII | re.IGNORECASE)
    for date in (
        r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})",
        r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})",
        r"(?P<year>\d{4})/(?P<month>\d{1,2})/(?P<day>\d{1,2})",
        rf"(?:[A-Za-z]{{3,9}},\s*)?(?P<day>\d{{1,2}})[\s-](?P<word>{_MONTH})[\s-](?P<year>\d{{4}})",
        rf"(?:[A-Za-z]{{3,9}},\s*)?(?P<word>{_MONTH})\s(?P<day>\d{{1,2}}),\s*(?P<year>\d{{4}})",
    )
)
_EPOCH = dt.datetime(1601, 1, 1, tzinfo=dt.UTC)
_TICK: Final = 10
"""File-time ticks (100 ns) in a microsecond."""

LONGEST_DATE: Final = 100
"""Characters a date may have."""


def read_date(text: str) -> Moment:
    """Return the moment a text names; without offset it is UTC, without time midnight.

    Raises ``EvaluationFailed`` for anything that is no date.
    """
    if len(text) <= LONGEST_DATE:
        for form in _FORMS:
            if found := form.fullmatch(text):
                try:
                    return _moment(found.groupdict())
                except (ValueError, OverflowError):
                    break
    raise EvaluationFailed(
        f"{text[:60]!r} is no date.",
        advice="Dates read as 2031-08-24, 2031-08-24T10:00:00+02:00 or 8/24/2031 10:00:00 AM.",
    )


def _moment(parts: Mapping[str, str | None]) -> Moment:
    word = parts.get("word")
    month = month_of(word) if word else int(parts["month"] or 0)
    hour = int(parts["hour"] or 0)
    half = parts["half"]
    if half is not None:
        hour = of_half(hour, half)
    return placed(
        dt.datetime(
            int(parts["year"] or 0),
            month,
            int(parts["day"] or 0),
            hour,
            int(parts["minute"] or 0),
            int(parts["second"] or 0),
            int((parts["part"] or "0").ljust(6, "0")[:6]),
            tzinfo=dt.UTC,
        ),
        parts["offset"],
    )


def month_of(word: str) -> int:
    """Return the number of a month by its English name, long or short."""
    return next(place for place, name in enumerate(MONTHS, 1) if _starts(name, word))


def _starts(name: str, word: str) -> bool:
    return name[:3].casefold() == word[:3].casefold()


def of_half(hour: int, half: str) -> int:
    """Return the hour of the day for one from 1 to 12 and AM or PM. Raises ``ValueError``."""
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    return hour % 12 + (12 if half[0] in "Pp" else 0)


def placed(read: dt.datetime, offset: str | None) -> Moment:
    """Return a moment that was read as UTC where its offset puts it.

    Raises ``ValueError`` for an offset beyond 14 hours, ``OverflowError``
    outside the calendar.
    """
    shift = dt.timedelta()
    if offset is not None and offset[0] in "+-":
        digits = offset[1:].replace(":", "").ljust(4, "0")
        shift = dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        if shift > dt.timedelta(hours=14):
            raise ValueError(offset)
        shift = -shift if offset[0] == "-" else shift
    return Moment(read - shift)


def file_time(at: dt.datetime) -> int:
    """Return a moment as ticks of 100 ns since 1601. Raises ``EvaluationFailed`` before."""
    if at < _EPOCH:
        raise EvaluationFailed(
            "There are no file times before the year 1601.", advice="Correct the date."
        )
    return (at - _EPOCH) // dt.timedelta(microseconds=1) * _TICK


def from_file_time(ticks: int) -> Moment:
    """Return the moment of a file time. Raises ``EvaluationFailed`` outside the calendar."""
    if ticks < 0:
        raise EvaluationFailed("A file time is 0 or more.", advice="Correct the number.")
    return _in_calendar(lambda: _EPOCH + dt.timedelta(microseconds=ticks // _TICK))


def _in_calendar(made: Callable[[], dt.datetime]) -> Moment:
    try:
        return Moment(made())
    except (OverflowError, ValueError) as error:
        raise EvaluationFailed(
            "The date lies outside the years 1 to 9999.", advice="Correct the number."
        ) from error


_LENGTHS: Final = {
    "d": dt.timedelta(days=1),
    "ww": dt.timedelta(weeks=1),
    "h": dt.timedelta(hours=1),
    "n": dt.timedelta(minutes=1),
    "s": dt.timedelta(seconds=1),
}
_MONTHS_IN: Final = {"m": 1, "yyyy": 12}


def moved(interval: str, count: int, at: dt.datetime) -> Moment:
    """Return the moment ``count`` intervals later; months end on their last day at most."""
    if interval in _LENGTHS:
        return _in_calendar(lambda: at + _LENGTHS[interval] * count)
    months = at.year * 12 + at.month - 1 + count * _MONTHS_IN[_known(interval)]

    def made() -> dt.datetime:
        year, month = months // 12, months % 12 + 1
        if not 1 <= year <= 9999:
            raise OverflowError
        day = min(at.day, calendar.monthrange(year, month)[1])
        return at.replace(year=year, month=month, day=day)

    return _in_calendar(made)


def difference(interval: str, first: dt.datetime, second: dt.datetime) -> int:
    """Return how many intervals ``second`` lies after ``first``, as Visual Basic counts.

    Days and shorter truncate the time that passed; weeks count the starts of
    calendar weeks (Sunday); months and years count calendar months and years.
    """
    if interval == "yyyy":
        return second.year - first.year
    if interval == "m":
        return (second.year - first.year) * 12 + second.month - first.month
    if interval == "ww":
        weekdays = dt.timedelta(days=_since_sunday(second) - _since_sunday(first))
        return _whole(second - first - weekdays, _LENGTHS["ww"])
    return _whole(second - first, _LENGTHS[_known(interval)])


def _since_sunday(at: dt.datetime) -> int:
    return (at.weekday() + 1) % 7


def _whole(span: dt.timedelta, unit: dt.timedelta) -> int:
    return span // unit if span >= dt.timedelta() else -(-span // unit)


def _known(interval: str) -> str:
    if interval in INTERVALS:
        return interval
    raise EvaluationFailed(
        f"{interval[:20]!r} is no interval.", advice=f"There are {', '.join(INTERVALS)}."
    )
