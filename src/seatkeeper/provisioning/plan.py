"""Decide what must happen to one account in the app.

    source change -> scope -> map -> match -> [plan] -> export -> log

This is the last pure station. All it knows arrives as arguments: what scope
and mappings want, the link with the values last known, the account that
matching found. A preview, a unit test and a live cycle get the same answer.

The rows of the decision table (provisioning behaviour 3) are the branches
below; ``docs/decision-table.md`` shows them side by side. It does not decide
when to try again (``outcome``), nor whether a cycle removes too many
(``guard``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.account import Account, TargetValue, TargetValues, ValueChange
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.mapping.evaluate import Desired, access_without_record
from seatkeeper.provisioning.mapping.model import Applies, Mapping, ObjectMapping
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.scope import Scope


class Reason(StrEnum):
    """Why nothing is sent; the codes that administrators know from the reference."""

    IN_SYNC = "RedundantExport"
    NOT_ENTITLED = "NotEffectivelyEntitled"
    CANNOT_DELETE = "DeleteNotSupported"
    SWITCHED_OFF = "ActionSwitchedOff"
    LEFT_ALONE = "SkipOutOfScopeDeletions"


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


def plan_linked(
    kind: Kind,
    link: Link,
    scope: Scope,
    desired: Desired | None,
    access: TargetValues,
    rules: Rules,
) -> Action:
    """Choose the action for a record that has a link (rows 6-12, 14, 15, 18, 22).

    ``desired`` may be none for a person out of scope whose values could not be
    made: only access matters then. ``access`` are the values that take it away.
    """
    mapping = _mapping(kind, rules)
    if rules.skip_out_of_scope_deletions and scope.active and not scope.entitled:
        # Only leaving the scope is forgiven; disabled or deleted at the source still counts.
        return Skip(Reason.LEFT_ALONE, f"{scope.reason}; SkipOutOfScopeDeletions leaves it alone")
    if kind is Kind.GROUP and not scope.entitled:
        return _plan_removal(kind, link, rules, f"The group {scope.reason}.")
    if kind is Kind.USER and not scope.usable and _only_deletes(rules):
        return _plan_removal(kind, link, rules, f"{scope.reason[:1].upper()}{scope.reason[1:]}.")
    if not scope.entitled or desired is None:
        return _plan_departure(link, mapping, access, scope.reason)
    changes = differences(link.known, desired, mapping)
    if not changes:
        return Skip(Reason.IN_SYNC, "The account already is as it should be.")
    if not mapping.update:
        return Skip(Reason.SWITCHED_OFF, "Updates are switched off for this app.")
    if not scope.usable and _takes_access(changes, mapping):
        return Disable(link.account_id, changes)
    return Update(link.account_id, changes)


def plan_gone(kind: Kind, link: Link, rules: Rules) -> Action:
    """Choose the action for a linked record that is purged from the directory (row 13, 18)."""
    return _plan_removal(kind, link, rules, "Purged from the directory.")


def plan_unlinked(kind: Kind, found: Account | None, desired: Desired, rules: Rules) -> Action:
    """Choose the action for an entitled, active record without link (rows 1, 2)."""
    mapping = _mapping(kind, rules)
    if found is None:
        if not mapping.create:
            return Skip(Reason.SWITCHED_OFF, "Creating accounts is switched off for this app.")
        return Create({**desired.on_create, **desired.always})
    changes = differences(found.values, desired, mapping, adopting=True)
    if changes and mapping.update:
        return Update(found.id, changes, found)
    return Adopt(found.id, found)


def plan_stranger(scope: Scope) -> Skip | None:
    """Return the skip for a record without link that must not get one (rows 4, 5), else none."""
    if scope.usable:
        return None
    return Skip(Reason.NOT_ENTITLED, scope.reason)


def differences(
    known: TargetValues, desired: Desired, mapping: ObjectMapping, *, adopting: bool = False
) -> tuple[ValueChange, ...]:
    """Return the changes that take ``known`` to ``desired``, in the order of the mappings.

    A path that is wanted empty is cleared only if we ever wrote or wanted a
    value there: what an adopted account holds beside our values stays
    (``adopting``). Case is compared by the attribute's rule, several values as
    a set.
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
        if new is None and (adopting or old is None):
            continue
        if not same(one, old, new, adopting=adopting):
            changes.append(ValueChange(path, old, new))
    return tuple(changes)


def _allowed(
    mapping: Mapping, old: TargetValue | None, new: TargetValue | None
) -> TargetValue | None:
    """Return the value that the mapping's way of flowing lets the account have."""
    match mapping.applies:
        case Applies.IF_EMPTY:
            return new if old is None else old
        case Applies.VALUE_ADD | Applies.MULTI_VALUE_ADD:
            if isinstance(old, tuple) and isinstance(new, tuple):
                gained = tuple(one for one in new if one not in old)
                return (*old, *gained)
            return old if new is None else new
        case _:
            return new


def same(
    mapping: Mapping, old: TargetValue | None, new: TargetValue | None, *, adopting: bool = False
) -> bool:
    """Whether two values are one and the same to the app.

    An adopted account keeps its own spelling of a value that it was found by.
    """
    if isinstance(old, tuple) and isinstance(new, tuple):
        return set(old) == set(new)
    if adopting and mapping.matching and not mapping.case_exact:
        return str(old).casefold() == str(new).casefold()
    return old == new


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


def _mapping(kind: Kind, rules: Rules) -> ObjectMapping:
    mapping = rules.mapping(kind)
    if mapping is None:
        message = f"the {kind} mapping of {rules.app_id} is off; nothing of it is planned"
        raise ValueError(message)
    return mapping


def _plan_departure(link: Link, mapping: ObjectMapping, access: TargetValues, why: str) -> Action:
    if not access:
        return Skip(Reason.NOT_ENTITLED, f"{why}, and no mapping takes access away")
    changes = _access_changes(link, mapping, access)
    if not changes:
        return Skip(Reason.IN_SYNC, f"{why}; the account is already inactive")
    if not mapping.update:
        return Skip(Reason.SWITCHED_OFF, f"{why}, but updates are switched off for this app")
    return Disable(link.account_id, changes)


def _access_changes(
    link: Link, mapping: ObjectMapping, access: TargetValues
) -> tuple[ValueChange, ...]:
    found = []
    for path, new in access.items():
        one, old = mapping.of(path), link.known.get(path)
        if one is not None and not same(one, old, new):
            found.append(ValueChange(path, old, new))
    return tuple(found)


def _plan_removal(kind: Kind, link: Link, rules: Rules, why: str) -> Action:
    """Delete where the app can; elsewhere losing access matters, losing the row does not."""
    mapping = _mapping(kind, rules)
    if rules.can_delete(kind):
        return Delete(link.account_id)
    if not mapping.delete:
        return Skip(Reason.SWITCHED_OFF, f"{why} Deleting is switched off for this app.")
    cannot = f"{rules.app_name} cannot delete accounts"
    access = access_without_record(mapping)
    if kind is Kind.GROUP or not access or not mapping.update:
        return Skip(Reason.CANNOT_DELETE, f"{why} {cannot}; it stays as it is.", release=True)
    changes = _access_changes(link, mapping, access)
    if not changes:
        return Skip(Reason.CANNOT_DELETE, f"{why} {cannot}; it already is inactive.", release=True)
    return Disable(link.account_id, changes, release=True)


def _only_deletes(rules: Rules) -> bool:
    """Whether the app knows no inactive accounts, so that leaving means deleting."""
    return not rules.capabilities.users.disable


def _takes_access(changes: Sequence[ValueChange], mapping: ObjectMapping) -> bool:
    return any(change.path in mapping.access_paths for change in changes)
