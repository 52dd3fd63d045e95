"""Forget what is older than it has to be kept, a little at a time.

    [source change -> scope -> map -> match -> plan -> export -> log]

Shell, beside the cycles: short transactions one after the other, so that no
cycle waits long for one, and at most so many at once. Where it stands is only in
memory: a start begins again at the oldest, which costs reading and removes
nothing that should stay.
"""

import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from seatkeeper.ports import Ledger
from seatkeeper.provisioning.history import IDLE_DAYS, Retention

AT_ONCE: Final = 30
"""Transactions of one look; the next look goes on."""


@dataclass
class Forgetting:
    """Where it stands in the log, in the change feed and in each app's cycles."""

    ledger: Ledger
    apps: Callable[[], Awaitable[Sequence[str]]]
    keeps: Retention
    _log: int = 0
    _changes: int = 0
    _cycles: dict[str, int] = field(default_factory=dict)

    async def look(self, now: dt.datetime, *, most: int = AT_ONCE) -> int:
        """Remove what is old, in at most so many transactions; return how many rows went.

        Cycles go before the log that is about them.
        """
        removed = 0
        for _ in range(most):
            count, done = await self._one(now)
            removed += count
            if done:
                break
        return removed

    async def _one(self, now: dt.datetime) -> tuple[int, bool]:
        old = now - dt.timedelta(days=self.keeps.cycles)
        idle = max(old, now - dt.timedelta(days=IDLE_DAYS))
        for app_id in await self.apps():
            after = self._cycles.get(app_id, 0)
            if after == _DONE:
                continue
            count, more = await self.ledger.forget_cycles(app_id, old, idle, after=after)
            self._cycles[app_id] = _DONE if more is None else more
            return count, False
        if self._log != _DONE:
            before = now - dt.timedelta(days=self.keeps.log)
            count, more = await self.ledger.forget_log(before, after=self._log)
            self._log = _DONE if more is None else more
            return count, False
        if self._changes != _DONE:
            before = now - dt.timedelta(days=self.keeps.changes)
            count, more = await self.ledger.forget_changes(before, after=self._changes)
            self._changes = _DONE if more is None else more
            return count, False
        before = now - dt.timedelta(days=self.keeps.messages)
        count = await self.ledger.forget_messages(before, now)
        if count == 0:
            self._log, self._changes, self._cycles = 0, 0, {}
        return count, count == 0


_DONE: Final = -1
"""In the place of a position: there is nothing more in this round."""
