"""The rate of a cycle is that of the station that runs, over its last minute."""

import datetime as dt

from seatkeeper.provisioning.pace import Pace, pace_of

NINE = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)


def after(seconds: float) -> dt.datetime:
    return NINE + dt.timedelta(seconds=seconds)


def sending(*marks: tuple[float, int]) -> Pace:
    pace = Pace()
    for seconds, done in marks:
        pace = pace.marked("exporting", done, after(seconds))
    return pace


def test_planning_does_not_count_towards_the_rate_of_sending() -> None:
    planned = Pace().marked("planning", 0, NINE).marked("planning", 0, after(600))

    pace = planned.marked("exporting", 0, after(600)).marked("exporting", 100, after(610))

    assert pace.per_second(100, after(610)) == 10


def test_looking_up_before_the_first_record_is_sent_does_not_count() -> None:
    pace = sending((0, 0), (300, 0), (310, 40))

    assert pace.per_second(40, after(310)) == 4


def test_only_the_last_minute_counts() -> None:
    fast_then_slow = sending(*((one, 100 * one) for one in range(0, 61, 10)))

    for one in range(70, 200, 10):
        fast_then_slow = fast_then_slow.marked("exporting", 6_000 + one, after(one))

    assert fast_then_slow.per_second(6_190, after(190)) == 1
    assert len(fast_then_slow.marks) < 10


def test_marks_are_not_made_with_every_write() -> None:
    often = sending((0, 0), (6, 10), (7, 11), (8, 12))

    assert len(often.marks) == 2
    assert len(sending((0, 0), (6, 10), (7, 11), (12, 12)).marks) == 3


def test_a_rate_is_told_from_one_second_on() -> None:
    assert sending((0, 0)).per_second(5, after(0.9)) == 0
    assert sending((0, 0)).per_second(5, after(1)) == 5
    assert Pace().per_second(5, NINE) == 0


def test_what_was_done_before_an_interruption_does_not_count() -> None:
    gone_on = sending((0, 0), (10, 500)).marked("suspended", 500, after(20))

    pace = gone_on.marked("exporting", 500, after(5_000)).marked("exporting", 520, after(5_010))

    assert pace.per_second(520, after(5_010)) == 2


def test_a_station_that_begins_anew_is_measured_anew() -> None:
    assert len(sending((0, 50), (10, 90), (20, 10)).marks) == 1
    assert len(sending((0, 50), (10, 90), (5, 95)).marks) == 1


def test_it_reads_back_as_it_was_kept() -> None:
    pace = sending((0, 50), (10, 90))

    assert pace_of(pace.to_plain()) == pace
    assert pace_of(None) == pace_of(["exporting"]) == Pace()
