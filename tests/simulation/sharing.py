"""Two engines that share one app: leases by the simulation's clock, and a store that minds them.

The engine's own side of it (``engine.holding``) is the real one. What PostgreSQL does in
``store.leases`` is one instant here.
"""

import asyncio
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection
from tests.simulation.life import Life

from seatkeeper.errors import LeaseLost
from seatkeeper.ports.leases import MARGIN, Lease
from seatkeeper.store.database import Database

T = TypeVar("T")

LEASE = 10.0
REQUEST = 30.0


@dataclass
class SharedApp:
    """Whose the app is: the row that all engines see."""

    clock: Callable[[], float]
    fence: int = 0
    until: float | None = None

    def holds(self, lease: Lease) -> bool:
        """Whether a lease is the newest one and has not ended."""
        return lease.fence == self.fence and self.until is not None and self.clock() < self.until


@dataclass
class LeasesOfOne:
    """The leases as one engine sees them; implements ``ports.Leases``."""

    app: SharedApp
    life: Life
    seconds: float = LEASE

    async def take(self, app_id: str) -> Lease | None:
        """Take the app, unless another one has it."""
        found: Lease | None = await self.life.call("take", self._take, app_id)
        return found

    async def renew(self, lease: Lease) -> bool:
        """Hold it for longer."""
        held: bool = await self.life.call("renew", self._renew, lease)
        return held

    async def release(self, lease: Lease, *, in_flight: float = 0.0) -> None:
        """Give it back."""
        await self.life.call("release", self._release, lease, in_flight)

    async def busy(self) -> frozenset[str]:
        """Return nothing: nobody asks here."""
        return frozenset()

    async def _take(self, app_id: str) -> Lease | None:
        app, now = self.app, self.app.clock()
        if app.until is not None and now < app.until:
            return None
        in_flight = 0.0 if app.until is None else max(0.0, app.until - now + REQUEST + MARGIN)
        app.fence, app.until = app.fence + 1, now + self.seconds
        return Lease(app_id, app.fence, in_flight)

    async def _renew(self, lease: Lease) -> bool:
        if not self.app.holds(lease):
            return False
        self.app.until = self.app.clock() + self.seconds
        return True

    async def _release(self, lease: Lease, in_flight: float) -> None:
        if lease.fence == self.app.fence:
            ended = self.app.clock() - max(0.0, REQUEST + MARGIN - in_flight)
            self.app.until = ended if in_flight else None


class FencedForOne(Database):
    """The same database for the holder of a lease: its writes need the lease to hold."""

    def __init__(self, database: Database, app: SharedApp, lease: Lease) -> None:
        self._inner = database
        self._app = app
        self._lease = lease

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Do what the database does."""
        return await self._inner.read(work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Take turns as the database does, and then check the lease in the same instant."""
        await asyncio.sleep(0.001)
        return self.write_now(work)

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """Do what the database does."""
        return self._inner.read_now(work)

    def write_now(self, work: Callable[[Connection], T]) -> T:
        """Check the lease in the same instant."""
        if not self._app.holds(self._lease):
            raise LeaseLost(self._lease.app_id)
        return self._inner.write_now(work)

    def stirred(self) -> Hashable:
        """Return the database's mark."""
        return self._inner.stirred()

    def close(self) -> None:
        """Do nothing: the database belongs to whoever opened it."""
