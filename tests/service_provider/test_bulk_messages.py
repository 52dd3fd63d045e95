"""Bulk messages, carried out."""

from collections.abc import Iterator
from typing import Any, NoReturn

import pytest
from tests.service_provider.visiting import (
    BASE,
    BULK,
    PATCH,
    Reply,
    Visitor,
    app_with_bulk,
    visiting,
)

from seatkeeper.errors import StoreUnusable
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.scim.messages import Json
from seatkeeper.store.resources import ResourceStore


@pytest.fixture
def visitor() -> Iterator[Visitor]:
    with visiting(app_with_bulk()) as found:
        yield found


def user(name: str) -> Json:
    return {"method": "POST", "path": "/Users", "bulkId": name, "data": {"userName": name}}


def group(name: str, *members: str) -> Json:
    listed: list[Json] = [{"value": one} for one in members]
    data: Json = {"displayName": name, "members": listed}
    return {"method": "POST", "path": "/Groups", "bulkId": name, "data": data}


def sent(visitor: Visitor, *operations: Json, **more: Json) -> Reply:
    return visitor.ask("POST", "Bulk", {"schemas": [BULK], "Operations": list(operations), **more})


def told(reply: Reply) -> list[str]:
    return [one["status"] for one in reply.body["Operations"]]


def members_of(visitor: Visitor, location: str) -> list[Any]:
    found = visitor.ask("GET", location.removeprefix(f"{BASE}/")).body
    return [one["value"] for one in found.get("members", [])]


def test_people_and_their_group_are_made_in_one_message(visitor: Visitor) -> None:
    reply = sent(visitor, group("crew", "bulkId:ada", "bulkId:bo"), user("ada"), user("bo"))

    crew, ada, bo = reply.body["Operations"]
    ids = [one["location"].rpartition("/")[2] for one in (ada, bo)]
    assert (reply.status, told(reply)) == (200, ["201", "201", "201"])
    assert members_of(visitor, crew["location"]) == ids
    assert [one["version"] for one in (crew, ada, bo)] == ['W/"1"'] * 3
    assert crew["bulkId"] == "crew"
    assert "response" not in crew


def test_one_message_does_all_that_single_calls_do(visitor: Visitor) -> None:
    ada, bo, cy = (visitor.made("Users", userName=name) for name in ("ada", "bo", "cy"))
    change: Json = {
        "schemas": [PATCH],
        "Operations": [{"op": "replace", "path": "title", "value": "Lead"}],
    }

    reply = sent(
        visitor,
        {"method": "PATCH", "path": f"/Users/{ada}", "version": 'W/"1"', "data": change},
        {"method": "PUT", "path": f"/Users/{bo}", "data": {"userName": "Bo"}},
        {"method": "DELETE", "path": f"/Users/{cy}"},
        {"method": "PATCH", "path": f"/Users/{ada}", "version": 'W/"1"', "data": change},
    )

    assert told(reply) == ["200", "200", "204", "412"]
    first, second, third, stale = reply.body["Operations"]
    assert (first["version"], second["version"]) == ('W/"2"', 'W/"2"')
    assert (third["location"], stale["location"]) == (f"{BASE}/Users/{cy}", f"{BASE}/Users/{ada}")
    assert stale["response"]["status"] == "412"
    assert visitor.ask("GET", "Users").names == ["ada", "Bo"]


def test_what_fails_is_said_in_its_place_and_the_rest_goes_on(visitor: Visitor) -> None:
    visitor.made("Users", userName="ada")

    reply = sent(
        visitor,
        user("ada"),
        user("bo"),
        {"method": "DELETE", "path": "/Users/nobody"},
        {"method": "POST", "path": "/Bulk", "bulkId": "x", "data": {}},
        {"method": "POST", "path": "/.search", "bulkId": "y", "data": {}},
    )

    assert told(reply) == ["409", "201", "404", "404", "404"]
    refused = reply.body["Operations"][0]
    assert refused["response"]["scimType"] == "uniqueness"
    assert "location" not in refused


def test_after_so_many_failures_the_rest_is_left_alone(visitor: Visitor) -> None:
    reply = sent(visitor, user("ada"), {**user("x"), "data": {}}, user("bo"), failOnErrors=1)  # type: ignore[dict-item]

    assert told(reply) == ["201", "400"]
    assert visitor.ask("GET", "Users").names == ["ada"]


def test_groups_in_each_other_are_made_and_joined(visitor: Visitor) -> None:
    reply = sent(visitor, group("a", "bulkId:b"), group("b", "bulkId:a"))

    assert told(reply) == ["201", "201"]
    first, second = (one["location"] for one in reply.body["Operations"])
    assert members_of(visitor, first) == [second.rpartition("/")[2]]
    assert members_of(visitor, second) == [first.rpartition("/")[2]]
    assert reply.body["Operations"][0]["version"] == 'W/"2"'


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_a_post_brings_a_message(visitor: Visitor, method: str) -> None:
    reply = visitor.ask(method, "Bulk")

    assert (reply.status, reply.headers["Allow"]) == (405, "POST, OPTIONS")


def test_too_many_operations_are_refused_whole(visitor: Visitor) -> None:
    reply = sent(visitor, *[user(f"p{at}") for at in range(1_001)])

    assert (reply.status, reply.body["scimType"]) == (413, "tooMany")
    assert visitor.ask("GET", "Users").names == []


def test_a_message_says_how_far_it_came_where_the_storage_fails(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> NoReturn:
        raise StoreUnusable("The file is full.")

    ada = visitor.made("Users", userName="ada")
    monkeypatch.setattr(ResourceStore, "delete", fails)

    reply = sent(visitor, user("bo"), {"method": "DELETE", "path": f"/Users/{ada}"})

    assert (reply.status, told(reply)) == (200, ["201", "503"])
    assert reply.body["Operations"][1]["response"]["status"] == "503"


def test_an_app_without_bulk_says_so() -> None:
    with visiting(gallery_app("shape-put")) as visitor:
        reply = sent(visitor, user("ada"))

    assert (reply.status, reply.body["status"]) == (501, "501")
