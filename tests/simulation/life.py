"""One life of the engine after another: a process that may end between any two of its calls."""

import asyncio
import contextlib
import random
from dataclasses import dataclass, field
from typing import Any

WRITES = frozenset({"write", "create", "update", "change_members", "delete"})
"""Calls around which a death hurts most: an intent just written, an answer just come."""


HALF_DONE = frozenset({"create", "change_members"})
"""Calls after which the app has something that nobody wrote down."""


class Killed(BaseException):
    """What ``kill -9`` does: nothing catches it, and nothing runs after it."""


@dataclass
class Life:
    """Counts the calls that leave the engine, and ends at number ``ends_at`` of those it minds.

    ``minded``: the names of calls that count; none: every call does.
    """

    ends_at: int | None = None
    minded: frozenset[str] = frozenset()
    after: bool = False
    calls: int = 0
    dead: bool = False
    died_at: str = ""
    doors: list[Any] = field(default_factory=list)

    @classmethod
    def drawn(cls, chance: random.Random) -> "Life":
        """Draw a life: most end of themselves, some in the middle, some of those at a write."""
        if chance.random() >= 0.35:
            return cls()
        minded = chance.choice((WRITES, WRITES, HALF_DONE, frozenset[str]()))
        last = 3 if minded is HALF_DONE else 12 if minded else 60
        return cls(chance.randint(1, last), minded, chance.random() < 0.5)

    def over(self, door: Any) -> Any:
        """Return ``door`` as this life sees it."""
        return _Door(door, self)

    async def call(self, name: str, method: Any, *args: Any, **named: Any) -> Any:
        """Make one call unless death comes before it; an answer may come to nobody."""
        if self.dead:
            raise Killed
        minded = not self.minded or name in self.minded
        self.calls += minded
        last = minded and self.calls == self.ends_at
        if last and not self.after:
            self._die(name)
        result = await method(*args, **named)
        if last:
            self._die(name)
        if self.dead:
            raise Killed
        return result

    def _die(self, name: str) -> None:
        self.dead = True
        self.died_at = f"{'after' if self.after else 'before'} {name}"
        raise Killed

    async def lived(self, work: Any) -> Any:
        """Do the work; return what came of it, or none where death came first."""
        before = asyncio.all_tasks()
        result = None
        with contextlib.suppress(Killed):
            result = await work
        if self.dead:  # what was on its way arrives, and its answer reaches nobody
            left = {one for one in asyncio.all_tasks() - before if "_later" not in repr(one)}
            await asyncio.gather(*left, return_exceptions=True)
        return result


class _Door:
    def __init__(self, door: Any, life: Life) -> None:
        self._door, self._life = door, life

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._door, name)
        if name == "capabilities":
            return found

        async def call(*args: Any, **named: Any) -> Any:
            return await self._life.call(name, found, *args, **named)

        return call
