"""Groups of more members than are written together: part by part, each one durable."""

from collections.abc import Sequence

import pytest
from tests.engine.test_group_members import Cut
from tests.engine.test_reviewed_plan import carry_out
from tests.engine.world import Wish, World
from tests.promises.test_p4_no_surprise_removals import decided, waiting

from seatkeeper.directory.model import Kind
from seatkeeper.errors import Refused
from seatkeeper.ports import Trace
from seatkeeper.provisioning.cycle import CycleState
from seatkeeper.provisioning.guard import HoldState
from seatkeeper.provisioning.journal import MemberDifference
from seatkeeper.provisioning.log import Status

PEOPLE = ("Ada", "Bo", "Cleo", "Dan", "Eve", "Fay", "Gus")


class Parts:
    """What is written of members, request by request; the engine may die at one of them."""

    def __init__(self, world: World) -> None:
        self.sent: list[tuple[list[str], list[str]]] = []
        self.dies_at: int | None = None
        self.after = False
        self._change = world.target.change_members
        world.target.change_members = self._noted  # type: ignore[method-assign]  # a looker-on

    async def _noted(
        self, group_id: str, add: Sequence[str], remove: Sequence[str], trace: Trace
    ) -> None:
        last = len(self.sent) + 1 == self.dies_at
        if last and not self.after:
            self.dies_at = None
            raise Cut
        self.sent.append((list(add), list(remove)))
        await self._change(group_id, add, remove, trace)
        if last:
            raise Cut


async def everybody(world: World) -> Parts:
    """Seven people are in one assigned group, of whom three are written together."""
    world.members_at_once = 3
    await world.connect(more="deletion_guard:\n  members: {at_least: 2, percent: 0}\n")
    for name in PEOPLE:
        await world.hire(name)
    await world.found("Everybody", *PEOPLE)
    await world.assign("Everybody")
    return Parts(world)


async def test_a_large_group_is_made_and_filled_part_by_part(any_world: World) -> None:
    world = any_world
    await everybody(world)

    cycle = await world.run()

    rows = await world.log("Everybody")
    members = [[one for one in row.modified if one.path == "members"] for row in rows]
    assert world.members("Everybody") == set(PEOPLE)
    assert (cycle.counters.created, cycle.counters.updated) == (len(PEOPLE) + 1, 0)
    assert [row.action for row in rows] == ["create", "update", "update"]
    assert [len(some) for some in members] == [3, 3, 1]
    assert {row.status for row in rows} == {Status.SUCCESS}
    await world.assert_in_step()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_whoever_was_written_before_a_crash_is_not_written_again(
    any_world: World, after: bool
) -> None:
    world = any_world
    parts = await everybody(world)
    parts.dies_at, parts.after = 2, after

    with pytest.raises(Cut):
        await world.run()
    first, *_ = (add for add, _ in parts.sent)
    parts.dies_at = None
    finished = await world.run()

    written = [one for add, _ in parts.sent for one in add]
    assert finished.state is CycleState.DONE
    assert world.members("Everybody") == set(PEOPLE)
    assert all(written.count(one) == 1 for one in first)
    assert len(written) == len(PEOPLE) + (3 if after else 0)


async def test_an_engine_that_stops_ends_after_the_part_at_hand(any_world: World) -> None:
    world = any_world
    parts = await everybody(world)
    world.stopping = lambda: len(parts.sent) == 1

    stopped = await world.run()
    before = world.members("Everybody")
    world.stopping = lambda: False
    await world.run()

    assert not stopped.finished
    assert len(before) == 3
    assert world.members("Everybody") == set(PEOPLE)
    assert [len(add) for add, _ in parts.sent] == [3, 3, 1]


async def test_one_change_of_a_large_group_is_one_request(any_world: World) -> None:
    world = any_world
    await everybody(world)
    await world.run()
    await world.hire("Hal")
    world.asked()

    await world.join("Everybody", "Hal")
    cycle = await world.run()

    assert world.asked() == {"find": 1, "create": 1, "members": 1}
    assert cycle.counters.updated == 1
    await world.assert_in_step()


async def test_everybody_without_an_account_is_waited_for_whichever_part_they_are_in(
    any_world: World,
) -> None:
    world = any_world
    world.members_at_once = 2
    await world.connect(filters="  users:\n    department EQUALS: Sales\n")
    for number, name in enumerate(PEOPLE):
        await world.hire(name, department="Sales" if number % 2 else "Legal")
    await world.found("Everybody", *PEOPLE)
    await world.assign("Everybody")
    await world.run()

    for name in PEOPLE:
        await world.change(name, department="Sales")
    await world.run()

    assert world.members("Everybody") == set(PEOPLE)
    assert (await world.log("Everybody"))[-1].status is Status.SUCCESS


async def test_a_part_that_is_refused_is_tried_again_and_the_others_stay(world: World) -> None:
    await everybody(world)
    world.plant("members", Refused("Not today.", status=400), skip=1)
    parts = Parts(world)

    cycle = await world.run()
    before = world.members("Everybody")
    await world.run(Wish(full=True))

    assert cycle.counters.failed == 1
    assert len(before) == 3
    assert world.members("Everybody") == set(PEOPLE)
    assert len(parts.sent) == 4


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_one_word_is_enough_for_all_who_leave_though_the_engine_dies(
    any_world: World, after: bool
) -> None:
    world = any_world
    parts = await everybody(world)
    await world.found("All", *PEOPLE)
    await world.assign("All")
    await world.run()
    await world.leave("Everybody", *PEOPLE[:6])
    await world.run()
    [hold] = await waiting(world)
    await decided(world, HoldState.APPROVED)
    parts.dies_at, parts.after = len(parts.sent) + 1, after

    with pytest.raises(Cut):
        await world.run()
    parts.dies_at = None
    await world.run()

    assert hold.count == 6
    assert await waiting(world) == []
    assert world.members("Everybody") == {PEOPLE[6]}
    assert await world.ledger.holds(world.app) == []


async def test_those_who_join_a_large_group_do_not_wait_for_a_word_about_those_who_leave(
    any_world: World,
) -> None:
    world = any_world
    await everybody(world)
    await world.found("All", *PEOPLE)
    await world.assign("All")
    await world.run()
    new = ("Hal", "Ida", "Jo", "Kim")
    for name in new:
        await world.hire(name)

    await world.leave("Everybody", *PEOPLE[:6])
    await world.join("Everybody", *new)
    await world.run()
    held = world.members("Everybody")
    await decided(world, HoldState.APPROVED)
    await world.run()

    assert held == {*PEOPLE, *new}
    assert world.members("Everybody") == {PEOPLE[6], *new}
    await world.assert_in_step()


async def test_a_reviewed_plan_fills_a_large_group_whole(any_world: World) -> None:
    world = any_world
    parts = await everybody(world)

    cycle = await carry_out(world, await world.preview())

    assert cycle.state is CycleState.DONE
    assert world.members("Everybody") == set(PEOPLE)
    assert [len(add) for add, _ in parts.sent] == [3, 3, 1]
    assert [row.action for row in await world.log("Everybody")] == ["create"]


async def test_a_large_group_that_is_gone_is_made_anew_with_everybody(any_world: World) -> None:
    world = any_world
    await everybody(world)
    await world.run()
    del world.target.held[Kind.GROUP][world.account_id("Everybody")]
    await world.leave("Everybody", "Gus")

    await world.run()

    assert world.members("Everybody") == set(PEOPLE[:6])
    await world.assert_in_step()


async def test_a_cycle_that_filled_a_large_group_can_be_undone(any_world: World) -> None:
    world = any_world
    await everybody(world)
    await world.found("All", *PEOPLE)
    await world.assign("All")
    await world.leave("Everybody", *PEOPLE)
    await world.run()
    await world.join("Everybody", *PEOPLE)
    filled = await world.run()
    full = world.members("Everybody")

    await world.run(Wish(undo=filled.id))
    await decided(world, HoldState.APPROVED)
    await world.run(Wish(undo=filled.id))

    assert full == set(PEOPLE)
    assert world.members("Everybody") == set()


@pytest.mark.parametrize("most", [1, 2, 3, 5, 50])
async def test_the_parts_of_a_group_say_together_what_the_whole_says(
    any_world: World, most: int
) -> None:
    world = any_world
    await everybody(world)
    await world.run()
    for name in ("Hal", "Ida", "Jo"):
        await world.hire(name)
    await world.assign("Hal", "Ida")
    await world.run()
    await world.leave("Everybody", "Ada", "Dan", "Gus")
    await world.join("Everybody", "Hal", "Ida", "Jo")
    group = (world.app, world.ids["Everybody"])

    whole = await world.ledger.member_difference(*group)
    parts: list[MemberDifference] = []
    after = ""
    while not parts or parts[-1].upto is not None:
        parts.append(await world.ledger.member_difference(*group, after=after, most=most))
        after = parts[-1].upto or ""

    assert (len(whole.add), len(whole.remove), len(whole.unresolved)) == (2, 3, 1)
    assert [one for part in parts for one in part.add] == whole.add
    assert [one for part in parts for one in part.remove] == whole.remove
    assert [one for part in parts for one in part.unresolved] == whole.unresolved
    assert max(len(part.add) + len(part.unresolved) for part in parts) <= most
    assert max(len(part.remove) for part in parts) <= most
    assert len(parts) >= 3 / most
