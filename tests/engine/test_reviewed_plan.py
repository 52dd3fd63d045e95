"""A reviewed plan does what was reviewed, refuses by name what changed, and touches nobody else."""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import pytest
from tests.engine.world import MANAGER, WRITES, Wish, World

from seatkeeper.directory.model import Kind
from seatkeeper.engine.runner import options_of, wish_of
from seatkeeper.errors import Unreachable
from seatkeeper.ports import Ledger
from seatkeeper.provisioning.cycle import Cycle, CycleKind
from seatkeeper.provisioning.journal import Order, OrderVerb
from seatkeeper.provisioning.preview import Preview


async def larkspur(world: World) -> None:
    """Ada leads; Grace reports to her, Ken to Grace; all three are in Engineering."""
    await world.connect()
    await world.hire("Ada")
    await world.hire("Grace", manager="Ada")
    await world.hire("Ken", manager="Grace")
    await world.found("Engineering", "Ada", "Grace", "Ken")
    await world.assign("Engineering")


async def carry_out(world: World, plan: Preview) -> Cycle:
    return await world.run(Wish(reviewed=plan.to_do))


async def refused(world: World, cycle: Cycle) -> Mapping[str, str]:
    return {
        one.display_name: one.reason.removesuffix(" Make the plan anew and review it again.")
        for one in await world.log()
        if one.cycle_id == cycle.id and one.code in {"PlanOutdated", "RedundantExport"}
    }


async def test_a_plan_that_still_holds_is_carried_out_whole_and_leaves_nothing_to_do(
    any_world: World,
) -> None:
    world = any_world
    await larkspur(world)
    plan = await world.preview()

    cycle = await carry_out(world, plan)

    assert cycle.kind is CycleKind.REVIEWED
    assert await refused(world, cycle) == {}
    assert cycle.counters.created == 4
    await world.assert_in_step()
    assert (await world.preview()).to_do == ()


async def test_the_watermark_stays_so_that_the_next_cycle_sees_everybody_again(
    world: World,
) -> None:
    await larkspur(world)
    await world.run()
    before = await world.ledger.position(world.app)
    await world.change("Ken", jobTitle="Keeper")
    await world.change("Ada", jobTitle="Founder")
    plan = await world.preview()
    only_ken = replace(plan, records=tuple(o for o in plan.records if o.display_name == "Ken"))

    await carry_out(world, only_ken)

    assert world.account("Ken")["title"] == "Keeper"
    assert world.account("Ada")["title"] == "Engineer"
    assert await world.ledger.position(world.app) == before
    await world.run()
    await world.assert_in_step()


async def test_somebody_edited_since_is_refused_and_everybody_else_goes_through(
    world: World,
) -> None:
    await larkspur(world)
    await world.run()
    await world.change("Ken", jobTitle="Keeper")
    await world.change("Grace", jobTitle="Gardener")
    plan = await world.preview()
    await world.change("Ken", jobTitle="Captain")

    cycle = await carry_out(world, plan)

    assert await refused(world, cycle) == {
        "Ken": "jobTitle was Keeper when the plan was made and is Captain now."
    }
    assert world.account("Ken")["title"] == "Engineer"
    assert world.account("Grace")["title"] == "Gardener"
    await world.run()
    await world.assert_in_step()


async def test_a_manager_who_is_refused_holds_up_neither_reports_nor_group(world: World) -> None:
    await larkspur(world)
    plan = await world.preview()
    await world.change("Ada", jobTitle="Founder")

    cycle = await carry_out(world, plan)

    assert list(await refused(world, cycle)) == ["Ada"]
    assert world.account("Ada") is None
    assert MANAGER not in world.account("Grace")
    assert world.account("Ken")[MANAGER] == world.account_id("Grace")
    assert world.members("Engineering") == {"Grace", "Ken"}
    await world.run()
    await world.assert_in_step()


async def test_what_is_already_done_is_said_to_be_done(world: World) -> None:
    await larkspur(world)
    plan = await world.preview()
    await world.run()
    world.asked()

    cycle = await carry_out(world, plan)

    assert not world.asked()
    assert set((await refused(world, cycle)).values()) == {
        "It is already done: the account is as it was to become."
    }


async def test_who_is_no_longer_to_be_changed_is_refused_with_the_reason(world: World) -> None:
    await larkspur(world)
    await world.run()
    await world.change("Ken", jobTitle="Keeper")
    await world.hire("Zoe", groups=["Engineering"])
    plan = await world.preview()
    await world.change("Ken", jobTitle="Engineer")
    await world.enable("Zoe", False)

    cycle = await carry_out(world, plan)

    said = await refused(world, cycle)
    assert said["Ken"].startswith("It is no longer planned; nothing would be done now")
    assert "is disabled in the directory" in said["Zoe"]


async def test_an_account_that_appeared_in_the_app_since_is_not_taken(world: World) -> None:
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    plan = await world.preview()
    world.target.held[Kind.USER]["other"] = {"userName": "ada@larkspur.example", "active": False}

    cycle = await carry_out(world, plan)

    assert (await refused(world, cycle))["Ada"].startswith(
        "It was to be created when the plan was made, and now updated"
    )
    assert world.target.held[Kind.USER]["other"]["active"] is False


async def test_another_account_than_the_reviewed_one_is_not_taken(world: World) -> None:
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    held = world.target.held[Kind.USER]
    held["one"] = {"userName": "ada@larkspur.example", "active": False}
    plan = await world.preview()
    held["two"] = held.pop("one")

    cycle = await carry_out(world, plan)

    assert await refused(world, cycle) == {
        "Ada": "The app's account changed: it was one when the plan was made and is two now."
    }


async def test_somebody_who_joined_the_group_since_is_not_added_unseen(world: World) -> None:
    await larkspur(world)
    await world.run()
    await world.found("Sales", "Ada")
    await world.assign("Sales")
    plan = await world.preview()
    await world.join("Sales", "Ken")

    cycle = await carry_out(world, plan)

    assert "Ken" in (await refused(world, cycle))["Sales"]
    assert world.account("Sales") is None


async def test_nobody_outside_the_plan_is_touched_though_they_wait_for_somebody_in_it(
    world: World,
) -> None:
    await world.connect()
    await world.hire("Ada")
    await world.hire("Grace", manager="Ada")
    await world.assign("Grace")
    await world.run()
    await world.assign("Ada")
    plan = await world.preview(Wish(users=(world.ids["Ada"],)))
    only_ada = replace(plan, records=tuple(o for o in plan.records if o.display_name == "Ada"))

    await carry_out(world, only_ada)

    assert MANAGER not in world.account("Grace")
    await world.run()
    assert world.account("Grace")[MANAGER] == world.account_id("Ada")


async def test_an_edit_between_planning_and_sending_is_still_refused(world: World) -> None:
    await larkspur(world)
    await world.run()
    await world.change("Ken", jobTitle="Keeper")
    plan = await world.preview()
    ledger = cast("Ledger", EditedLedger(world))

    cycle = await world.run(Wish(reviewed=plan.to_do), ledger=ledger)

    assert await refused(world, cycle) == {
        "Ken": "jobTitle was Keeper when the plan was made and is Captain now."
    }
    assert world.account("Ken")["title"] == "Engineer"
    await world.run()
    await world.assert_in_step()


class EditedLedger:
    """The world's ledger, with an edit that arrives as soon as the plan is written down."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __getattr__(self, name: str) -> object:
        return getattr(self._world.ledger, name)

    async def entry_counts(self, cycle_id: str) -> object:
        await self._world.change("Ken", jobTitle="Captain")
        return await self._world.ledger.entry_counts(cycle_id)


async def test_a_plan_that_was_interrupted_is_not_gone_on_with_unreviewed(world: World) -> None:
    await larkspur(world)
    await world.run()
    await world.change("Ken", jobTitle="Keeper")
    plan = await world.preview()
    world.plant("update", Unreachable("The app is away."))
    suspended = await carry_out(world, plan)
    await world.change("Ken", jobTitle="Captain")

    ended = await world.run()

    assert (suspended.finished, ended.finished, ended.id) == (False, True, suspended.id)
    assert world.account("Ken")["title"] == "Engineer"
    await world.run()
    await world.assert_in_step()


async def test_an_order_holds_the_whole_plan(world: World) -> None:
    await larkspur(world)
    wish = Wish(reviewed=(await world.preview()).to_do)

    order = Order(1, world.app, OrderVerb.RUN, options_of(wish), "test", "open")

    assert wish_of(order) == wish


@pytest.mark.parametrize("batch", [1, 100])
async def test_loops_and_adopted_people_go_through_a_reviewed_plan(
    world: World, batch: int
) -> None:
    world.batch = batch
    await larkspur(world)
    await world.reports_to("Ada", "Ken")
    world.target.held[Kind.USER]["old-Ken"] = {"userName": "ken@larkspur.example", "active": True}
    plan = await world.preview()

    cycle = await carry_out(world, plan)

    assert await refused(world, cycle) == {}
    writes = sum(n for verb, n in world.asked().items() if verb in WRITES)
    assert writes == plan.counters["requests"]
    await world.assert_in_step()
