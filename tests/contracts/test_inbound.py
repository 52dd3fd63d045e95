"""What every directory promises to a source that pushes people in; on each kind of database."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, select

from seatkeeper.configuration.inbound import inbound_mappings
from seatkeeper.directory.model import Kind, Subject, User, Verb
from seatkeeper.errors import NotFound
from seatkeeper.ports import UserEdit
from seatkeeper.scim.messages import ENTERPRISE_USER, PATCH_OP, Json, Resource, ScimError
from seatkeeper.service_provider.call import Call
from seatkeeper.service_provider.profile import directory_profile
from seatkeeper.service_provider.service import ScimService
from seatkeeper.service_provider.wire import Answer
from seatkeeper.store.configuration import SqlConfiguration
from seatkeeper.store.database import Database
from seatkeeper.store.directory import SqlDirectory
from seatkeeper.store.inbound import SqlInbound
from seatkeeper.store.inbound_ownership import give
from seatkeeper.store.inbound_source import Source
from seatkeeper.store.inbound_tables import RESOURCES
from seatkeeper.store.news import News
from seatkeeper.store.secrets import MasterKey

ADMIN = "root@larkspur.example"


class Client:
    """One source's client, without a socket: what it sends, and what it is answered."""

    def __init__(self, database: Database, source: str) -> None:
        profile = directory_profile()
        self.keeper = SqlInbound(
            database, Source(source, inbound_mappings(), profile.keys_of, frozenset({ADMIN}))
        )
        self._service = ScimService(self.keeper, profile)

    def send(
        self, method: str, path: str, body: Json = None, query: Mapping[str, str] | None = None
    ) -> Answer:
        raw = b"" if body is None else json.dumps(body).encode()
        parts = tuple(part for part in path.split("/") if part)
        return self._service.answer(Call(method, parts, dict(query or {}), raw, "http://s/scim/v2"))

    def post(self, path: str, body: Resource) -> str:
        answer = self.send("POST", path, body)
        assert answer.status == 201
        return str((answer.body or {})["id"])

    def patch(self, path: str, *operations: Json) -> Answer:
        return self.send("PATCH", path, {"schemas": [PATCH_OP], "Operations": list(operations)})

    def listed(self, path: str, text: str = "") -> list[Resource]:
        query = {"filter": text} if text else {}
        found = (self.send("GET", path, query=query).body or {})["Resources"]
        assert isinstance(found, list)
        return [one for one in found if isinstance(one, dict)]

    def refused(self, method: str, path: str, body: Json = None) -> ScimError:
        with pytest.raises(ScimError) as caught:
            self.send(method, path, body)
        return caught.value


def person(name: str, **more: Json) -> Resource:
    return {
        "userName": f"{name}@larkspur.example",
        "name": {"givenName": name.title(), "familyName": "Larsen"},
        "emails": [{"type": "work", "primary": True, "value": f"{name}@larkspur.example"}],
        "active": True,
        **more,
    }


def group(name: str, members: Iterable[str] = ()) -> Resource:
    return {"displayName": name, "members": [{"value": one} for one in members]}


@pytest.fixture
def hr(database: Database) -> Client:
    return Client(database, "hr")


@pytest.fixture
def other(database: Database) -> Client:
    return Client(database, "contractors")


@pytest.fixture
def directory(database: Database) -> SqlDirectory:
    return SqlDirectory(database)


async def ada_of(directory: SqlDirectory) -> User:
    return await directory.user("ada@larkspur.example")


async def test_who_is_pushed_in_is_in_the_directory_with_all_that_was_said(
    hr: Client, directory: SqlDirectory
) -> None:
    boss = hr.post("/Users", person("bo"))

    more: Resource = {"department": "R&D", "employeeNumber": "7", "manager": {"value": boss}}
    hr.post("/Users", person("ada", title="Engineer", externalId="E7", **{ENTERPRISE_USER: more}))

    ada, bo = await ada_of(directory), await directory.user("bo@larkspur.example")
    assert ada.manager_id == bo.id
    assert ada.attributes == {
        "userPrincipalName": "ada@larkspur.example",
        "givenName": "Ada",
        "surname": "Larsen",
        "mail": "ada@larkspur.example",
        "jobTitle": "Engineer",
        "employeeId": "7",
        "department": "R&D",
    }


async def test_a_source_never_sees_an_id_of_the_directory(
    hr: Client, directory: SqlDirectory
) -> None:
    boss = hr.post("/Users", person("bo"))
    more: Resource = {"manager": {"value": boss}}
    ada = hr.post("/Users", person("ada", **{ENTERPRISE_USER: more}))
    hr.post("/Groups", group("Sales", [ada, boss]))

    shown = json.dumps([hr.listed("/Users"), hr.listed("/Groups")])

    internal = [one.id for one in await directory.all_users()]
    internal += [one.id for one in await directory.all_groups()]
    assert len(internal) == 3
    assert not [one for one in internal if one in shown]


async def test_an_id_of_the_directory_finds_nothing(hr: Client, directory: SqlDirectory) -> None:
    hr.post("/Users", person("ada"))
    internal = (await ada_of(directory)).id

    answers = [hr.refused(verb, f"/Users/{internal}").status for verb in ("GET", "DELETE")]
    answers += [hr.refused("GET", f"/Users/{odd}").status for odd in ("a\0", "\ud800", "'--")]
    as_member = hr.refused("POST", "/Groups", group("Sales", [internal]))

    assert answers == [404] * 5
    assert as_member.status == 400


async def test_each_push_is_told_once_with_the_source_as_actor(
    hr: Client, directory: SqlDirectory
) -> None:
    ada = hr.post("/Users", person("ada"))

    for _ in range(2):
        hr.patch(f"/Users/{ada}", {"op": "Replace", "path": "active", "value": "False"})
    hr.send("DELETE", f"/Users/{ada}")

    told = await directory.changes(after=0)
    assert [(one.verb, one.actor) for one in told] == [
        (Verb.CREATED, "scim:hr"),
        (Verb.DISABLED, "scim:hr"),
        (Verb.DELETED, "scim:hr"),
    ]


async def test_who_was_deleted_comes_back_as_the_same_person_under_a_new_id(
    hr: Client, directory: SqlDirectory
) -> None:
    first = hr.post("/Users", person("ada", title="Engineer"))
    before = await ada_of(directory)
    hr.send("DELETE", f"/Users/{first}")

    gone = hr.refused("GET", f"/Users/{first}")
    second = hr.post("/Users", person("ADA", title="Director"))

    after = await ada_of(directory)
    assert gone.status == 404
    assert second != first
    assert (after.id, after.deleted_at, after.text("jobTitle")) == (before.id, None, "Director")


async def test_active_again_restores_who_was_deleted_by_hand(
    hr: Client, directory: SqlDirectory
) -> None:
    ada = hr.post("/Users", person("ada", active=False))
    now = dt.datetime(2026, 1, 31, tzinfo=dt.UTC)
    await directory.delete_user((await ada_of(directory)).id, actor="grace", now=now)

    hr.patch(f"/Users/{ada}", {"op": "replace", "value": {"active": True}})

    restored = await ada_of(directory)
    assert (restored.deleted_at, restored.enabled) == (None, True)


async def test_a_correction_by_hand_stays_until_the_source_says_something_new(
    hr: Client, directory: SqlDirectory
) -> None:
    ada = hr.post("/Users", person("ada", title="Enginer"))
    internal = (await ada_of(directory)).id
    await directory.edit_user(internal, UserEdit({"jobTitle": "Engineer"}), actor="grace")

    hr.send("PUT", f"/Users/{ada}", person("ada", title="Enginer", nickName="Countess"))
    corrected = (await ada_of(directory)).text("jobTitle")
    hr.patch(f"/Users/{ada}", {"op": "replace", "path": "title", "value": "Director"})

    assert corrected == "Engineer"
    assert (await ada_of(directory)).text("jobTitle") == "Director"


async def test_what_a_source_takes_back_is_gone(hr: Client, directory: SqlDirectory) -> None:
    boss = hr.post("/Users", person("bo"))
    manager: Resource = {"manager": {"value": boss}}
    ada = hr.post("/Users", person("ada", title="Engineer", **{ENTERPRISE_USER: manager}))

    hr.patch(
        f"/Users/{ada}",
        {"op": "remove", "path": "title"},
        {"op": "remove", "path": f"{ENTERPRISE_USER}:manager"},
    )

    found = await ada_of(directory)
    assert (found.text("jobTitle"), found.manager_id) == ("", None)


async def test_of_two_pushes_at_once_one_wins_whichever_source_they_come_from(
    hr: Client, other: Client, directory: SqlDirectory
) -> None:
    def push(client: Client) -> int:
        try:
            return client.send("POST", "/Users", person("ada")).status
        except ScimError as error:
            return error.status

    with ThreadPoolExecutor(6) as threads:
        statuses = sorted(threads.map(push, [hr, other] * 3))

    assert statuses == [201, 409, 409, 409, 409, 409]
    assert len(await directory.all_users()) == 1


async def test_people_who_join_at_once_all_are_members(hr: Client, directory: SqlDirectory) -> None:
    people = [hr.post("/Users", person(f"p{n}")) for n in range(6)]
    sales = hr.post("/Groups", group("Sales"))

    def join(one: str) -> int:
        value: Json = [{"value": one}]
        return hr.patch(f"/Groups/{sales}", {"op": "add", "path": "members", "value": value}).status

    with ThreadPoolExecutor(6) as threads:
        statuses = set(threads.map(join, people))

    assert statuses == {204}
    assert len(await directory.memberships((await directory.group("Sales")).id)) == 6


# --- whose a person is ---


async def test_nobody_is_taken_over_by_an_equal_name(
    hr: Client, other: Client, directory: SqlDirectory, database: Database
) -> None:
    by_hand = {"userPrincipalName": "grace@larkspur.example", "jobTitle": "Admiral"}
    await directory.create_user(UserEdit(by_hand), actor="grace")
    hr.post("/Users", person("ada", title="Engineer"))

    refusals = [
        other.refused("POST", "/Users", person(name, title="Thief")) for name in ("grace", "ada")
    ]

    titles = {one.user_name: one.text("jobTitle") for one in await directory.all_users()}
    assert [(one.status, one.scim_type) for one in refusals] == [(409, "uniqueness")] * 2
    assert titles == {"grace@larkspur.example": "Admiral", "ada@larkspur.example": "Engineer"}
    audit = await SqlConfiguration(database, MasterKey(b"k" * 32)).audit(limit=2)
    assert [(one.actor, one.action) for one in audit] == [
        ("scim:contractors", "inbound.refused")
    ] * 2
    assert other.listed("/Users") == []


async def test_one_source_cannot_find_change_or_name_what_is_anothers(
    hr: Client, other: Client, directory: SqlDirectory
) -> None:
    ada = hr.post("/Users", person("ada"))
    sales = hr.post("/Groups", group("Sales", [ada]))
    eve = other.post("/Users", person("eve"))
    last = await directory.last_change()

    answers = [
        other.refused("GET", f"/Users/{ada}"),
        other.refused("PUT", f"/Users/{ada}", person("ada")),
        other.refused("DELETE", f"/Users/{ada}"),
        other.refused("DELETE", f"/Groups/{sales}"),
    ]
    manager: Resource = {"manager": {"value": ada}}
    boss = other.refused("PUT", f"/Users/{eve}", person("eve", **{ENTERPRISE_USER: manager}))
    member = other.refused("POST", "/Groups", group("Ours", [ada]))

    assert [one.status for one in answers] == [404] * 4
    assert (boss.status, member.status) == (400, 400)
    assert other.listed("/Users", f'id eq "{ada}"') == []
    assert await directory.last_change() == last


async def test_nobody_is_renamed_onto_another(
    hr: Client, other: Client, directory: SqlDirectory
) -> None:
    hr.post("/Users", person("ada"))
    eve = other.post("/Users", person("eve"))
    rename: Json = {"op": "replace", "path": "userName", "value": "ADA@larkspur.example"}

    refused = other.refused("PATCH", f"/Users/{eve}", {"Operations": [rename]})

    assert refused.status == 409
    assert (await directory.user("eve@larkspur.example")).text("givenName") == "Eve"


@pytest.mark.parametrize("verb", ["POST", "PUT"])
async def test_an_administrator_is_out_of_reach(
    hr: Client, directory: SqlDirectory, verb: str
) -> None:
    path = "/Users" if verb == "POST" else f"/Users/{hr.post('/Users', person('eve'))}"
    last = await directory.last_change()

    refused = hr.refused(verb, path, person("root"))

    assert refused.status == 403
    assert await directory.last_change() == last


async def test_who_became_an_administrator_is_out_of_reach_from_then_on(
    hr: Client, database: Database, directory: SqlDirectory
) -> None:
    root = hr.post("/Users", person("ada"))
    internal = (await ada_of(directory)).id
    await directory.edit_user(internal, UserEdit({"userPrincipalName": ADMIN}), actor="grace")

    refused = [
        hr.refused("DELETE", f"/Users/{root}"),
        hr.refused("PUT", f"/Users/{root}", person("ada", active=False)),
    ]

    held = await directory.user(ADMIN)
    assert [one.status for one in refused] == [403, 403]
    assert (held.enabled, held.deleted_at) == (True, None)


async def test_who_was_given_to_a_source_is_carried_on_by_it_and_keeps_what_it_does_not_say(
    hr: Client, directory: SqlDirectory, database: Database
) -> None:
    values = {"userPrincipalName": "ada@larkspur.example", "jobTitle": "Engineer", "city": "Kyiv"}
    before = await directory.create_user(UserEdit(values, enabled=False), actor="grace")

    give(database, Kind.USER, before.id, "hr", actor="grace")
    unseen = hr.listed("/Users")
    hr.post("/Users", person("ada", title="Director"))

    after = await ada_of(directory)
    assert unseen == []
    assert (after.id, after.enabled) == (before.id, True)
    assert (after.text("jobTitle"), after.text("city")) == ("Director", "Kyiv")


async def test_who_was_given_away_is_out_of_the_old_sources_reach(
    hr: Client, other: Client, directory: SqlDirectory, database: Database
) -> None:
    ada = hr.post("/Users", person("ada"))

    was = give(database, Kind.USER, (await ada_of(directory)).id, "contractors", actor="grace")
    gone = hr.refused("PUT", f"/Users/{ada}", person("ada"))
    again = hr.refused("POST", "/Users", person("ada"))
    other.post("/Users", person("ada", title="Guest"))

    assert was == "hr"
    assert (gone.status, again.status) == (404, 409)
    assert (await ada_of(directory)).text("jobTitle") == "Guest"


async def test_giving_does_not_open_an_administrator(
    hr: Client, directory: SqlDirectory, database: Database
) -> None:
    root = await directory.create_user(UserEdit({"userPrincipalName": ADMIN}), actor="grace")

    give(database, Kind.USER, root.id, "hr", actor="grace")

    assert hr.refused("POST", "/Users", person("root")).status == 403


async def test_a_group_is_given_with_its_members(
    hr: Client, directory: SqlDirectory, database: Database
) -> None:
    ada = hr.post("/Users", person("ada"))
    sales = await directory.create_group("Sales", actor="grace")
    await directory.change_members(sales.id, add=[(await ada_of(directory)).id], actor="grace")

    for _ in range(2):
        give(database, Kind.GROUP, sales.id, "hr", actor="grace")
    hr.post("/Groups", group("Sales"))

    shown = hr.listed("/Groups")[0]["members"]
    assert isinstance(shown, list)
    assert [one["value"] for one in shown if isinstance(one, dict)] == [ada]
    trail = await SqlConfiguration(database, MasterKey(b"k" * 32)).audit()
    assert [one.action for one in trail].count("inbound.give") == 1


# --- groups ---


async def test_members_come_and_go_among_the_sources_own(
    hr: Client, directory: SqlDirectory
) -> None:
    ada, bo = hr.post("/Users", person("ada")), hr.post("/Users", person("bo"))
    sales = hr.post("/Groups", group("Sales"))
    guest = await directory.create_user(
        UserEdit({"userPrincipalName": "guest@larkspur.example"}), actor="grace"
    )
    internal = (await directory.group("Sales")).id
    await directory.change_members(internal, add=[guest.id], actor="grace")

    hr.patch(f"/Groups/{sales}", {"op": "Add", "path": "members", "value": [{"value": ada}]})
    hr.patch(f"/Groups/{sales}", {"op": "replace", "path": "members", "value": [{"value": bo}]})

    shown = hr.listed("/Groups")[0]["members"]
    held = {one.member_id for one in await directory.memberships(internal)}
    assert isinstance(shown, list)
    assert [one["value"] for one in shown if isinstance(one, dict)] == [bo]
    assert held == {guest.id, (await directory.user("bo@larkspur.example")).id}


async def test_a_deleted_group_is_gone_with_its_memberships(
    hr: Client, directory: SqlDirectory
) -> None:
    ada = hr.post("/Users", person("ada"))
    sales = hr.post("/Groups", group("Sales", [ada]))

    hr.send("DELETE", f"/Groups/{sales}")

    told = (await directory.changes(after=0))[-2:]
    assert [(one.subject, one.verb) for one in told] == [
        (Subject.MEMBERSHIP, Verb.DELETED),
        (Subject.GROUP, Verb.DELETED),
    ]
    with pytest.raises(NotFound):
        await directory.group("Sales")
    assert hr.post("/Groups", group("Sales")) != sales


async def test_a_group_made_by_hand_is_not_taken_over(hr: Client, directory: SqlDirectory) -> None:
    await directory.create_group("Admins", actor="grace")

    refused = hr.refused("POST", "/Groups", group("Admins"))

    assert refused.status == 409


# --- all or nothing ---


async def test_what_fails_at_its_end_leaves_nothing(
    hr: Client, directory: SqlDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(self: News, connection: Connection) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(News, "write", cut_off)
    with pytest.raises(KeyboardInterrupt):
        hr.send("POST", "/Users", person("ada"))
    monkeypatch.undo()

    assert hr.listed("/Users") == []
    assert await directory.all_users() == []
    assert hr.post("/Users", person("ada"))


async def test_one_wrong_operation_leaves_the_person_as_they_were(
    hr: Client, directory: SqlDirectory
) -> None:
    ada = hr.post("/Users", person("ada", title="Engineer"))
    last = await directory.last_change()

    operations: Json = [
        {"op": "replace", "path": "title", "value": "Director"},
        {"op": "replace", "path": f"{ENTERPRISE_USER}:manager", "value": {"value": "nobody"}},
    ]
    refused = hr.refused("PATCH", f"/Users/{ada}", {"Operations": operations})

    assert refused.status == 400
    assert hr.listed("/Users")[0]["title"] == "Engineer"
    assert await directory.last_change() == last


async def test_a_purged_person_leaves_nothing_behind(
    hr: Client, directory: SqlDirectory, database: Database
) -> None:
    ada = hr.post("/Users", person("ada"))
    await directory.purge_user((await ada_of(directory)).id, actor="grace")

    answer = hr.refused("GET", f"/Users/{ada}")
    again = hr.post("/Users", person("ada"))

    kept = database.read_now(lambda c: c.execute(select(RESOURCES.c.id)).scalars().all())
    assert answer.status == 404
    assert kept == [again]


@pytest.mark.parametrize(
    "value",
    [
        {"userName": " ada@x"},
        {"userName": "ada\u200b@x"},
        {"userName": "ada\0@x"},
        {"userName": ""},
        {"userName": {"a": 1}},
        {"userName": "ada@x", "title": "\ud800"},
        {"userName": "ada@x", "urn:x:2.0:User": {"note": ["\udc00"]}},
        {"userName": "ada@x", "externalId": "\0"},
        {"userName": "ada@x", "active": "perhaps"},
        {"userName": "ada@x", "title": "x" * 70_000},
    ],
)
async def test_what_no_app_could_take_is_refused(
    hr: Client, directory: SqlDirectory, value: Resource
) -> None:
    refused = hr.refused("POST", "/Users", value)

    assert refused.status == 400
    assert await directory.all_users() == []


@pytest.mark.parametrize(
    "text",
    [
        'userName eq "ADA@larkspur.example"',
        'externalId eq "E7" and active eq true',
        'emails[type eq "work"].value eq "ada@larkspur.example"',
        'emails.value eq "ada@larkspur.example"',
        'name.givenName sw "ad"',
    ],
)
async def test_a_filter_finds_ada_alone(hr: Client, other: Client, text: str) -> None:
    ada = hr.post("/Users", person("ada", externalId="E7"))
    hr.post("/Users", person("bo", externalId="e7"))
    other.post("/Users", person("eve", externalId="E7"))

    found = hr.listed("/Users", text)

    assert [one["id"] for one in found] == [ada]


async def test_pages_show_everybody_once(hr: Client) -> None:
    made = {hr.post("/Users", person(f"p{n}")) for n in range(7)}

    pages = [
        hr.send("GET", "/Users", query={"startIndex": str(start), "count": "3"}).body or {}
        for start in (1, 4, 7)
    ]

    shown = [one["id"] for page in pages for one in page["Resources"]]  # type: ignore[union-attr, index, call-overload]  # JSON
    assert set(shown) == made
    assert len(shown) == 7
