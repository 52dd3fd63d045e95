"""How an assignment reaches somebody, in words."""

import pytest

from seatkeeper.provisioning.scope import Grant


@pytest.mark.parametrize(
    ("grant", "said"),
    [
        (Grant(), "directly, role Default Access"),
        (Grant("r", "User", "g", "Sales"), "through group Sales, role User"),
        (
            Grant("r", "User", "g", "Company", ("Sales", "North")),
            "through group Company > Sales > North, role User",
        ),
        (
            Grant("r", "User", "g", "0", tuple(str(one) for one in range(1, 5_000))),
            "through group 0 > 1 > 2 > 3 > 4 > (4990 more) > 4995 > 4996 > 4997 > 4998 > 4999,"
            " role User",
        ),
    ],
)
def test_a_grant_names_the_way_and_of_a_very_long_one_both_ends(grant: Grant, said: str) -> None:
    assert grant.path == said
