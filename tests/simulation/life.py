"""One life of the engine after another: a process that may end between any two of its calls."""

import asyncio
import contextlib
import random
import weakref
from collections.abc import Coroutine
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

WRITES = frozenset({"write", "create", "update", "change_members", "delete"})
"""Calls around which a death hurts most: an intent just written, an answer just come."""


HALF_DONE = frozenset({"create", "change_members"})
"""Calls after which the app has something that nobody wrote down."""


_LIVING: ContextVar["Life | None"] = ContextVar("whose life it is", default=None)


class Killed(BaseException):
    """What ``kill -9`` does: nothing catches it, and nothing runs after it."""


@dataclass
class Life:
    """Counts the calls that leave the engine, and ends at number ``ends_at`` of those it minds.

    ``minded``: the names of calls that count; none: every call does.
    At call number ``stops_at`` it is stopped for ``stopped`` seconds, and goes on.
    """

    ends_at: int | None = None
    minded: frozenset[str] = frozenset()
    after: bool = False
    calls: int = 0
    dead: bool = False
    died_at: str = ""
    stops_at: int | None = None
    stops_by: frozenset[str] = frozenset()
    stopped: float = 0.0
    wakes: float = 0.0
    made: int = 0
    tasks: "weakref.WeakSet[asyncio.Task[Any]]" = field(default_factory=weakref.WeakSet)

    @classmethod
    def drawn(cls, chance: random.Random) -> "Life":
        """Draw a life: most end of themselves, some in the middle, some of those at a write."""
        if chance.random() >= 0.35:
            return cls()
        minded = chance.choice((WRITES, WRITES, HALF_DONE, frozenset[str]()))
        last = 3 if minded is HALF_DONE else 12 if minded else 60
        return cls(chance.randint(1, last), minded, chance.random() < 0.5)

    def is_held_up(self, chance: random.Random) -> None:
        """Draw a moment at which it is stopped, often for longer than a lease lasts.

        Mostly while a write is on its way, which then goes on without it.
        """
        self.stops_by = chance.choice((WRITES, WRITES, frozenset[str]()))
        self.stops_at = chance.randint(1, 12 if self.stops_by else 50)
        self.stopped = chance.choice((5.0, 40.0, 120.0))

    def over(self, door: Any) -> Any:
        """Return ``door`` as this life sees it."""
        return _Door(door, self)

    async def call(self, name: str, method: Any, *args: Any, **named: Any) -> Any:
        """Make one call unless death comes before it; an answer may come to nobody."""
        await self._awake()
        if self.dead:
            raise Killed
        by = not self.stops_by or name in self.stops_by
        self.made += by
        minded = not self.minded or name in self.minded
        self.calls += minded
        last = minded and self.calls == self.ends_at
        if last and not self.after:
            self._die(name)
        if by and self.made == self.stops_at:
            self.wakes = asyncio.get_running_loop().time() + self.stopped
            if self.after:  # otherwise it is stopped while its call is on its way
                await self._awake()
        result = await method(*args, **named)
        await self._awake()
        if last:
            self._die(name)
        if self.dead:
            raise Killed
        return result

    async def _awake(self) -> None:
        """Return once it is not stopped any more: until then nothing of it goes on."""
        loop = asyncio.get_running_loop()
        while loop.time() < self.wakes:  # noqa: ASYNC110 - virtual time
            await asyncio.sleep(self.wakes - loop.time())

    def _die(self, name: str) -> None:
        self.dead = True
        self.died_at = f"{'after' if self.after else 'before'} {name}"
        raise Killed

    async def lived(self, work: Any) -> Any:
        """Do the work; return what came of it, or none where death came first."""
        asyncio.get_running_loop().set_task_factory(_noted)  # type: ignore[arg-type]  # as 3.11 calls it
        mark = _LIVING.set(self)
        result = None
        try:
            with contextlib.suppress(Killed):
                result = await work
        finally:
            _LIVING.reset(mark)
        if self.dead:  # what was on its way arrives, and its answer reaches nobody
            left = [one for one in self.tasks if not one.done() and "_later" not in repr(one)]
            await asyncio.gather(*left, return_exceptions=True)
        return result


def _noted(
    loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], **named: Any
) -> "asyncio.Task[Any]":
    """Make a task and note whose it is, so that it is known what dies with whom."""
    task: asyncio.Task[Any] = asyncio.Task(work, loop=loop, **named)
    living = _LIVING.get()
    if living is not None:
        living.tasks.add(task)
    return task


class _Door:
    def __init__(self, door: Any, life: Life) -> None:
        self._door, self._life = door, life

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._door, name)
        if name in {"capabilities", "bulk"}:
            return found

        async def call(*args: Any, **named: Any) -> Any:
            return await self._life.call(name, found, *args, **named)

        return call
