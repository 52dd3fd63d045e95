"""Plan the reverse of what a cycle wrote to one record, and say what cannot be undone.

    source change -> scope -> map -> match -> [plan] -> export -> log

Pure: the log of the cycle, what is known of the account and what it holds now go
in. Only what is still as that cycle left it is taken back; what was changed since, by
whomever, stays. It sends nothing and knows no guard: the plan goes on like any
other. How ordinary cycles are kept from doing it all again is ``undone``.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.account import Account, TargetValue, ValueChange
from seatkeeper.provisioning.journal import MemberWrite
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.log import LogEntry, Status, shown
from seatkeeper.provisioning.mapping.evaluate import access_without_record
from seatkeeper.provisioning.mapping.model import ObjectMapping
from seatkeeper.provisioning.naming import MEMBERS
from seatkeeper.provisioning.plan import same
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.undone import UndoneValue

TAKEN_BACK: Final = "is taken back"
"""The reason of what an undo plans. What waits for approval with it is sent by the undo."""

WROTE: Final = frozenset({"create", "update", "disable", "delete"})


@dataclass(frozen=True, slots=True)
class Undoing:
    """What takes a record back to before the cycle; ``stays`` is what does not, with why."""

    changes: tuple[ValueChange, ...] = ()
    add: tuple[MemberWrite, ...] = ()
    remove: tuple[MemberWrite, ...] = ()
    stays: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing is sent."""
        return not (self.changes or self.add or self.remove)


@dataclass(frozen=True, slots=True)
class Written:
    """What one cycle wrote to one record, folded: each value from before its first write.

    ``made``: the account itself. ``members`` maps the accounts that it put into a group
    (true) or took out of it. ``lost``: it wrote values that the log does not hold.
    """

    account_id: str
    made: bool = False
    deleted: bool = False
    changes: tuple[ValueChange, ...] = ()
    members: Mapping[str, bool] | None = None
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Now:
    """What is so now: the link, the account and members read, who has which account.

    ``began_here``: no earlier cycle knew the account, so a value that was not there
    was empty. ``seen`` are paths that earlier cycles wrote. ``members`` is none where
    the app does not show them; ``written`` are members as last written, ``owners``
    map the accounts of members to records.
    """

    link: Link | None
    account: Account | None
    began_here: bool = True
    seen: Collection[str] = ()
    members: Collection[str] | None = None
    written: Mapping[str, str] | None = None
    owners: Mapping[str, str] | None = None


@dataclass(slots=True)
class Writing:
    """What one cycle wrote to one record, for as long as its log is being read.

    It keeps only what going back needs, so that a cycle of everybody can be read:
    an account that the cycle made loses its access, whatever values it was made with.
    """

    account_id: str = ""
    made: bool = False
    deleted: bool = False
    lost: bool = False
    changes: dict[str, ValueChange] = field(default_factory=dict)
    members: dict[str, bool] = field(default_factory=dict)

    def add(self, entry: LogEntry) -> None:
        """Fold the next entry, in the order of the log; only of those that ``wrote``."""
        self.account_id = entry.account_id or ""
        self.made |= entry.action == "create"
        self.deleted |= entry.action == "delete"
        self.lost |= entry.action != "create" and not entry.changes and _values(entry)
        if self.made:
            self.changes.clear()
        else:
            for change in entry.changes:
                before = self.changes.get(change.path, change)
                self.changes[change.path] = ValueChange(change.path, before.old, change.new)
        for row in entry.modified:
            if row.path == MEMBERS and (row.old or row.new):
                self._member(row.new or row.old or "", joined=row.new is not None)

    def _member(self, account: str, *, joined: bool) -> None:
        if self.members.get(account) is (not joined):
            del self.members[account]  # out again, or in again: as before
        else:
            self.members[account] = joined

    def written(self) -> Written:
        """Return what it comes to."""
        return Written(
            self.account_id,
            self.made,
            self.deleted,
            tuple(one for one in self.changes.values() if one.old != one.new),
            self.members,
            lost=self.lost,
        )


def wrote(entry: LogEntry) -> bool:
    """Whether a log entry tells of something that was written to the app."""
    return entry.status in {Status.SUCCESS, Status.WARNING} and entry.action in WROTE


def written(entries: Sequence[LogEntry]) -> Written | None:
    """Fold what a cycle logged of one record, in its order; none where it wrote nothing."""
    writing: Writing | None = None
    for entry in entries:
        if wrote(entry):
            writing = writing or Writing()
            writing.add(entry)
    return None if writing is None else writing.written()


def undoing(record_id: str, done: Written, now: Now, rules: Rules, kind: Kind) -> Undoing:
    """Plan the reverse for one record."""
    mapping, link = rules.mapping(kind), now.link
    if done.deleted:
        return Undoing(stays=("The account was deleted for good.",))
    if mapping is None or link is None:
        return Undoing(stays=("The record has no account any more.",))
    if link.held:
        return Undoing(stays=("The link is held; nobody's account is known to be theirs.",))
    if link.account_id != done.account_id:
        return Undoing(stays=(f"The record has another account now ({link.account_id}).",))
    if now.account is None:
        return Undoing(stays=("The account is gone from the app.",))
    stays: list[str] = []
    if done.lost:
        stays.append("The log does not hold the values of before.")
    if done.made:
        changes, more = _unmade(now.account, mapping, rules, kind)
    else:
        changes, more = _values_back(done, now.account, now, mapping)
    stays += more
    add, remove, out = _members_back(record_id, done, now)
    return Undoing(changes, add, remove, (*stays, *out))


def undone_of(
    kind: Kind, record_id: str, plan: Undoing, cycle_id: str, at: datetime
) -> list[UndoneValue]:
    """Return what ordinary cycles leave alone from now on: just what is taken back."""
    values = [UndoneValue(kind, record_id, one.path, one.old, cycle_id, at) for one in plan.changes]
    values += [
        UndoneValue(kind, record_id, MEMBERS, in_it, cycle_id, at, one.member_id)
        for in_it, some in ((False, plan.add), (True, plan.remove))
        for one in some
    ]
    return values


def takes_access(changes: Sequence[ValueChange], mapping: ObjectMapping) -> bool:
    """Whether going back takes somebody's access away."""
    without = access_without_record(mapping)
    return any(one.path in without and one.new == without[one.path] for one in changes)


def _values(entry: LogEntry) -> bool:
    return any(one.path != MEMBERS for one in entry.modified)


def _unmade(
    account: Account, mapping: ObjectMapping, rules: Rules, kind: Kind
) -> tuple[tuple[ValueChange, ...], list[str]]:
    """Take access from an account that the cycle made; it is never deleted."""
    if kind is Kind.GROUP:
        return (), ["The group was made by this cycle; it is not deleted."]
    access = access_without_record(mapping) if rules.capabilities.users.disable else {}
    if not access:
        return (), ["The account was made by this cycle, and the app cannot deactivate it."]
    changes = [ValueChange(path, account.values.get(path), value) for path, value in access.items()]
    return tuple(one for one in changes if one.old != one.new), []


def _values_back(
    done: Written, account: Account, now: Now, mapping: ObjectMapping
) -> tuple[tuple[ValueChange, ...], list[str]]:
    assert now.link is not None  # noqa: S101 - the caller looked
    changes, stays = [], []
    for change in done.changes:
        one, name = mapping.of(change.path), change.path.rsplit(":", 1)[-1]
        if one is None:
            stays.append(f"{name} is not mapped any more.")
            continue
        holds, known = account.values.get(change.path), now.link.known.get(change.path)
        if same(one, holds, change.old) and same(one, known, change.old):
            continue  # it is as before already
        if not same(one, holds, change.new) or not same(one, known, change.new):
            stays.append(f"{name} was changed since; it is {_shown(holds, hidden=one.hidden)} now.")
        elif change.old is None and not now.began_here and change.path not in now.seen:
            stays.append(f"What {name} was before was never known.")
        else:
            changes.append(ValueChange(change.path, holds, change.old))
    return tuple(changes), stays


def _shown(value: TargetValue | None, *, hidden: bool) -> str:
    if hidden:
        return "something else"
    return "empty" if value is None else str(shown(value))


def _members_back(
    group_id: str, done: Written, now: Now
) -> tuple[tuple[MemberWrite, ...], tuple[MemberWrite, ...], list[str]]:
    known, owners = now.written or {}, now.owners or {}
    add, remove, gone = [], [], 0
    for account, joined in sorted((done.members or {}).items()):
        is_known = account in known
        shows = account in now.members if now.members is not None else is_known
        record = known.get(account) or owners.get(account)
        if joined is not shows and joined is not is_known:
            continue  # it is as before already
        if joined is not shows or joined is not is_known or record is None:
            gone += 1
        elif joined:
            remove.append(MemberWrite(group_id, record, account))
        else:
            add.append(MemberWrite(group_id, record, account))
    said = [f"Memberships that were changed since, or whose account is gone: {gone}."]
    return tuple(add), tuple(remove), said if gone else []
