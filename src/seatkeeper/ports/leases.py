"""The port to leases: which process works for which app, where several share one database.

Beside the walk. Time is the database's. What a lease protects is checked where
it is written (``store.leases``) and before a request leaves (``ports.permit``).
"""

from dataclasses import dataclass
from typing import Final, Protocol

ONE_SHARD = 0
"""An app is not divided today; leases and links can be by shard once one is."""

MARGIN: Final = 5.0
"""Most seconds beyond the time-out of a request before what was in flight is touched."""


def in_flight_seconds(request_seconds: float) -> float:
    """Return how long requests of a process may arrive once it is gone, at the most."""
    return request_seconds + min(MARGIN, request_seconds)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work for one app, until it ends or is taken by a higher ``fence``.

    ``in_flight``: seconds from taking it during which requests of the holder
    before may still arrive; none where that one gave it back and said so.
    """

    app_id: str
    fence: int
    in_flight: float
    shard: int = ONE_SHARD


class Leases(Protocol):
    """Leases of apps. Every method may raise ``StoreUnusable``."""

    @property
    def seconds(self) -> float:
        """How long one lasts that is not renewed."""

    async def take(self, app_id: str) -> Lease | None:
        """Return the lease of an app, or none while another process has it."""

    async def renew(self, lease: Lease) -> bool:
        """Hold it for as long again; false where it had ended or was taken."""

    async def release(self, lease: Lease, *, in_flight: float = 0.0) -> None:
        """Give it back: what its holder still has in flight arrives within so many seconds.

        One that was taken stays taken.
        """

    async def busy(self) -> frozenset[str]:
        """Return the apps that some process works for at this moment."""
