"""Entries of the log and their changes, as plain data."""

from seatkeeper.facts.plain import Plain
from seatkeeper.provisioning.log import LogEntry, Modified, Step
from seatkeeper.provisioning.naming import NOBODY, Called, by_name


def change_plain(change: Modified, called: Called = NOBODY) -> Plain:
    """Return one change, beside the account of a manager or member also their name if known."""
    named = by_name(change, called)
    names = {"old_name": named.old, "new_name": named.new} if named != change else {}
    return {"path": change.path, "old": change.old, "new": change.new, **names}


def log_plain(number: int, entry: LogEntry, called: Called = NOBODY) -> Plain:
    """Return one log entry with everything it knows."""
    return {
        "number": number,
        "id": entry.id,
        "at": entry.at.isoformat(timespec="milliseconds"),
        "app": entry.app_id,
        "cycle": entry.cycle_id,
        "kind": entry.kind.value,
        "record": entry.record_id,
        "display_name": entry.display_name,
        "account": entry.account_id,
        "action": entry.action,
        "status": entry.status.value,
        "code": entry.code,
        "reason": entry.reason,
        "changes": [change_plain(one, called) for one in entry.modified],
        "steps": [step_plain(step) for step in entry.steps],
        "requests": [dict(one) for one in entry.exchanges],
        "milliseconds": entry.milliseconds,
    }


def step_plain(step: Step) -> Plain:
    """Return one step of the way, with its details."""
    return {
        "name": step.name,
        "type": step.type,
        "status": step.status.value,
        "text": step.text,
        "details": dict(step.details),
    }
