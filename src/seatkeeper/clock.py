"""The one place that reads the clock.

Shells and doors ask here and hand the moment to the pure rooms as ``now``; so
a test can stop time by passing another moment, and the core never looks.
"""

import datetime as dt
import time


def utc_now() -> dt.datetime:
    """Return the present moment, aware, in UTC."""
    return dt.datetime.now(dt.UTC)  # noqa: TID251 - this is the place the ban points to


def uptime() -> float:
    """Return seconds that only grow, also while the process is stopped or the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
