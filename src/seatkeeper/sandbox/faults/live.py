"""The faults of one running stand-in: what is active, and what was met so far.

Beside the walk. Changed and asked on the event loop only. A request carries
what it meets with it, into the thread that answers it (``met``).
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from seatkeeper.sandbox.faults.decision import counted, decide, draw_of
from seatkeeper.sandbox.faults.grammar import read_faults
from seatkeeper.sandbox.faults.model import Counters, Fault, RequestFacts, Rules

MET: Final[ContextVar[Fault | None]] = ContextVar("met", default=None)
"""What the request at hand meets."""


def met() -> Fault | None:
    """Return what the request at hand meets."""
    return MET.get()


def met_text() -> str:
    """Return the name of what the request at hand meets; empty for nothing."""
    found = MET.get()
    return found.text if found else ""


@dataclass(frozen=True, slots=True)
class Activity:
    """One rule, its chance in percent, and how many requests it names, and how many met it."""

    where: str
    chance: float
    fault: str
    seen: int
    met: int


class LiveFaults:
    """The faults that requests meet from now on."""

    def __init__(
        self, text: str = "", seed: int = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self.change(text, seed)

    def change(self, text: str, seed: int) -> None:
        """Take other faults, and count anew. Raises ``InvalidFaults`` and keeps the old ones."""
        rules = read_faults(text)
        self.text, self.seed = text, seed
        self.rules: Rules = rules
        self.counters = Counters()

    def begin_anew(self) -> None:
        """Count from the first request again, so that a second run meets what the first did."""
        self.counters = Counters()

    def meet(self, method: str, path: Sequence[str], token: str) -> Fault | None:
        """Count a request, and return what it meets."""
        told_apart = hashlib.sha256(token.encode()).hexdigest()[:16] if token else ""
        number = self.counters.requests + 1
        facts = RequestFacts(number, method, tuple(path), told_apart)
        now = self._clock()
        fault = decide(self.rules, facts, draw_of(self.seed, number), self.counters, now)
        self.counters = counted(self.rules, facts, fault, self.counters, now)
        return fault

    def spare(self, method: str, path: Sequence[str], token: str) -> bool:
        """Say whether nothing can befall a request; then it is counted, otherwise not yet."""
        if self.rules:
            return False
        # What else is counted is for rules, and other rules begin to count anew.
        self.counters = Counters(self.counters.requests + 1)
        return True

    def activity(self) -> list[Activity]:
        """Return what came of each rule so far."""
        return [
            Activity(
                str(rule.where),
                round(rule.chance * 100, 6),
                rule.text,
                self.counters.seen.get(n, 0),
                self.counters.met.get(n, 0),
            )
            for n, rule in enumerate(self.rules)
        ]

    def described(self) -> Mapping[str, object]:
        """Return all of it, as the API shows it."""
        return {
            "faults": self.text,
            "seed": self.seed,
            "requests": self.counters.requests,
            "active": self.activity(),
        }
