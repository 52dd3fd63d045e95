"""In which minutes an app may be worked for."""

import datetime as dt
import zoneinfo

import pytest

from seatkeeper.errors import InvalidValue
from seatkeeper.provisioning.calendar import Calendar, read_quiet, read_window

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")


def at(text: str, zone: dt.tzinfo = dt.UTC) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=zone)


def test_an_app_without_windows_and_quiet_hours_may_always_be_worked_for() -> None:
    assert Calendar().may_begin(at("2026-03-02 03:14:15"))
    assert not Calendar().is_quiet(at("2026-03-02 03:14:15"))


@pytest.mark.parametrize(
    ("expression", "inside", "outside"),
    [
        ("* 8-17 * * mon-fri", "2026-03-02 08:00", "2026-03-01 08:00"),  # a Monday, a Sunday
        ("* 8-17 * * 1-5", "2026-03-06 17:59:59", "2026-03-06 18:00"),
        ("0,30 * * * *", "2026-03-02 11:30:40", "2026-03-02 11:31"),
        ("*/15 * * * *", "2026-03-02 11:45", "2026-03-02 11:46"),
        ("10/20 * * * *", "2026-03-02 11:50", "2026-03-02 11:00"),
        ("* * 1 * *", "2026-04-01 00:00", "2026-04-02 00:00"),
        ("* * * feb *", "2026-02-28 12:00", "2026-03-01 12:00"),
        ("* * * * 7", "2026-03-01 12:00", "2026-03-02 12:00"),
        ("* * * * sun", "2026-03-01 12:00", "2026-03-07 12:00"),
    ],
)
def test_a_window_holds_the_minutes_that_its_expression_names(
    expression: str, inside: str, outside: str
) -> None:
    calendar = Calendar((read_window(expression),))

    assert calendar.may_begin(at(inside))
    assert not calendar.may_begin(at(outside))


def test_day_of_the_month_or_day_of_the_week_is_enough_where_both_are_named() -> None:
    window = read_window("* * 13 * fri")

    assert window.holds(at("2026-03-06 12:00"))  # a Friday, the 6th
    assert window.holds(at("2026-04-13 12:00"))  # a Monday, the 13th
    assert not window.holds(at("2026-03-05 12:00"))


def test_a_step_over_all_days_restricts_the_days_of_the_week_further() -> None:
    window = read_window("* * */2 * mon")

    assert not window.holds(at("2026-03-02 12:00"))  # a Monday, but the 2nd
    assert window.holds(at("2026-03-09 12:00"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("* * * *", "has 4 fields"),
        ("60 * * * *", "'60' is no minute"),
        ("* 24 * * *", "'24' is no hour"),
        ("* * 0 * *", "no day of the month"),
        ("* * * jam *", "'jam' is no month"),
        ("* * * * 8", "no day of the week"),
        ("5-3 * * * *", "'5-3' is no minute"),
        ("*/0 * * * *", r"'\*/0' is no minute"),
        ("1,,2 * * * *", "'' is no minute"),
        ("١ * * * *", "is no minute"),
    ],
)
def test_what_is_no_cron_expression_is_refused_by_its_part(text: str, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        read_window(text)


def test_quiet_hours_may_lie_across_midnight() -> None:
    calendar = Calendar(quiet=(read_quiet("22:00-06:00"),))

    assert calendar.is_quiet(at("2026-03-02 22:00"))
    assert calendar.is_quiet(at("2026-03-03 05:59:59"))
    assert not calendar.is_quiet(at("2026-03-03 06:00"))
    assert not calendar.is_quiet(at("2026-03-02 21:59:59"))


def test_quiet_hours_of_one_day_end_on_it() -> None:
    calendar = Calendar(quiet=(read_quiet("12:00-13:30"),))

    assert calendar.is_quiet(at("2026-03-02 12:00"))
    assert not calendar.is_quiet(at("2026-03-02 13:30"))
    assert not calendar.is_quiet(at("2026-03-02 11:59:59"))


@pytest.mark.parametrize("text", ["22-6", "24:00-06:00", "22:00", "8:00-09:00", "08:00-08:00"])
def test_what_are_no_quiet_hours_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="quiet hours"):
        read_quiet(text)


def test_hours_are_those_of_the_calendars_own_clock() -> None:
    calendar = Calendar(quiet=(read_quiet("22:00-06:00"),), zone=BERLIN)

    assert calendar.is_quiet(at("2026-07-01 04:30", BERLIN))
    assert not calendar.is_quiet(at("2026-07-01 04:30"))  # half past six in Berlin


@pytest.mark.parametrize(
    ("calendar", "now", "opens"),
    [
        (Calendar(), "2026-03-02 10:00:07", "2026-03-02 10:00:07"),
        (Calendar((read_window("0 8 * * *"),)), "2026-03-02 08:00:30", "2026-03-02 08:00:30"),
        (Calendar((read_window("0 8 * * *"),)), "2026-03-02 08:01:30", "2026-03-03 08:00:00"),
        (Calendar((read_window("0 0 29 2 *"),)), "2026-03-02 08:00", "2028-02-29 00:00"),
        (Calendar(quiet=(read_quiet("22:00-06:00"),)), "2026-03-02 23:15:20", "2026-03-03 06:00"),
    ],
)
def test_the_next_opening_is_found(calendar: Calendar, now: str, opens: str) -> None:
    assert calendar.next_opening(at(now)) == at(opens)


def test_a_window_in_the_hour_that_summer_time_skips_opens_the_day_after() -> None:
    calendar = Calendar((read_window("30 2 * * *"),), zone=BERLIN)

    opens = calendar.next_opening(at("2026-03-28 12:00", BERLIN))

    assert opens == at("2026-03-30 02:30", BERLIN)


def test_windows_that_are_always_quiet_never_open() -> None:
    calendar = Calendar((read_window("* 23 * * *"),), (read_quiet("22:00-06:00"),))

    assert calendar.next_opening(at("2026-03-02 12:00")) is None
    assert Calendar((read_window("* * 30 feb *"),)).next_opening(at("2026-03-02 12:00")) is None
