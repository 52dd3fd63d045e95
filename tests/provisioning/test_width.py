"""As many requests at once as make an app quicker, and no more."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.provisioning.width import FEWEST, RESTS, Width


def answer(width: Width, seconds: Callable[[int], float], samples: int) -> list[int]:
    """Let so many samples of answers come, each as late as the app is with so many at once."""
    seen = []
    for _ in range(samples):
        before = width.now
        for _ in range(before + max(FEWEST, 2 * before)):
            width.answered(seconds(before))
            if width.now != before:
                break
        seen.append(width.now)
    return seen


def test_an_app_that_answers_as_quickly_however_many_ask_is_asked_by_all_it_may_be() -> None:
    width = Width(8, 64)

    answer(width, lambda _: 0.05, 10)

    assert width.now == 64


def test_an_app_that_only_lets_a_longer_line_wait_keeps_the_lanes_it_had() -> None:
    width = Width(8, 64)

    seen = answer(width, lambda lanes: lanes / 100, 10)

    assert seen[0] == 16  # it was tried
    assert width.now == 8


def test_it_stops_where_more_no_longer_helps() -> None:
    width = Width(4, 64)

    answer(width, lambda lanes: max(0.1, lanes / 160), 12)

    assert width.now == 16


def test_it_looks_again_later_for_an_app_that_was_busy_only_then() -> None:
    width = Width(8, 16)
    answer(width, lambda lanes: lanes / 100, 3)
    assert width.now == 8

    answer(width, lambda _: 0.05, RESTS + 3)

    assert width.now == 16


def test_an_app_that_asks_to_wait_is_asked_by_half_of_them_and_never_by_fewer_than_at_first() -> (
    None
):
    width = Width(8, 64)
    answer(width, lambda _: 0.05, 10)

    halves = []
    for _ in range(5):
        width.refused()
        halves.append(width.now)

    assert halves == [32, 16, 8, 8, 8]


def test_an_app_that_publishes_how_many_it_takes_is_never_asked_by_more() -> None:
    width = Width(4)

    answer(width, lambda _: 0.05, 10)

    assert width.now == 4


@given(
    least=st.integers(1, 20),
    most=st.integers(0, 80),
    met=st.lists(st.one_of(st.none(), st.floats(0, 100)), max_size=400),
)
def test_whatever_is_met_it_stays_between_its_ends(
    least: int, most: int, met: list[float | None]
) -> None:
    width = Width(least, most)

    for seconds in met:
        if seconds is None:
            width.refused()
        else:
            width.answered(seconds)

    assert least <= width.now <= max(least, most)
