"""The file behind a SCIM service, and its transactions.

An edge beside the walk. One connection, one transaction at a time: what was
answered survives kill -9. Methods block; callers on an event loop run them
in a thread.
"""

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from seatkeeper.errors import StoreUnusable
from seatkeeper.store.resource_tables import METADATA

_FORMAT: Final = 1


class ResourceFile:
    """One open SQLite file. Raises ``StoreUnusable`` for one that a newer program wrote."""

    def __init__(self, path: Path | str) -> None:
        self._lock = threading.Lock()
        engine = sa.create_engine(
            f"sqlite:///{path}",
            connect_args={"check_same_thread": False, "timeout": 30, "isolation_level": None},
            poolclass=sa.pool.StaticPool,
        )
        self._engine = engine
        self._db = engine.connect()
        # A journal that is written ahead survives kill -9 with every answered write.
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=30000"):
            self._db.exec_driver_sql(f"PRAGMA {pragma}")
        found = self._db.exec_driver_sql("PRAGMA user_version").scalar_one()
        if found not in (0, _FORMAT):
            raise StoreUnusable(
                f"The file has format {found}; this program knows {_FORMAT}.",
                advice="Name another file, or use the newer program.",
            )
        METADATA.create_all(self._db)
        self._complete_journal()
        self._db.exec_driver_sql(f"PRAGMA user_version={_FORMAT}")
        self._db.commit()

    def _complete_journal(self) -> None:
        """Add the column that files from before lack; an older program leaves it empty."""
        columns = self._db.exec_driver_sql("PRAGMA table_info(requests)").all()
        if "fault" not in {row.name for row in columns}:
            added = "ALTER TABLE requests ADD COLUMN fault TEXT NOT NULL DEFAULT ''"
            self._db.exec_driver_sql(added)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()
            self._engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """Yield the connection inside a transaction, undone where an exception leaves it."""
        with self._lock:
            self._db.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.exec_driver_sql("ROLLBACK")
                self._db.rollback()
                raise
            self._db.exec_driver_sql("COMMIT")
            self._db.commit()


def stamp(now: dt.datetime) -> str:
    """Return a moment as it is kept and shown: UTC, to the millisecond."""
    return now.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
