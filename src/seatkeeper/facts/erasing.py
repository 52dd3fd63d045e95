"""What is kept of a person, and how far erasing them is, as plain data."""

from seatkeeper.facts.plain import Plain
from seatkeeper.ports.erasing import Erasable, Erasure


def erasable_plain(found: Erasable) -> Plain:
    """Return what would go."""
    return {
        "id": found.record_id,
        "name": found.name,
        "kept": dict(found.kept),
        "in_the_way": [one.what for one in found.in_the_way],
    }


def erasure_plain(erasure: Erasure) -> Plain:
    """Return what has gone."""
    return {
        "id": erasure.record_id,
        "done": erasure.done,
        "removed": dict(erasure.removed),
        "waits_for": list(erasure.waits),
        "at": erasure.at.isoformat() if erasure.at else None,
    }
