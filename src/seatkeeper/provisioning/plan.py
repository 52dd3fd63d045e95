"""What can happen to one account, and how it differs from what it should be.

    source change -> scope -> map -> match -> [plan] -> export -> log

Actions, and the differences that they carry. Which action it is, row by row,
is ``decision``; when to try again is ``outcome``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from seatkeeper.provisioning.account import Account, TargetValue, TargetValues, ValueChange
from seatkeeper.provisioning.mapping.evaluate import Desired, access_without_record
from seatkeeper.provisioning.mapping.model import Applies, Mapping, ObjectMapping
from seatkeeper.provisioning.mapping.typed import each_once


class Reason(StrEnum):
    """Why nothing is sent; the codes that administrators know from the reference."""

    IN_SYNC = "RedundantExport"
    NOT_ENTITLED = "NotEffectivelyEntitled"
    CANNOT_DELETE = "DeleteNotSupported"
    SWITCHED_OFF = "ActionSwitchedOff"
    LEFT_ALONE = "SkipOutOfScopeDeletions"
    PASSED_ON = "AccountPassedOn"
    HELD = "RemovalHeld"
    UNDONE = "ChangeUndone"
    CANNOT_UNDO = "CannotBeUndone"


@dataclass(frozen=True, slots=True)
class Create:
    """Make an account with these values."""

    values: TargetValues


@dataclass(frozen=True, slots=True)
class Update:
    """Send these differences. With ``found`` the account is also linked."""

    account_id: str
    changes: tuple[ValueChange, ...]
    found: Account | None = None


@dataclass(frozen=True, slots=True)
class Disable:
    """Take access away, with whatever else differs. ``release`` ends the link afterwards."""

    account_id: str
    changes: tuple[ValueChange, ...]
    release: bool = False


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete the account for good."""

    account_id: str


@dataclass(frozen=True, slots=True)
class Adopt:
    """Link the account that matching found; it already is as it should be."""

    account_id: str
    found: Account


@dataclass(frozen=True, slots=True)
class Skip:
    """Do nothing, and say why. ``release`` ends the link of a record that is gone."""

    reason: Reason
    text: str
    release: bool = False


Action: TypeAlias = Create | Update | Disable | Delete | Adopt | Skip


def differences(
    known: TargetValues, desired: Desired, mapping: ObjectMapping, *, adopting: bool = False
) -> tuple[ValueChange, ...]:
    """Return the changes that take ``known`` to ``desired``, in the order of the mappings.

    A path that is wanted empty is cleared only if we ever wrote or wanted a
    value there: what an adopted account holds beside our values stays
    (``adopting``). Letter case counts by the attribute's rule, several values
    are compared as a set.
    """
    if known == desired.always and not desired.untouched:
        return ()  # nearly everybody, in nearly every cycle
    changes = []
    for one in mapping.mappings:
        path = one.target
        if path in desired.untouched or one.applies is Applies.ON_CREATE:
            continue
        if path in desired.on_create and path not in desired.always:
            continue
        old = known.get(path)
        new = _allowed(one, old, desired.always.get(path))
        if new is None and adopting:
            continue
        if not same(one, old, new):
            changes.append(ValueChange(path, old, new))
    return tuple(changes)


def _allowed(
    mapping: Mapping, old: TargetValue | None, new: TargetValue | None
) -> TargetValue | None:
    """Return the value that the mapping's way of flowing lets the account have."""
    match mapping.applies:
        case Applies.IF_EMPTY:
            return new if old is None else old
        case Applies.VALUE_ADD | Applies.MULTI_VALUE_ADD if new is None:
            return old
        case Applies.VALUE_ADD | Applies.MULTI_VALUE_ADD if isinstance(new, tuple):
            return tuple(each_once(mapping, (*_texts(old), *new)).values())
        case _:
            return _spelt(mapping, old, new)


def same(mapping: Mapping, old: TargetValue | None, new: TargetValue | None) -> bool:
    """Whether two values are one and the same to the app.

    A pure change of letter case is a change only where the attribute is exact.
    """
    if old == new or old is None or new is None:
        return old == new
    return each_once(mapping, _texts(old)).keys() == each_once(mapping, _texts(new)).keys()


def _spelt(
    mapping: Mapping, old: TargetValue | None, new: TargetValue | None
) -> TargetValue | None:
    """Return a list with the values that stay as the account spells them."""
    if not isinstance(new, tuple):
        return new
    held = each_once(mapping, _texts(old))
    return tuple(held.get(key, text) for key, text in each_once(mapping, new).items())


def _texts(value: TargetValue | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (str(value),)


def known_after(known: TargetValues, changes: Sequence[ValueChange]) -> dict[str, TargetValue]:
    """Return the values known once ``changes`` were carried out."""
    after = dict(known)
    for change in changes:
        if change.new is None:
            after.pop(change.path, None)
        else:
            after[change.path] = change.new
    return after


def known_there(
    account: Account, before: TargetValues, changes: Sequence[ValueChange]
) -> dict[str, TargetValue]:
    """Return what is known of an account just read: the paths known before, and those sent."""
    paths = [*before, *(change.path for change in changes if change.path not in before)]
    return {path: account.values[path] for path in paths if path in account.values}


def gives_access_back(changes: Sequence[ValueChange], mapping: ObjectMapping) -> bool:
    """Whether these changes re-activate an account, so that its memberships count again."""
    inactive = access_without_record(mapping)
    return any(
        one.path in inactive and one.old == inactive[one.path] and one.new != inactive[one.path]
        for one in changes
    )


def known_of_adopted(found: Account, desired: Desired) -> dict[str, TargetValue]:
    """Return what a new link knows of an adopted account: only paths we want a value for."""
    return {path: found.values[path] for path in desired.always if path in found.values}


def access_changes(
    known: TargetValues, mapping: ObjectMapping, access: TargetValues
) -> tuple[ValueChange, ...]:
    """Return the changes that take access away; none where the account already has none."""
    found = []
    for path, new in access.items():
        one, old = mapping.of(path), known.get(path)
        if one is not None and not same(one, old, new):
            found.append(ValueChange(path, old, new))
    return tuple(found)
