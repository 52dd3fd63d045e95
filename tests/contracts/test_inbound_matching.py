"""By what a source's people are known when they are pushed in; on each kind of database."""

import datetime as dt

import pytest
from tests.contracts.test_inbound import Client, person

from seatkeeper.clock import utc_now
from seatkeeper.configuration.inbound import inbound_mappings
from seatkeeper.scim.messages import Json
from seatkeeper.service_provider.profile import directory_profile
from seatkeeper.service_provider.service import ScimService
from seatkeeper.store.database import Database
from seatkeeper.store.directory import SqlDirectory
from seatkeeper.store.inbound import SqlInbound
from seatkeeper.store.inbound_source import Source


class ByName(Client):
    """A source whose people are known by their names alone."""

    def __init__(self, database: Database) -> None:
        profile = directory_profile()
        source = Source("hr", inbound_mappings(), profile.keys_of, matching=("userName",))
        self.keeper = SqlInbound(database, source)
        self._service = ScimService(self.keeper, profile)


@pytest.fixture
def hr(database: Database) -> Client:
    return Client(database, "hr")


@pytest.fixture
def directory(database: Database) -> SqlDirectory:
    return SqlDirectory(database)


async def test_who_comes_back_under_another_name_is_the_same_person(
    hr: Client, directory: SqlDirectory
) -> None:
    hr.send("DELETE", "/Users/" + hr.post("/Users", person("ada", externalId="E7")))
    before = await directory.user("ada@larkspur.example")

    hr.post("/Users", person("ada.byron", externalId="E7"))

    after = await directory.user("ada.byron@larkspur.example")
    assert (after.id, after.deleted_at, after.text("givenName")) == (before.id, None, "Ada.Byron")
    assert len(await directory.all_users()) == 1


async def test_one_external_id_is_one_living_person(hr: Client, directory: SqlDirectory) -> None:
    hr.post("/Users", person("ada", externalId="E7"))
    bo = hr.post("/Users", person("bo", externalId="E8"))
    change: Json = {"op": "replace", "path": "externalId", "value": "E7"}

    created = hr.refused("POST", "/Users", person("cy", externalId="E7"))
    changed = hr.refused(
        "PATCH",
        f"/Users/{bo}",
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [change]},
    )

    assert (created.status, created.scim_type) == (409, "uniqueness")
    assert (changed.status, changed.scim_type) == (409, "uniqueness")
    assert len(await directory.all_users()) == 2


@pytest.mark.parametrize("external_id", [None, "", "e7"])
async def test_no_external_id_or_another_case_is_somebody_new(
    hr: Client, directory: SqlDirectory, external_id: str | None
) -> None:
    hr.post("/Users", person("bo", externalId="E7" if external_id else external_id))

    hr.post("/Users", person("ada", externalId=external_id))

    assert len(await directory.all_users()) == 2


async def test_another_source_s_external_id_finds_nobody(
    hr: Client, database: Database, directory: SqlDirectory
) -> None:
    hr.send("DELETE", "/Users/" + hr.post("/Users", person("ada", externalId="E7")))

    Client(database, "contractors").post("/Users", person("bo", externalId="E7"))

    ada, bo = [await directory.user(f"{name}@larkspur.example") for name in ("ada", "bo")]
    assert ada.id != bo.id
    assert ada.deleted_at is not None


async def test_a_name_that_somebody_else_has_is_not_taken_by_an_external_id(
    hr: Client, database: Database, directory: SqlDirectory
) -> None:
    hr.send("DELETE", "/Users/" + hr.post("/Users", person("ada", externalId="E7")))
    Client(database, "contractors").post("/Users", person("bo"))

    refusal = hr.refused("POST", "/Users", person("bo", externalId="E7"))

    assert (refusal.status, "another source" in str(refusal)) == (409, True)
    assert (await directory.user("ada@larkspur.example")).deleted_at is not None


async def test_two_who_left_with_one_external_id_are_told_apart_by_name(
    database: Database, directory: SqlDirectory
) -> None:
    careless = ByName(database)
    made = [careless.post("/Users", person(name, externalId="E7")) for name in ("ada", "bo")]
    for one in made:
        careless.send("DELETE", f"/Users/{one}")
    hr = Client(database, "hr")

    hr.post("/Users", person("bo", externalId="E7"))
    hr.post("/Users", person("cy", externalId="E9"))

    deleted = {one.user_name: one.deleted_at is not None for one in await directory.all_users()}
    assert (deleted["ada@larkspur.example"], deleted["bo@larkspur.example"]) == (True, False)
    assert len(deleted) == 3


async def test_a_source_that_uses_ids_again_can_be_known_by_name_alone(
    database: Database, directory: SqlDirectory
) -> None:
    hr = ByName(database)
    hr.send("DELETE", "/Users/" + hr.post("/Users", person("ada", externalId="E7")))

    hr.post("/Users", person("bo", externalId="E7"))

    assert len(await directory.all_users()) == 2


async def test_who_is_removed_for_good_is_known_no_more(
    hr: Client, directory: SqlDirectory
) -> None:
    hr.send("DELETE", "/Users/" + hr.post("/Users", person("ada", externalId="E7")))
    before = await directory.user("ada@larkspur.example")
    await directory.purge_expired(now=utc_now() + dt.timedelta(days=31))

    hr.post("/Users", person("ada", externalId="E7"))

    assert (await directory.user("ada@larkspur.example")).id != before.id
