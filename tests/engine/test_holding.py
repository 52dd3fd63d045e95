"""An app is held while it is worked for, and nothing is sent once that may have ended."""

import asyncio
from dataclasses import dataclass, field

import pytest
from tests.engine.world import World
from tests.promises.killed import Death, Killed

from seatkeeper.directory.model import Kind
from seatkeeper.engine.holding import Holder
from seatkeeper.errors import LeaseLost, StoreUnusable
from seatkeeper.ports import Lease
from seatkeeper.ports.permit import may_leave
from seatkeeper.provisioning.cycle import CycleState

pytestmark = pytest.mark.anyio

LEASE_SECONDS = 30.0


@dataclass
class OneLease:
    """The leases of a database of which only one app is known; asked things are remembered."""

    seconds: float = LEASE_SECONDS
    free: bool = True
    in_flight: float = 0.0
    away: bool = False
    renewed: asyncio.Event = field(default_factory=asyncio.Event)
    said: list[str] = field(default_factory=list)

    async def take(self, app_id: str) -> Lease | None:
        self.said.append("take")
        return Lease(app_id, 7, self.in_flight) if self.free else None

    async def renew(self, lease: Lease) -> bool:
        self.renewed.set()
        if self.away:
            raise StoreUnusable("The database is away.")
        return self.free

    async def release(self, lease: Lease, *, in_flight: float = 0.0) -> None:
        self.said.append(f"release, {in_flight:.0f} s in flight" if in_flight else "release")

    async def busy(self) -> frozenset[str]:
        return frozenset()


@dataclass
class Clock:
    at: float = 1000.0

    def __call__(self) -> float:
        return self.at


async def test_requests_leave_while_the_lease_lasts_and_not_a_moment_longer() -> None:
    leases, clock = OneLease(), Clock()

    async with Holder(leases, clock).holding("15five") as mine:
        may_leave()
        clock.at += LEASE_SECONDS - 0.001
        await asyncio.create_task(leave())
        clock.at += 0.001
        with pytest.raises(LeaseLost, match="another one may work for 15five"):
            await asyncio.create_task(leave())

    assert mine
    assert leases.said == ["take", "release"]
    may_leave()  # outside nothing is held, and nobody asks


async def test_an_app_of_another_process_is_left_alone() -> None:
    leases = OneLease(free=False)

    async with Holder(leases, Clock()).holding("15five") as mine:
        pass

    assert not mine
    assert leases.said == ["take"]


async def test_a_lease_that_was_taken_meanwhile_ends_at_once() -> None:
    leases = OneLease(seconds=0.03)

    async with Holder(leases, Clock()).holding("15five"):
        leases.free = False
        await asyncio.wait_for(leases.renewed.wait(), 30)
        await asyncio.sleep(0)
        with pytest.raises(LeaseLost):
            may_leave()


async def test_a_database_that_is_away_for_a_moment_ends_nothing() -> None:
    leases = OneLease(seconds=0.03, away=True)

    async with Holder(leases, Clock()).holding("15five"):
        await asyncio.wait_for(leases.renewed.wait(), 30)
        leases.renewed.clear()
        may_leave()
        await asyncio.wait_for(leases.renewed.wait(), 30)


async def test_a_process_that_is_torn_down_does_not_give_back_what_is_in_flight() -> None:
    leases = OneLease()

    with pytest.raises(asyncio.CancelledError):
        async with Holder(leases, Clock()).holding("15five"):
            raise asyncio.CancelledError

    assert leases.said == ["take"]


async def test_on_sqlite_every_app_is_ones_own() -> None:
    holder = Holder(None, Clock())

    async with holder.holding("15five") as mine:
        assert mine
        assert holder.lease("15five") is None
        may_leave()


async def test_how_long_requests_of_a_lost_process_may_arrive_counts_down() -> None:
    clock = Clock()
    holder = Holder(OneLease(in_flight=65), clock)

    async with holder.holding("15five"):
        before = holder.in_flight_for("15five")
        clock.at += 60
        soon = holder.in_flight_for("15five")
        clock.at += 60
        after = holder.in_flight_for("15five")

    assert (before, soon, after) == (65, 5, 0)


async def test_on_sqlite_a_lost_process_may_have_lived_until_this_one_began() -> None:
    clock = Clock()
    holder = Holder(None, clock, 65)

    at_first = holder.in_flight_for("15five")
    clock.at += 60
    soon = holder.in_flight_for("15five")
    clock.at += 60
    after = holder.in_flight_for("15five")

    assert (at_first, soon, after) == (65, 5, 0)


async def test_whoever_gives_an_app_back_says_how_long_its_lost_requests_may_arrive() -> None:
    clock, leases = Clock(), OneLease()
    holder = Holder(leases, clock)

    async with holder.holding("15five"):
        holder.unanswered("15five").lost(Kind.USER, "u1")
        clock.at += 10

    assert leases.said == ["take", "release, 25 s in flight"]


async def test_what_a_lost_process_had_in_flight_is_looked_up_only_after_that_time(
    world: World,
) -> None:
    await lost_while_creating(world)
    world.in_flight_for = 65
    before = len(world.target.journal)

    cycle = await world.run()

    assert sum(world.slept) == 65
    assert world.target.journal[before].verb == "find"
    assert cycle.state is CycleState.DONE
    assert world.asked()["create"] == 1


async def test_stopping_does_not_wait_for_what_is_in_flight(world: World) -> None:
    await lost_while_creating(world)
    world.in_flight_for = 65
    world.stopping = lambda: True
    world.asked()

    cycle = await world.run()

    assert not cycle.finished
    assert world.slept == []
    assert world.asked() == {}


async def leave() -> None:
    may_leave()


async def lost_while_creating(world: World) -> None:
    """Have an engine die while the account of Ada is made."""
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    with pytest.raises(Killed):
        await world.run(target=Death(2, after=True).over(world.target))
