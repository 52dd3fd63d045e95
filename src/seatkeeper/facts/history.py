"""Statistics and days, as plain data."""

from seatkeeper.facts.plain import Plain
from seatkeeper.provisioning.history import Day
from seatkeeper.provisioning.statistics import Spread, Statistics


def statistics_plain(statistics: Statistics) -> Plain:
    """Return what requests and ways were like; times are the ends of spans."""
    return {
        "requests_by_kind": dict(statistics.kinds),
        "requests_by_answer": dict(statistics.answers),
        "request_ms": _spread_plain(statistics.times),
        "slowest": [
            {
                "milliseconds": one.milliseconds,
                "method": one.method,
                "path": one.path,
                "status": one.status or None,
            }
            for one in statistics.slowest
        ],
        "change_to_app_ms": _spread_plain(statistics.lags),
    }


def day_plain(day: Day) -> Plain:
    """Return one day of one app."""
    return {
        "day": day.day.isoformat(),
        "app": day.app_id,
        "cycles": day.cycles,
        "idle_cycles": day.idle,
        "seconds": day.seconds,
        "longest_seconds": day.longest_seconds,
        **day.counters.to_plain(),
        "statistics": statistics_plain(day.statistics),
    }


def _spread_plain(spread: Spread) -> Plain:
    return {
        "measured": spread.number,
        "half_within": spread.within(0.5) if spread.number else None,
        "95_percent_within": spread.within(0.95) if spread.number else None,
        "99_percent_within": spread.within(0.99) if spread.number else None,
        "longest": spread.longest if spread.number else None,
    }
