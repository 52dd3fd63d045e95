"""How dates are written and read: the letters of .NET, both ways."""

import contextlib
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.provisioning.expression.formats import (
    form_fault,
    formatted,
    input_form_fault,
    read_formatted,
    styles_fault,
)
from seatkeeper.provisioning.expression.values import EvaluationFailed

LANDING = dt.datetime(2031, 3, 9, 4, 5, 6, 70_000, tzinfo=dt.UTC)
EVENING = dt.datetime(2031, 11, 19, 23, 45, 56, tzinfo=dt.UTC)
MOMENTS = st.integers(0, 8_000 * 365 * 86_400_000_000).map(
    lambda passed: dt.datetime(1000, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=passed)
)


@pytest.mark.parametrize(
    ("form", "early", "late"),
    [
        ("y yy yyy yyyy yyyyy", "31 31 2031 2031 02031", "31 31 2031 2031 02031"),
        ("M MM MMM MMMM MMMMM", "3 03 Mar March March", "11 11 Nov November November"),
        ("d dd ddd dddd ddddd", "9 09 Sun Sunday Sunday", "19 19 Wed Wednesday Wednesday"),
        ("H HH HHH", "4 04 04", "23 23 23"),
        ("h hh hhh", "4 04 04", "11 11 11"),
        ("m mm s ss", "5 05 6 06", "45 45 56 56"),
        ("f ff fff ffffff fffffff", "0 07 070 070000 0700000", "0 00 000 000000 0000000"),
        ("ss.F", "06", "56"),
        ("ss.FFF!", "06.07!", "56!"),
        ("ss F!", "06 !", "56 !"),
        ("t tt ttt", "A AM AM", "P PM PM"),
        ("z zz zzz zzzz K", "+0 +00 +00:00 +00:00 Z", "+0 +00 +00:00 +00:00 Z"),
        ("HH:mm (h:mm tt)", "04:05 (4:05 AM)", "23:45 (11:45 PM)"),
        ("yyyy'y'M\\M\"d\"", "2031y3Md", "2031y11Md"),
        ("%d", "9", "19"),
        ("qZ-", "qZ-", "qZ-"),
        ("d", "03/09/2031", "11/19/2031"),
        ("D", "Sunday, 09 March 2031", "Wednesday, 19 November 2031"),
        ("f", "Sunday, 09 March 2031 04:05", "Wednesday, 19 November 2031 23:45"),
        ("F", "Sunday, 09 March 2031 04:05:06", "Wednesday, 19 November 2031 23:45:56"),
        ("g", "03/09/2031 04:05", "11/19/2031 23:45"),
        ("G", "03/09/2031 04:05:06", "11/19/2031 23:45:56"),
        ("m", "March 09", "November 19"),
        ("M", "March 09", "November 19"),
        ("o", "2031-03-09T04:05:06.0700000Z", "2031-11-19T23:45:56.0000000Z"),
        ("O", "2031-03-09T04:05:06.0700000Z", "2031-11-19T23:45:56.0000000Z"),
        ("r", "Sun, 09 Mar 2031 04:05:06 GMT", "Wed, 19 Nov 2031 23:45:56 GMT"),
        ("R", "Sun, 09 Mar 2031 04:05:06 GMT", "Wed, 19 Nov 2031 23:45:56 GMT"),
        ("s", "2031-03-09T04:05:06", "2031-11-19T23:45:56"),
        ("t", "04:05", "23:45"),
        ("T", "04:05:06", "23:45:56"),
        ("u", "2031-03-09 04:05:06Z", "2031-11-19 23:45:56Z"),
        ("U", "Sunday, 09 March 2031 04:05:06", "Wednesday, 19 November 2031 23:45:56"),
        ("y", "2031 March", "2031 November"),
        ("Y", "2031 March", "2031 November"),
    ],
)
def test_a_date_is_printed_as_its_letters_say(form: str, early: str, late: str) -> None:
    assert (formatted(LANDING, form), formatted(EVENING, form)) == (early, late)
    assert form_fault(form) == ""


def test_noon_is_twelve_pm_and_midnight_twelve_am() -> None:
    day = dt.datetime(2031, 3, 9, tzinfo=dt.UTC)

    assert formatted(day, "h tt") == "12 AM"
    assert formatted(day.replace(hour=12), "h tt") == "12 PM"
    assert formatted(day.replace(hour=13), "h tt") == "1 PM"
    assert formatted(dt.datetime(7, 1, 1, tzinfo=dt.UTC), "y yy yyy yyyy") == "7 07 007 0007"


@pytest.mark.parametrize(
    ("text", "form", "read"),
    [
        ("2031-03-09", "yyyy-MM-dd", "3/9/2031 12:00:00 AM"),
        (" 2031-03-09 ", "yyyy-MM-dd", "3/9/2031 12:00:00 AM"),
        ("9/3/31", "d/M/yy", "3/9/2031 12:00:00 AM"),
        ("9/3/49", "d/M/yy", "3/9/2049 12:00:00 AM"),
        ("9/3/50", "d/M/y", "3/9/1950 12:00:00 AM"),
        ("02031", "yyyyy", "1/1/2031 12:00:00 AM"),
        ("731", "yyy", "1/1/0731 12:00:00 AM"),
        ("nov 9 2031", "MMM d yyyy", "11/9/2031 12:00:00 AM"),
        ("November 9 2031", "MMMM d yyyy", "11/9/2031 12:00:00 AM"),
        ("Sun 9 2031", "ddd d yyyy", "1/9/2031 12:00:00 AM"),
        ("Sunday 9 2031", "dddd d yyyy", "1/9/2031 12:00:00 AM"),
        ("2031 12:30 am", "yyyy h:mm tt", "1/1/2031 12:30:00 AM"),
        ("2031 12:30 P", "yyyy h:mm t", "1/1/2031 12:30:00 PM"),
        ("2031 04:05:06 PM", "yyyy hh:mm:ss tt", "1/1/2031 4:05:06 PM"),
        ("2031 23:45", "yyyy HH:m", "1/1/2031 11:45:00 PM"),
        ("2031 5.25", "yyyy s.FF", "1/1/2031 12:00:05 AM"),
        ("2031 5", "yyyy s.FF", "1/1/2031 12:00:05 AM"),
        ("2031 5.2500000", "yyyy s.fffffff", "1/1/2031 12:00:05 AM"),
        ("2031-03-09+2", "yyyy-MM-ddz", "3/8/2031 10:00:00 PM"),
        ("2031-03-09-02", "yyyy-MM-ddzz", "3/9/2031 2:00:00 AM"),
        ("2031-03-09-0230", "yyyy-MM-ddzzz", "3/9/2031 2:30:00 AM"),
        ("2031-03-09Z", "yyyy-MM-ddK", "3/9/2031 12:00:00 AM"),
        ("2031-03-09+02:00", "yyyy-MM-ddK", "3/8/2031 10:00:00 PM"),
        ("2031-03-09", "yyyy-MM-ddK", "3/9/2031 12:00:00 AM"),
        ("2031-03-09T04:05:06Z", "yyyy-MM-dd'T'HH:mm:ssZ", "3/9/2031 4:05:06 AM"),
        ("2031-03-09T04:05:06", "s", "3/9/2031 4:05:06 AM"),
        ("03/09/2031", "d", "3/9/2031 12:00:00 AM"),
        ("Mar 9", "MMM d", "3/9/0001 12:00:00 AM"),
    ],
)
def test_a_date_is_read_as_its_letters_say(text: str, form: str, read: str) -> None:
    assert input_form_fault(form) == ""
    assert read_formatted(text, form) == read


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2031-3-9", "yyyy-MM-dd"),
        ("2031-02-30", "yyyy-MM-dd"),
        ("0000-01-01", "yyyy-MM-dd"),
        ("10000-01-01", "yyyyy-MM-dd"),
        ("2031 13 PM", "yyyy h tt"),
        ("2031 0 AM", "yyyy h tt"),
        ("2031-03-09+15", "yyyy-MM-ddzz"),
        ("0001-01-01+01", "yyyy-MM-ddzz"),
        ("9999-12-31-01 23", "yyyy-MM-ddzz HH"),
        ("2031-03-09x", "yyyy-MM-dd"),
        ("\u0662\u0660\u0663\u0661", "yyyy"),
        ("1" * 101, "yyyy"),
        ("2031 5.", "yyyy s.fff"),
    ],
)
def test_a_text_that_does_not_fit_its_format_is_no_date(text: str, form: str) -> None:
    with pytest.raises(EvaluationFailed, match="is no date in the format"):
        read_formatted(text, form)


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ("", "1 to 100 characters"),
        ("y" * 101, "1 to 100 characters"),
        ("q", "'q' is no date format"),
        ("ffffffff", "more than 7 digits"),
        ("yyyy'", "' that stands for nothing"),
        ('yyyy"', '" that stands for nothing'),
        ("yyyy\\", "that stands for nothing"),
        ("yyyy%", "% that stands for nothing"),
    ],
)
def test_what_is_no_format_is_refused_in_words(form: str, says: str) -> None:
    with pytest.raises(EvaluationFailed) as caught:
        formatted(LANDING, form)

    assert says in str(caught.value)
    assert caught.value.advice
    assert form_fault(form) == str(caught.value)
    assert input_form_fault(form) == (str(caught.value) if form else "")


def test_a_format_that_reads_names_each_part_once_and_one_that_prints_as_often_as_it_likes() -> (
    None
):
    assert "names one part twice" in input_form_fault("HH:mm h:mm")
    assert form_fault("HH:mm h:mm") == ""
    assert len("y" * 100) == 100
    assert form_fault("'" + "x" * 98 + "'") == ""


@pytest.mark.parametrize(
    ("styles", "says"),
    [
        ("", ""),
        ("None", ""),
        ("AssumeUniversal, AllowWhiteSpaces", ""),
        ("DateTimeStyles.RoundtripKind,DateTimeStyles.AllowLeadingWhite", ""),
        ("yyyy-MM-dd", "'yyyy-MM-dd' is no style of dates; leave it empty."),
        ("None,", "'' is no style of dates; leave it empty."),
    ],
)
def test_a_style_that_does_not_exist_is_probably_a_format_in_the_wrong_place(
    styles: str, says: str
) -> None:
    assert styles_fault(styles) == says


@given(
    MOMENTS, st.sampled_from(["o", "yyyy-MM-dd HH:mm:ss.fffffff", "d MMM yyyyy, h:m:s.FFFFFF tt"])
)
def test_what_was_printed_is_read_as_the_same_moment(at: dt.datetime, form: str) -> None:
    assert read_formatted(formatted(at, form), form).at == at


@given(st.text(alphabet="yMdHhmsfFtzK:'\"\\% .-q", max_size=12), st.text("0123AP:- .", max_size=12))
def test_any_format_prints_and_reads_or_is_refused(form: str, text: str) -> None:
    for attempt in (lambda: formatted(LANDING, form), lambda: read_formatted(text, form)):
        with contextlib.suppress(EvaluationFailed):
            attempt()
