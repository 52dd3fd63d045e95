"""Failures stop an app of twenty people and one of two hundred thousand, and single ones none."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatkeeper.provisioning.circuit import HALF_OPEN, Circuit
from seatkeeper.provisioning.outcome import retry_at
from seatkeeper.provisioning.profile import REFERENCE, SEATKEEPER
from seatkeeper.provisioning.quarantine import Failing, LatestWrites

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)


def stopped_after(failing: Failing, outcomes: str) -> tuple[int, str]:
    """Tell it outcomes (``.`` taken, a letter: refused for that cause); after how many it stops."""
    for number, outcome in enumerate(outcomes, start=1):
        if outcome == ".":
            failing.succeeded()
        elif why := failing.failed(outcome):
            return number, why
    return 0, ""


@pytest.mark.parametrize(
    ("outcomes", "after"),
    [
        ("abcde", 5),
        ("ab.cdefg", 8),
        ("abcd.", 0),
        (".a.b.c.d.e", 10),
        (".....abcd.......", 0),
        ("." * 15 + "abcde", 20),
        ("." * 15 + "a.b.c.", 0),
    ],
    ids=[
        "five of five",
        "five in a row among eight",
        "four, then one is taken",
        "every second of ten",
        "four in a row among many",
        "the last five of twenty",
        "three of twenty",
    ],
)
def test_an_app_of_twenty_people(outcomes: str, after: int) -> None:
    assert stopped_after(Failing(SEATKEEPER, in_scope=20), outcomes)[0] == after


def test_an_app_of_two_hundred_thousand_is_not_stopped_by_some_dozens() -> None:
    failing = Failing(SEATKEEPER, in_scope=200_000)

    number, _ = stopped_after(failing, "." * 10 + ("abcdefghijklmnopqrs" + ".") * 100)

    assert failing.window == 10_000
    assert number == 0


def test_an_app_of_two_hundred_thousand_is_stopped_when_half_of_ten_thousand_fail() -> None:
    failing = Failing(SEATKEEPER, in_scope=200_000)

    number, why = stopped_after(failing, "." * 5_000 + "ab" * 5_000)

    assert number == 10_000
    assert why == "5,000 of the last 10,000 writes failed."


def test_one_cause_twenty_times_in_a_row_stops_any_app_and_is_named() -> None:
    failing = Failing(SEATKEEPER, in_scope=200_000)

    number, why = stopped_after(failing, "." * 50 + "x" * 30)

    assert number == 70
    assert why == "The last 20 writes failed for one cause, x."


def test_after_a_stop_one_more_failure_stops_it_again_and_one_success_does_not() -> None:
    again, well = Failing(on_probation=True), Failing(on_probation=True)

    assert stopped_after(again, "a")[0] == 1
    assert stopped_after(well, ".abcd")[0] == 0


@pytest.mark.parametrize(
    ("failed", "taken", "stops"),
    [
        (45_000, 0, True),
        (30_000, 5_000, True),
        (20_000, 100_000, False),
        (4_000, 0, False),
        (40_001, 100_000, True),
        (40_000, 100_000, False),
    ],
    ids=[
        "45,000",
        "30,000 of 35,000",
        "20,000 of 120,000",
        "4,000 of 4,000",
        "40,001 of 140,001",
        "40,000 of 140,000",
    ],
)
def test_the_reference_profile_answers_the_published_examples(
    failed: int, taken: int, stops: bool
) -> None:
    failing = Failing(REFERENCE, in_scope=200_000)

    assert bool(stopped_after(failing, "." * taken + "x" * failed)[0]) is stops


def test_the_reference_profile_counts_references_that_had_to_wait_with_the_failures() -> None:
    failing = Failing(REFERENCE)
    for _ in range(100_000):
        failing.succeeded()
    for _ in range(21_000):
        failing.succeeded(references=1)

    number, why = stopped_after(failing, "x" * 40_000)

    assert number == 39_001
    assert "21,000 references had to wait" in why


def test_the_reference_profile_lets_a_first_cycle_run_to_its_end() -> None:
    assert stopped_after(Failing(REFERENCE, initial=True), "x" * 70_000) == (0, "")


def test_the_reference_profile_tries_again_6_12_and_24_hours_after_the_first_failure() -> None:
    moments, at = [], NOW
    for attempt in range(1, 6):
        due = retry_at(attempt, NOW, at, REFERENCE)
        assert due is not None
        at = due
        moments.append((at - NOW) / dt.timedelta(hours=1))

    assert moments == [6, 12, 24, 48, 72]


@settings(deadline=None)
@given(st.lists(st.sampled_from(".ab"), max_size=300), st.integers(0, 2_000))
def test_an_app_is_only_stopped_by_a_failure_and_never_by_less_than_five_of_the_last_ten(
    outcomes: list[str], in_scope: int
) -> None:
    failing = Failing(SEATKEEPER, in_scope)

    number, why = stopped_after(failing, "".join(outcomes))

    if why:
        latest = outcomes[max(0, number - 20) : number]
        assert outcomes[number - 1] != "."
        assert len([one for one in latest if one != "."]) >= 5


def test_an_app_that_is_well_gets_any_number_of_requests() -> None:
    circuit = Circuit()

    for _ in range(100):
        assert circuit.may_start
        circuit.started()


def test_an_app_that_comes_back_gets_one_request_then_five_then_all() -> None:
    circuit, at_once = Circuit(HALF_OPEN), []

    for _ in range(3):
        running = 0
        while circuit.may_start and running < 50:
            circuit.started()
            running += 1
        at_once.append(running)
        for _ in range(running):
            circuit.ended(well=True)

    assert at_once == [1, 5, 50]
    assert not circuit.half_open


@settings(deadline=None)
@given(st.lists(st.sampled_from(["start", "well", "ill"]), max_size=100))
def test_no_more_ever_run_than_the_phase_lets_through(story: list[str]) -> None:
    circuit, running, passed = Circuit(HALF_OPEN), 0, 0
    for step in story:
        if step == "start" and circuit.may_start:
            circuit.started()
            running += 1
        elif step != "start" and running:
            circuit.ended(well=step == "well")
            running -= 1
            passed += step == "well"
        if passed < 1:
            assert running <= 1
        elif passed < 6:
            assert running <= 5
        assert circuit.half_open is (passed < 6)
        assert circuit.may_start or running


@given(outcomes=st.text("ab.", max_size=80), cut=st.integers(0, 80))
def test_two_cycles_are_judged_as_one_would_be(outcomes: str, cut: int) -> None:
    whole = Failing(SEATKEEPER, in_scope=20)
    first = Failing(SEATKEEPER, in_scope=20)

    at_once, _ = stopped_after(whole, outcomes)
    before, _ = stopped_after(first, outcomes[:cut])
    second = Failing.going_on(first.kept("rules"), SEATKEEPER, initial=False)
    second.in_scope = 20
    after, _ = stopped_after(second, outcomes[cut:])

    in_two = before or (after and after + len(outcomes[:cut]))
    assert in_two == at_once


def test_an_app_of_two_hundred_thousand_is_not_stopped_by_odd_refusals_over_many_cycles() -> None:
    kept, stopped = LatestWrites(), []

    for change in range(300):
        failing = Failing.going_on(kept, SEATKEEPER, initial=False)
        failing.in_scope = 200_000
        outcome = "a" if change % 10 == 9 else "."
        stopped.append(stopped_after(failing, outcome))
        kept = failing.kept("rules")

    assert kept.latest.count("x") == 30
    assert set(stopped) == {(0, "")}


def test_a_profile_that_counts_by_the_cycle_begins_each_anew() -> None:
    kept = LatestWrites("rules", "x" * 50, 50, 50, "RecordRefused")

    failing = Failing.going_on(kept, REFERENCE, initial=False)

    assert failing.kept("rules") == LatestWrites("rules")
