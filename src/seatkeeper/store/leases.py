"""Who works for which app, where several processes share one PostgreSQL.

Beside the walk. A lease is held for a while and renewed; each holder gets a
higher *fence* than the one before. Every write of a cycle checks its fence and
its time in the same transaction, so that a holder that was stopped for longer
writes nothing more. Only the database's clock counts here. On SQLite nothing
is shared: the lock on the file (``engine_lock``) keeps a second engine away,
and whoever has it has every app.
"""

from collections.abc import Callable, Hashable
from typing import Final, TypeVar

from sqlalchemy import Connection, text

from seatkeeper.errors import LeaseLost, StoreUnusable
from seatkeeper.ports.leases import ONE_SHARD, Lease, in_flight_seconds
from seatkeeper.store.database import Database
from seatkeeper.store.sessions import STOPPED_SECONDS, end_stopped

T = TypeVar("T")

_NOW: Final = "extract(epoch FROM clock_timestamp())::float8"
_MAKE = text(
    "INSERT INTO leases (app_id, shard, fence, holder) VALUES (:app, :shard, 0, '')"
    " ON CONFLICT DO NOTHING"
)
# A row that is locked belongs to a holder in the middle of a write, or to one that was stopped
# there and whose transaction is ended; nobody waits for it here.
_LOOK = text(
    f"SELECT until > {_NOW} AS held, until - {_NOW} AS ends FROM leases"
    " WHERE app_id = :app AND shard = :shard FOR UPDATE SKIP LOCKED"
)
_TAKE = text(
    "UPDATE leases SET fence = fence + 1, holder = :holder,"
    f" until = {_NOW} + :seconds"
    " WHERE app_id = :app AND shard = :shard RETURNING fence"
)
_RENEW = text(
    f"UPDATE leases SET until = {_NOW} + :seconds"
    f" WHERE app_id = :app AND shard = :shard AND fence = :fence AND until > {_NOW}"
)
_RELEASE = text(
    f"UPDATE leases SET until = {_NOW} - CAST(:ended AS float8), holder = ''"
    " WHERE app_id = :app AND shard = :shard AND fence = :fence"
)
_BUSY = text(f"SELECT app_id FROM leases WHERE until > {_NOW}")
_HOLDS = text(
    "SELECT 1 FROM leases WHERE app_id = :app AND shard = :shard AND fence = :fence"
    f" AND until > {_NOW}"
)
# Shared, so that it holds back who takes over until this write is whole, and nobody else.
_CHECK = text(f"{_HOLDS.text} FOR SHARE")


class SqlLeases:
    """The leases of one PostgreSQL database, as one process sees them.

    ``seconds`` is how long a lease lasts unrenewed, ``request_seconds`` how
    long a request of a lost holder may take at most.
    """

    def __init__(
        self, database: Database, *, holder: str, seconds: float, request_seconds: float
    ) -> None:
        self._database = database
        self._holder = holder
        self._after_end = in_flight_seconds(request_seconds)
        self.seconds = seconds

    async def take(self, app_id: str) -> Lease | None:
        """Return the lease of an app, or none while another process has it."""
        where = {"app": app_id, "shard": ONE_SHARD}

        def work(connection: Connection) -> Lease | None:
            connection.execute(_MAKE, where)
            row = connection.execute(_LOOK, where).first()
            if row is None:
                end_stopped(connection, min(self.seconds, STOPPED_SECONDS))
                return None
            if row.held:
                return None
            named = {**where, "holder": self._holder, "seconds": self.seconds}
            fence = connection.execute(_TAKE, named).scalar_one()
            ends = row.ends
            in_flight = 0.0 if ends is None else max(0.0, float(ends) + self._after_end)
            return Lease(app_id, int(fence), in_flight)

        return await self._database.write(work)

    async def renew(self, lease: Lease) -> bool:
        """Hold it for as long again; false where it had ended or was taken."""
        named = {**_named(lease), "seconds": self.seconds}
        return await self._database.write(lambda c: c.execute(_RENEW, named).rowcount == 1)

    async def release(self, lease: Lease, *, in_flight: float = 0.0) -> None:
        """Give it back, as if it had ended so long ago that only that much is left to arrive."""
        ended = max(0.0, self._after_end - in_flight) if in_flight else None
        named = {**_named(lease), "ended": ended}
        await self._database.write(lambda c: c.execute(_RELEASE, named))

    async def busy(self) -> frozenset[str]:
        """Return the apps that some process works for at this moment."""
        return await self._database.read(
            lambda c: frozenset(str(one) for one in c.execute(_BUSY).scalars())
        )


class FencedDatabase(Database):
    """The same database for the holder of a lease: its writes need the lease to hold."""

    def __init__(self, database: Database, lease: Lease) -> None:
        self._inner = database
        self._lease = lease
        self._url = database.url
        self._threads = database.threads

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """Do what the database does: reading needs no lease."""
        return self._inner.read_now(work)

    def write_now(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in one transaction with the check. Raises ``LeaseLost``, writing nothing."""

        def checked(connection: Connection) -> T:
            if connection.execute(_CHECK, _named(self._lease)).first() is None:
                raise LeaseLost(self._lease.app_id)
            return work(connection)

        try:
            return self._inner.write_now(checked)
        except StoreUnusable as error:
            if self._is_lost():  # whoever took over has ended this process's connections
                raise LeaseLost(self._lease.app_id) from error
            raise

    def _is_lost(self) -> bool:
        try:
            held = self._inner.read_now(lambda c: c.execute(_HOLDS, _named(self._lease)).first())
        except StoreUnusable:
            return False  # nobody can tell; what failed says so
        return held is None

    def stirred(self) -> Hashable:
        """Return the database's mark."""
        return self._inner.stirred()

    def close(self) -> None:
        """Do nothing: the database belongs to whoever opened it."""


def _named(lease: Lease) -> dict[str, object]:
    return {"app": lease.app_id, "shard": lease.shard, "fence": lease.fence}
