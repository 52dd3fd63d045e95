"""A passphrase is long, and not the first that somebody tries."""

import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from seatkeeper.administration.passphrases import LEAST, MOST, check_passphrase, normal
from seatkeeper.errors import InvalidValue


@given(text=st.text(max_size=LEAST - 1))
def test_a_short_one_is_refused(text: str) -> None:
    assume(len(normal(text)) < LEAST)

    with pytest.raises(InvalidValue, match="fewer than 12"):
        check_passphrase(text)


def test_an_endless_one_is_refused() -> None:
    with pytest.raises(InvalidValue, match="more than 256"):
        check_passphrase("long words " * MOST)


@given(pattern=st.text("abcxyz19", min_size=1, max_size=4), times=st.integers(12, 20))
def test_a_few_characters_again_and_again_are_refused(pattern: str, times: int) -> None:
    with pytest.raises(InvalidValue, match="among the first"):
        check_passphrase(pattern * times)


@pytest.mark.parametrize(
    "text",
    [
        "Password1234",
        "passwordpassword",
        "!!Administrator!!",
        "qwertyuiopas",
        "lkjhgfdsapoi",
        "123456789012",
        "correct horse battery staple",
        "ana.lovelace-2026",
        "Ana Lovelace 1815",
    ],
)
def test_a_common_one_or_one_about_its_owner_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="among the first"):
        check_passphrase(text, ["Ana Lovelace", "ana.lovelace@larkspur.example"])


@pytest.mark.parametrize("text", ["copper lantern drifts", "зелёный чайник поёт", "39104 77261 5"])
def test_length_is_enough_whatever_it_is_made_of(text: str) -> None:
    check_passphrase(text, ["Ana Lovelace", "ana@larkspur.example"])


@given(text=st.text(min_size=1))
def test_whichever_keyboard_composed_it_it_is_the_same(text: str) -> None:
    assert normal(unicodedata.normalize("NFD", text)) == normal(text)
