"""Names as somebody types them who does not know how they are written."""

import datetime as dt

import pytest

from seatkeeper.directory.finding import PersonState, Spot, last_name_key, search_key, state_of
from seatkeeper.directory.model import User


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Olivia Velázquez", "olivia velazquez"),
        ("  MÜLLER\u00a0\tAnna ", "muller anna"),
        ("Straße", "strasse"),
        ("Søren Łukasz Đorđe", "soren lukasz dorde"),
        ("İpek Çağla", "ipek cagla"),
        ("\u202eevil\u200b", "evil"),
        ("李 小龙", "李 小龙"),
        ("ﬁne", "fine"),
        ("", ""),
        ("x" * 500, "x" * 200),
    ],
)
def test_a_name_is_looked_for_without_case_accents_and_hidden_letters(name: str, key: str) -> None:
    assert search_key(name) == key


def test_whoever_has_no_surname_is_found_by_the_end_of_the_name() -> None:
    with_one = User("1", {"displayName": "Ana Paula Reyes", "surname": "Paula Reyes"})
    without = User("2", {"displayName": "Ana Paula Reyes"})

    assert (last_name_key(with_one), last_name_key(without)) == ("paula reyes", "reyes")


@pytest.mark.parametrize("text", ["", "~", "1", "1~2", "x~a~b", "-1~a~b", "11~a~b", "²~a~b"])
def test_an_address_that_names_no_spot_is_the_beginning(text: str) -> None:
    assert Spot.read(text) is None


def test_a_spot_comes_back_from_its_address() -> None:
    spot = Spot(2, "o~brien", "some-id")

    assert Spot.read(spot.text) == spot


def test_whoever_is_deleted_is_deleted_enabled_or_not() -> None:
    gone = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)

    states = [
        state_of(User("1", {})),
        state_of(User("2", {}, enabled=False)),
        state_of(User("3", {}, deleted_at=gone)),
        state_of(User("4", {}, enabled=False, deleted_at=gone)),
    ]

    assert states == [
        PersonState.ACTIVE,
        PersonState.DISABLED,
        PersonState.DELETED,
        PersonState.DELETED,
    ]
