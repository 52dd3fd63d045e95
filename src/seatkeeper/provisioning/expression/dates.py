"""Dates as the mapping language reads, moves, compares and prints them.

    source change -> scope -> [map] -> match -> plan -> export -> log

Beside ``functions``: the rules of .NET's invariant culture and of Visual
Basic's ``DateDiff``, which the documented examples follow (mapping language 2
and 3). Every moment is UTC; no clock is read.
"""

import calendar
import datetime as dt
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
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
_OFFSET = r"\s*(?P<offset>[Zz]|[+-]\d{2}(?::?\d{2})?)"
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
"""Characters a date or a date format may have."""


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
    month = _month_of(word) if word else int(parts["month"] or 0)
    hour = int(parts["hour"] or 0)
    half = parts["half"]
    if half is not None:
        hour = _of_half(hour, half)
    return _placed(
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


def _month_of(word: str) -> int:
    return next(place for place, name in enumerate(MONTHS, 1) if _starts(name, word))


def _starts(name: str, word: str) -> bool:
    return name[:3].casefold() == word[:3].casefold()


def _of_half(hour: int, half: str) -> int:
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    return hour % 12 + (12 if half.casefold() == "pm" else 0)


def _placed(read: dt.datetime, offset: str | None) -> Moment:
    shift = dt.timedelta()
    if offset is not None and offset not in "Zz":
        digits = offset[1:].replace(":", "").ljust(4, "0")
        shift = dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        if shift > dt.timedelta(hours=14):
            raise ValueError(offset)
        shift = -shift if offset[0] == "-" else shift
    return Moment(read - shift)


def file_time(at: dt.datetime) -> int:
    """Return a moment as ticks of 100 ns since 1601-01-01 UTC."""
    return (at - _EPOCH) // dt.timedelta(microseconds=1) * _TICK


def from_file_time(ticks: int) -> Moment:
    """Return the moment of a file time. Raises ``EvaluationFailed`` outside the calendar."""
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


# --- custom formats ------------------------------------------------------------

_TOKENS = re.compile(
    r"(?P<quote>'[^']*'|\"[^\"]*\")|\\(?P<literal>.)|(?P<single>%)?"
    r"(?P<token>y+|M+|d+|H+|h+|m+|s+|f+|F+|t+|z+|K+)|(?P<other>.)",
    re.DOTALL,
)


@lru_cache(maxsize=256)
def _tokens(form: str) -> tuple[tuple[str, str], ...]:
    """Return a .NET custom format as (token or empty, literal or empty)."""
    if not 0 < len(form) <= LONGEST_DATE:
        raise EvaluationFailed(
            f"A date format has 1 to {LONGEST_DATE} characters.", advice='Such as "yyyy-MM-dd".'
        )
    found = []
    for one in _TOKENS.finditer(form):
        if one["token"]:
            found.append((one["token"], ""))
        elif one["quote"]:
            found.append(("", one["quote"][1:-1]))
        else:
            found.append(("", one["literal"] or one["other"]))
    return tuple(found)


def _offset_text(token: str) -> str:
    return {"z": "+0", "zz": "+00"}.get(token, "+00:00")


def formatted(at: dt.datetime, form: str) -> str:
    """Return a moment in a .NET custom format, invariant culture."""
    return "".join(literal or _printed(at, token) for token, literal in _tokens(form))


def _printed(at: dt.datetime, token: str) -> str:
    size = len(token)
    if (number := _NUMBERS.get(token[0])) is not None:
        return f"{number(at):0{min(size, 2)}}"
    match token[0]:
        case "y":
            return f"{at.year % 100:0{size}}" if size <= 2 else f"{at.year:0{size}}"
        case "M":
            return _name_or_number(MONTHS[at.month - 1], at.month, size)
        case "d":
            return _name_or_number(DAYS[at.weekday()], at.day, size)
        case "f":
            return f"{at.microsecond:06}0"[:size]
        case "F":
            return f"{at.microsecond:06}0"[:size].rstrip("0")
        case "t":
            return ("AM" if at.hour < 12 else "PM")[: min(size, 2)]
        case "z":
            return _offset_text(token)
        case _:
            return "Z"


_NUMBERS: Final[Mapping[str, Callable[[dt.datetime], int]]] = {
    "H": lambda at: at.hour,
    "h": lambda at: at.hour % 12 or 12,
    "m": lambda at: at.minute,
    "s": lambda at: at.second,
}


def _name_or_number(name: str, number: int, size: int) -> str:
    if size <= 2:
        return f"{number:0{size}}"
    return name[:3] if size == 3 else name


_PATTERNS: Final = {
    "y": r"(?P<y>\d{1,2})", "yy": r"(?P<y>\d{2})", "yyy": r"(?P<y>\d{3,4})",
    "M": r"(?P<M>\d{1,2})", "MM": r"(?P<M>\d{2})",
    "d": r"(?P<d>\d{1,2})", "dd": r"(?P<d>\d{2})",
    "H": r"(?P<H>\d{1,2})", "HH": r"(?P<H>\d{2})", "h": r"(?P<h>\d{1,2})", "hh": r"(?P<h>\d{2})",
    "m": r"(?P<m>\d{1,2})", "mm": r"(?P<m>\d{2})", "s": r"(?P<s>\d{1,2})", "ss": r"(?P<s>\d{2})",
    "t": r"(?P<t>[AaPp])", "tt": r"(?P<t>[AaPp][Mm])",
    "z": r"(?P<z>[+-]\d{1,2})", "zz": r"(?P<z>[+-]\d{2})", "zzz": r"(?P<z>[+-]\d{2}:?\d{2})",
    "K": r"(?P<z>[Zz]|[+-]\d{2}:\d{2})?",
}  # fmt: skip


def _pattern_of(token: str) -> str:
    size = len(token)
    first = token[0]
    if first == "y" and size > 3:
        return rf"(?P<y>\d{{{size}}})"
    if first == "M" and size > 2:
        names = [name if size > 3 else name[:3] for name in MONTHS]
        return rf"(?P<word>{'|'.join(names)})"
    if first == "d" and size > 2:
        names = [name if size > 3 else name[:3] for name in DAYS]
        return rf"(?:{'|'.join(names)})"
    if first == "f":
        return rf"(?P<f>\d{{{min(size, 7)}}})"
    if first == "F":
        return rf"(?P<f>\d{{0,{min(size, 7)}}})"
    longest = {"y": 3, "z": 3, "K": 1}.get(first, 2)
    return _PATTERNS[first * min(size, longest)]


@lru_cache(maxsize=256)
def _reader(form: str) -> re.Pattern[str]:
    parts = [
        re.escape(literal) if literal else _pattern_of(token) for token, literal in _tokens(form)
    ]
    try:
        return re.compile(rf"\s*{''.join(parts)}\s*", re.ASCII | re.IGNORECASE)
    except re.error as error:
        raise EvaluationFailed(
            f"The date format {form!r} names one part twice.", advice="Name each part once."
        ) from error


def read_formatted(text: str, form: str) -> Moment:
    """Return the moment that a text names in a .NET custom format.

    White space around it is allowed. Raises ``EvaluationFailed`` where it does not fit.
    """
    found = _reader(form).fullmatch(text) if len(text) <= LONGEST_DATE else None
    if found is not None:
        try:
            return _moment_of_format(found.groupdict())
        except (ValueError, OverflowError):
            pass
    raise EvaluationFailed(
        f"{text[:60]!r} is no date in the format {form!r}.",
        advice="Correct the value, or the input format.",
    )


def _moment_of_format(parts: Mapping[str, str | None]) -> Moment:
    year = parts.get("y") or "1"
    whole = int(year)
    if len(year) <= 2 and parts.get("y"):
        whole += 2000 if whole <= 49 else 1900
    word = parts.get("word")
    half = parts.get("t")
    hour = int(parts.get("H") or parts.get("h") or 0)
    if half is not None:
        hour = _of_half(hour, "pm" if half[0] in "pP" else "am")
    zone = parts.get("z")
    if zone is not None and len(zone) == 2:
        zone = f"{zone[0]}0{zone[1]}"
    read = dt.datetime(
        whole,
        _month_of(word) if word else int(parts.get("M") or 1),
        int(parts.get("d") or 1),
        hour,
        int(parts.get("m") or 0),
        int(parts.get("s") or 0),
        int((parts.get("f") or "0").ljust(6, "0")[:6]),
        tzinfo=dt.UTC,
    )
    return _placed(read, zone)


def form_fault(form: str) -> str:
    """Return what is wrong with a custom format, or nothing."""
    try:
        _reader(form)
    except EvaluationFailed as error:
        return str(error)
    return ""
