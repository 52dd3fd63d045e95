"""What an assignment would do, counted and remembered."""

import pytest

from seatkeeper.console.views.assigning import Comes, JoinEffect, JoinLine, rounded
from seatkeeper.console.views.losing import CARRIED
from seatkeeper.directory.model import Kind


def losing(*ids: str) -> JoinEffect:
    """Return what an assignment does that takes access from these people."""
    effect = JoinEffect(())
    effect.people[Comes.LOSES] += [
        JoinLine(one, Kind.USER.value, f"Name of {one}", "disable", "Deactivate", "") for one in ids
    ]
    return effect


@pytest.mark.parametrize(
    ("many", "said"),
    [(0, 0), (7, 7), (94, 94), (148, 150), (95_312.4, 95_000), (99_600, 100_000)],
)
def test_an_estimate_has_no_more_figures_than_it_is_worth(many: float, said: int) -> None:
    assert rounded(many) == said


def test_of_some_who_were_looked_at_the_share_is_taken_of_all() -> None:
    effect = JoinEffect((), all_looked_at=False, looked_at=150, reached=100_000)
    effect.people[Comes.GETS] += [JoinLine("one", "user", "One", "create", "Create", "")] * 75

    assert (effect.gets, effect.about) == (75, 50_000)


def test_whoever_was_shown_to_lose_access_is_not_named_again() -> None:
    shown = losing("ada", "bo")

    assert losing("bo").unseen(shown.carried()) == []
    assert losing("ada", "cy").unseen(shown.carried()) == ["Name of cy"]
    assert losing().unseen("") == []


def test_where_more_lose_access_than_a_form_holds_their_number_counts() -> None:
    many = [f"person-{number}" for number in range(CARRIED + 5)]
    shown = losing(*many)

    assert losing(*many).unseen(shown.carried()) == []
    assert losing(*many, "cy").unseen(shown.carried()) == ["Name of cy"]


@pytest.mark.parametrize("sent", ["", "x", "-1", "²", "9" * 20, "1 2 3"])
def test_what_a_form_never_said_remembers_nobody(sent: str) -> None:
    assert losing("ada").unseen(sent) == ["Name of ada"]
