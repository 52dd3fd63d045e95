"""Requests and times of a cycle are counted so that days can be added up from them."""

import datetime as dt
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatkeeper.errors import InvalidValue
from seatkeeper.provisioning.cycle import Counters, Cycle, CycleKind, CycleState
from seatkeeper.provisioning.history import Day, Retention
from seatkeeper.provisioning.statistics import SLOWEST, Statistics, Tally, statistics_of

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)


@dataclass
class Request:
    milliseconds: int
    method: str = "POST"
    path: str = "/Users"
    status: int | None = 201


REQUESTS = st.lists(
    st.builds(
        Request,
        st.integers(0, 5_000_000),
        st.sampled_from(["GET", "POST", "PATCH"]),
        st.sampled_from(["/Users/1", "/Groups", "/Schemas"]),
        st.sampled_from([200, 404, 429, 503, None]),
    ),
    max_size=40,
)


def tallied(*requests: Request, before: Statistics | None = None) -> Statistics:
    tally = Tally(before or Statistics())
    tally.asked(requests)
    return tally.so_far()


def test_requests_are_told_apart_by_what_they_are_about_and_what_came_back() -> None:
    seen = tallied(
        Request(5),
        Request(5, "PATCH", "/Groups/7", 204),
        Request(5, "GET", "/Schemas", 429),
        Request(5, status=None),
    )

    assert seen.kinds == {"POST users": 2, "PATCH groups": 1, "GET": 1}
    assert seen.answers == {"2xx": 2, "429": 1, "lost": 1}


def test_the_slowest_are_kept_by_name_and_no_more() -> None:
    seen = tallied(*(Request(took, path=f"/Users/{took}") for took in range(100)))

    assert [one.milliseconds for one in seen.slowest] == [99, 98, 97, 96, 95][:SLOWEST]
    assert seen.slowest[0].path == "/Users/99"


def test_a_way_from_change_to_app_is_measured_in_milliseconds() -> None:
    tally = Tally()

    for seconds in [0.2] * 99 + [7]:
        tally.arrived(NOW - dt.timedelta(seconds=seconds), NOW)

    lags = tally.so_far().lags
    assert (lags.within(0.5), lags.within(0.99), lags.longest) == (250, 250, 7_000)


@settings(deadline=None)
@given(REQUESTS, REQUESTS)
def test_what_was_counted_before_an_interruption_counts_on(
    first: list[Request], second: list[Request]
) -> None:
    at_once = tallied(*first, *second)

    before = statistics_of(tallied(*first).to_plain())
    continued = tallied(*second, before=before)

    assert continued == at_once
    assert sum(at_once.kinds.values()) == at_once.times.number == len(first) + len(second)


@settings(deadline=None)
@given(REQUESTS)
def test_nearly_all_are_done_within_the_time_that_is_said(requests: list[Request]) -> None:
    times = tallied(*requests).times

    for share in (0.5, 0.95, 0.99, 1):
        within = [one for one in requests if one.milliseconds <= times.within(share)]
        assert len(within) >= share * len(requests)
    assert times.longest == max((one.milliseconds for one in requests), default=0)


def cycle(**counted: int) -> Cycle:
    return Cycle(
        "c", "15five", 1, CycleKind.INCREMENTAL, CycleState.DONE, 0, 9, "d", NOW,
        NOW + dt.timedelta(seconds=4), Counters(**counted), statistics=tallied(Request(5)),
    )  # fmt: skip


def test_a_day_adds_up_cycles_and_knows_which_did_nothing() -> None:
    day = Day("15five", NOW.date())

    for one in (cycle(created=2, requests=3, waiting=1), cycle(updated=1, requests=1), cycle()):
        day = day.plus(one)

    assert (day.cycles, day.idle, day.seconds, day.longest_seconds) == (3, 1, 12, 4)
    assert day.counters == Counters(created=2, updated=1, requests=4)
    assert day.statistics.kinds == {"POST users": 3}


def test_things_are_kept_as_long_as_they_are_said_to_be() -> None:
    assert Retention(log=90, cycles=90, messages=2) == Retention(90, 90, 2)


def test_the_log_is_not_kept_for_fewer_days_than_its_cycles() -> None:
    with pytest.raises(InvalidValue, match="fewer days"):
        Retention(log=30, cycles=90)
    with pytest.raises(InvalidValue, match="2 days"):
        Retention(log=30, cycles=1)
