"""SCIM over a real socket, as clients of the app meet it."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from tests.sandboxes import RunningSandbox, running_sandbox

from seatkeeper.gallery.schema import gallery_app
from seatkeeper.scim.dialect import STRICT, Inspection
from seatkeeper.scim.finding import Verdict
from seatkeeper.scim.messages import ENTERPRISE_USER, PATCH_OP, USER, Json, ScimError
from seatkeeper.service_provider.call import Call
from seatkeeper.service_provider.profile import profile_of
from seatkeeper.service_provider.service import ScimService
from seatkeeper.store.resource_file import ResourceFile
from seatkeeper.store.resources import ResourceStore

JSON = {"content-type": "application/scim+json"}
FIVE = "urn:ietf:params:scim:schemas:extension:15Five:2.0:User"


def person(name: str, **more: Json) -> dict[str, Json]:
    return {"userName": name, "emails": [{"type": "work", "value": f"{name}@x"}], **more}


def patch(*operations: dict[str, Json]) -> dict[str, Json]:
    return {"schemas": [PATCH_OP], "Operations": list(operations)}


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[RunningSandbox]:
    async with running_sandbox("15five", tmp_path / "app.db") as found:
        yield found


@pytest.fixture
async def client(app: RunningSandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with app.client() as found:
        yield found


async def made(client: httpx.AsyncClient, path: str, body: dict[str, Json]) -> str:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_a_joiner_gets_an_account_that_can_be_found(client: httpx.AsyncClient) -> None:
    own: dict[str, Json] = {FIVE: {"location": "Kyiv"}}

    answer = await client.post("/Users", json=person("Ada", **own))

    found = (await client.get("/Users", params={"filter": 'userName eq "ada"'})).json()
    direct = await client.get(answer.headers["Location"])
    assert answer.headers["Content-Type"] == "application/scim+json"
    assert found["Resources"] == [answer.json()] == [direct.json()]
    assert answer.json()["schemas"][-1] == FIVE


@pytest.mark.parametrize(
    "text",
    [
        'emails[type eq "work"].value eq "ADA@x"',
        'externalId eq "R-1"',
        'title co "lead" and active eq true',
        f'{ENTERPRISE_USER}:manager.value eq "m"',
    ],
)
async def test_every_kind_of_filter_finds_ada_alone(client: httpx.AsyncClient, text: str) -> None:
    more: dict[str, Json] = {ENTERPRISE_USER: {"manager": "m"}}
    ada = await made(
        client, "/Users", person("ada", externalId="R-1", title="Lead", active="True", **more)
    )
    await made(client, "/Users", person("bo", externalId="r-1"))

    found = (await client.get("/Users", params={"filter": text})).json()

    assert [one["id"] for one in found["Resources"]] == [ada]


@pytest.mark.parametrize(
    "second", [person("ADA"), {**person("bo"), "emails": person("Ada")["emails"]}]
)
async def test_of_two_creates_at_once_one_wins(
    client: httpx.AsyncClient, second: dict[str, Json]
) -> None:
    answers = await asyncio.gather(
        client.post("/Users", json=person("ada")), client.post("/Users", json=second)
    )

    assert sorted(one.status_code for one in answers) == [201, 409]
    refused = next(one for one in answers if one.status_code == 409)
    assert refused.json()["scimType"] == "uniqueness"
    assert "ada" not in refused.text.casefold()


async def test_a_leaver_is_disabled_and_still_found(client: httpx.AsyncClient) -> None:
    ada = await made(client, "/Users", person("ada", active=True))

    answer = await client.patch(
        f"/Users/{ada}", json=patch({"op": "Replace", "path": "active", "value": "False"})
    )

    found = (await client.get("/Users", params={"filter": 'userName eq "ada"'})).json()
    assert answer.status_code == 200
    assert found["Resources"][0]["active"] is False


async def test_a_user_is_not_deleted_where_the_app_does_not(client: httpx.AsyncClient) -> None:
    ada = await made(client, "/Users", person("ada"))

    answer = await client.delete(f"/Users/{ada}")

    assert (answer.status_code, answer.json()["status"]) == (405, "405")
    assert "15Five does not delete" in answer.json()["detail"]
    assert (await client.get(f"/Users/{ada}")).status_code == 200


async def test_somebody_joins_and_leaves_a_group(client: httpx.AsyncClient) -> None:
    ada = await made(client, "/Users", person("ada"))
    group = await made(client, "/Groups", {"displayName": "Crew"})
    add: dict[str, Json] = {"op": "Add", "path": "members", "value": [{"$ref": None, "value": ada}]}
    remove: dict[str, Json] = {"op": "remove", "path": f'members[value eq "{ada}"]'}

    joined = await client.patch(f"/Groups/{group}", json=patch(add, add))
    shown = (await client.get(f"/Groups/{group}")).json()
    asked = "attributes=members.value,members.display"
    named = (await client.get(f"/Groups/{group}?{asked}")).json()
    bare = (await client.get(f"/Groups/{group}?excludedAttributes=members")).json()
    probe = {"filter": f'id eq "{group}" and members eq "{ada}"', "attributes": "id"}
    probed = (await client.get("/Groups", params=probe)).json()
    hers = (await client.get(f"/Users/{ada}")).json()["groups"]
    left = [await client.patch(f"/Groups/{group}", json=patch(remove)) for _ in range(2)]

    assert joined.status_code == 204
    assert [(one["value"], one["type"]) for one in shown["members"]] == [(ada, "User")]
    assert named["members"] == [{"value": ada, "display": "ada"}]
    assert "members" not in bare
    assert [sorted(one) for one in probed["Resources"]] == [["id", "schemas"]]
    assert [one["value"] for one in hers] == [group]
    assert [one.status_code for one in left] == [204, 204]
    assert "members" not in (await client.get(f"/Groups/{group}")).json()


async def test_everybody_of_one_kind_leaves_by_a_filter(client: httpx.AsyncClient) -> None:
    ada = await made(client, "/Users", person("ada"))
    inner = await made(client, "/Groups", {"displayName": "Inner"})
    both: Json = [{"value": ada}, {"value": inner}]
    group = await made(client, "/Groups", {"displayName": "Crew", "members": both})
    remove: dict[str, Json] = {"op": "remove", "path": 'members[type eq "User" or value eq 1]'}

    answers = [await client.patch(f"/Groups/{group}", json=patch(remove)) for _ in range(2)]

    shown = (await client.get(f"/Groups/{group}")).json()
    assert [one.status_code for one in answers] == [204, 204]
    assert [one["value"] for one in shown["members"]] == [inner]


async def test_a_join_or_a_replacing_that_changes_nothing_leaves_the_group_as_it_was(
    client: httpx.AsyncClient,
) -> None:
    ada = await made(client, "/Users", person("ada"))
    group = await made(client, "/Groups", {"displayName": "Crew", "members": [{"value": ada}]})
    before = (await client.get(f"/Groups/{group}")).json()
    whole: dict[str, Json] = {"displayName": "Crew", "members": [{"value": ada}]}
    add: dict[str, Json] = {"op": "add", "path": "members", "value": [{"value": ada}]}
    leave: dict[str, Json] = {"op": "remove", "path": 'members[value eq "nobody"]'}

    await client.patch(f"/Groups/{group}", json=patch(add, leave))
    await client.patch(f"/Groups/{group}", json=patch({**add, "op": "replace"}))
    await client.put(f"/Groups/{group}", json=whole)

    assert (await client.get(f"/Groups/{group}")).json() == before


async def test_a_group_is_emptied_by_a_replacing_with_nobody(client: httpx.AsyncClient) -> None:
    ada = await made(client, "/Users", person("ada"))
    group = await made(client, "/Groups", {"displayName": "Crew", "members": [{"value": ada}]})
    nobody: dict[str, Json] = {"op": "replace", "path": "members", "value": []}

    answers = [await client.patch(f"/Groups/{group}", json=patch(nobody)) for _ in range(2)]

    assert [one.status_code for one in answers] == [204, 204]
    assert "members" not in (await client.get(f"/Groups/{group}")).json()


async def test_nobody_finds_people_by_their_password(client: httpx.AsyncClient) -> None:
    answer = await client.get("/Users", params={"filter": 'password eq "hunter22"'})

    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidFilter")


async def test_only_what_was_asked_for_is_listed(client: httpx.AsyncClient) -> None:
    ada = await made(client, "/Users", person("ada", title="Lead"))

    asked = (await client.get("/Users?attributes=emails.value,nothing")).json()["Resources"]
    left = (await client.get("/Users?excludedAttributes=emails,meta,title")).json()["Resources"]

    assert asked == [{"schemas": [USER], "id": ada, "emails": [{"value": "ada@x"}]}]
    assert left == [{"schemas": [USER], "id": ada, "userName": "ada"}]


async def test_a_group_is_deleted_and_its_name_is_free_again(client: httpx.AsyncClient) -> None:
    group = await made(client, "/Groups", {"displayName": "Crew"})

    answers = [await client.delete(f"/Groups/{group}"), await client.get(f"/Groups/{group}")]

    assert [one.status_code for one in answers] == [204, 404]
    assert await made(client, "/Groups", {"displayName": "crew"}) != group


async def test_a_patch_that_fails_on_a_member_leaves_the_name(client: httpx.AsyncClient) -> None:
    group = await made(client, "/Groups", {"displayName": "Crew"})
    rename: dict[str, Json] = {"op": "replace", "path": "displayName", "value": "New"}

    answer = await client.patch(
        f"/Groups/{group}", json=patch(rename, {"op": "add", "path": "members", "value": ["no"]})
    )

    assert answer.status_code == 400
    assert (await client.get(f"/Groups/{group}")).json()["displayName"] == "Crew"


async def test_put_replaces_and_keeps_the_id(client: httpx.AsyncClient) -> None:
    ada = await made(client, "/Users", person("ada", title="Lead"))

    answer = await client.put(f"/Users/{ada}", json=person("ada", id="mine", meta={"x": 1}))

    assert answer.json()["id"] == ada
    assert "title" not in answer.json()


async def test_a_password_is_neither_kept_nor_shown(
    client: httpx.AsyncClient, app: RunningSandbox
) -> None:
    ada = await made(client, "/Users", person("ada", password="hunter22"))
    setting = patch({"op": "add", "path": "password", "value": "hunter22"})

    await client.patch(f"/Users/{ada}", json=setting)

    everything = str(await app.dump()) + str(await app.requests())
    assert "hunter22" not in everything


async def test_pages_follow_each_other_without_a_gap(client: httpx.AsyncClient) -> None:
    ids = [await made(client, "/Users", person(f"p{at}")) for at in range(12)]

    pages = [
        (await client.get(f"/Users?count=5&startIndex={start}")).json() for start in (1, 6, 11)
    ]

    assert [one["id"] for page in pages for one in page["Resources"]] == ids
    assert {page["totalResults"] for page in pages} == {12}
    assert [page["startIndex"] for page in pages] == [1, 6, 11]


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b"", 400),
        (b'{"userName": NaN}', 400),
        (b'{"userName": "\xff"}', 400),
        (b'{"userName": "\\ud800"}', 400),
        (b'{"a":' * 40 + b"1" + b"}" * 40, 400),
        (b"[" * 100_000, 400),
        (b'{"userName": ""}', 400),
        (b'{"userName": 3}', 400),
        (b'{"userName": "no-mail"}', 400),
        (b'{"userName": "' + b"x" * 70_000 + b'"}', 400),
        (b" " * (10 * 1024 * 1024 + 1), 413),
    ],
)
async def test_a_body_that_cannot_be_used_is_refused_in_scims_words(
    client: httpx.AsyncClient, raw: bytes, status: int
) -> None:
    answer = await client.post("/Users", content=raw)

    assert answer.status_code == status
    assert answer.json()["status"] == str(status)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/Nothing", 404),
        ("GET", "/Users/none", 404),
        ("GET", "/Users/a/b", 404),
        ("PUT", "/Users", 405),
        ("POST", "/Schemas", 405),
        ("GET", "/Users?filter=userName+eq", 400),
        ("GET", "/Users?count=many", 400),
    ],
)
async def test_what_does_not_exist_is_said_in_scims_form(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)

    assert answer.status_code == status
    assert answer.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]


async def test_the_service_describes_itself(client: httpx.AsyncClient) -> None:
    config = await client.get("/ServiceProviderConfig")
    types = await client.get("/ResourceTypes")
    schemas = await client.get("/Schemas")
    one = await client.get(f"/Schemas/{FIVE}")

    assert config.json()["patch"] == {"supported": True}
    assert [kind["id"] for kind in types.json()["Resources"]] == ["User", "Group"]
    assert FIVE in [schema["id"] for schema in schemas.json()["Resources"]]
    assert [attribute["name"] for attribute in one.json()["attributes"]] == [
        "location",
        "startDate",
    ]


def test_a_strict_service_refuses_a_departure_with_its_rule_and_notes_it(tmp_path: Path) -> None:
    profile = replace(profile_of(gallery_app("15five")), dialect=STRICT)
    file = ResourceFile(tmp_path / "app.db")
    store = ResourceStore(file, profile.keys_of)
    body = json.dumps({"schemas": [USER], **person("ada", active="True")}).encode()
    call = Call("POST", ("Users",), {}, body, "http://x", Inspection(profile.dialect), JSON)

    with pytest.raises(ScimError, match=r"RFC 7643 2\.3\.2"):
        ScimService(store, profile).answer(call)

    file.close()
    assert [one.where for one in call.inspection.findings if one.verdict is Verdict.BROKEN] == [
        "active"
    ]
