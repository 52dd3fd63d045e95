"""The real store over a database in memory: the same statements, no file and no threads."""

import asyncio
import functools
import sqlite3
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import StaticPool

from seatkeeper.store.database import Database
from seatkeeper.store.fixed import driver_of

T = TypeVar("T")

_COMPILED: Final[dict[Any, Any]] = {}
"""The statements of all lives, compiled; each life has a database, and all of them one dialect."""


@functools.cache
def _first() -> Engine:
    """Return an engine whose dialect has seen a connection; nobody asks it anything."""
    engine = create_engine("sqlite+pysqlite://")
    engine.connect().close()
    return engine


@functools.cache
def _empty() -> bytes:
    """Return a database with all tables and no rows; made once, since migrating takes long."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "empty.db"
        Database.open(f"sqlite:///{file}").close()
        with sqlite3.connect(file) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
            return connection.serialize()


class SimulatedDatabase(Database):
    """One database in memory. A transaction is one instant; around it others get their turn.

    Threads of the contract suite take turns, since all share the one connection.
    """

    _alone = threading.RLock()

    @classmethod
    def new(cls) -> "SimulatedDatabase":
        """Open an empty one."""
        kept: Any = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        kept.deserialize(_empty())
        kept.execute("PRAGMA foreign_keys=ON")
        engine = Engine(
            StaticPool(lambda: kept),
            _first().dialect,
            _first().url,
            execution_options={"compiled_cache": _COMPILED},
        )
        event.listen(engine, "begin", _begin)
        return cls(make_url("sqlite+pysqlite:///in-memory"), engine)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in one transaction, after everybody else who is ready."""
        await asyncio.sleep(0)
        return self.read_now(work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in one transaction, after everybody else who is ready."""
        await asyncio.sleep(0.001)
        return self.write_now(work)

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in one transaction, alone."""
        with self._alone:
            return super().read_now(work)

    def write_now(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in one transaction, alone."""
        with self._alone:
            return super().write_now(work)


def _begin(connection: Connection) -> None:
    driver_of(connection).execute("BEGIN")
