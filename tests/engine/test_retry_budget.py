"""An app that fails often is not asked much more for it."""

from collections.abc import Sequence

import pytest
from tests.engine.world import World

from seatkeeper.connectors.memory import MemoryTarget
from seatkeeper.directory.model import Kind
from seatkeeper.errors import Transient
from seatkeeper.ports import Trace
from seatkeeper.provisioning.account import ValueChange

PEOPLE = [f"Person{number}" for number in range(80)]


class HalfSick(MemoryTarget):
    """An app that fails at every second change."""

    changes = 0

    async def update(
        self, kind: Kind, account_id: str, changes: Sequence[ValueChange], trace: Trace
    ) -> None:
        """Make the change, or fail."""
        self.changes += 1
        if self.changes % 2:
            raise Transient("The app failed on its own side.", status=500)
        await super().update(kind, account_id, changes, trace)


async def test_retries_are_at_most_a_tenth_of_the_requests_and_ten(world: World) -> None:
    world.concurrency = 1
    await world.connect()
    for name in PEOPLE:
        await world.hire(name)
    await world.assign(*PEOPLE)
    await world.run()
    sick = HalfSick(world.target.capabilities, held=world.target.held)
    for name in PEOPLE:
        await world.change(name, jobTitle="Director")

    cycle = await world.run(target=sick)

    retries = sick.changes - len(PEOPLE)
    looks = [one for one in sick.journal if one.verb == "read"]  # whether a failed change arrived
    assert cycle.finished
    assert 0 < retries <= 10 + (sick.changes + len(looks)) // 10
    assert set((await world.waits()).values()) == {"InternalServerError"}


@pytest.mark.fault("T14")
async def test_the_waits_before_retries_are_drawn_from_nothing_up(world: World) -> None:
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    world.plant("find", Transient("The app failed.", status=500), times=3)

    await world.run()

    assert len(world.slept) == 3
    assert all(0 <= slept < most for slept, most in zip(world.slept, (0.5, 2, 8), strict=True))
    assert await world.waits() == {}
