"""Decide whether writes fail so often that the app is at fault, and not the records.

    source change -> scope -> map -> match -> plan -> [export] -> log

Pure but for what it counts. Only writes that the app refused count, and only of
records that had not failed before: what is tried again and fails again says
nothing new of the app. The numbers are a ``Profile``'s. One that looks at the
latest writes goes on with those of the cycles before (``LatestWrites``): where each change
is a cycle of its own, none of them would ever have enough to be judged by.
"""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from seatkeeper.provisioning.profile import SEATKEEPER, Profile
from seatkeeper.words import number_of

_REFUSED: Final = "x"
_TAKEN: Final = "."


@dataclass(frozen=True, slots=True)
class LatestWrites:
    """What one cycle leaves the next about an app's latest writes.

    ``latest`` is a letter for each, oldest first: ``x`` was refused, ``.`` was taken. The last
    ``in_a_row`` were refused, of these the last ``same`` for one ``cause``. It holds under the
    rules with ``digest``: under other rules an app may refuse other things.
    """

    digest: str = ""
    latest: str = ""
    in_a_row: int = 0
    same: int = 0
    cause: str = ""


@dataclass
class Failing:
    """The writes so far: of one cycle, or the latest of several.

    ``in_scope`` is about how many people the app is for. ``on_probation``: it was stopped for
    its failures, and one more before anything succeeds stops it again.
    """

    profile: Profile = SEATKEEPER
    in_scope: int = 0
    on_probation: bool = False
    initial: bool = False
    _latest: deque[bool] = field(default_factory=deque)
    _failed_latest: int = 0
    _failed: int = 0
    _done: int = 0
    _references: int = 0
    _row: int = 0
    _same: int = 0
    _cause: str = ""

    @classmethod
    def going_on(cls, kept: LatestWrites, profile: Profile, *, initial: bool) -> "Failing":
        """Return the writes of the cycles before, where this profile looks at the latest ones."""
        if profile.window is None:
            return cls(profile, initial=initial)
        failed = kept.latest.count(_REFUSED)
        return cls(
            profile,
            initial=initial,
            _latest=deque(letter == _REFUSED for letter in kept.latest),
            _failed_latest=failed,
            _failed=failed,
            _done=len(kept.latest) - failed,
            _row=kept.in_a_row,
            _same=kept.same,
            _cause=kept.cause,
        )

    def kept(self, digest: str) -> LatestWrites:
        """Return what the next cycle under these rules shall know."""
        latest = "".join(_REFUSED if failed else _TAKEN for failed in self._latest)
        return LatestWrites(digest, latest, self._row, self._same, self._cause)

    def succeeded(self, *, references: int = 0) -> None:
        """Count a write that the app took; ``references`` of it had to wait."""
        self._note(failed=False)
        self._done += 1
        self._references += references
        self._row = self._same = 0
        self.on_probation = False

    def failed(self, cause: str) -> str:
        """Count a write that the app refused; return why the app is stopped, or nothing."""
        self._note(failed=True)
        self._failed += 1
        self._row += 1
        self._same = self._same + 1 if cause == self._cause else 1
        self._cause = cause
        if self.initial and not self.profile.judges_initial:
            return ""
        return self._one_cause() or self._in_a_row() or self._too_many() or self._share()

    @property
    def window(self) -> int | None:
        """How many of the latest writes are looked at; none: all."""
        if self.profile.window is None:
            return None
        return max(self.profile.window, math.ceil(self.profile.window_share * self.in_scope))

    def _note(self, *, failed: bool) -> None:
        window = self.window
        if window is None:
            return
        self._latest.append(failed)
        self._failed_latest += failed
        while len(self._latest) > window:
            self._failed_latest -= self._latest.popleft()

    def _one_cause(self) -> str:
        if self.profile.same is not None and self._same >= self.profile.same:
            return f"The last {self._same} writes failed for one cause, {self._cause}."
        return ""

    def _in_a_row(self) -> str:
        if self.on_probation:
            return f"A write failed again, before anything succeeded ({self._cause})."
        few = self._failed + self._done < (self.profile.window or 0)
        if self.profile.in_a_row is not None and few and self._row >= self.profile.in_a_row:
            return f"The last {self._row} writes failed."
        return ""

    def _too_many(self) -> str:
        most, with_references = self.profile.most, self.profile.most_with_references
        if most is not None and self._failed > most:
            return f"{number_of(self._failed, 'write')} failed in this cycle."
        if with_references is not None and self._failed + self._references > with_references:
            return (
                f"{number_of(self._failed, 'write')} failed in this cycle, and "
                f"{number_of(self._references, 'reference')} had to wait."
            )
        return ""

    def _share(self) -> str:
        window = self.window
        if window is None:
            tried, failed = self._failed + self._done, self._failed
            reached = failed >= self.profile.least and failed > self.profile.share * tried
        else:
            tried, failed = len(self._latest), self._failed_latest
            reached = tried >= window and failed >= self.profile.share * tried
        return f"{failed:,} of the last {number_of(tried, 'write')} failed." if reached else ""
