"""P4: nobody is removed by surprise: too many removals wait for a person, all else goes on."""

import datetime as dt

import pytest
from tests.engine.world import Wish, World
from tests.promises.test_p2_no_duplicates import killed

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.guard import Hold, HoldState
from seatkeeper.provisioning.preview import Outlook

PEOPLE = [f"Person{number}" for number in range(12)]


async def staffed(world: World, **more: str) -> None:
    """Twelve people in Everybody have an account each."""
    await world.connect(**more)
    for name in PEOPLE:
        await world.hire(name, department="Sales")
    await world.found("Everybody", *PEOPLE)
    await world.assign("Everybody")
    await world.run()
    world.asked()


def active(world: World) -> int:
    """Return how many accounts are active in the app."""
    return sum(one.get("active") is True for one in world.target.held[Kind.USER].values())


async def waiting(world: World) -> list[Hold]:
    """Return what waits for a person."""
    found = await world.ledger.holds(world.app, states=(HoldState.OPEN,))
    return [hold for _, hold in found]


async def decided(world: World, state: HoldState, **more: dt.datetime) -> None:
    """Decide about everything that waits."""
    ids = [one.id for one in await waiting(world)]
    until = more.get("until")
    await world.ledger.decide(ids, state, word="is meant", until=until, actor="ana", now=world.now)


async def test_an_emptied_group_takes_nobodys_access_away(any_world: World) -> None:
    world = any_world
    await staffed(world)

    await world.leave("Everybody", *PEOPLE)
    cycle = await world.run()

    assert active(world) == 12
    assert cycle.counters.held == 12
    why = (await waiting(world))[0].why
    assert why == (
        "12 people of 12 lose access in one cycle; the guard lets 3 go by themselves "
        "(2 %, at least 3)."
    )


async def test_a_filter_with_a_typo_takes_nobodys_access_away(world: World) -> None:
    await staffed(world)

    await world.connect(filters="  users:\n    department EQUALS: Slaes\n")
    await world.run()

    assert active(world) == 12
    assert len(await waiting(world)) == 12


async def test_a_mapping_that_empties_active_takes_nobodys_access_away(world: World) -> None:
    await staffed(world)

    await world.connect(users='[{target: active, expression: \'IIF([city], "True", "")\'}]')
    await world.run()

    assert active(world) == 12
    assert len(await waiting(world)) == 12


async def test_a_value_that_becomes_empty_for_many_waits(world: World) -> None:
    await staffed(world)

    await world.connect(users="[{target: title, attribute: employeeId}]")
    await world.run()

    titles = [one.get("title") for one in world.target.held[Kind.USER].values()]
    assert titles == ["Engineer"] * 12
    assert {one.what for one in await waiting(world)} == {"value"}


async def test_some_who_leave_lose_access_without_a_word(world: World) -> None:
    await staffed(world)

    await world.leave("Everybody", *PEOPLE[:3])
    cycle = await world.run()

    assert active(world) == 9
    assert cycle.counters.held == 0
    assert await waiting(world) == []


async def test_many_small_steps_do_not_slip_through_within_a_day(world: World) -> None:
    await staffed(world)

    for name in PEOPLE:
        await world.leave("Everybody", name)
        await world.run()

    assert active(world) == 9
    assert "within a day" in (await waiting(world))[0].why
    world.now += dt.timedelta(days=2)
    await world.enable(PEOPLE[0])
    await world.join("Everybody", PEOPLE[0])
    await world.run()
    assert active(world) == 10


async def test_joiners_and_movers_are_not_held_up_by_removals(world: World) -> None:
    await staffed(world)

    await world.leave("Everybody", *PEOPLE[:6])
    await world.change(PEOPLE[7], jobTitle="Lead")
    await world.hire("New", groups=["Everybody"])
    await world.run()

    assert active(world) == 13
    assert world.account(PEOPLE[7])["title"] == "Lead"


async def test_who_was_approved_loses_access_and_leaves_nothing_waiting(any_world: World) -> None:
    world = any_world
    await staffed(world)
    await world.leave("Everybody", *PEOPLE[:6])
    await world.run()

    await decided(world, HoldState.APPROVED)
    await world.run()

    assert active(world) == 6
    assert await world.ledger.holds(world.app) == []
    await world.assert_in_step()
    world.asked()
    await world.run(Wish(full=True))
    assert world.asked() == {}


async def test_approval_of_many_does_not_stop_the_next_single_leaver(world: World) -> None:
    await staffed(world)
    await world.leave("Everybody", *PEOPLE[:6])
    await world.run()
    await decided(world, HoldState.APPROVED)
    await world.run()

    await world.leave("Everybody", PEOPLE[6])
    await world.run()

    assert active(world) == 5


async def test_approval_covers_what_was_shown_and_nobody_else(world: World) -> None:
    await staffed(world)
    await world.leave("Everybody", *PEOPLE[:6])
    await world.run()
    await decided(world, HoldState.APPROVED)

    await world.leave("Everybody", *PEOPLE[6:])
    await world.run()

    assert active(world) == 6
    assert len(await waiting(world)) == 6


async def test_who_is_kept_stays_until_the_end_date_and_is_asked_about_again(
    world: World,
) -> None:
    await staffed(world)
    await world.leave("Everybody", *PEOPLE[:6])
    await world.run()

    await decided(world, HoldState.KEPT, until=world.now + dt.timedelta(days=30))
    await world.run(Wish(full=True))
    meanwhile = await waiting(world)
    world.now += dt.timedelta(days=31)
    await world.run()

    assert meanwhile == []
    assert active(world) == 12
    assert len(await waiting(world)) == 6


async def test_who_comes_back_vanishes_from_the_list(world: World) -> None:
    await staffed(world)
    await world.leave("Everybody", *PEOPLE[:6])
    await world.run()

    await world.join("Everybody", *PEOPLE[:6])
    await world.run()

    assert await waiting(world) == []
    await world.assert_in_step()


async def test_members_wait_and_the_rest_of_their_group_does_not(world: World) -> None:
    await world.connect(more="deletion_guard:\n  members: {at_least: 2, percent: 0}\n")
    for name in PEOPLE:
        await world.hire(name)
    await world.found("Everybody", *PEOPLE)
    await world.found("Sales", *PEOPLE)
    await world.assign("Everybody", "Sales")
    await world.run()
    await world.hire("New")
    await world.assign("New")

    await world.leave("Sales", *PEOPLE[:5])
    await world.join("Sales", "New")
    await world.run()

    assert world.members("Sales") == {*PEOPLE, "New"}
    assert [one.count for one in await waiting(world)] == [5]
    await decided(world, HoldState.APPROVED)
    await world.run()
    assert world.members("Sales") == {*PEOPLE[5:], "New"}
    assert await world.ledger.holds(world.app) == []


async def test_who_is_protected_is_never_removed_without_a_word(world: World) -> None:
    await staffed(world, more="deletion_guard:\n  protected: [person0@larkspur.example]\n")

    await world.enable("Person0", False)
    await world.run()

    assert active(world) == 12
    [hold] = await waiting(world)
    assert hold.why == "Person0 is protected."


LED = "deletion_guard:\n  administrators: {attribute: title, values: [Boss]}\n"


async def led(world: World, *bosses: str) -> None:
    """Twelve people have an account, and some of them administer the app by their title."""
    await staffed(world, more=LED)
    for name in bosses:
        await world.change(name, jobTitle="Boss")
    await world.run()


@pytest.mark.parametrize("how", ["disabled", "demoted", "out of the group"])
async def test_the_last_administrator_of_an_app_stays_until_somebody_says_otherwise(
    any_world: World, how: str
) -> None:
    world = any_world
    await led(world, "Person0")

    if how == "disabled":
        await world.enable("Person0", False)
    elif how == "demoted":
        await world.change("Person0", jobTitle="Engineer")
    else:
        await world.leave("Everybody", "Person0")
    await world.run()

    [hold] = await waiting(world)
    assert hold.why.startswith("The last active administrator of this app would go")
    assert (active(world), world.account("Person0")["title"]) == (12, "Boss")
    await decided(world, HoldState.APPROVED)
    await world.run()
    assert await world.ledger.holds(world.app) == []
    await world.assert_in_step()


async def test_one_of_two_administrators_goes_and_both_at_once_do_not(world: World) -> None:
    await led(world, "Person0", "Person1", "Person2")

    await world.enable("Person0", False)
    await world.run()
    await world.enable("Person1", False)
    await world.change("Person2", jobTitle="Engineer")
    preview = await world.preview()
    await world.run()

    assert active(world) == 11
    assert {one.why.partition(",")[0] for one in await waiting(world)} == {
        "All 2 active administrators of this app would go at once"
    }
    assert sum(one.verb is Outlook.HOLD for one in preview.records) == 2


async def test_members_of_the_group_that_marks_administrators_are_not_all_taken_out(
    any_world: World,
) -> None:
    world = any_world
    await staffed(world, more="deletion_guard:\n  administrators: {group: admins}\n")
    await world.found("Admins", *PEOPLE[:2])
    await world.assign("Admins")
    await world.run()

    await world.leave("Admins", PEOPLE[0])
    await world.run()
    one_left = world.members("Admins")
    await world.leave("Admins", PEOPLE[1])
    await world.run()

    assert (one_left, world.members("Admins")) == ({PEOPLE[1]}, {PEOPLE[1]})
    [hold] = await waiting(world)
    assert (hold.display_name, hold.count) == ("Admins", 1)


async def test_a_guard_that_is_off_lets_everybody_go(world: World) -> None:
    off = "deletion_guard: {enabled: false, reason: moving to new groups}\n"
    await staffed(world, more=off)

    await world.leave("Everybody", *PEOPLE)
    await world.run()

    assert active(world) == 0


async def test_the_plan_says_who_would_be_held_and_the_mail_asks_for_a_word(
    world: World,
) -> None:
    await staffed(world)
    await world.leave("Everybody", *PEOPLE[:6])

    preview = await world.preview()
    await world.run()
    await world.run(Wish(full=True))

    held = [one for one in preview.records if one.verb is Outlook.HOLD]
    assert len(held) == 6
    assert all(one.requests == () for one in held)
    assert await world.mails() == ["Seatkeeper: 6 removals at 15Five wait for approval"]
    logged = await world.log(PEOPLE[0])
    assert [one.code for one in logged].count("RemovalHeld") == 1
    assert "waits for approval" in (await world.explain(PEOPLE[0])).answer


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_death_while_removals_are_held_back_sends_none_of_them(
    world: World, after: bool
) -> None:
    await staffed(world)
    await world.leave("Everybody", *PEOPLE)
    world.batch = 2

    for call in range(2, 40):  # it dies a little later each time, and goes on where it was
        if not await killed(world, call, after=after):
            break

    assert active(world) == 12
    assert len(await waiting(world)) == 12
