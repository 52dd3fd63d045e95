"""User names that pass from one person to another, in one cycle."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.engine.world import Wish, World

from seatkeeper.directory.model import Kind
from seatkeeper.errors import InDoubt, Refused

NAME = "userPrincipalName"


def at(name: str) -> str:
    return f"{name}@larkspur.example"


async def everybody(world: World, *names: str) -> None:
    """Give all of these people an account."""
    await world.connect(scope="all", groups="off")
    for name in names:
        await world.hire(name)
    await world.run()
    world.asked()


async def rename(world: World, **names: str) -> None:
    """Give people new user names and addresses, by way of names that nobody has."""
    for who in names:
        await world.change(who, **{NAME: at(f"nobody-{who}"), "mail": at(f"nobody-{who}")})
    for who, name in names.items():
        await world.change(who, **{NAME: at(name), "mail": at(name)})


def names(world: World) -> dict[str, str]:
    """Return each person's user name in the app."""
    return {
        who: str(account["userName"]).partition("@")[0]
        for who in world.ids
        if (account := world.account(who)) is not None
    }


async def test_somebody_who_gives_up_a_name_is_written_before_whoever_takes_it(world: World):
    await everybody(world, "Ada", "Bob")
    await rename(world, Ada="countess", Bob="ada")

    await world.run()

    assert names(world) == {"Ada": "countess", "Bob": "ada"}
    assert await world.waits() == {}
    assert world.asked()["update"] == 2


async def test_a_joiner_takes_a_name_that_is_given_up_in_the_same_cycle(world: World):
    await everybody(world, "Ada")
    before = world.account_id("Ada")
    await rename(world, Ada="countess")
    await world.hire("Bob", userPrincipalName=at("ada"), mail=at("ada"))

    await world.run()

    assert names(world) == {"Ada": "countess", "Bob": "ada"}
    assert world.account_id("Ada") == before
    assert await world.waits() == {}


@pytest.mark.fault("S5")
async def test_two_people_swap_names_and_keep_their_accounts(world: World):
    await everybody(world, "Ada", "Bob")
    before = world.account_id("Ada"), world.account_id("Bob")
    await rename(world, Ada="bob", Bob="ada")

    await world.run()

    assert names(world) == {"Ada": "bob", "Bob": "ada"}
    assert (world.account_id("Ada"), world.account_id("Bob")) == before
    assert await world.waits() == {}
    assert world.asked()["update"] == 3


async def test_a_ring_of_three_is_opened_in_one_place_only(world: World):
    await everybody(world, "Ada", "Bob", "Cy")
    await rename(world, Ada="bob", Bob="cy", Cy="ada")

    cycle = await world.run()

    assert names(world) == {"Ada": "bob", "Bob": "cy", "Cy": "ada"}
    assert cycle.counters.updated == 3
    assert world.asked()["update"] == 4
    assert await world.waits() == {}


async def test_the_value_for_a_moment_is_in_the_log_and_in_the_plan(world: World):
    await everybody(world, "Ada", "Bob")
    await rename(world, Ada="bob", Bob="ada")

    plan = await world.preview()
    await world.run()

    moments = [text for one in plan.records for text in one.requests if "for a moment" in text]
    rows = [one for one in await world.log() if "For a moment only" in one.reason]
    assert len(moments) == len(rows) == 1
    assert str(rows[0].modified[0].new) in moments[0]
    assert plan.counters["requests"] == world.asked()["update"]


async def test_a_swap_is_gone_on_with_after_the_engine_died_in_the_middle(world: World):
    await everybody(world, "Ada", "Bob")
    await rename(world, Ada="bob", Bob="ada")
    world.plant_after("update", InDoubt("The answer was lost."), times=2)
    world.plant("read", InDoubt("The answer was lost."), times=1)

    first = await world.run()
    while not first.finished:
        first = await world.run()

    assert names(world) == {"Ada": "bob", "Bob": "ada"}
    assert await world.waits() == {}


async def test_where_one_of_a_swap_is_refused_the_other_gets_no_wrong_name(world: World):
    await everybody(world, "Ada", "Bob")
    await rename(world, Ada="bob", Bob="ada")
    world.plant("update", Refused("Not today."), times=1, skip=1)

    await world.run()
    for _ in range(8):
        world.now = world.now.replace(hour=world.now.hour + 1)
        await world.run()

    assert names(world) == {"Ada": "bob", "Bob": "ada"}
    assert await world.waits() == {}


async def test_a_reviewed_swap_is_carried_out_as_it_was_reviewed(world: World):
    await everybody(world, "Ada", "Bob")
    await rename(world, Ada="bob", Bob="ada")
    plan = await world.preview()

    cycle = await world.run(Wish(reviewed=plan.to_do))

    assert names(world) == {"Ada": "bob", "Bob": "ada"}
    assert cycle.counters.skipped == 0


PEOPLE = ("Ada", "Bob", "Cy", "Dee")
NAMES = ("ada", "bob", "cy", "dee", "eve")


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(orders=st.lists(st.permutations(NAMES), min_size=1, max_size=2))
async def test_whatever_order_names_change_hands_in_nobody_loses_their_account(
    world: World, orders: list[list[str]]
) -> None:
    if not world.ids:
        await everybody(world, *PEOPLE)
    accounts = {who: world.account_id(who) for who in PEOPLE}

    for order in orders:
        await rename(world, **dict(zip(PEOPLE, order, strict=False)))
        await world.run()

    wanted = dict(zip(PEOPLE, orders[-1], strict=False))
    assert names(world) == wanted
    assert {who: world.account_id(who) for who in PEOPLE} == accounts
    assert len(world.target.held[Kind.USER]) == len(PEOPLE)
    assert await world.waits() == {}
