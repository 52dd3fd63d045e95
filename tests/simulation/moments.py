"""Time that passes only when everybody waits: a loop whose clock jumps to the next thing due.

Nothing here sleeps. An hour of waiting costs what an instant costs, and two runs of one seed
see the same moments.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Standstill(AssertionError):
    """Everybody waits for somebody else; in real life this would hang for ever."""


class _NoWaiting(selectors.DefaultSelector):
    """Passes virtual time where another selector would wait for real."""

    def __init__(self) -> None:
        super().__init__()
        self.moment = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Standstill("nobody can go on")
        self.moment += max(timeout, 0.0)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time, from moment 0.0; no sockets, no threads."""

    def __init__(self) -> None:
        self._moments = _NoWaiting()
        super().__init__(self._moments)

    def time(self) -> float:
        """Return the virtual moment in seconds."""
        return self._moments.moment


def run_virtually(main: Coroutine[Any, Any, T]) -> T:
    """Run to the end in virtual time; tasks left over are dropped as a dead process drops them."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(main)
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.close()
