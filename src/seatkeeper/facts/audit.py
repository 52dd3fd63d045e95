"""What entries of the audit trail are about, people and groups by name. Pure."""

from collections.abc import Mapping
from typing import Final

from seatkeeper.ports import AuditEntry
from seatkeeper.provisioning.membership import some_of

_ABOUT_RECORDS: Final = ("user.", "group.", "assignment.", "removal.", "inbound.")


def records_of(entry: AuditEntry) -> list[str]:
    """Return the ids of people and groups that an entry of the audit trail is about."""
    if not entry.action.startswith(_ABOUT_RECORDS):
        return []
    return [entry.subject.rpartition("/")[2], *_moved(entry.before), *_moved(entry.after)]


def about_entry(entry: AuditEntry, names: Mapping[str, str]) -> str:
    """Return what an entry of the audit trail is about, people and groups by name if known."""
    app, slash, record = entry.subject.rpartition("/")
    about = f"{app}{slash}{names.get(record, record)}"
    moves = [
        f"{word} {some_of(ids, names).text}"
        for word, ids in (("added", _moved(entry.after)), ("removed", _moved(entry.before)))
        if ids
    ]
    return f"{about}: {'; '.join(moves)}" if moves else about


def _moved(plain: Mapping[str, object] | None) -> list[str]:
    """Return the members that one side of an entry names."""
    found = [(plain or {}).get(name) for name in ("added", "removed")]
    return [str(one) for ids in found if isinstance(ids, list) for one in ids]
