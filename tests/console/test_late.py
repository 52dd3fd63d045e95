"""An app whose cycle is overdue is called late; one that waits for its hours is not."""

import datetime as dt

from seatkeeper.console.views.app_card import app_card

MONDAY = dt.datetime(2026, 3, 2, 7, 0, tzinfo=dt.UTC)
FRIDAY = MONDAY - dt.timedelta(days=2, hours=12)


def line(next_cycle: str) -> str:
    card = app_card(
        {
            "app": "15five",
            "status": "on",
            "every": "40m",
            "last_cycle": {"ended_at": FRIDAY.isoformat()},
            "next_cycle": next_cycle,
        },
        MONDAY,
    )
    return card.line


def test_an_app_that_should_have_run_is_called_late() -> None:
    assert "expected every" in line("as soon as the engine runs")


def test_an_app_that_waits_for_monday_morning_is_not() -> None:
    assert "expected every" not in line((MONDAY + dt.timedelta(hours=1)).isoformat())
