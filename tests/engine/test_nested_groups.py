"""Who gets an account, and who loses it, through groups inside an assigned group."""

import pytest
from tests.engine.world import Wish, World

from seatkeeper.provisioning.cycle import CycleKind
from seatkeeper.store.database import Database
from seatkeeper.store.ledger import SqlLedger


class EarlyWindow(SqlLedger):
    """A ledger whose cycle began before the newest changes were there."""

    def __init__(self, database: Database, newest: int) -> None:
        super().__init__(database)
        self._newest = newest

    async def last_change(self) -> int:
        return self._newest


async def larkspur(world: World, *, nested: bool = True) -> None:
    """Company holds Engineering, which holds Platform; Ken is in Platform, Grace and Ada above."""
    await world.connect()
    for name in ("Ada", "Grace", "Ken"):
        await world.hire(name)
    await world.found("Platform", "Ken")
    await world.found("Engineering", "Grace", "Platform")
    await world.found("Company", "Ada", "Engineering")
    await world.assign("Company", nested=nested)


async def active(world: World) -> set[str]:
    """Return the people who can use the app."""
    people = ("Ada", "Grace", "Ken", "Zoe")
    accounts = {one: world.account(one) for one in people if one in world.ids}
    return {one for one, account in accounts.items() if account and account["active"]}


async def test_everybody_in_any_group_inside_gets_an_account(any_world: World) -> None:
    world = any_world
    await larkspur(world)

    await world.run()

    assert await active(world) == {"Ada", "Grace", "Ken"}
    await world.assert_in_step()


async def test_without_the_option_only_direct_members_do(any_world: World) -> None:
    world = any_world
    await larkspur(world, nested=False)

    await world.run()

    assert await active(world) == {"Ada"}
    assert (await world.explain("Ken")).verdict == "out of scope"


async def test_explain_names_the_way_through_the_groups(world: World) -> None:
    await larkspur(world)
    await world.run()

    answers = {name: (await world.explain(name)) for name in ("Ada", "Grace", "Ken")}

    said = {name: [one.text for one in answer.checks] for name, answer in answers.items()}
    assert "is assigned through group Company, role User" in said["Ada"]
    assert "is assigned through group Company > Engineering, role User" in said["Grace"]
    assert "is assigned through group Company > Engineering > Platform, role User" in said["Ken"]


async def test_the_log_names_the_way_too(world: World) -> None:
    await larkspur(world)

    await world.run()

    [entry] = await world.log("Ken")
    assert "through group Company > Engineering > Platform, role User" in str(entry.steps)


async def test_a_joiner_two_levels_down_gets_an_account_in_the_next_cycle(any_world: World) -> None:
    world = any_world
    await larkspur(world)
    await world.run()
    world.asked()

    await world.hire("Zoe", groups=["Platform"])
    cycle = await world.run()

    assert cycle.kind is CycleKind.INCREMENTAL
    assert world.asked() == {"find": 1, "create": 1}
    await world.assert_in_step()


@pytest.mark.parametrize("event", ["leaves", "is deleted", "is inside no more"])
async def test_people_below_lose_access_when_the_middle_group(event: str, any_world: World) -> None:
    world = any_world
    await larkspur(world)
    await world.run()
    world.asked()

    if event == "leaves":
        await world.leave("Company", "Engineering")
    elif event == "is deleted":
        await world.disband("Engineering")
    else:
        await world.leave("Engineering", "Platform")
    await world.run()

    assert await active(world) == ({"Ada", "Grace"} if "inside" in event else {"Ada"})
    await world.assert_in_step()


async def test_people_of_a_deleted_child_group_lose_access(any_world: World) -> None:
    world = any_world
    await larkspur(world)
    await world.run()

    await world.disband("Platform")
    await world.run()

    assert await active(world) == {"Ada", "Grace"}
    await world.assert_in_step()


async def test_people_below_lose_access_when_the_assigned_group_is_deleted(
    any_world: World,
) -> None:
    world = any_world
    await larkspur(world)
    await world.run()

    await world.disband("Company")
    await world.run()

    assert await active(world) == set()
    await world.assert_in_step()


async def test_two_cuts_in_one_window_hide_nobody(any_world: World) -> None:
    world = any_world
    await larkspur(world)
    await world.run()

    await world.leave("Company", "Engineering")
    await world.leave("Engineering", "Platform")
    await world.unassign("Company")
    await world.run()

    assert await active(world) == set()
    await world.assert_in_step()


async def test_a_cut_made_while_the_cycle_plans_hides_nobody_from_the_next(world: World) -> None:
    await larkspur(world)
    await world.run()
    await world.leave("Company", "Engineering")
    window_ends = await world.ledger.last_change()
    await world.leave("Engineering", "Platform")

    await world.run(ledger=EarlyWindow(world.database, window_ends))
    await world.run()

    assert await active(world) == {"Ada"}
    await world.assert_in_step()


async def test_a_whole_branch_that_joins_gets_accounts(any_world: World) -> None:
    world = any_world
    await larkspur(world)
    await world.leave("Company", "Engineering")
    await world.run()
    assert await active(world) == {"Ada"}

    await world.join("Company", "Engineering")
    await world.run()

    assert await active(world) == {"Ada", "Grace", "Ken"}
    await world.assert_in_step()


@pytest.mark.parametrize("nested", [True, False])
async def test_the_option_alone_is_an_event_for_everybody_it_concerns(
    nested: bool, any_world: World
) -> None:
    world = any_world
    await larkspur(world, nested=not nested)
    await world.run()

    await world.assign("Company", nested=nested)
    cycle = await world.run()

    assert cycle.kind is CycleKind.INCREMENTAL
    assert await active(world) == ({"Ada", "Grace", "Ken"} if nested else {"Ada"})
    await world.assert_in_step()


async def test_the_end_of_a_nested_assignment_ends_access_for_all(any_world: World) -> None:
    world = any_world
    await larkspur(world)
    await world.run()

    await world.unassign("Company")
    await world.run()

    assert await active(world) == set()
    await world.assert_in_step()


async def test_groups_that_hold_each_other_are_walked_once(any_world: World) -> None:
    world = any_world
    await larkspur(world)
    await world.join("Platform", "Company")

    await world.run()

    assert await active(world) == {"Ada", "Grace", "Ken"}
    await world.leave("Company", "Engineering")
    await world.run()
    assert await active(world) == {"Ada"}
    await world.assert_in_step()


async def test_two_ways_to_one_group_are_one_grant_and_one_way_is_enough(world: World) -> None:
    await larkspur(world)
    await world.found("Design", "Platform")
    await world.join("Company", "Design")
    await world.run()
    texts = [one.text for one in (await world.explain("Ken")).checks]
    assert "is assigned through group Company > Design > Platform, role User" in texts
    world.asked()

    await world.leave("Design", "Platform")
    await world.run()

    assert world.asked() == {}
    assert await active(world) == {"Ada", "Grace", "Ken"}


async def test_the_end_of_one_of_two_assignments_leaves_access_by_the_other(world: World) -> None:
    await larkspur(world)
    await world.assign("Platform")
    await world.run()
    [check] = [one for one in (await world.explain("Ken")).checks if one.name == "assigned"]
    assert check.facts["assignments"] == [
        "through group Platform, role User",
        "through group Company > Engineering > Platform, role User",
    ]

    await world.unassign("Company")
    await world.run()

    assert await active(world) == {"Ken"}
    await world.assert_in_step()


async def test_groups_inside_an_assigned_group_get_no_account_of_their_own(world: World) -> None:
    await larkspur(world)

    await world.run()

    assert world.account("Company") is not None
    assert world.account("Engineering") is None
    assert world.members("Company") == {"Ada"}
    await world.assert_in_step()


async def test_what_happens_among_other_groups_makes_nobody_be_looked_at(world: World) -> None:
    await larkspur(world)
    await world.hire("Zoe")
    await world.found("Running club", "Zoe")
    await world.found("Clubs")
    await world.run()

    await world.join("Clubs", "Running club")
    cycle = await world.run()

    assert (cycle.counters.unchanged, cycle.total) == (0, 0)
    after = await world.ledger.regrouped(world.app, after=0)
    assert world.ids["Running club"] not in {one.group_id for one in after}


async def test_a_crowd_outside_queues_nothing(world: World) -> None:
    await larkspur(world)
    await world.run()
    world.asked()

    for number in range(60):
        await world.hire(f"Guest{number}")
    await world.found("Guests", *(f"Guest{number}" for number in range(60)))
    cycle = await world.run()

    assert (cycle.total, world.asked()) == (0, {})


@pytest.mark.parametrize("joined", [True, False])
async def test_a_plan_says_which_group_brought_or_took_somebody(joined: bool, world: World) -> None:
    await larkspur(world)
    if joined:
        await world.leave("Engineering", "Platform")
    await world.run()

    await (world.join if joined else world.leave)("Engineering", "Platform")
    plan = await world.preview()

    [ken] = [one for one in plan.to_do if one.record_id == world.ids["Ken"]]
    assert ken.cause == (
        f"group Platform {'joined' if joined else 'left'} group Engineering, inside group Company,"
        " which is assigned with its nested groups"
    )


async def test_a_plan_says_that_only_the_option_changed(world: World) -> None:
    await larkspur(world, nested=False)
    await world.run()

    await world.assign("Company", nested=True)
    plan = await world.preview()

    causes = {one.record_id: one.cause for one in plan.to_do}
    assert causes[world.ids["Ken"]] == "group Company assigned with its nested groups"


async def test_a_full_cycle_over_nested_groups_in_step_sends_nothing(any_world: World) -> None:
    world = any_world
    await larkspur(world)
    await world.run()
    world.asked()

    cycle = await world.run(Wish(full=True))

    assert world.asked() == {}
    assert cycle.counters.unchanged == 4
