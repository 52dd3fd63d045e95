"""What administrators read of scope and of refusals, word for word: they search for these."""

import datetime as dt

import pytest
from tests.provisioning.builders import DEFAULT_ROLE, USER_ROLE, USERS, rules

from seatkeeper.directory.model import User
from seatkeeper.errors import AmbiguousSource, AmbiguousTarget, MatchingValueMissing
from seatkeeper.provisioning.account import Account, ValueChange
from seatkeeper.provisioning.handover import Rename, freed
from seatkeeper.provisioning.mapping.evaluate import Desired
from seatkeeper.provisioning.match import (
    Claim,
    Owner,
    Question,
    check_only_asker,
    judge_owner,
    questions,
    the_one,
)
from seatkeeper.provisioning.plan import Reason, gives_access_back
from seatkeeper.provisioning.rules import ScopeSetting
from seatkeeper.provisioning.scope import Check, Grant, judge_user

ADA = User("ada", {"userPrincipalName": "ada@larkspur.test"})
ASKED = Question("userName", "ada")


def test_of_somebody_in_scope_each_check_says_what_it_saw() -> None:
    active, assigned, filtered = judge_user(ADA, [USER_ROLE], rules()).checks

    assert active == Check(
        "active",
        passed=True,
        text="exists and is active in the directory",
        facts={"IsActive": "True", "accountEnabled": True},
    )
    assert assigned == Check(
        "assigned",
        passed=True,
        text="is assigned through group Sales, role User",
        facts={
            "Assigned": "True",
            "IsEffectivelyEntitledForProvisioning": "True",
            "scope": "assigned",
            "assignments": ["through group Sales, role User"],
        },
    )
    assert filtered == Check("filters", passed=True, text="no scoping filter is set")


def test_everybody_is_in_scope_without_an_assignment_where_settings_say_so() -> None:
    scope = judge_user(ADA, [], rules(scope=ScopeSetting.ALL))

    assert scope.usable
    assert scope.reason == "everybody is in scope"
    assert scope.checks[1] == Check(
        "assigned",
        passed=True,
        text="everybody is in scope",
        facts={
            "Assigned": "False",
            "IsEffectivelyEntitledForProvisioning": "False",
            "scope": "all",
            "assignments": [],
        },
    )


def test_what_lets_somebody_in_is_the_assignment_and_not_that_they_exist() -> None:
    assert judge_user(ADA, [USER_ROLE], rules()).reason == (
        "is assigned through group Sales, role User"
    )


def test_somebody_disabled_or_deleted_is_told_apart() -> None:
    gone_at = dt.datetime(2026, 3, 1, 8, 0, tzinfo=dt.UTC)
    disabled = judge_user(User("ada", {}, enabled=False), [USER_ROLE], rules())
    deleted = judge_user(User("ada", {}, deleted_at=gone_at), [USER_ROLE], rules())

    assert disabled.checks[0] == Check(
        "active",
        passed=False,
        text="is disabled in the directory",
        facts={"IsActive": "False", "accountEnabled": False},
    )
    assert deleted.checks[0] == Check(
        "active",
        passed=False,
        text="was deleted on 2026-03-01",
        facts={
            "IsActive": "False",
            "accountEnabled": True,
            "deletedAt": "2026-03-01T08:00:00+00:00",
        },
    )


def test_default_access_that_does_not_count_is_named_with_each_way() -> None:
    through = Grant(DEFAULT_ROLE.role_id, DEFAULT_ROLE.role_name, "g", "Sales")

    assert judge_user(ADA, [DEFAULT_ROLE, through], rules()).reason == (
        "is assigned only with Default Access (directly, role Default Access; "
        "through group Sales, role Default Access), which The App excludes"
    )


def test_several_assignments_are_all_named() -> None:
    other = Grant("role-user", "User", "g-it", "IT")

    assert judge_user(ADA, [USER_ROLE, other], rules()).reason == (
        "is assigned through group Sales, role User; through group IT, role User"
    )


def test_refusals_say_what_happened_and_what_to_do() -> None:
    twins = [Account(f"a-{number}", {"userName": "ada"}) for number in range(7)]
    owner = Owner("bob", "Bob")
    in_the_directory = "Correct the matching value of one of the two in the directory."

    with pytest.raises(AmbiguousTarget) as many:
        the_one(ASKED, twins)
    with pytest.raises(AmbiguousSource) as shared:
        check_only_asker(twins[0], {"me", "you", "zoe"}, "me")
    with pytest.raises(AmbiguousSource) as owned:
        judge_owner(twins[0], ASKED, owner, "me", passes_on=False)
    with pytest.raises(MatchingValueMissing) as nothing:
        questions(Desired({}), USERS)

    assert many.value.message == (
        f"7 accounts in the app answer to {ASKED.text} (ids a-0, a-1, a-2, a-3, a-4)."
    )
    assert many.value.advice == "Make the value unique in the app, or match on another attribute."
    assert shared.value.message == "The account a-0 answers to another record, too (you)."
    assert shared.value.advice == in_the_directory
    assert owned.value.message == "The account a-0 answers to another record, too (Bob)."
    assert owned.value.advice == in_the_directory
    assert nothing.value.message == "Every matching attribute is empty (userName)."
    assert nothing.value.advice == "Fill it in the directory, or match on another attribute."


def test_a_value_for_a_moment_is_the_same_in_every_version_of_the_program() -> None:
    change = ValueChange("userName", "ada@larkspur.test", "bob@larkspur.test")
    rename = Rename("ada", change, Claim("userName", "ada@larkspur.test"), None)

    [freeing] = freed([[rename]])["ada"]

    assert freeing.new == "ada.moving-5007a457fb@larkspur.test"


def test_access_that_comes_back_brings_memberships_back() -> None:
    back = ValueChange("active", old=False, new=True)

    assert gives_access_back([back], USERS)
    assert not gives_access_back([ValueChange("active", old=True, new=False)], USERS)
    assert not gives_access_back([ValueChange("title", "a", "b")], USERS)


def test_reasons_have_the_codes_that_administrators_know() -> None:
    assert [str(one) for one in Reason] == [
        "RedundantExport",
        "NotEffectivelyEntitled",
        "DeleteNotSupported",
        "ActionSwitchedOff",
        "SkipOutOfScopeDeletions",
        "AccountPassedOn",
        "RemovalHeld",
        "ChangeUndone",
        "CannotBeUndone",
    ]
