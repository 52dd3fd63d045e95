"""Between the journal's values and their rows, both ways; nothing is read or written here."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.account import Account, ValueChange
from seatkeeper.provisioning.cycle import Counters, Cycle, CycleKind, CycleState
from seatkeeper.provisioning.guard import Hold, HoldState
from seatkeeper.provisioning.history import Day
from seatkeeper.provisioning.journal import Entry, EntryState, Escrow, Health, HealthState
from seatkeeper.provisioning.log import LogEntry, Modified, Status, Step
from seatkeeper.provisioning.pace import pace_of
from seatkeeper.provisioning.quarantine import LatestWrites
from seatkeeper.provisioning.removal import Removal
from seatkeeper.provisioning.shrinking import Shrunk
from seatkeeper.provisioning.statistics import statistics_of

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")

_PACE: Final = "pace"


def cycle_row(cycle: Cycle) -> dict[str, Any]:
    """Return a cycle's row. Beside its statistics stands its pace, for as long as it runs."""
    columns = _columns(cycle)
    del columns["pace"]
    pace = {} if cycle.finished else {_PACE: cycle.pace.to_plain()}
    return {
        **columns,
        "counters": cycle.counters.to_plain(),
        "statistics": {**cycle.statistics.to_plain(), **pace},
    }


def cycle_of(row: Any) -> Cycle:
    """Return the cycle of a row."""
    return _read(
        Cycle,
        row,
        kind=CycleKind(row.kind),
        state=CycleState(row.state),
        counters=Counters.from_plain(row.counters),
        statistics=statistics_of(row.statistics),
        pace=pace_of(row.statistics.get(_PACE)),
    )


def day_row(day: Day) -> dict[str, Any]:
    """Return a day's row."""
    return {
        **_columns(day),
        "day": day.day.isoformat(),
        "counters": day.counters.to_plain(),
        "statistics": day.statistics.to_plain(),
    }


def day_of(row: Any) -> Day:
    """Return the day of a row."""
    return _read(
        Day,
        row,
        day=dt.date.fromisoformat(row.day),
        counters=Counters.from_plain(row.counters),
        statistics=statistics_of(row.statistics),
    )


def entry_row(cycle_id: str, entry: Entry) -> dict[str, Any]:
    """Return an entry's row."""
    found = entry.found
    return {
        "cycle_id": cycle_id,
        "kind": entry.kind,
        "record_id": entry.record_id,
        "display_name": entry.display_name,
        "state": entry.state,
        "verb": entry.verb,
        "level": entry.level,
        "changes": _plain_changes(entry.changes),
        "found_id": found.id if found else None,
        "found": dict(found.values) if found else None,
        "reason": entry.reason,
        "retry": entry.retry,
        "in_doubt": entry.in_doubt,
        "exchanges": list(entry.exchanges),
    }


def entry_of(row: Any) -> Entry:
    """Return the entry of a row."""
    return Entry(
        Kind(row.kind),
        row.record_id,
        row.display_name,
        EntryState(row.state),
        row.verb,
        row.level,
        _changes(row.changes),
        Account(row.found_id, row.found) if row.found_id else None,
        row.reason,
        row.retry,
        row.in_doubt,
        row.exchanges,
    )


def escrow_row(app_id: str, escrow: Escrow) -> dict[str, Any]:
    """Return an escrow's row."""
    return {"app_id": app_id, **_columns(escrow), "doubt": _plain_changes(escrow.doubt)}


def escrow_of(row: Any) -> Escrow:
    """Return the escrow of a row."""
    return _read(Escrow, row, kind=Kind(row.kind), doubt=_changes(row.doubt))


def hold_row(app_id: str, hold: Hold) -> dict[str, Any]:
    """Return a hold's row."""
    return {"app_id": app_id, **_columns(hold)}


def hold_of(row: Any) -> Hold:
    """Return the hold of a row."""
    return _read(
        Hold,
        row,
        kind=Kind(row.kind),
        what=Removal(row.what),
        state=HoldState(row.state),
        shrunk=shrunk_of(row.shrunk),
    )


def shrunk_of(plain: object) -> Shrunk | None:
    """Return the part of a source that came back short, as a hold keeps it."""
    return None if plain is None else msgspec.convert(plain, Shrunk)


def _plain_changes(changes: Sequence[ValueChange]) -> list[list[object]]:
    return [[one.path, _plain(one.old), _plain(one.new)] for one in changes]


def _changes(plain: Sequence[Sequence[Any]]) -> list[ValueChange]:
    return [ValueChange(path, plain_value(old), plain_value(new)) for path, old, new in plain]


def health_row(app_id: str, health: Health) -> dict[str, Any]:
    """Return the row of an app's health."""
    return {"app_id": app_id, **_columns(health)}


def health_of(row: Any) -> Health:
    """Return the health of a row."""
    return _read(Health, row, state=HealthState(row.state))


def kept_row(app_id: str, kept: LatestWrites) -> dict[str, Any]:
    """Return the row of an app's latest writes."""
    return {"app_id": app_id, **_columns(kept)}


def kept_of(row: Any) -> LatestWrites:
    """Return the latest writes of a row."""
    return _read(LatestWrites, row)


def log_row(entry: LogEntry) -> dict[str, Any]:
    """Return the row of a log entry."""
    return {
        "id": entry.id,
        "app_id": entry.app_id,
        "cycle_id": entry.cycle_id,
        "at": entry.at,
        "kind": entry.kind,
        "record_id": entry.record_id,
        "display_name": entry.display_name,
        "action": entry.action,
        "status": entry.status,
        "account_id": entry.account_id,
        "code": entry.code,
        "reason": entry.reason,
        "steps": [
            [one.name, one.type, one.status, one.text, dict(one.details)] for one in entry.steps
        ],
        "modified": [[one.path, one.old, one.new] for one in entry.modified],
        "exchanges": list(entry.exchanges),
        "milliseconds": entry.milliseconds,
        "changes": [[one.path, _plain(one.old), _plain(one.new)] for one in entry.changes] or None,
    }


def log_of(row: Any) -> LogEntry:
    """Return the log entry of a row."""
    return LogEntry(
        row.id,
        row.app_id,
        row.cycle_id,
        row.at,
        Kind(row.kind),
        row.record_id,
        row.display_name,
        row.action,
        Status(row.status),
        row.account_id,
        row.code,
        row.reason,
        _steps(row.steps),
        [Modified(*one) for one in row.modified],
        row.exchanges,
        row.milliseconds,
        [
            ValueChange(path, plain_value(old), plain_value(new))
            for path, old, new in row.changes or ()
        ],
    )


def _columns(value: "DataclassInstance") -> dict[str, Any]:
    """Return the columns of a value that is kept under the names of its fields."""
    return {name: getattr(value, name) for name in _names(type(value))}


def _read(cls: Callable[..., T], row: Any, **parsed: Any) -> T:
    """Return a value from columns named like its fields, but for those that were ``parsed``."""
    plain = {name: getattr(row, name) for name in _names(cls) if name not in parsed}
    return cls(**plain, **parsed)


@cache
def _names(cls: Any) -> tuple[str, ...]:
    return tuple(one.name for one in fields(cls))


def _steps(plain: Sequence[Sequence[Any]]) -> list[Step]:
    return [
        Step(name, kind, Status(status), text, _details(details))
        for name, kind, status, text, details in plain
    ]


def _details(plain: Mapping[str, Any]) -> dict[str, object]:
    return dict(plain)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def plain_value(value: Any) -> Any:
    """Return a value of an account as it was, from plain data."""
    return tuple(value) if isinstance(value, list) else value
