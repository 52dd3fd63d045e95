"""What is kept of the past, for how long, and how days add up.

Beside the walk, and pure. Each number has a reason of its own: the log answers
questions about people, cycles and their plans can be looked at and taken back,
days show how a year went. The audit trail is never shortened.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Final

from seatkeeper.errors import InvalidValue
from seatkeeper.provisioning.cycle import Counters, Cycle
from seatkeeper.provisioning.statistics import Statistics

IDLE_DAYS: Final = 7
"""A cycle that sent nothing and failed for nobody is kept so long; its day counts it for ever."""

KEPT_CYCLES: Final = 50
"""However old, so many cycles of an app are kept."""

SHORTEST: Final = 2
"""Days that everything is kept at least; limits over a day and digests look back that far."""


@dataclass(frozen=True, slots=True)
class Retention:
    """Days for which the log, cycles with their plans, messages and the change feed are kept.

    Raises ``InvalidValue`` where the log of a cycle would go before the cycle.
    """

    log: int = 400
    cycles: int = 90
    messages: int = 90
    changes: int = 400

    def __post_init__(self) -> None:
        if min(self.log, self.cycles, self.messages, self.changes) < SHORTEST:
            raise InvalidValue(f"Everything is kept for {SHORTEST} days at least.")
        if self.log < self.cycles:
            raise InvalidValue(
                "The log cannot be kept for fewer days than the cycles that it is about.",
                advice="Raise SEATKEEPER_KEEP_LOG_DAYS or lower SEATKEEPER_KEEP_CYCLES_DAYS.",
            )


@dataclass(frozen=True, slots=True)
class Day:
    """One day of one app (UTC): cycles that ended, which did nothing, and what they did."""

    app_id: str
    day: dt.date
    cycles: int = 0
    idle: int = 0
    seconds: float = 0.0
    longest_seconds: float = 0.0
    counters: Counters = field(default_factory=Counters)
    statistics: Statistics = field(default_factory=Statistics)

    def plus(self, cycle: Cycle) -> "Day":
        """Return the day with one more cycle that ended."""
        took = (cycle.ended - cycle.started).total_seconds() if cycle.ended else 0.0
        more = {name: n for name, n in cycle.counters.to_plain().items() if name != "waiting"}
        return Day(
            self.app_id,
            self.day,
            self.cycles + 1,
            self.idle + is_idle(cycle),
            round(self.seconds + took, 3),
            round(max(self.longest_seconds, took), 3),
            self.counters.plus(**more),
            self.statistics.plus(cycle.statistics),
        )


def is_idle(cycle: Cycle) -> bool:
    """Whether a cycle asked the app nothing and failed for nobody: it only says that it ran."""
    return not (cycle.counters.requests or cycle.counters.failed or cycle.counters.held)
