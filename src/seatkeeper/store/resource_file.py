"""What is under a SCIM service: an SQLite file or a PostgreSQL schema, and its transactions.

An edge beside the walk. What was answered survives kill -9. This page decides
how a store is opened, when a transaction is tried again, and in which of
SCIM's words a store that cannot be used is refused. Methods block; callers on
an event loop run them in a thread.
"""

import contextlib
import datetime as dt
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url

from seatkeeper.errors import BadInput, StoreUnusable
from seatkeeper.scim.errors import ScimError
from seatkeeper.store.faults import full, passing, unusable
from seatkeeper.store.fixed import said
from seatkeeper.store.races import repeated
from seatkeeper.store.resource_tables import FACTS, METADATA
from seatkeeper.store.resource_turn import GONE, NO_SPACE, Turn, Way
from seatkeeper.store.resource_upgrade import upgrade_format_1

T = TypeVar("T")

FORMAT: Final = 2

CONNECTIONS: Final = 8
"""Transactions that may run at the same time in one process."""

_PATIENCE_MILLISECONDS: Final = 5_000
"""How long one attempt waits for another writer."""
_LOCK: Final = 7_328_528_302
"""Key of the advisory lock under which a PostgreSQL schema is made."""


class ResourceFile:
    """One open store; safe to use from any thread.

    ``place`` is the path of an SQLite file or a ``postgresql://`` URL, where
    all tables are in ``schema``: one database holds many services. A function
    given to ``read`` or ``write`` may run more than once, each time in a fresh
    transaction, so it does nothing but use its connection. Raises
    ``StoreUnusable`` for a store that a newer program wrote.
    """

    def __init__(self, place: Path | str, *, schema: str = "scim") -> None:
        self._url = _url_of(place)
        self._turn = threading.Lock()
        self._local = threading.local()
        self._engine: sa.Engine
        self._reading: sa.Engine
        self._writing: sa.Engine
        if self.is_sqlite:
            self._engine = _sqlite(self._url)
            self._reading = self._engine
            self._writing = self._engine.execution_options(seatkeeper_writes=True)
        else:
            self._engine = _postgresql(self._url, _fit(schema))
            self._writing = self._engine
            self._reading = self._engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        try:
            self._tried(self._writing, lambda db: _prepare(db, schema))
        except sa.exc.DBAPIError as error:
            self._engine.dispose()
            raise unusable(error, self._url) or error from error
        except BaseException:
            self._engine.dispose()
            raise

    @property
    def is_sqlite(self) -> bool:
        """Whether this is an SQLite file."""
        return self._url.get_backend_name() == "sqlite"

    @property
    def engine(self) -> sa.Engine:
        """Where statements go; for whoever counts or explains them."""
        return self._engine

    def close(self) -> None:
        """Close every connection; the store is not used afterwards."""
        self._engine.dispose()

    def read(self, work: Callable[[sa.Connection], T]) -> T:
        """Run ``work`` in one reading transaction over one snapshot."""
        shared = self._shared
        if shared is not None:
            return self._in_words(lambda: shared.read(work))
        return self._answered(self._reading, work)

    def write(self, work: Callable[[sa.Connection], T], way: Way = Way.FREE) -> T:
        """Run ``work`` in one writing transaction; what it did survives kill -9 on return.

        In a block of ``together`` it survives once the block has ended; ``way`` says what
        it takes to take it back there.
        """
        shared = self._shared
        if shared is not None and shared.writes:
            return self._in_words(lambda: shared.write(work, way))
        if not self.is_sqlite:
            return self._answered(self._writing, work)
        with self._turn:  # writers queue here, where the wake-up is fair
            return self._answered(self._writing, work)

    @contextlib.contextmanager
    def together(self, *, writes: bool) -> Iterator[None]:
        """Make one transaction of all that this thread asks of the store in the block.

        Each ``write`` in it is all or nothing by itself, and none is kept before the
        block has ended. Raises ``ScimError`` where the block cannot be kept: then
        nothing of it was, whatever its parts returned. In a block that does not
        write, a ``write`` is a transaction of its own. So is everything on
        PostgreSQL, which gathers what is to be put on the disk by itself.
        """
        outer = self._shared
        if not self.is_sqlite or (outer is not None and (outer.writes or not writes)):
            yield
            return
        with self._turn if writes else contextlib.nullcontext():
            shared = Turn(self._begun(self._writing if writes else self._reading), writes)
            self._local.shared = shared
            try:
                yield
                if shared.lost is not None:
                    raise shared.lost
                self._in_words(lambda: _ended(shared))
            finally:
                self._local.shared = outer
                shared.db.close()

    def turn_of(self, db: sa.Connection) -> Turn | None:
        """Return the shared transaction that a connection is in, or none where it is its own."""
        shared = self._shared
        return shared if shared is not None and shared.db is db else None

    @property
    def _shared(self) -> Turn | None:
        found: Turn | None = getattr(self._local, "shared", None)
        return found

    def _begun(self, engine: sa.Engine) -> sa.Connection:
        """Return a connection whose transaction has begun."""

        def begun() -> sa.Connection:
            db = engine.connect()
            try:
                db.begin()
            except BaseException:
                db.close()
                raise
            return db

        return self._in_words(lambda: repeated(begun, passing))

    def _answered(self, engine: sa.Engine, work: Callable[[sa.Connection], T]) -> T:
        return self._in_words(lambda: self._tried(engine, work))

    def _in_words(self, act: Callable[[], T]) -> T:
        try:
            return act()
        except sa.exc.TimeoutError as error:
            raise ScimError(503, "", "Too many requests wait here. Try again.") from error
        except sa.exc.DBAPIError as error:
            refusal = _refusal(error, self._url)
            if refusal is None:
                raise
            raise refusal from error

    def _tried(self, engine: sa.Engine, work: Callable[[sa.Connection], T]) -> T:
        def once() -> T:
            committing = False
            try:
                with engine.connect() as db, db.begin() as transaction:
                    result = work(db)
                    committing = True
                    transaction.commit()
                return result
            except sa.exc.DBAPIError as error:
                if committing and error.connection_invalidated:
                    raise ScimError(503, "", _LOST) from error
                raise

        return repeated(once, passing)


def _ended(shared: Turn) -> None:
    shared.settle()
    shared.db.commit()


_LOST: Final = (
    "The connection to the database was lost at the last moment, so it is not known whether "
    "the change was kept. Read the resource before you try again."
)


def _refusal(error: sa.exc.DBAPIError, url: URL) -> ScimError | None:
    """Return SCIM's words for a store that cannot be used now, or none for a fault of ours."""
    if full(error):
        return ScimError(507, "", NO_SPACE)
    if passing(error):
        return ScimError(503, "", "Too much is changed here at once. Nothing was changed; retry.")
    if unusable(error, url) is not None:
        return ScimError(503, "", GONE)
    return None


def _prepare(db: sa.Connection, schema: str) -> None:
    """Bring the tables up to this program; several processes may try at once."""
    lite = db.dialect.name == "sqlite"
    if not lite:
        db.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        if not sa.inspect(db).has_schema(schema):
            db.execute(sa.schema.CreateSchema(schema))
    found = _format_of(db, schema)
    if found > FORMAT:
        raise StoreUnusable(
            f"The store has format {found}; this program knows {FORMAT}.",
            advice="Name another file or schema, or use the newer program.",
        )
    if found == FORMAT:
        return
    if found == 1:
        upgrade_format_1(db)
    METADATA.create_all(db)
    db.execute(FACTS.insert(), {"name": "format", "value": str(FORMAT)})
    if lite:
        # Programs that know no table of facts read this number, and leave the file alone.
        db.exec_driver_sql(f"PRAGMA user_version={FORMAT}")


def _format_of(db: sa.Connection, schema: str) -> int:
    if db.dialect.name == "sqlite":
        return int(db.exec_driver_sql("PRAGMA user_version").scalar_one())
    if not sa.inspect(db).has_table(FACTS.name, schema=schema):
        return 0
    return int(db.execute(sa.select(FACTS.c.value).where(FACTS.c.name == "format")).scalar_one())


def _url_of(place: Path | str) -> URL:
    if isinstance(place, str) and place.startswith(("postgresql:", "postgres:")):
        try:
            return make_url(place).set(drivername="postgresql+psycopg")
        except sa.exc.ArgumentError as error:
            raise BadInput(
                "The database's URL cannot be read.", advice="Give postgresql://user@host/name."
            ) from error
    file = Path(place)
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not file.exists():
            file.touch(mode=0o600)  # people's accounts will be in it
    except OSError as error:
        raise StoreUnusable(
            f"The file {file} cannot be made: {error.strerror}.", advice="Name another place."
        ) from error
    return URL.create("sqlite+pysqlite", database=str(file.absolute()))


def _fit(schema: str) -> str:
    if not 0 < len(schema.encode()) < 64 or "\0" in schema or schema.startswith("pg_"):
        raise BadInput(
            "A schema's name has 1 to 63 bytes and does not begin with pg_.",
            advice="Name another schema.",
        )
    return schema


def _sqlite(url: URL) -> sa.Engine:
    engine = sa.create_engine(
        url,
        poolclass=sa.pool.QueuePool,
        pool_size=CONNECTIONS,
        max_overflow=0,
        connect_args={"check_same_thread": False},
        hide_parameters=True,
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    # A journal that is written ahead survives kill -9 with every answered write.
    for pragma in (
        f"busy_timeout={_PATIENCE_MILLISECONDS}",
        "journal_mode=WAL",
        "synchronous=NORMAL",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    # A reader that turns writer later can fail for good, so writers say so at once.
    writes = connection.get_execution_options().get("seatkeeper_writes", False)
    said(connection, "BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql(url: URL, schema: str) -> sa.Engine:
    engine = sa.create_engine(
        url,
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_pre_ping=True,
        hide_parameters=True,
    )
    sa.event.listen(engine, "connect", _prepare_postgresql)
    return engine.execution_options(schema_translate_map={None: schema})


def _prepare_postgresql(connection: Any, _record: object) -> None:
    connection.autocommit = True
    connection.execute("SET idle_in_transaction_session_timeout = '60s'")
    connection.execute(f"SET lock_timeout = {_PATIENCE_MILLISECONDS}")
    connection.autocommit = False


def stamp(now: dt.datetime) -> str:
    """Return a moment as it is kept and shown: UTC, to the millisecond."""
    return now.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
