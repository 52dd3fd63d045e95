"""When an app's cycles run: how it is written in a document, checked, and compiled.

Before the walk. The rules themselves are pure and live in
``provisioning.schedule`` and ``provisioning.calendar``; time zones come from
the machine, which is why they are resolved here.
"""

import datetime as dt
import re
import zoneinfo
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
import yaml

from seatkeeper.configuration.reading import Reading
from seatkeeper.configuration.settings import INTERVAL, AppSettings, Reconciling, Timing
from seatkeeper.directory.people_row import shown
from seatkeeper.errors import InvalidValue
from seatkeeper.provisioning.calendar import Calendar, read_quiet, read_window
from seatkeeper.provisioning.schedule import Schedule

LONGEST_INTERVAL: Final = 366 * 86_400
SHORTEST_RECONCILING: Final = 60
MOST_WINDOWS: Final = 20
SCHEDULE_FIELDS: Final = ("every", *Timing.__struct_fields__)

_EVERY = re.compile(r"([1-9][0-9]{0,8})([smhd])")
_SECONDS: Final = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}


def print_interval(seconds: int) -> str:
    """Return ``40m`` for 2400: the largest unit that leaves no rest."""
    unit = next(unit for unit, size in _SECONDS.items() if seconds % size == 0)
    return f"{seconds // _SECONDS[unit]}{unit}"


def printed_schedule(settings: AppSettings) -> Mapping[str, object]:
    """Return the part ``schedule`` of a document; what is not set is left out."""
    return {
        "every": print_interval(settings.interval_seconds),
        **msgspec.to_builtins(settings.timing),
    }


def read_interval(reading: Reading, node: yaml.Node | None, otherwise: int = INTERVAL) -> int:
    """Return ``every`` in seconds, ``otherwise`` without one; a fault is noted with its place."""
    if node is None:
        return otherwise
    every = _EVERY.fullmatch(reading.text(node))
    if every is None:
        reading.fault(node, "every is a whole number with its unit: 30s, 40m, 2h or 1d.")
        return otherwise
    return int(every[1]) * _SECONDS[every[2]]


def read_timing(reading: Reading, fields: Mapping[str, yaml.Node]) -> Timing:
    """Return the rest of the part ``schedule``; whether it can be used is judged by the check."""
    return Timing(
        immediate=reading.boolean(fields.get("immediate"), default=False),
        windows=tuple(reading.text(one) for one in reading.items(fields.get("windows"))),
        quiet=tuple(reading.text(one) for one in reading.items(fields.get("quiet"))),
        time_zone=reading.text(fields.get("time_zone"), "UTC"),
    )


def read_reconciling(reading: Reading, node: yaml.Node | None) -> Reconciling:
    """Return how often the app is read again, and what follows."""
    fields = reading.fields(node, ("every", "action")) if node is not None else {}
    if node is not None and "every" not in fields:
        reading.fault(node, "reconcile needs how often: every: 7d.")
    action = reading.word(fields.get("action"), ("report", "repair"), "report")
    every = read_interval(reading, fields.get("every"), 0)
    return Reconciling(every, "repair" if action == "repair" else "report")


def printed_reconciling(reconcile: Reconciling) -> Mapping[str, object]:
    """Return the part ``reconcile`` of a document; empty where the app is not read again."""
    if not reconcile.every_seconds:
        return {}
    return {"every": print_interval(reconcile.every_seconds), "action": reconcile.action}


def timing_faults(settings: AppSettings) -> Iterator[tuple[str, str]]:
    """Yield field and text of every fault in when an app's cycles run."""
    if not 1 <= settings.interval_seconds <= LONGEST_INTERVAL:
        yield "interval_seconds", "The interval is 1 second to 366 days."
    every = settings.reconcile.every_seconds
    if every and not SHORTEST_RECONCILING <= every <= LONGEST_INTERVAL:
        yield "reconcile", "The app is read again every 1 minute to every 366 days."
    timing = settings.timing
    if len(timing.windows) > MOST_WINDOWS or len(timing.quiet) > MOST_WINDOWS:
        yield "timing", f"There are at most {MOST_WINDOWS} windows, and as many quiet hours."
        return
    try:
        calendar = calendar_of(timing)
    except InvalidValue as error:
        yield "timing", error.message
        return
    if calendar.next_opening(_ANY_DAY) is None:
        yield "timing", "No cycle would ever begin: windows and quiet hours leave no minute open."


def calendar_of(timing: Timing) -> Calendar:
    """Return the calendar. Raises ``InvalidValue`` for what is no window, hour or zone."""
    return Calendar(
        tuple(read_window(one) for one in timing.windows),
        tuple(read_quiet(one) for one in timing.quiet),
        _zone(timing.time_zone),
    )


def schedule_of(app_id: str, settings: AppSettings, version: int) -> Schedule:
    """Return what the runner needs to know of an app."""
    return Schedule(
        app_id,
        settings.status == "on" and settings.mode == "automatic",
        dt.timedelta(seconds=settings.interval_seconds),
        version,
        settings.timing.immediate,
        calendar_of(settings.timing),
        dt.timedelta(seconds=every) if (every := settings.reconcile.every_seconds) else None,
        settings.reconcile.action == "repair",
    )


_ANY_DAY: Final = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)


def _zone(name: str) -> dt.tzinfo:
    if name == "UTC":
        return dt.UTC
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidValue(
            f"This machine knows no time zone {shown(name)}; zones are called Europe/Berlin or UTC."
        ) from error
