"""Values in living cycles: lists, roles, gaps, and values that do not fit."""

import json

import pytest
from tests.engine.world import MAIL, WRITES, World

from seatkeeper.directory.model import Kind
from seatkeeper.errors import InvalidFile

ANY_LIST = """[{target: title, expression: 'Coalesce([skills], [jobTitle])'}]"""
SKILLS = """[{target: entitlements, attribute: skills}]"""
ADDED = """[{target: entitlements, attribute: skills, applies: value_add}]"""
NICKNAMES = """[{target: nickName, attribute: givenName, applies: if_empty}]"""


def entitlements(world: World, name: str) -> set[str]:
    held = world.account(name).get("entitlements", ())
    return {json.loads(one)["value"] for one in held}


async def connected(world: World, users: str = "[]") -> None:
    await world.connect(users=users)
    for name, skills in (("Ada", ("knots", "lamps")), ("Bo", ("sails",))):
        await world.hire(name, skills=skills)
    await world.assign("Ada", "Bo")


async def test_a_list_where_one_value_is_due_makes_only_that_person_wait(open_app: World) -> None:
    world = open_app
    await connected(world, ANY_LIST)
    await world.change("Bo", skills=None)

    await world.run()

    assert world.account("Bo")["title"] == "Engineer"
    assert world.account("Ada") is None
    assert await world.waits() == {"Ada": "SchemaPropertyCanOnlyAcceptValue"}
    [entry] = await world.log("Ada")
    assert "has several values, and title holds one" in entry.reason


async def test_whoever_waited_for_a_list_goes_on_when_it_is_mended(open_app: World) -> None:
    world = open_app
    await connected(world, ANY_LIST)
    await world.run()

    await world.change("Ada", skills=None)
    await world.run()

    assert world.account("Ada")["title"] == "Engineer"
    assert "Ada" not in await world.waits()


async def test_a_list_is_kept_in_step_whatever_its_order(open_app: World) -> None:
    world = open_app
    await connected(world, SKILLS)
    await world.run()
    world.asked()

    await world.change("Ada", skills=("lamps", "knots", "lamps"))
    same = await world.run()
    await world.change("Ada", skills=("lamps", "oil"))
    await world.run()
    changed = entitlements(world, "Ada")
    await world.change("Ada", skills=None)
    await world.run()

    assert same.counters.requests == 0
    assert changed == {"lamps", "oil"}
    assert "entitlements" not in world.account("Ada")
    assert entitlements(world, "Bo") == {"sails"}


async def test_what_others_put_into_a_list_stays(open_app: World) -> None:
    world = open_app
    await connected(world, SKILLS)
    await world.run()
    account = world.target.held[Kind.USER][world.account_id("Ada")]
    account["entitlements"] = (*account["entitlements"], '{"value": "foreign"}')  # type: ignore[misc]

    await world.change("Ada", skills=("oil",))
    await world.run()

    assert entitlements(world, "Ada") == {"foreign", "oil"}


async def test_an_account_that_was_there_keeps_its_list_only_where_values_are_added(
    open_app: World,
) -> None:
    world = open_app
    await connected(world, ADDED)
    world.target.held[Kind.USER]["a-1"] = {
        "userName": "ada@larkspur.example",
        "entitlements": ('{"value": "foreign"}',),
    }

    await world.run()
    adopted = entitlements(world, "Ada")
    await world.connect(users=SKILLS)
    await world.run()

    assert adopted == {"foreign", "knots", "lamps"}
    assert entitlements(world, "Ada") == {"knots", "lamps"}


async def test_a_gap_that_the_app_filled_itself_is_left_alone(open_app: World) -> None:
    world = open_app
    await connected(world)
    await world.run()
    world.target.held[Kind.USER][world.account_id("Ada")]["nickName"] = "Countess"
    for name in ("Ada", "Bo"):
        await world.change(name, givenName=f"{name}la")
    await world.run()
    world.asked()

    await world.connect(users=NICKNAMES)
    await world.run()
    asked = world.asked()
    await world.run()

    assert world.account("Ada")["nickName"] == "Countess"
    assert world.account("Bo")["nickName"] == "Bola"
    assert asked["read"] == 2
    assert world.asked() == {}


async def test_letter_case_alone_is_sent_only_where_it_counts(open_app: World) -> None:
    world = open_app
    await connected(world)
    await world.run()
    world.asked()

    await world.change("Ada", jobTitle="ENGINEER", mail="ADA@larkspur.example")
    cycle = await world.run()

    assert cycle.counters.requests == 0
    assert not WRITES & set(world.asked())
    assert world.account("Ada")[MAIL] == "ada@larkspur.example"


@pytest.mark.parametrize(
    ("users", "says"),
    [
        ("[{target: 'emails[type eq', constant: x}]", "is no attribute path"),
        ("[{target: 'emails[type eq \"work\"].', constant: x}]", "at position"),
        ("[{target: active, constant: perhaps}]", "is no boolean"),
        ("[{target: active, default: perhaps}]", "is no boolean"),
        ("[{target: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager', "
         "default: Bo}]", "a fixed text names nobody"),
    ],
)  # fmt: skip
async def test_a_mapping_that_could_never_work_is_refused_when_it_is_saved(
    open_app: World, users: str, says: str
) -> None:
    with pytest.raises(InvalidFile) as caught:
        await open_app.connect(users=users)

    [fault] = caught.value.faults
    assert says in fault.text
    assert fault.line > 0
