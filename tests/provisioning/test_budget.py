"""Retries of one app, beside its requests."""

from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.provisioning.budget import RESERVE, SHARE, RetryBudget
from seatkeeper.provisioning.outcome import TRANSIENT_WAITS, backoff


@given(st.lists(st.booleans(), max_size=400))
def test_retries_are_a_tenth_of_all_requests_and_a_reserve_at_most(wishes):
    budget = RetryBudget()
    retries = requests = 0
    for wished in wishes:
        retries += wished and budget.take()
        requests += 1
        budget.asked()

    assert retries <= RESERVE + SHARE * requests


def test_a_small_app_may_have_some_failures_at_once():
    budget = RetryBudget()

    assert [budget.take() for _ in range(11)] == [True] * 10 + [False]


def test_ten_requests_earn_one_retry():
    budget = RetryBudget(left=0.0)

    for _ in range(9):
        budget.asked()
    early = budget.take()
    for _ in range(2):
        budget.asked()

    assert not early
    assert budget.take()


@given(st.integers(0, len(TRANSIENT_WAITS) - 1), st.floats(0, 1))
def test_a_wait_is_any_time_up_to_its_limit(attempt, chance):
    assert 0 <= backoff(attempt, chance) <= TRANSIENT_WAITS[attempt]


def test_waits_are_drawn_over_all_of_their_length():
    assert backoff(2, 0.0) == 0
    assert backoff(2, 0.5) == 4
    assert backoff(2, 1.0) == 8
