"""When is whose next cycle."""

import datetime as dt
from dataclasses import replace

import pytest

from seatkeeper.provisioning.calendar import Calendar, read_quiet, read_window
from seatkeeper.provisioning.cycle import Cycle, CycleKind, CycleState
from seatkeeper.provisioning.journal import Health, HealthState
from seatkeeper.provisioning.schedule import (
    LONGEST_BURST,
    SETTLES,
    Schedule,
    burst_after,
    deciding,
    due_now,
    in_turn,
    is_silent,
    next_start,
    reconcile_due,
)

NOON = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
EVERY_40 = Schedule("15five", True, 40 * MINUTE, 7)
NIGHT = Calendar(quiet=(read_quiet("22:00-06:00"),))


def cycle(kind: CycleKind = CycleKind.INCREMENTAL, *, ended: bool = True) -> Cycle:
    state = CycleState.DONE if ended else CycleState.EXPORTING
    return Cycle("c", "15five", 3, kind, state, 0, 9, "d", NOON)


def due(
    schedule: Schedule, last: Cycle | None, now: dt.datetime, health: Health | None = None
) -> bool:
    return due_now(schedule, last, health or Health(), 7, now)


def test_the_first_cycle_is_due_at_once_and_the_next_an_interval_after_its_start() -> None:
    assert due(EVERY_40, None, NOON)
    assert not due(EVERY_40, cycle(), NOON + 39 * MINUTE)
    assert due(EVERY_40, cycle(), NOON + 40 * MINUTE)


def test_an_open_cycle_and_a_saved_change_are_due_at_once() -> None:
    assert due(EVERY_40, cycle(ended=False), NOON)
    assert due(replace(EVERY_40, version=8), cycle(), NOON)


def test_an_app_that_is_off_is_never_due() -> None:
    off = replace(EVERY_40, on=False)

    assert not due(off, None, NOON)
    assert off.rests(NOON)
    assert next_start(off, None, NOON) is None


def test_an_app_that_is_away_is_tried_when_its_time_has_come() -> None:
    away = Health(HealthState.AWAY, next_try=NOON + MINUTE)

    assert not due(EVERY_40, cycle(ended=False), NOON, away)
    assert due(EVERY_40, cycle(ended=False), NOON + MINUTE, away)


@pytest.mark.fault("L4")
def test_a_clock_that_was_set_back_keeps_nobody_waiting_for_the_future_again() -> None:
    last_year = NOON - 365 * 24 * 60 * MINUTE
    away = Health(HealthState.AWAY, next_try=NOON + MINUTE)

    assert due(EVERY_40, cycle(), last_year)
    assert due(EVERY_40, cycle(), last_year, away)
    assert next_start(EVERY_40, cycle(), last_year) == last_year


@pytest.mark.fault("L4")
def test_clocks_of_two_machines_that_differ_a_little_begin_nothing_twice() -> None:
    assert not due(EVERY_40, cycle(), NOON - MINUTE)


def test_nothing_is_due_in_quiet_hours_and_what_runs_waits() -> None:
    night = replace(EVERY_40, calendar=NIGHT)

    assert not due(night, None, NOON + dt.timedelta(hours=11))
    assert night.rests(NOON + dt.timedelta(hours=11))
    assert not night.rests(NOON)
    assert next_start(night, None, NOON + dt.timedelta(hours=11)) == NOON + dt.timedelta(hours=18)


def test_the_end_of_a_window_lets_a_cycle_go_on() -> None:
    mornings = replace(EVERY_40, calendar=Calendar((read_window("* 8-11 * * *"),)))

    assert not due(mornings, cycle(ended=False), NOON)
    assert not mornings.rests(NOON)
    assert next_start(mornings, cycle(), NOON) == NOON + dt.timedelta(hours=20)


def test_changes_that_come_close_together_are_one_burst() -> None:
    first = burst_after(None, newest=10, read_to=9, now=NOON)
    second = burst_after(first, newest=11, read_to=9, now=NOON + SETTLES / 2)
    assert first is not None
    assert second is not None

    assert not second.is_over(NOON + SETTLES)
    assert second.is_over(NOON + SETTLES * 1.5)
    assert burst_after(second, newest=11, read_to=11, now=NOON + SETTLES * 2) is None


def test_a_burst_without_end_is_carried_out_all_the_same() -> None:
    burst, now = burst_after(None, newest=1, read_to=0, now=NOON), NOON
    for newest in range(2, 20):
        now += SETTLES / 2
        burst = burst_after(burst, newest=newest, read_to=0, now=now)

    assert burst is not None
    assert burst.first_at == NOON
    assert burst.is_over(NOON + LONGEST_BURST)


def test_a_clock_that_is_set_back_begins_the_burst_anew() -> None:
    burst = burst_after(None, newest=1, read_to=0, now=NOON)

    again = burst_after(burst, newest=1, read_to=0, now=NOON - 60 * MINUTE)

    assert again is not None
    assert again.is_over(NOON - 60 * MINUTE + SETTLES)


def test_whoever_waits_longest_comes_first() -> None:
    waiting = {"busy": NOON, "b": NOON - MINUTE, "a": NOON - MINUTE, "late": NOON + MINUTE}

    assert in_turn(waiting, 3) == ["a", "b", "busy"]
    assert in_turn(waiting, 0) == []
    assert in_turn(waiting, -1) == []


def test_a_cycle_on_demand_does_not_put_the_next_one_off() -> None:
    assert deciding([cycle(CycleKind.ON_DEMAND), cycle()]) == cycle()
    assert deciding([cycle(CycleKind.ON_DEMAND)]) is None


def test_an_app_is_read_again_when_its_time_has_come_and_only_where_somebody_wished_so() -> None:
    weekly = replace(EVERY_40, reconcile_every=dt.timedelta(days=7))
    week = dt.timedelta(days=7)

    assert reconcile_due(weekly, None, Health(), NOON)
    assert not reconcile_due(weekly, NOON, Health(), NOON + week - MINUTE)
    assert reconcile_due(weekly, NOON, Health(), NOON + week)
    assert not reconcile_due(EVERY_40, None, Health(), NOON)
    assert not reconcile_due(replace(weekly, on=False), None, Health(), NOON)
    assert not reconcile_due(weekly, None, Health(HealthState.AWAY), NOON)
    assert not reconcile_due(replace(weekly, calendar=NIGHT), None, Health(), NOON + week / 14)


def test_an_app_is_silent_after_its_intervals_and_never_within_a_quarter_of_an_hour() -> None:
    often = replace(EVERY_40, interval=MINUTE)

    assert not is_silent(EVERY_40, NOON, NOON + 79 * MINUTE, 2)
    assert is_silent(EVERY_40, NOON, NOON + 80 * MINUTE, 2)
    assert not is_silent(often, NOON, NOON + 14 * MINUTE, 2)
    assert is_silent(often, NOON, NOON + 15 * MINUTE, 2)


def test_hours_in_which_no_cycle_may_begin_are_no_silence() -> None:
    nightly = replace(EVERY_40, calendar=Calendar(windows=(read_window("0 3 * * *"),)))
    never = replace(EVERY_40, calendar=Calendar(windows=(read_window("0 3 30 2 *"),)))
    three = NOON.replace(hour=3, minute=0) + dt.timedelta(days=1)

    assert not is_silent(nightly, NOON, three + 14 * MINUTE, 2)
    assert is_silent(nightly, NOON, three + 15 * MINUTE, 2)
    assert not is_silent(never, NOON, NOON + dt.timedelta(days=900), 2)
    assert not is_silent(replace(EVERY_40, on=False), NOON, NOON + dt.timedelta(days=9), 2)
