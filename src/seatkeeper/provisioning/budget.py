"""Decide whether a request that failed may be tried again, so that retries never become a load.

Beside the walk, at its export. Pure but for what it counts: a bucket of tokens
that every request fills by a tenth and every retry empties by one. An app that
is well lets all single failures be tried again; a sick one is asked at most a
tenth more than it would be anyway (reliability 5).
"""

from dataclasses import dataclass
from typing import Final

SHARE: Final = 0.1
"""Retries per request."""

RESERVE: Final = 10.0
"""Retries that are there at first, and at most: small apps have failures, too."""


@dataclass
class RetryBudget:
    """What one app has left for retries, in one cycle."""

    left: float = RESERVE

    def asked(self) -> None:
        """Count a request that was made."""
        self.left = min(RESERVE, self.left + SHARE)

    def take(self) -> bool:
        """Return whether one more retry may be made, and count it."""
        if self.left < 1:
            return False
        self.left -= 1
        return True
