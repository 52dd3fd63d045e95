"""One removal that the deletion guard holds, as plain data."""

from seatkeeper.facts.plain import Plain
from seatkeeper.provisioning.guard import Hold
from seatkeeper.provisioning.shrinking import Shrunk


def hold_plain(app_id: str, hold: Hold) -> Plain:
    """Return one hold."""
    return {
        "id": hold.id,
        "app": app_id,
        "kind": hold.kind.value,
        "record": hold.record_id,
        "display_name": hold.display_name,
        "removal": hold.what.value,
        "count": hold.count,
        "why": hold.why,
        "reason": hold.reason,
        "since": hold.since.isoformat(),
        "state": hold.state.value,
        "decided_by": hold.decided_by or None,
        "decided_at": hold.decided_at.isoformat() if hold.decided_at else None,
        "word": hold.word or None,
        "until": hold.until.isoformat() if hold.until else None,
        "asked_by": hold.asked_by or None,
        "asked_at": hold.asked_at.isoformat() if hold.asked_at else None,
        "asked_word": hold.asked_word or None,
        "shrunk": None if hold.shrunk is None else shrunk_plain(hold.shrunk),
    }


def shrunk_plain(shrunk: Shrunk) -> Plain:
    """Return the part of a source that came back short."""
    return {
        "source": shrunk.part.source or None,
        "of": shrunk.part.of.value,
        "name": shrunk.part.label or None,
        "before": shrunk.before,
        "now": shrunk.now,
    }
