"""Answer requests that wait at the same time together: one thread, one transaction.

A door in, beside the walk. While a turn is being answered the next one gathers,
so that the busier the service, the more requests share what a transaction and
a change of threads cost. Nobody is told anything before the turn's transaction
has ended; if it cannot end, everybody in it is told so.
"""

import asyncio
import contextlib
import contextvars
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Final, Generic, TypeVar

T = TypeVar("T")

MOST: Final = 64
"""Requests in one turn, so that the last one does not wait for hundreds."""

Work = Callable[[], T]
Done = Callable[[T | BaseException], None]
"""Is told on the event loop what came of a request: what its work returned, or raised."""


class Turns(Generic[T]):
    """Turns of one kind, such as all that read. Used on one event loop.

    ``together`` makes one transaction of what is asked of the storage in a block.
    """

    def __init__(self, together: Callable[[], AbstractContextManager[None]], name: str) -> None:
        self._together = together
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._waiting: list[tuple[Work[T], Done[T]]] = []
        self._is_begun = False

    def wait(self, work: Work[T], done: Done[T]) -> None:
        """Let ``work`` be done in the next turn."""
        self._waiting.append((work, done))
        if not self._is_begun:
            self._is_begun = True
            # Whoever else has come by the end of this pass of the loop is in it, too.
            asyncio.get_running_loop().call_soon(self._begin)

    def behind(self, work: Callable[[], object]) -> None:
        """Do something in the same thread after the present turn, outside of any."""
        self._thread.submit(work)

    def close(self) -> None:
        """End the thread once what was begun is done."""
        self._thread.shutdown()

    def _begin(self) -> None:
        turn, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        self._thread.submit(self._run, asyncio.get_running_loop(), turn)

    def _run(
        self, loop: asyncio.AbstractEventLoop, turn: Sequence[tuple[Work[T], Done[T]]]
    ) -> None:
        outcomes: Sequence[T | BaseException]
        try:
            outcomes = self._answered([one for one, _ in turn])
        except BaseException as error:  # noqa: BLE001 - told to everybody in the turn
            outcomes = [error] * len(turn)
        with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits any more
            loop.call_soon_threadsafe(self._tell, [done for _, done in turn], outcomes)

    def _answered(self, turn: Sequence[Work[T]]) -> list[T | BaseException]:
        with self._together():
            return [_outcome(one) for one in turn]

    def _tell(self, turn: Sequence[Done[T]], outcomes: Sequence[T | BaseException]) -> None:
        if self._waiting:
            self._begin()
        else:
            self._is_begun = False
        for done, outcome in zip(turn, outcomes, strict=True):
            done(outcome)


def _outcome(work: Work[T]) -> T | BaseException:
    """Do one request's work; what it raises is its own, and the others go on."""
    try:
        return contextvars.Context().run(work)
    except BaseException as error:  # noqa: BLE001 - handed to who asked, as a future would
        return error
