"""Decide how many requests an app gets that has just come back: one, then five, then all.

Beside the walk, at its export. Pure but for what it counts. An app that was away
or stopped would otherwise meet everything that waited in its first second.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

HALF_OPEN: Final = (1, 5)
"""How many requests must succeed, and may run at once, before more are let through."""


@dataclass
class Circuit:
    """One app in one cycle. Without phases, or behind them, everything may start."""

    phases: Sequence[int] = ()
    _phase: int = 0
    _running: int = 0
    _passed: int = 0

    @property
    def half_open(self) -> bool:
        """Whether the app still has to show that it is well."""
        return self._phase < len(self.phases)

    @property
    def may_start(self) -> bool:
        """Whether one more request may start now."""
        return not self.half_open or self._running + self._passed < self.phases[self._phase]

    def started(self) -> None:
        """Count a request that starts."""
        self._running += 1

    def ended(self, *, well: bool) -> None:
        """Count a request that ended; ``well``: the app answered, whatever of the record."""
        self._running -= 1
        if not well or not self.half_open:
            return
        self._passed += 1
        if self._passed >= self.phases[self._phase]:
            self._phase, self._passed = self._phase + 1, 0
