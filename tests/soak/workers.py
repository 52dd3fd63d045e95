"""Measure what a second worker is worth, and how soon it takes over from one that is lost.

    python -m tests.soak.workers             4 apps with 60 people each
    python -m tests.soak.workers --people N

Real workers on PostgreSQL, each for one app at a time, and apps that take 50 ms for each request,
so that neither the cores nor the apps are the limit. The lengths of leases are the real ones. What
is printed are ratios and seconds of this run; they mean little on a busy machine.
"""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from sqlalchemy import text
from tests.databases import new_postgresql, server_in
from tests.journeys.company import Company
from tests.sandboxes import RunningSandbox, running_sandbox, unhurried

from seatkeeper.bootstrap import Installation
from seatkeeper.configuration.applying import apply_document, change_settings
from seatkeeper.configuration.documents import read_documents
from seatkeeper.settings import Settings

APPS = ("north", "east", "south", "west")
LATENCY = "GET /: latency 50ms; POST /: latency 50ms; PATCH /: latency 50ms"
PATIENCE = 600
RUN = "from seatkeeper.cli.main import entry; entry()"


@asynccontextmanager
async def company_of(server: str, people: int, apps: Sequence[str]) -> AsyncIterator[Company]:
    """Found a company on a new database, with so many apps that are still off."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="seatkeeper-bench-")))
        boxes: list[RunningSandbox] = [
            await stack.enter_async_context(
                running_sandbox(unhurried("generic-scim"), folder / f"{app}.db", faults=LATENCY)
            )
            for app in apps
        ]
        opened = Installation.open(
            Settings(home=folder / "home", database_url=new_postgresql(server))
        )
        stack.push_async_callback(opened.close)
        company = Company(opened, apps[0], boxes[0])
        for number in range(people):
            await company.person(f"p{number}")
        for app, box in zip(apps, boxes, strict=True):
            written = (
                f"app: {app}\ngallery: generic-scim\nmode: automatic\nstatus: 'off'\nscope: all\n"
                f"connection: {{tenant_url: '{box.base_url}', secret_token: stored, "
                "allow_loopback: true, requests_per_second: 5000}\n"
            )
            for document in read_documents("app.yaml", written):
                await apply_document(
                    opened.configuration,
                    opened.directory,
                    document,
                    actor="bench",
                    places=opened.secret_places(),
                    typed_secret=box.token.encode(),
                )
        yield company


async def started(company: Company) -> asyncio.subprocess.Process:
    """Start a worker that works for one app at a time; return it once it runs."""
    settings = company.opened.settings
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", RUN, "worker", "--workers", "1"),
        env={
            **os.environ,
            "SEATKEEPER_HOME": str(settings.home),
            "SEATKEEPER_DATABASE_URL": settings.database_url,
        },
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    await process.stdout.readline()
    return process


async def ended(workers: Sequence[asyncio.subprocess.Process]) -> None:
    """End the workers, also one that was killed already."""
    for one in workers:
        if one.returncode is None:
            one.send_signal(signal.SIGTERM)
        await one.wait()


async def seconds_for_all(server: str, people: int, workers: int) -> float:
    """Return how long so many workers need until every app has everybody."""
    async with company_of(server, people, APPS) as company:
        running = [await started(company) for _ in range(workers)]
        began = time.monotonic()
        for app in APPS:
            await change_settings(company.opened.configuration, app, actor="bench", status="on")
        async with asyncio.timeout(PATIENCE):
            for app in APPS:
                while await company.opened.ledger.position(app) is None:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        took = time.monotonic() - began
        await ended(running)
        return took


async def seconds_to_take_over(server: str, people: int) -> float:
    """Kill the worker that has the app; return after how long another one has its lease."""
    async with company_of(server, people, APPS[:1]) as company:
        running = [await started(company) for _ in range(2)]
        await change_settings(company.opened.configuration, APPS[0], actor="bench", status="on")
        async with asyncio.timeout(PATIENCE):
            while not (await company.box.dump())["users"]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            lost = await _holder(company)
            began = time.monotonic()
            os.kill(int(lost.partition("@")[0]), signal.SIGKILL)
            while await _holder(company) == lost:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        took = time.monotonic() - began
        await ended(running)
        return took


async def _holder(company: Company) -> str:
    return await company.opened.database.read(
        lambda c: str(c.execute(text("SELECT holder FROM leases")).scalar_one())
    )


async def measured(server: str, people: int) -> None:
    """Measure and print."""
    one = await seconds_for_all(server, people, 1)
    two = await seconds_for_all(server, people, 2)
    taken = await seconds_to_take_over(server, people)
    print(f"2 workers : 1, {len(APPS)} apps with 50 ms, {people} people: {one / two:.2f}")
    print(f"another worker has a lost one's app after {taken:.0f} s (promised: 60)")


def main() -> None:
    """Read the arguments and measure."""
    reading = argparse.ArgumentParser(description=__doc__)
    reading.add_argument("--people", type=int, default=60)
    asked = reading.parse_args()
    with tempfile.TemporaryDirectory(prefix="seatkeeper-pg-") as folder:
        asyncio.run(measured(server_in(Path(folder) / "server"), asked.people))


if __name__ == "__main__":
    main()
