"""Measure the engine against a bare replay of the same requests, in one run.

    make bench            500 people, 5 rounds
    make bench N=2000     more people

Both sides use the same HTTP client, the same stand-in (in a process of its
own) and the same concurrency. The replay sends the minimal list of requests a
person needs, one create where the app refuses duplicates, and does nothing
else. Figures are ratios; absolute times mean little on a shared machine.
"""

import asyncio
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec

from seatkeeper.bootstrap import Installation
from seatkeeper.cli import sample_company as sample
from seatkeeper.cli.main import settle_collector
from seatkeeper.configuration.applying import apply_document
from seatkeeper.configuration.documents import AppDocument
from seatkeeper.configuration.settings import default_settings
from seatkeeper.connectors.scim_target import scim_target
from seatkeeper.directory.model import Kind
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.ports import PersonRow, Trace, UserEdit
from seatkeeper.settings import Settings

APP = "generic-scim"
TOKEN = "bench"
RATE = 10_000


@contextlib.contextmanager
def stand_in(folder: Path) -> Iterator[str]:
    """Run the stand-in in a process of its own; yield its base URL."""
    command = [sys.executable, "-c", "from seatkeeper.cli.main import entry; entry()", "sandbox"]
    command += [APP, "--port", "0", "--token", TOKEN, "--db", str(folder / "app.db")]
    environment = {**os.environ, "SEATKEEPER_HOME": str(folder)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield line.split("SCIM base URL ")[1].split()[0]
    finally:
        process.terminate()
        process.wait(timeout=20)


async def replayed(base_url: str, people: int) -> float:
    """Send the minimal requests per person with the engine's own client; return people/s."""
    app = gallery_app(APP)
    target = scim_target(app, base_url, TOKEN, allow_loopback=True, requests_per_second=RATE)
    lanes = asyncio.Semaphore(app.concurrency)

    async def one(row: PersonRow) -> None:
        async with lanes:
            trace = Trace()
            text = {name: str(value) for name, value in row.attributes.items()}
            values = {
                "userName": row.user_name,
                "active": True,
                "title": text["jobTitle"],
                "name.givenName": text["givenName"],
                "name.familyName": text["surname"],
                'emails[type eq "work"].value': f"{row.line}@larkspur.example",
                "externalId": f"{row.line:036d}",
            }
            await target.create(Kind.USER, values, trace)

    started = time.perf_counter()
    await asyncio.gather(*(one(row) for row in sample.sample_people(people)))
    seconds = time.perf_counter() - started
    await target.close()
    return people / seconds


async def engine_run(base_url: str, folder: Path, people: int) -> dict[str, float]:
    """Run initial, one change, no change; return rate and requests."""
    opened = Installation.open(Settings(home=folder))

    async def rows() -> AsyncIterator[PersonRow]:
        for row in sample.sample_people(people):
            yield row

    await opened.people_import.apply_rows("bench", rows(), total=people, actor="bench")
    settings = msgspec.structs.replace(
        default_settings(gallery_app(APP)),
        tenant_url=base_url,
        allow_loopback=True,
        requests_per_second=RATE,
        scope="all",
        groups_enabled=False,
    )
    document = AppDocument(APP, settings)
    await apply_document(
        opened.configuration,
        opened.directory,
        document,
        actor="bench",
        places=opened.secret_places(),
        typed_secret=TOKEN.encode(),
    )

    async def cycle() -> tuple[float, int, int]:
        started = time.perf_counter()
        done = await opened.running.run_app(APP, Wish(), lambda _: None, lambda: False)
        if not done.finished:
            raise SystemExit(f"the cycle did not finish: {done.note}")
        seconds = time.perf_counter() - started
        return seconds, done.counters.requests, done.counters.created

    seconds, requests, created = await cycle()
    if created < people * 0.9:
        raise SystemExit(f"only {created} of {people} people were created")
    first = (await opened.directory.all_users(limit=1))[0]
    edit = UserEdit({"jobTitle": "Measured"})
    await opened.directory.edit_user(first.id, edit, actor="bench")
    _, changed, _ = await cycle()
    _, unchanged, _ = await cycle()
    await opened.close()
    return {
        "rate": created / seconds,
        "per_joiner": requests / created,
        "per_mover": changed,
        "unchanged": unchanged,
    }


def main() -> None:
    """Print a table; every round is both sides against a fresh stand-in."""
    settle_collector()  # as every process of ours does
    people = int(os.environ.get("N", "500"))
    rounds = int(os.environ.get("ROUNDS", "5"))
    ratios, last = [], {}
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as one, stand_in(Path(one)) as url:
            floor = asyncio.run(replayed(url, people))
        with tempfile.TemporaryDirectory() as two, stand_in(Path(two)) as url:
            last = asyncio.run(engine_run(url, Path(two), people))
        ratios.append(last["rate"] / floor)
        print(f"round {number + 1}: engine {last['rate']:.0f}/s, replay {floor:.0f}/s")
    print(f"people                     {people}, {rounds} rounds")
    print(
        f"engine : replay            {statistics.median(ratios):.2f} "
        f"(from {min(ratios):.2f} to {max(ratios):.2f})"
    )
    print(f"requests per joiner        {last['per_joiner']:.2f}")
    print(f"requests per mover         {last['per_mover']}")
    print(f"requests, nothing changed  {last['unchanged']}")


if __name__ == "__main__":
    main()
