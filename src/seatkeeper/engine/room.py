"""Let in only as many at a time as there is room for, where that number changes.

Beside the walk. Shell: a semaphore whose size is asked each time; first come, first in.
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

    @property
    def crowded(self) -> bool:
        """Whether somebody waits to come in."""
        return bool(self._waiting)

    async def __aenter__(self) -> None:
        """Come in as soon as there is room, behind those who waited longer."""
        if not self._waiting and self._inside < self._most():
            self._inside += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._waiting.remove(turn)
            else:
                self._leave()  # whose turn it was passes it on
            raise

    async def __aexit__(self, *_: object) -> None:
        """Go, and make room."""
        self._leave()

    def _leave(self) -> None:
        self._inside -= 1
        while self._waiting and self._inside < self._most():
            turn = self._waiting.popleft()
            if turn.done():
                continue
            self._inside += 1
            turn.set_result(None)
