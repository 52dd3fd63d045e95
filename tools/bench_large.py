"""What a large company costs the engine: time, memory, disk, and whether a person costs the same.

    python tools/bench_large.py                                     10,000 and 50,000 people, SQLite
    python tools/bench_large.py --people 100000 --on postgresql
    python tools/bench_large.py --people 1000000 --base 100000      an hour and more

Each company is served by an engine in a process of its own, against the stand-in in another. All
are in one group, every 5,000, 500 and 20 in others, so a person has four memberships. What a
station costs is told in processor time of the engine's process alone, because that is what other
programs on the machine disturb least; on PostgreSQL the server's own time comes on top. Memory is
the most that the process had for itself in the station, looked at twenty times a second, and beside
it what it mapped of the database's file, which Linux takes back when somebody else wants it. What
concerns one person is done five times, and the median told. The last column is a person's cost
over that in the company of ``--base`` people, in the same run.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from bench import APP, RATE, TOKEN, stand_in
from measuring import about_the_machine

from seatkeeper.bootstrap import Installation
from seatkeeper.cli import sample_company as sample
from seatkeeper.cli.main import settle_collector
from seatkeeper.configuration.applying import apply_document
from seatkeeper.configuration.documents import AppDocument
from seatkeeper.configuration.settings import MappingChange, default_settings
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.ports import PersonRow
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.settings import Settings

EVERYBODY: Final = "Everybody"
LEVELS: Final = (("Site", 5_000), ("Department", 500), ("Team", 20))
TIMES: Final = 5
"""How often it is measured what one person costs."""

MOST_MEGABYTES: Final = 250
"""The bar for memory."""

MOST_RATIO: Final = 1.2
"""The bar for a person's cost in a large company over that in a smaller one."""


def people_of(count: int) -> Iterator[PersonRow]:
    """Yield the people of the sample, in groups of all sizes."""
    for number, row in enumerate(sample.sample_people(count)):
        groups = (EVERYBODY, *(f"{name} {number // size}" for name, size in LEVELS))
        yield replace(row, groups=groups)


class Held:
    """The most that this process held since the last look, in megabytes: its own, and of files."""

    def __init__(self) -> None:
        self.own = self.of_files = 0.0
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            self.look()
            time.sleep(0.05)

    def look(self) -> None:
        """Look once."""
        told = Path("/proc/self/status").read_text().splitlines()
        found = {line.split(":")[0]: line.split()[1] for line in told if line.startswith("Rss")}
        self.own = max(self.own, int(found["RssAnon"]) / 1024)
        self.of_files = max(self.of_files, int(found["RssFile"]) / 1024)

    def anew(self) -> None:
        """Forget what was the most so far."""
        self.own = self.of_files = 0.0
        self.look()


class Stations:
    """Measures one station after the other in this process."""

    def __init__(self) -> None:
        self.told: dict[str, dict[str, float]] = {}
        self._held = Held()

    async def measure(
        self, name: str, people: int, work: Callable[[], Awaitable[Cycle | None]], times: int = 1
    ) -> Cycle | None:
        """Do the work so often, and note what it cost once."""
        self._held.anew()
        clock, processor, cycle = [], [], None
        for _ in range(times):
            began, used = time.perf_counter(), time.process_time()
            cycle = await work()
            clock.append(time.perf_counter() - began)
            processor.append(time.process_time() - used)
        self._held.look()
        self.told[name] = {
            "seconds": statistics.median(clock),
            "cpu": statistics.median(processor),
            "megabytes": self._held.own,
            "of_files": self._held.of_files,
            "people": people,
            "requests": cycle.counters.requests if cycle is not None else 0,
        }
        seconds = self.told[name]["seconds"]
        print(f"  {people:,}: {name}, {seconds:.1f} s, {self._held.own:.0f} MB", file=sys.stderr)
        return cycle


async def one_company(
    folder: Path, base_url: str, database_url: str, people: int
) -> dict[str, Any]:
    """Import a company, provision it, change it; return what each station cost."""
    opened = Installation.open(Settings(home=folder / "home", database_url=database_url))
    stations = Stations()

    async def cycle() -> Cycle:
        done = await opened.running.run_app(APP, Wish(), lambda _: None, lambda: False)
        if not done.finished:
            raise SystemExit(f"the cycle did not end well: {done.note} {done.counters}")
        return done

    async def imported() -> None:
        async def rows() -> AsyncIterator[PersonRow]:
            for row in people_of(people):
                yield row

        await opened.people_import.apply_rows("bench", rows(), total=people, actor="bench")

    async def left() -> Cycle:
        everybody = await opened.directory.group(EVERYBODY)
        [somebody, *_] = await opened.directory.memberships(everybody.id, limit=1)
        await opened.directory.change_members(
            everybody.id, remove=[somebody.member_id], actor="bench"
        )
        return await cycle()

    async def edited() -> Cycle:
        change = MappingChange("title", expression="Coalesce([jobTitle], [department])")
        await _apply(opened, base_url, (change,))
        return await cycle()

    await stations.measure("import", people, imported)
    await _apply(opened, base_url, ())
    first = await stations.measure("initial cycle", people, cycle)
    if first is None or first.counters.created < people * 0.9:
        raise SystemExit(f"of {people} people too few were created: {first}")
    disk = await _disk(opened)
    nothing = await stations.measure("nothing changed", 1, cycle, TIMES)
    leaver = await stations.measure("one leaves the group of all", 1, left, TIMES)
    mapped = await stations.measure("mapping edit, same values", people, edited)
    for what, ended, most in (("nothing", nothing, 0), ("one", leaver, 1), ("edit", mapped, 0)):
        if ended is None or ended.counters.requests != most:
            raise SystemExit(f"{what} changed, and the cycle asked {ended}")
    await opened.close()
    return {"stations": stations.told, "disk": disk, "people": people}


async def _apply(opened: Installation, base_url: str, users: tuple[MappingChange, ...]) -> None:
    settings = msgspec.structs.replace(
        default_settings(gallery_app(APP)),
        tenant_url=base_url,
        allow_loopback=True,
        requests_per_second=RATE,
        scope="all",
        users=users,
    )
    await apply_document(
        opened.configuration,
        opened.directory,
        AppDocument(APP, settings),
        actor="bench",
        places=opened.secret_places(),
        typed_secret=TOKEN.encode(),
    )


async def _disk(opened: Installation) -> dict[str, int]:
    """Return the bytes of each table with its indexes, and of all of the database."""
    if opened.database.is_sqlite:
        asked = (
            "SELECT m.tbl_name, sum(s.pgsize) FROM dbstat s JOIN sqlite_master m "
            "ON m.name = s.name GROUP BY m.tbl_name"
        )
    else:
        asked = (
            "SELECT relname, pg_total_relation_size(oid) FROM pg_class "
            "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
    rows = await opened.database.read(lambda c: c.execute(sa.text(asked)).all())
    return {str(name): int(size) for name, size in rows}


def in_a_process(people: int, kind: str, folder: Path) -> dict[str, Any]:
    """Have one company measured by a process of its own; return what it told."""
    folder.mkdir(parents=True)
    with stand_in(folder) as base_url:
        url = _database(kind, folder)
        command = [sys.executable, __file__, "--inside", str(folder), base_url, url, str(people)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the engine with {people:,} people ended with {done.returncode}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _database(kind: str, folder: Path) -> str:
    if kind == "sqlite":
        return f"sqlite:///{folder / 'seatkeeper.db'}"
    from tests.databases import new_postgresql, server_in  # PYTHONPATH=., and only where asked for

    return new_postgresql(server_in(folder / "server"))


def table(base: dict[str, Any], large: dict[str, Any], kind: str) -> Iterator[str]:
    """Yield the lines of the table that compares two companies."""
    yield (
        f"| {kind}, {large['people']:,} people | seconds | people a second | processor ms each "
        f"| memory, MB: own, of files | requests | each : of {base['people']:,} |"
    )
    yield "|---|---|---|---|---|---|---|"
    for name, told in large["stations"].items():
        before = base["stations"][name]
        each, each_before = told["cpu"] / told["people"], before["cpu"] / before["people"]
        rate = f"{told['people'] / told['seconds']:,.0f}" if told["people"] > 1 else ""
        yield (
            f"| {name} | {told['seconds']:.1f} | {rate} | {1000 * each:.2f} | "
            f"{told['megabytes']:.0f}, {told['of_files']:.0f} | {told['requests']:,} | "
            f"{each / each_before:.2f} |"
        )
    yield ""
    sizes = sorted(large["disk"].items(), key=lambda one: -one[1])
    each_of = [f"{name} {size / large['people']:,.0f}" for name, size in sizes[:10]]
    total = sum(large["disk"].values()) / large["people"]
    before_total = sum(base["disk"].values()) / base["people"]
    yield (
        f"bytes a person: {total:,.0f} ({before_total:,.0f} with {base['people']:,}); of them "
        + (", ".join(each_of))
    )


def missed(base: dict[str, Any], large: dict[str, Any]) -> Iterator[str]:
    """Yield each bar that was missed, in words."""
    for name, told in large["stations"].items():
        before = base["stations"][name]
        ratio = told["cpu"] / told["people"] / (before["cpu"] / before["people"])
        if told["megabytes"] > MOST_MEGABYTES:
            yield f"{name}: {told['megabytes']:.0f} MB (bar {MOST_MEGABYTES})"
        if ratio > MOST_RATIO:
            yield f"{name}: {ratio:.2f} times a person's cost (bar {MOST_RATIO})"


def main() -> None:
    """Read the arguments and measure; or be the engine that is measured."""
    settle_collector()  # as every process of ours does
    if "--inside" in sys.argv:
        folder, base_url, url, people = sys.argv[2:]
        told = asyncio.run(one_company(Path(folder), base_url, url, int(people)))
        print(json.dumps(told))
        return
    reading = argparse.ArgumentParser(description=__doc__)
    reading.add_argument("--people", type=int, default=50_000)
    reading.add_argument("--base", type=int, default=10_000, help="the smaller company")
    reading.add_argument("--on", choices=("sqlite", "postgresql"), default="sqlite")
    asked = reading.parse_args()
    print(about_the_machine(), flush=True)
    with tempfile.TemporaryDirectory(prefix="seatkeeper-bench-") as folder:
        base = in_a_process(asked.base, asked.on, Path(folder) / "base")
        large = in_a_process(asked.people, asked.on, Path(folder) / "large")
    print("\n".join(table(base, large, asked.on)))
    for line in missed(base, large):
        print(f"missed: {line}")
    print(f"load at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
