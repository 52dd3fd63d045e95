"""A message keeps its facts when it is stored, and counts whom it does not name."""

import datetime as dt

from seatkeeper.provisioning.message import (
    MOST_NAMES,
    Message,
    Topic,
    first_names,
    message_of,
)


def test_a_message_is_read_back_as_it_was_kept() -> None:
    at = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
    said = Message(
        topic=Topic.REMOVALS, title="a", happened="b", since=at, count=2, names=("Ada", "Bo")
    )

    assert message_of(said.to_plain()) == said


def test_what_a_later_release_added_is_left_out() -> None:
    said = Message(topic=Topic.TEST, title="a", happened="b")

    assert message_of({**said.to_plain(), "colour": "red"}) == said


def test_ten_are_named_and_the_rest_is_counted() -> None:
    everybody = [f"Person {number}" for number in range(25)]

    said = Message(
        topic=Topic.FAILURES, title="a", happened="b", count=25, names=first_names(everybody)
    )

    assert said.names == tuple(everybody[:MOST_NAMES])
    assert said.unnamed == 15
    assert Message(topic=Topic.FAILURES, title="a", happened="b", count=25).unnamed == 0
