"""Bring together what is asked for at the same time, so that it leaves in one message.

Beside the last station of the walk. It knows nothing of HTTP: what a message is, and what
became of each part of it, is its ``carry``. How many go together is found by measuring, like
a connection finds its rate: twice as many as long as a message takes less than a second, so
that stopping stays quick, and half as many where one was lost or refused as too large.
"""

import asyncio
import contextvars
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Generic, TypeVar

from seatkeeper.errors import ConnectorError

T = TypeVar("T")
R = TypeVar("R")

MOST: Final = 50
"""Parts of one message, whatever the app would take: a lost one leaves as many in doubt."""

UNDER_WAY: Final = 2
"""Messages under way: one is made or read while the app works at the other."""

LONGEST: Final = 1.0
"""Seconds that a message shall take at most; no batch of the engine begins anything later."""

_FIRST: Final = 10
_QUIET: Final = 5
"""Turns of the event loop without anybody new after which a message leaves as it is."""


@dataclass(eq=False, slots=True)
class _Waiting(Generic[T, R]):
    what: T
    size: int
    answer: "asyncio.Future[R]"
    context: contextvars.Context


Carry = Callable[[Sequence[T]], Awaitable[Sequence[R | ConnectorError]]]
"""Carries out a message; says of each part what came of it. What it raises is said of all."""


class Gathering(Generic[T, R]):
    """Parts that wait for a message to leave with. All of one event loop."""

    def __init__(self, carry: Carry[T, R], *, most: int = MOST, most_bytes: int = 1 << 20) -> None:
        """``most_bytes``: of the parts of one message together."""
        self._carry = carry
        self._most = max(1, min(most, MOST))
        self._bytes = most_bytes
        self.size = min(_FIRST, self._most)
        self._waiting: deque[_Waiting[T, R]] = deque()
        self._under_way: set[asyncio.Task[None]] = set()
        self._looking = False

    @property
    def at_once(self) -> int:
        """How many parts can be under way at present."""
        return UNDER_WAY * self.size

    async def ask(self, what: T, size: int = 0) -> R:
        """Let ``what``, of so many bytes, leave with others; return what came of it.

        Raises the ``ConnectorError`` that came instead. One and the same error
        of several parts is one failure of one message.
        """
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(what, size, answer, contextvars.copy_context()))
        self._look()
        return await answer

    def took(self, count: int, seconds: float) -> None:
        """Learn from a message of so many parts that was answered after so many seconds."""
        if seconds > LONGEST:
            self.size = max(min(2, self._most), min(self.size, int(count * LONGEST / seconds)))
        elif count >= self.size:
            self.size = min(self._most, 2 * self.size)

    def lost(self, count: int) -> None:
        """Learn that a message of so many parts was lost or refused: half as many go together."""
        self.size = max(min(2, self._most), min(self.size, count // 2))

    def takes_less_than(self, count: int) -> None:
        """Learn that so many parts are too many for the app, whatever the time."""
        self._most = max(1, count // 2)
        self.size = min(self.size, self._most)

    def turn_away(self, error: ConnectorError) -> None:
        """Let nothing leave that waits now: it would meet the same."""
        while self._waiting:
            one = self._waiting.popleft()
            if not one.answer.done():
                one.answer.set_exception(error)

    def _look(self) -> None:
        if not self._looking:
            self._looking = True
            asyncio.get_running_loop().call_soon(self._watch, 0, 0)

    def _watch(self, seen: int, quiet: int) -> None:
        """Wait until a message is full or nobody new comes, then let it leave."""
        count = len(self._waiting)
        quiet = quiet + 1 if count == seen else 0
        if 0 < count < self.size and quiet < _QUIET:
            asyncio.get_running_loop().call_soon(self._watch, count, quiet)
            return
        self._looking = False
        if len(self._under_way) < UNDER_WAY and (batch := self._taken()):
            self._leave(batch)
            self._look()

    def _taken(self) -> list[_Waiting[T, R]]:
        batch: list[_Waiting[T, R]] = []
        room = self._bytes
        while self._waiting and len(batch) < self.size:
            one = self._waiting[0]
            if one.answer.done():  # whoever asked has gone
                self._waiting.popleft()
                continue
            if batch and one.size > room:
                break
            room -= one.size
            batch.append(self._waiting.popleft())
        return batch

    def _leave(self, batch: Sequence[_Waiting[T, R]]) -> None:
        # Asked first (``ports.permit``) is who asked, not who happened to make room.
        task = asyncio.get_running_loop().create_task(self._go(batch), context=batch[0].context)
        self._under_way.add(task)
        for one in batch:
            one.answer.add_done_callback(partial(_give_up, task, batch))

    async def _go(self, batch: Sequence[_Waiting[T, R]]) -> None:
        came: Sequence[R | Exception]
        try:
            came = await self._carry([one.what for one in batch])
        except asyncio.CancelledError:
            for one in batch:
                one.answer.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - whoever asked is told, whatever it is
            came = [error] * len(batch)
        finally:
            self._under_way -= {asyncio.current_task()}
            self._look()
        for one, what in zip(batch, came, strict=True):
            if one.answer.done():
                continue
            if isinstance(what, Exception):
                one.answer.set_exception(what)
            else:
                one.answer.set_result(what)


def _give_up(
    task: "asyncio.Task[None]", batch: Sequence[_Waiting[T, R]], _: "asyncio.Future[R]"
) -> None:
    """Break a message off once nobody waits for any of it any more."""
    if all(one.answer.cancelled() for one in batch):
        task.cancel()
