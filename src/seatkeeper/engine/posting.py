"""Have people told: pack what is to be told, hand over what is due, try again what failed.

    [source change -> scope -> map -> match -> plan -> export -> log]

Shell, beside the cycles: no cycle waits for it, and what it could not hand over
is in the outbox for the next round. Who hears what is ``provisioning.telling``.
"""

import asyncio
import datetime as dt
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import structlog

from seatkeeper.errors import SeatkeeperError
from seatkeeper.ports import Delivery, Outbox, Post
from seatkeeper.provisioning.telling import Listener, Notice, Past, Telling, to_tell

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a test that was sent to somebody; no error: it was taken."""

    to: Listener
    error: str = ""


@dataclass(frozen=True)
class Audience:
    """Who listens now, which apps there are, and how often what still holds is told again."""

    listeners: Sequence[Listener]
    apps: Collection[str]
    digest_every: dt.timedelta


@dataclass(frozen=True)
class Posting:
    """Tells whoever listens. ``round`` may be called by several processes at the same time."""

    outbox: Outbox
    post: Post
    audience: Callable[[], Awaitable[Audience]]
    now: Callable[[], dt.datetime]

    async def round(self) -> int:
        """Pack and hand over once; return how many parcels arrived, whatever the others did."""
        audience, now = await self.audience(), self.now()

        def decide(notices: Sequence[Notice], past: Mapping[str, Past]) -> Telling:
            return to_tell(
                notices, audience.listeners, past, audience.apps, now, audience.digest_every
            )

        await self.outbox.pack(decide, now)
        by_address: dict[str, list[Delivery]] = defaultdict(list)
        for delivery in await self.outbox.due_parcels(now):
            by_address[delivery.parcel.key].append(delivery)
        arrived = await asyncio.gather(*(self._in_order(some) for some in by_address.values()))
        return sum(arrived)

    async def _in_order(self, deliveries: Sequence[Delivery]) -> int:
        """Hand over what goes to one address, until the first that cannot be."""
        arrived = 0
        for delivery in deliveries:
            if not await self.outbox.take_parcel(delivery.id, now=self.now()):
                continue
            try:
                await self.post.deliver(delivery)
            except SeatkeeperError as error:
                channel = delivery.parcel.channel.value
                logger.warning("notice.not_delivered", channel=channel, message=error.message)
                await self.outbox.parcel_failed(delivery.id, error.message, now=self.now())
                break
            await self.outbox.parcel_sent(delivery.id, now=self.now())
            arrived += 1
        return arrived
