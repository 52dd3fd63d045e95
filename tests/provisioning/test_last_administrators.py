"""Who administers an app is known from what was written to it, and the last one is not taken."""

import pytest

from seatkeeper.provisioning.account import TargetValue, TargetValues, ValueChange
from seatkeeper.provisioning.last_administrators import Mark, administrators, nobody_left

BY_TITLE = Mark("title", frozenset({"admin", "owner"}), ended=(("active", False),))
BY_GROUP = Mark(group="Admins", ended=(("active", False),))


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        ("Admin", True),
        ("OWNER", True),
        ("Administration", False),
        (None, False),
        (("user", "admin"), True),
        ((), False),
        (('{"value":"Admin","display":"Runs it"}',), True),
        (('{"value":"User","display":"Admin"}',), False),
        ('{"value":"adm', False),
    ],
)
def test_a_value_marks_an_administrator_whatever_its_case_and_shape(
    value: TargetValue | None, is_one: bool
) -> None:
    assert BY_TITLE.is_on(value) is is_one


def test_only_who_can_use_the_account_administers_the_app() -> None:
    accounts: dict[str, TargetValues] = {
        "ana": {"title": "Admin", "active": True},
        "bo": {"title": "Admin", "active": "False"},
        "cy": {"title": "User", "active": True},
        "dee": {"title": "Owner"},
    }

    assert administrators(BY_TITLE, accounts) == {"ana", "dee"}
    assert administrators(BY_GROUP, accounts) == {"ana", "cy", "dee"}


@pytest.mark.parametrize(
    ("changes", "taken"),
    [
        ([ValueChange("title", "Admin", "User")], True),
        ([ValueChange("title", "Admin", None)], True),
        ([ValueChange("title", "Admin", "Owner")], False),
        ([ValueChange("title", "User", "Admin")], False),
        ([ValueChange("nickName", "Admin", "User")], False),
        ([], False),
    ],
)
def test_rights_are_taken_by_a_change_from_a_value_that_marks_to_one_that_does_not(
    changes: list[ValueChange], taken: bool
) -> None:
    assert BY_TITLE.is_taken(changes) is taken


ANA, BO = frozenset({"ana"}), frozenset({"bo"})
BOTH = ANA | BO


def test_the_last_one_waits_with_words() -> None:
    assert nobody_left({"x": ANA}, (), (), ANA) == {
        "x": "The last active administrator of this app would go, as far as Seatkeeper knows: "
        "nobody could administer it any more. Make somebody else one first, then approve; or "
        "reject it."
    }


def test_all_at_once_wait_all_and_who_takes_no_administrator_does_not() -> None:
    found = nobody_left({"x": ANA, "y": BO, "z": frozenset[str]()}, (), (), BOTH)

    assert set(found) == {"x", "y"}
    assert found["x"].startswith("All 2 active administrators of this app would go at once")


def test_one_of_two_goes_but_not_after_the_other_was_approved_or_waits_for_a_word() -> None:
    assert nobody_left({"x": ANA}, (), (), BOTH) == {}
    assert set(nobody_left({"x": ANA}, BO, (), BOTH)) == {"x"}
    assert set(nobody_left({"x": ANA}, (), BO, BOTH)) == {"x"}


def test_who_was_approved_is_not_asked_about_again() -> None:
    assert nobody_left({"x": ANA}, ANA, (), ANA) == {}
