"""What a database's error means: try again, give up with words, or a fault of ours.

Beside the walk, below ``database``. Decides by error numbers and SQLSTATE
only, never by the text of a message.
"""

import errno
import os
import resource
import sqlite3
from typing import Final

import psycopg
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from seatkeeper.errors import StoreUnusable

_SQLITE_WORDS: Final = {
    sqlite3.SQLITE_FULL: ("is full", "Free space on its disk; what waits goes on by itself."),
    sqlite3.SQLITE_READONLY: ("is read-only", "Let this user write to the file and its folder."),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", "Check the path and who may read and write it."),
    sqlite3.SQLITE_IOERR: ("cannot be read or written", "Check its disk."),
    sqlite3.SQLITE_NOTADB: ("is not a database", "Point SEATKEEPER_DATABASE_URL at ours."),
    sqlite3.SQLITE_CORRUPT: ("is damaged", "Restore the last backup."),
    sqlite3.SQLITE_BUSY: ("stays locked by another process", "End what holds it, then try again."),
    sqlite3.SQLITE_PERM: ("may not be used by this user", "Check who may read and write it."),
}

_POSTGRESQL_WORDS: Final = {
    "53100": ("has no space left", "Free space on its disk; what waits goes on by itself."),
    "25006": ("is read-only", "Connect to the primary, not to a standby."),
    "53300": ("takes no more connections", "Raise max_connections or run fewer workers."),
    "28P01": ("refuses the password", "Check SEATKEEPER_DATABASE_URL."),
    "28000": ("refuses this user", "Check SEATKEEPER_DATABASE_URL."),
    "3D000": ("does not exist", "Create it first: CREATE DATABASE."),
    "42501": ("does not let this user do that", "Make the user owner of the database."),
    "57P03": ("is starting or stopping", "It is tried again."),
    "55P03": ("keeps a row locked", "Look for a transaction that stays open."),
    "40001": ("is too busy with the same rows", "It is tried again."),
    "40P01": ("is too busy with the same rows", "It is tried again."),
}

_FILES_OF_SQLITE: Final = 4
"""The database, its log, the log's index, and one to spare."""

_PASSING_STATES: Final = frozenset({"40001", "40P01", "55P03", "57P01", "57P02", "57P03"})


def passing(error: DBAPIError) -> bool:
    """Whether the same transaction may well succeed in a moment."""
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return _sqlite_code(cause) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return error.connection_invalidated or getattr(cause, "sqlstate", None) in _PASSING_STATES


def keeps_locked(error: DBAPIError) -> bool:
    """Whether PostgreSQL gave up waiting for a row that another transaction has locked."""
    return getattr(error.orig, "sqlstate", None) == "55P03"


def unusable(error: Exception, url: URL) -> StoreUnusable | None:
    """Return the refusal in words, or none where the error is a fault of our own."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    words: tuple[str, str] | None = None
    if isinstance(cause, sqlite3.Error):
        if (
            _sqlite_code(cause) == sqlite3.SQLITE_CANTOPEN
            and (refused := out_of_files()) is not None
        ):
            return refused
        words = _SQLITE_WORDS.get(_sqlite_code(cause))
    elif isinstance(cause, psycopg.Error):
        words = _POSTGRESQL_WORDS.get(cause.sqlstate or "")
        if words is None and isinstance(cause, psycopg.OperationalError):
            words = ("cannot be reached", "Check that it runs, and SEATKEEPER_DATABASE_URL.")
    if words is None:
        return None
    return StoreUnusable(f"The database {url} {words[0]}.", advice=words[1])


def _sqlite_code(cause: sqlite3.Error) -> int:
    # Extended codes keep the plain one in their lowest byte.
    return getattr(cause, "sqlite_errorcode", 0) & 0xFF


def out_of_files(error: OSError | None = None) -> StoreUnusable | None:
    """Return the refusal of a process that may open no more files, or none where it may.

    With an ``error`` it decides by that, else by trying: SQLite does not say why it cannot open.
    """
    opened: list[int] = []
    try:
        while error is None and len(opened) < _FILES_OF_SQLITE:
            opened.append(os.open(os.devnull, os.O_RDONLY))
    except OSError as found:
        error = found
    finally:
        for descriptor in opened:
            os.close(descriptor)
    if error is None or error.errno not in (errno.EMFILE, errno.ENFILE):
        return None
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return StoreUnusable(
        f"This process may not open more than {most} files at the same time.",
        advice="Raise the limit (ulimit -n, or LimitNOFILE= of a service) and start it again; "
        "nothing is lost.",
    )


def full(error: DBAPIError) -> bool:
    """Whether there was no space left for what should be written."""
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return _sqlite_code(cause) == sqlite3.SQLITE_FULL
    return getattr(cause, "sqlstate", None) == "53100"
