"""Versions, conditions, and what a client wants back of a write."""

from collections.abc import Iterator

import pytest
from tests.service_provider.visiting import BASE, PATCH, Visitor, visiting

from seatkeeper.gallery.schema import gallery_app
from seatkeeper.scim.messages import Json


@pytest.fixture
def visitor() -> Iterator[Visitor]:
    with visiting() as found:
        yield found


def patch(**values: Json) -> Json:
    operations: list[Json] = [
        {"op": "replace", "path": name, "value": value} for name, value in values.items()
    ]
    return {"schemas": [PATCH], "Operations": operations}


def joining(*ids: str) -> Json:
    members: list[Json] = [{"value": one} for one in ids]
    return {"schemas": [PATCH], "Operations": [{"op": "add", "path": "members", "value": members}]}


def test_every_answer_about_somebody_has_the_version_and_the_address(visitor: Visitor) -> None:
    made = visitor.ask("POST", "Users", {"userName": "ada"})
    ada = made.body["id"]

    replies = [
        made,
        visitor.ask("GET", f"Users/{ada}"),
        visitor.ask("PATCH", f"Users/{ada}", patch(title="Lead")),
        visitor.ask("PUT", f"Users/{ada}", {"userName": "ada"}),
    ]

    tags = [one.headers["ETag"] for one in replies]
    assert tags == [one.body["meta"]["version"] for one in replies]
    assert tags == ['W/"1"', 'W/"1"', 'W/"2"', 'W/"3"']
    assert {one.headers["Location"] for one in replies} == {f"{BASE}/Users/{ada}"}
    told = [one.headers.get("Content-Location") for one in replies]
    assert told == [f"{BASE}/Users/{ada}", None, *[f"{BASE}/Users/{ada}"] * 2]


def test_who_has_the_newest_version_is_not_sent_it_again(visitor: Visitor) -> None:
    ada = visitor.made("Users", userName="ada")

    same = visitor.ask("GET", f"Users/{ada}", headers={"if-none-match": 'W/"1"'})
    head = visitor.ask("HEAD", f"Users/{ada}", headers={"if-none-match": 'W/"0", "1"'})
    older = visitor.ask("GET", f"Users/{ada}", headers={"if-none-match": 'W/"0"'})

    assert [same.status, head.status, older.status] == [304, 304, 200]
    assert (same.body, same.headers["ETag"]) == (None, 'W/"1"')


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_who_read_an_older_version_changes_nothing(visitor: Visitor, method: str) -> None:
    ada = visitor.made("Users", userName="ada")
    visitor.ask("PATCH", f"Users/{ada}", patch(title="Lead"))
    body = patch(title="Boss") if method == "PATCH" else {"userName": "eve"}

    reply = visitor.ask(method, f"Users/{ada}", body, {"if-match": 'W/"1"'})

    kept = visitor.ask("GET", f"Users/{ada}").body
    assert (reply.status, reply.body["status"]) == (412, "412")
    assert (kept["userName"], kept["title"]) == ("ada", "Lead")


@pytest.mark.parametrize("tag", ['W/"1"', '"1"', "*", 'W/"7", W/"1"'])
@pytest.mark.parametrize(("method", "status"), [("PUT", 200), ("PATCH", 200), ("DELETE", 204)])
def test_who_read_the_newest_version_may_change_it(
    visitor: Visitor, method: str, status: int, tag: str
) -> None:
    ada = visitor.made("Users", userName="ada")
    body = patch(title="Lead") if method == "PATCH" else {"userName": "ada", "title": "Lead"}

    reply = visitor.ask(method, f"Users/{ada}", body, {"if-match": tag})

    assert reply.status == status


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_write_for_those_who_are_not_there_changes_nobody(visitor: Visitor, method: str) -> None:
    ada = visitor.made("Users", userName="ada")
    body = patch(title="Lead") if method == "PATCH" else {"userName": "ada"}

    there = visitor.ask(method, f"Users/{ada}", body, {"if-none-match": "*"})
    gone = visitor.ask(method, "Users/nobody", body, {"if-match": "*"})

    assert [there.status, gone.status] == [412, 404]


def test_a_create_may_say_that_nothing_must_be_there_yet(visitor: Visitor) -> None:
    first = visitor.ask("POST", "Users", {"userName": "ada"}, {"if-none-match": "*"})
    again = visitor.ask("POST", "Users", {"userName": "ada"}, {"if-none-match": "*"})
    odd = visitor.ask("POST", "Users", {"userName": "bo"}, {"if-match": "*"})

    assert [first.status, again.status, odd.status] == [201, 409, 412]
    assert visitor.ask("GET", "Users").names == ["ada"]


def test_a_join_is_answered_without_the_members_unless_they_are_asked_for(visitor: Visitor) -> None:
    ada, bo, cy = (visitor.made("Users", userName=name) for name in ("ada", "bo", "cy"))
    crew = visitor.made("Groups", displayName="Crew")
    whole = {"prefer": "return=representation"}

    usual = visitor.ask("PATCH", f"Groups/{crew}", joining(ada))
    asked = visitor.ask("PATCH", f"Groups/{crew}", joining(bo), attributes="displayName")
    left = visitor.ask(
        "PATCH", f"Groups/{crew}", patch(externalId="c"), excludedAttributes="members"
    )
    told = visitor.ask("PATCH", f"Groups/{crew}", joining(cy), whole)

    assert (usual.status, usual.body, usual.headers["ETag"]) == (204, None, 'W/"2"')
    assert (asked.status, asked.body["displayName"]) == (200, "Crew")
    assert (left.status, left.body["externalId"]) == (200, "c")
    assert "members" not in {*asked.body, *left.body}
    assert (told.status, len(told.body["members"])) == (200, 3)
    assert told.headers["Preference-Applied"] == "return=representation"


def test_who_wants_little_back_gets_the_version_alone(visitor: Visitor) -> None:
    little = {"prefer": "respond-async, return=minimal"}

    made = visitor.ask("POST", "Users", {"userName": "ada"}, little)
    at = made.headers["Location"].removeprefix(f"{BASE}/")
    replies = [
        made,
        visitor.ask("PATCH", at, patch(title="Lead"), little),
        visitor.ask("PUT", at, {"userName": "ada"}, little),
    ]

    assert [(one.status, one.body) for one in replies] == [(201, None), (204, None), (204, None)]
    assert [one.headers["ETag"] for one in replies] == ['W/"1"', 'W/"2"', 'W/"3"']
    assert {one.headers["Preference-Applied"] for one in replies} == {"return=minimal"}


def test_what_cannot_be_shown_is_said_before_anything_is_written(visitor: Visitor) -> None:
    reply = visitor.ask("POST", "Users", {"userName": "ada"}, attributes="a[")

    assert (reply.status, reply.body["scimType"]) == (400, "invalidPath")
    assert visitor.ask("GET", "Users").names == []


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "Users/1", "GET, HEAD, PUT, PATCH, OPTIONS"),
        ("DELETE", "Users/1", "GET, HEAD, PUT, PATCH"),
        ("DELETE", "Groups", "GET, HEAD, POST, OPTIONS"),
        ("PATCH", "", "GET, HEAD, OPTIONS"),
        ("GET", "Users/.search", "POST, OPTIONS"),
        ("PUT", "Schemas", "GET, HEAD, OPTIONS"),
        ("BREW", "Users", "GET, HEAD, POST, OPTIONS"),
    ],
)
def test_a_method_that_does_nothing_here_names_those_that_do(
    method: str, path: str, allowed: str
) -> None:
    with visiting(gallery_app("15five")) as visitor:
        mail: Json = [{"type": "work", "value": "ada@x"}]
        ada = visitor.made("Users", userName="ada", emails=mail)

        reply = visitor.ask(method, path.replace("1", ada))

    assert (reply.status, reply.body["status"]) == (405, "405")
    assert reply.headers["Allow"] == allowed


def test_options_say_what_may_be_done(visitor: Visitor) -> None:
    one = visitor.ask("OPTIONS", "Users/any")
    listed = visitor.ask("OPTIONS", "Users")

    assert (one.status, one.body) == (204, None)
    assert one.headers["Allow"] == "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"
    assert listed.headers["Allow"] == "GET, HEAD, POST, OPTIONS"


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/scim+json", 201),
        ("application/json", 201),
        ("Application/JSON; charset=UTF-8", 201),
        ('application/scim+json;charset="utf-8"', 201),
        ("", 201),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/json; charset=utf-16", 415),
        ("json", 415),
    ],
)
def test_a_body_is_json_or_refused_as_what_it_is(visitor: Visitor, kind: str, status: int) -> None:
    reply = visitor.ask("POST", "Users", {"userName": "ada"}, {"content-type": kind})

    assert reply.status == status


def test_a_body_that_was_packed_is_refused(visitor: Visitor) -> None:
    reply = visitor.ask("POST", "Users", {"userName": "ada"}, {"content-encoding": "gzip"})

    assert reply.status == 415


@pytest.mark.parametrize(
    ("accept", "status", "kind"),
    [
        ("", 200, "application/scim+json"),
        ("*/*", 200, "application/scim+json"),
        ("text/html, */*;q=0.1", 200, "application/scim+json"),
        ("application/*", 200, "application/scim+json"),
        ("application/json", 200, "application/json"),
        ("application/json, application/scim+json", 200, "application/scim+json"),
        ("application/json, application/scim+json;q=0.5", 200, "application/json"),
        ("nonsense", 200, "application/scim+json"),
        ("text/html", 406, "application/scim+json"),
        ("application/scim+json;q=0, application/json;q=0", 406, "application/scim+json"),
    ],
)
def test_an_answer_comes_in_the_form_that_is_asked_for(
    visitor: Visitor, accept: str, status: int, kind: str
) -> None:
    reply = visitor.ask("GET", "Users", headers={"accept": accept})

    assert (reply.status, reply.headers["Content-Type"]) == (status, kind)
