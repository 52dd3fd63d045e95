"""What the command line says of how long a plan would take."""

import io

from tests.engine.world import START

from seatkeeper.cli.render import show
from seatkeeper.cli.render_plan import plan_view
from seatkeeper.facts.forecast import forecast_plain
from seatkeeper.facts.plain import Plain
from seatkeeper.gallery.rates import RateWindow
from seatkeeper.provisioning.forecast import Load, Pacing, forecast

SLACK = RateWindow("writes", 180, 60, burst=20)


def shown(foretold: Plain | None) -> str:
    out = io.StringIO()
    show(plan_view({"app": "slack", "changes_planned": True, "forecast": foretold}), out)
    return " ".join(out.getvalue().split())


def test_a_plan_says_how_many_requests_how_long_by_which_limit_and_until_when() -> None:
    takes = forecast(Load(people={"POST users": 155}), Pacing([(SLACK, 1.0)], 8, 0.1))

    text = shown(forecast_plain(takes, START))

    assert "About 155 requests, 45 s at 180 writes a minute: done about 09:00 UTC." in text


def test_where_no_limit_binds_it_says_that_the_app_s_answers_do() -> None:
    takes = forecast(Load(people={"POST users": 8}), Pacing([(SLACK, 1.0)], 8, 90))

    text = shown(forecast_plain(takes, START))

    assert "8 requests, 1 min 30 s as fast as the app answers: done about 09:01" in text


def test_where_nothing_is_sent_nothing_is_said_of_time() -> None:
    assert "done about" not in shown(None)
    assert "done about" not in shown(forecast_plain(forecast(Load(), Pacing()), START))


def test_a_night_s_work_names_the_day_on_which_it_ends() -> None:
    takes = forecast(Load(people={"POST users": 200_000}), Pacing([(SLACK, 1.0)], 8, 0.1))

    assert ": done about 2026-03-03 03:31 UTC." in shown(forecast_plain(takes, START))
