"""Simulate many tenants' apps and a few workers: how long a change waits before it is in its app.

    python tools/simulate_fleet.py
    python tools/simulate_fleet.py --apps 30000 --people 100000000 --workers 4,8,16 --seed 7

No network, no clock, no database: moments are numbers, chance has a seed, so a run says the same
every time. What is real are the limits, which are read from the gallery and kept by the very meter
that the connector keeps them with; a change that comes to rest after 0.2 s; and that one worker
works for an app at a time and takes all that waits for it. What a cycle and a change cost on the
processor are arguments; docs/scaling.md says where their values come from.
"""

import argparse
import heapq
import random
import statistics
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from seatkeeper.gallery.rates import Meter, RateWindow, limits_of
from seatkeeper.gallery.schema import GalleryApp, gallery_app

PROFILES: Final = ("generic-scim", "shape-aws", "shape-miro", "shape-slack", "shape-slow")
"""Apps of the gallery whose limits the tenants' apps have, in turn."""

SETTLES: Final = 0.2
"""Seconds that a change waits for others of its burst."""

AT_ONCE: Final = 16
"""Apps for which one worker works at the same time."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """What is simulated. Costs are seconds of one processor, lengths of time are seconds.

    ``changes_a_day`` is how often something of a person changes that an app shall know;
    ``joining`` the part of the apps that get a whole department at once (``joiners`` people).
    """

    apps: int = 10_000
    people: int = 100_000_000
    workers: int = 8
    seconds: float = 600.0
    changes_a_day: float = 0.05
    joining: float = 0.001
    joiners: int = 500
    cycle_cost: float = 0.04
    change_cost: float = 0.003
    answer: float = 0.1
    seed: int = 1


@dataclass(slots=True)
class _App:
    profile: GalleryApp
    people: int
    meter: Meter
    waiting: list[float] = field(default_factory=list)
    held: bool = False
    asked: bool = False


@dataclass(slots=True)
class _Worker:
    free: int = AT_ONCE
    processor_free: float = 0.0
    used: float = 0.0


@dataclass(frozen=True, slots=True)
class Waits:
    """How long changes of one kind of app waited, in seconds, and how many there were."""

    profile: str
    changes: int
    median: float
    of_100: float
    longest: float


@dataclass(frozen=True, slots=True)
class Told:
    """What a simulation found. ``busy`` is the part of all processors that was in use.

    ``left`` is how many changes had not arrived when the time was over: where it is more than a
    few seconds' worth, the workers do not keep up, or some app's limit does not.
    """

    workers: int
    changes: int
    busy: float
    left: int
    waits: Sequence[Waits]


def simulate(fleet: Fleet) -> Told:
    """Let changes arrive for so long, and tell how long they waited."""
    return _Run(fleet).told()


class _Run:
    """One simulation: a heap of moments, a queue of apps, and the workers."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        chance = random.Random(fleet.seed)
        self._apps = list(_apps(fleet, chance))
        self._workers = [_Worker() for _ in range(fleet.workers)]
        self._ready: deque[int] = deque()
        self._moments: list[tuple[float, int, str, int, int]] = []
        self._number = 0
        self._waited: dict[str, list[float]] = defaultdict(list)
        self._changes = 0
        for moment, app in _arrivals(fleet, self._apps, chance):
            self._at(moment, "change", app)

    def told(self) -> Told:
        """Run to the end of the time."""
        while self._moments:
            moment, _, what, app, worker = heapq.heappop(self._moments)
            if moment > self._fleet.seconds:
                break
            if what == "change":
                self._changed(moment, app)
            elif what == "settled":
                self._ready.append(app)
            else:
                self._ended(moment, app, worker)
            self._give_out(moment)
        arrived = sum(len(one) for one in self._waited.values())
        used = sum(one.used for one in self._workers)
        return Told(
            self._fleet.workers,
            self._changes,
            used / (self._fleet.workers * self._fleet.seconds),
            self._changes - arrived,
            [_waits(name, self._waited[name]) for name in PROFILES if self._waited[name]],
        )

    def _at(self, moment: float, what: str, app: int, worker: int = -1) -> None:
        self._number += 1  # equal moments in the order in which they were made
        heapq.heappush(self._moments, (moment, self._number, what, app, worker))

    def _changed(self, moment: float, number: int) -> None:
        app = self._apps[number]
        self._changes += 1
        app.waiting.append(moment)
        if not app.held and not app.asked:
            app.asked = True
            self._at(moment + SETTLES, "settled", number)

    def _give_out(self, moment: float) -> None:
        """Give apps to workers with a place, to whom most is free first."""
        while self._ready:
            number = max(range(len(self._workers)), key=lambda one: self._workers[one].free)
            worker = self._workers[number]
            if not worker.free:
                return
            self._begin(moment, self._ready.popleft(), number)

    def _begin(self, moment: float, number: int, by: int) -> None:
        """Run a cycle: its worker's processor first, then the app's limit and its answers."""
        app, worker, fleet = self._apps[number], self._workers[by], self._fleet
        taken, app.waiting, app.held, app.asked = app.waiting, [], True, False
        worker.free -= 1
        cost = fleet.cycle_cost + fleet.change_cost * len(taken)
        begun = max(moment, worker.processor_free)
        worker.processor_free = begun + cost
        worker.used += max(0.0, min(begun + cost, fleet.seconds) - min(begun, fleet.seconds))
        lanes = [begun + fleet.cycle_cost] * app.profile.concurrency
        each = max(fleet.change_cost, cost / len(taken) / 2)
        ended = begun + cost
        for at, came in enumerate(taken):
            ready = max(heapq.heappop(lanes), begun + fleet.cycle_cost + each * at)
            answered = _admitted(app.meter, ready) + fleet.answer
            heapq.heappush(lanes, answered)
            ended = max(ended, answered)
            if answered <= fleet.seconds:
                self._waited[app.profile.id].append(answered - came)
        self._at(ended, "ended", number, by)

    def _ended(self, moment: float, number: int, by: int) -> None:
        app = self._apps[number]
        self._workers[by].free += 1
        app.held = False
        if app.waiting and not app.asked:  # they came to rest meanwhile
            app.asked = True
            self._ready.append(number)


def _apps(fleet: Fleet, chance: random.Random) -> Iterator[_App]:
    """Yield apps of very different sizes, all together for so many people."""
    sizes = [chance.lognormvariate(0, 1.5) for _ in range(fleet.apps)]
    whole = sum(sizes)
    profiles = [gallery_app(name) for name in PROFILES]
    limits: list[tuple[RateWindow, ...]] = [
        limits_of(one.requests_per_second, one.rates) for one in profiles
    ]
    for number, size in enumerate(sizes):
        which = number % len(profiles)
        people = max(1, round(fleet.people * size / whole))
        yield _App(profiles[which], people, Meter(limits[which]))


def _arrivals(
    fleet: Fleet, apps: Sequence[_App], chance: random.Random
) -> Iterator[tuple[float, int]]:
    """Yield changes: evenly by chance over the people of each app, and whole departments."""
    for number, app in enumerate(apps):
        rate = app.people * fleet.changes_a_day / 86_400
        moment = chance.expovariate(rate)
        while moment < fleet.seconds:
            yield moment, number
            moment += chance.expovariate(rate)
    for number in chance.sample(range(len(apps)), round(fleet.joining * len(apps))):
        moment = chance.uniform(0, fleet.seconds / 2)
        for _ in range(min(fleet.joiners, apps[number].people)):
            yield moment, number


def _admitted(meter: Meter, moment: float) -> float:
    """Return when the app's limits let a write of a person through that is ready now."""
    while wait := meter.admit("PATCH", "User", moment):
        moment = wait[0]
    return moment


def _waits(profile: str, waited: list[float]) -> Waits:
    ordered = sorted(waited)
    at = min(len(ordered) - 1, len(ordered) * 99 // 100)
    return Waits(profile, len(ordered), statistics.median(ordered), ordered[at], ordered[-1])


def table(found: Sequence[Told]) -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| workers | processors in use | profile | changes | median s | 99 of 100 | longest |"
    yield "|---|---|---|---|---|---|---|"
    for told in found:
        for one in told.waits:
            yield (
                f"| {told.workers} | {told.busy:.0%} | {one.profile} | {one.changes:,} | "
                f"{one.median:.2f} | {one.of_100:.2f} | {one.longest:.0f} |"
            )
        yield f"| {told.workers} | | not there at the end | {told.left:,} | | | |"


def main() -> None:
    """Read the arguments, simulate, print."""
    usual = Fleet()
    reading = argparse.ArgumentParser(description=__doc__)
    reading.add_argument("--apps", type=int, default=usual.apps)
    reading.add_argument("--people", type=int, default=usual.people)
    reading.add_argument("--workers", default="4,8,16", help="several numbers, with commas")
    reading.add_argument("--seconds", type=float, default=usual.seconds)
    reading.add_argument("--changes-a-day", type=float, default=usual.changes_a_day)
    reading.add_argument("--cycle-cost", type=float, default=usual.cycle_cost)
    reading.add_argument("--change-cost", type=float, default=usual.change_cost)
    reading.add_argument("--seed", type=int, default=usual.seed)
    asked = vars(reading.parse_args())
    counts = [int(one) for one in str(asked.pop("workers")).split(",")]
    found = [simulate(Fleet(workers=count, **asked)) for count in counts]
    sizes = Counter(PROFILES[number % len(PROFILES)] for number in range(int(asked["apps"])))
    print(f"{asked}; apps by profile: {dict(sizes)}")
    print("\n".join(table(found)))


if __name__ == "__main__":
    main()
