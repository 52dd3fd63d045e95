"""Measure how soon a change is in an app, idle and beside another app's first cycle.

    python tools/bench_prompt.py                    2,000 people
    python tools/bench_prompt.py --people 50000     the promise of the issue; some minutes
    python tools/bench_prompt.py --profile FILE     with the engine under the profiler

One engine, two apps on loopback, each in a process of its own. The small app has a few people and
gets changes at once; one of them gets another title every now and then, whether or not the one
before has arrived. First nothing else goes on, then everybody is new to the large app, from the
moment it is switched on until its cycle has ended. Seconds run from the moment at which the edit
is asked for, so that whatever it waits for counts, to the app's answer by the app's own journal.
The ratio says what the large cycle costs; seconds mean little on a machine that others use. So
Linux is asked how long the engine's loop was ready to run and had no processor: what a change
took without that is told, too. And what the engine worked from asking to answer, in processor time
of all its threads, says how much of the large cycle came in between, however busy the machine is.
"""

import argparse
import asyncio
import bisect
import cProfile
import datetime as dt
import re
import statistics
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
import msgspec
from bench import APP, RATE, TOKEN, stand_in

from seatkeeper.bootstrap import Installation
from seatkeeper.cli import sample_company as sample
from seatkeeper.cli.main import settle_collector
from seatkeeper.configuration.applying import apply_document, change_settings
from seatkeeper.configuration.documents import AppDocument
from seatkeeper.configuration.settings import Timing, default_settings
from seatkeeper.directory.model import DEFAULT_ACCESS, Assignment, Kind
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.ports import PersonRow, UserEdit
from seatkeeper.settings import Settings

SMALL, LARGE = "small", "large"
CHANGED: Final = 40
"""People who have accounts in the small app, and get new titles in turn."""

PACE: Final = 0.7
"""Seconds between two edits: longer than a burst lasts, so that each is carried out by itself."""

PATIENCE: Final = 3_600
"""Seconds after which it gives up."""


class Ready:
    """What of the time the loop waited for a processor, and what the engine worked; by moments."""

    def __init__(self) -> None:
        self._file = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._at: list[float] = []
        self._waited: list[float] = []
        self._worked: list[float] = []

    async def watch(self) -> None:
        """Look again and again, until cancelled; where there is nothing to read, it is nothing."""
        while True:
            self._at.append(time.time())
            waited = self._file.read_text().split()[1] if self._file.exists() else "0"
            self._waited.append(int(waited) / 1e9)
            self._worked.append(time.process_time())
            await asyncio.sleep(0.01)

    def waited(self, start: float, end: float) -> float:
        """Return the seconds of that time in which the loop was ready and had no processor."""
        return self._between(self._waited, start, end)

    def worked(self, start: float, end: float) -> float:
        """Return the processor seconds that the whole engine, all its threads, used in it."""
        return self._between(self._worked, start, end)

    def _between(self, counted: Sequence[float], start: float, end: float) -> float:
        last = len(self._at) - 1
        first, then = (min(bisect.bisect_left(self._at, one), last) for one in (start, end))
        return counted[then] - counted[first]


@dataclass
class Measured:
    """When which title was asked for, and in which state the large app's cycle was then."""

    opened: Installation
    site: str
    people: Sequence[str]
    ready: Ready = field(default_factory=Ready)
    asked: dict[str, tuple[float, str]] = field(default_factory=dict)
    written: list[float] = field(default_factory=list)

    async def edit(self, during: str) -> None:
        """Give the next person another title."""
        title = f"Title {len(self.asked)}"
        person = self.people[len(self.asked) % len(self.people)]
        began = time.time()
        self.asked[title] = began, during
        await self.opened.directory.edit_user(person, UserEdit({"jobTitle": title}), actor="bench")
        self.written.append(time.time() - began)

    async def arrived(self) -> dict[str, float]:
        """Return when the small app had answered each title, once it has them all."""
        async with asyncio.timeout(PATIENCE), httpx.AsyncClient(timeout=PATIENCE) as reader:
            while True:
                answer = await reader.get(f"{self.site}/_sandbox/requests")
                found: dict[str, float] = {}
                for row in answer.json()["requests"]:
                    for title in re.findall(r"Title \d+", row["request"] or ""):
                        at = dt.datetime.fromisoformat(row["ended"]).timestamp()
                        found.setdefault(title, at)
                if self.asked.keys() <= found.keys():
                    return found
                await asyncio.sleep(1)


async def company(opened: Installation, people: int, small: str, large: str) -> list[str]:
    """Import the people and connect both apps, the large one still off; return who changes."""

    async def rows() -> AsyncIterator[PersonRow]:
        for row in sample.sample_people(people):
            yield row

    await opened.people_import.apply_rows("bench", rows(), total=people, actor="bench")
    for app_id, url in ((SMALL, small), (LARGE, large)):
        settings = msgspec.structs.replace(
            default_settings(gallery_app(APP)),
            name=app_id,
            tenant_url=url,
            allow_loopback=True,
            requests_per_second=RATE,
            mode="automatic",
            status="off",
            scope="all" if app_id == LARGE else "assigned",
            groups_enabled=False,
            interval_seconds=86_400,
            timing=Timing(immediate=app_id == SMALL),
        )
        await apply_document(
            opened.configuration,
            opened.directory,
            AppDocument(app_id, settings),
            actor="bench",
            places=opened.secret_places(),
            typed_secret=TOKEN.encode(),
        )
    able = [one.id for one in await opened.directory.all_users(limit=3 * CHANGED) if one.active]
    for person in able[:CHANGED]:
        await opened.directory.assign(
            Assignment(SMALL, Kind.USER, person, DEFAULT_ACCESS), actor="bench"
        )
    await change_settings(opened.configuration, SMALL, actor="bench", status="on")
    return able[:CHANGED]


async def state_of(opened: Installation, app_id: str) -> str:
    """Return how far the first cycle of an app is."""
    for cycle in await opened.ledger.cycles(app_id, limit=1):
        return "done" if cycle.finished else cycle.state.value
    return "waiting"


async def measured(folder: Path, people: int, edits: int) -> None:
    """Run both phases on one engine, and print what they took."""
    (folder / "small").mkdir()
    (folder / "large").mkdir()
    with stand_in(folder / "small") as small, stand_in(folder / "large") as large:
        opened = Installation.open(Settings(home=folder / "home"))
        changed = await company(opened, people, small, large)
        running = asyncio.create_task((engine := opened.running.runner()).run())
        async with asyncio.timeout(PATIENCE):
            while await state_of(opened, SMALL) != "done":  # noqa: ASYNC110
                await asyncio.sleep(0.2)
            watched = Measured(opened, small.removesuffix("/scim/v2"), changed)
            watching = asyncio.create_task(watched.ready.watch())
            for _ in range(edits):
                await _edits(watched, "idle")
            await watched.arrived()
            began = time.perf_counter()
            await change_settings(opened.configuration, LARGE, actor="bench", status="on")
            while (state := await state_of(opened, LARGE)) != "done":
                await _edits(watched, state)
            took = time.perf_counter() - began
        found = await watched.arrived()
        watching.cancel()
        [cycle] = await opened.ledger.cycles(LARGE, limit=1)
        engine.stop()
        await running
        await opened.close()
    print(f"first cycle of the large app       {cycle.counters.created} made in {took:.0f} s")
    _tell(watched, found)


async def _edits(watched: Measured, during: str) -> None:
    """Edit, and wait for the rest of the pace."""
    due = asyncio.get_running_loop().time() + PACE
    await watched.edit(during)
    await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))


def _tell(watched: Measured, found: dict[str, float]) -> None:
    took: dict[str, list[float]] = defaultdict(list)
    alone: dict[str, list[float]] = defaultdict(list)
    work: dict[str, list[float]] = defaultdict(list)
    for title, (at, during) in watched.asked.items():
        phase = "idle" if during == "idle" else "beside"
        seconds = found[title] - at
        took[phase].append(seconds)
        alone[phase].append(seconds - watched.ready.waited(at, found[title]))
        work[phase].append(watched.ready.worked(at, found[title]))
        if phase == "beside":
            took[f"  while it was {during}"].append(seconds)
    for what, seconds_of in took.items():
        _line(what, seconds_of)
    for what, seconds_of in alone.items():
        _line(f"{what}, had a processor been free", seconds_of)
    for what, seconds_of in work.items():
        _line(f"{what}, the engine worked", seconds_of)
    print(f"longest that an edit itself took   {max(watched.written):.3f} s")
    for what, of in (
        ("99 of 100, beside : idle", took),
        ("the same, processor free", alone),
        ("the same, work of the engine", work),
    ):
        print(f"{what:<34} {_of_100(of['beside'], 99) / _of_100(of['idle'], 99):.2f}")


def _line(what: str, seconds: list[float]) -> None:
    print(
        f"{what:<34} {len(seconds)} changes, median {statistics.median(seconds):.3f} s, "
        f"99 of 100 {_of_100(seconds, 99):.3f} s, slowest {max(seconds):.3f} s"
    )


def _of_100(seconds: Sequence[float], part: int) -> float:
    """Return the time within which that part of a hundred arrived; of fewer the slowest."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, len(ordered) * part // 100)]


def main() -> None:
    """Read the arguments and measure."""
    settle_collector()  # as every process of ours does
    reading = argparse.ArgumentParser(description=__doc__)
    reading.add_argument("--people", type=int, default=2_000)
    reading.add_argument("--edits", type=int, default=30, help="edits while nothing else goes on")
    reading.add_argument("--profile", default="", help="file for the profiler's figures")
    asked = reading.parse_args()
    profile = cProfile.Profile() if asked.profile else None
    with tempfile.TemporaryDirectory(prefix="seatkeeper-bench-") as folder:
        if profile is not None:
            profile.enable()
        asyncio.run(measured(Path(folder), asked.people, asked.edits))
    if profile is not None:
        profile.disable()
        profile.dump_stats(asked.profile)


if __name__ == "__main__":
    main()
