"""How our sessions on PostgreSQL are called, and how one whose process was stopped is ended.

Beside the walk, below ``database``. A process that is stopped (a paused virtual
machine, a debugger, ``SIGSTOP``) keeps the locks of its open transaction.
PostgreSQL ends a transaction by itself that waits for its client between two
commands, but not one that waits in the middle of commands sent together. So
whoever meets such a lock ends it. The process that comes back finds its
connection closed, begins the transaction again, and is then told that its
lease is lost.
"""

import os
import socket
from typing import Final

from sqlalchemy import Connection, text

NAMED: Final = "seatkeeper "
STOPPED_SECONDS: Final = 20.0
"""For how long a process may leave its own transaction waiting."""

_LONGEST: Final = 63
"""Bytes that PostgreSQL keeps of a session's name."""

# A transaction has a number only once it wrote or locked something: readers are left alone.
_END_STOPPED: Final = text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
    " AND starts_with(application_name, :named) AND backend_xid IS NOT NULL"
    " AND wait_event_type = 'Client'"
    " AND state_change < clock_timestamp() - make_interval(secs => :seconds)"
)


def process_name() -> str:
    """Return what names this process among all that share a database."""
    return f"{os.getpid()}@{socket.gethostname()}"


def session_name() -> str:
    """Return what a session of this process is called in ``pg_stat_activity``."""
    return f"{NAMED}{process_name()}"[:_LONGEST]


def end_stopped(connection: Connection, seconds: float = STOPPED_SECONDS) -> int:
    """End writing transactions that wait for their own process for so long; return how many.

    Only those of Seatkeeper under the same user of the database: nobody else's may be ended.
    """
    named = {"named": NAMED, "seconds": seconds}
    return int(connection.execute(_END_STOPPED, named).scalar_one())
