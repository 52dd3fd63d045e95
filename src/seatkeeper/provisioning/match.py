"""Find the one account that is this record's.

    source change -> scope -> map -> [match] -> plan -> export -> log

It decides which questions the app is asked, in which order, and what the
answers mean. It asks nothing itself, and never chooses among several: an
account that could be somebody else's stays untouched.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from seatkeeper.errors import AmbiguousSource, AmbiguousTarget, MatchingValueMissing
from seatkeeper.provisioning.account import Account
from seatkeeper.provisioning.mapping.evaluate import Desired
from seatkeeper.provisioning.mapping.model import ObjectMapping


@dataclass(frozen=True, slots=True)
class Question:
    """One look-up: every account whose ``path`` equals ``value``."""

    path: str
    value: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A record asks for a value that only one account may have; ``value`` is folded by rule."""

    path: str
    value: str


def questions(desired: Desired, mapping: ObjectMapping) -> list[Question]:
    """Return the look-ups for this record, first choice first; empty values are not asked.

    Raises ``MatchingValueMissing`` when there would be none: without one the
    account could be neither found nor told from somebody else's.
    """
    asked = []
    for one in mapping.by_matching:
        value = desired.always.get(one.target, desired.on_create.get(one.target))
        if isinstance(value, str) and value:
            asked.append(Question(one.target, value))
    if not asked:
        names = ", ".join(one.target for one in mapping.by_matching)
        raise MatchingValueMissing(
            f"Every matching attribute is empty ({names}).",
            advice="Fill it in the directory, or match on another attribute.",
        )
    return asked


def the_one(question: Question, found: Sequence[Account]) -> Account | None:
    """Return the account that answers, or none. Raises ``AmbiguousTarget`` for several."""
    if len(found) > 1:
        ids = ", ".join(account.id for account in found[:5])
        raise AmbiguousTarget(
            f"{len(found)} accounts in the app answer to {question.path} (ids {ids}).",
            advice="Make the value unique in the app, or match on another attribute.",
        )
    return found[0] if found else None


def check_unclaimed(account: Account, linked_to: str | None, record_id: str) -> None:
    """Let an account have one record only.

    Raises ``AmbiguousSource`` when ``linked_to`` is another record already.
    """
    if linked_to is not None and linked_to != record_id:
        raise AmbiguousSource(
            f"The account {account.id} answers to another record, too ({linked_to}).",
            advice="Correct the matching value of one of the two in the directory.",
        )


def check_only_asker(account: Account, askers: Collection[str], record_id: str) -> None:
    """Let nobody take an account that several records find to be theirs.

    ``askers`` are all records that found it; raises ``AmbiguousSource`` when
    there is another one than ``record_id``.
    """
    others = sorted(set(askers) - {record_id})
    check_unclaimed(account, others[0] if others else None, record_id)


def claims(desired: Desired, mapping: ObjectMapping) -> list[Claim]:
    """Return the unique values this record asks for, folded by each attribute's case rule."""
    asked = []
    for one in mapping.unique:
        value = desired.always.get(one.target, desired.on_create.get(one.target))
        if isinstance(value, str) and value:
            asked.append(Claim(one.target, value if one.case_exact else value.casefold()))
    return asked


def check_claims(asked: Sequence[Claim], rivals: Mapping[Claim, Sequence[str]]) -> None:
    """Raise ``AmbiguousSource`` when another record asks for the same unique value.

    ``rivals`` names the other records (as people know them) per claim. Neither
    gets an account until they differ; one that is linked already keeps its own.
    """
    for claim in asked:
        others = rivals.get(claim)
        if others:
            names = ", ".join(sorted(others)[:5])
            raise AmbiguousSource(
                f"{claim.path} would be the same as for {names}.",
                advice="Give each their own value in the directory.",
            )
