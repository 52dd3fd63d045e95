"""When accounts that are gone are made anew, and when a person is asked."""

import pytest

from seatkeeper.directory.model import Kind
from seatkeeper.errors import LinkHeld
from seatkeeper.provisioning.account import Account
from seatkeeper.provisioning.confirm import (
    asked_of,
    check_held,
    confirmed,
    many_may_be_gone,
    too_many_gone,
)
from seatkeeper.provisioning.link import Link
from seatkeeper.provisioning.mapping.model import Direct, Mapping, ObjectMapping

ADA = Link(Kind.USER, "r1", "a1", {"userName": "ada", "title": "Engineer"}, "Ada")


def test_three_or_one_in_fifty_are_made_anew_and_no_more():
    assert not too_many_gone(3, 10)
    assert too_many_gone(4, 10)
    assert not too_many_gone(20, 1_000)
    assert too_many_gone(21, 1_000)


@pytest.mark.parametrize(
    ("gone", "looked_at", "linked", "many"),
    [
        (2, 9, 10, False),
        (3, 9, 10, True),
        (3, 10, 10, True),
        (0, 20, 5_000, False),
        (1, 20, 5_000, False),
        (2, 20, 5_000, True),
        (0, 0, 1, False),
    ],
)
def test_a_few_others_say_whether_the_app_was_emptied(gone, looked_at, linked, many):
    assert many_may_be_gone(gone, looked_at, linked) is many


def test_a_held_link_leads_to_nobody_and_shows_the_id_that_it_had():
    held = ADA.hold()

    assert held.account_id != "a1"
    assert held.last_id == held.hold().last_id == "a1"
    check_held(ADA, "app")
    with pytest.raises(LinkHeld, match="a1"):
        check_held(held, "app")


def test_an_account_is_asked_for_by_the_values_last_known_of_it():
    mapping = ObjectMapping(Kind.USER, (Mapping("userName", Direct("mail"), matching=1),))

    [question] = asked_of(ADA.hold(), mapping)

    assert question.text == 'userName eq "ada"'


def test_a_confirmed_link_knows_what_was_read_and_nothing_older():
    link = confirmed(ADA.hold(), Account("b7", {"userName": "ada", "nickName": "A"}))

    assert link == Link(Kind.USER, "r1", "b7", {"userName": "ada"}, "Ada")
    assert not link.held
