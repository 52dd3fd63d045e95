"""Dates in the custom formats of .NET, both ways, invariant culture.

    source change -> scope -> [map] -> match -> plan -> export -> log

Beside ``dates``, which knows what a date is; here is only how one is written
(mapping language 3). Everything that is printed is UTC.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from seatkeeper.provisioning.expression import dates
from seatkeeper.provisioning.expression.values import EvaluationFailed, Moment

LONGEST_FORM: Final = 100
"""Characters a format may have."""

STANDARD: Final[Mapping[str, str]] = {
    "d": "MM/dd/yyyy",
    "D": "dddd, dd MMMM yyyy",
    "f": "dddd, dd MMMM yyyy HH:mm",
    "F": "dddd, dd MMMM yyyy HH:mm:ss",
    "g": "MM/dd/yyyy HH:mm",
    "G": "MM/dd/yyyy HH:mm:ss",
    "m": "MMMM dd",
    "M": "MMMM dd",
    "o": "yyyy-MM-dd'T'HH:mm:ss.fffffffK",
    "O": "yyyy-MM-dd'T'HH:mm:ss.fffffffK",
    "r": "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
    "R": "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
    "s": "yyyy-MM-dd'T'HH:mm:ss",
    "t": "HH:mm",
    "T": "HH:mm:ss",
    "u": "yyyy-MM-dd HH:mm:ss'Z'",
    "U": "dddd, dd MMMM yyyy HH:mm:ss",
    "y": "yyyy MMMM",
    "Y": "yyyy MMMM",
}
"""What a format of one letter stands for; a letter as a part of its own has a % before it."""

_TOKENS = re.compile(
    r"(?P<quote>'[^']*'|\"[^\"]*\")|\\(?P<literal>.)|%?"
    r"(?P<token>y+|M+|d+|H+|h+|m+|s+|f+|F+|t+|z+|K)|(?P<other>.)",
    re.DOTALL,
)
_FINEST: Final = 7
"""Digits of a second at most, as in .NET."""


@lru_cache(maxsize=256)
def _tokens(form: str) -> tuple[tuple[str, str], ...]:
    """Return a format as pairs of token and literal text, one of them empty."""
    if not 0 < len(form) <= LONGEST_FORM:
        raise EvaluationFailed(
            f"A date format has 1 to {LONGEST_FORM} characters.", advice='Such as "yyyy-MM-dd".'
        )
    if len(form) == 1:
        if form not in STANDARD:
            raise EvaluationFailed(
                f"{form!r} is no date format.", advice='Write it like "yyyy-MM-dd".'
            )
        form = STANDARD[form]
    found = []
    for one in _TOKENS.finditer(form):
        if token := one["token"]:
            if token[0] in "fF" and len(token) > _FINEST:
                raise EvaluationFailed(
                    f"{token!r} asks for more than {_FINEST} digits of a second.",
                    advice=f"Write at most {_FINEST}.",
                )
            found.append((token, ""))
        elif one["quote"]:
            found.append(("", one["quote"][1:-1]))
        elif one["other"] and one["other"] in "'\"\\%":
            raise EvaluationFailed(
                f"The date format has a {one['other']} that stands for nothing.",
                advice="Close the quotes, or write \\\\ before the character.",
            )
        else:
            found.append(("", one["literal"] or one["other"]))
    return tuple(found)


_STYLES: Final = frozenset(
    {
        "None", "AllowLeadingWhite", "AllowTrailingWhite", "AllowInnerWhite", "AllowWhiteSpaces",
        "NoCurrentDateDefault", "AdjustToUniversal", "AssumeLocal", "AssumeUniversal",
        "RoundtripKind",
    }
)  # fmt: skip


def styles_fault(styles: str) -> str:
    """Return what is wrong with a list of date styles, or nothing."""
    for one in styles.split(",") if styles else ():
        if one.strip().removeprefix("DateTimeStyles.") not in _STYLES:
            return f"{one.strip()[:40]!r} is no style of dates; leave it empty."
    return ""


def form_fault(form: str) -> str:
    """Return what is wrong with a format that prints, or nothing."""
    return _fault(_tokens, form)


def input_form_fault(form: str) -> str:
    """Return what is wrong with a format that reads, or nothing. An empty one is not given."""
    return _fault(_reader, form) if form else ""


def _fault(read: Callable[[str], object], form: str) -> str:
    try:
        read(form)
    except EvaluationFailed as error:
        return str(error)
    return ""


# --- printing --------------------------------------------------------------------


def formatted(at: dt.datetime, form: str) -> str:
    """Return a moment in a format. Raises ``EvaluationFailed`` for what is none."""
    out: list[str] = []
    for token, literal in _tokens(form):
        printed = _printed(at, token) if token else literal
        if token[:1] == "F" and not printed and out and out[-1].endswith("."):
            out[-1] = out[-1][:-1]  # no digits, no point
        out.append(printed)
    return "".join(out)


def _printed(at: dt.datetime, token: str) -> str:
    size = len(token)
    if (number := _NUMBERS.get(token[0])) is not None:
        return f"{number(at):0{min(size, 2)}}"
    match token[0]:
        case "y":
            return f"{at.year % 100:0{size}}" if size <= 2 else f"{at.year:0{size}}"
        case "M":
            return _name_or_number(dates.MONTHS[at.month - 1], at.month, size)
        case "d":
            return _name_or_number(dates.DAYS[at.weekday()], at.day, size)
        case "f":
            return f"{at.microsecond:06}0"[:size]
        case "F":
            return f"{at.microsecond:06}0"[:size].rstrip("0")
        case "t":
            return ("AM" if at.hour < 12 else "PM")[: min(size, 2)]
        case "z":
            return {"z": "+0", "zz": "+00"}.get(token, "+00:00")
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


# --- reading ---------------------------------------------------------------------

_PATTERNS: Final = {
    "y": r"(?P<y>\d{1,2})", "yy": r"(?P<y>\d{2})", "yyy": r"(?P<y>\d{3,4})",
    "M": r"(?P<M>\d{1,2})", "MM": r"(?P<M>\d{2})",
    "d": r"(?P<d>\d{1,2})", "dd": r"(?P<d>\d{2})",
    "H": r"(?P<H>\d{1,2})", "HH": r"(?P<H>\d{2})", "h": r"(?P<h>\d{1,2})", "hh": r"(?P<h>\d{2})",
    "m": r"(?P<m>\d{1,2})", "mm": r"(?P<m>\d{2})", "s": r"(?P<s>\d{1,2})", "ss": r"(?P<s>\d{2})",
    "t": r"(?P<t>[AP])", "tt": r"(?P<t>[AP]M)",
    "z": r"(?P<z>[+-]\d{1,2})", "zz": r"(?P<z>[+-]\d{2})", "zzz": r"(?P<z>[+-]\d{2}:?\d{2})",
    "K": r"(?P<z>Z|[+-]\d{2}:\d{2})?",
}  # fmt: skip
_LONGEST: Final = {"y": 3, "z": 3, "K": 1}


def _pattern_of(token: str) -> str:
    size = len(token)
    first = token[0]
    if first == "y" and size > 3:
        return rf"(?P<y>\d{{{size}}})"
    if first == "M" and size > 2:
        names = [name if size > 3 else name[:3] for name in dates.MONTHS]
        return rf"(?P<word>{'|'.join(names)})"
    if first == "d" and size > 2:
        names = [name if size > 3 else name[:3] for name in dates.DAYS]
        return rf"(?:{'|'.join(names)})"
    if first == "f":
        return rf"(?P<f>\d{{{size}}})"
    if first == "F":
        return rf"(?P<f>\d{{0,{size}}})"
    return _PATTERNS[first * min(size, _LONGEST.get(first, 2))]


@lru_cache(maxsize=256)
def _reader(form: str) -> re.Pattern[str]:
    tokens = _tokens(form)
    parts: list[str] = []
    for place, (token, literal) in enumerate(tokens):
        following = tokens[place + 1][0] if place + 1 < len(tokens) else ""
        if literal == "." and following[:1] == "F":
            parts.append(r"\.?")  # the point of digits that may be missing
        else:
            parts.append(_pattern_of(token) if token else re.escape(literal))
    try:
        return re.compile(rf"\s*{''.join(parts)}\s*", re.ASCII | re.IGNORECASE)
    except re.error as error:
        raise EvaluationFailed(
            f"The date format {form!r} names one part twice.", advice="Name each part once."
        ) from error


def read_formatted(text: str, form: str) -> Moment:
    """Return the moment that a text names in a format.

    White space around it is allowed. Raises ``EvaluationFailed`` where it does not fit.
    """
    found = _reader(form).fullmatch(text) if len(text) <= dates.LONGEST_DATE else None
    if found is not None:
        try:
            return _moment(found.groupdict())
        except (ValueError, OverflowError):
            pass
    raise EvaluationFailed(
        f"{text[:60]!r} is no date in the format {form!r}.",
        advice="Correct the value, or the input format.",
    )


def _moment(parts: Mapping[str, str | None]) -> Moment:
    zone = parts.get("z")
    if zone is not None and len(zone) == 2:
        zone = f"{zone[0]}0{zone[1]}"
    half = parts.get("t")
    hour = int(parts.get("H") or parts.get("h") or 0)
    if half is not None:
        hour = dates.of_half(hour, half)
    word = parts.get("word")
    read = dt.datetime(
        _year(parts.get("y")),
        dates.month_of(word) if word else int(parts.get("M") or 1),
        int(parts.get("d") or 1),
        hour,
        int(parts.get("m") or 0),
        int(parts.get("s") or 0),
        int((parts.get("f") or "0").ljust(6, "0")[:6]),
        tzinfo=dt.UTC,
    )
    return dates.placed(read, zone)


def _year(digits: str | None) -> int:
    """Return a year; one of two digits lies between 1950 and 2049, as in .NET."""
    if digits is None:
        return 1
    year = int(digits)
    if len(digits) > 2:
        return year
    return year + (2000 if year <= 49 else 1900)
