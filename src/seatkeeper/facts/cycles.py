"""How far a cycle is and what it came to, as plain data."""

import datetime as dt

from seatkeeper.clock import utc_now
from seatkeeper.facts.history import statistics_plain
from seatkeeper.facts.plain import Plain
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.provisioning.forecast import Pacing, forecast, rest_of
from seatkeeper.provisioning.pace import Pace


def progress_plain(
    cycle: Cycle, pacing: Pacing | None = None, now: dt.datetime | None = None
) -> Plain:
    """Return how far a cycle is, how fast the station that runs gets on, and how long it takes.

    What is left takes as long as at this rate, and never less than the limits of ``pacing``
    allow: a burst at the beginning is no promise.
    """
    least = forecast(rest_of(cycle), pacing).seconds if pacing is not None and cycle.total else 0.0
    return {
        "kind": cycle.kind.value,
        "state": cycle.state.value,
        "requests": cycle.counters.requests,
        **counted_plain(cycle.done, cycle.total, cycle.pace, now or utc_now(), least=least),
    }


def counted_plain(
    done: int, total: int, pace: Pace, now: dt.datetime, *, least: float = 0.0
) -> Plain:
    """Return how much of something is done, how fast, and how many seconds are left.

    ``least`` is how many it takes at least; nothing is said where neither rate nor that is known.
    """
    rate = pace.per_second(done, now)
    by_rate = max(0, total - done) / rate if rate and total else None
    left = max(by_rate or 0.0, least) if by_rate is not None or least else None
    return {
        "done": done,
        "total": total,
        "per_second": round(rate, 1),
        "seconds_left": round(left) if left is not None else None,
    }


def cycle_plain(cycle: Cycle) -> Plain:
    """Return one cycle with its counters."""
    seconds = (cycle.ended - cycle.started).total_seconds() if cycle.ended else None
    return {
        "cycle": cycle.id,
        "number": cycle.number,
        "kind": cycle.kind.value,
        "state": cycle.state.value,
        "started_at": cycle.started.isoformat(timespec="seconds"),
        "ended_at": cycle.ended.isoformat(timespec="seconds") if cycle.ended else None,
        "seconds": round(seconds, 2) if seconds is not None else None,
        "note": cycle.note,
        **cycle.counters.to_plain(),
        "statistics": statistics_plain(cycle.statistics),
    }
