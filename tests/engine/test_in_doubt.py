"""A create whose answer nobody read is looked up until it is known, and never forgotten."""

import pytest
from tests.engine.test_group_members import died_at
from tests.engine.world import World

from seatkeeper.directory.model import Kind
from seatkeeper.errors import ConnectorError, InDoubt, Transient
from seatkeeper.provisioning.cycle import CycleState


@pytest.mark.parametrize(
    ("error", "times"),
    [(InDoubt("The answer was lost."), 1), (Transient("The app failed.", status=500), 4)],
    ids=["lost", "failing"],
)
async def test_a_doubt_that_cannot_be_looked_up_stays_a_doubt(
    world: World, error: ConnectorError, times: int
) -> None:
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    await died_at(world, "create", after=True)
    world.plant("find", error, times=times)

    suspended = await world.run()
    await world.change("Ada", userPrincipalName="ada.lovelace@larkspur.example")
    finished = await world.run()

    assert suspended.state is CycleState.SUSPENDED
    assert finished.state is CycleState.DONE
    assert await world.waits() == {}
    assert len(world.target.held[Kind.USER]) == 1
    await world.assert_in_step()
