"""What every target promises, run by each of them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.foreign_django.running import make_file, running_django_scim2
from tests.foreign_server import TOKEN, running_scim2_server
from tests.sandboxes import running_sandbox, unhurried

from seatkeeper.connectors.memory import MemoryTarget
from seatkeeper.connectors.scim_app import scim_target
from seatkeeper.directory.model import Kind
from seatkeeper.errors import Conflict, Vanished
from seatkeeper.gallery.schema import load_gallery
from seatkeeper.ports import Target, Trace
from seatkeeper.provisioning.account import Account, TargetValue, ValueChange
from seatkeeper.provisioning.connection import CheckName, CheckResult, usable
from seatkeeper.scim.element_text import element_text

WORK_MAIL = 'emails[type eq "work"].value'
MANAGER = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"

GALLERY = list(load_gallery())

HOSTILE = [
    'o"brien@larkspur.example',
    "back\\slash@larkspur.example",
    "100%25@larkspur.example",
    "salt&pepper=x@larkspur.example",
    "ada+test@larkspur.example",
    "#1@larkspur.example",
    "zoë 🦜 ng@larkspur.example",
    'x" or userName pr or userName eq "y',
]

IN_BULK = "generic-scim in bulk"
TARGETS = ["memory", "scim2-server", "django-scim2", *GALLERY, IN_BULK]

# Servers that others wrote, each shared by all tests, and the fixture that starts it.
SERVERS = {"scim2-server": "foreign", "django-scim2": "django_site"}

# The tests that a target cannot be held to, each with what it does instead.
LACKS = {
    "15five": {
        "test_a_work_mail_that_was_removed_is_absent": "every account needs one: 400",
        "test_a_street_joins_the_town_that_was_there": "no addresses",
        "test_roles_come_and_go_and_what_others_gave_stays": "no roles inside SCIM",
        "test_the_last_value_of_a_list_takes_the_list_along": "no list of values on an account",
        "test_deleting_twice_is_fine": "people are never deleted: 405",
        "test_an_update_of_somebody_who_is_gone_says_so": "nobody is ever gone: the same 405",
    },
    "django-scim2": {
        "test_an_account_that_was_created_is_found_with_its_values": (
            "no title; mail without a type"
        ),
        "test_a_look_up_finds_exactly_the_name_however_it_is_written": (
            "its filters read no escaped quote and no backslash: 400"
        ),
        "test_what_was_updated_is_read_back": "PATCH of an attribute it does not have: 501",
        "test_a_value_that_was_removed_is_absent": "PATCH remove on a user: 501",
        "test_a_work_mail_that_was_removed_is_absent": "the same remove: 501",
        "test_a_street_joins_the_town_that_was_there": "no addresses: 501",
        "test_roles_come_and_go_and_what_others_gave_stays": "no roles: 501",
        "test_the_last_value_of_a_list_takes_the_list_along": (
            "no entitlements: it would hold idly"
        ),
        "test_a_rename_onto_a_taken_name_is_a_conflict": "500 for a PATCH to a taken name, not 409",
        "test_members_come_and_go_in_batches": "PATCH remove of members[value eq ...]: 501",
        "test_a_member_who_left_already_counts_as_removed": "the same remove: 501",
        "test_a_person_is_found_by_work_mail_and_by_external_id_in_its_own_case": (
            "no filter on mail by type"
        ),
        "test_two_people_may_share_a_value_that_is_not_unique": "no title",
    },
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "target" in metafunc.fixturenames:
        test = metafunc.function.__name__
        names = [one for one in TARGETS if test not in LACKS.get(one, {})]
        metafunc.parametrize("target", names, indirect=True)


def test_what_a_target_is_not_held_to_is_a_test_that_there_is() -> None:
    named = {test for lacks in LACKS.values() for test in lacks}

    assert named <= set(globals())
    assert set(LACKS) <= set(TARGETS)


@pytest.fixture(scope="module")
def foreign() -> Iterator[str]:
    with running_scim2_server() as url:
        yield url


@pytest.fixture(scope="module")
def django_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    file = tmp_path_factory.mktemp("django") / "site.db"
    make_file(file, TOKEN)
    with running_django_scim2(file, TOKEN) as (url, _):
        yield url


@pytest.fixture
async def target(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Target]:
    server = SERVERS.get(request.param)
    if request.param == "memory":
        yield MemoryTarget()
        return
    in_bulk = request.param == IN_BULK
    app = unhurried("generic-scim" if server or in_bulk else request.param)
    async with contextlib.AsyncExitStack() as stack:
        if server is None:
            running = running_sandbox(app, tmp_path / "sandbox.db", TOKEN)
            url = (await stack.enter_async_context(running)).base_url
        else:
            url = request.getfixturevalue(server)
        one = scim_target(app, url, TOKEN, allow_loopback=True, bulk=in_bulk)
        await one.bulk.learn(Trace())
        stack.push_async_callback(one.close)
        if server is not None:
            await _emptied(one, HOSTILE if request.param == "scim2-server" else [])
        yield one


async def _emptied(target: Target, more: list[str]) -> None:
    """Delete what an earlier test left in the shared server."""
    for name in (
        *more,
        *(f"{who}@larkspur.example" for who in ("ada", "bo", "cy", "dee", "eve")),
    ):
        for one in await target.find(Kind.USER, "userName", name, Trace()):
            await target.delete(Kind.USER, one.id, Trace())
    for one in await target.find(Kind.GROUP, "displayName", "Engineering", Trace()):
        await target.delete(Kind.GROUP, one.id, Trace())


def shown(target: Target, *members: str) -> frozenset[str] | None:
    """Return what an app with these members shows of them: nothing where it says so."""
    groups = target.capabilities.groups
    return frozenset(members) if groups is not None and groups.members_readable else None


def person(name: str = "ada", **more: TargetValue) -> dict[str, TargetValue]:
    return {
        "userName": name if "@" in name or " " in name else f"{name}@larkspur.example",
        "externalId": f"r-{name}",
        "active": True,
        "title": "Engineer",
        WORK_MAIL: f"{name.split('@')[0].strip('#')}@larkspur.example"
        if name.isascii()
        else "z@l.example",
        **more,
    }


async def test_an_account_that_was_created_is_found_with_its_values(target: Target) -> None:
    made = await target.create(Kind.USER, person(), Trace())

    [found] = await target.find(Kind.USER, "userName", "ADA@larkspur.example", Trace())

    assert found.id == made.id
    assert dict(found.values) == person()


async def test_a_create_repeated_after_a_crash_makes_one_account(target: Target) -> None:
    made = await target.create(Kind.USER, person(), Trace())

    with pytest.raises(Conflict):
        await target.create(Kind.USER, person(), Trace())

    found = await target.find(Kind.USER, "userName", "ada@larkspur.example", Trace())
    assert [one.id for one in found] == [made.id]


async def test_what_is_asked_for_at_the_same_time_is_answered_each_for_itself(
    target: Target,
) -> None:
    ada = await target.create(Kind.USER, person(), Trace())
    names = ("ada", "bo", "cy", "dee")

    came = await asyncio.gather(
        *(target.create(Kind.USER, person(name), Trace()) for name in names),
        target.update(Kind.USER, ada.id, [ValueChange("active", True, False)], Trace()),
        return_exceptions=True,
    )

    assert [type(one) for one in came] == [Conflict, Account, Account, Account, type(None)]
    for name, made in zip(names[1:], came[1:], strict=False):
        found = await target.find(Kind.USER, "userName", f"{name}@larkspur.example", Trace())
        assert [one.id for one in found] == [made.id]  # type: ignore[union-attr]  # an account
    read = await target.read(Kind.USER, ada.id, Trace())
    assert read is not None
    assert read.values["active"] is False


async def test_a_name_taken_by_somebody_else_is_a_conflict_never_an_adoption(
    target: Target,
) -> None:
    await target.create(Kind.USER, person(externalId="r-somebody-else"), Trace())

    with pytest.raises(Conflict):
        await target.create(Kind.USER, person(externalId="r-1"), Trace())

    [found] = await target.find(Kind.USER, "userName", "ada@larkspur.example", Trace())
    assert found.values["externalId"] == "r-somebody-else"


async def test_a_look_up_finds_exactly_the_name_however_it_is_written(target: Target) -> None:
    made = [await target.create(Kind.USER, person("bo"), Trace())]
    made += [
        await target.create(
            Kind.USER,
            {"userName": name, "active": True, WORK_MAIL: f"{number}@larkspur.example"},
            Trace(),
        )
        for number, name in enumerate(HOSTILE)
    ]

    found = [await target.find(Kind.USER, "userName", name, Trace()) for name in HOSTILE]

    assert [[one.id for one in each] for each in found] == [[one.id] for one in made[1:]]


async def test_a_walk_through_the_list_meets_everybody_once(target: Target) -> None:
    names = ("ada", "bo", "cy", "dee", "eve")
    made = [await target.create(Kind.USER, person(name), Trace()) for name in names]

    met: list[str] = []
    while (page := await target.page(Kind.USER, len(met) + 1, Trace())).accounts:
        met += [one.id for one in page.accounts]

    assert page.total == len(met)
    assert len(set(met)) == len(met)
    assert {one.id for one in made} <= set(met)


async def test_nobody_is_found_under_a_name_that_is_not_there(target: Target) -> None:
    await target.create(Kind.USER, person(), Trace())

    assert await target.find(Kind.USER, "userName", "ad@larkspur.example", Trace()) == []


async def test_what_was_updated_is_read_back(target: Target) -> None:
    boss = await target.create(Kind.USER, person("bo"), Trace())
    first: dict[str, TargetValue] = {
        "userName": "ada@larkspur.example",
        "active": True,
        WORK_MAIL: "a@larkspur.example",
    }
    made = await target.create(Kind.USER, first, Trace())

    await target.update(
        Kind.USER,
        made.id,
        [
            ValueChange("active", True, False),
            ValueChange("title", None, "Director"),
            ValueChange("name.givenName", None, "Ada"),
            ValueChange(WORK_MAIL, "a@larkspur.example", "ada@larkspur.example"),
            ValueChange(MANAGER, None, boss.id),
        ],
        Trace(),
    )

    read = await target.read(Kind.USER, made.id, Trace())
    assert read is not None
    assert dict(read.values) == {
        "userName": "ada@larkspur.example",
        "active": False,
        "title": "Director",
        "name.givenName": "Ada",
        WORK_MAIL: "ada@larkspur.example",
        MANAGER: boss.id,
    }


async def test_a_value_that_was_removed_is_absent(target: Target) -> None:
    boss = await target.create(Kind.USER, person("bo"), Trace())
    made = await target.create(Kind.USER, person(**{MANAGER: boss.id}), Trace())

    await target.update(
        Kind.USER,
        made.id,
        [
            ValueChange("title", "Engineer", None),
            ValueChange(MANAGER, boss.id, None),
        ],
        Trace(),
    )

    read = await target.read(Kind.USER, made.id, Trace())
    assert read is not None
    assert not {"title", MANAGER} & set(read.values)


async def test_a_work_mail_that_was_removed_is_absent(target: Target) -> None:
    made = await target.create(Kind.USER, person(), Trace())
    change = ValueChange(WORK_MAIL, "ada@larkspur.example", None)

    await target.update(Kind.USER, made.id, [change], Trace())

    read = await target.read(Kind.USER, made.id, Trace())
    assert read is not None
    assert WORK_MAIL not in read.values


async def test_a_street_joins_the_town_that_was_there(target: Target) -> None:
    street, town = (f'addresses[type eq "work"].{part}' for part in ("streetAddress", "locality"))
    made = await target.create(Kind.USER, person(**{town: "Uppsala"}), Trace())

    await target.update(Kind.USER, made.id, [ValueChange(street, None, "Kungsgatan 1")], Trace())

    read = await target.read(Kind.USER, made.id, Trace())
    assert read is not None
    assert (read.values[town], read.values[street]) == ("Uppsala", "Kungsgatan 1")


async def test_roles_come_and_go_and_what_others_gave_stays(target: Target) -> None:
    def role(value: str) -> str:
        return element_text({"value": value, "display": value.title(), "type": "t"})

    crew, cook, captain, foreign = (role(one) for one in ("crew", "cook", "captain", "foreign"))
    made = await target.create(Kind.USER, person(roles=(crew, cook)), Trace())
    other = ValueChange("roles", None, (foreign,))
    await target.update(Kind.USER, made.id, [other], Trace())

    ours = ValueChange("roles", (crew, cook), (cook, captain))
    await target.update(Kind.USER, made.id, [ours], Trace())
    between = await target.read(Kind.USER, made.id, Trace())
    none_left = ValueChange("roles", (cook, captain), None)
    await target.update(Kind.USER, made.id, [none_left], Trace())

    after = await target.read(Kind.USER, made.id, Trace())
    assert between is not None
    assert after is not None
    assert set(between.values["roles"]) == {cook, captain, foreign}  # type: ignore[arg-type]  # a list
    assert after.values["roles"] == (foreign,)


async def test_the_last_value_of_a_list_takes_the_list_along(target: Target) -> None:
    only = element_text({"value": "oil"})
    made = await target.create(Kind.USER, person(entitlements=(only,)), Trace())

    await target.update(Kind.USER, made.id, [ValueChange("entitlements", (only,), None)], Trace())

    read = await target.read(Kind.USER, made.id, Trace())
    assert read is not None
    assert "entitlements" not in read.values


async def test_a_rename_onto_a_taken_name_is_a_conflict(target: Target) -> None:
    await target.create(Kind.USER, person("bo"), Trace())
    ada = await target.create(Kind.USER, person(), Trace())
    change = ValueChange("userName", "ada@larkspur.example", "bo@larkspur.example")

    with pytest.raises(Conflict):
        await target.update(Kind.USER, ada.id, [change], Trace())


async def test_members_come_and_go_in_batches(target: Target) -> None:
    people = [
        await target.create(Kind.USER, person(name), Trace()) for name in ("ada", "bo", "cy", "dee")
    ]
    ada, bo, cy, dee = (one.id for one in people)
    group = await target.create(Kind.GROUP, {"displayName": "Engineering"}, Trace())

    await target.change_members(group.id, [ada, bo, cy], [], Trace())
    await target.change_members(group.id, [dee], [ada, cy], Trace())

    assert await target.members(group.id, Trace()) == shown(target, bo, dee)


async def test_a_member_who_left_already_counts_as_removed(target: Target) -> None:
    ada, bo = [(await target.create(Kind.USER, person(name), Trace())).id for name in ("ada", "bo")]
    group = await target.create(Kind.GROUP, {"displayName": "Engineering"}, Trace())
    await target.change_members(group.id, [ada, bo], [], Trace())

    await target.change_members(group.id, [], [ada], Trace())
    await target.change_members(group.id, [], [ada, bo], Trace())

    assert await target.members(group.id, Trace()) == shown(target)


async def test_deleting_twice_is_fine(target: Target) -> None:
    made = await target.create(Kind.USER, person(), Trace())

    await target.delete(Kind.USER, made.id, Trace())
    await target.delete(Kind.USER, made.id, Trace())

    assert await target.read(Kind.USER, made.id, Trace()) is None


async def test_an_update_of_somebody_who_is_gone_says_so(target: Target) -> None:
    made = await target.create(Kind.USER, person(), Trace())
    await target.delete(Kind.USER, made.id, Trace())

    with pytest.raises(Vanished):
        await target.update(Kind.USER, made.id, [ValueChange("title", None, "x")], Trace())


async def test_the_connection_is_proven_with_a_sentence(target: Target) -> None:
    assert (await target.probe("userName")).endswith(".")


async def test_every_check_of_a_connection_that_works_passes_in_its_order(target: Target) -> None:
    await target.create(Kind.USER, person(), Trace())

    checks = [one async for one in target.checks("userName")]

    assert [one.name for one in checks] == list(CheckName)
    assert [one for one in checks if one.result is not CheckResult.PASSED and one.needed] == []
    assert usable(checks)
    assert all(one.words.endswith(".") for one in checks)


async def test_a_person_is_found_by_work_mail_and_by_external_id_in_its_own_case(
    target: Target,
) -> None:
    made = await target.create(Kind.USER, person(externalId="R-ada"), Trace())
    await target.create(Kind.USER, person("bo"), Trace())

    by_mail = await target.find(Kind.USER, WORK_MAIL, "ada@larkspur.example", Trace())
    by_id = await target.find(Kind.USER, "externalId", "R-ada", Trace())

    assert [one.id for one in (*by_mail, *by_id)] == [made.id, made.id]


async def test_two_people_may_share_a_value_that_is_not_unique(target: Target) -> None:
    two = {(await target.create(Kind.USER, person(name), Trace())).id for name in ("ada", "bo")}

    found = await target.find(Kind.USER, "title", "Engineer", Trace())

    assert {one.id for one in found} == two
