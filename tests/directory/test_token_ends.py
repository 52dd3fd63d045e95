"""Which tokens of sources need somebody, and when."""

import datetime as dt
from dataclasses import dataclass

import pytest

from seatkeeper.directory.token_ends import (
    OVERLAP,
    Stage,
    end_of,
    ends_when_replaced,
    lasts_as_long,
    token_ends,
)
from seatkeeper.errors import BadInput

NOW = dt.datetime(2026, 11, 26, 9, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Token:
    id: str = "t1"
    source: str = "hr"
    last_four: str = "Xy9Z"
    expires_at: dt.datetime | None = None
    revoked_at: dt.datetime | None = None
    replaced_at: dt.datetime | None = None


def ending(**left: float) -> Token:
    return Token(expires_at=NOW + dt.timedelta(**left))


@pytest.mark.parametrize(
    ("token", "stage"),
    [
        (ending(days=30, seconds=1), None),
        (ending(days=30), Stage.MONTH),
        (ending(days=7, seconds=1), Stage.MONTH),
        (ending(days=7), Stage.WEEK),
        (ending(days=1, seconds=1), Stage.WEEK),
        (ending(days=1), Stage.DAY),
        (ending(seconds=1), Stage.DAY),
        (ending(), Stage.ENDED),
        (ending(days=-400), Stage.ENDED),
        (Token(), None),
        (Token(expires_at=NOW, revoked_at=NOW), None),
        (Token(expires_at=NOW + OVERLAP, replaced_at=NOW), None),
    ],
)
def test_a_token_is_spoken_of_from_thirty_days_before_its_end(
    token: Token, stage: Stage | None
) -> None:
    assert [one.stage for one in token_ends([token], NOW)] == ([] if stage is None else [stage])


def test_an_ended_token_is_not_spoken_of_once_its_source_has_another() -> None:
    other = Token("t2", expires_at=NOW + dt.timedelta(days=90))
    elsewhere = Token("t3", source="okta")

    assert token_ends([ending(days=-1), other], NOW) == []
    assert len(token_ends([ending(days=-1), elsewhere], NOW)) == 1


def test_the_most_urgent_comes_first() -> None:
    later = Token("t2", expires_at=NOW + dt.timedelta(days=20))

    assert [one.id for one in token_ends([later, ending(days=2)], NOW)] == ["t1", "t2"]


@pytest.mark.parametrize(
    ("token", "title"),
    [
        (ending(hours=3), "The token of hr expires today"),
        (ending(hours=30), "The token of hr expires tomorrow"),
        (ending(days=6, hours=1), "The token of hr expires in 6 days"),
        (ending(days=-3), "The token of hr has expired"),
    ],
)
def test_it_is_said_in_words_what_happens_and_what_to_do(token: Token, title: str) -> None:
    [end] = token_ends([token], NOW)

    assert end.title == title
    assert "Xy9Z" in end.meaning
    assert "token create --source hr" in end.todo
    assert "token revoke t1" in end.todo
    assert end.to_plain()["title"] == title


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("never", None),
        ("90d", NOW + dt.timedelta(days=90)),
        ("2027-03-31", dt.datetime(2027, 3, 31, tzinfo=dt.UTC)),
    ],
)
def test_an_end_is_written_in_days_as_a_date_or_as_never(
    text: str, end: dt.datetime | None
) -> None:
    assert end_of(text, NOW) == end


@pytest.mark.parametrize("text", ["", "0d", "soon", "2027-02-31"])
def test_any_other_end_is_refused_with_what_may_be_written(text: str) -> None:
    with pytest.raises(BadInput, match="is no expiry"):
        end_of(text, NOW)


def test_a_token_that_is_replaced_works_for_a_day_and_never_longer_than_before() -> None:
    soon, late = NOW + dt.timedelta(hours=3), NOW + dt.timedelta(days=90)

    ends = [ends_when_replaced(one, NOW) for one in (None, late, soon)]

    assert ends == [NOW + dt.timedelta(hours=24), NOW + dt.timedelta(hours=24), soon]


def test_the_new_token_lasts_as_long_as_the_old_one_was_made_for() -> None:
    made = NOW - dt.timedelta(days=80)

    ends = [lasts_as_long(made, one, NOW) for one in (None, made + dt.timedelta(days=90))]

    assert ends == [None, NOW + dt.timedelta(days=90)]
