"""Laws of the share of a limit in use, whatever an app answers and when."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatkeeper.provisioning.rate import BELOW, FORGIVEN, LEAST, STEP_SECONDS, Rate, rate_of

ANSWERS = st.lists(st.tuples(st.booleans(), st.floats(0, 600)), max_size=200)


def after(story: list[tuple[bool, float]]) -> tuple[list[Rate], float]:
    rate, now, seen = Rate(), 1000.0, [Rate()]
    for refused, seconds in story:
        now += seconds
        rate = rate.slowed(now) if refused else rate.eased(now)
        seen.append(rate)
    return seen, now


@settings(deadline=None)
@given(ANSWERS)
def test_the_share_stays_between_the_least_and_all(story: list[tuple[bool, float]]) -> None:
    seen, _ = after(story)

    assert all(LEAST <= one.share <= 1 for one in seen)


@settings(deadline=None)
@given(ANSWERS)
def test_a_refusal_never_raises_and_anything_else_never_lowers(
    story: list[tuple[bool, float]],
) -> None:
    seen, _ = after(story)

    for (refused, _), before, then in zip(story, seen, seen[1:], strict=False):
        assert then.share <= before.share if refused else then.share >= before.share


@settings(deadline=None)
@given(ANSWERS)
def test_within_a_day_it_never_comes_back_to_what_was_too_much(
    story: list[tuple[bool, float]],
) -> None:
    seen, _ = after([*story, (True, 10.0), *[(False, 30.0)] * 1000])

    lowest = next(one for one in seen[len(story) + 1 :])
    assert lowest.ceiling is not None
    assert all(
        one.share <= max(lowest.share, BELOW * lowest.ceiling) for one in seen[len(story) + 1 :]
    )


@settings(deadline=None)
@given(ANSWERS)
def test_it_comes_near_to_what_was_too_much_within_minutes(story: list[tuple[bool, float]]) -> None:
    seen, now = after(story)
    rate = seen[-1]
    top = 1.0 if rate.ceiling is None else BELOW * rate.ceiling

    for _ in range(60):
        now += STEP_SECONDS
        rate = rate.eased(now)

    assert rate.share >= min(top, 1.0) * 0.99 or rate.share >= top


def test_refusals_that_come_together_count_once() -> None:
    rate = Rate().slowed(100.0)

    assert rate.slowed(100.5) == rate == rate.slowed(101.9)


def test_an_app_that_was_slowed_down_often_is_asked_a_tenth_more_after_a_day() -> None:
    rate = Rate(share=0.19, ceiling=0.2, slowed_at=0.0, raised_at=0.0)

    after_a_day = rate.eased(FORGIVEN)

    assert after_a_day.ceiling == pytest.approx(0.22)
    assert 0.19 < after_a_day.share <= 0.95 * 0.22


def test_after_days_without_a_refusal_all_of_the_limit_is_used_again() -> None:
    rate, now = Rate().slowed(0.0), 0.0

    while rate != Rate():
        now += 60
        rate = rate.eased(now)

    assert now <= 2 * FORGIVEN


def test_a_clock_that_was_set_back_delays_the_next_step_and_no_more() -> None:
    rate = Rate().slowed(10_000.0)

    first = rate.eased(500.0)
    second = first.eased(500.0 + STEP_SECONDS)

    assert first.share == rate.share
    assert second.share > rate.share


@settings(deadline=None)
@given(ANSWERS)
def test_a_rate_is_read_back_as_it_was_kept(story: list[tuple[bool, float]]) -> None:
    rate = after(story)[0][-1]

    assert rate_of(rate.to_plain()) == rate


def test_what_cannot_be_read_back_is_as_if_nothing_had_been_learned() -> None:
    assert rate_of("?") == rate_of([None, None, None, None]) == rate_of(["x", 1, 2, 3]) == Rate()
