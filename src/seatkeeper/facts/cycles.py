"""How far a cycle is and what it came to, as plain data."""

import datetime as dt

from seatkeeper.clock import utc_now
from seatkeeper.facts.history import statistics_plain
from seatkeeper.facts.plain import Plain
from seatkeeper.provisioning.cycle import Cycle


def progress_plain(cycle: Cycle, since: dt.datetime | None = None) -> Plain:
    """Return how far a cycle is, how fast, and how long it still takes (by its rate so far).

    ``since`` is when sending began, where that is known; else the cycle's start.
    """
    seconds = (utc_now() - (since or cycle.started)).total_seconds()
    rate = cycle.done / seconds if seconds >= 1 else 0.0
    left = (cycle.total - cycle.done) / rate if rate and cycle.total else None
    return {
        "kind": cycle.kind.value,
        "state": cycle.state.value,
        "requests": cycle.counters.requests,
        "done": cycle.done,
        "total": cycle.total,
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
