"""Decide how many requests to an app may be under way at once: as many as make it quicker.

Beside the walk, at its export. Pure but for what it counts. It begins with what the
gallery says, and doubles for as long as answers come quicker altogether; where they only
wait in a longer line, it goes back and looks again later. What the app publishes as its
limit is never passed. How many a *second* it gets is ``rate``.
"""

from dataclasses import dataclass, field
from typing import Final

FEWEST: Final = 16
"""Answers of which a rate is made, at least; and at least two of each lane."""

BETTER: Final = 1.1
"""So much quicker it must be to be worth more requests at once."""

RESTS: Final = 20
"""So many samples later it looks again whether more would help."""


@dataclass
class Width:
    """How many requests of one app run side by side, in one cycle; from ``least`` to ``most``."""

    least: int
    most: int = 0
    now: int = field(init=False)
    _skip: int = field(init=False, default=0)
    _answers: int = field(init=False, default=0)
    _seconds: float = field(init=False, default=0.0)
    _before: int = field(init=False, default=0)
    _rate: float = field(init=False, default=0.0)
    _rest: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.most = max(self.least, self.most)
        self.now = self.least

    def answered(self, seconds: float) -> None:
        """Count an answer that took so long while all lanes were taken and others waited."""
        if self._skip:  # it began when fewer were under way
            self._skip -= 1
            return
        self._answers += 1
        self._seconds += seconds
        if self._answers >= max(FEWEST, 2 * self.now):
            rate = self.now * self._answers / max(self._seconds, 1e-9)
            self._sample_anew(skip=0)
            self._judge(rate)

    def refused(self) -> None:
        """Make it half, because the app asked to wait or failed."""
        self._stand(max(self.least, self.now // 2))

    def _judge(self, rate: float) -> None:
        """Take ``rate``, in answers a second, for what so many lanes can do."""
        if self._rest:
            self._rest -= 1
        elif self._before and rate < BETTER * self._rate:
            self._stand(self._before)
        elif self.now < self.most:
            self._before, self._rate = self.now, rate
            self.now = min(self.most, 2 * self.now)
            self._sample_anew(skip=self.now)

    def _stand(self, width: int) -> None:
        self.now, self._before, self._rest = width, 0, RESTS
        self._sample_anew(skip=width)

    def _sample_anew(self, *, skip: int) -> None:
        self._answers, self._seconds, self._skip = 0, 0.0, skip
