"""What explain says of everybody is what the next cycle does, and it leaves nothing behind (P8)."""

import datetime as dt
import random
from pathlib import Path

import pytest
from tests.databases import prepared_sqlite
from tests.engine.days import GROUPS, NAMES, something_happens, two_groups
from tests.engine.world import START, World

from seatkeeper.directory.model import Kind
from seatkeeper.engine import answers
from seatkeeper.errors import Refused
from seatkeeper.provisioning.explain import Verdict
from seatkeeper.provisioning.preview import Outlook
from seatkeeper.provisioning.provenance import Origin
from seatkeeper.store.database import Database

AGREES: dict[Verdict, set[Outlook | None]] = {
    Verdict.TO_CREATE: {Outlook.CREATE, Outlook.LINK, Outlook.UPDATE},
    Verdict.TO_UPDATE: {Outlook.UPDATE},
    Verdict.TO_DISABLE: {Outlook.DISABLE},
    Verdict.TO_DELETE: {Outlook.DELETE},
    Verdict.WAITS: {Outlook.FAIL, None},
    Verdict.IN_STEP: {None},
    Verdict.PARTLY: {None},
    Verdict.INACTIVE: {None},
    Verdict.OUT_OF_SCOPE: {None, Outlook.SKIP},
    Verdict.LEFT_ALONE: {None, Outlook.SKIP, Outlook.UNLINK},
    Verdict.UNKNOWN: {None},
}


async def something_fails(world: World, chance: random.Random) -> None:
    """Have a value go missing or be shared, the app refuse somebody, or time pass."""
    people = [one for one in NAMES if one in world.ids]
    match chance.randrange(6):
        case 0 if people:
            await world.change(chance.choice(people), mail=None)
        case 3 if people:
            for one in chance.choices(people, k=2):
                await world.change(one, mail="info@larkspur.example")
        case 1:
            verb = chance.choice(["create", "update"])
            world.plant(verb, Refused("nickName is too long."), skip=chance.randrange(2))
        case 2:
            world.now += dt.timedelta(minutes=20)
        case _:
            pass


async def sales_in_step(world: World, *names: str) -> None:
    """Hire these people as Sales, assign the group, and have the app hold all of it."""
    await world.connect()
    for name in names:
        await world.hire(name)
    await world.found("Sales", *names)
    await world.assign("Sales")
    await world.run()


@pytest.mark.parametrize("app", ["15five", "generic-scim"])
@pytest.mark.parametrize("seed", range(8))
async def test_explain_says_of_everybody_what_the_next_cycle_does(
    seed: int, app: str, tmp_path: Path
) -> None:
    database = Database.open(prepared_sqlite(tmp_path / "seatkeeper.db"))
    world, chance = await two_groups(database, tmp_path, app), random.Random(seed)
    for _ in range(5):
        for _ in range(chance.randrange(1, 8)):
            await something_happens(world, chance)
        await something_fails(world, chance)

        plan = await world.preview()
        planned = {one.record_id: one.verb for one in plan.records}
        passes_on = any("passes on to" in one.reason for one in plan.records)

        for name in [*(one for one in NAMES if one in world.ids), *GROUPS]:
            said = (await world.explain(name)).verdict
            will = planned.get(world.ids[name])
            allowed = AGREES[said]
            if name in GROUPS and said is Verdict.TO_UPDATE and passes_on:
                allowed = {*allowed, None}  # only the app can tell that the account stays a member
            assert will in allowed, (name, said)
        await world.run()
    database.close()


async def test_what_is_tried_out_is_seen_and_leaves_nothing_behind(any_world: World) -> None:
    world = any_world
    await world.connect(scope="all", groups="off")
    await world.hire("Ada")
    await world.run()
    before = await world.ledger.last_change()

    async with world.database.rehearsal() as staged:
        inside = World(staged, world.folder, ids=dict(world.ids), now=world.now)
        await inside.change("Ada", jobTitle="Boss")
        seen = await inside.preview()
        [ada] = seen.records
        with pytest.raises(Exception, match="belongs to somebody else"):
            await inside.hire("Ada")

    assert (ada.verb, ada.changes[0].new) == (Outlook.UPDATE, "Boss")
    assert await world.ledger.last_change() == before
    assert (await world.preview()).records == ()
    await world.change("Ada", jobTitle="Captain")
    await world.run()
    assert world.account("Ada")["title"] == "Captain"


async def fails(world: World, name: str) -> None:
    """Have the app refuse somebody's next update."""
    await world.change(name, jobTitle="Captain of everything")
    world.plant("update", Refused("The title is too long.", advice="Shorten it."))
    await world.run()


async def test_whose_value_is_filled_in_is_said_to_be_created_and_is(any_world: World) -> None:
    world = any_world
    await world.connect(scope="all", groups="off")
    await world.hire("Ada", mail="")
    await world.run()
    before = await world.explain("Ada")

    await world.change("Ada", mail="ada@larkspur.example")
    after = await world.explain("Ada")
    await world.run()

    assert before.verdict is Verdict.WAITS
    assert before.next_try == START + dt.timedelta(minutes=15)
    assert "next try 2026-03-02 09:15 UTC" in before.answer
    assert after.verdict is Verdict.TO_CREATE
    assert "The last try failed on 2026-03-02 09:00 UTC" in after.answer
    assert world.account("Ada") is not None
    assert (await world.explain("Ada")).history == ""


async def test_a_mapping_that_is_mended_makes_everybody_who_waited_for_it_be_created(
    any_world: World,
) -> None:
    world = any_world
    lists = "[{target: title, expression: 'Coalesce([skills], [jobTitle])'}]"
    await world.connect(scope="all", users=lists, groups="off")
    await world.hire("Ada", skills=("knots", "lamps"))
    await world.run()
    assert (await world.explain("Ada")).verdict is Verdict.WAITS

    await world.connect(scope="all", groups="off")

    assert (await world.explain("Ada")).verdict is Verdict.TO_CREATE
    [ada] = (await world.preview()).records
    assert ada.verb is Outlook.CREATE


async def test_what_the_app_refused_waits_until_it_is_changed_or_due(any_world: World) -> None:
    world = any_world
    await world.connect(scope="all", groups="off")
    await world.hire("Ada")
    await world.run()
    await fails(world, "Ada")

    waits = await world.explain("Ada")
    assert waits.verdict is Verdict.WAITS
    assert "The title is too long. Shorten it. Tried once; next try" in waits.answer
    assert (await world.preview()).records == ()

    world.now += dt.timedelta(minutes=15)
    assert (await world.explain("Ada")).verdict is Verdict.TO_UPDATE
    [due] = (await world.preview()).records
    assert due.verb is Outlook.UPDATE


@pytest.mark.parametrize("edited_too", [True, False])
@pytest.mark.parametrize("gives_up", [{"mailNickname": "bo"}, {"mail": None}])
async def test_somebody_who_gave_a_name_up_stands_in_nobodys_way(
    any_world: World, gives_up: dict[str, str | None], edited_too: bool
) -> None:
    world = any_world
    mine = "[{target: userName, attribute: mailNickname, matching: 1}]"
    await world.connect(scope="all", users=mine, groups="off")
    await world.hire("Ada", mailNickname="ada")
    await world.hire("Bo", mailNickname="ada")
    await world.run()
    assert "would be the same as for bo@larkspur.example" in (await world.explain("Ada")).answer

    await world.change("Bo", **gives_up)
    if edited_too:
        await world.change("Ada", jobTitle="Captain")

    planned = {one.display_name: one.verb for one in (await world.preview()).records}
    assert planned["Ada"] is Outlook.CREATE
    assert (await world.explain("Ada")).verdict is Verdict.TO_CREATE
    await world.run()
    assert world.account("Ada") is not None


@pytest.mark.parametrize("planned_before", [True, False])
async def test_two_new_people_who_ask_for_one_name_are_told_before_any_cycle(
    any_world: World, planned_before: bool
) -> None:
    world = any_world
    mine = "[{target: userName, attribute: mailNickname, matching: 1}]"
    await world.connect(scope="all", users=mine, groups="off")
    if planned_before:
        await world.hire("Cy", mailNickname="cy")
        await world.run()
    await world.hire("Ada", mailNickname="ada")
    await world.hire("Bo", mailNickname="ada")

    planned = {one.display_name: one.verb for one in (await world.preview()).records}

    assert planned["Ada"] is planned["Bo"] is Outlook.FAIL
    assert "would be the same as for bo@larkspur.example" in (await world.explain("Ada")).answer
    assert "would be the same as for ada@larkspur.example" in (await world.explain("Bo")).answer


async def test_a_rival_whose_values_cannot_be_made_holds_on_to_a_name_only_with_an_account(
    any_world: World,
) -> None:
    world = any_world
    mine = "[{target: userName, attribute: mailNickname, matching: 1}]"
    await world.connect(scope="all", users=mine, groups="off")
    await world.hire("Bo", mailNickname="ada")
    await world.run()
    await world.hire("Ada", mailNickname="ada")
    await world.run()

    await world.change("Bo", mail=None)

    assert (await world.explain("Ada")).verdict is Verdict.WAITS
    assert {one.verb for one in (await world.preview()).records} == {Outlook.FAIL}


async def test_managers_who_wait_are_called_by_name_wherever_a_person_reads(
    any_world: World,
) -> None:
    world = any_world
    await world.connect(groups="off")
    boss = await world.hire("Bo")
    await world.hire("Ada", manager="Bo")
    await world.assign("Ada")
    plan = await world.preview()
    await world.run()

    explained = await world.explain("Ada")
    rules = await world.rules()
    origin = await world.answers(rules).origin(Kind.USER, world.ids["Ada"], "manager")
    [logged] = await world.log("Ada")

    assert explained.verdict is Verdict.PARTLY
    assert f"Manager waits until Bo has an account (is not assigned to {rules.app_name})" in (
        explained.answer
    )
    assert origin.inputs == (("manager", "Bo"),)
    assert f"waits until Bo has an account (is not assigned to {rules.app_name})" in origin.sentence
    assert any("waits until Bo has an account" in one for one in plan.records[0].waiting)
    assert "waits until Bo has an account" in logged.reason
    assert boss not in f"{explained.answer} {origin} {plan.records[0].waiting} {logged.steps}"


async def test_a_manager_whom_the_next_cycle_creates_is_said_to_come(any_world: World) -> None:
    world = any_world
    await world.connect(groups="off")
    await world.hire("Bo")
    await world.hire("Ada", manager="Bo")
    await world.assign("Ada")
    await world.run()

    await world.assign("Bo")
    told = await world.explain("Ada")
    origin = await world.answers(await world.rules()).origin(Kind.USER, world.ids["Ada"], "manager")
    planned = {one.display_name: one.verb for one in (await world.preview()).records}
    await world.run()

    assert planned == {"Ada": Outlook.UPDATE, "Bo": Outlook.CREATE}
    assert told.verdict is Verdict.TO_UPDATE
    assert "the next cycle sends what differs: manager. Manager becomes Bo" in told.answer
    assert "is to become Bo (account made in the same cycle)" in origin.sentence
    assert (await world.explain("Ada")).verdict is Verdict.IN_STEP


async def test_a_manager_who_is_there_is_called_by_name_too(any_world: World) -> None:
    world = any_world
    await world.connect(scope="all", groups="off")
    await world.hire("Bo")
    await world.hire("Cy")
    await world.hire("Ada", manager="Bo")
    await world.run()
    await world.reports_to("Ada", "Cy")

    rules = await world.rules()
    origin = await world.answers(rules).origin(Kind.USER, world.ids["Ada"], "manager")

    assert origin.wanted == f"Cy (account {world.account_id('Cy')})"
    assert origin.known == f"Bo (account {world.account_id('Bo')})"


async def members_of(world: World, group: str) -> Origin:
    """Ask for a group's members, as ``explain GROUP --group --value members`` does."""
    answers = world.answers(await world.rules())
    return await answers.origin(Kind.GROUP, world.ids[group], "members")


async def test_a_group_tells_how_many_members_it_has_and_who_is_missing(any_world: World) -> None:
    world = any_world
    await world.connect()
    for name in ("Ada", "Bo", "Cy", "Di"):
        await world.hire(name)
    await world.found("Sales", "Ada", "Bo")
    await world.assign("Sales")
    await world.run()
    in_step = await members_of(world, "Sales")

    await world.leave("Sales", "Bo")
    await world.join("Sales", "Cy", "Di")
    await world.unassign("Sales")
    await world.assign("Sales", "Ada", "Cy")
    await world.change("Di", mail=None)
    moved = await world.explain("Sales")
    told = await members_of(world, "Sales")
    name = (await world.rules()).app_name

    assert in_step.sentence == f"members: {name} should hold all 2 members, and holds 2; in step."
    assert moved.verdict is Verdict.TO_UPDATE
    assert moved.members is not None
    assert (moved.members.total, moved.members.wanted, moved.members.held) == (3, 2, 2)
    assert moved.members.remove.names == ("Bo",)
    assert "with the accounts that the same cycle makes: Cy;" in told.sentence
    assert "Di (" in told.sentence
    assert "is empty" in told.sentence


async def test_somebody_who_gets_access_back_is_written_to_the_group_again(
    any_world: World,
) -> None:
    world = any_world
    await sales_in_step(world, "Ada")
    await world.enable("Ada", False)
    await world.run()
    assert (await world.explain("Sales")).verdict is Verdict.IN_STEP

    await world.enable("Ada")

    told = await world.explain("Sales")
    assert told.verdict is Verdict.TO_UPDATE
    assert "to be written again with their access: Ada" in told.answer
    planned = {one.display_name: one.verb for one in (await world.preview()).records}
    assert planned == {"Ada": Outlook.UPDATE, "Sales": Outlook.UPDATE}


async def test_a_group_that_misses_somebody_is_only_partly_in_step(any_world: World) -> None:
    world = any_world
    await world.connect()
    await world.hire("Ada")
    await world.hire("Bo", mail="")
    await world.found("Sales", "Ada", "Bo")
    await world.assign("Sales")
    await world.run()

    told = await world.explain("Sales")

    assert told.verdict is Verdict.PARTLY
    assert [one.name for one in told.missing] == ["Bo"]
    assert "; next try 2026-03-02 09:15 UTC" in told.answer


async def test_a_group_that_is_not_in_the_app_says_so_of_its_members(any_world: World) -> None:
    world = any_world
    await world.connect()
    await world.hire("Ada")
    await world.found("Sales", "Ada")

    absent = await members_of(world, "Sales")
    await world.assign("Sales")
    coming = await world.explain("Sales")

    assert absent.sentence.startswith("Sales is not in ")
    assert coming.verdict is Verdict.TO_CREATE
    assert "should hold 1 member, and holds 0; to be added with the accounts" in coming.answer


async def test_a_group_whose_member_gets_an_account_in_the_same_cycle_is_to_be_updated(
    any_world: World,
) -> None:
    world = any_world
    await world.connect()
    for name in ("Ada", "Bo", "Cy"):
        await world.hire(name)
    await world.found("Sales", "Ada")
    await world.found("Crew", "Bo", "Cy")
    await world.assign("Sales", "Crew")
    await world.change("Bo", mail=None)
    await world.unassign("Crew")
    await world.assign("Crew")
    await world.run()
    waits = await world.explain("Crew")

    await world.change("Bo", mail="bo@larkspur.example")
    told = await world.explain("Crew")
    members = await members_of(world, "Crew")

    planned = {one.display_name: one.verb for one in (await world.preview()).records}
    assert waits.verdict is Verdict.PARTLY
    assert planned == {"Bo": Outlook.CREATE, "Crew": Outlook.UPDATE}
    assert told.verdict is Verdict.TO_UPDATE
    assert "the next cycle sends what differs: members." in told.answer
    assert "should hold all 2 members, and holds 1; to be added with the accounts that the " in (
        members.sentence
    )


async def test_a_group_that_is_about_to_be_deleted_says_so_of_its_members(
    any_world: World,
) -> None:
    world = any_world
    await sales_in_step(world, "Ada")

    await world.unassign("Sales")
    told = await world.explain("Sales")
    members = await members_of(world, "Sales")

    assert told.verdict is Verdict.TO_DELETE
    assert "deletes the group there, because Sales is not assigned to " in told.answer
    assert members.sentence == f"{told.answer} Its members there go with it; nobody's account does."


async def test_an_account_that_is_deleted_leaves_its_groups_by_itself(open_app: World) -> None:
    world = open_app
    await world.connect(scope="all")
    await world.hire("Ada")
    await world.hire("Bo")
    await world.found("Sales", "Ada", "Bo")
    await world.run()

    await world.directory.delete_user(world.ids["Bo"], actor="hr", now=world.now)
    await world.directory.purge_user(world.ids["Bo"], actor="hr")

    planned = {one.record_id: one.verb for one in (await world.preview()).records}
    assert planned == {world.ids["Bo"]: Outlook.DELETE}
    assert (await world.explain("Sales")).verdict is Verdict.IN_STEP


async def test_among_very_many_new_people_only_those_planned_before_are_rivals(
    any_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = any_world
    mine = "[{target: userName, attribute: mailNickname, matching: 1}]"
    await world.connect(scope="all", users=mine, groups="off")
    for name in ("Ada", "Bo"):
        await world.hire(name, mailNickname="ada")

    few = await world.explain("Ada")
    monkeypatch.setattr("seatkeeper.engine.answers.MOST_NEW", 1)
    many = await world.explain("Ada")

    assert (few.verdict, many.verdict) == (Verdict.WAITS, Verdict.TO_CREATE)


@pytest.mark.parametrize("who", [0, -1], ids=["among the first", "after them"])
async def test_of_a_large_group_the_first_members_are_compared_for_somebody_in_a_hurry(
    any_world: World, monkeypatch: pytest.MonkeyPatch, who: int
) -> None:
    world = any_world
    monkeypatch.setattr(answers, "COMPARED", 3)
    monkeypatch.setattr(answers, "COMPARED_OF_MORE", 2)
    await world.connect(scope="all")
    for name in ("Ada", "Bo", "Cy", "Di", "Elif"):
        await world.hire(name)
    await world.found("Sales", "Ada", "Bo", "Cy", "Di", "Elif")
    await world.run()
    by_id = sorted(("Ada", "Bo", "Cy", "Di", "Elif"), key=lambda one: world.ids[one])

    await world.leave("Sales", by_id[who])
    asked = world.answers(await world.rules())
    quick = await asked.explain(Kind.GROUP, world.ids["Sales"], quickly=True)
    exact = await asked.explain(Kind.GROUP, world.ids["Sales"])

    assert exact.verdict is Verdict.TO_UPDATE
    assert "compared" not in exact.answer
    assert quick.verdict is (Verdict.TO_UPDATE if who == 0 else Verdict.IN_STEP)
    assert "Only the first 2 of its 4 members were compared." in quick.answer
