"""Doors to the ledger and the app through which a death can be planted at any call."""

from typing import Any


class Killed(BaseException):
    """What ``kill -9`` does: nothing catches it, and nothing runs after it."""


class Death:
    """Counts the calls that leave the engine, and ends its life at number ``at``."""

    def __init__(self, at: int, *, after: bool) -> None:
        self.at, self.after, self.calls, self.dead = at, after, 0, False

    def over(self, door: Any) -> Any:
        """Return ``door`` with this death on every call."""
        return _Mortal(door, self)

    async def call(self, method: Any, *args: Any, **named: Any) -> Any:
        """Make one call unless death comes before it, or is there already."""
        if self.dead:
            raise Killed
        self.calls += 1
        mine = self.calls == self.at
        if mine and not self.after:
            self.dead = True
            raise Killed
        result = await method(*args, **named)
        if mine:
            self.dead = True
        if self.dead:  # the answer came to nobody
            raise Killed
        return result


class _Mortal:
    def __init__(self, door: Any, death: Death) -> None:
        self._door, self._death = door, death

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._door, name)
        if name in {"capabilities", "bulk"}:
            return found

        async def call(*args: Any, **named: Any) -> Any:
            return await self._death.call(found, *args, **named)

        return call
