"""A cycle that an earlier release began is gone on with by the one that comes after it."""

import json

import pytest
from sqlalchemy import text
from tests.engine.world import World
from tests.promises.killed import Death, Killed

from seatkeeper.provisioning.cycle import CycleKind, CycleState

pytestmark = pytest.mark.anyio

PEOPLE = ("Ada", "Bo", "Cy", "Di")
OTHER_TITLE = """[{target: title, expression: 'Join(" ", [jobTitle], "II")'}]"""
"""What a newer release may make of the same settings: other values, another digest."""


@pytest.mark.fault("L7")
async def test_a_plan_is_carried_out_under_the_newer_rules_and_everybody_is_planned_next(
    any_world: World,
) -> None:
    world = any_world
    world.batch = 1
    await begun(world)
    made = [name for name in PEOPLE if world.account(name)]

    await world.connect(users=OTHER_TITLE)
    continued = await world.run()
    following = await world.run()

    assert 0 < len(made) < len(PEOPLE)
    assert (continued.number, continued.state) == (1, CycleState.DONE)
    assert "continued cycle 1" in continued.note
    assert (following.kind, following.counters.created) == (CycleKind.FULL, 0)
    assert {world.account(name)["title"] for name in PEOPLE} == {"Engineer II"}
    await nothing_is_left_to_do(world)


@pytest.mark.fault("L7")
async def test_what_the_newer_release_does_not_know_of_a_cycle_is_left_out(
    any_world: World,
) -> None:
    world = any_world
    world.batch = 1
    await begun(world)
    before = (await world.ledger.cycles(world.app))[0]
    counters = json.dumps({**before.counters.to_plain(), "weighed": 3})
    world.database.write_now(
        lambda c: c.execute(text("UPDATE cycles SET counters = :plain"), {"plain": counters})
    )

    continued = await world.run()

    assert continued.state is CycleState.DONE
    assert all(world.account(name) for name in PEOPLE)
    await nothing_is_left_to_do(world)


async def begun(world: World) -> None:
    """Have an engine die after it made some of the accounts of its first cycle."""
    await world.connect()
    for name in PEOPLE:
        await world.hire(name)
    await world.assign(*PEOPLE)
    with pytest.raises(Killed):
        await world.run(target=Death(7, after=True).over(world.target))


async def nothing_is_left_to_do(world: World) -> None:
    world.asked()
    await world.run()
    assert world.asked() == {}
