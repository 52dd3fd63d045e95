"""What stands for everything that a reviewed decision was made from."""

from dataclasses import replace

import pytest
from tests.provisioning.builders import SALES, SALES_LINK, ada, facts, group_facts, linked

from seatkeeper.directory.model import Group
from seatkeeper.provisioning.reviewed import facts_digest
from seatkeeper.provisioning.scope import Grant
from seatkeeper.provisioning.walk import Facts

BASE = facts(ada(manager="bo"), link=linked())


@pytest.mark.parametrize(
    "edited",
    [
        facts(ada(manager="bo", jobTitle="Boss"), link=linked()),
        facts(ada(manager="bo", enabled=False), link=linked()),
        facts(ada(manager="bo", deleted=True), link=linked()),
        facts(ada(manager="cy"), link=linked()),
        facts(ada(), link=linked()),
        facts(None, link=linked()),
        facts(ada(manager="bo")),
        facts(ada(manager="bo"), link=linked(title="Boss")),
        facts(ada(manager="bo"), link=replace(linked(), account_id="t-2")),
        facts(ada(manager="bo"), link=linked(), grants=()),
        facts(ada(manager="bo"), link=linked(), grants=(Grant("role-user", "User", "g-9", "X"),)),
        facts(ada(manager="bo"), link=linked(), grants=(Grant("role-user", "User"),)),
        facts(ada(manager="bo"), link=linked(), grants=(Grant("role-9", "User", "g-sales"),)),
        replace(BASE, member_of={"g-9": "Nine"}),
    ],
)
def test_whatever_a_decision_was_made_from_makes_another_digest(edited: Facts) -> None:
    assert facts_digest(edited) != facts_digest(BASE)


def test_somebody_who_went_from_one_group_to_another_makes_another_digest() -> None:
    sales, care = replace(BASE, member_of={"g-1": "S"}), replace(BASE, member_of={"g-2": "C"})

    assert facts_digest(sales) != facts_digest(care)


def test_the_order_in_which_somebody_was_assigned_and_joined_makes_no_other_digest() -> None:
    one, two = Grant("r", "R", "g-1", "One"), Grant("r", "R", "g-2", "Two")
    groups = {"g-1": "One", "g-2": "Two"}
    given = replace(BASE, grants=(one, two), member_of=groups)

    turned = replace(given, grants=(two, one), member_of=dict(reversed(groups.items())))

    assert facts_digest(turned) == facts_digest(given)


def test_a_group_of_another_name_makes_another_digest() -> None:
    sales = group_facts(SALES, link=SALES_LINK)
    renamed = group_facts(Group(SALES.id, "Sales and Care"), link=SALES_LINK)

    assert facts_digest(sales) != facts_digest(renamed)
