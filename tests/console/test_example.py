"""The person whose values stand beside the mappings."""

from tests.provisioning.builders import USERS, ada, facts, rules

from seatkeeper.console.views.mappings import best_example
from seatkeeper.directory.model import User

NAMELESS = facts(User("new", {"displayName": "Not there yet"}))
ADA = facts(ada())


def test_who_can_get_an_account_explains_the_mappings_better_than_who_cannot() -> None:
    assert best_example([NAMELESS, ADA], rules(), USERS) == ADA


def test_where_nobody_is_complete_the_first_is_shown() -> None:
    assert best_example([NAMELESS], rules(), USERS) == NAMELESS


def test_in_an_empty_directory_there_is_no_example() -> None:
    assert best_example([], rules(), USERS) is None
