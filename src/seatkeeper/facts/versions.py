"""One version of an app's settings, as plain data."""

from seatkeeper.configuration.versions import ListedVersion
from seatkeeper.facts.plain import Plain


def version_plain(one: ListedVersion) -> Plain:
    """Return one version: who made it when, and what it changed."""
    at = one.version.at
    return {
        "version": one.version.version,
        "present": one.present,
        "at": at.isoformat() if at else None,
        "actor": one.version.actor,
        "changes": list(one.lines),
        "restored_from": one.same_as if one.lines else None,
    }
