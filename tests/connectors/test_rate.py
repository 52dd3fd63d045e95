"""An app's own pace is kept."""

from seatkeeper.connectors.rate import Pace


class Clock:
    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        return self.time

    async def pause(self, seconds: float) -> None:
        self.time += seconds


async def left_at(clock: Clock, pace: Pace, count: int) -> list[float]:
    times = []
    for _ in range(count):
        await pace.turn()
        times.append(round(clock.time - 100.0, 6))
    return times


async def test_one_seconds_worth_leaves_at_once_and_the_rest_evenly() -> None:
    clock = Clock()
    pace = Pace(4, now=clock.now, pause=clock.pause)

    times = await left_at(clock, pace, 8)

    assert times == [0, 0, 0, 0, 0.25, 0.5, 0.75, 1.0]


async def test_a_long_pause_saves_up_no_more_than_one_second() -> None:
    clock = Clock()
    pace = Pace(2, now=clock.now, pause=clock.pause)
    clock.time += 3600

    times = await left_at(clock, pace, 4)

    assert times == [3600, 3600, 3600.5, 3601]


async def test_an_app_slower_than_one_request_a_second_is_asked_no_faster() -> None:
    clock = Clock()

    times = await left_at(clock, Pace(0.5, now=clock.now, pause=clock.pause), 3)

    assert times == [0, 2, 4]
