"""A token shows itself nowhere but in the header."""

import pickle

import pytest

from seatkeeper.connectors.secret import Secret
from seatkeeper.connectors.words import clean, clean_bytes
from seatkeeper.errors import InvalidValue


def test_a_token_prints_as_dots_and_travels_whole() -> None:
    token = Secret(b" tok-4711\n")

    assert f"{token} {token!r} {[token]}" == "••• ••• [•••]"
    assert token.bearer() == "Bearer tok-4711"


def test_a_token_is_not_pickled() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret("tok-4711"))


@pytest.mark.parametrize("pasted", ["", "  ", "tok 4711", "tok\r\nX-Admin: yes", "tök"])
def test_a_token_that_cannot_be_sent_is_refused_without_being_repeated(pasted: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Secret(pasted)

    assert "4711" not in str(caught.value)


def test_an_apps_words_are_short_plain_and_without_the_token() -> None:
    said = clean("your tok-4711\x00\x1b[31m is\r\nbad \u202e" + "x" * 900, Secret("tok-4711"))

    assert said.startswith("your ••• [31m is bad x")
    assert len(said) == 200


def test_half_a_token_at_the_cut_is_hidden_too() -> None:
    assert "tok-" not in clean("x" * 196 + "tok-4711", Secret("tok-4711"))
    assert "tok-" not in clean_bytes(b" " * 796 + b"tok-4711", Secret("tok-4711"))
