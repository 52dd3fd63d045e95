"""Ask for a part of the provisioning log: which outcomes, of whom, when.

    source change -> scope -> map -> match -> plan -> export -> [log]

Pure: says in one word how an entry of the log ended, and describes a question
about the log. Reading it is the ledger's work.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from seatkeeper.provisioning.log import LogEntry, Status
from seatkeeper.provisioning.plan import Reason


class Outcome(StrEnum):
    """How an entry of the log ended, as people look for it."""

    DONE = "done"
    FAILED = "failed"
    HELD = "held"
    UNCHANGED = "no-change"
    OUT_OF_SCOPE = "out-of-scope"


COUNTED: Final = 10_000
"""Lists count exactly up to here, and say 10,000+ beyond."""

OUT_OF_SCOPE: Final = (Reason.NOT_ENTITLED.value, Reason.LEFT_ALONE.value)
HELD: Final = (Reason.HELD.value,)
TOLD_UNASKED: Final = frozenset({Outcome.DONE, Outcome.FAILED, Outcome.HELD})
"""What a list shows to whoever asks for nothing in particular."""


def outcome_of(entry: LogEntry) -> Outcome:
    """Return how an entry ended."""
    if entry.status is Status.FAILURE:
        return Outcome.FAILED
    if entry.status is not Status.SKIPPED:
        return Outcome.DONE
    if entry.code in HELD:
        return Outcome.HELD
    return Outcome.OUT_OF_SCOPE if entry.code in OUT_OF_SCOPE else Outcome.UNCHANGED


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which entries are asked for; what is empty asks for nothing in particular.

    ``since`` is the first moment that counts, ``until`` the first that does not.
    """

    app_id: str = ""
    record_id: str = ""
    cycle_id: str = ""
    action: str = ""
    code: str = ""
    outcomes: frozenset[Outcome] = TOLD_UNASKED
    since: dt.datetime | None = None
    until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Events:
    """A page of the log, newest first, each with its running number.

    ``more``: older ones fit as well. ``looked_to``: everything down to this
    number was looked at, and there is older log that was not; none: all of it was.
    ``count`` is how many fit, up to ``most``; none where nobody asked or not all
    was looked at.
    """

    entries: Sequence[tuple[int, LogEntry]]
    more: bool
    looked_to: int | None
    newer: bool
    count: int | None
