"""How long a sign-in lasts, how long a link works, and when signing in is slowed.

Pure, beside the walk: every decision is about moments that are handed in.
Sessions and failures are kept by the store. (Reliability and security, 12 and 15.)
"""

import datetime as dt
from collections.abc import Collection
from typing import Final

IDLE: Final = dt.timedelta(minutes=30)
ABSOLUTE: Final = dt.timedelta(hours=12)
LINK: Final = dt.timedelta(minutes=15)
WINDOW: Final = dt.timedelta(minutes=15)
FAILURES: Final = 10
FAILURES_FROM: Final = 30
"""Failures from one client address, whoever was typed: one machine that tries many names."""

LONGEST_PAUSE: Final = dt.timedelta(seconds=30)
CONFIRMED: Final = dt.timedelta(minutes=15)
"""So long a typed passphrase speaks for whoever sits there, for what cannot be taken back."""

AHEAD: Final = dt.timedelta(minutes=1)
"""So far in the future may lie what was noted: attempts overtake each other, and the clocks of
two machines differ. What lies further was noted by a clock that was put right since."""


def lately(at: dt.datetime, span: dt.timedelta, now: dt.datetime) -> bool:
    """Whether a moment lies less than ``span`` ago, and no further ahead than ``AHEAD``."""
    return -AHEAD <= now - at < span


def session_lives(began: dt.datetime, seen: dt.datetime, now: dt.datetime) -> bool:
    """Whether a session still counts: used in the last half hour, and begun in the last twelve."""
    return lately(seen, IDLE, now) and lately(began, ABSOLUTE, now)


def link_works(made: dt.datetime, used: dt.datetime | None, now: dt.datetime) -> bool:
    """Whether a one-time link can still be used; one made by a clock that was ahead cannot."""
    return used is None and lately(made, LINK, now)


def is_confirmed(confirmed: dt.datetime, now: dt.datetime) -> bool:
    """Whether the passphrase was typed so lately that nobody is asked for it again."""
    return lately(confirmed, CONFIRMED, now)


def slowed_until(
    failures: Collection[dt.datetime], now: dt.datetime, most: int = FAILURES
) -> dt.datetime | None:
    """Return when the next attempt is looked at, or none where it is at once.

    From failure number ``most`` in a quarter of an hour on, each doubles the pause,
    up to half a minute: never longer, so that strangers who keep failing cannot
    shut the owner out. An attempt in the pause must not be counted as a failure.
    """
    recent = [at for at in failures if lately(at, WINDOW, now)]
    if len(recent) < most:
        return None
    pause = min(dt.timedelta(seconds=2 ** min(len(recent) - most, 5)), LONGEST_PAUSE)
    until = max(recent) + pause
    return until if until > now else None
