"""The small values that every page shows: a moment, a state, a number with its sign.

After the walk, pure. They say nothing of what is shown, only how it is handed on.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from seatkeeper.console.words import clock

Plain: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Time:
    """One moment: ``iso`` for machines, ``text`` for people."""

    iso: str
    text: str


@dataclass(frozen=True, slots=True)
class Pill:
    """The state of an app in a few words; ``tone`` names its colour."""

    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class Count:
    """One number of a cycle with the name of its icon and its word."""

    sign: str
    text: str
    tone: str


def time_at(at: dt.datetime, now: dt.datetime) -> Time:
    """Return a moment as it is said at another."""
    return Time(at.isoformat(timespec="seconds"), clock(at, now))


@dataclass(frozen=True, slots=True)
class Change:
    """One value as it was and as it is or would be; empty where there is none."""

    path: str
    source: str
    old: str
    new: str
    same: bool = False
