"""The ports to the post: what is to be told, who keeps it until it was, and by what it goes.

Beside the walk. What a message says is ``provisioning.message``, who hears it
when ``provisioning.telling``.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from seatkeeper.provisioning.journal import NewNotice
from seatkeeper.provisioning.message import Message
from seatkeeper.provisioning.telling import Notice, Parcel, Past, Telling


@dataclass(frozen=True, slots=True)
class Delivery:
    """One parcel on its way. ``key`` names it to whoever receives it, however often it is sent."""

    id: int
    key: str
    parcel: Parcel
    at: dt.datetime
    attempts: int = 0
    sent_at: dt.datetime | None = None
    next_try: dt.datetime | None = None
    last_error: str = ""


Deciding: TypeAlias = Callable[[Sequence[Notice], Mapping[str, Past]], Telling]
"""What decides who is told what: ``telling.to_tell`` with everything else filled in."""


class Outbox(Protocol):
    """Keeps what is to be told until it was; survives the process. Each method is one transaction.

    A parcel is handed over at least once: a process that is killed between handing it over and
    noting that hands it over again, under the same key.
    """

    async def add_notices(self, notices: Sequence[NewNotice], now: dt.datetime) -> None:
        """Keep these causes; one that holds already takes the new words and is told once."""

    async def end_causes(self, app_id: str, causes: Sequence[str]) -> None:
        """Note that these causes hold no longer."""

    async def open_notices(self, app_id: str) -> Mapping[str, Message]:
        """Return the causes of an app that hold, with what is said of them."""

    async def notices(self, app_id: str | None, *, limit: int = 50) -> Sequence[Notice]:
        """Return what was noted, newest first."""

    async def pack(self, decide: Deciding, now: dt.datetime) -> int:
        """Make parcels of what is to be told now, as ``decide`` says; return how many."""

    async def due_parcels(self, now: dt.datetime, *, limit: int = 50) -> Sequence[Delivery]:
        """Return the parcels that are due to be handed over, oldest first."""

    async def deliveries(self, *, limit: int = 50) -> Sequence[Delivery]:
        """Return parcels, newest first."""

    async def take_parcel(self, delivery_id: int, *, now: dt.datetime) -> bool:
        """Take it on oneself to hand a parcel over, for some minutes; false where others did."""

    async def parcel_sent(self, delivery_id: int, *, now: dt.datetime) -> None:
        """Note that a parcel was handed over."""

    async def parcel_failed(self, delivery_id: int, error: str, *, now: dt.datetime) -> None:
        """Note that a parcel could not be handed over; it is tried again later."""


class Post(Protocol):
    """Hands a parcel over; raises ``Unreachable`` or ``Refused`` when it could not."""

    async def deliver(self, delivery: Delivery) -> None:
        """Hand it to the mail server, or to whoever listens at its address."""
