"""A cycle that is killed at any moment is gone on with: nothing twice, nothing lost."""

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from tests.journeys.company import Company, company_with, settle_larkspur
from tests.journeys.larkspur import expected_15five, expected_groups, held, held_groups

from seatkeeper.directory.model import Kind

pytestmark = pytest.mark.journey

KILLS = 20
EARLY = 4
"""Kills by the clock, before or while the plan is made; the others by what the app was asked."""

REQUEST = "2"
"""Seconds that a request may take; each process first waits out what the last one had sent."""

RUN = "from seatkeeper.cli.main import entry; entry()"


@pytest.mark.fault("L1")
async def test_twenty_kills_make_no_duplicate_and_lose_nothing(tmp_path: Path) -> None:
    chance = random.Random(15)
    async with larkspur(tmp_path / "calm") as company:
        assert await finished(company) == 0
        whole = len(await company.box.requests())
    marks = sorted(chance.sample(range(1, whole), KILLS - EARLY))

    async with larkspur(tmp_path / "killed") as company:
        for _ in range(EARLY):
            await killed(company, 0, chance.uniform(0.3, 1.5))
        ended = [await killed(company, mark, chance.uniform(0, 0.03)) for mark in marks]
        assert await finished(company) == 0

        dump = await company.box.dump()
        assert ended.count(-signal.SIGKILL) > len(marks) // 2
        assert held(dump) == expected_15five(company.ids)
        assert held_groups(dump) == expected_groups()
        await every_account_has_a_link_and_an_entry(company)
        await company.requests_since()
        await company.nothing_more()


async def every_account_has_a_link_and_an_entry(company: Company) -> None:
    dump = await company.box.dump()
    counts = await company.opened.ledger.link_counts(company.app_id)
    rows = await company.opened.ledger.log(company.app_id, limit=100_000)
    made = [entry for _, entry in rows if entry.action == "create" and entry.status != "failure"]
    created = [entry.account_id for entry in made]
    assert counts[Kind.USER] == len(dump["users"])
    assert counts[Kind.GROUP] == len(dump["groups"])
    assert {one["id"] for one in (*dump["users"], *dump["groups"])} == set(created)
    assert len(created) == len(set(created)), "one account was logged as created twice"


async def killed(company: Company, mark: int, delay: float) -> int:
    """Run a cycle in a process; kill it when the app was asked ``mark`` times, and a bit later."""
    process = await started(company)
    ending = asyncio.create_task(process.wait())
    async with httpx.AsyncClient(base_url=company.box.site) as client:
        asked = 0
        while asked < mark and not ending.done():
            answer = await client.get("/_sandbox/requests", params={"after": asked})
            asked = max([asked, *(int(one["seq"]) for one in answer.json()["requests"])])
            await asyncio.wait([ending], timeout=0.01)
    await asyncio.wait([ending], timeout=delay)
    if not ending.done():
        process.send_signal(signal.SIGKILL)
    return await ending


async def finished(company: Company) -> int:
    """Run a cycle in a process to its end; what it answers is for programs to read."""
    process = await started(company, answers=True)
    answer, _ = await process.communicate()
    assert json.loads(answer)["state"] == "done"
    return await process.wait()


async def started(company: Company, *, answers: bool = False) -> asyncio.subprocess.Process:
    home = company.opened.settings.home
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", RUN, "run", company.app_id, "--json"),
        env={**os.environ, "SEATKEEPER_HOME": str(home), "SEATKEEPER_REQUEST_SECONDS": REQUEST},
        stdout=asyncio.subprocess.PIPE if answers else asyncio.subprocess.DEVNULL,
    )


@asynccontextmanager
async def larkspur(folder: Path) -> AsyncIterator[Company]:
    folder.mkdir()  # noqa: ASYNC240 - a temporary folder
    async with company_with("15five", folder) as company:
        await settle_larkspur(company)
        yield company
