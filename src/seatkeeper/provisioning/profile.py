"""How patient the engine is with an app: our numbers, or those that the reference publishes.

Beside the walk, and pure: numbers only. Ours fit an app of twenty people and one
of two hundred thousand; the profile ``reference`` behaves as the reference service
is documented to (retries after 6, 12 and 24 hours; 5,000 failures and 40 %, 40,000,
60,000). Whoever compares the two, or moves over, chooses it per app.
"""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ProfileName(StrEnum):
    """What settings call a profile."""

    SEATKEEPER = "seatkeeper"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Profile:
    """When a record is tried again, and how many failures stop an app.

    ``steps`` are the waits after the first failures of a record, then ``daily``, for ``days``.
    An app stops where ``share`` of its latest writes failed: of the last ``window``, or of
    ``window_share`` of the people in scope where that is more; no window: of all writes of the
    cycle, and only from ``least`` failures on. ``in_a_row`` failures stop it while fewer than a
    window were tried, ``same`` failures in a row of one cause always. ``most`` failures stop it
    whatever their share, ``most_with_references`` counts references that had to wait, too. A first
    cycle is judged only where ``judges_initial``.
    """

    name: ProfileName
    steps: tuple[dt.timedelta, ...]
    share: float
    least: int = 0
    window: int | None = None
    window_share: float = 0.0
    in_a_row: int | None = None
    same: int | None = None
    most: int | None = None
    most_with_references: int | None = None
    judges_initial: bool = True
    daily: dt.timedelta = dt.timedelta(days=1)
    days: int = 28


_HOUR: Final = dt.timedelta(hours=1)

SEATKEEPER: Final = Profile(
    ProfileName.SEATKEEPER,
    steps=(_HOUR / 4, _HOUR, 6 * _HOUR, 12 * _HOUR),
    share=0.5,
    window=10,
    window_share=0.05,
    in_a_row=5,
    same=20,
)

REFERENCE: Final = Profile(
    ProfileName.REFERENCE,
    steps=(6 * _HOUR, 6 * _HOUR, 12 * _HOUR),  # 6, 12 and 24 hours after the first failure
    share=0.4,
    least=5_000,
    most=40_000,
    most_with_references=60_000,
    judges_initial=False,
)

PROFILES: Final = {one.name: one for one in (SEATKEEPER, REFERENCE)}
