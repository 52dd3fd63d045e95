"""The day on which an app's token ends is spoken of in good time, where somebody wrote it down."""

import datetime as dt

import pytest

from seatkeeper.directory.token_ends import Stage
from seatkeeper.provisioning.secret_ends import secret_ends

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("day", "stage", "title"),
    [
        ("2026-03-20", Stage.MONTH, "The token of 15Five expires in 17 days"),
        ("2026-03-06", Stage.WEEK, "The token of 15Five expires in 3 days"),
        ("2026-03-03", Stage.DAY, "The token of 15Five expires today"),
        ("2026-03-01", Stage.ENDED, "The token of 15Five should have expired"),
    ],
)
def test_each_stage_has_its_words(day: str, stage: Stage, title: str) -> None:
    [end] = secret_ends([("15five", "15Five", day)], NOW)

    assert (end.stage, end.title) == (stage, title)
    assert day in end.meaning
    assert "connection.secret_expires" in end.todo


def test_a_token_that_lasts_or_whose_end_nobody_knows_is_not_spoken_of() -> None:
    assert secret_ends([("a", "A", ""), ("b", "B", "2027-03-01")], NOW) == []


def test_the_most_urgent_comes_first() -> None:
    ends = secret_ends([("a", "A", "2026-03-20"), ("b", "B", "2026-03-05")], NOW)

    assert [one.app_id for one in ends] == ["b", "a"]
