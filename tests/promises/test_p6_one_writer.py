"""P6: two processes never write one record at once, also when one of them is lost or held up.

Real processes on PostgreSQL, and an app on a real socket that takes its time.
"""

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import pytest
from sqlalchemy import text
from tests.databases import new_postgresql
from tests.journeys.company import Company, settle_larkspur
from tests.journeys.larkspur import expected_15five, expected_groups, held, held_groups
from tests.sandboxes import running_sandbox, unhurried

from seatkeeper.bootstrap import Installation
from seatkeeper.clock import utc_now
from seatkeeper.configuration.applying import change_settings
from seatkeeper.provisioning.journal import OrderVerb
from seatkeeper.settings import Settings

pytestmark = [pytest.mark.anyio, pytest.mark.journey]

RUN = "from seatkeeper.cli.main import entry; entry()"
LEASE, REQUEST = 2, 2
PATIENCE = 120
"""Seconds after which a test gives up waiting for what comes in a few."""


class Worker:
    """One ``seatkeeper worker`` in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    @property
    def name(self) -> str:
        return str(self.process.pid)

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def says(self, words: str) -> None:
        """Return once it has printed these words."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            while words not in (line := await self.process.stdout.readline()).decode():
                assert line, f"the worker ended without saying {words!r}"


async def test_a_cycle_of_a_killed_worker_is_finished_by_another_one(
    tmp_path: Path, postgresql_server: str
) -> None:
    async with larkspur(tmp_path, postgresql_server) as company, two_workers(company) as workers:
        lost = await in_the_middle(company, workers)

        lost.send(signal.SIGKILL)
        await finished(company)

        await every_account_is_there_once(company)


async def test_a_worker_that_was_held_up_sends_nothing_when_it_comes_back(
    tmp_path: Path, postgresql_server: str
) -> None:
    async with larkspur(tmp_path, postgresql_server) as company, two_workers(company) as workers:
        stopped = await in_the_middle(company, workers)

        stopped.send(signal.SIGSTOP)
        await finished(company)
        before = await company.box.requests()
        stopped.send(signal.SIGCONT)
        await stopped.says("LeaseLost")

        assert len(await company.box.requests()) == len(before)
        await every_account_is_there_once(company)


async def test_a_worker_that_is_ended_gives_its_app_to_another_one(
    tmp_path: Path, postgresql_server: str
) -> None:
    async with larkspur(tmp_path, postgresql_server) as company, two_workers(company) as workers:
        ended = await in_the_middle(company, workers)

        ended.send(signal.SIGTERM)
        status = await asyncio.wait_for(ended.process.wait(), PATIENCE)
        await finished(company)

        assert status == 0
        await every_account_is_there_once(company)


async def test_an_order_that_a_killed_worker_had_taken_is_followed_by_another_one(
    tmp_path: Path, postgresql_server: str
) -> None:
    async with larkspur(tmp_path, postgresql_server) as company, two_workers(company) as workers:
        number = await company.opened.ledger.place_order(
            "15five", OrderVerb.RUN, {}, actor="test", now=utc_now()
        )
        lost = await holder(company, workers)

        lost.send(signal.SIGKILL)
        async with asyncio.timeout(PATIENCE):
            ledger = company.opened.ledger
            while (await ledger.order(number)).state != "done":  # noqa: ASYNC110 - as below
                await asyncio.sleep(0.05)

        await every_account_is_there_once(company)


@asynccontextmanager
async def larkspur(folder: Path, server: str) -> AsyncIterator[Company]:
    url = new_postgresql(server)
    app = unhurried("15five")
    async with running_sandbox(app, folder / "app.db", faults="POST /Users: latency 300ms") as box:
        settings = Settings(
            home=folder / "home",
            database_url=url,
            lease_seconds=LEASE,
            request_seconds=REQUEST,
        )
        opened = Installation.open(settings)
        try:
            company = Company(opened, "15five", box)
            await settle_larkspur(company)
            await switched(company, "off")
            yield company
        finally:
            await opened.close()


@asynccontextmanager
async def two_workers(company: Company) -> AsyncIterator[list[Worker]]:
    workers = [await started(company), await started(company)]
    try:
        yield workers
    finally:
        for one in workers:
            if one.process.returncode is None:
                one.send(signal.SIGKILL)
            await one.process.wait()


async def started(company: Company) -> Worker:
    settings = company.opened.settings
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", RUN, "worker"),
        env={
            **os.environ,
            "SEATKEEPER_HOME": str(settings.home),
            "SEATKEEPER_DATABASE_URL": settings.database_url,
            "SEATKEEPER_LEASE_SECONDS": str(settings.lease_seconds),
            "SEATKEEPER_REQUEST_SECONDS": str(settings.request_seconds),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    worker = Worker(process)
    await worker.says("runs cycles")
    return worker


async def in_the_middle(company: Company, workers: list[Worker]) -> Worker:
    """Switch the app on and return the worker that has just made its first accounts."""
    await switched(company, "on")
    return await holder(company, workers)


async def holder(company: Company, workers: list[Worker]) -> Worker:
    """Return the worker that works for the app, once it has made accounts."""
    async with asyncio.timeout(PATIENCE):
        while not (await company.box.dump())["users"]:  # noqa: ASYNC110 - another process acts
            await asyncio.sleep(0.02)
    named = await company.opened.database.read(
        lambda c: str(c.execute(text("SELECT holder FROM leases")).scalar_one())
    )
    [worker] = [one for one in workers if named.startswith(f"{one.name}@")]
    return worker


async def switched(company: Company, status: Literal["on", "off"]) -> None:
    await change_settings(company.opened.configuration, "15five", actor="test", status=status)


async def finished(company: Company) -> None:
    """Return once the initial cycle has ended, whoever ended it."""
    async with asyncio.timeout(PATIENCE):
        while await company.opened.ledger.position("15five") is None:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)


async def every_account_is_there_once(company: Company) -> None:
    dump = await company.box.dump()
    made = Counter(
        str(json.loads(one["request"])["userName"]).casefold()
        for one in await company.box.requests()
        if one["method"] == "POST" and one["path"].endswith("/Users") and one["status"] == 201
    )
    assert held(dump) == expected_15five(company.ids)
    assert held_groups(dump) == expected_groups()
    assert set(made.values()) == {1}
