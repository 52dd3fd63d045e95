"""When is whose next cycle: interval, calendar, changes that shall arrive at once, turns.

Beside the walk, and pure: what is known and the moment come in, the decision
comes out. The runner asks it each time it looks round, so nothing here is kept
but a burst of changes and since when somebody waits.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from seatkeeper.provisioning.calendar import Calendar
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.provisioning.journal import Health, HealthState

SETTLES: Final = dt.timedelta(milliseconds=200)
"""So long no further change must come before a burst is carried out."""

LONGEST_BURST: Final = dt.timedelta(milliseconds=500)
"""So long a change waits at most for others of its burst."""

LEAST_SILENCE: Final = dt.timedelta(minutes=15)
"""However short its interval, an app is not called silent before."""


SET_BACK: Final = dt.timedelta(minutes=90)
"""No probe and no machine's clock is that far ahead: the clock was set back since."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """What the runner needs to know of one app: whether it is on, how often, and when.

    ``immediate``: a change of the directory is carried out at once, beside the interval.
    ``reconcile_every`` is how often the app is read again (none: only by hand), and
    ``repairs`` whether what differs is written again.
    """

    app_id: str
    on: bool
    interval: dt.timedelta
    version: int
    immediate: bool = False
    calendar: Calendar = field(default_factory=Calendar)
    reconcile_every: dt.timedelta | None = None
    repairs: bool = False

    def rests(self, now: dt.datetime) -> bool:
        """Whether a cycle of the schedule that runs shall wait after the batch at hand."""
        return not self.on or self.calendar.is_quiet(now)


@dataclass(frozen=True, slots=True)
class Burst:
    """Changes that came close together, and are carried out by one cycle."""

    newest: int
    first_at: dt.datetime
    last_at: dt.datetime

    def is_over(self, now: dt.datetime) -> bool:
        """Whether it settled, or has waited for long enough."""
        return now - self.last_at >= SETTLES or now - self.first_at >= LONGEST_BURST


def burst_after(
    before: Burst | None, *, newest: int, read_to: int, now: dt.datetime
) -> Burst | None:
    """Return the burst with what is in the feed now; none where all of it was read.

    A clock that was set back begins the burst anew, so that it never waits for that hour.
    """
    if newest <= read_to:
        return None
    if before is None or now < before.last_at:
        return Burst(newest, now, now)
    return before if before.newest == newest else Burst(newest, before.first_at, now)


def due_now(
    schedule: Schedule, last: Cycle | None, health: Health, tried_version: int, now: dt.datetime
) -> bool:
    """Decide whether an app's next cycle starts now, by its interval and its calendar.

    ``last`` is the newest cycle that is open or that moved the watermark;
    ``tried_version`` the settings' version at the last try: a saved change of
    the configuration is tried at once. The interval counts from a cycle's
    start, because that is how far its directory was read: what came while it
    waited for the app does not wait again. Moments that lie far ahead were written
    before the clock was set back; nobody waits for them.
    """
    if not schedule.on or not schedule.calendar.may_begin(now):
        return False
    if health.state is not HealthState.WELL:
        waited = health.next_try is None or _has_come(health.next_try, now)
        return waited or schedule.version != tried_version
    if last is None or not last.finished or schedule.version != tried_version:
        return True
    return now >= last.started + schedule.interval or _was_set_back(last.started, now)


def _has_come(moment: dt.datetime, now: dt.datetime) -> bool:
    return now >= moment or _was_set_back(moment, now)


def _was_set_back(noted: dt.datetime, now: dt.datetime) -> bool:
    return noted - now >= SET_BACK


def reconcile_due(
    schedule: Schedule, last: dt.datetime | None, health: Health, now: dt.datetime
) -> bool:
    """Decide whether an app is read again now; ``last`` is when that began last."""
    if schedule.reconcile_every is None or health.state is not HealthState.WELL:
        return False
    if not schedule.on or not schedule.calendar.may_begin(now):
        return False
    if last is None or _was_set_back(last, now):
        return True
    return now >= last + schedule.reconcile_every


def next_start(schedule: Schedule, last: Cycle | None, now: dt.datetime) -> dt.datetime | None:
    """Return when the schedule starts the next cycle, not before now; none where it never does."""
    if not schedule.on:
        return None
    waits = last is not None and last.finished and not _was_set_back(last.started, now)
    at = max(now, last.started + schedule.interval) if last is not None and waits else now
    return schedule.calendar.next_opening(at)


def is_silent(schedule: Schedule, began: dt.datetime, now: dt.datetime, intervals: int) -> bool:
    """Decide whether an app has been silent for so many intervals too long.

    ``began`` is when its last cycle began, of those that ended, or when an open one last got on.
    Hours in which no cycle may begin are no silence, nor is less than ``LEAST_SILENCE``.
    """
    due = began + max(intervals * schedule.interval, LEAST_SILENCE)
    opening = schedule.calendar.next_opening(due)
    if opening is None or not schedule.on:
        return False
    return now >= (opening if opening == due else opening + LEAST_SILENCE)


def in_turn(waiting: Mapping[str, dt.datetime], free: int) -> Sequence[str]:
    """Return whose cycles begin now, of those that are due, with so many places free.

    Whoever waits longest comes first, however often others are due.
    """
    return sorted(waiting, key=lambda app_id: (waiting[app_id], app_id))[: max(0, free)]


def deciding(cycles: Sequence[Cycle]) -> Cycle | None:
    """Return the cycle that a schedule counts from, of these (newest first), or none.

    One that is open comes first; one on demand covers only its own records.
    """
    counted = (one for one in cycles if not one.finished or one.covers_all)
    return next(counted, None)
