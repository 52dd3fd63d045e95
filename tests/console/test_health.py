"""What "Healthy" stands for: each thing that was looked at, and the worst of them in one word."""

import datetime as dt
from collections.abc import Mapping

from seatkeeper.console.views.app_card import app_card
from seatkeeper.console.views.health import health_lines, health_of, unusable_line
from seatkeeper.facts.installed import StoreFacts
from seatkeeper.ports import Delivery
from seatkeeper.provisioning.telling import Channel, Parcel

NOW = dt.datetime(2026, 11, 5, 12, tzinfo=dt.UTC)
STORE = StoreFacts("SQLite", "/home/seatkeeper.db", "0045", "key")
IN_STEP = {
    "app": "15five",
    "name": "15Five",
    "status": "on",
    "every": "40m",
    "last_cycle": {"ended_at": "2026-11-05T11:50:00+00:00", "status": "done"},
}


def lines(*, app: Mapping[str, object], stuck: str = "", ends: tuple[str, ...] = ()) -> list[str]:
    parcel = Parcel(Channel.MAIL, "it@larkspur.example", ())
    late = [Delivery(1, "k", parcel, NOW, 3, last_error=stuck)] if stuck else []
    return [
        f"{one.mark} {one.name}: {one.text}"
        for one in health_lines(STORE, [app_card(app, NOW)], late, ends)
    ]


def test_where_all_is_well_each_line_says_what_was_looked_at() -> None:
    told = lines(app=IN_STEP)

    assert told == [
        "create Database: SQLite answers; its tables are of revision 0045.",
        "create Cycles: The app that is on is reached in time.",
        "create Messages: Nothing that was to be told waits.",
        "create Tokens: None is known to end soon.",
    ]


def test_an_app_that_is_late_a_message_that_waits_and_a_token_that_ends_are_named() -> None:
    late = {**IN_STEP, "last_cycle": {"ended_at": "2026-11-05T08:00:00+00:00"}}

    told = lines(app=late, stuck="refused", ends=("The token of 15Five expires tomorrow",))

    assert told[1:] == [
        "disable Cycles: 15Five: Late",
        "disable Messages: 1 message could not be delivered yet: refused",
        "disable Tokens: The token of 15Five expires tomorrow",
    ]


def test_an_app_that_is_off_is_due_for_nothing() -> None:
    assert lines(app={**IN_STEP, "status": "off"})[1] == (
        "create Cycles: No app is on, so no cycle is due."
    )


def test_the_word_for_all_is_that_of_the_worst() -> None:
    well = health_lines(STORE, [], [], [])
    ending = health_lines(STORE, [], [], ["a token"])

    assert health_of(well).text == "Healthy"
    assert health_of(ending).text == "Needs attention"
    assert health_of([unusable_line("no such file")]).tone == "danger"
