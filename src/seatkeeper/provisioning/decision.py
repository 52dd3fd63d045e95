"""The decision table: which action one record needs, the first row that fits.

    source change -> scope -> map -> match -> [plan] -> export -> log

This is the last pure station. All it knows arrives in a ``Situation``: what
scope and mappings want, the link with the values last known, the account that
matching found. A preview, a unit test and a live cycle get the same answer.

``TABLE`` is what ``docs/decision-table.md`` shows; its numbers are the rows of
the reference's table (provisioning behaviour 3). It does not decide when to
try again (``outcome``), nor whether a cycle removes too many (``guard``).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.account import Account, TargetValues, ValueChange
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.mapping.evaluate import Desired
from seatkeeper.provisioning.mapping.model import ObjectMapping
from seatkeeper.provisioning.plan import (
    Action,
    Adopt,
    Create,
    Delete,
    Disable,
    Reason,
    Skip,
    Update,
    access_changes,
    differences,
)
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.scope import Scope


@dataclass(slots=True)
class Situation:
    """All that the rows look at, of one record and one app.

    ``gone``: the directory no longer has the record. ``desired`` is none where
    nothing is wanted, or where the values of somebody who leaves could not be
    made. ``access`` are the values that take access away. ``spared`` are paths that
    are left alone because somebody undid them.
    """

    kind: Kind
    scope: Scope
    rules: Rules
    mapping: ObjectMapping
    link: Link | None = None
    desired: Desired | None = None
    access: TargetValues | None = None
    found: Account | None = None
    gone: bool = False
    spared: frozenset[str] = frozenset()
    _changes: tuple[ValueChange, ...] | None = None

    @property
    def changes(self) -> tuple[ValueChange, ...]:
        """What the account differs in: from all that is wanted, or only in access."""
        if self._changes is None:
            self._changes = self._differences()
        return self._changes

    @property
    def leaving(self) -> bool:
        """Whether only access matters now: out of scope, or gone."""
        return self.gone or not self.scope.entitled or self.desired is None

    @property
    def account_id(self) -> str:
        """The account this is about; rows about an account look first whether there is one."""
        return self.link.account_id if self.link else self.found.id if self.found else ""

    @property
    def why(self) -> str:
        """The reason of scope, as the beginning of a sentence."""
        return f"{self.scope.reason[:1].upper()}{self.scope.reason[1:]}"

    def _differences(self) -> tuple[ValueChange, ...]:
        if self.link is None:
            assert self.found is not None  # noqa: S101 - only rows with an account ask
            assert self.desired is not None  # noqa: S101 - nobody is matched without values
            return differences(self.found.values, self.desired, self.mapping, adopting=True)
        if self.leaving or self.desired is None:
            return access_changes(self.link.known, self.mapping, self.access or {})
        return differences(self.link.known, self.desired, self.mapping)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its numbers in the reference's table, the case and the answer in words and code."""

    numbers: str
    case: str
    answer: str
    fits: Callable[[Situation], bool]
    action: Callable[[Situation], Action]


def choose(situation: Situation) -> Action:
    """Return what the first row that fits says; the last one always fits."""
    return next(row for row in TABLE if row.fits(situation)).action(situation)


def unwanted(scope: Scope) -> Skip | None:
    """Return the skip for a record without link that must not get one (4, 5), else none."""
    return None if scope.usable else Skip(Reason.NOT_ENTITLED, scope.reason)


def _skip(reason: Reason, text: str) -> Callable[[Situation], Action]:
    if "{" not in text:
        always = Skip(reason, text)  # nearly everybody's answer, in nearly every cycle
        return lambda _: always
    return lambda now: Skip(
        reason, text.format(why=now.why, reason=now.scope.reason, app=now.rules.app_name)
    )


def _removed(now: Situation) -> bool:
    """Whether the whole account should go.

    Of a purged record, of a group out of scope, and of a person without access
    in an app that knows no inactive accounts.
    """
    if now.gone:
        return True
    if now.kind is Kind.GROUP:
        return not now.scope.entitled
    return not now.scope.usable and not now.rules.capabilities.users.disable


def _keeps_access(now: Situation) -> bool:
    """Whether nothing can take access away from an account that cannot be deleted."""
    able = now.kind is Kind.USER and now.rules.capabilities.users.disable
    return not able or not now.access or not now.mapping.update


def _cannot_delete(what: str) -> Callable[[Situation], Action]:
    def skip(now: Situation) -> Action:
        text = f"{now.why}. {now.rules.app_name} cannot delete accounts; it {what}."
        return Skip(Reason.CANNOT_DELETE, text, release=now.gone or now.kind is Kind.GROUP)

    return skip


def _create(now: Situation) -> Action:
    assert now.desired is not None  # noqa: S101 - nobody is matched without values
    return Create({**now.desired.always, **now.desired.on_create})


def _adopt(now: Situation) -> Action:
    assert now.found is not None  # noqa: S101 - the row looked
    return Adopt(now.found.id, now.found)


TABLE: Final[tuple[Row, ...]] = (
    # --- records without a link, once the app was asked about them ---
    Row("1", "no link, no account matches, creating is off", "skip ActionSwitchedOff",
        lambda now: now.link is None and now.found is None and not now.rules.can_create(now.kind),
        _skip(Reason.SWITCHED_OFF, "Creating accounts is switched off for this app.")),
    Row("1", "no link, no account matches", "create",
        lambda now: now.link is None and now.found is None,
        _create),
    Row("2", "no link, one account matches and differs, updating is on", "link and update",
        lambda now: now.link is None and now.mapping.update and bool(now.changes),
        lambda now: Update(now.account_id, now.changes, now.found)),
    Row("2", "no link, one account matches", "link",
        lambda now: now.link is None,
        _adopt),
    # --- leaving ---
    Row("12", "linked, active, out of scope, SkipOutOfScopeDeletions is on",
        "skip SkipOutOfScopeDeletions",
        lambda now: now.rules.skip_out_of_scope_deletions and not now.gone
        and now.scope.active and not now.scope.entitled,
        _skip(Reason.LEFT_ALONE, "{reason}; SkipOutOfScopeDeletions leaves it alone")),
    Row("13, 18", "purged, or a group out of scope, or an app without inactive accounts; "
        "deleting is possible", "delete",
        lambda now: _removed(now) and now.rules.can_delete(now.kind),
        lambda now: Delete(now.account_id)),
    Row("13, 18", "the same; deleting is off", "skip ActionSwitchedOff",
        lambda now: _removed(now) and not now.mapping.delete,
        _skip(Reason.SWITCHED_OFF, "{why}. Deleting is switched off for this app.")),
    Row("13, 18", "the same; the app cannot delete, and nothing takes access away",
        "skip DeleteNotSupported",
        lambda now: _removed(now) and _keeps_access(now),
        _cannot_delete("stays as it is")),
    Row("13", "the same; the app cannot delete, and the account is inactive",
        "skip DeleteNotSupported",
        lambda now: _removed(now) and not now.changes,
        _cannot_delete("already is inactive")),
    Row("13", "the same; the app cannot delete", "disable, end the link",
        _removed,
        lambda now: Disable(now.account_id, now.changes, release=True)),
    Row("–", "linked, what differs was undone by somebody", "skip ChangeUndone",
        lambda now: bool(now.spared) and not now.changes,
        _skip(Reason.UNDONE, "What the rules ask for was undone, and waits until they ask for "
        "something else.")),
    Row("10, 11", "linked, out of scope, no mapping takes access away",
        "skip NotEffectivelyEntitled",
        lambda now: now.leaving and not now.access,
        _skip(Reason.NOT_ENTITLED, "{reason}, and no mapping takes access away")),
    Row("10, 11", "linked, out of scope, inactive", "skip RedundantExport",
        lambda now: now.leaving and not now.changes,
        _skip(Reason.IN_SYNC, "{reason}; the account is already inactive")),
    Row("10, 11", "linked, out of scope, updating is off", "skip ActionSwitchedOff",
        lambda now: now.leaving and not now.mapping.update,
        _skip(Reason.SWITCHED_OFF, "{reason}, but updates are switched off for this app")),
    Row("10, 11", "linked, out of scope", "disable",
        lambda now: now.leaving,
        lambda now: Disable(now.account_id, now.changes)),
    # --- staying ---
    Row("7", "linked, nothing differs", "skip RedundantExport",
        lambda now: not now.changes,
        _skip(Reason.IN_SYNC, "The account already is as it should be.")),
    Row("6, 8, 9, 14", "linked, something differs, updating is off", "skip ActionSwitchedOff",
        lambda now: not now.mapping.update,
        _skip(Reason.SWITCHED_OFF, "Updates are switched off for this app.")),
    Row("8, 9", "linked, disabled or deleted at the source, loses access", "disable",
        lambda now: not now.scope.usable
        and any(change.path in now.mapping.access_paths for change in now.changes),
        lambda now: Disable(now.account_id, now.changes)),
    Row("6, 14, 15, 19 to 22", "linked, something differs", "update",
        lambda _: True,
        lambda now: Update(now.account_id, now.changes)),
)  # fmt: skip
"""The rows in the order in which they are looked at."""
