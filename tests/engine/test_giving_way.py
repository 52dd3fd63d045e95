"""While somebody waits for one app, the cycle of many people of another one stands aside."""

import asyncio
from contextlib import ExitStack

import pytest
from tests.engine.world import World

from seatkeeper.connectors.memory import MemoryTarget
from seatkeeper.directory.model import Kind
from seatkeeper.engine.giving_way import GivingWay, Turn
from seatkeeper.ports import Trace
from seatkeeper.provisioning.account import Account, TargetValues
from seatkeeper.provisioning.cycle import Cycle, CycleKind, CycleState
from seatkeeper.provisioning.giving_way import FEW

pytestmark = pytest.mark.anyio

PATIENT = 3_600.0
"""Seconds that no test takes: each lets the others go on by itself."""


class Clock:
    at = 100.0

    def __call__(self) -> float:
        return self.at


class Watched(GivingWay):
    """Tells when a cycle begins to stand aside."""

    def __init__(self, *, longest: float = PATIENT) -> None:
        super().__init__(Clock(), longest=longest)
        self.reached = asyncio.Event()

    async def clear(self, seconds: float) -> None:
        self.reached.set()
        await super().clear(seconds)

    async def stands(self, running: "asyncio.Task[Cycle]") -> None:
        """Return once it stands, or has ended without it."""
        reached = asyncio.create_task(self.reached.wait())
        await asyncio.wait({running, reached}, return_when=asyncio.FIRST_COMPLETED)
        reached.cancel()


class Interrupted(MemoryTarget):
    """While this app makes its first account, somebody begins to wait for another app."""

    way: GivingWay
    waiting: ExitStack

    async def create(self, kind: Kind, values: TargetValues, trace: Trace) -> Account:
        if not self.held[Kind.USER]:
            self.waiting.enter_context(self.way.awaited("other"))
        return await super().create(kind, values, trace)


async def company(world: World, *, longest: float = PATIENT) -> tuple[list[str], Watched]:
    """Four people, new to an app whose cycles know of others of their process."""
    await world.connect()
    people = ["Ada", "Bo", "Cy", "Di"]
    for name in people:
        await world.hire(name)
    await world.assign(*people)
    world.way = way = Watched(longest=longest)
    return people, way


async def test_a_first_cycle_asks_nothing_of_its_app_until_the_other_one_is_through(
    world: World,
) -> None:
    people, way = await company(world)

    with way.awaited("other"):
        running = asyncio.create_task(world.run())
        await way.stands(running)
        asked_meanwhile = world.asked()
    cycle = await running

    assert asked_meanwhile == {}
    assert cycle.state is CycleState.DONE
    assert all(world.account(name) for name in people)


async def test_it_stands_aside_between_two_requests_as_well(world: World) -> None:
    people, way = await company(world)
    world.concurrency = 1
    world.target = app = Interrupted(world.target.capabilities)
    app.way = way

    with ExitStack() as app.waiting:
        running = asyncio.create_task(world.run())
        await way.stands(running)
        made_meanwhile = [name for name in people if world.account(name)]
    await running

    assert len(made_meanwhile) == 1
    assert all(world.account(name) for name in people)


async def test_a_cycle_that_was_patient_for_long_enough_goes_on_beside_the_other(
    world: World,
) -> None:
    people, way = await company(world, longest=0.0)

    with way.awaited("other"):
        cycle = await world.run()

    assert cycle.state is CycleState.DONE
    assert all(world.account(name) for name in people)


async def test_two_changes_do_not_stand_aside_for_one_another(world: World) -> None:
    _, way = await company(world)
    await world.run()
    await world.change("Ada", jobTitle="Captain")

    with way.awaited(world.app), way.awaited("other"):
        running = asyncio.create_task(world.run())
        await way.stands(running)
        cycle = await running

    assert cycle.kind is CycleKind.INCREMENTAL
    assert world.account("Ada")["title"] == "Captain"


def test_nobody_stands_aside_for_a_cycle_that_turns_out_to_be_large() -> None:
    way = GivingWay(Clock())

    with way.awaited("first"), way.awaited("changed"):
        Turn(way, "first", CycleKind.INITIAL)
        changed = Turn(way, "changed", CycleKind.INCREMENTAL)
        changed.looks_at(FEW)
        of_few = way.is_awaited("changed")
        changed.looks_at(1)

        assert of_few
        assert way.is_clear


async def test_time_counts_once_however_many_requests_of_a_cycle_stand_aside() -> None:
    clock = Clock()
    way = GivingWay(clock, longest=PATIENT)
    turn = Turn(way, "first", CycleKind.INITIAL)

    with way.awaited("other"):
        standing = [asyncio.create_task(turn.give_way()) for _ in range(2)]
        await asyncio.sleep(0)
        clock.at += 1
        standing.append(asyncio.create_task(turn.give_way()))
        await asyncio.sleep(0)
        clock.at += 1
    await asyncio.gather(*standing)

    assert turn.patience.left == PATIENT - 2
    assert not turn.stands
