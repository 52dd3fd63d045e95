"""An app as a whole: stopped before all of its records fail, and let in slowly when it is back."""

import asyncio
import datetime as dt
from typing import Any, ClassVar

import pytest
from tests.engine.world import World
from tests.promises.killed import Death, Killed

from seatkeeper.connectors.memory import MemoryTarget
from seatkeeper.directory.model import Kind
from seatkeeper.errors import Refused, TooManyFailures, Transient, Unreachable
from seatkeeper.ports import Trace
from seatkeeper.provisioning.account import Account, TargetValues
from seatkeeper.provisioning.cycle import CycleState
from seatkeeper.provisioning.journal import HealthState
from seatkeeper.provisioning.log import Status

pytestmark = pytest.mark.anyio

PEOPLE = [f"Person{number:02}" for number in range(20)]
REFUSED = Refused("The plan of the app is full.", said="Seat limit reached")


async def staffed(world: World, *names: str, more: str = "") -> None:
    for name in names:
        await world.hire(name)
    await world.connect(more=more)
    await world.assign(*names)


async def test_an_app_of_twenty_that_refuses_everybody_is_stopped_after_a_few(
    world: World,
) -> None:
    world.concurrency = 1
    await staffed(world, *PEOPLE)
    world.plant("create", REFUSED, times=99)

    cycle = await world.run()

    health = await world.ledger.health(world.app)
    assert cycle.state is CycleState.SUSPENDED
    assert health.state is HealthState.QUARANTINED
    assert health.message.startswith("The last 5 writes failed.")
    assert len(await world.waits()) == 5
    assert await world.mails() == [
        "Seatkeeper: provisioning to 15Five has stopped",
    ]


async def test_when_it_is_mended_everybody_gets_an_account_and_nobody_two(world: World) -> None:
    await staffed(world, *PEOPLE)
    world.plant("create", REFUSED, times=5)
    await world.run()

    for _ in range(2):
        world.now += dt.timedelta(hours=1)
        await world.run()

    assert (await world.ledger.health(world.app)).state is HealthState.WELL
    assert await world.waits() == {}
    await world.assert_in_step()


async def test_while_it_goes_on_refusing_each_look_costs_one_record(world: World) -> None:
    await staffed(world, *PEOPLE)
    world.plant("create", REFUSED, times=99)
    await world.run()
    failed = len(await world.waits())

    for _ in range(3):
        world.now += dt.timedelta(minutes=5)
        await world.run()

    assert len(await world.waits()) == failed + 3


class Choosy(MemoryTarget):
    """An app that does not want certain people, whatever is said."""

    unwanted: ClassVar[set[str]] = set()

    async def create(self, kind: Kind, values: TargetValues, trace: Trace) -> Account:
        if values.get("externalId") in self.unwanted:
            raise REFUSED
        return await super().create(kind, values, trace)


async def test_four_people_who_fail_for_ever_stop_nobody_else(world: World) -> None:
    await staffed(world, "Ada")
    await world.run()
    world.target = Choosy(world.target.capabilities, held=world.target.held)
    bad = PEOPLE[:3]
    for name in bad:
        Choosy.unwanted.add(await world.hire(name))
    await world.assign(*bad)
    await world.run()
    await world.hire("Zoe")
    await world.assign("Zoe")
    for name in bad:
        await world.change(name, jobTitle="Head")
    Choosy.unwanted.add(await world.hire("Yan"))
    await world.assign("Yan")

    cycle = await world.run()

    assert cycle.finished
    assert world.account("Zoe") is not None
    assert set(await world.waits()) == {*bad, "Yan"}


async def test_the_reference_profile_does_not_stop_an_app_of_twenty(world: World) -> None:
    await staffed(world, *PEOPLE, more="profile: reference\n")
    world.plant("create", REFUSED, times=99)

    cycle = await world.run()

    assert cycle.finished
    assert len(await world.waits()) == 20
    assert {entry.status for entry in await world.log()} == {Status.FAILURE}
    [first, *_] = await world.ledger.escrows(world.app)
    assert first.retry_at is not None
    assert first.retry_at - first.first_at == dt.timedelta(hours=6)


class Watched(MemoryTarget):
    """Notes how many requests it works on at the same time, in order of their start."""

    running = 0

    async def find(self, *asked: Any) -> Any:
        Watched.running += 1
        self.seen.append(Watched.running)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        try:
            return await super().find(*asked)
        finally:
            Watched.running -= 1

    seen: list[int]


@pytest.mark.fault("T15")
async def test_an_app_that_comes_back_is_asked_once_then_five_times_then_freely(
    world: World,
) -> None:
    await staffed(world, *PEOPLE)
    world.plant("any", Unreachable("The app is away."))
    await world.run()
    back = Watched(world.target.capabilities)
    back.seen = []
    world.target = back

    cycle = await world.run()

    assert cycle.finished
    assert back.seen[0] == 1
    assert max(back.seen[1:6]) <= 5
    assert max(back.seen) == world.concurrency
    await world.assert_in_step()


@pytest.mark.fault("T15")
async def test_an_app_that_fails_as_soon_as_it_is_back_is_left_alone_at_once(world: World) -> None:
    await staffed(world, *PEOPLE)
    world.plant("any", Unreachable("The app is away."))
    await world.run()
    world.asked()
    world.plant("any", Transient("Out of order."), times=99)

    await world.run()

    health = await world.ledger.health(world.app)
    assert sum(world.asked().values()) == 1
    assert (health.state, health.attempts) == (HealthState.AWAY, 2)


async def test_what_is_well_again_is_shown_while_the_cycle_still_runs(world: World) -> None:
    await staffed(world, *PEOPLE)
    world.batch = 10
    world.plant("any", Unreachable("The app is away."))
    await world.run()
    seen: list[HealthState] = []
    create = world.target.create

    async def watching(kind: Any, values: Any, trace: Trace) -> Account:
        seen.append((await world.ledger.health(world.app)).state)
        return await create(kind, values, trace)

    world.target.create = watching  # type: ignore[method-assign]
    await world.run()

    assert seen[-1] is HealthState.WELL


async def joins(world: World, name: str) -> None:
    """Let one more person join, in a cycle of their own."""
    await world.hire(name)
    await world.assign(name)
    await world.run()


async def test_an_app_that_refuses_one_change_after_the_other_is_stopped_and_told_of_once(
    any_world: World,
) -> None:
    world = any_world
    await staffed(world, *PEOPLE[:8])
    await world.run()
    world.plant("create", REFUSED, times=99)

    for name in PEOPLE[8:]:
        await joins(world, name)

    health = await world.ledger.health(world.app)
    assert (health.state, health.code) == (HealthState.QUARANTINED, TooManyFailures.code)
    told = [one for one in await world.mails() if "has stopped" in one]
    assert told == ["Seatkeeper: provisioning to 15Five has stopped"]


@pytest.mark.parametrize("at", [7, 8, 9])
async def test_what_was_refused_before_a_kill_counts_after_it(any_world: World, at: int) -> None:
    world = any_world
    world.batch = world.concurrency = 1
    await staffed(world, *PEOPLE[:8])
    await world.run()
    for name in PEOPLE[8:13]:
        await world.hire(name)
    await world.assign(*PEOPLE[8:13])
    world.plant("create", REFUSED, times=99)

    with pytest.raises(Killed):
        await world.run(target=Death(at, after=False).over(world.target))
    before = len(await world.waits())
    await world.run()

    assert 0 < before < 5
    assert len(await world.waits()) == 5
    assert (await world.ledger.health(world.app)).state is HealthState.QUARANTINED


async def test_an_app_that_takes_one_change_in_between_is_not_stopped(world: World) -> None:
    await staffed(world, *PEOPLE[:10])
    await world.run()

    for number, name in enumerate(PEOPLE[10:]):
        if number % 3 == 1:
            world.plant("create", REFUSED)
        await joins(world, name)

    assert (await world.ledger.health(world.app)).state is HealthState.WELL


async def test_once_it_is_well_again_what_it_refused_before_is_not_held_against_it(
    world: World,
) -> None:
    await staffed(world, *PEOPLE[:2])
    await world.run()
    world.plant("create", REFUSED, times=5)
    for name in PEOPLE[2:7]:
        await joins(world, name)
    assert (await world.ledger.health(world.app)).state is HealthState.QUARANTINED
    for _ in range(3):
        world.now += dt.timedelta(hours=1)
        await world.run()
    assert (await world.ledger.health(world.app)).state is HealthState.WELL

    world.plant("create", REFUSED)
    await joins(world, PEOPLE[7])

    assert (await world.ledger.health(world.app)).state is HealthState.WELL


async def test_under_other_rules_writes_are_counted_anew(world: World) -> None:
    await staffed(world, *PEOPLE[:2])
    await world.run()
    world.plant("create", REFUSED, times=5)
    for name in PEOPLE[2:6]:
        await joins(world, name)
    await world.connect(users="[{target: title, constant: Staff}]")

    await joins(world, PEOPLE[6])

    assert (await world.ledger.health(world.app)).state is HealthState.WELL


async def test_an_app_that_took_nothing_since_it_was_stopped_does_not_count_as_well(
    world: World,
) -> None:
    await staffed(world, *PEOPLE[:5])
    world.plant("create", REFUSED, times=99)
    await world.run()

    world.now += dt.timedelta(hours=1)
    cycle = await world.run()

    health = await world.ledger.health(world.app)
    assert cycle.finished
    assert health.state is HealthState.QUARANTINED
    assert health.next_try is not None
    assert health.next_try > world.now - dt.timedelta(minutes=1)
    assert not [one for one in await world.mails() if "works again" in one]


async def test_who_waits_and_is_taken_at_last_shows_that_the_app_is_well(world: World) -> None:
    await staffed(world, *PEOPLE[:5])
    world.plant("create", REFUSED, times=5)
    await world.run()
    await world.run()
    assert len(await world.mails()) == 2

    world.now += dt.timedelta(hours=1)
    await world.run()

    assert (await world.ledger.health(world.app)).state is HealthState.WELL
    assert [one for one in await world.mails() if "works again" in one] != []
    await world.assert_in_step()
