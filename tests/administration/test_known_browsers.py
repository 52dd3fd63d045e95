"""A browser that its owner signed in with is told from a stranger's, and nobody else can be it."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.administration.known_browsers import (
    KNOWN,
    known_cookie,
    known_counter,
    known_name,
)

NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
KEPT = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaA"
COOKIE = known_cookie(KEPT, "ana", b"0123456789abcdef", NOW)


def test_a_browser_is_known_for_half_a_year_and_always_counted_by_the_same_name() -> None:
    names = {known_counter(COOKIE, KEPT, "ana", NOW + after) for after in (0 * KNOWN, KNOWN / 2)}

    assert len(names) == 1
    assert "" not in names
    assert known_counter(COOKIE, KEPT, "ana", NOW + KNOWN) == ""


def test_two_browsers_are_counted_apart() -> None:
    other = known_cookie(KEPT, "ana", b"fedcba9876543210", NOW)

    assert known_counter(other, KEPT, "ana", NOW) != known_counter(COOKIE, KEPT, "ana", NOW)


@pytest.mark.parametrize(
    ("kept", "who", "now"),
    [
        (KEPT, "bo", NOW),
        (f"{KEPT}x", "ana", NOW),
        (KEPT, "ana", NOW - dt.timedelta(days=1)),
    ],
    ids=["another's", "passphrase changed", "clock was ahead"],
)
def test_whose_cookie_says_nothing_here_is_a_stranger(
    kept: str, who: str, now: dt.datetime
) -> None:
    assert known_counter(COOKIE, kept, who, now) == ""


@given(st.text() | st.from_regex(r"[0-9]{1,12}\.[0-9a-f]{32}\.[0-9a-f]{64}", fullmatch=True))
def test_nobody_makes_up_a_cookie(cookie: str) -> None:
    assert known_counter(cookie, KEPT, "ana", NOW) == ""


def test_a_cookie_is_found_by_the_address_however_it_is_typed() -> None:
    assert known_name(" Ana@Larkspur.example") == known_name("ana@larkspur.example")
    assert known_name("bo@larkspur.example") != known_name("ana@larkspur.example")
