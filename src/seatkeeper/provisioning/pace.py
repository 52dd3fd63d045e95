"""How fast the station of a cycle that is running gets on, from what it did in the last minute.

Beside the walk, and pure: moments are arguments. The engine marks how far it is with each
write, so whoever looks on, in whichever process, computes the same rate. Planning does not
count towards sending, nor does what was done before an interruption.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WINDOW: Final = dt.timedelta(minutes=1)
"""The rate is that of the last minute, or since the station began where that is shorter."""

EVERY: Final = dt.timedelta(seconds=5)
"""So far apart are two marks at least."""

LEAST: Final = dt.timedelta(seconds=1)
"""No rate is told of less time than this."""


@dataclass(frozen=True, slots=True)
class Mark:
    """So many records were done at that moment."""

    at: dt.datetime
    done: int


@dataclass(frozen=True, slots=True)
class Pace:
    """Marks of one station, oldest first; ``station`` is the state of the cycle meanwhile."""

    station: str = ""
    marks: tuple[Mark, ...] = ()

    def marked(self, station: str, done: int, now: dt.datetime) -> "Pace":
        """Return it with where the station is now, which begins just before its first record."""
        here = Mark(now, done)
        if station != self.station or not self.marks or self._begins_later(here):
            return Pace(station, (here,))
        if now - self.marks[-1].at < EVERY:
            return self
        marks = (*self.marks, here)
        while len(marks) > 2 and marks[1].at <= now - WINDOW:
            marks = marks[1:]
        return Pace(station, marks)

    def per_second(self, done: int, now: dt.datetime) -> float:
        """Return records a second; 0 where none can be told yet."""
        if not self.marks:
            return 0.0
        first = self.marks[0]
        took = now - first.at
        return (done - first.done) / took.total_seconds() if took >= LEAST else 0.0

    def to_plain(self) -> list[object]:
        """Return it as plain data; ``pace_of`` reads it back."""
        return [self.station, [[one.at.timestamp(), one.done] for one in self.marks]]

    def _begins_later(self, here: Mark) -> bool:
        """Whether the station only begins: nothing is done yet, or it was begun anew."""
        last = self.marks[-1]
        return here.done < last.done or here.done == 0 or here.at < last.at


def pace_of(plain: object) -> Pace:
    """Read a pace back; none is one without marks."""
    if not isinstance(plain, Sequence) or len(plain) != 2:
        return Pace()
    station, marks = plain
    return Pace(
        str(station),
        tuple(Mark(dt.datetime.fromtimestamp(at, dt.UTC), int(done)) for at, done in marks),
    )
