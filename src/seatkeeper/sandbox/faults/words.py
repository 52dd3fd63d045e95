"""The kinds of fault by name: what each takes, and what it becomes.

Beside the walk, and pure. ``grammar`` finds the words; this knows them.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from seatkeeper.sandbox.faults.model import (
    Between,
    Close,
    Drop,
    Duplicate,
    ExpireToken,
    FoldCase,
    HtmlPage,
    Kind,
    LogNormal,
    Lose,
    Mistype,
    NoRights,
    Refuse,
    RetryAfter,
    Stale,
    Truncate,
    Wait,
)

WINDOW_OPTIONS: Final = ("after", "for", "times")
_LONGEST: Final = 600.0
_LATEST_RETRY: Final = 400 * 86_400
_TIME: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(ms|s|m)")
_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0}
_NAME: Final = re.compile(r"\$?[A-Za-z][A-Za-z0-9_-]*")
_TYPE: Final = re.compile(r"[a-z]+/[a-z0-9.+-]+")


class Flawed(Exception):
    """One word that a kind of fault cannot use; the message says why."""

    def __init__(self, word: str, message: str) -> None:
        super().__init__(message)
        self.word = word


@dataclass(frozen=True, slots=True)
class Given:
    """What stood behind a fault's name: plain words, and options by name."""

    name: str
    plain: tuple[str, ...]
    named: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class KindOfFault:
    """One kind: its options with what they mean, and how it is made."""

    make: Callable[[Given], Kind]
    options: Mapping[str, str] = field(default_factory=dict)


def seconds(text: str, *, longest: float = _LONGEST) -> float:
    """Return a duration such as ``50ms``, ``3s`` or ``2m`` in seconds."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise Flawed(text, f'"{text}" is no time. Write such as 50ms, 3s or 2m.')
    value = float(found[1]) * _UNITS[found[2]]
    if value > longest:
        raise Flawed(text, f'"{text}" is too long; the longest is {longest:.0f}s.')
    return value


def whole(given: Given, name: str, *, default: int) -> int:
    """Return a whole number that an option gives."""
    text = given.named.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise Flawed(text, f'{name}= takes a whole number, not "{text}".')
    return int(text)


def _no_words(given: Given) -> None:
    if given.plain:
        raise Flawed(given.plain[0], f'{given.name} takes no word "{given.plain[0]}".')


def _plainly(kind: Kind) -> Callable[[Given], Kind]:
    def make(given: Given) -> Kind:
        _no_words(given)
        return kind

    return make


def _refuse(given: Given) -> Kind:
    _no_words(given)
    if not re.fullmatch(r"[45][0-9][0-9]", given.name):
        raise Flawed(given.name, f"{given.name} is no error. Write a status from 400 to 599.")
    return Refuse(int(given.name), _retry_after(given.named.get("retry-after", "none")))


def _retry_after(text: str) -> RetryAfter | None:
    if text == "none":
        return None
    if text == "nonsense":
        return RetryAfter(None)
    as_date = text.startswith("date:")
    value = seconds(text.removeprefix("date:"), longest=_LATEST_RETRY)
    if value != int(value):
        raise Flawed(text, "Retry-After counts whole seconds, such as retry-after=3s.")
    return RetryAfter(int(value), as_date)


def _wait(given: Given) -> Kind:
    p50, p99 = given.named.get("p50"), given.named.get("p99")
    if p50 is not None or p99 is not None:
        if p50 is None or p99 is None or given.plain:
            raise Flawed(given.name, "latency takes p50= and p99= together, and no other time.")
        half, most = seconds(p50), seconds(p99)
        if not 0 < half <= most:
            raise Flawed(p99, "p99 is at least p50, and p50 is over 0.")
        return Wait(LogNormal(half, most))
    if len(given.plain) != 1:
        raise Flawed(
            given.name, "latency takes one time: 80ms, 50ms..400ms, or p50=40ms p99=900ms."
        )
    low, dots, high = given.plain[0].partition("..")
    try:
        first = seconds(low)
        last = seconds(high) if dots else first
    except Flawed as error:
        raise Flawed(given.plain[0], str(error)) from error
    if last < first:
        raise Flawed(given.plain[0], f"{given.plain[0]} ends before it begins.")
    return Wait(Between(first, last))


def _page(given: Given) -> Kind:
    _no_words(given)
    status = given.named.get("status", "200")
    if not re.fullmatch(r"[2-5][0-9][0-9]", status) or status in ("204", "205", "304"):
        raise Flawed(status, f"{status} is no status that a page can come with.")
    return HtmlPage(int(status))


def _mistype(given: Given) -> Kind:
    _no_words(given)
    content_type = given.named.get("type", "text/plain")
    if not _TYPE.fullmatch(content_type):
        raise Flawed(content_type, f'"{content_type}" is no content type, such as text/html.')
    return Mistype(content_type)


def _drop(given: Given) -> Kind:
    if len(given.plain) != 1:
        raise Flawed(given.name, "drops takes the name of one attribute, such as drops title.")
    text = given.plain[0]
    urn, _, last = text.rpartition(":")
    names = last.split(".")
    if len(names) > 2 or not all(_NAME.fullmatch(name) for name in names):
        raise Flawed(text, f'"{text}" is no attribute. Write title, name.givenName or urn:...:x.')
    return Drop((*((urn,) if urn else ()), *names))


def _stale(given: Given) -> Kind:
    _no_words(given)
    if ("writes" in given.named) == ("age" in given.named):
        raise Flawed(given.name, "stale takes either writes=3 or age=2s.")
    if "age" in given.named:
        return Stale(seconds=seconds(given.named["age"]))
    writes = whole(given, "writes", default=0)
    if not 1 <= writes <= 1_000:
        raise Flawed(given.named["writes"], "writes= is from 1 to 1000.")
    return Stale(writes=writes)


KINDS: Final[Mapping[str, KindOfFault]] = {
    "STATUS": KindOfFault(_refuse, {"retry-after": "3s, date:30s, none or nonsense"}),
    "latency": KindOfFault(_wait, {"p50": "half within", "p99": "99 % within"}),
    "lost": KindOfFault(_plainly(Lose())),
    "closed": KindOfFault(_plainly(Close())),
    "truncated": KindOfFault(_plainly(Truncate())),
    "wrong-type": KindOfFault(_mistype, {"type": "the content type"}),
    "html": KindOfFault(_page, {"status": "the status it comes with"}),
    "drops": KindOfFault(_drop),
    "folds-case": KindOfFault(_plainly(FoldCase())),
    "duplicates": KindOfFault(_plainly(Duplicate())),
    "stale": KindOfFault(_stale, {"writes": "how many writes", "age": "how long"}),
    "token-expired": KindOfFault(_plainly(ExpireToken())),
    "token-without-rights": KindOfFault(_plainly(NoRights())),
}
