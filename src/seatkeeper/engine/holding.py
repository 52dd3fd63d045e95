"""Hold an app's lease for as long as this process works for it, and send only while it holds.

Beside the walk. Shell: takes and renews with the database's clock, and counts
down by this machine's own, which also runs while the process is stopped. The
count begins before the database is asked, so it always ends first.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

import structlog

from seatkeeper.engine.unanswered import Unanswered
from seatkeeper.errors import LeaseLost, SeatkeeperError
from seatkeeper.ports import Lease, Leases
from seatkeeper.ports.permit import asked_first

logger = structlog.get_logger(__name__)

RENEWALS: Final = 3
"""How often a lease is renewed while it lasts: one attempt or two may fail."""


@dataclass
class Held:
    """One lease in this process; it is good until ``ends`` on this machine's clock."""

    lease: Lease
    ends: float
    in_flight_ends: float


@dataclass
class Holder:
    """The leases of one process. Without ``leases`` every app is its own: nobody else is there.

    It cannot know then when the process before it was lost, so that it counts from its own
    beginning: ``in_flight_seconds`` long requests of that one may still arrive.
    """

    leases: Leases | None
    uptime: Callable[[], float]
    in_flight_seconds: float = 0.0
    _held: dict[str, Held] = field(default_factory=dict)
    _unanswered: dict[str, Unanswered] = field(default_factory=dict)
    _began: float = field(init=False)

    def __post_init__(self) -> None:
        self._began = self.uptime()

    @property
    def shares(self) -> bool:
        """Whether other processes may work beside this one."""
        return self.leases is not None

    async def busy(self) -> Collection[str]:
        """Return the apps that any process works for now."""
        return await self.leases.busy() if self.leases is not None else ()

    def lease(self, app_id: str) -> Lease | None:
        """Return the lease under which this process works for an app, or none."""
        held = self._held.get(app_id)
        return held.lease if held is not None else None

    def in_flight_for(self, app_id: str) -> float:
        """Return for how many seconds requests of a lost process may still arrive at an app."""
        held = self._held.get(app_id)
        ends = held.in_flight_ends if held is not None else self._began + self.in_flight_seconds
        return max(0.0, ends - self.uptime())

    def unanswered(self, app_id: str) -> Unanswered:
        """Return what this process knows of its own requests to an app that got no answer."""
        return self._unanswered.setdefault(app_id, Unanswered(self.uptime))

    @asynccontextmanager
    async def holding(self, app_id: str) -> AsyncIterator[bool]:
        """Yield whether the app is ours to work for inside; then it is given back.

        It is kept until it ends by itself where this process is torn down in the
        middle, since its requests may be on their way.
        """
        if self.leases is None:
            yield True
            return
        asked = self.uptime()
        lease = await self.leases.take(app_id)
        if lease is None:
            yield False
            return
        held = Held(lease, asked + self.leases.seconds, asked + lease.in_flight)
        self._held[app_id] = held
        renewing = asyncio.create_task(self._keep(self.leases, held))
        try:
            with asked_first(lambda: self._check(held)):
                yield True
        except SeatkeeperError:
            await self._give_back(self.leases, lease)
            raise
        else:
            await self._give_back(self.leases, lease)
        finally:
            self._held.pop(app_id, None)
            renewing.cancel()
            with suppress(asyncio.CancelledError):
                await renewing

    def _check(self, held: Held) -> None:
        if self.uptime() >= held.ends:
            raise LeaseLost(held.lease.app_id)

    async def _keep(self, leases: Leases, held: Held) -> None:
        while True:
            await asyncio.sleep(leases.seconds / RENEWALS)
            asked = self.uptime()
            try:
                if not await leases.renew(held.lease):
                    held.ends = asked
                    return
            except SeatkeeperError as error:  # tried again while the lease lasts
                logger.warning("lease.not_renewed", app=held.lease.app_id, message=error.message)
            else:
                held.ends = asked + leases.seconds

    async def _give_back(self, leases: Leases, lease: Lease) -> None:
        try:
            await leases.release(lease, in_flight=self.unanswered(lease.app_id).any())
        except SeatkeeperError as error:  # it ends by itself
            logger.warning("lease.not_released", app=lease.app_id, message=error.message)
