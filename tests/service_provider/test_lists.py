"""Lists and searches: pages by index and by cursor, orders, and all types at once."""

from collections.abc import Iterator

import pytest
from tests.service_provider.visiting import SEARCH, Reply, Visitor, visiting

from seatkeeper.scim.cursor import LONGEST
from seatkeeper.scim.messages import Json
from seatkeeper.service_provider.lists import MOST_SORTED_TOGETHER


@pytest.fixture
def visitor() -> Iterator[Visitor]:
    """Somebody at a service with five people and three groups."""
    with visiting(page_size=4) as found:
        for name in ("cy", "Ada", "eve", "bo", "dan"):
            found.made("Users", userName=name, title="Lead" if name in ("Ada", "eve") else "Clerk")
        for name in ("Zoo", "crew", "Band"):
            found.made("Groups", displayName=name)
        yield found


def search(**asked: Json) -> Json:
    return {"schemas": [SEARCH], **asked}


def followed(visitor: Visitor, path: str, **query: str) -> list[Reply]:
    """Return all pages of a question, one cursor after the other."""
    found = [visitor.ask("GET", path, cursor="", **query)]
    while "nextCursor" in found[-1].body:
        cursor = found[-1].body["nextCursor"]
        found.append(visitor.ask("GET", path, cursor=cursor, **query))
    return found


def test_people_come_in_the_order_that_is_asked_for(visitor: Visitor) -> None:
    up = visitor.ask("GET", "Users", sortBy="userName", count="9")
    down = visitor.ask("GET", "Users", sortBy="title", sortOrder="descending", count="9")

    assert up.names == ["Ada", "bo", "cy", "dan", "eve"]
    assert down.names[:2] == ["Ada", "eve"]


@pytest.mark.parametrize("path", ["Users/.search", ".search"])
def test_a_search_finds_what_a_list_with_the_same_question_finds(
    visitor: Visitor, path: str
) -> None:
    asked = {"filter": 'title eq "lead"', "sortBy": "userName"}

    found = visitor.ask("POST", path, search(**asked, count=1, startIndex=2))

    assert (found.status, found.names) == (200, ["eve"])
    listed = visitor.ask("GET", path.removesuffix(".search"), **asked, count="1", startIndex="2")
    assert found.body == listed.body
    assert (found.body["totalResults"], found.body["startIndex"]) == (2, 2)


def test_only_the_number_is_told_to_who_wants_no_page(visitor: Visitor) -> None:
    listed = visitor.ask("GET", "Users", count="0")
    searched = visitor.ask("POST", ".search", search(count=-3))

    assert (listed.body["totalResults"], listed.names) == (5, [])
    assert (searched.body["totalResults"], searched.names) == (8, [])
    assert listed.body["itemsPerPage"] == 0


def test_the_root_lists_people_and_then_groups_without_a_gap(visitor: Visitor) -> None:
    pages = [visitor.ask("GET", "", count="3", startIndex=str(at)) for at in (1, 4, 7, 10)]

    names = ["cy", "Ada", "eve", "bo", "dan", "Zoo", "crew", "Band"]
    assert [name for page in pages for name in page.names] == names
    assert {page.body["totalResults"] for page in pages} == {8}
    assert [page.body["itemsPerPage"] for page in pages] == [3, 3, 2, 0]


def test_a_filter_at_the_root_may_name_what_only_one_type_has(visitor: Visitor) -> None:
    groups = visitor.ask("GET", "", filter='meta.resourceType eq "Group"')
    either = visitor.ask("GET", "", filter='userName eq "ada" or displayName sw "c"')
    bare = visitor.ask("GET", "", filter='displayName eq "zoo"', attributes="displayName,userName")
    hidden = visitor.ask("GET", "", filter="password pr")

    assert groups.names == ["Zoo", "crew", "Band"]
    assert either.names == ["Ada", "crew"]
    assert sorted(bare.body["Resources"][0]) == ["displayName", "id", "schemas"]
    assert (hidden.status, hidden.body["scimType"]) == (400, "invalidFilter")


def test_an_order_at_the_root_holds_across_types(visitor: Visitor) -> None:
    newest = visitor.ask("GET", "", sortBy="meta.created", sortOrder="descending", count="2")
    named = visitor.ask("GET", "", sortBy="displayName", count="4", startIndex="1")
    pages = followed(visitor, "", sortBy="displayName", count="3")
    far = visitor.ask("GET", "", sortBy="id", startIndex=str(MOST_SORTED_TOGETHER))

    assert newest.body["totalResults"] == 8
    assert named.names == ["Band", "crew", "Zoo", "cy"]
    assert [len(page.names) for page in pages] == [3, 3, 2]
    assert [name for page in pages for name in page.names][:4] == named.names
    assert (far.status, far.body["scimType"]) == (400, "tooMany")


@pytest.mark.parametrize("count", [1, 2, 3, 4])
@pytest.mark.parametrize("path", ["Users", "Groups", ""])
def test_cursors_lead_through_a_list_without_a_gap(visitor: Visitor, path: str, count: int) -> None:
    pages = followed(visitor, path, count=str(count))

    users = visitor.ask("GET", "Users").ids + visitor.ask("GET", "Users", startIndex="5").ids
    whole = {"Users": users, "Groups": visitor.ask("GET", "Groups").ids}
    whole[""] = whole["Users"] + whole["Groups"]
    assert [one for page in pages for one in page.ids] == whole[path]
    assert all("startIndex" not in page.body for page in pages)
    assert {page.body["totalResults"] for page in pages} == {len(whole[path])}


def test_cursors_lead_past_people_with_very_long_values(visitor: Visitor) -> None:
    for name in ("fay", "gus", "hal"):
        visitor.made("Users", userName=name, title='é"' * 3_000 + name)

    pages = followed(visitor, "Users", count="2", sortBy="title")

    names = [name for page in pages for name in page.names]
    assert names == ["cy", "bo", "dan", "Ada", "eve", "fay", "gus", "hal"]
    assert all(len(page.body.get("nextCursor", "")) <= LONGEST for page in pages)


def test_a_page_can_be_asked_for_again_by_its_cursor(visitor: Visitor) -> None:
    first = visitor.ask("GET", "Users", cursor="", count="2", sortBy="userName")
    following = {"cursor": first.body["nextCursor"], "count": "2", "sortBy": "userName"}

    second = visitor.ask("GET", "Users", **following)

    assert first.names + second.names == ["Ada", "bo", "cy", "dan"]
    assert visitor.ask("GET", "Users", **following).names == second.names


def test_who_goes_on_by_cursor_need_not_say_the_size_of_a_page_again(visitor: Visitor) -> None:
    first = visitor.ask("GET", "Users", cursor="", count="2").body["nextCursor"]

    listed = visitor.ask("GET", "Users", cursor=first)
    searched = visitor.ask("POST", "Users/.search", search(cursor=first))

    assert listed.names == searched.names == ["eve", "bo"]


def test_a_cursor_is_of_use_to_its_client_and_its_question_alone(visitor: Visitor) -> None:
    cursor = visitor.ask("GET", "Users", cursor="", count="2").body["nextCursor"]

    replies = {
        "other question": visitor.ask("GET", "Users", cursor=cursor, count="2", filter="id pr"),
        "other type": visitor.ask("GET", "Groups", cursor=cursor, count="2"),
        "other client": Visitor(visitor.door, "b").ask("GET", "Users", cursor=cursor, count="2"),
        "made up": visitor.ask("GET", "Users", cursor="AAAA", count="2"),
        "other size": visitor.ask("GET", "Users", cursor=cursor, count="3"),
        "same": visitor.ask("POST", "Users/.search", search(cursor=cursor, count=2)),
    }

    assert {name: one.body.get("scimType") for name, one in replies.items()} == {
        "other question": "invalidCursor",
        "other type": "invalidCursor",
        "other client": "invalidCursor",
        "made up": "invalidCursor",
        "other size": "invalidCount",
        "same": None,
    }
    assert [one.status for one in replies.values()] == [400, 400, 400, 400, 400, 200]


def test_a_cursor_ends_after_its_hour(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seatkeeper.service_provider.lists.CURSOR_SECONDS", -1)
    cursor = visitor.ask("GET", "Users", cursor="", count="2").body["nextCursor"]

    reply = visitor.ask("GET", "Users", cursor=cursor, count="2")

    assert (reply.status, reply.body["scimType"]) == (400, "expiredCursor")


@pytest.mark.parametrize(
    "query",
    [
        {"count": "many"},
        {"startIndex": "first"},
        {"sortOrder": "up"},
        {"sortBy": "password"},
        {"sortBy": "name"},
        {"filter": "userName eq"},
        {"attributes": "a["},
    ],
)
@pytest.mark.parametrize("path", ["Users", ""])
def test_a_question_that_makes_no_sense_is_refused(
    visitor: Visitor, path: str, query: dict[str, str]
) -> None:
    reply = visitor.ask("GET", path, **query)

    assert reply.status == 400
    assert reply.body["scimType"] in ("invalidValue", "invalidFilter", "invalidPath")


def test_what_no_question_has_is_passed_over(visitor: Visitor) -> None:
    reply = visitor.ask("GET", "Users/", colour="red")

    assert len(reply.names) == 4
