"""Decide how fast an app is asked, from what it said about asking too fast.

Beside the walk, at its export, and pure: the moment is an argument. The limit
itself is a fact of the gallery file or an administrator's word; this is the
share of it that is used. An app that says "too many" is asked half as fast at
once; then a little more every few seconds, but not again as fast as when it
said so. Once a day it is tried whether it takes more (reliability 5, class slow).
"""

from dataclasses import dataclass, replace
from typing import Final

LEAST: Final = 0.01
"""The smallest share: an app that goes on refusing is held back by its Retry-After."""

TOGETHER: Final = 2.0
"""Seconds within which refusals count as one: they answer what left before it was slowed down."""

STEP: Final = 0.05
"""How much of the way up is gone at once."""

STEP_SECONDS: Final = 10.0
"""So long must go well before the next step."""

BELOW: Final = 0.95
"""How near the share comes to the one that was too much."""

FORGIVEN: Final = 24 * 3600.0
"""After so long without a refusal a little more is tried."""

MORE: Final = 1.1


@dataclass(frozen=True, slots=True)
class Rate:
    """The share of a limit in use. ``ceiling`` is the share that was too much; none: never was.

    Moments are seconds of one clock; one that was set back only delays the next step.
    """

    share: float = 1.0
    ceiling: float | None = None
    slowed_at: float = 0.0
    raised_at: float = 0.0

    def slowed(self, now: float) -> "Rate":
        """Return the rate after the app refused a request as one too many."""
        if self.ceiling is not None and 0 <= now - self.slowed_at < TOGETHER:
            return self
        return Rate(max(LEAST, self.share / 2), self.share, now, now)

    def eased(self, now: float) -> "Rate":
        """Return the rate after a request was not refused so."""
        if self.ceiling is None:
            return self
        if now < self.raised_at:
            return replace(self, raised_at=now, slowed_at=min(self.slowed_at, now))
        if now - self.raised_at < STEP_SECONDS:
            return self
        ceiling, slowed_at = self.ceiling, self.slowed_at
        if now - slowed_at >= FORGIVEN:
            ceiling, slowed_at = ceiling * MORE, now
            if ceiling * BELOW >= 1:
                return Rate()
        top = ceiling * BELOW
        return Rate(max(self.share, min(top, self.share + STEP * top)), ceiling, slowed_at, now)

    def to_plain(self) -> list[float | None]:
        """Return it as plain data; ``rate_of`` reads it back."""
        return [self.share, self.ceiling, self.slowed_at, self.raised_at]


def rate_of(plain: object) -> Rate:
    """Read a rate back; what cannot be read is as if nothing had been learned."""
    if isinstance(plain, list) and len(plain) == 4:
        share, ceiling, slowed_at, raised_at = plain
        numbers = [one for one in (share, ceiling, slowed_at, raised_at) if one is not None]
        if all(isinstance(one, int | float) for one in numbers) and share is not None:
            return Rate(
                min(1.0, max(LEAST, float(share))),
                None if ceiling is None else float(ceiling),
                float(slowed_at or 0),
                float(raised_at or 0),
            )
    return Rate()
