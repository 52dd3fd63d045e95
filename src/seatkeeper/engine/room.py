"""Let in only as many at a time as there is room for, where that number changes.

Beside the walk. Shell: a semaphore whose size is asked each time.
"""

import asyncio
from collections import deque
from collections.abc import Callable


class Room:
    """Holds at most as many as ``most`` says at the moment at which one more comes in."""

    def __init__(self, most: Callable[[], int]) -> None:
        self._most = most
        self._inside = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        """Come in as soon as there is room."""
        while self._inside >= self._most():
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                self._call()  # whose turn it was passes it on
                raise
        self._inside += 1

    async def __aexit__(self, *_: object) -> None:
        """Go, and make room."""
        self._inside -= 1
        self._call()

    def _call(self) -> None:
        free = self._most() - self._inside
        while self._waiting and free > 0:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                free -= 1
