"""A server that is killed while HR pushes: what was answered is there, nothing is there by half."""

import asyncio
import os
import random
import re
import sys
from pathlib import Path

import httpx
import pytest
from tests.journeys.test_inbound import _person as person

from seatkeeper.bootstrap import Installation
from seatkeeper.clock import utc_now
from seatkeeper.settings import Settings

pytestmark = pytest.mark.journey

KILLS = 5
SERVE = "from seatkeeper.cli.main import entry; entry()"


async def test_a_killed_server_leaves_people_whole_or_not_at_all(tmp_path: Path) -> None:
    chance = random.Random(42)
    home = tmp_path / "home"
    opened = Installation.open(Settings(home=home))
    _, text = opened.sources.tokens.issue("hr", [], None, actor="test", now=utc_now())
    answered: list[str] = []

    for kill in range(KILLS):
        names = [f"p{kill}-{number}" for number in range(60)]
        answered += await pushed_until_killed(home, text, names, chance.randint(3, 50))

    keeper = opened.sources.keeper("hr")
    people = {one.id: one for one in await opened.directory.all_users()}
    changes = await opened.directory.changes(after=0)
    shown = {str(keeper.get("User", one).values["userName"]).partition("@")[0] for one in answered}
    held = {one.user_name.partition("@")[0] for one in people.values()}
    assert len(answered) >= 3 * KILLS
    assert shown <= held
    assert sorted(one.record_id for one in changes) == sorted(people)
    assert [one.seq for one in changes] == list(range(1, len(people) + 1))
    assert held == await shown_to_hr(home, text)
    await opened.close()


async def pushed_until_killed(home: Path, text: str, names: list[str], after: int) -> list[str]:
    """Push people, eight at once; kill the server after so many answers. Return their ids."""
    process, url = await serving(home)
    answered: list[str] = []
    killed = asyncio.Event()
    turn = asyncio.Semaphore(8)

    async def push(client: httpx.AsyncClient, name: str) -> None:
        async with turn:
            if killed.is_set():
                return
            try:
                answer = await client.post("/Users", json=person(name))
            except httpx.HTTPError:
                return
            assert answer.status_code == 201
            answered.append(answer.json()["id"])
            if len(answered) == after:
                killed.set()
                process.kill()

    headers = {"Authorization": f"Bearer {text}"}
    async with httpx.AsyncClient(base_url=url, headers=headers) as client:
        await asyncio.gather(*(push(client, name) for name in names))
    await process.wait()
    return answered


async def shown_to_hr(home: Path, text: str) -> set[str]:
    """Return whom a server that was started again shows to HR."""
    process, url = await serving(home)
    async with httpx.AsyncClient(base_url=url) as client:
        headers = {"Authorization": f"Bearer {text}"}
        answer = await client.get("/Users", params={"count": "1000"}, headers=headers)
    process.terminate()
    await process.wait()
    found = answer.json()
    assert found["totalResults"] == len(found["Resources"])
    return {one["userName"].partition("@")[0] for one in found["Resources"]}


async def serving(home: Path) -> tuple[asyncio.subprocess.Process, str]:
    """Start ``seatkeeper serve`` on a free port; return it with its SCIM base URL."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SERVE,
        "serve",
        "--port",
        "0",
        env={**os.environ, "SEATKEEPER_HOME": str(home)},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    found = re.search(r"http://\S+?:\d+", line)
    assert found is not None, line
    return process, f"{found[0]}/scim/v2"
