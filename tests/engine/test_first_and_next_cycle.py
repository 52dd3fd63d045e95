"""What people get in the first cycle, and what the next one sends: only what changed."""

import pytest
from tests.engine.world import MAIL, MANAGER, Wish, World

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.account import TargetValue
from seatkeeper.provisioning.cycle import CycleKind


async def larkspur(world: World) -> None:
    """Ada leads; Grace reports to her, Ken to Grace; all three are in Engineering."""
    await world.connect()
    await world.hire("Ada")
    await world.hire("Grace", manager="Ada")
    await world.hire("Ken", manager="Grace")
    await world.found("Engineering", "Ada", "Grace", "Ken")
    await world.assign("Engineering")


async def test_everybody_assigned_gets_an_account_with_their_manager_in_it(
    any_world: World,
) -> None:
    world = any_world
    await larkspur(world)
    await world.hire("Eve")

    cycle = await world.run()

    assert cycle.kind is CycleKind.INITIAL
    assert (cycle.counters.created, cycle.counters.failed) == (4, 0)
    assert world.account("Eve") is None
    await world.assert_in_step()


async def test_a_joiner_costs_two_requests_with_the_manager_in_the_second(world: World) -> None:
    await larkspur(world)

    cycle = await world.run()

    assert world.asked() == {"find": 4, "create": 4, "members": 1}
    assert cycle.counters.requests == 9
    assert world.account("Ken")[MANAGER] == world.account_id("Grace")


async def test_the_second_cycle_sends_nothing(any_world: World) -> None:
    world = any_world
    await larkspur(world)
    await world.run()
    world.asked()

    cycle = await world.run()

    assert cycle.kind is CycleKind.INCREMENTAL
    assert world.asked() == {}
    assert cycle.counters.requests == 0


async def test_a_full_cycle_over_people_in_step_sends_nothing_either(world: World) -> None:
    await larkspur(world)
    await world.run()
    world.asked()

    cycle = await world.run(Wish(full=True))

    assert world.asked() == {}
    assert cycle.counters.unchanged == 4


async def test_a_mover_costs_one_request(world: World) -> None:
    await larkspur(world)
    await world.run()
    world.asked()

    await world.change("Ken", jobTitle="Lead", mail="ken.b@larkspur.example")
    await world.reports_to("Ken", "Ada")
    await world.run()

    assert world.asked() == {"update": 1}
    assert world.account("Ken")[MAIL] == "ken.b@larkspur.example"
    await world.assert_in_step()


async def test_a_mover_whose_new_manager_joins_today_costs_one_request(world: World) -> None:
    await larkspur(world)
    await world.run()
    world.asked()

    await world.hire("Zoe", groups=["Engineering"])
    await world.change("Ada", jobTitle="Founder")
    await world.reports_to("Ada", "Zoe")
    await world.run()

    assert world.asked() == {"find": 1, "create": 1, "update": 1, "members": 1}
    await world.assert_in_step()


@pytest.mark.fault("S7")
async def test_managers_in_a_loop_are_healed_in_the_same_cycle(world: World) -> None:
    await larkspur(world)
    await world.reports_to("Ada", "Ken")

    await world.run()

    assert world.asked() == {"find": 4, "create": 4, "update": 1, "members": 1}
    await world.assert_in_step()
    await world.run()
    assert world.asked() == {}


@pytest.mark.fault("S7")
async def test_a_manager_who_appears_later_is_written_into_the_reports(world: World) -> None:
    await world.connect()
    await world.hire("Ada")
    await world.hire("Grace", manager="Ada")
    await world.assign("Grace")
    await world.run()
    assert MANAGER not in world.account("Grace")

    await world.assign("Ada")
    await world.run()

    assert world.account("Grace")[MANAGER] == world.account_id("Ada")
    await world.assert_in_step()


async def test_a_member_out_of_scope_joins_the_group_as_soon_as_they_have_an_account(
    world: World,
) -> None:
    await larkspur(world)
    await world.hire("Eve")
    await world.enable("Eve", False)
    await world.join("Engineering", "Eve")
    cycle = await world.run()
    assert world.members("Engineering") == {"Ada", "Grace", "Ken"}
    assert cycle.counters.skipped == 1

    await world.enable("Eve")
    world.asked()
    await world.run()

    assert world.members("Engineering") == {"Ada", "Grace", "Ken", "Eve"}
    assert world.asked() == {"find": 1, "create": 1, "members": 1}


async def test_adopted_people_and_their_joining_reports_need_no_second_pass(world: World) -> None:
    await larkspur(world)
    for name in ("Ada", "Grace"):
        held: dict[str, TargetValue] = {
            "userName": f"{name.upper()}@LARKSPUR.example",
            "active": True,
        }
        world.target.held[Kind.USER][f"old-{name}"] = held

    cycle = await world.run()

    assert (cycle.counters.created, cycle.counters.updated) == (2, 2)
    assert world.asked() == {"find": 4, "create": 2, "update": 2, "members": 1}
    assert world.account("Ken")[MANAGER] == "old-Grace"


async def test_an_account_that_is_as_it_should_be_is_only_linked(world: World) -> None:
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    await world.run()
    before = dict(world.account("Ada"))
    await world.ledger.reset(world.app, ["links", "watermark"], actor="test")
    world.asked()

    cycle = await world.run()

    assert world.asked() == {"find": 1}
    assert cycle.counters.linked == 1
    assert world.account("Ada") == before
