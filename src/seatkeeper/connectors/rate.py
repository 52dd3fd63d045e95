"""When the next request to an app may leave: within its limits, and slower where it says so.

Beside the last station of the walk. The limits are the app's own from its
gallery file, or an administrator's word; which share of them is used is decided
by ``provisioning.rate``, each limit for itself: an app that takes few changes of
groups is not asked less about people for it. How long to wait after a refusal
is the engine's decision.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

from seatkeeper.gallery.rates import Meter, RateWindow, limits_of
from seatkeeper.provisioning.rate import Rate, rate_of


class Tempo:
    """All limits of one app, and what was learned about each.

    Beside the app's own windows there is the general pace: a bucket of one
    second's worth. A request counts against every limit that covers it.
    """

    def __init__(
        self,
        per_second: float,
        windows: Sequence[RateWindow] = (),
        *,
        learned: Mapping[str, object] | None = None,
        now: Callable[[], float] = time.monotonic,
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """``learned`` is what ``to_plain`` told earlier; ``clock`` is one that outlasts a start."""
        self._limits = limits_of(per_second, windows)
        self._meter = Meter(self._limits)
        kept = learned or {}
        self._rates = [rate_of(kept.get(str(one))) for one in self._limits]
        self._now = now
        self._clock = clock
        self._pause = pause

    async def turn(self, method: str, kind: str) -> None:
        """Return when a request with this method about this kind may leave; it is counted then."""
        while True:
            now = self._now()
            held = self._meter.admit(method, kind, now, [one.share for one in self._rates])
            if held is None:
                return
            await self._pause(held[0] - now)

    def answered(self, method: str, kind: str, status: int) -> None:
        """Learn from an answer: 429 slows down what covers the request, any other may raise it."""
        refused, at = status == 429, self._clock()
        for number, limit in enumerate(self._limits):
            if limit.covers(method, kind):
                rate = self._rates[number]
                self._rates[number] = rate.slowed(at) if refused else rate.eased(at)
                if refused:
                    self._meter.drain(number, self._now())

    def to_plain(self) -> dict[str, object]:
        """Return what was learned, by limit; empty where the app never refused."""
        return {
            str(limit): rate.to_plain()
            for limit, rate in zip(self._limits, self._rates, strict=True)
            if rate != Rate()
        }
