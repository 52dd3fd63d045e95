"""A preview says what the next cycle does, and does nothing itself."""

import datetime as dt
from collections import Counter

import pytest
from sqlalchemy import func, select
from tests.engine.world import MANAGER, Wish, World

from seatkeeper.directory.model import Kind
from seatkeeper.errors import Refused, Unreachable
from seatkeeper.provisioning.log import LogEntry, Status
from seatkeeper.provisioning.plan import Reason
from seatkeeper.provisioning.preview import Outlook, Preview
from seatkeeper.store import ledger_tables as t
from seatkeeper.store.tables import metadata


async def larkspur(world: World) -> None:
    """Ada leads; Grace reports to her, Ken to Grace; all three are in Engineering."""
    await world.connect()
    await world.hire("Ada")
    await world.hire("Grace", manager="Ada")
    await world.hire("Ken", manager="Grace")
    await world.found("Engineering", "Ada", "Grace", "Ken")
    await world.assign("Engineering")


def verbs(preview: Preview) -> dict[str, str]:
    """Return what would be done with whom; to let go of an account that stays is no deed."""
    return {
        one.display_name: one.verb.value for one in preview.to_do if one.verb is not Outlook.UNLINK
    }


def done(entries: list[LogEntry]) -> dict[str, str]:
    """Return what each record's first entry says; a reference may follow in a second one."""
    words = {"other": "link"}
    return {
        one.display_name: words.get(one.action, one.action)
        for one in reversed(entries)
        if one.status in {Status.SUCCESS, Status.WARNING} and one.code != Reason.PASSED_ON
    }


async def rows(world: World) -> Counter[str]:
    """Count the rows of every table there is."""
    tables = {**metadata.tables, **t.links.metadata.tables}

    def work(connection):
        return Counter(
            {
                name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for name, table in tables.items()
            }
        )

    return await world.database.read(work)


async def cycle_does_what_was_previewed(world: World) -> None:
    before = len(await world.log())
    preview = await world.preview()
    world.asked()

    await world.run()

    logged = list(await world.log())[before:]
    assert done(logged) == verbs(preview)
    writes = {k: n for k, n in world.asked().items() if k != "find"}
    assert sum(writes.values()) == preview.counters["requests"]


async def test_the_first_cycle_does_exactly_what_was_previewed(any_world: World) -> None:
    world = any_world
    await larkspur(world)

    preview = await world.preview()

    assert verbs(preview) == dict.fromkeys(("Ada", "Grace", "Ken", "Engineering"), "create")
    assert {one.cause for one in preview.records} == {"first cycle"}
    await cycle_does_what_was_previewed(world)
    assert (await world.preview()).to_do == ()


async def test_a_preview_writes_nothing_and_sends_only_questions(world: World) -> None:
    await larkspur(world)
    before = await rows(world)

    await world.preview()

    assert await rows(world) == before
    assert world.asked() == {"find": 4}


async def test_a_mover_is_previewed_value_by_value_with_cause_and_request(world: World) -> None:
    await larkspur(world)
    await world.run()
    await world.change("Ken", jobTitle="Keeper")

    [ken] = (await world.preview()).records

    assert (ken.verb, ken.cause) == (Outlook.UPDATE, "jobTitle changed")
    assert [(one.path, one.old, one.new) for one in ken.changes] == [
        ("title", "Engineer", "Keeper")
    ]
    assert ken.requests == (f"PATCH /Users/{world.account_id('Ken')}",)
    await cycle_does_what_was_previewed(world)


async def test_joiners_leavers_and_the_disabled_are_previewed_as_the_cycle_does_them(
    any_world: World,
) -> None:
    world = any_world
    await larkspur(world)
    await world.found("Sales")
    await world.assign("Sales")
    await world.run()
    await world.hire("Zoe", manager="Ken", groups=["Sales"])
    await world.leave("Engineering", "Grace")
    await world.join("Sales", "Ada")
    await world.enable("Ken", False)

    preview = await world.preview()

    assert verbs(preview) == {
        "Zoe": "create",
        "Grace": "disable",
        "Ken": "disable",
        "Engineering": "update",
        "Sales": "update",
    }
    causes = {one.display_name: one.cause for one in preview.records}
    assert causes["Zoe"] == "new in the directory, joined group Sales"
    assert causes["Grace"] == "left group Engineering"
    assert causes["Ken"] == "disabled in the directory"
    await cycle_does_what_was_previewed(world)


async def test_a_manager_made_in_the_same_plan_is_written_and_not_waited_for(world: World) -> None:
    await larkspur(world)

    preview = await world.preview()

    grace = next(one for one in preview.records if one.display_name == "Grace")
    assert grace.waiting == ()
    assert {one.path: one.new for one in grace.changes}[MANAGER] == (
        "the account of Ada, made in the same plan"
    )
    assert grace.requests == ("POST /Users",)


async def test_managers_in_a_loop_take_a_second_request_in_the_preview_too(world: World) -> None:
    await larkspur(world)
    await world.reports_to("Ada", "Ken")

    preview = await world.preview()

    assert sum(len(one.requests) for one in preview.records if one.kind == "user") == 4
    await world.run()
    assert world.asked()["update"] == 1
    assert (await world.preview()).to_do == ()


async def test_people_who_waited_for_a_manager_are_in_the_plan_that_makes_the_manager(
    world: World,
) -> None:
    await world.connect()
    await world.hire("Ada")
    await world.hire("Grace", manager="Ada")
    await world.assign("Grace")
    await world.run()
    await world.assign("Ada")

    preview = await world.preview()

    assert verbs(preview) == {"Ada": "create", "Grace": "update"}
    assert {one.display_name: one.cause for one in preview.records} == {
        "Ada": "assigned",
        "Grace": "waited for Ada",
    }
    await cycle_does_what_was_previewed(world)


async def test_a_mover_whose_new_manager_joins_today_is_one_request(world: World) -> None:
    await larkspur(world)
    await world.run()
    await world.hire("Zoe", groups=["Engineering"])
    await world.reports_to("Ken", "Zoe")

    await cycle_does_what_was_previewed(world)


async def test_a_member_who_gets_an_account_brings_their_group_into_the_plan(world: World) -> None:
    await larkspur(world)
    await world.hire("Eve")
    await world.enable("Eve", False)
    await world.join("Engineering", "Eve")
    await world.run()
    await world.enable("Eve")

    preview = await world.preview()

    assert verbs(preview) == {"Eve": "create", "Engineering": "update"}
    await cycle_does_what_was_previewed(world)


async def test_who_comes_back_gets_their_memberships_again(world: World) -> None:
    await larkspur(world)
    await world.run()
    await world.enable("Ken", False)
    await world.run()
    await world.enable("Ken")

    preview = await world.preview()

    assert verbs(preview) == {"Ken": "update", "Engineering": "update"}
    await cycle_does_what_was_previewed(world)


async def test_accounts_that_are_there_are_linked_and_corrected(world: World) -> None:
    await larkspur(world)
    world.target.held[Kind.USER]["old-Ada"] = {"userName": "ADA@LARKSPUR.example", "active": True}

    preview = await world.preview()

    ada = next(one for one in preview.records if one.display_name == "Ada")
    assert (ada.verb, ada.account_id) == (Outlook.UPDATE, "old-Ada")
    await cycle_does_what_was_previewed(world)


async def test_two_who_ask_for_one_user_name_are_said_before_anything_is_sent(
    world: World,
) -> None:
    await world.connect(users="[{target: userName, attribute: mail}]")
    await world.hire("Ada")
    await world.hire("Grace", mail="ada@larkspur.example")
    await world.assign("Ada", "Grace")

    preview = await world.preview()

    assert preview.to_do == ()
    assert {one.display_name: (one.verb, one.code) for one in preview.records} == {
        "Ada": (Outlook.FAIL, "DuplicateSourceEntries"),
        "Grace": (Outlook.FAIL, "DuplicateSourceEntries"),
    }
    await world.run()
    assert await world.waits() == {
        "Ada": "DuplicateSourceEntries",
        "Grace": "DuplicateSourceEntries",
    }


async def test_somebody_purged_is_deleted_where_the_app_can(open_app: World) -> None:
    world = open_app
    await larkspur(world)
    await world.run()
    await world.directory.purge_user(world.ids["Grace"], actor="hr")

    preview = await world.preview()

    assert verbs(preview)["Grace"] == "delete"
    await cycle_does_what_was_previewed(world)


async def test_who_is_named_is_previewed_alone_and_in_four_steps(world: World) -> None:
    await larkspur(world)

    preview = await world.preview(Wish(users=(world.ids["Ada"],)), steps=True)

    [ada] = preview.records
    assert [one.type for one in ada.steps] == ["import", "scoping", "matching", "export"]
    assert ada.steps[0].details["jobTitle"] == "Engineer"
    assert ada.steps[2].text == "no account matched"
    assert ada.steps[3].details["requests"] == ["POST /Users"]


async def test_an_app_that_is_away_makes_no_preview(world: World) -> None:
    await larkspur(world)
    world.plant("find", Unreachable("The app is away."))

    with pytest.raises(Unreachable):
        await world.preview()


async def test_who_failed_is_in_the_plan_again_when_their_time_has_come(world: World) -> None:
    await larkspur(world)
    await world.run()
    await world.change("Ken", jobTitle="Keeper")
    world.plant("update", Refused("The app does not like it."))
    await world.run()

    at_once = await world.preview()
    world.now += dt.timedelta(hours=1)
    later = await world.preview()

    assert at_once.records == ()
    assert {one.display_name: one.cause for one in later.to_do} == {"Ken": "tries again"}
    await cycle_does_what_was_previewed(world)


async def test_settings_that_changed_plan_everybody_anew(world: World) -> None:
    await larkspur(world)
    await world.run()
    await world.connect(users="[{target: title, attribute: department}]")

    preview = await world.preview()

    assert preview.kind == "full"
    assert verbs(preview) == dict.fromkeys(("Ada", "Grace", "Ken"), "update")
    assert all(one.cause.endswith("settings changed since the last cycle") for one in preview.to_do)
    await cycle_does_what_was_previewed(world)


async def test_who_waited_for_a_value_is_planned_with_the_edit_that_frees_it(
    any_world: World,
) -> None:
    world = any_world
    await world.connect()
    await world.hire("Ada")
    await world.hire("Grace", mail="ada@larkspur.example")
    await world.assign("Ada", "Grace")
    await world.run()
    await world.run()
    assert await world.waits() == dict.fromkeys(("Ada", "Grace"), "DuplicateSourceEntries")

    await world.change("Grace", mail="grace@larkspur.example")

    preview = await world.preview()
    assert verbs(preview) == {"Ada": "create", "Grace": "create"}
    assert {one.display_name: one.cause for one in preview.records}["Ada"] == (
        "Grace no longer asks for the same value"
    )
    await cycle_does_what_was_previewed(world)
    assert await world.waits() == {}


async def test_who_waited_for_a_value_of_somebody_who_left_is_planned_too(world: World) -> None:
    await world.connect()
    await world.hire("Ada")
    await world.hire("Grace", mail="ada@larkspur.example")
    await world.assign("Ada", "Grace")
    await world.run()
    await world.run()

    await world.unassign("Grace")

    assert verbs(await world.preview()) == {"Ada": "create"}
    await cycle_does_what_was_previewed(world)
