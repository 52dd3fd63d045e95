"""Find the one account that is this record's.

    source change -> scope -> map -> [match] -> plan -> export -> log

It decides which questions the app is asked, in which order, and what the
answers mean. It asks nothing itself, and never chooses among several: an
account that could be somebody else's stays untouched.
"""

from collections.abc import Collection, Sequence
from collections.abc import Mapping as MappingType
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby, islice
from typing import Final, NamedTuple

from seatkeeper.errors import (
    AmbiguousSource,
    AmbiguousTarget,
    MatchingValueMissing,
    RecordError,
)
from seatkeeper.provisioning.account import Account, TargetValue, ValueChange
from seatkeeper.provisioning.mapping.evaluate import Desired
from seatkeeper.provisioning.mapping.model import Mapping, ObjectMapping

MOST_NAMED: Final = 5
"""Most of those who ask for one value that are named to people."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One value that an account must have to be the record's."""

    path: str
    value: str
    case_exact: bool = False

    def met_by(self, account: Account) -> bool:
        """Whether the account has this value, by the attribute's case rule."""
        held = account.values.get(self.path)
        if held is None or isinstance(held, tuple):
            return False
        if self.case_exact:
            return str(held) == self.value
        return str(held).casefold() == self.value.casefold()


@dataclass(frozen=True, slots=True)
class Question:
    """One look-up: every account whose ``path`` equals ``value``, and that meets ``also``.

    ``stronger`` are the conditions that were asked before and found nobody.
    """

    path: str
    value: str
    also: tuple[Condition, ...] = ()
    stronger: tuple[Condition, ...] = ()

    @property
    def text(self) -> str:
        """The question as people read it."""
        return " and ".join(
            f'{one.path} eq "{one.value}"' for one in (Condition(self.path, self.value), *self.also)
        )


class WeakMatch(RecordError):
    """An account matches by a weaker attribute, while a stronger one says it is somebody else's."""

    code = "MatchNeedsConsent"


class Claim(NamedTuple):
    """A record asks for a value that only one account may have; ``value`` is folded by rule."""

    path: str
    value: str


def questions(desired: Desired, mapping: ObjectMapping) -> list[Question]:
    """Return the look-ups for this record, first choice first.

    Mappings of one place make one question that all of them must answer; one
    with an empty value is not asked. Raises ``MatchingValueMissing`` when
    there would be none: without one the account could be neither found nor
    told from somebody else's.
    """
    asked: list[Question] = []
    stronger: tuple[Condition, ...] = ()
    for _, together in groupby(mapping.by_matching, key=lambda one: one.matching):
        conditions = tuple(_condition(desired, one) for one in together)
        known = tuple(one for one in conditions if one is not None)
        if len(known) == len(conditions):
            first, *others = known
            asked.append(Question(first.path, first.value, tuple(others), stronger))
        stronger += known
    if not asked:
        names = ", ".join(one.target for one in mapping.by_matching)
        raise MatchingValueMissing(
            f"Every matching attribute is empty ({names}).",
            advice="Fill it in the directory, or match on another attribute.",
        )
    return asked


def _condition(desired: Desired, one: Mapping) -> Condition | None:
    value = desired.always.get(one.target, desired.on_create.get(one.target))
    if value is None or isinstance(value, tuple | bool) or value == "":
        return None
    return Condition(one.target, str(value), one.case_exact)


def the_one(question: Question, answers: Sequence[Account]) -> Account | None:
    """Return the account that answers, or none.

    Raises ``AmbiguousTarget`` for several, and ``WeakMatch`` for one that has
    another value where a stronger attribute would tell (``design`` rule 4).
    """
    found = [one for one in answers if all(also.met_by(one) for also in question.also)]
    if len(found) > 1:
        ids = ", ".join(account.id for account in found[:5])
        raise AmbiguousTarget(
            f"{len(found)} accounts in the app answer to {question.text} (ids {ids}).",
            advice="Make the value unique in the app, or match on another attribute.",
        )
    if not found:
        return None
    against = [
        one
        for one in question.stronger
        if found[0].values.get(one.path) not in {None, ""} and not one.met_by(found[0])
    ]
    if against:
        raise WeakMatch(
            f"The account {found[0].id} answers to {question.text}, but its {against[0].path} is "
            f"{found[0].values[against[0].path]}, not {against[0].value}.",
            advice=f"If it is theirs, correct {against[0].path} in the app or in the directory; "
            "if not, give them their own value.",
        )
    return found[0]


@dataclass(frozen=True, slots=True)
class Owner:
    """The record that an account found belongs to, as our memory has it.

    ``state`` says of one who left how, such as ``was deleted on 2026-03-01``;
    empty for somebody who is there. ``purged``: the directory has the record
    no more. ``changes`` are what this cycle writes to the account.
    """

    record_id: str
    name: str
    state: str = ""
    purged: bool = False
    changes: Sequence[ValueChange] = ()


class Whose(StrEnum):
    """To whom an account belongs that a look-up found."""

    THEIRS = "theirs"
    PASSES_ON = "passes on"
    SOMEBODY_ELSES = "somebody else's"


class RehireNeedsConsent(RecordError):
    """The account belonged to somebody who is purged, and settings leave that to a person."""

    code = "MatchNeedsConsent"


def judge_owner(
    account: Account,
    question: Question,
    owner: Owner | None,
    record_id: str,
    *,
    passes_on: bool,
) -> Whose:
    """Say whose account it is that answers to ``question``, if it has an owner.

    One whose owner was purged from the directory is the same person hired
    again: it passes on, where settings say so (``passes_on``). One whose owner
    gives up the value in this very cycle is not the asker's: they come after
    (``handover``). Raises ``RehireNeedsConsent`` or ``AmbiguousSource``
    otherwise, naming the owner (reliability 4.2, S5 and S8).
    """
    if owner is None or owner.record_id == record_id:
        return Whose.THEIRS
    if owner.purged:
        if passes_on:
            return Whose.PASSES_ON
        raise RehireNeedsConsent(
            f"The account {account.id} belongs to {owner.name}, who is no longer in the directory.",
            advice="If they were hired again, set rehire: link for the app; if not, delete the "
            "account in the app or give this record another value.",
        )
    if _given_up(question, owner.changes):
        return Whose.SOMEBODY_ELSES
    if owner.state:
        raise AmbiguousSource(
            f"The account {account.id} belongs to {owner.name}, who {owner.state}.",
            advice="If they were hired again, restore or enable that record, or purge it: then "
            "this one gets the account. If not, give this record another value.",
        )
    raise AmbiguousSource(
        f"The account {account.id} answers to another record, too ({owner.name}).",
        advice="Correct the matching value of one of the two in the directory.",
    )


def _given_up(question: Question, changes: Sequence[ValueChange]) -> bool:
    """Whether an account will answer to a question no more, once these changes are written."""
    asked = {one.path: one.value for one in question.also} | {question.path: question.value}
    return any(
        change.path in asked and str(change.new or "").casefold() != asked[change.path].casefold()
        for change in changes
    )


def check_only_asker(account: Account, askers: Collection[str], record_id: str) -> None:
    """Let nobody take an account that several records find to be theirs.

    ``askers`` are all records that found it; raises ``AmbiguousSource`` when
    there is another one than ``record_id``.
    """
    others = sorted(set(askers) - {record_id})
    if others:
        raise AmbiguousSource(
            f"The account {account.id} answers to another record, too ({others[0]}).",
            advice="Correct the matching value of one of the two in the directory.",
        )


def claim_of(one: Mapping, value: TargetValue | None) -> Claim | None:
    """Return the claim on one unique value, folded by the attribute's case rule; empty is none."""
    if not isinstance(value, str) or not value:
        return None
    return Claim(one.target, value if one.case_exact else value.casefold())


def claims(desired: Desired, mapping: ObjectMapping) -> list[Claim]:
    """Return the unique values this record asks for."""
    asked = (
        claim_of(one, desired.always.get(one.target, desired.on_create.get(one.target)))
        for one in mapping.unique
    )
    return [claim for claim in asked if claim is not None]


def claims_of_changes(changes: Sequence[ValueChange], mapping: ObjectMapping) -> list[Claim]:
    """Return the unique values that these changes bring; another letter case may bring none."""
    unique = {one.target: one for one in mapping.unique}
    found = []
    for change in changes:
        one = unique.get(change.path)
        claim = claim_of(one, change.new) if one is not None else None
        if one is not None and claim is not None and claim != claim_of(one, change.old):
            found.append(claim)
    return found


def others_asking(
    asked: Sequence[Claim],
    rivals: MappingType[Claim, Sequence[tuple[str, str]]],
    record_id: str,
) -> dict[Claim, list[str]]:
    """Return by name who asks for these values besides a record; of very many only the first."""
    return {
        claim: [
            *islice(
                (name for one, name in rivals.get(claim, ()) if one != record_id), MOST_NAMED + 1
            )
        ]
        for claim in asked
    }


def check_claims(asked: Sequence[Claim], others: MappingType[Claim, Sequence[str]]) -> None:
    """Raise ``AmbiguousSource`` when another record asks for the same unique value.

    ``others`` names them (as people know them) per claim. Neither gets the value
    until they differ; an account that has it already keeps it.
    """
    for claim in asked:
        names = sorted(others.get(claim, ()))
        if names:
            more = " and others" if len(names) > MOST_NAMED else ""
            raise AmbiguousSource(
                f"{claim.path} ({claim.value}) would be the same as for "
                f"{', '.join(names[:MOST_NAMED])}{more}.",
                advice="Give each their own value in the directory.",
            )
