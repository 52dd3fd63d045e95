"""Where a day begins in the feed is found by halves, whatever numbers are missing there."""

import datetime as dt
from typing import Final

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seatkeeper.store.database import Database
from seatkeeper.store.source_parts import _before
from seatkeeper.store.tables import changes

NOON: Final = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    numbers=st.sets(st.integers(1, 200), max_size=25),
    minutes=st.lists(st.integers(0, 30), min_size=25, max_size=25),
    since=st.integers(-1, 31),
)
def test_all_that_comes_after_is_of_that_day_and_all_before_is_not(
    database: Database, numbers: set[int], minutes: list[int], since: int
) -> None:
    feed = {
        number: NOON + dt.timedelta(minutes=minute)
        for number, minute in zip(sorted(numbers), sorted(minutes), strict=False)
    }
    rows = [
        {"seq": number, "at": at, "actor": "hr", "detail": {}, "subject": "user",
         "verb": "updated", "record_id": "ada"}
        for number, at in feed.items()
    ]  # fmt: skip
    day = NOON + dt.timedelta(minutes=since)

    def tried(db: sa.Connection) -> int:
        with db.begin_nested() as savepoint:
            if rows:
                db.execute(sa.insert(changes), rows)
            found = _before(db, day)
            savepoint.rollback()
        return found

    before = database.write_now(tried)
    assert {number for number in feed if number > before} == {
        number for number, at in feed.items() if at >= day
    }
