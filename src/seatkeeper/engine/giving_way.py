"""Let a cycle of many records stand aside while one of few is at work in the same process.

    source change -> [scope -> map -> match -> plan -> export] -> log

Shell around ``provisioning.giving_way``: it knows which apps are worked for now, and holds a large
cycle between two pages and before its requests. Nothing of a cycle is changed by it but when.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from seatkeeper.provisioning.cycle import CycleKind
from seatkeeper.provisioning.giving_way import LONGEST, Patience, is_awaited


class GivingWay:
    """What the cycles of one process know of one another: for whom somebody waits now.

    None stands aside for longer than ``longest`` seconds at a stretch.
    """

    def __init__(self, uptime: Callable[[], float], *, longest: float = LONGEST) -> None:
        self.uptime, self.longest = uptime, longest
        self._awaited: set[str] = set()
        self._clear = asyncio.Event()
        self._clear.set()

    @contextmanager
    def awaited(self, name: str) -> Iterator[None]:
        """Have large cycles stand aside while this lasts, or until ``no_longer`` is said.

        ``name`` is an app whose cycle begins: how large it is nobody knows yet.
        """
        self._awaited.add(name)
        self._clear.clear()
        try:
            yield
        finally:
            self.no_longer(name)

    def no_longer(self, name: str) -> None:
        """Know that nobody waits for this one, or that it is large itself."""
        self._awaited.discard(name)
        if not self._awaited:
            self._clear.set()

    @property
    def is_clear(self) -> bool:
        """Whether nobody is awaited now."""
        return not self._awaited

    def is_awaited(self, name: str) -> bool:
        """Whether others stand aside for this one."""
        return name in self._awaited

    async def clear(self, seconds: float) -> None:
        """Return when nobody waits any more, or after so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._clear.wait()
        except TimeoutError:
            pass


@dataclass
class Turn:
    """The part of one cycle in giving way: what it has looked at, and how patient it still is."""

    way: GivingWay
    app_id: str
    kind: CycleKind
    _records: int = 0
    patience: Patience = field(init=False)
    _standing: int = 0

    def __post_init__(self) -> None:
        self.patience = Patience(self.way.uptime(), self.way.longest, self.way.longest)
        self.looks_at(0)

    @property
    def stands(self) -> bool:
        """Whether any task of the cycle stands aside now."""
        return bool(self._standing)

    def looks_at(self, records: int) -> None:
        """Count so many more records; too many, and others no longer stand aside for this cycle."""
        self._records += records
        if not is_awaited(self.kind, self._records):
            self.way.no_longer(self.app_id)

    async def give_way(self) -> None:
        """Stand aside while another cycle is awaited, and for no longer than patience lasts.

        Several tasks of one cycle may stand aside at once; the time counts once.
        """
        if self.way.is_clear or self.way.is_awaited(self.app_id):
            return
        now = self.way.uptime()
        passed = self.patience.stood_aside if self._standing else self.patience.worked
        self.patience = passed(now)
        if not self.patience.left:
            return
        self._standing += 1
        try:
            await self.way.clear(self.patience.left)
        finally:
            self._standing -= 1
            self.patience = self.patience.stood_aside(self.way.uptime())
