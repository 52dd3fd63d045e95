"""The gate before a service: whether a request is taken now, and how long an answer takes.

A door in, beside the walk. What may pass is ``gallery.rates``'s decision; here
are the clock, the lock between threads, and the words of a 429.
"""

import math
import threading
import time
from collections.abc import Callable, Sequence

from seatkeeper.gallery.rates import Meter, RateWindow
from seatkeeper.scim.messages import error_body
from seatkeeper.service_provider.wire import Answer


class Gate:
    """Counts the requests of one service. A test passes its own clock and pause."""

    def __init__(
        self,
        rates: Sequence[RateWindow] = (),
        latency: float = 0.0,
        *,
        now: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rates = rates
        self._meter = Meter(rates)
        self._latency = latency
        self._now = now
        self._pause = pause
        self._lock = threading.Lock()

    def refused(self, method: str, kind: str) -> Answer | None:
        """Return the 429 of a request that comes too early; otherwise count it and return none.

        A request that passes takes the service's time here. ``Retry-After`` is
        the moment of recovery in whole seconds, rounded up: then, one fits.
        """
        if not self._rates:
            self._passed()
            return None
        with self._lock:
            now = self._now()
            held = self._meter.admit(method, kind, now)
        if held is None:
            self._passed()
            return None
        free, rule = held
        wait = max(1, math.ceil(free - now))
        detail = f"This app takes {rule}. Try again in {wait} s."
        return Answer(429, error_body(429, detail), {"Retry-After": str(wait)})

    def _passed(self) -> None:
        """Take the time that the service takes for a request."""
        if self._latency:
            self._pause(self._latency)
