"""P1 and P2 over real sockets: an app that fails, throttles and loses answers ends in step.

The app is the stand-in, with faults it was told; only the engine's clock and
its waiting are the test's own.
"""

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from tests.engine.world import World
from tests.sandboxes import RunningSandbox, running_sandbox

from seatkeeper.connectors.scim_app import scim_target
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.ports import Target
from seatkeeper.provisioning.cycle import Cycle

PEOPLE = [f"Person{number}" for number in range(30)]


@asynccontextmanager
async def app_with(faults: str, folder: Path) -> AsyncIterator[tuple[RunningSandbox, Target]]:
    """Run a stand-in for 15Five that meets faults, with a connector to it."""
    async with running_sandbox("15five", folder / "app.db", faults=faults) as box:
        target = scim_target(
            gallery_app("15five"),
            box.base_url,
            box.token,
            allow_loopback=True,
            requests_per_second=5_000,
        )
        try:
            yield box, target
        finally:
            await target.close()


async def hired(world: World, people: list[str]) -> None:
    """Hire these people, each reporting to somebody before, all of them in one group."""
    await world.connect()
    for number, name in enumerate(people):
        await world.hire(name, manager=people[number // 8] if number else None)
    await world.found("Everybody", *people)
    await world.assign("Everybody")


async def cycles(world: World, target: Target, most: int) -> list[Cycle]:
    """Run cycles six hours apart until one has nothing to send, at most so many."""
    found: list[Cycle] = []
    while len(found) < most and not (found and found[-1].finished and _is_quiet(found[-1])):
        found.append(await world.run(target=target))
        world.now += dt.timedelta(hours=6)
    return found


def _is_quiet(cycle: Cycle) -> bool:
    return cycle.counters.requests == 0 and cycle.counters.failed == 0


async def mails(box: RunningSandbox) -> list[str]:
    """Return who has an account, by e-mail, each as often as they have one."""
    return sorted(one["emails"][0]["value"] for one in (await box.dump())["users"])


async def told(box: RunningSandbox) -> dict[str, int]:
    """Return how often each fault was met."""
    async with httpx.AsyncClient(base_url=box.site) as client:
        active = (await client.get("/_sandbox/faults")).json()["active"]
    return {one["fault"]: one["met"] for one in active}


@pytest.mark.parametrize("faults", ["POST /Users: lost times=1", "POST /Users: lost times=4"])
@pytest.mark.fault("T3")
async def test_a_create_whose_answer_is_lost_makes_one_account(
    world: World, tmp_path: Path, faults: str
) -> None:
    people = PEOPLE[:6]
    await hired(world, people)
    async with app_with(faults, tmp_path) as (box, target):
        ran = await cycles(world, target, 12)

        assert sum((await told(box)).values()) > 0
        assert await mails(box) == sorted(f"{one.lower()}@larkspur.example" for one in people)
        assert _is_quiet(ran[-1])


@pytest.mark.parametrize(
    "faults",
    [
        "*: 20% 500, 20% 429 retry-after=1s",
        "rate-storm rate=5; flaky rate=3",
        "writes: 10% lost; *: 5% html status=502, 5% truncated",
    ],
)
@pytest.mark.fault("T13", "T14", "T17")
async def test_everybody_is_in_step_after_some_cycles_through_faults(
    world: World, tmp_path: Path, faults: str
) -> None:
    world.concurrency = 1
    await hired(world, PEOPLE)
    async with app_with(faults, tmp_path) as (box, target):
        ran = await cycles(world, target, 40)

        held = await box.dump()
        by_id = {one["id"]: one for one in held["users"]}
        assert all((await told(box)).values())
        assert _is_quiet(ran[-1])
        assert await mails(box) == sorted(f"{one.lower()}@larkspur.example" for one in PEOPLE)
        assert [len(set(one["members"])) for one in held["groups"]] == [len(PEOPLE)]
        assert set(by_id) == set(held["groups"][0]["members"])
        assert await world.waits() == {}
