"""Every form of target path over a real socket: written, changed, removed and read back."""

import itertools
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.connectors.lanternly import ENTERPRISE, FIVE, OLD, lanternly
from tests.sandboxes import RunningSandbox, running_sandbox

from seatkeeper.connectors.resources import patch_operations, shape_of
from seatkeeper.connectors.scim_app import scim_target
from seatkeeper.connectors.scim_target import ScimTarget
from seatkeeper.directory.model import Kind
from seatkeeper.ports import Trace
from seatkeeper.provisioning.account import TargetValue, ValueChange
from seatkeeper.scim.element_text import element_text
from seatkeeper.scim.messages import Resource, patch_body
from seatkeeper.scim.patch import apply_patch
from seatkeeper.scim.validation import received
from seatkeeper.service_provider.profile import profile_of

APP = lanternly()
SHAPE = shape_of(APP.users)
MAIL, HOME = 'emails[type eq "work"].value', 'emails[type eq "home"]'
STREET, TOWN = (f'addresses[type eq "work"].{part}' for part in ("streetAddress", "locality"))
UNTYPED = 'addresses[type eq "untyped"].formatted'
PHOTO, CAPTION = (f'photos[primary eq "True"].{part}' for part in ("value", "display"))
SKILLS, SINCE = f"{FIVE}:skills", f"{FIVE}:since"
KEEPER = element_text({"value": "keeper", "display": "Keeper", "type": "t"})
OILER = element_text({"value": "oiler", "display": "Oiler"})
ADA: Mapping[str, TargetValue] = {"userName": "ada", "externalId": "r-ada"}
ACCOUNTS: list[Mapping[str, TargetValue]] = [
    ADA,
    {
        **ADA, "active": True, "title": "Engineer", "name.givenName": "Ada", MAIL: "a@l.example",
        HOME: "home@l.example", STREET: "Kungsgatan 1", TOWN: "Uppsala", UNTYPED: "Somewhere",
        PHOTO: "https://l.example/a", CAPTION: "Ada", "roles": (KEEPER, OILER),
        f"{ENTERPRISE}:department": "Lamps", f"{OLD}.costCenter": "7", SKILLS: ("knots", "lamps"),
        f"{FIVE}:level": 7, SINCE: "2031-03-16T07:00:00Z", f"{FIVE}:onCall": True,
    },
    {
        **ADA, "active": False, "name.familyName": "Larsen", HOME: "h@l.example",
        TOWN: "Oslo", CAPTION: "Ada", "roles": (KEEPER,), SKILLS: ("lamps", "sails"),
        f"{FIVE}:level": -1, f"{FIVE}:onCall": False, f"{OLD}.costCenter": "8",
    },
    {**ADA, STREET: "Storgata 2", PHOTO: "https://l.example/b", "roles": (OILER,),
     f"{FIVE}:mentor": "m-2", f"{FIVE}:badges": (KEEPER, OILER),
     "entitlements": (element_text({"value": "oil"}),), 'ims.[type eq "work"].value': "ada_l"},
    {**ADA, SKILLS: ("knots",), MAIL: "b@l.example", "nickName": "Countess",
     f"{ENTERPRISE}:manager": "m-1", f"{FIVE}:badges": (OILER,),
     'phoneNumbers[type eq "mobile"].value': "+46"},
]  # fmt: skip


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[RunningSandbox]:
    async with running_sandbox(APP, tmp_path / "app.db") as found:
        yield found


@pytest.fixture
async def target(box: RunningSandbox) -> AsyncIterator[ScimTarget]:
    one = scim_target(APP, box.base_url, box.token, allow_loopback=True, requests_per_second=1e6)
    yield one
    await one.close()


def comparable(values: Mapping[str, TargetValue]) -> dict[str, object]:
    return {
        path: frozenset(value) if isinstance(value, tuple) else value
        for path, value in values.items()
    }


def changes(before: Mapping[str, TargetValue], after: Mapping[str, TargetValue]) -> Any:
    one, other = comparable(before), comparable(after)
    return [
        ValueChange(path, before.get(path), after.get(path))
        for path in SHAPE.types
        if one.get(path) != other.get(path)
    ]


async def resource(box: RunningSandbox, account_id: str) -> dict[str, Any]:
    async with box.client() as client:
        return dict((await client.get(f"/Users/{account_id}")).json())


def without_meta(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name not in ("schemas", "meta")}


def body_of(asked: Mapping[str, Any]) -> dict[str, Any]:
    return dict(json.loads(asked["request"]))


async def test_what_an_app_shows_after_a_patch_is_what_the_pure_patch_says(
    box: RunningSandbox, target: ScimTarget
) -> None:
    schema = profile_of(APP).kind("User").schema
    for before, after in itertools.permutations(ACCOUNTS, 2):
        made = await target.create(Kind.USER, before, Trace())
        held = await resource(box, made.id)
        sent = patch_operations(SHAPE, changes(before, after), held)

        await target.update(Kind.USER, made.id, changes(before, after), Trace())

        shown = await resource(box, made.id)
        pure = apply_patch(held, patch_body(sent), schema)
        assert without_meta(shown) == without_meta(pure)
        assert received(shown, schema) == received(pure, schema)
        read = await target.read(Kind.USER, made.id, Trace())
        assert read is not None
        assert comparable(read.values) == comparable(after)
        await target.delete(Kind.USER, made.id, Trace())


async def test_an_account_that_was_created_names_the_extensions_it_uses(
    box: RunningSandbox, target: ScimTarget
) -> None:
    await target.create(Kind.USER, ACCOUNTS[1], Trace())

    [asked] = await box.requests()
    body = body_of(asked)
    assert set(body["schemas"]) == {APP.users.schemas[0], ENTERPRISE, OLD, FIVE}
    assert body["photos"] == [{"primary": True, "value": "https://l.example/a", "display": "Ada"}]
    assert body[FIVE]["skills"] == ["knots", "lamps"]
    assert body[FIVE]["onCall"] is True


async def test_values_that_others_put_into_a_list_stay_when_ours_leave(
    box: RunningSandbox, target: ScimTarget
) -> None:
    made = await target.create(Kind.USER, ACCOUNTS[1], Trace())
    async with box.client() as client:
        added: list[Resource] = [
            {"op": "add", "path": SKILLS, "value": ["singing"]},
            {"op": "add", "path": "roles", "value": [{"value": "auditor", "extra": "kept"}]},
        ]
        assert (await client.patch(f"/Users/{made.id}", json=patch_body(added))).is_success

    gone = [
        ValueChange(SKILLS, ("knots", "lamps"), None),
        ValueChange("roles", (KEEPER, OILER), None),
    ]
    await target.update(Kind.USER, made.id, gone, Trace())

    shown = await resource(box, made.id)
    assert shown[FIVE]["skills"] == ["singing"]
    assert shown["roles"] == [{"value": "auditor", "extra": "kept"}]


async def test_a_value_that_left_already_costs_a_look_and_no_write(
    box: RunningSandbox, target: ScimTarget
) -> None:
    made = await target.create(Kind.USER, ADA, Trace())
    before = len(await box.requests())

    await target.update(Kind.USER, made.id, [ValueChange(SKILLS, ("knots",), None)], Trace())

    asked = (await box.requests())[before:]
    assert [one["method"] for one in asked] == ["GET"]


async def test_a_change_that_adds_costs_one_request(
    box: RunningSandbox, target: ScimTarget
) -> None:
    made = await target.create(Kind.USER, ACCOUNTS[1], Trace())
    before = len(await box.requests())
    gained = [ValueChange(SKILLS, ("knots", "lamps"), ("knots", "lamps", "sails"))]

    await target.update(Kind.USER, made.id, gained, Trace())

    asked = (await box.requests())[before:]
    assert [one["method"] for one in asked] == ["PATCH"]
    assert body_of(asked[0])["Operations"] == [{"op": "add", "path": SKILLS, "value": ["sails"]}]


async def test_people_are_found_by_an_element_named_without_a_part(
    box: RunningSandbox, target: ScimTarget
) -> None:
    made = await target.create(Kind.USER, ACCOUNTS[1], Trace())

    [found] = await target.find(Kind.USER, HOME, "HOME@l.example", Trace())

    assert found.id == made.id
    assert "filter=emails%5Btype%20eq%20%22home%22%5D.value" in (await box.requests())[-1]["query"]


async def test_an_app_with_a_dialect_of_its_own_is_spoken_to_in_it(tmp_path: Path) -> None:
    app = lanternly(
        "booleans-as-text", "roles-as-json-text", "empty-text-clears", "schemas-in-patch"
    )
    async with running_sandbox(app, tmp_path / "app.db") as box:
        target = scim_target(app, box.base_url, box.token, allow_loopback=True)
        made = await target.create(Kind.USER, {**ADA, "active": True, "title": "x"}, Trace())

        told = [
            ValueChange("active", True, False),
            ValueChange("title", "x", None),
            ValueChange("roles", None, (KEEPER,)),
            ValueChange(f"{FIVE}:level", None, 3),
        ]
        await target.update(Kind.USER, made.id, told, Trace())

        await target.close()
        asked = await box.requests()
        shown = await resource(box, made.id)
    assert body_of(asked[0])["active"] == "True"
    assert [(one["op"], one["path"]) for one in body_of(asked[1])["Operations"]] == [
        ("add", "schemas"),
        ("replace", "active"),
        ("replace", "title"),
        ("add", "roles"),
        ("add", f"{FIVE}:level"),
    ]
    assert "displayName" in body_of(asked[1])["Operations"][3]["value"][0]["value"]
    assert (shown["active"], shown.get("title"), shown[FIVE]["level"]) == (False, None, 3)
