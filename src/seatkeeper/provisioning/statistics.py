"""What a cycle's requests were like: how many of which kind, how slow, how late a change arrived.

Beside the walk, and pure. Counts of records are ``cycle.Counters``; these are
counts of requests and of time. Times fall into spans of growing length, so that
any number of them stays small and days can be added up.
"""

import datetime as dt
import heapq
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import msgspec

UP_TO: Final = (10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 15_000, 60_000, 600_000, 3_600_000)
"""The ends of the spans, in milliseconds; what is longer falls into one more."""

SLOWEST: Final = 5
"""So many of the slowest requests are kept by name."""


class Seen(Protocol):
    """What must be known of one request."""

    @property
    def method(self) -> str:
        """Its method."""

    @property
    def path(self) -> str:
        """Its path, without people's values."""

    @property
    def status(self) -> int | None:
        """The status of its answer; none where it was lost."""

    @property
    def milliseconds(self) -> int:
        """How long it took."""


class SlowRequest(msgspec.Struct, frozen=True, order=True):
    """One of the slowest requests; a status of 0 is an answer that was lost."""

    milliseconds: int
    method: str
    path: str
    status: int = 0


class Spread(msgspec.Struct, frozen=True):
    """How long things took: how many in each span of ``UP_TO``, and the longest.

    ``together`` is the sum of all in milliseconds; it is 0 in what an earlier release measured.
    """

    counts: tuple[int, ...] = ()
    longest: int = 0
    together: int = 0

    @property
    def number(self) -> int:
        """How many were measured."""
        return sum(self.counts)

    def plus(self, other: "Spread") -> "Spread":
        """Return both together."""
        size = len(UP_TO) + 1
        mine, theirs = _padded(self.counts, size), _padded(other.counts, size)
        counts = tuple(a + b for a, b in zip(mine, theirs, strict=True))
        return Spread(
            counts if any(counts) else (),
            max(self.longest, other.longest),
            self.together + other.together,
        )

    def within(self, share: float) -> int:
        """Return milliseconds within which this share of them was done: the end of its span."""
        wanted = share * self.number
        so_far = 0
        for end, count in zip(UP_TO, self.counts, strict=False):
            so_far += count
            if so_far >= wanted and so_far:
                return min(end, self.longest)
        return self.longest


class Statistics(msgspec.Struct, frozen=True, omit_defaults=True):
    """Requests by kind (``POST users``) and by answer (``2xx``), their times, the slowest; lags.

    ``lags`` are the times from a change of the directory to the app's answer, ``lanes`` how many
    requests were under way at once at the end (0: an earlier release did not say).
    """

    kinds: dict[str, int] = {}
    answers: dict[str, int] = {}
    times: Spread = Spread()
    slowest: tuple[SlowRequest, ...] = ()
    lags: Spread = Spread()
    lanes: int = 0

    def plus(self, other: "Statistics") -> "Statistics":
        """Return both together."""
        return Statistics(
            _sum(self.kinds, other.kinds),
            _sum(self.answers, other.answers),
            self.times.plus(other.times),
            _slowest((*self.slowest, *other.slowest)),
            self.lags.plus(other.lags),
            other.lanes or self.lanes,
        )

    def to_plain(self) -> dict[str, object]:
        """Return them as plain data; ``statistics_of`` reads them back."""
        plain: dict[str, object] = msgspec.to_builtins(self)
        return plain


def statistics_of(plain: Mapping[str, object]) -> Statistics:
    """Read statistics back; what a later release added is left out."""
    return msgspec.convert(dict(plain), Statistics)


@dataclass
class Tally:
    """Counts while a cycle runs, on top of what it had counted before an interruption."""

    before: Statistics = field(default_factory=Statistics)
    lanes: int = 0
    _kinds: Counter[str] = field(default_factory=Counter)
    _answers: Counter[str] = field(default_factory=Counter)
    _times: list[int] = field(default_factory=lambda: [0] * (len(UP_TO) + 1))
    _lags: list[int] = field(default_factory=lambda: [0] * (len(UP_TO) + 1))
    _longest: int = 0
    _latest: int = 0
    _took: int = 0
    _slow: tuple[SlowRequest, ...] = ()

    def asked(self, exchanges: Iterable[Seen]) -> None:
        """Count these requests."""
        for one in exchanges:
            took = one.milliseconds
            self._kinds[_kind(one.method, one.path)] += 1
            self._answers[_answer(one.status)] += 1
            self._times[_span(took)] += 1
            self._longest = max(self._longest, took)
            self._took += took
            if len(self._slow) < SLOWEST or took >= self._slow[-1].milliseconds:
                slow = SlowRequest(took, one.method, one.path, one.status or 0)
                self._slow = _slowest((*self._slow, slow))

    def arrived(self, since: dt.datetime, now: dt.datetime) -> None:
        """Count that a change made at ``since`` is in the app."""
        took = max(0, round((now - since).total_seconds() * 1000))
        self._lags[_span(took)] += 1
        self._latest = max(self._latest, took)

    def so_far(self) -> Statistics:
        """Return all that was counted."""
        mine = Statistics(
            dict(self._kinds),
            dict(self._answers),
            _spread(self._times, self._longest, self._took),
            self._slow,
            _spread(self._lags, self._latest),
            self.lanes,
        )
        return self.before.plus(mine)


def _kind(method: str, path: str) -> str:
    about = "users" if path.startswith("/Users") else "groups" if path.startswith("/Groups") else ""
    return f"{method} {about}".strip()


def _answer(status: int | None) -> str:
    if status is None:
        return "lost"
    return "429" if status == 429 else f"{status // 100}xx"


def _span(milliseconds: int) -> int:
    return next((at for at, end in enumerate(UP_TO) if milliseconds <= end), len(UP_TO))


def _spread(counts: Sequence[int], longest: int, together: int = 0) -> Spread:
    return Spread(tuple(counts), longest, together) if any(counts) else Spread()


def _padded(counts: Sequence[int], size: int) -> tuple[int, ...]:
    return (*counts, *([0] * (size - len(counts))))


def _sum(mine: Mapping[str, int], theirs: Mapping[str, int]) -> dict[str, int]:
    return dict(Counter(mine) + Counter(theirs))


def _slowest(found: Iterable[SlowRequest]) -> tuple[SlowRequest, ...]:
    return tuple(heapq.nlargest(SLOWEST, found))
