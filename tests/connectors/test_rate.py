"""An app's limits are kept, and one that refuses is asked slower, with nothing more refused."""

import random
from collections.abc import Sequence

import pytest

from seatkeeper.connectors.rate import Tempo
from seatkeeper.gallery.rates import Meter, RateWindow

SLACK = RateWindow("writes", 180, 60, burst=20)
DAY = 24 * 3600


class Clock:
    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        return self.time

    async def pause(self, seconds: float) -> None:
        self.time += seconds


def tempo(clock: Clock, per_second: float, *windows: RateWindow) -> Tempo:
    return Tempo(per_second, windows, now=clock.now, clock=clock.now, pause=clock.pause)


async def left_at(clock: Clock, kept: Tempo, count: int, method: str = "POST") -> list[float]:
    times = []
    for _ in range(count):
        await kept.turn(method, "User")
        times.append(round(clock.time - 100.0, 6))
    return times


async def test_one_seconds_worth_leaves_at_once_and_the_rest_evenly() -> None:
    clock = Clock()

    times = await left_at(clock, tempo(clock, 4), 8)

    assert times == [0, 0, 0, 0, 0.25, 0.5, 0.75, 1.0]


async def test_a_long_pause_saves_up_no_more_than_one_second() -> None:
    clock = Clock()
    kept = tempo(clock, 2)
    clock.time += 3600

    times = await left_at(clock, kept, 4)

    assert times == [3600, 3600, 3600.5, 3601]


async def test_an_app_slower_than_one_request_a_second_is_asked_no_faster() -> None:
    clock = Clock()

    times = await left_at(clock, tempo(clock, 0.5), 3)

    assert times == [0, 2, 4]


async def test_an_app_that_refuses_is_asked_half_as_fast_at_once() -> None:
    clock = Clock()
    kept = tempo(clock, 10)
    await left_at(clock, kept, 10)

    kept.answered("POST", "User", 429)
    start = clock.time
    await left_at(clock, kept, 20)

    assert 3.5 <= clock.time - start <= 5.5


async def test_only_what_covers_the_refused_request_is_slowed_down() -> None:
    clock = Clock()
    groups = RateWindow("PATCH", 5, 30, resources="groups")
    users = RateWindow("PATCH", 100, 30, resources="users")
    kept = tempo(clock, 1000, groups, users)

    kept.answered("PATCH", "Group", 429)

    assert str(groups) in kept.to_plain()
    assert str(users) not in kept.to_plain()


async def test_what_was_learned_outlasts_a_start_and_ends_with_another_limit() -> None:
    clock = Clock()
    kept = tempo(clock, 10)
    kept.answered("POST", "User", 429)

    again = Tempo(10, learned=kept.to_plain(), now=clock.now, clock=clock.now, pause=clock.pause)
    faster = Tempo(50, learned=kept.to_plain(), now=clock.now, clock=clock.now, pause=clock.pause)

    assert again.to_plain() == kept.to_plain()
    assert faster.to_plain() == {}


async def a_day(
    kept: Tempo, clock: Clock, limit: Sequence[RateWindow], *, already_used: int = 0
) -> tuple[int, list[float]]:
    """Write without a pause for a day; return how many were taken, and when others were refused.

    Requests take 5 to 200 ms to arrive. A refused one is told to wait for a second or longer.
    """
    chance = random.Random(4711)
    app = Meter(limit)
    for _ in range(already_used):
        app.admit("POST", "User", clock.time)
    end, taken, refused = clock.time + DAY, 0, []
    while clock.time < end:
        await kept.turn("POST", "User")
        held = app.admit("POST", "User", clock.time + chance.uniform(0.005, 0.2))
        kept.answered("POST", "User", 201 if held is None else 429)
        if held is None:
            taken += 1
        else:
            refused.append(clock.time)
            clock.time = max(clock.time + 1, held[0])
    return taken, refused


@pytest.mark.fault("T13")
@pytest.mark.parametrize("already_used", [0, 20], ids=["fresh", "used up by somebody else"])
async def test_a_day_at_a_limit_that_is_known_uses_it_and_is_refused_once_at_most(
    already_used: int,
) -> None:
    clock = Clock()

    taken, refused = await a_day(tempo(clock, 25, SLACK), clock, [SLACK], already_used=already_used)

    assert taken >= 0.9 * 3 * DAY
    assert len(refused) <= 1


@pytest.mark.fault("T13")
async def test_a_day_at_a_limit_that_nobody_told_finds_it_and_stays_below() -> None:
    clock = Clock()

    taken, refused = await a_day(tempo(clock, 25), clock, [SLACK])

    assert taken >= 0.9 * 3 * DAY
    assert len(refused) <= 12
    assert all(at < 100 + 3600 for at in refused)
