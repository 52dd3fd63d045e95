"""Codes of an app and codes for when it is lost: which are right, and who must wait."""

import datetime as dt
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.administration.second_factor import (
    FAILURES,
    PENDING,
    SETTING_UP,
    STEP,
    WINDOW,
    accepted_step,
    app_link,
    code_at,
    codes_wait_until,
    recovery_code,
    recovery_digest,
    step_at,
    still_pending,
    still_set_up,
    written_recovery_code,
    written_secret,
)

NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
SECRET = b"12345678901234567890"
"""The one of RFC 6238, appendix B."""

ages = st.lists(st.integers(0, 1800), max_size=20)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    moment = dt.datetime.fromtimestamp(seconds, dt.UTC)

    made = code_at(SECRET, step_at(moment))

    assert made == code[-6:]


def test_codes_keep_their_leading_noughts() -> None:
    early = dt.datetime.fromtimestamp(1111111109, dt.UTC)

    assert code_at(SECRET, step_at(early)) == "081804"


@pytest.mark.parametrize(
    ("away", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_clock_may_be_half_a_minute_wrong_and_no_more(away: int, right: bool) -> None:
    shown = step_at(NOW) + away

    accepted = accepted_step(SECRET, code_at(SECRET, shown), NOW, last=0)

    assert accepted == (shown if right else None)


def test_a_code_that_was_used_is_not_right_a_second_time_nor_is_an_older_one() -> None:
    present = step_at(NOW)
    used = accepted_step(SECRET, code_at(SECRET, present), NOW, last=0)
    assert used == present

    again, older, next_one = (
        accepted_step(SECRET, code_at(SECRET, present + away), NOW, last=used)
        for away in (0, -1, 1)
    )

    assert (again, older, next_one) == (None, None, present + 1)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "٠٨١٨٠٤", "081804;"])
def test_what_is_not_six_digits_is_no_code(typed: str) -> None:
    assert accepted_step(SECRET, typed, dt.datetime.fromtimestamp(1111111109, dt.UTC), 0) is None


@pytest.mark.parametrize("typed", ["081804", "081 804", " 081-804 "])
def test_a_code_may_be_typed_as_the_app_shows_it(typed: str) -> None:
    moment = dt.datetime.fromtimestamp(1111111109, dt.UTC)

    assert accepted_step(SECRET, typed, moment, 0) == step_at(moment)


@given(chance=st.binary(min_size=10, max_size=10))
def test_a_recovery_code_is_known_however_it_is_written(chance: bytes) -> None:
    shown = written_recovery_code(chance)
    assert re.fullmatch(r"[A-Z2-7]{4}(-[A-Z2-7]{4}){3}", shown)

    misread = shown.replace("O", "0").replace("I", "1").replace("B", "8")
    ways = {recovery_code(one) for one in (shown, shown.lower().replace("-", " "), misread)}

    assert ways == {shown.replace("-", "")}


@pytest.mark.parametrize("typed", ["", "081804", "ABCD-EFGH-IJKL", "ABCD-EFGH-IJKL-MNO9"])
def test_anything_else_is_no_recovery_code(typed: str) -> None:
    assert recovery_code(typed) is None


def test_what_is_kept_of_a_recovery_code_does_not_say_it() -> None:
    one, other = recovery_digest("A" * 16), recovery_digest("B" * 16)

    assert one != other
    assert "AAAA" not in one


def test_a_secret_is_written_in_groups_of_four_and_in_a_link() -> None:
    text = written_secret(SECRET)

    link = urlsplit(app_link(SECRET, "Seatkeeper [::1]", "ana+1@larkspur.example"))

    assert text == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
    assert (link.scheme, link.netloc) == ("otpauth", "totp")
    assert link.path == "/Seatkeeper%20%5B%20%201%5D:ana%2B1%40larkspur.example"
    assert parse_qs(link.query) == {
        "secret": [text.replace(" ", "")],
        "issuer": ["Seatkeeper [  1]"],
    }


def test_after_five_wrong_codes_the_next_waits_until_the_first_is_forgotten() -> None:
    failures = [NOW - dt.timedelta(minutes=9 - age) for age in range(FAILURES)]

    before, waits = codes_wait_until(failures[1:], NOW), codes_wait_until(failures, NOW)

    assert before is None
    assert waits == NOW - dt.timedelta(minutes=9) + WINDOW
    assert codes_wait_until(failures, waits) is None


@given(ages=ages)
def test_in_no_quarter_of_an_hour_more_than_five_wrong_codes_are_looked_at(ages: list[int]) -> None:
    looked_at: list[dt.datetime] = []
    for moment in (NOW + dt.timedelta(seconds=age) for age in sorted(ages)):
        if codes_wait_until(looked_at, moment) is None:
            looked_at.append(moment)

    assert all(
        sum(first <= at < first + WINDOW for at in looked_at) <= FAILURES for first in looked_at
    )


def test_what_was_noted_while_the_clock_was_a_day_ahead_neither_waits_nor_opens() -> None:
    tomorrow = NOW + dt.timedelta(days=1)

    waits = codes_wait_until([tomorrow] * FAILURES, NOW)
    opens = still_pending(tomorrow, NOW), still_set_up(tomorrow, NOW)

    assert (waits, opens) == (None, (False, False))


def test_codes_that_overtake_each_other_all_count() -> None:
    noted_already = [NOW + SECOND] * FAILURES

    assert codes_wait_until(noted_already, NOW) is not None


def test_a_passphrase_waits_five_minutes_for_its_code_and_a_secret_fifteen() -> None:
    assert still_pending(NOW - PENDING + SECOND, NOW)
    assert not still_pending(NOW - PENDING, NOW)
    assert still_set_up(NOW - SETTING_UP + SECOND, NOW)
    assert not still_set_up(NOW - SETTING_UP, NOW)


def test_a_code_lasts_half_a_minute() -> None:
    start = dt.datetime.fromtimestamp(STEP * 1000, dt.UTC)

    steps = [step_at(start + dt.timedelta(seconds=more)) for more in (0, STEP - 1, STEP)]

    assert steps == [1000, 1000, 1001]
