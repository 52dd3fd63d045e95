"""Groups in the app whose members do not all have an account, or have one again."""

import pytest
from tests.engine.world import Wish, World

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.log import Status


async def sales(world: World) -> None:
    """Ada and Eve are in Sales, which is assigned but reaches only who passes the filter: Ada."""
    await world.connect(filters="  users:\n    department EQUALS: Sales\n")
    await world.hire("Ada", department="Sales")
    await world.hire("Eve", department="Legal")
    await world.found("Sales", "Ada", "Eve")
    await world.assign("Sales")


async def test_a_member_out_of_scope_is_left_out_with_a_warning(any_world: World) -> None:
    world = any_world
    await sales(world)

    await world.run()

    assert world.members("Sales") == {"Ada"}
    entry = (await world.log("Sales"))[-1]
    assert (entry.status, entry.code) == (
        Status.WARNING,
        "UnableToResolveReferenceAttributeValue",
    )


async def test_a_member_who_gets_an_account_is_written_in_the_same_cycle(any_world: World) -> None:
    world = any_world
    await sales(world)
    await world.run()
    world.asked()

    await world.change("Eve", department="Sales")
    await world.run()

    assert world.members("Sales") == {"Ada", "Eve"}
    assert world.asked() == {"find": 1, "create": 1, "members": 1}
    entry = (await world.log("Sales"))[-1]
    assert entry.status is Status.SUCCESS


async def test_a_child_group_is_a_member_as_soon_as_it_is_assigned_itself(
    any_world: World,
) -> None:
    world = any_world
    await sales(world)
    await world.found("Alps")
    await world.join("Sales", "Alps")
    await world.assign("Sales", nested=True)
    await world.run()
    assert world.account("Alps") is None

    await world.assign("Alps")
    await world.run()

    held = world.target.memberships[world.account_id("Sales")]
    assert held == {world.account_id("Ada"), world.account_id("Alps")}


async def test_memberships_are_written_again_when_somebody_is_enabled_again(
    any_world: World,
) -> None:
    world = any_world
    await sales(world)
    await world.run()
    await world.enable("Ada", False)
    await world.run()
    world.target.memberships[world.account_id("Sales")].clear()
    world.asked()

    await world.enable("Ada")
    await world.run()

    assert world.target.held[Kind.USER][world.account_id("Ada")]["active"] is True
    assert world.members("Sales") == {"Ada"}
    assert world.asked() == {"update": 1, "members": 1}


async def test_a_group_deleted_from_the_app_is_in_no_other_group_any_more(world: World):
    await world.connect()
    await world.found("Alps")
    await world.found("Baltic")
    await world.join("Alps", "Baltic")
    await world.assign("Alps", "Baltic")
    await world.run()
    await world.unassign("Baltic")
    await world.run()
    world.asked()

    await world.run(Wish(full=True))

    assert world.asked()["members"] == 0


async def test_a_group_that_is_deleted_does_not_become_a_member_in_the_same_cycle(
    any_world: World,
) -> None:
    world = any_world
    await world.connect()
    await world.hire("Ada")
    await world.found("Alps", "Ada")
    await world.found("Celtic", "Ada")
    await world.join("Celtic", "Alps")
    await world.assign("Alps")
    await world.run()
    deleted = world.account_id("Alps")

    await world.assign("Celtic")
    await world.unassign("Alps")
    await world.run()

    assert deleted not in world.target.memberships[world.account_id("Celtic")]
    await world.assert_in_step()


class Cut(BaseException):
    """The engine dies where this is raised."""


async def died_at(world: World, verb: str, *, after: bool) -> None:
    """Let the engine die at its next such request, before or after the app acts."""
    method = getattr(world.target, verb)

    async def cut(*args: object) -> None:
        if after:
            await method(*args)
        raise Cut

    setattr(world.target, verb, cut)
    with pytest.raises(Cut):
        await world.run()
    setattr(world.target, verb, method)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_who_leaves_while_the_engine_is_dead_does_not_stay_a_member(
    any_world: World, after: bool
) -> None:
    world = any_world
    await sales(world)
    await died_at(world, "change_members", after=after)

    await world.leave("Sales", "Ada")
    await world.assign("Ada")
    await world.run()

    assert world.members("Sales") == set()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_who_returns_while_the_engine_is_dead_is_a_member(
    any_world: World, after: bool
) -> None:
    world = any_world
    await sales(world)
    await world.assign("Ada")
    await world.run()
    await world.leave("Sales", "Ada")
    await died_at(world, "change_members", after=after)

    await world.join("Sales", "Ada")
    await world.run()

    assert world.members("Sales") == {"Ada"}


async def test_members_that_were_written_are_not_written_again(any_world: World) -> None:
    world = any_world
    await sales(world)
    await died_at(world, "change_members", after=True)
    await world.run()
    world.asked()

    await world.run(Wish(full=True))

    assert world.members("Sales") == {"Ada"}
    assert world.asked() == {}
