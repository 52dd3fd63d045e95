"""People who have accounts, and are given a value that only one of them may have."""

import datetime as dt

import pytest
from tests.engine.world import World

from seatkeeper.directory.model import Kind
from seatkeeper.errors import Conflict, Refused
from seatkeeper.ports import Trace
from seatkeeper.provisioning.explain import Verdict
from seatkeeper.provisioning.preview import Outlook

NICK = "[{target: userName, attribute: mailNickname, matching: 1}]"


async def with_nicknames(world: World, **nicknames: str) -> None:
    """Give everybody an account whose user name is a nickname that the directory lets repeat."""
    await world.connect(scope="all", users=NICK, groups="off")
    for name, nickname in nicknames.items():
        await world.hire(name, mailNickname=nickname)
    await world.run()
    world.asked()


async def with_bo_still_called_bo_in_the_app(world: World) -> None:
    """Give Ada and Bo accounts; Bo's new name is free here, but the app refused Bo's update."""
    await with_nicknames(world, Ada="ada", Bo="bo")
    await world.change("Bo", mailNickname="robert", jobTitle="Boss")
    world.plant("update", Refused("The title is too long."))
    await world.run()


async def planned(world: World) -> dict[str, Outlook]:
    return {one.display_name: one.verb for one in (await world.preview()).records}


async def test_of_two_who_are_given_one_name_neither_gets_it_and_both_are_told(
    any_world: World,
) -> None:
    world = any_world
    await with_nicknames(world, Ada="ada", Bo="bo")
    await world.change("Ada", mailNickname="info")
    await world.change("Bo", mailNickname="info")

    plan, ada, bo = await planned(world), await world.explain("Ada"), await world.explain("Bo")
    await world.run()

    assert plan == {"Ada": Outlook.FAIL, "Bo": Outlook.FAIL}
    assert (ada.verdict, bo.verdict) == (Verdict.WAITS, Verdict.WAITS)
    assert "userName (info) would be the same as for bo@larkspur.example" in ada.answer
    assert "userName (info) would be the same as for ada@larkspur.example" in bo.answer
    assert await world.waits() == {
        "Ada": "DuplicateSourceEntries",
        "Bo": "DuplicateSourceEntries",
    }
    assert world.asked()["update"] == 0


async def test_who_has_a_name_keeps_it_and_only_the_other_waits(any_world: World) -> None:
    world = any_world
    await with_nicknames(world, Ada="ada", Bo="bo")
    await world.change("Ada", mailNickname="bo", jobTitle="Captain")
    await world.change("Bo", jobTitle="Boss")

    plan = await planned(world)
    await world.run()

    assert plan == {"Ada": Outlook.FAIL, "Bo": Outlook.UPDATE}
    assert (await world.explain("Bo")).verdict is Verdict.IN_STEP
    assert world.account("Bo")["title"] == "Boss"
    assert world.account("Ada")["userName"] == "ada"


async def test_once_the_other_gives_the_name_up_whoever_waited_gets_it_at_once(
    any_world: World,
) -> None:
    world = any_world
    await with_nicknames(world, Ada="ada", Bo="bo")
    await world.change("Ada", mailNickname="bo")
    await world.run()

    await world.change("Bo", mailNickname="robert")
    plan, told = await planned(world), await world.explain("Ada")
    await world.run()

    assert plan == {"Ada": Outlook.UPDATE, "Bo": Outlook.UPDATE}
    assert told.verdict is Verdict.TO_UPDATE
    assert (world.account("Ada")["userName"], world.account("Bo")["userName"]) == ("bo", "robert")
    assert await world.waits() == {}


async def test_a_newcomer_and_somebody_renamed_who_ask_for_one_name_both_wait(
    any_world: World,
) -> None:
    world = any_world
    await with_nicknames(world, Ada="ada")
    await world.change("Ada", mailNickname="info")
    await world.hire("Bo", mailNickname="info")

    plan = await planned(world)
    await world.run()

    assert plan == {"Ada": Outlook.FAIL, "Bo": Outlook.FAIL}
    assert world.account("Bo") is None
    assert world.account("Ada")["userName"] == "ada"


async def test_losing_access_waits_for_no_name(any_world: World) -> None:
    world = any_world
    await with_nicknames(world, Ada="ada", Bo="bo")
    await world.change("Ada", mailNickname="bo")
    await world.enable("Ada", False)

    plan = await planned(world)
    await world.run()

    assert plan == {"Ada": Outlook.DISABLE}
    assert world.account("Ada")["active"] is False


async def test_a_value_that_the_app_refuses_keeps_nobodys_access_alive(any_world: World) -> None:
    world = any_world
    await with_nicknames(world, Ada="ada")
    await world.change("Ada", jobTitle="Captain of everything")
    await world.enable("Ada", False)
    world.plant("update", Refused("The title is too long."))

    await world.run()

    assert world.account("Ada")["active"] is False
    assert [entry.action for entry in await world.log("Ada")][-1] == "disable"
    assert await world.waits() == {"Ada": "UnprocessableEntity"}


async def test_everybody_given_one_name_is_told_with_few_names(any_world: World) -> None:
    world = any_world
    people = [f"P{number:02}" for number in range(12)]
    await with_nicknames(world, **{name: name.lower() for name in people})
    for name in people:
        await world.change(name, mailNickname="info")

    plan = await world.preview()

    assert {one.verb for one in plan.records} == {Outlook.FAIL}
    assert all(one.reason.count("@larkspur.example") == 5 for one in plan.records)
    assert all("and others" in one.reason for one in plan.records)


async def test_a_refusal_of_the_app_names_the_value_the_account_and_whose_it_is(
    any_world: World,
) -> None:
    world = any_world
    await with_bo_still_called_bo_in_the_app(world)

    await world.change("Ada", mailNickname="bo")
    await world.run()

    [ada] = [one for one in await world.ledger.escrows(world.app) if one.display_name == "Ada"]
    assert ada.code == "EntryConflict"
    assert (
        f"userName (bo) belongs to account {world.account_id('Bo')}, which is Bo's" in ada.message
    )


async def test_whom_the_app_refused_is_tried_again_once_the_name_is_free_there(
    any_world: World,
) -> None:
    world = any_world
    await with_bo_still_called_bo_in_the_app(world)
    await world.change("Ada", mailNickname="bo")
    await world.run()
    assert (await world.waits())["Ada"] == "EntryConflict"

    await world.change("Bo", jobTitle="Chief")
    await world.run()
    await world.run()

    assert (world.account("Ada")["userName"], world.account("Bo")["userName"]) == ("bo", "robert")
    assert await world.waits() == {}


async def test_a_name_that_a_stranger_in_the_app_has_is_said_to_be_a_strangers(
    any_world: World,
) -> None:
    world = any_world
    await with_nicknames(world, Ada="ada")
    stranger = await world.target.create(Kind.USER, {"userName": "info"}, Trace())
    await world.change("Ada", mailNickname="info")

    await world.run()

    [ada] = await world.ledger.escrows(world.app)
    assert ada.code == Conflict.code
    assert f"userName (info) belongs to account {stranger.id}" in ada.message
    assert "nobody" in ada.message


async def test_whoever_waits_is_not_tried_because_their_manager_comes_back(
    any_world: World,
) -> None:
    world = any_world
    await world.connect(scope="all", groups="off")
    await world.hire("Bo")
    await world.hire("Ada", manager="Bo")
    await world.run()
    await world.change("Ada", jobTitle="Captain of everything")
    world.plant("update", Refused("The title is too long."))
    await world.run()
    await world.enable("Bo", False)
    await world.run()
    [before] = await world.ledger.escrows(world.app)
    world.asked()

    await world.enable("Bo")
    plan, told = await planned(world), await world.explain("Ada")
    await world.run()

    assert plan == {"Bo": Outlook.UPDATE}
    assert told.verdict is Verdict.WAITS
    assert await world.ledger.escrows(world.app) == [before]
    world.now += dt.timedelta(minutes=20)
    await world.run()
    assert await world.waits() == {}


@pytest.mark.parametrize("comes_back", ["Bo", "Cy"])
async def test_a_group_that_waits_is_not_tried_because_a_member_comes_back(
    any_world: World, comes_back: str
) -> None:
    world = any_world
    await world.connect(scope="all")
    await world.hire("Bo")
    await world.found("Sales", "Bo")
    await world.run()
    await world.hire("Cy")
    await world.join("Sales", "Cy")
    world.plant("members", Refused("No more members."))
    await world.run()
    [before] = await world.ledger.escrows(world.app)
    await world.enable(comes_back, False)
    await world.run()
    await world.enable(comes_back)

    plan, told = await planned(world), await world.explain("Sales")
    await world.run()

    assert plan == {comes_back: Outlook.UPDATE}
    assert told.verdict is Verdict.WAITS
    assert await world.ledger.escrows(world.app) == [before]
