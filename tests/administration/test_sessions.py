"""How long somebody stays signed in, and what slows who guesses."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.administration.sessions import (
    ABSOLUTE,
    CONFIRMED,
    FAILURES,
    FAILURES_FROM,
    IDLE,
    LINK,
    LONGEST_PAUSE,
    WINDOW,
    is_confirmed,
    link_works,
    session_lives,
    slowed_until,
)

NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
SECOND, MINUTE = dt.timedelta(seconds=1), dt.timedelta(minutes=1)
ages = st.lists(st.integers(0, 1800), max_size=40)


@pytest.mark.parametrize(
    ("began", "seen", "lives"),
    [
        (ABSOLUTE - SECOND, IDLE - SECOND, True),
        (ABSOLUTE, SECOND, False),
        (IDLE, IDLE, False),
        (-MINUTE, -MINUTE, True),
        (SECOND, -MINUTE - SECOND, False),
        (-MINUTE - SECOND, SECOND, False),
    ],
)
def test_a_session_ends_unused_or_after_half_a_day(
    began: dt.timedelta, seen: dt.timedelta, lives: bool
) -> None:
    assert session_lives(NOW - began, NOW - seen, NOW) is lives


def test_a_link_works_once_and_for_a_quarter_of_an_hour() -> None:
    assert link_works(NOW - LINK + SECOND, None, NOW)
    assert not link_works(NOW - LINK, None, NOW)
    assert not link_works(NOW, NOW, NOW)


def test_a_link_of_a_clock_that_was_ahead_does_not_work() -> None:
    assert link_works(NOW + MINUTE, None, NOW)
    assert not link_works(NOW + MINUTE + SECOND, None, NOW)


@given(ages=ages)
def test_nobody_is_ever_shut_out_for_longer_than_the_longest_pause(ages: list[int]) -> None:
    failures = [NOW - dt.timedelta(seconds=age) for age in ages]

    until = slowed_until(failures, NOW)

    assert until is None or NOW < until <= NOW + LONGEST_PAUSE
    if sum(NOW - at < WINDOW for at in failures) < FAILURES:
        assert until is None


@given(ages=ages)
def test_another_failure_never_shortens_the_pause(ages: list[int]) -> None:
    failures = [NOW - dt.timedelta(seconds=age) for age in ages]

    before, after = slowed_until(failures, NOW), slowed_until([*failures, NOW], NOW)

    assert before is None or (after is not None and after >= before)


def test_the_tenth_failure_slows_and_patience_ends_it() -> None:
    failures = [NOW] * FAILURES

    assert slowed_until(failures, NOW) == NOW + SECOND
    assert slowed_until(failures, NOW + SECOND) is None
    assert slowed_until([NOW] * 40, NOW) == NOW + LONGEST_PAUSE


def test_what_was_noted_while_the_clock_was_a_day_ahead_neither_slows_nor_confirms() -> None:
    tomorrow = NOW + dt.timedelta(days=1)

    until = slowed_until([tomorrow] * FAILURES, NOW)
    confirmed = is_confirmed(tomorrow, NOW)

    assert (until, confirmed) == (None, False)


def test_attempts_that_overtake_each_other_all_count() -> None:
    noted_already = [NOW + SECOND] * FAILURES

    assert slowed_until(noted_already, NOW) is not None


def test_a_typed_passphrase_speaks_for_a_quarter_of_an_hour() -> None:
    just, long_ago = NOW - CONFIRMED + dt.timedelta(seconds=1), NOW - CONFIRMED

    assert (is_confirmed(just, NOW), is_confirmed(long_ago, NOW)) == (True, False)


def test_one_machine_may_fail_more_often_than_one_name() -> None:
    failures = [NOW] * FAILURES

    name, machine = slowed_until(failures, NOW), slowed_until(failures, NOW, FAILURES_FROM)

    assert name is not None
    assert machine is None
