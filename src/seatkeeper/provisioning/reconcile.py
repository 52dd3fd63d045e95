"""Compare what an app was found to hold with what is known of it, and say what that means.

    source change -> scope -> map -> match -> plan -> export -> log

Beside the walk, which trusts the values last known. Pure: accounts read, links
and wishes go in, findings come out. It reads nothing and sends nothing; what a
repair sends is what ``decision`` says once the truth is known (``learned``).
"""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from seatkeeper.directory.model import Kind
from seatkeeper.errors import RecordError
from seatkeeper.provisioning.account import Account, TargetValue, TargetValues
from seatkeeper.provisioning.guard import Limits
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.log import Modified, shown
from seatkeeper.provisioning.mapping.evaluate import access_without_record
from seatkeeper.provisioning.mapping.model import Applies, ObjectMapping
from seatkeeper.provisioning.mapping.model import Mapping as ValueMapping
from seatkeeper.provisioning.naming import MEMBERS
from seatkeeper.provisioning.plan import same
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.walk import Facts, decide
from seatkeeper.words import number_of

MOST_REPAIRS: Final = 2
"""Times that one and the same difference is repaired; then the app keeps the value its own way."""


class Found(StrEnum):
    """What was found, by the codes that stand in the log."""

    DRIFT = "AttributeDrift"
    NOT_APPLIED = "WriteNotApplied"
    KEPT_OTHERWISE = "ValueKeptOtherwise"
    VANISHED = "AccountVanished"
    UNMANAGED = "AccountUnmanaged"
    DOUBLE = "DuplicateAccount"
    UNCHECKED = "CannotBeChecked"


WORDS: Final[Mapping[Found, str]] = {
    Found.DRIFT: "changed in the app",
    Found.NOT_APPLIED: "accepted, but not applied",
    Found.KEPT_OTHERWISE: "kept otherwise by the app",
    Found.VANISHED: "gone from the app",
    Found.UNMANAGED: "managed by nobody",
    Found.DOUBLE: "a second account of somebody",
    Found.UNCHECKED: "cannot be checked",
}
"""What people read."""

STRANGERS: Final = "accounts that nobody manages"
"""What an incomplete list leaves unchecked."""

REPAIRABLE: Final = frozenset({Found.DRIFT, Found.NOT_APPLIED, Found.VANISHED})
"""What a repair makes due. Accounts that nobody manages are never touched."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One value, or one membership, that is not as it was written.

    ``written`` is what is known to have been written, ``found`` what the app
    holds, ``wanted`` what the mappings ask for now. Of a membership they are
    the member's account; ``record`` is the member, empty where nobody manages
    the account. ``repairs`` counts how often just this was repaired.
    """

    path: str
    written: TargetValue | None
    found: TargetValue | None
    wanted: TargetValue | None
    cause: Found = Found.DRIFT
    record: str = ""
    repairs: int = 0

    @property
    def is_same_as(self) -> tuple[object, ...]:
        """What makes two differences one and the same, found twice."""
        return self.path, self.record, self.written, self.found


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one account. ``record_id`` is empty where it is nobody's.

    ``since`` is when it was found first, ``at`` when it was looked at last.
    """

    kind: Kind
    account_id: str
    found: Found
    at: datetime
    since: datetime
    record_id: str = ""
    display_name: str = ""
    why: str = ""
    differences: tuple[Difference, ...] = ()

    @property
    def repairable(self) -> bool:
        """Whether a repair sends anything for it, as far as can be told from here."""
        if self.found is Found.VANISHED:
            return True
        return any(_repairs(one) for one in self.differences)


@dataclass(frozen=True, slots=True)
class Unchecked:
    """Something about all records of a kind that could not be looked at, and why."""

    kind: Kind
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What is kept of an app's last look at everybody: when, by which cycle, what stayed open."""

    cycle_id: str
    started: datetime
    ended: datetime
    unchecked: tuple[Unchecked, ...] = ()


def wanted_now(facts: Facts, rules: Rules) -> TargetValues:
    """Return what the account should hold by the rules of now.

    Of somebody who leaves only what takes access away is wanted; everything
    else, and what cannot be made, stays as it is known.
    """
    known = facts.link.known if facts.link is not None else {}
    try:
        answer = decide(facts, rules)
    except RecordError:
        return known
    mapping = rules.mapping(facts.kind)
    if answer.desired is None or not answer.scope.entitled:
        takes = facts.kind is Kind.USER and mapping is not None and not answer.scope.usable
        return {**known, **access_without_record(mapping)} if takes and mapping else known
    stays = {path: known[path] for path in answer.desired.untouched if path in known}
    return {**stays, **answer.desired.always}


def agrees(link: Link, account: Account, mapping: ObjectMapping) -> bool:
    """Whether the account is as it is known; else it is worth a closer look."""
    return not any(
        _differs(one, link.known.get(one.target), account.values.get(one.target))
        for one in _checked(mapping)
        if one.target in link.known
    )


def beside(link: Link, account: Account, mapping: ObjectMapping) -> frozenset[str]:
    """Return the paths that hold a value where none is known: ours only if we once cleared it."""
    return frozenset(
        one.target
        for one in _checked(mapping)
        if one.target not in link.known and one.target in account.values
    )


def compare(
    link: Link,
    account: Account,
    mapping: ObjectMapping,
    wanted: TargetValues,
    wrote: Mapping[str, Modified],
) -> tuple[Difference, ...]:
    """Return every value that is not as it was last written or read.

    ``wrote`` holds our last write of each path. What holds now what was there before
    that write was accepted and not applied (or put back).
    """
    found = []
    for one in _checked(mapping):
        path = one.target
        written, holds = link.known.get(path), account.values.get(path)
        last = wrote.get(path)
        if path not in link.known:
            cleared = last is not None and last.new is None and last.old is not None
            if not cleared or path not in account.values:
                continue
        elif not _differs(one, written, holds):
            continue
        lost = last is not None and last.old == shown(holds) and last.new == shown(written)
        cause = Found.NOT_APPLIED if lost else Found.DRIFT
        found.append(Difference(path, written, holds, wanted.get(path), cause))
    return tuple(found)


def compare_members(
    written: Mapping[str, str],
    found: AbstractSet[str],
    wanted: Collection[str],
    managed: Mapping[str, str],
) -> tuple[Difference, ...]:
    """Return the memberships that are not as they were written.

    ``written`` and ``managed`` map accounts to records, ``wanted`` are the accounts
    that the directory puts into the group. Who is in it, is wanted there and was not written
    yet is no difference.
    """
    asked = frozenset(wanted)
    gone = [
        Difference(MEMBERS, account, None, account if account in asked else None, record=record)
        for account, record in sorted(written.items())
        if account not in found
    ]
    more = [
        Difference(MEMBERS, None, account, None, record=managed.get(account, ""))
        for account in sorted(found - written.keys() - asked)
    ]
    return (*gone, *more)


def carried_on(
    differences: Sequence[Difference], earlier: Finding | None
) -> tuple[Difference, ...]:
    """Return the differences with how often just they were repaired before.

    What came back after ``MOST_REPAIRS`` repairs is how the app keeps the value
    (fault T18): writing it again for ever would change nothing.
    """
    before = {one.is_same_as: one for one in earlier.differences} if earlier is not None else {}
    carried = []
    for one in differences:
        repairs = before[one.is_same_as].repairs if one.is_same_as in before else 0
        tired = repairs >= MOST_REPAIRS
        cause = Found.KEPT_OTHERWISE if tired else one.cause
        carried.append(replace(one, repairs=repairs, cause=cause))
    return tuple(carried)


def never_shown(
    expected: Mapping[str, int], seen: AbstractSet[str], differences: Sequence[Difference]
) -> frozenset[str]:
    """Return the paths that are missing here and everywhere, so that nothing follows from it.

    ``expected`` counts the accounts that should hold each path. Of a single account
    its absence is believed.
    """
    return frozenset(
        one.path
        for one in differences
        if one.found is None
        and one.path != MEMBERS
        and one.path not in seen
        and expected.get(one.path, 0) > 1
    )


def worst(differences: Sequence[Difference]) -> Found:
    """Return what stands for a finding with these differences, at least one."""
    causes = {one.cause for one in differences}
    return min(causes, key=list(Found).index)


def learned(link: Link, finding: Finding) -> Link:
    """Return the link once it knows what was found, so that the walk plans what is missing.

    Of an account that is gone nothing is known. What the app keeps its own way stays
    known as it was written.
    """
    if finding.found is Found.VANISHED:
        return replace(link, known={})
    known = dict(link.known)
    for one in finding.differences:
        if one.path == MEMBERS or not _repairs(one):
            continue
        if one.found is None:
            known.pop(one.path, None)
        else:
            known[one.path] = one.found
    return replace(link, known=known)


def repaired(finding: Finding) -> Finding:
    """Return the finding with one more repair counted."""
    counted = tuple(
        replace(one, repairs=one.repairs + 1) if _repairs(one) else one
        for one in finding.differences
    )
    return replace(finding, differences=counted)


def too_many(count: int, linked: int, limits: Limits) -> str:
    """Return why so many repairs wait for a person's word, or nothing (fault T26)."""
    most = limits.access.of(linked)
    if not limits.on or count <= most:
        return ""
    return f"{count:,} of {linked:,} accounts differ; by itself a cycle repairs {most:,}."


def stranger(
    kind: Kind,
    account: Account,
    owners: Sequence[Facts],
    now: datetime,
    earlier: Finding | None = None,
) -> Finding:
    """Say what an account is that belongs to nobody.

    ``owners`` are the records that ask for one of its unique values.
    """
    since = earlier.since if earlier is not None else now
    name = str(account.values.get("displayName") or account.values.get("userName") or account.id)
    linked = [one for one in owners if one.link is not None and not one.link.held]
    if linked:
        owner = linked[0]
        assert owner.link is not None  # noqa: S101 - just looked at
        why = f"{owner.display_name} has account {owner.link.account_id}."
        return Finding(
            kind, account.id, Found.DOUBLE, now, since, owner.record_id, owner.display_name, why
        )
    why = ""
    if owners:
        why = f"{owners[0].display_name} answers to it and is not linked yet."
    return Finding(kind, account.id, Found.UNMANAGED, now, since, display_name=name, why=why)


def in_a_sentence(finding: Finding, hidden: Collection[str] = ()) -> str:
    """Return what was found in one sentence, for ``explain``; ``hidden`` values stay unsaid."""
    values = [one for one in finding.differences if one.path != MEMBERS]
    memberships = len(finding.differences) - len(values)
    said = [_said(one, hidden=one.path in hidden) for one in values]
    if memberships:
        said.append(f"{number_of(memberships, 'membership')} not as written")
    words = "; ".join(said) or WORDS[finding.found]
    return f"{words}. {finding.why}".strip() if finding.why else f"{words}."


def _said(one: Difference, *, hidden: bool) -> str:
    path = one.path.rsplit(":", 1)[-1]
    how = WORDS[one.cause]
    if hidden:
        return f"{path} is not as written ({how})"
    was = "empty" if one.found is None else shown(one.found)
    wrote = "nothing" if one.written is None else shown(one.written)
    return f"{path} was {was} where {wrote} was written ({how})"


def _repairs(one: Difference) -> bool:
    return one.cause in REPAIRABLE and not (one.path == MEMBERS and not one.record)


def _checked(mapping: ObjectMapping) -> Sequence[ValueMapping]:
    return [
        one
        for one in mapping.mappings
        if one.applies is not Applies.ON_CREATE and one.target != MEMBERS
    ]


def _differs(one: ValueMapping, written: TargetValue | None, found: TargetValue | None) -> bool:
    match one.applies:
        case Applies.IF_EMPTY:
            return found is None  # a value of the app's own is as good
        case Applies.VALUE_ADD | Applies.MULTI_VALUE_ADD if isinstance(written, tuple):
            held = set(found) if isinstance(found, tuple) else {found}
            return not set(written) <= held
        case _:
            return not same(one, written, found)
