"""Every sentence about somebody who is left alone or cannot be matched, word for word."""

import pytest
from tests.provisioning.builders import account
from tests.provisioning.test_decision_cases import cases, decided_in

from seatkeeper.errors import AmbiguousSource, RecordError
from seatkeeper.provisioning.match import (
    Condition,
    Owner,
    Question,
    RehireNeedsConsent,
    WeakMatch,
    check_only_asker,
    judge_owner,
    the_one,
)
from seatkeeper.provisioning.plan import Skip
from seatkeeper.provisioning.reference import comes, waits

NOT_ASSIGNED = "is not assigned to The App"
FILTERED = "fails the scoping filter: department is Harbour, not Lamps"
GONE = "No longer exists in the directory."
SENTENCES = {
    "Creating accounts is switched off for this app.",
    '2 accounts in the app answer to userName eq "ada@larkspur.example" (ids t-1, t-2). '
    "Make the value unique in the app, or match on another attribute.",
    "is disabled in the directory",
    "was deleted on 2026-03-02",
    NOT_ASSIGNED,
    "is assigned only with Default Access (directly, role Default Access), which The App excludes",
    FILTERED,
    "no longer exists in the directory",
    "Updates are switched off for this app.",
    "The account already is as it should be.",
    "Is disabled in the directory. The App cannot delete accounts; it stays as it is.",
    f"{NOT_ASSIGNED}, but updates are switched off for this app",
    f"{NOT_ASSIGNED}, and no mapping takes access away",
    "Is not assigned to The App. Deleting is switched off for this app.",
    f"{NOT_ASSIGNED}; the account is already inactive",
    f"{FILTERED}; the account is already inactive",
    f"{NOT_ASSIGNED}; SkipOutOfScopeDeletions leaves it alone",
    f"{FILTERED}; SkipOutOfScopeDeletions leaves it alone",
    f"{GONE} Deleting is switched off for this app.",
    f"{GONE} The App cannot delete accounts; it already is inactive.",
    f"{GONE} The App cannot delete accounts; it stays as it is.",
    "userPrincipalName is empty, and accounts are matched by userName. Fill it in the directory, "
    "or match on another attribute.",
    "Is not assigned to The App. The App cannot delete accounts; it stays as it is.",
}
ASKED = Question("userName", "ada", stronger=(Condition("employee", "7"),))


def test_whoever_is_left_alone_or_fails_is_told_in_these_words() -> None:
    said = set()
    for case in cases():
        try:
            action = decided_in(case).action
        except RecordError as error:
            said.add(str(error))
        else:
            said |= {action.text} if isinstance(action, Skip) else set()

    assert said == SENTENCES


def test_an_account_that_matches_by_the_weaker_attribute_alone_is_told_with_both_values() -> None:
    with pytest.raises(WeakMatch) as caught:
        the_one(ASKED, [account("t-1", employee="8")])

    assert str(caught.value) == (
        'The account t-1 answers to userName eq "ada", but its employee is 8, not 7. If it is '
        "theirs, correct employee in the app or in the directory; if not, give them their own "
        "value."
    )


@pytest.mark.parametrize(
    ("owner", "fault", "sentence"),
    [
        (
            Owner("bo", "Bo", purged=True),
            RehireNeedsConsent,
            "The account t-1 belongs to Bo, who is no longer in the directory. If they were hired "
            "again, set rehire: link for the app; if not, delete the account in the app or give "
            "this record another value.",
        ),
        (
            Owner("bo", "Bo", "is disabled in the directory"),
            AmbiguousSource,
            "The account t-1 belongs to Bo, who is disabled in the directory. If they were hired "
            "again, restore or enable that record, or purge it: then this one gets the account. If "
            "not, give this record another value.",
        ),
        (
            Owner("bo", "Bo"),
            AmbiguousSource,
            "The account t-1 answers to another record, too (Bo). Correct the matching value of "
            "one of the two in the directory.",
        ),
    ],
)
def test_an_account_that_is_somebody_elses_is_told_with_whose_it_is(
    owner: Owner, fault: type[RecordError], sentence: str
) -> None:
    with pytest.raises(fault) as caught:
        judge_owner(account("t-1"), ASKED, owner, "ada", passes_on=False)

    assert str(caught.value) == sentence


def test_two_who_found_one_account_are_told_of_each_other() -> None:
    with pytest.raises(AmbiguousSource) as caught:
        check_only_asker(account("t-1"), {"ada", "bo"}, "ada")

    assert str(caught.value) == (
        "The account t-1 answers to another record, too (bo). Correct the matching value of one of "
        "the two in the directory."
    )


def test_a_reference_is_told_by_its_short_name() -> None:
    manager = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"

    assert waits(manager, "Bo") == "manager waits until Bo has an account"
    assert comes(manager, "Bo") == (
        "manager becomes Bo, whose account the same cycle makes or links"
    )
