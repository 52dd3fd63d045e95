"""How far a cycle is: one source for command line and console, for the station that runs."""

import datetime as dt
from dataclasses import replace

from seatkeeper.facts.cycles import progress_plain
from seatkeeper.gallery.rates import RateWindow
from seatkeeper.provisioning.cycle import Cycle, CycleKind, CycleState
from seatkeeper.provisioning.forecast import Pacing

NINE = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
SLACK = Pacing([(RateWindow("writes", 180, 60, burst=20), 1.0)], 8, 0.1)


def after(minutes: float) -> dt.datetime:
    return NINE + dt.timedelta(minutes=minutes)


def cycle(state: CycleState, done: int, minutes: float, before: Cycle | None = None) -> Cycle:
    """A first cycle of 1,000 people that began at nine, as it is after so many minutes."""
    one = before or Cycle("c", "slack", 1, CycleKind.INITIAL, state, 0, 1, "", NINE, total=1_000)
    pace = one.pace.marked(state.value, done, after(minutes))
    return replace(one, state=state, done=done, pace=pace)


def sending(done: int, minutes: float) -> Cycle:
    """A cycle that planned for ten minutes and then sent."""
    planned = cycle(CycleState.EXPORTING, 0, 10, cycle(CycleState.PLANNING, 0, 10))
    return cycle(CycleState.EXPORTING, done, minutes, planned)


def test_the_rate_is_that_of_sending_and_not_of_the_planning_before_it() -> None:
    told = progress_plain(sending(120, 10.5), now=after(10.5))

    assert told["per_second"] == 4
    assert told["seconds_left"] == 220


def test_what_is_left_takes_as_long_as_the_app_s_limit_allows_however_fast_the_burst_was() -> None:
    burst = sending(20, 10.02)

    by_rate = progress_plain(burst, now=after(10.02))
    by_limit = progress_plain(burst, SLACK, after(10.02))

    assert by_rate["seconds_left"] == 59
    assert by_limit["seconds_left"] == 320


def test_before_anything_was_sent_only_the_limit_says_how_long_it_takes() -> None:
    told = progress_plain(sending(0, 11), SLACK, after(11))

    assert (told["per_second"], told["seconds_left"]) == (0, 327)
    assert progress_plain(sending(0, 11), now=after(11))["seconds_left"] is None
