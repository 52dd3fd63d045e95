"""What is taken away from somebody: its kinds, and how a change is told to be one.

    source change -> scope -> map -> match -> [plan] -> export -> log

Pure: from the changes of one account to what it loses by them. Whether that may leave is the
guard's to say (``guard``), and whether somebody loses access at all the walk's.
"""

import hashlib
from collections.abc import Collection, Sequence
from enum import StrEnum

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.account import TargetValue, TargetValues, ValueChange
from seatkeeper.provisioning.mapping.evaluate import access_without_record
from seatkeeper.provisioning.mapping.model import ObjectMapping


class Removal(StrEnum):
    """What is taken away. Each has limits of its own, but for an administrator's ``RIGHTS``."""

    ACCESS = "access"
    GROUP = "group"
    MEMBERS = "members"
    VALUE = "value"
    RIGHTS = "rights"


def taken_by(
    changes: Sequence[ValueChange], mapping: ObjectMapping
) -> tuple[tuple[str, ...], bool]:
    """Return the paths whose loss a change is guarded for, and whether they tell access.

    What tells access weighs more than any value that becomes empty with it: then only it is
    returned. ``active`` of a person always tells it (RFC 7643 4.1.1), by whatever rule it is
    written, and an empty one takes access away as surely as ``false`` does.
    """
    access = tuple(one.path for one in changes if _ends_access(one, mapping))
    empty = tuple(one.path for one in changes if one.new is None and one.old is not None)
    return access or empty, bool(access)


def _ends_access(one: ValueChange, mapping: ObjectMapping) -> bool:
    if one.path not in _access_paths(mapping) or one.old is None or _is_no(one.old):
        return False
    if one.new is None or _is_no(one.new):
        return True
    without = access_without_record(mapping).get(one.path)
    return one.new == without and one.old != without


def _access_paths(mapping: ObjectMapping) -> frozenset[str]:
    active = frozenset({"active"}) if mapping.kind is Kind.USER else frozenset[str]()
    return mapping.access_paths | active


def _is_no(value: TargetValue) -> bool:
    return str(value).casefold() == "false"


def has_arrived(
    what: Removal,
    changes: Sequence[ValueChange],
    known: TargetValues,
    mapping: ObjectMapping,
) -> bool:
    """Whether an account that was read back shows any of what a removal without an answer took.

    ``known`` are its values now. What else was changed beside the removal does not count.
    """
    if what is Removal.ACCESS:
        taken = [one for one in changes if one.path in _access_paths(mapping)] or changes
    else:
        taken = [one for one in changes if one.new is None]
    return any(known.get(one.path) == one.new for one in taken)


def removal_digest(what: Removal, account_id: str, lost: Collection[str] = ()) -> str:
    """Return what stands for exactly one removal: which account, and what it loses."""
    said = "\n".join((what.value, account_id, *sorted(lost)))
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()
