"""P4 in the middle of a cycle: what was judged is what leaves, and all that left is counted.

The directory changes while a plan is sent, answers are lost, the engine dies: none of it
lets more people go without a word than the guard allows within a day.
"""

import contextlib
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence

import pytest
from tests.engine.world import Wish, World
from tests.promises.killed import Death, Killed
from tests.promises.test_p4_no_surprise_removals import PEOPLE, active, decided, staffed, waiting

from seatkeeper.connectors.memory import MemoryTarget
from seatkeeper.directory.model import Kind
from seatkeeper.errors import InDoubt
from seatkeeper.gallery.capabilities import capabilities_of
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.ports import Trace
from seatkeeper.provisioning.account import TargetValue, ValueChange
from seatkeeper.provisioning.guard import HoldState
from seatkeeper.provisioning.log import LogEntry, Status

ACTIVE_BY_CITY = (
    "[{target: active, expression: 'IIF(IsNullOrEmpty([city]), "
    '"{without}", Switch([IsSoftDeleted], , "False", "True", "True", "False"))\'}]'
)
FREE = 3
"""So many of twelve may lose access within a day without anybody's word."""


class Interrupted(MemoryTarget):
    """An app during whose first update something else happens in the company."""

    def __init__(self, world: World, happens: Callable[[], Awaitable[None]]) -> None:
        before = world.target
        super().__init__(
            before.capabilities, before.faults, before.exact, before.journal, before.held
        )
        self.memberships = before.memberships
        self.happens: Callable[[], Awaitable[None]] | None = happens
        world.target = self

    async def update(
        self, kind: Kind, account_id: str, changes: Sequence[ValueChange], trace: Trace
    ) -> None:
        """Let it happen once, before the app acts."""
        if self.happens is not None:
            happens, self.happens = self.happens, None
            await happens()
        await super().update(kind, account_id, changes, trace)


async def in_cities(world: World, *, without: str = "") -> None:
    """Twelve people whose accounts are active as long as they have a city."""
    await staffed(world)
    for name in PEOPLE:
        await world.change(name, city="Oslo")
    await world.connect(users=ACTIVE_BY_CITY.replace("{without}", without))
    await world.run()
    assert active(world) == 12
    assert await waiting(world) == []
    world.batch = world.concurrency = 1


@pytest.mark.parametrize("without", ["", "False"])
async def test_who_would_lose_access_since_the_plan_was_judged_is_judged_too(
    any_world: World, without: str
) -> None:
    world = any_world
    await in_cities(world, without=without)
    for name in PEOPLE:
        await world.change(name, jobTitle="Lead")

    async def cities_go() -> None:
        for name in PEOPLE:
            await world.change(name, city=None)

    Interrupted(world, cities_go)
    cycle = await world.run()
    await world.run(Wish(full=True))

    assert cycle.counters.held >= 12 - FREE - 2  # two were on their way
    assert active(world) == 12 - FREE
    assert len(await waiting(world)) == 12 - FREE


async def test_who_leaves_while_a_plan_is_sent_leaves_in_the_same_cycle(world: World) -> None:
    await in_cities(world)
    for name in PEOPLE:
        await world.change(name, jobTitle="Lead")

    *_, one, another = sorted(PEOPLE, key=lambda name: world.ids[name])  # sent last

    async def two_leave() -> None:
        await world.leave("Everybody", one)
        await world.change(another, city=None)

    Interrupted(world, two_leave)
    await world.run()

    assert active(world) == 10
    assert await waiting(world) == []
    await world.run()
    world.asked()
    await world.run(Wish(full=True))
    assert world.asked() == {}


def deletes(world: World) -> None:
    """Let the app be one that deletes accounts."""
    world.app = "generic-scim"
    world.target.capabilities = capabilities_of(gallery_app(world.app))


async def purged(world: World, *names: str) -> None:
    """Let the directory forget people for good."""
    for name in names:
        await world.directory.purge_user(world.ids[name], actor="hr")


async def test_whose_end_of_access_was_approved_is_not_deleted_instead(world: World) -> None:
    deletes(world)
    await staffed(world)
    world.batch = world.concurrency = 1
    await world.leave("Everybody", *PEOPLE[:6])
    await world.run()
    await decided(world, HoldState.APPROVED)

    Interrupted(world, lambda: purged(world, *PEOPLE[:6]))
    await world.run()

    assert len(world.target.held[Kind.USER]) == 12 - FREE
    [hold] = await waiting(world)
    assert hold.display_name in PEOPLE[:6]


TURNED_ROUND = (
    "[{target: active, expression: "
    '\'Switch([IsSoftDeleted], , "False", "False", "True", "True")\'}]'
)
"""The mapping of active as somebody gets it wrong: whoever may use the account is inactive."""


async def test_a_mapping_the_wrong_way_round_takes_nobodys_access_away(any_world: World) -> None:
    world = any_world
    await staffed(world)

    await world.connect(users=TURNED_ROUND)
    foreseen = await world.preview()
    await world.run()

    assert active(world) == 12
    assert len(await waiting(world)) == 12
    assert (await waiting(world))[0].why.startswith("12 people of 12 lose access in one cycle")
    assert {one.held for one in foreseen.records if one.kind is Kind.USER} == {
        (await waiting(world))[0].why
    }


async def test_accounts_that_are_found_in_the_app_are_not_made_inactive_by_a_mistake(
    any_world: World,
) -> None:
    world = any_world
    await world.connect(users=TURNED_ROUND)
    for name in PEOPLE:
        await world.hire(name)
        there: dict[str, TargetValue] = {
            "userName": f"{name.lower()}@larkspur.example",
            "active": True,
        }
        world.target.held[Kind.USER][name] = there
    await world.assign(*PEOPLE)

    foreseen = await world.preview()
    await world.run()

    assert active(world) == 12
    assert (await waiting(world))[0].why.startswith("12 people lose access in one cycle")
    assert {one.held for one in foreseen.records if one.kind is Kind.USER} == {
        (await waiting(world))[0].why
    }
    await decided(world, HoldState.APPROVED)
    await world.run()
    assert active(world) == 0
    assert await waiting(world) == []


async def leave_unanswered(world: World, names: Sequence[str]) -> None:
    """Let people lose access in an app whose answers are lost each time."""
    world.plant_after("update", InDoubt("The answer was lost."), times=2 * len(names))
    for name in names:
        await world.change(name, city=None)
    await world.run()


async def test_who_left_without_an_answer_counts_within_the_day(any_world: World) -> None:
    world = any_world
    await in_cities(world)

    await leave_unanswered(world, PEOPLE[:FREE])
    await world.change(PEOPLE[FREE], city=None)
    world.now += dt.timedelta(hours=2)
    await world.run(Wish(full=True))

    assert active(world) == 12 - FREE
    [hold] = await waiting(world)
    assert hold.display_name == PEOPLE[FREE]
    assert "within a day" in hold.why


async def test_who_left_while_the_engine_died_counts_within_the_day(any_world: World) -> None:
    world = any_world
    await in_cities(world)

    for name in PEOPLE[: FREE + 2]:
        await world.change(name, city=None)
        with contextlib.suppress(Killed):
            await world.run(target=Death(1, after=True).over(world.target))  # its update
        await world.run()

    assert active(world) == 12 - FREE
    assert "within a day" in (await waiting(world))[0].why


async def test_whose_found_account_lost_access_while_the_engine_died_counts_within_the_day(
    any_world: World,
) -> None:
    world = any_world
    await in_cities(world, without="False")
    strangers = [f"Stranger{number}" for number in range(FREE + 2)]
    for name in strangers:  # an account of theirs is there, and they have no city
        await world.hire(name)
        there: dict[str, TargetValue] = {
            "userName": f"{name.lower()}@larkspur.example",
            "active": True,
        }
        world.target.held[Kind.USER][name] = there

    for name in strangers:
        await world.assign(name)
        with contextlib.suppress(Killed):
            await world.run(target=Death(2, after=True).over(world.target))  # its update
        await world.run()

    left = [name for name in strangers if not world.target.held[Kind.USER][name]["active"]]
    assert left == strangers[:FREE]
    assert "within a day" in (await waiting(world))[0].why
    written = [one.account_id for one in await world.log() if "active" in paths_of(one)]
    assert [written.count(name) for name in left] == [1] * FREE


def paths_of(entry: LogEntry) -> set[str]:
    """Return the paths that a log entry says were written."""
    return {one.path for one in entry.modified}


async def test_who_left_by_somebodys_word_while_the_engine_died_counts_not(world: World) -> None:
    await in_cities(world)
    for name in PEOPLE[:6]:
        await world.change(name, city=None)
    await world.run()
    await decided(world, HoldState.APPROVED)

    with pytest.raises(Killed):
        await world.run(target=Death(3, after=True).over(world.target))
    await world.run()

    assert active(world) == 6
    assert await waiting(world) == []
    for name in PEOPLE[6:9]:
        await world.change(name, city=None)
    await world.run()
    assert active(world) == 3
    assert await waiting(world) == []


async def test_an_account_that_was_deleted_while_the_engine_died_is_known_to_be_gone(
    world: World,
) -> None:
    deletes(world)
    await staffed(world)
    await purged(world, PEOPLE[0])

    with pytest.raises(Killed):
        await world.run(target=Death(1, after=True).over(world.target))
    await world.run()

    assert world.account(PEOPLE[0]) is None
    deleted = [one for one in await world.log() if one.action == "delete"]
    assert [one.status for one in deleted] == [Status.SUCCESS]
    await world.assert_in_step()


async def test_more_values_than_may_become_empty_in_one_cycle_wait_though_judged_twice(
    world: World,
) -> None:
    names = [f"Many{number}" for number in range(14)]
    await staffed(world)
    for name in names:
        await world.hire(name, groups=["Everybody"])
    await world.run()
    world.batch = world.concurrency = 1
    for name in names[:7]:
        await world.change(name, jobTitle=None)
    for name in names[7:]:
        await world.change(name, jobTitle="Lead")

    async def more_titles_go() -> None:
        for name in names[7:]:
            await world.change(name, jobTitle=None)

    Interrupted(world, more_titles_go)
    await world.run()

    lost = sum("title" not in world.account(name) for name in names)
    assert lost <= 10
    assert await waiting(world)
