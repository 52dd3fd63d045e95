"""The one way to the database: short transactions on SQLite and on PostgreSQL.

Beside the walk: every table of the product is read and written through
``Database.read`` and ``Database.write``, each one transaction in a thread.
This page decides how a database is opened, when a transaction is tried again
and in which words an unusable database is refused. It knows no table.
"""

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from seatkeeper.errors import BadInput, StoreUnusable
from seatkeeper.store import migration
from seatkeeper.store.faults import keeps_locked, passing, unusable
from seatkeeper.store.once import forget
from seatkeeper.store.races import repeated
from seatkeeper.store.sessions import STOPPED_SECONDS, end_stopped, session_name

T = TypeVar("T")

BUSY_MILLISECONDS: Final = 30_000
"""How long a writer waits for another writer before it gives up."""

THREADS: Final = 8
"""Transactions that may run at the same time in one process."""

MAPPED: Final = 1 << 30
"""Bytes of an SQLite file that reads look at in place; what is beyond goes through the cache."""


class Database:
    """One open database; safe to use from any thread.

    A function given to ``read`` or ``write`` may run more than once, each time
    in a fresh transaction, so it must do nothing but use its connection.
    """

    def __init__(self, url: URL, engine: Engine) -> None:
        self._url = url
        self._reading, self._writing = _two_ways(engine)
        self._engine = engine
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="store")
        self._turn = threading.Lock()
        self._watch = threading.Lock()
        self._watcher: Any = None

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the database of that URL and bring its tables up to this program.

        ``sqlite:///path`` (the file is made where it is missing) or
        ``postgresql://...``. Raises ``BadInput`` for another URL and
        ``StoreUnusable`` where the database cannot be used.
        """
        parsed = _parsed(url)
        if parsed.get_backend_name() == "sqlite":
            _make_file(Path(str(parsed.database)))
        database = cls(parsed, _engine(parsed))
        try:
            database.migrate()
        except BaseException:
            database.close()
            raise
        return database

    @property
    def is_sqlite(self) -> bool:
        """Whether this is an SQLite file; the engine's lock then lies beside it."""
        return self._url.get_backend_name() == "sqlite"

    @property
    def file(self) -> Path | None:
        """The SQLite file, or none on PostgreSQL."""
        return Path(str(self._url.database)) if self.is_sqlite else None

    @property
    def threads(self) -> ThreadPoolExecutor:
        """Where transactions run; for a database that wraps this one."""
        return self._threads

    @property
    def url(self) -> URL:
        """Where the database is; its text hides the password."""
        return self._url

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a thread, in one reading transaction over one snapshot."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.read_now, work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a thread, in one writing transaction; it is durable on return."""
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._threads, self.write_now, work
            )
        finally:
            forget()  # here, because that thread knows nothing of who looks

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """Do what ``read`` does, in the calling thread."""
        return self._tried(self._reading, work)

    def write_now(self, work: Callable[[Connection], T]) -> T:
        """Do what ``write`` does, in the calling thread."""
        try:
            if not self.is_sqlite:
                return self._tried(self._writing, work)
            with self._turn:  # writers of one process queue here, where the wake-up is fair
                return self._tried(self._writing, work)
        finally:
            forget()

    @contextlib.asynccontextmanager
    async def rehearsal(self) -> AsyncIterator["Database"]:
        """Yield a database in which anything may be tried out; nothing of it stays.

        It is this one inside a transaction that is rolled back in the end. Other
        writers wait meanwhile, so be quick, and ask nobody else for anything.
        """
        with self._writing.connect() as connection:
            staged = _Rehearsed(self._url, connection)
            try:
                yield staged
            finally:
                staged.close()
                connection.rollback()

    def migrate(self) -> None:
        """Bring the tables up to this program, never down; several processes may try at once.

        Raises ``StoreUnusable`` where the tables are of a newer program.
        """
        if self.read_now(migration.is_current):
            return
        self.write_now(migration.upgrade)

    async def clear_free_space(self) -> bool:
        """Make sure that nothing that was deleted can still be read; return whether it is so.

        SQLite writes the file anew, without what pages held before, and empties the file
        beside it, which waits for readers: false where one does not end. PostgreSQL
        lets the rows go; what its pages and its own log held is the server's business.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._clear_free_space)

    def _clear_free_space(self) -> bool:
        with self._turn, self._engine.connect() as connection:
            plain: Any = connection.connection.driver_connection
            try:
                if self.is_sqlite:
                    plain.execute("VACUUM")
                    busy, *_ = plain.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                    return not busy
                plain.autocommit = True
                try:
                    plain.execute("VACUUM")
                finally:
                    plain.autocommit = False
            except (psycopg.Error, sqlite3.Error) as error:
                raise unusable(error, self._url) or error from error
        return True

    def stirred(self) -> Hashable:
        """Return a mark that differs from the last one once anybody has committed.

        Cheap enough to ask many times a second, from any thread. It may differ
        without a change that matters; it never stays the same after one.
        """
        with self._watch:
            try:
                return self._mark()
            except (psycopg.OperationalError, sqlite3.Error) as error:
                self._stop_watching()
                raise unusable(error, self._url) or error from error

    def close(self) -> None:
        """Close every connection; the database is not used afterwards."""
        self._threads.shutdown()
        with self._watch:
            self._stop_watching()
        self._engine.dispose()

    def _mark(self) -> Hashable:
        if self.is_sqlite:
            # data_version tells of commits by *other* connections; this one never writes.
            self._watcher = self._watcher or sqlite3.connect(
                str(self._url.database), check_same_thread=False, isolation_level=None
            )
            asked = "PRAGMA data_version"
        else:
            # A commit takes its transaction out of what the snapshot counts as running.
            self._watcher = self._watcher or _watching_connection(self._url)
            asked = "SELECT pg_current_snapshot()::text"
        row = self._watcher.execute(asked).fetchone()
        return str(row[0])

    def _stop_watching(self) -> None:
        if self._watcher is not None:
            self._watcher.close()
            self._watcher = None

    def _tried(self, engine: Engine, work: Callable[[Connection], T]) -> T:
        committing = False

        def once() -> T:
            nonlocal committing
            committing = False
            with engine.connect() as connection, connection.begin() as transaction:
                result = work(connection)
                committing = True
                transaction.commit()
            return result

        def lost(error: DBAPIError) -> bool:
            # A connection lost while committing may have committed: never repeat that.
            if not passing(error) or (committing and error.connection_invalidated):
                return False
            if keeps_locked(error):
                self._end_stopped()
            return True

        try:
            return repeated(once, lost)
        except DBAPIError as error:
            refusal = unusable(error, self._url)
            if refusal is None:
                raise
            raise refusal from error

    def _end_stopped(self) -> None:
        # Where this fails, the next attempt at what was wanted says why.
        with contextlib.suppress(DBAPIError), self._engine.begin() as connection:
            end_stopped(connection)


class _Rehearsed(Database):
    """One transaction that says it is a database: what is written is seen, and never committed."""

    def __init__(self, url: URL, connection: Connection) -> None:
        self._url = url
        self._connection = connection
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="rehearsal")
        connection.begin()

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """Do what ``read`` does, and see what was tried out."""
        with self._connection.begin_nested():
            return work(self._connection)

    def write_now(self, work: Callable[[Connection], T]) -> T:
        """Do what ``write`` does, for as long as the rehearsal lasts."""
        return self.read_now(work)

    def stirred(self) -> Hashable:
        """Return one mark always: nobody else commits in here."""
        return "rehearsal"

    def close(self) -> None:
        """End the thread; the transaction belongs to whoever began it."""
        self._threads.shutdown()


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise BadInput("The database's URL cannot be read.", advice=_URL_ADVICE) from error
    name = parsed.get_backend_name()
    if name == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed.set(drivername="sqlite+pysqlite")
    if name in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    raise BadInput(f"A database at {parsed} cannot be used.", advice=_URL_ADVICE)


_URL_ADVICE = "Give sqlite:///path/to/seatkeeper.db or postgresql://user@host/name."


def _make_file(file: Path) -> None:
    """Create the file for its owner alone, because people's data will be in it."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not file.exists():
            file.touch(mode=0o600)
    except OSError as error:
        raise StoreUnusable(
            f"The database file {file} cannot be made: {error.strerror}.",
            advice="Choose another place with SEATKEEPER_DATABASE_URL or SEATKEEPER_HOME.",
        ) from error


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = create_engine(  # no message of an error shows what was to be written
            url,
            pool_size=THREADS,
            connect_args={"timeout": BUSY_MILLISECONDS / 1000},
            hide_parameters=True,
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    named = {"application_name": session_name()}
    engine = create_engine(
        url, pool_size=THREADS, pool_pre_ping=True, connect_args=named, hide_parameters=True
    )
    event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _two_ways(engine: Engine) -> tuple[Engine, Engine]:
    if engine.dialect.name == "sqlite":
        return engine, engine.execution_options(seatkeeper_writes=True)
    reading = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return reading, engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    for pragma in (
        f"busy_timeout={BUSY_MILLISECONDS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",  # what is deleted is overwritten, as Debian's SQLite does unasked
        f"mmap_size={MAPPED}",  # pages are read in place, not copied out of a small cache
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A reader that turns writer later can fail for good, so writers say so at once.
    writes = connection.get_execution_options().get("seatkeeper_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare_postgresql(connection: Any, _record: object) -> None:
    connection.autocommit = True
    connection.execute(f"SET idle_in_transaction_session_timeout = '{STOPPED_SECONDS:.0f}s'")
    connection.execute(f"SET lock_timeout = {BUSY_MILLISECONDS}")
    connection.autocommit = False


def _watching_connection(url: URL) -> "psycopg.Connection[Any]":
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)
