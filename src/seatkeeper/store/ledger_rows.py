"""Between the journal's values and their rows, both ways; nothing is read or written here."""

from collections.abc import Mapping, Sequence
from typing import Any

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.account import Account, ValueChange
from seatkeeper.provisioning.cycle import Counters, Cycle, CycleKind, CycleState
from seatkeeper.provisioning.journal import Entry, EntryState, Escrow, Health, HealthState
from seatkeeper.provisioning.log import LogEntry, Modified, Status, Step


def cycle_row(cycle: Cycle) -> dict[str, Any]:
    """Return a cycle's row."""
    return {
        "id": cycle.id,
        "app_id": cycle.app_id,
        "number": cycle.number,
        "kind": cycle.kind,
        "state": cycle.state,
        "from_seq": cycle.from_seq,
        "to_seq": cycle.to_seq,
        "digest": cycle.digest,
        "started": cycle.started,
        "ended": cycle.ended,
        "counters": cycle.counters.to_plain(),
        "total": cycle.total,
        "done": cycle.done,
        "note": cycle.note,
    }


def cycle_of(row: Any) -> Cycle:
    """Return the cycle of a row."""
    return Cycle(
        row.id,
        row.app_id,
        row.number,
        CycleKind(row.kind),
        CycleState(row.state),
        row.from_seq,
        row.to_seq,
        row.digest,
        row.started,
        row.ended,
        Counters.from_plain(row.counters),
        row.total,
        row.done,
        row.note,
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
        "changes": [[one.path, _plain(one.old), _plain(one.new)] for one in entry.changes],
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
        [ValueChange(path, _value(old), _value(new)) for path, old, new in row.changes],
        Account(row.found_id, row.found) if row.found_id else None,
        row.reason,
        row.retry,
        row.in_doubt,
        row.exchanges,
    )


def escrow_row(app_id: str, escrow: Escrow) -> dict[str, Any]:
    """Return an escrow's row."""
    return {
        "app_id": app_id,
        "kind": escrow.kind,
        "record_id": escrow.record_id,
        "display_name": escrow.display_name,
        "code": escrow.code,
        "message": escrow.message,
        "advice": escrow.advice,
        "attempts": escrow.attempts,
        "first_at": escrow.first_at,
        "last_at": escrow.last_at,
        "retry_at": escrow.retry_at,
    }


def escrow_of(row: Any) -> Escrow:
    """Return the escrow of a row."""
    return Escrow(
        Kind(row.kind),
        row.record_id,
        row.display_name,
        row.code,
        row.message,
        row.advice,
        row.attempts,
        row.first_at,
        row.last_at,
        row.retry_at,
    )


def health_row(app_id: str, health: Health) -> dict[str, Any]:
    """Return the row of an app's health."""
    return {
        "app_id": app_id,
        "state": health.state,
        "code": health.code,
        "message": health.message,
        "advice": health.advice,
        "since": health.since,
        "attempts": health.attempts,
        "next_try": health.next_try,
    }


def health_of(row: Any) -> Health:
    """Return the health of a row."""
    return Health(
        HealthState(row.state),
        row.code,
        row.message,
        row.advice,
        row.since,
        row.attempts,
        row.next_try,
    )


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
    )


def _steps(plain: Sequence[Sequence[Any]]) -> list[Step]:
    return [
        Step(name, kind, Status(status), text, _details(details))
        for name, kind, status, text, details in plain
    ]


def _details(plain: Mapping[str, Any]) -> dict[str, object]:
    return dict(plain)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _value(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
