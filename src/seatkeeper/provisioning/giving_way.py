"""Which cycle somebody waits for, and how long another one stands aside for it at most.

Beside the walk, and pure: what kind of cycle, how many records and which moment come in, the
decision comes out. Cycles of one process share one processor; whose turn it is they settle with
this (``engine.giving_way``).
"""

from dataclasses import dataclass, replace
from typing import Final

from seatkeeper.provisioning.cycle import CycleKind

FEW: Final = 100
"""Records up to which somebody waits for a cycle: a batch, so that it is a matter of a moment."""

LONGEST: Final = 2.0
"""Seconds that a large cycle stands aside at most at a stretch."""

_OF_FEW: Final = frozenset({CycleKind.INCREMENTAL, CycleKind.ON_DEMAND})


def is_awaited(kind: CycleKind, records: int) -> bool:
    """Say whether a cycle that looked at so many records is one that others give way to.

    A change of the directory, or what somebody asked for by name, is. A cycle over everybody is
    not, nor is one of changes that turned out to be many.
    """
    return kind in _OF_FEW and records <= FEW


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds a cycle may still stand aside, as reckoned at a moment (``at``, seconds).

    What it works it earns, so it never stands aside for more than half of the time,
    however much comes; and it saves up no more than ``most``.
    """

    at: float
    left: float = LONGEST
    most: float = LONGEST

    def worked(self, now: float) -> "Patience":
        """Return what is left after work from then until now."""
        return replace(self, at=now, left=min(self.most, self.left + max(0.0, now - self.at)))

    def stood_aside(self, now: float) -> "Patience":
        """Return what is left after standing aside from then until now."""
        return replace(self, at=now, left=max(0.0, self.left - max(0.0, now - self.at)))
