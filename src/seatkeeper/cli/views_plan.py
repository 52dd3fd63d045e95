"""The facts of a plan that commands print, as plain data."""

from seatkeeper.cli.views import Plain
from seatkeeper.provisioning.log import Step
from seatkeeper.provisioning.preview import PlannedRecord, Preview, by_cause


def plan_plain(preview: Preview, *, kept_in: str = "") -> Plain:
    """Return a plan as one document: grouped by cause, and record by record."""
    return {
        "app": preview.app_id,
        "kind": preview.kind,
        "rules": preview.digest,
        "from_change": preview.from_seq,
        "to_change": preview.to_seq,
        "changes_planned": bool(preview.to_do),
        "counts": dict(preview.counters),
        "lookups": preview.lookups,
        "note": preview.note,
        "file": kept_in or None,
        "causes": [
            {
                "cause": one.cause,
                "counts": dict(one.counts),
                "records": [record_plain(record) for record in one.records],
            }
            for one in by_cause(preview.records)
        ],
    }


def record_plain(record: PlannedRecord) -> Plain:
    """Return one record of a plan."""
    return {
        "kind": record.kind.value,
        "record": record.record_id,
        "display_name": record.display_name,
        "action": record.verb.value,
        "account": record.account_id,
        "reason": record.reason,
        "code": record.code,
        "advice": record.advice,
        "changes": [{"path": m.path, "old": m.old, "new": m.new} for m in record.changes],
        "requests": list(record.requests),
        "waiting": list(record.waiting),
        "steps": steps_plain(record.steps),
    }


def steps_plain(steps: tuple[Step, ...]) -> list[Plain]:
    """Return the four steps of a record."""
    return [
        {
            "name": step.name,
            "type": step.type,
            "status": step.status.value,
            "text": step.text,
            "details": dict(step.details),
        }
        for step in steps
    ]
