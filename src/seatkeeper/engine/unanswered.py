"""Remember which requests got no answer, for as long as they may still act.

    source change -> scope -> map -> match -> plan -> [export] -> log

Beside the shell: what it knows is this process's alone, from one cycle of an app to its next.
A request that somebody stopped waiting for may sit in a proxy or a queue and act later: over a
newer value, or after a look that found nothing (fault T3). So nobody looks at such an account,
and nobody writes to it, before that time is over. What a process that was lost had
in flight is not known here (``holding``).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.outcome import SETTLING


@dataclass
class Unanswered:
    """The lost requests of one process to one app; ``clock`` gives seconds that only grow."""

    clock: Callable[[], float]
    _until: dict[tuple[Kind, str], float] = field(default_factory=dict)
    _last: float = float("-inf")

    def lost(self, kind: Kind, account_id: str = "") -> None:
        """Note that a request about an account got no answer now; no id: it was to make one."""
        now = self.clock()
        if now >= self._last:
            self._until.clear()
        self._last = now + SETTLING
        self._until[kind, account_id] = self._last

    def about(self, kind: Kind, account_id: str) -> float:
        """Return for how many seconds a lost request about this account may still act."""
        return self._left(self._until.get((kind, account_id), float("-inf")))

    def any(self) -> float:
        """Return for how many seconds any of them may still act."""
        return self._left(self._last)

    def _left(self, until: float) -> float:
        return max(0.0, until - self.clock())
