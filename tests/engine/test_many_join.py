"""Many people join at once: one list spares look-ups, and is believed only where it may be."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from tests.engine.world import MAIL, World

from seatkeeper.connectors.memory import MemoryTarget
from seatkeeper.directory.model import Kind
from seatkeeper.errors import InDoubt, Refused
from seatkeeper.ports import Page, PersonRow, Trace
from seatkeeper.store.people_import import SqlPeopleImport

MANY = 240


def name_of(number: int) -> str:
    return f"p{number}@larkspur.example"


async def many_join(world: World, *, users: str = "[]", of: range = range(MANY)) -> None:
    """Import many people, all of whom shall have accounts."""
    await world.connect(scope="all", users=users)

    async def rows() -> AsyncIterator[PersonRow]:
        for number in of:
            shown = {"displayName": f"P{number}", "mail": name_of(number), "jobTitle": "Engineer"}
            yield PersonRow(number, name_of(number), shown)

    await SqlPeopleImport(world.database).apply_rows("f", rows(), total=len(of), actor="hr")


def accounts_are_there(world: World, numbers: Sequence[int]) -> dict[str, str]:
    """Let the app have these people's accounts already; return their ids by user name."""
    held = {f"old-{one}": {"userName": name_of(one).upper(), MAIL: name_of(one)} for one in numbers}
    world.target.held[Kind.USER] |= {one: dict(values) for one, values in held.items()}
    return {name_of(one): f"old-{one}" for one in numbers}


def names_held(world: World) -> list[str]:
    return sorted(str(one["userName"]).lower() for one in world.target.held[Kind.USER].values())


async def everybody(world: World) -> list[str]:
    people = await world.directory.all_users(limit=2 * MANY)
    return sorted(str(one.attributes["userPrincipalName"]) for one in people)


class Forgetful(MemoryTarget):
    """An app whose list leaves out its newest accounts, and counts as if they were not there."""

    async def page(self, kind: Kind, start: int, trace: Trace) -> Page:
        page = await super().page(kind, start, trace)
        listed = [one for one in page.accounts if not one.id.startswith("old-")]
        return Page(listed, page.total - (len(page.accounts) - len(listed)))


class Short(MemoryTarget):
    """An app that lists fewer accounts than it says it has."""

    async def page(self, kind: Kind, start: int, trace: Trace) -> Page:
        page = await super().page(kind, start, trace)
        return replace(page, accounts=page.accounts[:1] if start == 1 else (), total=page.total + 9)


async def test_an_empty_app_is_asked_once_and_then_told_of_each(any_world: World) -> None:
    world = any_world
    await many_join(world)

    cycle = await world.run()

    assert world.asked() == {"page": 1, "create": MANY}
    assert (cycle.counters.created, cycle.counters.requests) == (MANY, MANY + 1)
    assert names_held(world) == await everybody(world)


async def test_whom_the_list_shows_is_looked_up_and_keeps_the_account(world: World) -> None:
    await many_join(world)
    accounts_are_there(world, [3, 44, 239])

    await world.run()

    asked = world.asked()
    assert (asked["create"], asked["page"]) == (MANY - 3, 1)
    assert 3 <= asked["find"] <= 3 + MANY // 20
    assert names_held(world) == await everybody(world)


async def test_whom_the_list_left_out_is_found_by_the_refusal_and_not_made_twice(
    world: World,
) -> None:
    world.target = Forgetful(world.target.capabilities)
    await many_join(world)
    old = accounts_are_there(world, [3, 44])

    await world.run()

    links = {
        one: await world.ledger.linked_record(world.app, Kind.USER, one) for one in old.values()
    }
    assert None not in links.values()
    assert names_held(world) == await everybody(world)
    assert await world.waits() == {}


async def test_an_app_that_takes_duplicates_is_asked_about_each(world: World) -> None:
    world.target.capabilities = replace(world.target.capabilities, refuses_duplicates=False)
    rules = world.rules

    async def without() -> object:
        found = await rules()
        return replace(found, capabilities=world.target.capabilities)

    world.rules = without  # type: ignore[method-assign, assignment]  # for this company only
    await many_join(world)

    await world.run()

    assert world.asked() == {"find": MANY, "create": MANY}


async def test_a_match_by_what_the_app_takes_twice_is_asked_about_each(world: World) -> None:
    await many_join(
        world,
        users="[{target: externalId, attribute: objectId, matching: 1},"
        " {target: userName, attribute: userPrincipalName, matching: 2}]",
    )

    await world.run()

    assert world.asked()["find"] >= MANY


async def test_a_list_that_is_not_whole_spares_nobody(world: World) -> None:
    world.target = Short(world.target.capabilities)
    await many_join(world)
    accounts_are_there(world, [3, 44])

    await world.run()

    assert world.asked()["find"] >= MANY
    assert names_held(world) == await everybody(world)


async def test_who_is_tried_again_is_looked_up_whatever_the_list_says(world: World) -> None:
    await many_join(world, of=range(40))
    world.plant("create", Refused("No.", status=400), times=2)
    await world.run()
    await world.ledger.retry_now(world.app, None, world.now)
    await many_join(world, of=range(40, MANY))
    world.asked()

    await world.run()

    asked = world.asked()
    assert (asked["page"], asked["create"]) == (1, MANY - 38)
    assert 2 <= asked["find"] <= 2 + MANY // 100  # a list's bits take hardly anybody for shown
    assert names_held(world) == await everybody(world)


async def test_answers_that_are_lost_on_the_way_make_nobody_twice(world: World) -> None:
    await many_join(world)
    world.plant_after("create", InDoubt("The answer was lost."), times=3)

    await world.run()
    await world.run()

    assert names_held(world) == await everybody(world)


async def test_a_plan_asks_as_little_as_the_cycle_that_carries_it_out(world: World) -> None:
    await many_join(world)
    accounts_are_there(world, [3, 44])

    plan = await world.preview()
    planned = world.asked()
    await world.run()
    asked = world.asked()

    assert planned["create"] == 0
    assert {one: planned[one] for one in ("page", "find")} == {
        one: asked[one] for one in ("page", "find")
    }
    assert sum(one.verb == "create" for one in plan.records) == asked["create"]
