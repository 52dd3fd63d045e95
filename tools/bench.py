"""Measure a first cycle against a bare replay of its requests and a loop written by hand.

    make bench            2,000 people, 5 rounds, and then everything else that is measured
    make bench N=10000    more people
    make bench-quick      less than two minutes: fewer people, three rounds

All sides ask the same stand-in (a fresh one each time, in a process of its own). The replay uses
the engine's HTTP client and its concurrency, sends the minimal list of requests a person needs,
one create where the app refuses duplicates, and does nothing else. The loop is what people write
themselves (``bench_loop``). Figures are ratios made round by round; absolute times mean little on
a shared machine. The last row runs against an app that publishes a limit, and counts.
"""

import asyncio
import contextlib
import datetime as dt
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
from bench_loop import looped
from measuring import about_the_machine, spread

from seatkeeper.bootstrap import Installation
from seatkeeper.cli import sample_company as sample
from seatkeeper.cli.main import settle_collector
from seatkeeper.configuration.applying import apply_document
from seatkeeper.configuration.documents import AppDocument
from seatkeeper.configuration.settings import default_settings
from seatkeeper.connectors.address import judge_url
from seatkeeper.connectors.http import Wire
from seatkeeper.connectors.secret import Secret
from seatkeeper.directory.model import Kind
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.ports import PersonRow, Trace, UserEdit
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.settings import Settings

APP = "generic-scim"
LIMITED = "shape-slow"
"""An app that publishes a limit of five requests a second, five at once."""

TOKEN = "bench"
RATE = 10_000
MOVERS: Final = 10
"""People who change, of whom each shall cost one request."""

MOST_WAITING: Final = 0.9
"""The part of the sample's people who get an account at least; the others wait, as they should."""


@contextlib.contextmanager
def stand_in(folder: Path, app_id: str = APP) -> Iterator[str]:
    """Run the stand-in in a process of its own; yield its base URL."""
    command = [sys.executable, "-c", "from seatkeeper.cli.main import entry; entry()", "sandbox"]
    command += [app_id, "--port", "0", "--token", TOKEN, "--db", str(folder / "app.db")]
    environment = {**os.environ, "SEATKEEPER_HOME": str(folder)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield line.split("SCIM base URL ")[1].split()[0]
    finally:
        process.terminate()
        process.wait(timeout=20)


async def replayed(base_url: str, bodies: Sequence[bytes]) -> float:
    """Send these creates again, with the engine's own client; return people/s."""
    wire = Wire(judge_url(base_url, allow_loopback=True), Secret(TOKEN), allow_loopback=True)
    lanes = asyncio.Semaphore(gallery_app(APP).concurrency)

    async def one(body: bytes) -> None:
        async with lanes:
            answer = await wire.send("POST", "/Users", Trace(), body=body)
            if answer.status != 201:
                raise SystemExit(f"the replay was answered {answer.status}: {answer.body[:200]!r}")

    started = time.perf_counter()
    await asyncio.gather(*(one(body) for body in bodies))
    seconds = time.perf_counter() - started
    await wire.close()
    return len(bodies) / seconds


@contextlib.asynccontextmanager
async def company(
    folder: Path, base_url: str, people: int, app_id: str = APP
) -> AsyncIterator[Installation]:
    """Open an installation with the sample's people and one app for all of them."""
    opened = Installation.open(Settings(home=folder / "home"))

    async def rows() -> AsyncIterator[PersonRow]:
        for row in sample.sample_people(people):
            yield row

    await opened.people_import.apply_rows("bench", rows(), total=people, actor="bench")
    settings = msgspec.structs.replace(
        default_settings(gallery_app(app_id)),
        tenant_url=base_url,
        allow_loopback=True,
        requests_per_second=RATE,
        scope="all",
        groups_enabled=False,
    )
    await apply_document(
        opened.configuration,
        opened.directory,
        AppDocument(app_id, settings),
        actor="bench",
        places=opened.secret_places(),
        typed_secret=TOKEN.encode(),
    )
    yield opened
    await opened.close()


async def cycle_of(opened: Installation, app_id: str = APP) -> tuple[float, Cycle]:
    """Run a cycle; return how long it took and how it ended."""
    started = time.perf_counter()
    done = await opened.running.run_app(app_id, Wish(), lambda _: None, lambda: False)
    if not done.finished:
        raise SystemExit(f"the cycle did not finish: {done.note}")
    return time.perf_counter() - started, done


@dataclass
class Figures:
    """What the rounds measured."""

    engine: list[float] = field(default_factory=list)
    replay: list[float] = field(default_factory=list)
    loop: list[float] = field(default_factory=list)
    per_joiner: list[float] = field(default_factory=list)
    per_mover: list[float] = field(default_factory=list)
    unchanged: list[float] = field(default_factory=list)

    def over(self, other: list[float]) -> list[float]:
        """Return the engine's rate over another one, round by round."""
        return [mine / theirs for mine, theirs in zip(self.engine, other, strict=True)]


async def asked_of(base_url: str) -> list[dict[str, Any]]:
    """Return every request that a stand-in was asked so far, oldest first."""
    site = base_url.partition("/scim")[0]
    asked: list[dict[str, Any]] = []
    async with httpx.AsyncClient(timeout=60) as reader:
        while True:
            after = asked[-1]["seq"] if asked else 0
            answer = await reader.get(f"{site}/_sandbox/requests", params={"after": after})
            more = answer.json()["requests"]
            if not more:
                return asked
            asked += more


async def engine_round(
    base_url: str, folder: Path, people: int, figures: Figures
) -> Sequence[bytes]:
    """Run a first cycle, one after some changes, one after none; return what it created with."""
    async with company(folder, base_url, people) as opened:
        seconds, first = await cycle_of(opened)
        created = first.counters.created
        if created < people * MOST_WAITING:
            raise SystemExit(f"only {created} of {people} people were created")
        asked = await asked_of(base_url)
        await cycle_of(opened)  # who waited for somebody else is tried again here, not below
        able = [one.id for one in await opened.directory.all_users(limit=people) if one.active]
        linked = await opened.ledger.facts(APP, Kind.USER, able)
        movers = [one.record_id for one in linked if one.link is not None][:MOVERS]
        for one in movers:
            edit = UserEdit({"jobTitle": "Measured"})
            await opened.directory.edit_user(one, edit, actor="bench")
        _, changed = await cycle_of(opened)
        if changed.counters.updated != len(movers):
            raise SystemExit(f"{len(movers)} changed, and {changed.counters}")
        _, unchanged = await cycle_of(opened)
    figures.engine.append(created / seconds)
    figures.per_joiner.append(first.counters.requests / created)
    figures.per_mover.append(changed.counters.requests / len(movers))
    figures.unchanged.append(unchanged.counters.requests)
    return [str(one["request"]).encode() for one in asked if one["status"] == 201]


async def under_a_limit(base_url: str, folder: Path, people: int) -> tuple[float, int]:
    """Return which part of a published limit a first cycle uses, and how often it was refused."""
    [limit] = gallery_app(LIMITED).rates
    async with company(folder, base_url, people, LIMITED) as opened:
        _, first = await cycle_of(opened, LIMITED)
    if first.counters.created < people * MOST_WAITING:
        raise SystemExit(f"only {first.counters.created} of {people} people were created")
    asked = await asked_of(base_url)
    begun = sorted(dt.datetime.fromisoformat(one["started"]) for one in asked)
    span = (begun[-1] - begun[0]).total_seconds()
    allowed = (limit.burst or 0) + limit.count / limit.seconds * span
    refused = sum(one["status"] == 429 for one in asked)
    return (len(asked) - refused) / allowed, refused


def rows(figures: Figures, limit: tuple[float, int]) -> Iterator[tuple[str, str, str, bool]]:
    """Yield what was measured: what, the figure with its spread, the bar, whether it is met."""
    replay, loop = figures.over(figures.replay), figures.over(figures.loop)
    joiner, mover = max(figures.per_joiner), max(figures.per_mover)
    yield "first cycle : replay", spread(replay), "0.8", statistics.median(replay) >= 0.8
    yield "first cycle : loop by hand", spread(loop, 1), "10", statistics.median(loop) >= 10
    yield "requests per joiner, at most", f"{joiner:.3f}", "1.05", joiner <= 1.05
    yield "requests per mover, at most", f"{mover:.2f}", "1.0", mover <= 1.0
    unchanged = max(figures.unchanged)
    yield "requests, nothing changed", f"{unchanged:.0f}", "0", unchanged == 0
    used, refused = limit
    yield "part of a published limit used", f"{used:.2f} (one run)", "0.9", used >= 0.9
    yield "refused there (429)", f"{refused} (one run)", "1", refused <= 1


def main() -> None:
    """Measure, and print a table; every side of a round has a fresh stand-in."""
    settle_collector()  # as every process of ours does
    people = int(os.environ.get("N", "2000"))
    rounds = int(os.environ.get("ROUNDS", "5"))
    limited = int(os.environ.get("LIMITED_PEOPLE", "60"))
    about, figures = about_the_machine(), Figures()
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as two, stand_in(Path(two)) as url:
            bodies = asyncio.run(engine_round(url, Path(two), people, figures))
        with tempfile.TemporaryDirectory() as one, stand_in(Path(one)) as url:
            figures.replay.append(asyncio.run(replayed(url, bodies)))
        with tempfile.TemporaryDirectory() as three, stand_in(Path(three)) as url:
            figures.loop.append(looped(url, TOKEN, list(sample.sample_people(people))))
        print(
            f"round {number + 1}: engine {figures.engine[-1]:.0f}/s, "
            f"replay {figures.replay[-1]:.0f}/s, loop by hand {figures.loop[-1]:.0f}/s",
            flush=True,
        )
    with tempfile.TemporaryDirectory() as four, stand_in(Path(four), LIMITED) as url:
        limit = asyncio.run(under_a_limit(url, Path(four), limited))
    print(f"\n{people} people, {rounds} rounds; {about}; at the end {os.getloadavg()[0]:.1f}\n")
    print("| what | median (from, to) | bar | |\n|---|---|---|---|")
    for what, figure, bar, met in rows(figures, limit):
        print(f"| {what} | {figure} | {bar} | {'met' if met else 'missed'} |")


if __name__ == "__main__":
    main()
