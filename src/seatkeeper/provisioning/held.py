"""What waits for a word, counted: by reason for Approvals, by kind for whoever only needs a number.

    source change -> scope -> map -> match -> [plan] -> export -> log

Pure, beside ``guard``, which decides what is held. A hundred thousand removals may wait, so
pages that say how many are told sums, never the removals themselves.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from seatkeeper.provisioning.removal import Removal


@dataclass(frozen=True, slots=True)
class HeldKind:
    """How many removals of one kind wait in one app, and since when the first of them does."""

    what: Removal
    count: int
    since: dt.datetime


@dataclass(frozen=True, slots=True)
class HeldTogether:
    """What waits in one app for one reason: how many of each kind, since when, how many asked for.

    ``id`` is that of one of them.
    """

    app_id: str
    why: str
    id: str
    counts: Mapping[Removal, int]
    since: dt.datetime
    asked: int = 0


@dataclass(frozen=True, slots=True)
class HeldPlace:
    """How far the list of what waits was read: the last one's ``since`` and ``id``."""

    since: dt.datetime
    id: str
