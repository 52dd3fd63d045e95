"""Who has the engine's role on a database, and how the next one is told.

Beside the walk. On SQLite one process has it: the lock is an ``flock`` on a file
beside the database. On PostgreSQL any number have it, each with a session's
shared advisory lock, and ``leases`` say who works for which app. Both end with
the process, however it ends. Other commands go on beside it.
"""

import contextlib
import fcntl
import json
import os
import socket
import time
from pathlib import Path
from typing import Any, Final, Self

import psycopg

from seatkeeper.clock import utc_now
from seatkeeper.errors import Occupied
from seatkeeper.store.database import Database
from seatkeeper.store.faults import unusable
from seatkeeper.store.sessions import NAMED, session_name

_KEY: Final = 7_328_528_302
_ADVICE: Final = (
    "Stop that one first; every other command works beside it. On SQLite one process runs all "
    "cycles; for several, on one machine or many, use PostgreSQL."
)


class EngineLock:
    """The engine's role on one database; held as long as this object is kept.

    Also a context manager.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._file: int | None = None
        self._session: psycopg.Connection[Any] | None = None

    def acquire(self) -> None:
        """Take the role. Raises ``Occupied`` naming who has it, where it is not shared."""
        if self._database.is_sqlite:
            self._acquire_file()
        else:
            self._join()

    def release(self) -> None:
        """Give the role back; doing it twice is doing it once."""
        if self._file is not None:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None
        if self._session is not None:
            # A closed session's locks go a moment later; who asks next must not see this one.
            with contextlib.suppress(psycopg.OperationalError):
                self._session.execute("SELECT pg_advisory_unlock_shared(%s)", (_KEY,))
            self._session.close()
            self._session = None

    def held_by(self) -> dict[str, object] | None:
        """Return pid, host and since of who has the role (longest), or none; never takes it."""
        return self._holder_of_file() if self._database.is_sqlite else self._holder_of_session()

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    @property
    def _path(self) -> Path:
        return Path(f"{self._database.file}.engine.lock")

    def _acquire_file(self) -> None:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not _locked(descriptor):
            os.close(descriptor)
            raise _occupied(_read_holder(self._path))
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(_me()).encode(), 0)
        self._file = descriptor

    def _holder_of_file(self) -> dict[str, object] | None:
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            # A shared lock asks without looking like an engine to others who ask.
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _read_holder(self._path)
        finally:
            os.close(descriptor)
        return None

    def _join(self) -> None:
        """Be seen as an engine of this database; an engine of an earlier release refuses that."""
        session = self._connect()
        row = session.execute("SELECT pg_try_advisory_lock_shared(%s)", (_KEY,)).fetchone()
        if row is None or not row[0]:
            session.close()
            raise _occupied({})
        self._session = session

    def _holder_of_session(self) -> dict[str, object] | None:
        with self._connect() as session:
            row = session.execute(
                "SELECT a.application_name, a.backend_start FROM pg_locks l"
                " JOIN pg_stat_activity a ON a.pid = l.pid"
                " WHERE l.locktype = 'advisory' AND l.granted"
                " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                " AND (l.classid::bigint << 32) + l.objid::bigint = %s"
                " ORDER BY a.backend_start LIMIT 1",
                (_KEY,),
            ).fetchone()
        if row is None:
            return None
        pid, _, host = str(row[0]).removeprefix(NAMED).partition("@")
        return {"pid": int(pid), "host": host, "since": row[1].isoformat()}

    def _connect(self) -> "psycopg.Connection[Any]":
        url = self._database.url.set(drivername="postgresql")
        try:
            return psycopg.connect(
                url.render_as_string(hide_password=False),
                autocommit=True,
                application_name=session_name(),
            )
        except psycopg.OperationalError as error:
            raise unusable(error, url) or error from error


def _locked(descriptor: int) -> bool:
    """Try for a moment: somebody who only asks holds the file shared while asking."""
    for _ in range(5):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.02)  # the system tells nobody when a file is let go; five looks at most
        else:
            return True
    return False


def _me() -> dict[str, object]:
    since = utc_now().isoformat(timespec="microseconds").replace("+00:00", "Z")
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": since}


def _read_holder(path: Path) -> dict[str, object]:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # it has the lock and is about to write who it is
    return dict(holder)


def _occupied(holder: dict[str, object]) -> Occupied:
    who = "by a process that is just starting"
    if holder:
        who = "process {pid} on host {host} since {since}".format_map(holder)
    return Occupied(f"Seatkeeper's engine already runs on this database: {who}.", advice=_ADVICE)
