"""How many requests an app takes in which time, and when it takes the next one.

Before the walk: the windows are facts of a gallery file. The meter is pure:
whoever asks brings the moment, so the service provider, the connector and a
test with a hand-set clock count alike.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec

RequestClass = Literal["all", "reads", "writes", "GET", "POST", "PUT", "PATCH", "DELETE"]
_ROUNDING: Final = 1e-6
"""Seconds that sums of fractions may be off; less is no wait."""
_READS: Final = ("GET", "HEAD", "OPTIONS")
_SPANS: Final = {1.0: "a second", 60.0: "a minute", 3_600.0: "an hour", 86_400.0: "a day"}


class RateWindow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At most ``count`` requests of one class in any ``seconds``.

    With a ``burst`` it is a bucket instead: so many may come at once, and
    ``count`` per ``seconds`` flow back evenly. ``resources`` narrows the window
    to users or groups; requests about neither (schemas and the like) are reads.
    """

    requests: RequestClass
    count: int
    seconds: float
    burst: int | None = None
    resources: Literal["all", "users", "groups"] = "all"

    def covers(self, method: str, kind: str) -> bool:
        """Say whether a request with this method about this kind (or none) is counted."""
        if self.resources != "all" and self.resources != f"{kind.lower()}s":
            return False
        match self.requests:
            case "all":
                return True
            case "reads":
                return method in _READS
            case "writes":
                return method not in _READS
            case _:
                return method == self.requests

    def __str__(self) -> str:
        burst = "" if self.burst is None else f", {self.burst} at once"
        return f"{self.count:,} {self._about} in {self.seconds:g} s{burst}"

    @property
    def words(self) -> str:
        """The limit as people say it: ``180 writes a minute``, ``2.9 requests a second``."""
        if self.seconds in _SPANS:
            return f"{self.count:,} {self._about} {_SPANS[self.seconds]}"
        if self.burst is not None:
            return f"{self.count / self.seconds:.3g} {self._about} a second"
        return f"{self.count:,} {self._about} in {self.seconds:g} s"

    @property
    def _about(self) -> str:
        about = {"reads": "reads", "writes": "writes", "all": "requests"}.get(
            self.requests, f"{self.requests} requests"
        )
        return about if self.resources == "all" else f"{about} of {self.resources}"


def limits_of(per_second: float, windows: Iterable[RateWindow] = ()) -> tuple[RateWindow, ...]:
    """Return all limits of an app: the pace at which it is asked in general, and its own windows.

    Whoever paces requests and whoever forecasts them begin with this list.
    """
    return (evenly(per_second), *windows)


def evenly(per_second: float) -> RateWindow:
    """Return a general pace as a limit: evenly, after a pause one second's worth at once."""
    if per_second >= 1:
        count = max(1, round(per_second))
        return RateWindow("all", count, count / per_second, burst=count)
    return RateWindow("all", 1, 1 / per_second, burst=1)


def window_faults(windows: Iterable[RateWindow]) -> list[str]:
    """Return what is wrong with the windows of a gallery file, as sentences."""
    faults = []
    for at, one in enumerate(windows):
        if one.count < 1:
            faults.append(f"rates[{at}]: count is {one.count}; it must be 1 at least")
        if not 0 < one.seconds <= 86_400:
            faults.append(f"rates[{at}]: seconds must be above 0 and at most 86400")
        if one.burst is not None and one.burst < 1:
            faults.append(f"rates[{at}]: burst is {one.burst}; it must be 1 at least")
    return faults


class _Window:
    """What one window has counted; moments are seconds of any clock that never runs back."""

    def __init__(self, rule: RateWindow) -> None:
        self.rule = rule
        self._taken: deque[float] = deque()

    def free_at(self, now: float, share: float) -> float:
        """Return the moment from which one more fits; ``now`` or earlier if it fits already."""
        while self._taken and self._taken[0] + self.rule.seconds <= now:
            self._taken.popleft()
        most = max(1, int(self.rule.count * share))
        if len(self._taken) < most:
            return now
        return self._taken[len(self._taken) - most] + self.rule.seconds

    def take(self, now: float, share: float) -> None:
        """Count one."""
        self._taken.append(now)

    def drain(self, now: float) -> None:
        """Know nothing more: what others took is not told, and the share says the rest."""


class _Bucket:
    """A bucket, kept as the moment at which it is full again."""

    def __init__(self, rule: RateWindow, burst: int) -> None:
        self.rule = rule
        self._interval = rule.seconds / rule.count
        self._room = self._interval * (burst - 1)
        self._full_at = float("-inf")

    def free_at(self, now: float, share: float) -> float:
        """Return the moment from which one more fits."""
        return max(now, self._full_at - self._room)

    def take(self, now: float, share: float) -> None:
        """Count one; with a smaller share it takes longer to flow back."""
        self._full_at = max(now, self._full_at) + self._interval / share

    def drain(self, now: float) -> None:
        """Be empty: the app has just said that it is."""
        self._full_at = max(self._full_at, now + self._room + self._interval)


class Meter:
    """Counts requests against all windows of one app. Callers keep threads apart."""

    def __init__(self, windows: Sequence[RateWindow]) -> None:
        self._counts = [
            _Window(one) if one.burst is None else _Bucket(one, one.burst) for one in windows
        ]

    def admit(
        self, method: str, kind: str, now: float, shares: Sequence[float] | None = None
    ) -> tuple[float, RateWindow] | None:
        """Count a request and return none; or count nothing, and say when and why.

        The answer to a refused request is the moment at which it fits, and the
        window that holds it back longest. ``shares`` of the windows are in use, else all of each.
        """
        used = shares or [1.0] * len(self._counts)
        counting = [
            (one, share)
            for one, share in zip(self._counts, used, strict=True)
            if one.rule.covers(method, kind)
        ]
        waits = [
            (free, one.rule)
            for one, share in counting
            if (free := one.free_at(now, share)) > now + _ROUNDING
        ]
        if waits:
            return max(waits, key=lambda wait: wait[0])
        for one, share in counting:
            one.take(now, share)
        return None

    def drain(self, number: int, now: float) -> None:
        """Take the window of that number for used up now."""
        self._counts[number].drain(now)
