"""When the next request to an app may leave: so many per second, and no more.

Beside the last station of the walk. The pace is the app's own limit from its
gallery file; what to do when an app says "too many" is the engine's decision.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable


class Pace:
    """A bucket of tokens that refills evenly; a request takes one and may have to wait.

    Up to one second's worth may leave at once after a pause. Those who wait
    are served in the order in which they came.
    """

    def __init__(
        self,
        per_second: float,
        *,
        now: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._interval = 1.0 / per_second
        self._burst = max(0.0, 1.0 - self._interval)
        self._now = now
        self._pause = pause
        self._next = now() - self._burst

    async def turn(self) -> None:
        """Return when a request may leave."""
        now = self._now()
        mine = max(self._next, now - self._burst)
        self._next = mine + self._interval
        if mine > now:
            await self._pause(mine - now)
