"""P2: nobody ever has two accounts, and P7: nothing is lost, wherever the engine dies.

The engine is killed at every single call it makes to its ledger and to the app,
once before the call took effect and once after. Each time a new engine goes on
over the same database and the same app, and everything has to be in step.

`make test` dies at every third call, `SEATKEEPER_SOAK=1 make test` at each.
"""

import asyncio
import contextlib
import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.engine.messages import MessageApp
from tests.engine.world import WRITES, World
from tests.promises.killed import Death, Killed

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.account import TargetValue
from seatkeeper.provisioning.cycle import CycleState
from seatkeeper.store.database import Database

STEP = 1 if os.environ.get("SEATKEEPER_SOAK") else 3

Story = Callable[[World], Awaitable[None]]


async def beginning(world: World) -> None:
    """Five people, two of them reporting to each other, one known to the app already."""
    await world.connect()
    await world.hire("Ada")
    await world.hire("Grace", manager="Ada")
    await world.hire("Ken", manager="Grace")
    await world.reports_to("Ada", "Grace")
    await world.hire("Old", manager="Ken")
    await world.found("Engineering", "Ada", "Grace", "Ken", "Old")
    await world.assign("Engineering")
    old: dict[str, TargetValue] = {"userName": "old@larkspur.example", "active": False}
    world.target.held[Kind.USER]["old-1"] = old


async def monday(world: World) -> None:
    """A joiner who leads, a mover, one who leaves, one who returns, one purged, a new name."""
    await beginning(world)
    await world.hire("Back", groups=["Engineering"])
    await world.run()
    await world.enable("Back", False)
    await world.run()
    await world.hire("New", groups=["Engineering"])
    await world.reports_to("Grace", "New")
    await world.change("Ken", jobTitle="Lead")
    await world.enable("Back")
    await world.leave("Engineering", "Old")
    await world.directory.delete_user(world.ids["Ada"], actor="hr", now=world.now)
    await world.directory.purge_user(world.ids["Ada"], actor="hr")
    await world.directory.edit_group(
        world.ids["Engineering"], {"displayName": "Research"}, actor="hr"
    )


async def a_group_ends(world: World) -> None:
    """A group is unassigned; its people stay through another one."""
    await beginning(world)
    await world.run()
    await world.found("All", "Ada", "Grace", "Ken", "Old")
    await world.assign("All")
    await world.unassign("Engineering")


def copied(world: World, folder: Path) -> World:
    """Return the same company and app once more, each with its own life from here."""
    folder.mkdir()
    shutil.copyfile(world.folder / "master.key", folder / "master.key")
    (folder / "master.key").chmod(0o600)
    shutil.copyfile(world.folder / "seatkeeper.db", folder / "seatkeeper.db")
    twin = World(Database.open(f"sqlite:///{folder / 'seatkeeper.db'}"), folder)
    twin.ids, twin.now = dict(world.ids), world.now
    twin.target.held = {
        kind: {key: dict(values) for key, values in held.items()}
        for kind, held in world.target.held.items()
    }
    twin.target.memberships = {k: set(v) for k, v in world.target.memberships.items()}
    return twin


async def killed(world: World, at: int, *, after: bool) -> bool:
    """Run a cycle that dies at its call number ``at``; return whether it came so far."""
    death = Death(at, after=after)
    before = asyncio.all_tasks()
    with contextlib.suppress(Killed):
        await world.run(ledger=death.over(world.ledger), target=death.over(world.target))
    await asyncio.gather(*(asyncio.all_tasks() - before), return_exceptions=True)
    return death.dead


async def settled(world: World) -> None:
    """Let a new engine go on until nothing is open, and one cycle more."""
    for _ in range(3):
        cycle = await world.run()
        assert cycle.state is CycleState.DONE


async def assert_nothing_lost(world: World, written_before: int) -> None:
    """In step, no write left to send, and every account that was written has its log entry."""
    await world.assert_in_step()
    written = {
        one.subject
        for one in world.target.journal[written_before:]
        if one.verb in WRITES - {"create"}
    }
    logged = {entry.account_id for entry in await world.log() if entry.status != "skipped"}
    assert written <= logged
    known = {entry.account_id for entry in await world.log()}
    assert set(world.target.held[Kind.USER]) | set(world.target.held[Kind.GROUP]) <= known
    world.asked()
    cycle = await world.run()
    assert world.asked() == {}
    assert cycle.counters.failed == 0


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("story", [beginning, monday, a_group_ends])
@pytest.mark.fault("L1")
async def test_an_engine_killed_at_any_call_is_continued_without_a_duplicate(
    world: World, tmp_path: Path, story: Story, after: bool
) -> None:
    await story(world)
    world.batch = 3
    world.database.close()

    at = 1 - STEP
    while True:
        at += STEP
        twin = copied(world, tmp_path / f"killed-{at}")
        twin.batch = 3
        died = await killed(twin, at, after=after)
        try:
            await settled(twin)
            await assert_nothing_lost(twin, 0)
        except AssertionError as error:
            raise AssertionError(f"killed {'after' if after else 'before'} call {at}") from error
        finally:
            twin.database.close()
            shutil.rmtree(twin.folder)
        if not died:
            break
    assert at > 20


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.fault("L1")
async def test_an_engine_killed_while_several_people_leave_in_one_request_makes_nobody_twice(
    world: World, tmp_path: Path, after: bool
) -> None:
    await monday(world)
    world.database.close()

    for at in range(8, 60, 4 * STEP):
        twin = copied(world, tmp_path / f"killed-{at}")
        twin.target = MessageApp.over(twin.target)
        died = await killed(twin, at, after=after)
        try:
            await settled(twin)
            await assert_nothing_lost(twin, 0)
        except AssertionError as error:
            raise AssertionError(f"killed {'after' if after else 'before'} call {at}") from error
        finally:
            twin.database.close()
        if not died:
            break
        assert max(twin.target.bulk.sizes) > 1
    assert at > 20
