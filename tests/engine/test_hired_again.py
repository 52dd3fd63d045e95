"""Somebody left, and a new record answers to the account they had."""

import datetime as dt

import pytest
from tests.engine.world import Wish, World

from seatkeeper.directory.model import Kind
from seatkeeper.errors import Refused
from seatkeeper.provisioning.preview import Outlook


async def gone(world: World, name: str) -> None:
    """Purge somebody from the directory, under another name for the test's own books."""
    await world.directory.delete_user(world.ids[name], actor="hr", now=world.now)
    await world.directory.purge_user(world.ids[name], actor="hr")
    world.ids[f"old {name}"] = world.ids.pop(name)


@pytest.mark.fault("S8")
async def test_somebody_purged_and_hired_again_in_one_cycle_keeps_the_account(world: World):
    await world.connect(scope="all", groups="off")
    await world.hire("Ada")
    await world.run()
    before = world.account_id("Ada")
    await gone(world, "Ada")
    await world.hire("Ada", jobTitle="Countess")

    await world.run()

    assert world.account_id("Ada") == before
    assert world.account("Ada")["active"] is True
    assert world.account("Ada")["title"] == "Countess"
    assert len(world.target.held[Kind.USER]) == 1
    assert await world.waits() == {}


async def test_the_account_of_somebody_purged_earlier_is_given_back(world: World):
    await world.connect(scope="all", groups="off")
    await world.hire("Ada")
    await world.run()
    before = world.account_id("Ada")
    await gone(world, "Ada")
    await world.run()
    await world.hire("Ada")

    await world.run()

    assert world.account_id("Ada") == before
    assert world.account("Ada")["active"] is True


async def test_where_the_app_deletes_accounts_the_one_that_passes_on_is_not_deleted(
    open_app: World,
):
    await open_app.connect(scope="all", groups="off")
    await open_app.hire("Ada")
    await open_app.run()
    before = open_app.account_id("Ada")
    await gone(open_app, "Ada")
    await open_app.hire("Ada")
    open_app.asked()

    await open_app.run()

    assert open_app.account_id("Ada") == before
    assert open_app.asked()["delete"] == 0


async def test_the_plan_says_whose_account_passes_on_and_the_cycle_does_it(world: World):
    await world.connect(scope="all", groups="off")
    await world.hire("Ada")
    await world.run()
    await gone(world, "Ada")
    await world.hire("Ada", jobTitle="Countess")

    plan = await world.preview()
    await world.run(Wish(reviewed=plan.to_do))

    verbs = {one.record_id: one.verb for one in plan.to_do}
    assert verbs == {world.ids["old Ada"]: Outlook.UNLINK, world.ids["Ada"]: Outlook.UPDATE}
    assert world.account("Ada")["title"] == "Countess"
    [row] = [one for one in await world.log() if one.code == "AccountPassedOn"]
    assert "passes on to Ada" in row.reason


async def test_memberships_of_the_one_who_left_are_not_those_of_the_one_who_came(world: World):
    await world.connect(scope="all")
    await world.hire("Ada")
    await world.hire("Bob")
    await world.found("Board", "Ada", "Bob")
    await world.found("Choir", "Bob")
    await world.run()
    await gone(world, "Ada")
    await world.hire("Ada", groups=["Choir"])

    await world.run()

    assert world.members("Board") == {"Bob"}
    assert world.members("Choir") == {"Ada", "Bob"}


async def test_somebody_hired_again_stays_in_the_group_that_the_app_refused_to_change(
    any_world: World,
):
    world = any_world
    await world.connect(scope="all")
    await world.hire("Ada")
    await world.hire("Bo")
    await world.found("Sales", "Ada", "Bo")
    await world.run()
    await gone(world, "Ada")
    world.plant("members", Refused("Not today."))
    await world.run()
    await world.hire("Ada", groups=["Sales"])

    await world.run()
    world.now += dt.timedelta(hours=1)
    await world.run()

    assert world.members("Sales") == {"Ada", "Bo"}
    world.asked()
    await world.run(Wish(full=True))
    assert world.asked()["members"] == 0


async def test_who_was_hired_again_and_leaves_the_group_is_in_it_no_more(any_world: World):
    world = any_world
    await world.connect(scope="all")
    await world.hire("Ada")
    await world.found("Sales", "Ada")
    await world.run()
    await gone(world, "Ada")
    world.plant("members", Refused("Not today."))
    await world.run()
    await world.hire("Ada", groups=["Sales"])
    world.now += dt.timedelta(hours=1)
    await world.run()

    await world.leave("Sales", "Ada")
    await world.run()

    assert world.members("Sales") == set()


async def test_somebody_who_can_still_be_restored_keeps_the_account(world: World):
    await world.connect(scope="all", groups="off")
    await world.hire("Ada", employeeId="7")
    await world.run()
    await world.directory.delete_user(world.ids["Ada"], actor="hr", now=world.now)
    await world.run()
    world.ids["old Ada"] = world.ids["Ada"]
    two = "ada.two@larkspur.example"
    await world.hire("Ada", userPrincipalName=two, mail=two)
    account = world.account_id("old Ada")
    world.target.held[Kind.USER][account]["userName"] = two

    await world.run()

    [row] = await world.log("Ada", status="failure")
    assert row.code == "DuplicateSourceEntries"
    assert "who was deleted on" in row.reason
    assert "purge it" in row.reason
    assert world.account("old Ada")["active"] is False


@pytest.mark.fault("S8")
async def test_where_settings_leave_it_to_a_person_the_new_record_waits(world: World):
    await world.connect(scope="all", groups="off", more="rehire: ask")
    await world.hire("Ada")
    await world.run()
    before = world.account_id("Ada")
    await gone(world, "Ada")
    await world.hire("Ada")

    await world.run()
    waiting = await world.waits()
    await world.connect(scope="all", groups="off", more="rehire: link")
    await world.run()

    assert waiting == {"Ada": "MatchNeedsConsent"}
    assert world.account_id("Ada") == before


async def test_a_group_made_again_under_its_name_keeps_its_place_in_the_app(world: World):
    await world.connect(scope="all")
    await world.hire("Ada")
    await world.hire("Bob")
    await world.found("Board", "Ada")
    await world.run()
    before = world.account_id("Board")
    await world.directory.delete_group(world.ids["Board"], actor="hr")
    await world.found("Board", "Bob")

    await world.run()
    world.now += dt.timedelta(hours=1)
    await world.run()

    assert world.account_id("Board") == before
    assert world.members("Board") == {"Bob"}
    await world.assert_in_step()
