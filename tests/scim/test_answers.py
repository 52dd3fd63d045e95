"""What lists ask and what answers show: projection, order, pages, cursors, versions."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scim.people import BADGE, GROUPS, USERS, ada, badge, enterprise

from seatkeeper.scim.cursor import CursorSeal
from seatkeeper.scim.dialect import STRICT, Inspection
from seatkeeper.scim.errors import (
    ExpiredCursor,
    InvalidCount,
    InvalidCursor,
    ScimError,
    UnfitValue,
    VersionMismatch,
)
from seatkeeper.scim.filter import parse_filter
from seatkeeper.scim.messages import (
    ENTERPRISE_USER,
    SEARCH_REQUEST,
    Json,
    Resource,
    error_body,
    list_response,
    patch_body,
)
from seatkeeper.scim.projection import Projection
from seatkeeper.scim.query import PageLimits, Query, read_query, read_search
from seatkeeper.scim.sorting import Sort
from seatkeeper.scim.version import Decision, decide, version_tag

CORE: Resource = {"schemas": ["urn:x"], "id": "1"}
WHOLE: Resource = {
    **CORE,
    **ada(title="Lead", password="p", name={"givenName": "Ada", "familyName": "L"}),
    "emails": [{"type": "work", "value": "a@x"}, {"type": "home", "value": "a@h"}],
    "meta": {"created": "2026-01-01T00:00:00Z", "location": "https://x"},
    "own": 1,
    **enterprise(department="R", manager={"value": "m"}),
    **badge(note="n", tag="t", pin="1", holder={"secret": 1, "hint": 2, "mark": 3, "memo": 4}),
}
ALWAYS = badge(tag="t", holder={"mark": 3})
TAG = badge(tag="t")


def shown(attributes: list[str] | None = None, excluded: list[str] | None = None) -> Resource:
    return Projection(USERS, attributes or [], excluded or []).shown(WHOLE)


def test_without_wishes_everything_is_shown_but_secrets_and_what_must_be_asked_for() -> None:
    expected = {key: value for key, value in WHOLE.items() if key not in ("password", BADGE)}

    assert shown() == {**expected, **badge(tag="t", holder={"mark": 3, "memo": 4})}


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (["USERNAME"], {"userName": "ada", **TAG}),
        (["name.givenName"], {"name": {"givenName": "Ada"}, **TAG}),
        (["name", "name.givenName"], {"name": WHOLE["name"], **TAG}),
        (["emails.value"], {"emails": [{"value": "a@x"}, {"value": "a@h"}], **TAG}),
        (["emails.display"], TAG),
        (["password"], TAG),
        (["id"], TAG),
        (["nothing", "own"], {"own": 1, **TAG}),
        ([ENTERPRISE_USER], {**enterprise(department="R", manager={"value": "m"}), **TAG}),
        ([f"{ENTERPRISE_USER}:manager.value"], {**enterprise(manager={"value": "m"}), **TAG}),
        ([f"{BADGE}:note"], badge(note="n", tag="t")),
        ([f"{BADGE}:holder.hint"], badge(tag="t", holder={"hint": 2, "mark": 3})),
        ([f"{BADGE}:holder"], badge(tag="t", holder={"mark": 3, "memo": 4})),
        (["meta.created"], {"meta": {"created": "2026-01-01T00:00:00Z"}, **TAG}),
    ],
)
def test_only_what_was_asked_for_is_shown_with_what_always_is(
    attributes: list[str], expected: Resource
) -> None:
    assert shown(attributes) == {**CORE, **expected}


def test_what_is_excluded_is_left_out_unless_it_is_always_shown() -> None:
    found = shown(
        None,
        ["id", "title", "name.familyName", ENTERPRISE_USER, f"{BADGE}:tag", "meta", "emails.type"],
    )

    assert found == {
        **CORE,
        **ada(name={"givenName": "Ada"}),
        "emails": [{"value": "a@x"}, {"value": "a@h"}],
        "own": 1,
        **badge(tag="t", holder={"mark": 3, "memo": 4}),
    }


def test_both_wishes_at_once_are_followed_and_advised_against() -> None:
    inspection = Inspection(STRICT)

    found = Projection(USERS, ["name", "title"], ["title"], inspection).shown(WHOLE)

    assert found == {**CORE, "name": WHOLE["name"], **TAG}
    assert [one.rule for one in inspection.findings] == ["RFC 7644 3.9"]


def test_nobody_fetches_members_that_will_not_be_shown() -> None:
    assert Projection(GROUPS).shows("members")
    assert not Projection(GROUPS, [], ["members"]).shows("members")
    assert not Projection(GROUPS, ["displayName"]).shows("members")
    assert Projection(GROUPS, ["members.value"]).shows("members")


def test_a_resource_is_passed_on_as_it_is_where_nothing_can_be_hidden() -> None:
    group: Resource = {"id": "1", "displayName": "Crew"}

    assert Projection(GROUPS).shown(group) is group


def test_an_extension_that_is_no_object_is_not_shown() -> None:
    projection = Projection(USERS, ["userName"])

    assert projection.shown({"id": "1", BADGE: "text", ENTERPRISE_USER: {}}) == {"id": "1"}
    assert Projection(USERS).shown({"id": "1", **badge(holder={"secret": 1})}) == {"id": "1"}


def order(by: str, *values: Resource, descending: bool = False) -> list[Json]:
    people = [{"id": str(at), **one} for at, one in enumerate(values)]
    return [one["id"] for one in Sort(USERS.path(by), USERS, descending).sorted(people)]


@pytest.mark.parametrize(
    ("by", "values", "expected"),
    [
        ("userName", [{"userName": "b"}, {"userName": "C"}, {"userName": "A"}], "201"),
        ("externalId", [{"externalId": "b"}, {"externalId": "C"}, {}], "102"),
        ("active", [{"active": True}, {}, {"active": False}], "201"),
        (f"{BADGE}:number", [badge(number=10), badge(number=9), badge()], "102"),
        (
            "meta.created",
            [
                {"meta": {"created": "2026-01-01T01:00:00+01:00"}},
                {"meta": {"created": "2025-12-31T23:59:00Z"}},
                {"meta": {"created": "soon"}},
            ],
            "102",
        ),
        (
            "emails",
            [
                {"emails": [{"value": "a"}, {"value": "z", "primary": True}]},
                {"emails": [{"value": "b"}]},
                {"emails": []},
                {"emails": [{"type": "work"}]},
            ],
            "1023",
        ),
        ("own", [{"own": [3]}, {"own": "text"}, {"own": 1}], "201"),
        ("own.deep", [{"own": {"deep": ["b"]}}, {"own": {"deep": "a"}}, {"own": {}}], "102"),
    ],
)
def test_people_are_ordered_by_value_and_those_without_one_come_last(
    by: str, values: list[Resource], expected: str
) -> None:
    assert order(by, *values) == list(expected)


def test_descending_turns_the_order_round_those_without_a_value_included() -> None:
    found = order("userName", {"userName": "b"}, {}, {"userName": "C"}, descending=True)

    assert found == ["1", "2", "0"]


@pytest.mark.parametrize("by", ["password", "name", "x509Certificates", "addresses"])
def test_nothing_is_ordered_by_what_has_no_order(by: str) -> None:
    with pytest.raises(UnfitValue):
        Sort(USERS.path(by), USERS)


def test_the_parameters_of_a_list_are_read_and_brought_within_limits() -> None:
    found = read_query(
        {
            "filter": "title pr",
            "attributes": " userName , ,name.givenName",
            "excludedAttributes": "title",
            "sortBy": "userName",
            "sortOrder": "Descending",
            "startIndex": "-3",
            "count": "5000",
            "cursor": "",
        }
    )

    assert found == Query(
        parse_filter("title pr"),
        ("userName", "name.givenName"),
        ("title",),
        "userName",
        descending=True,
        start=1,
        count=1_000,
        cursor="",
    )


def test_a_list_without_wishes_is_the_first_page_of_the_usual_size() -> None:
    assert read_query({}, PageLimits(7, 10)) == Query(count=7)
    assert read_query({"count": "-1"}).count == 0


@pytest.mark.parametrize(
    "parameters",
    [
        {"count": "many"},
        {"count": ""},
        {"startIndex": "1.5"},
        {"startIndex": "9" * 40},
        {"count": "٣"},
        {"count": "--1"},
        {"sortOrder": "sideways"},
        {"filter": "title"},
    ],
)
def test_a_parameter_that_means_nothing_is_refused(parameters: dict[str, str]) -> None:
    with pytest.raises(ScimError) as caught:
        read_query(parameters)

    assert caught.value.status == 400


def test_a_search_asks_what_a_list_asks() -> None:
    body: Resource = {
        "schemas": [SEARCH_REQUEST],
        "attributes": ["userName", " "],
        "excludedAttributes": None,
        "filter": "title pr",
        "sortBy": "title",
        "sortOrder": "ascending",
        "startIndex": 11,
        "count": "5",
        "cursor": "c",
    }

    found = read_search(body, None, Inspection(STRICT))

    assert found == Query(
        parse_filter("title pr"), ("userName",), (), "title", start=11, count=5, cursor="c"
    )


def test_a_search_of_a_careless_client_is_understood() -> None:
    assert read_search({"attributes": "userName,title"}).attributes == ("userName", "title")


@pytest.mark.parametrize(
    "body",
    [
        {"schemas": ["urn:x"]},
        {"schemas": "x"},
        {"filter": 3},
        {"count": True},
        {"startIndex": 1.5},
        {"attributes": [3]},
        {"attributes": {}},
        {"sortOrder": "x"},
    ],
)
def test_a_search_that_means_nothing_is_refused(body: Resource) -> None:
    with pytest.raises(ScimError) as caught:
        read_search(body)

    assert caught.value.status == 400


def test_a_query_finds_its_projection_and_order_in_the_schema() -> None:
    query = read_query({"attributes": "title", "sortBy": "TITLE", "sortOrder": "descending"})
    inspection = Inspection()

    assert query.projection(USERS, inspection).shown({"id": "1", "title": "x", "own": 1}) == {
        "id": "1",
        "title": "x",
    }
    assert query.sort(USERS, inspection) == Sort(USERS.path("title"), USERS, descending=True)
    assert Query().sort(USERS, inspection) is None


NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(minutes=10)
SEAL = CursorSeal(b"key", "token-1")


@given(position=st.text(max_size=40), query=st.text(max_size=40), count=st.integers(0, 1_000))
def test_a_cursor_leads_back_to_its_position(position: str, query: str, count: int) -> None:
    cursor = SEAL.seal(position, query, count, LATER)

    assert SEAL.open(cursor, query, count, NOW) == position
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize(
    ("seal", "query", "count", "now", "expected"),
    [
        (CursorSeal(b"other", "token-1"), "q", 5, NOW, InvalidCursor),
        (CursorSeal(b"key", "token-2"), "q", 5, NOW, InvalidCursor),
        (SEAL, "another", 5, NOW, InvalidCursor),
        (SEAL, "q", 6, NOW, InvalidCount),
        (SEAL, "q", 5, LATER, ExpiredCursor),
    ],
)
def test_a_cursor_serves_one_client_one_query_one_size_and_not_for_ever(
    seal: CursorSeal, query: str, count: int, now: dt.datetime, expected: type[ScimError]
) -> None:
    cursor = SEAL.seal("7", "q", 5, LATER)

    with pytest.raises(expected):
        seal.open(cursor, query, count, now)


@given(cursor=st.text(max_size=60) | st.text("ABCabc012-_=", max_size=60))
def test_a_cursor_that_was_not_made_here_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        SEAL.open(cursor, "q", 5, NOW)


def test_a_sealed_text_that_is_no_cursor_is_refused() -> None:
    body = b"[1]"
    raw = SEAL._mac(body) + body

    import base64

    with pytest.raises(InvalidCursor):
        SEAL.open(base64.urlsafe_b64encode(raw).decode().rstrip("="), "q", 5, NOW)
    with pytest.raises(InvalidCursor):
        SEAL.open("A" * 3_000, "q", 5, NOW)


def test_two_queries_have_one_fingerprint_exactly_if_they_ask_the_same() -> None:
    one = read_query({"filter": "active eq true", "startIndex": "1"})

    assert one.fingerprint == read_query({"filter": "ACTIVE eq true"}).fingerprint.replace(
        "'ACTIVE'", "'active'"
    )
    assert one.fingerprint != read_query({"filter": "active eq 1"}).fingerprint
    assert one.fingerprint == read_query({"filter": "active eq true", "cursor": "x"}).fingerprint


TAG_2 = version_tag(2)


@pytest.mark.parametrize("header", [TAG_2, '"2"', "*", ' W/"1" , W/"2" ', 'W/"1",W/"2"'])
def test_a_write_about_the_present_version_goes_on(header: str) -> None:
    assert decide("PUT", TAG_2, if_match=header) is Decision.PROCEED


@pytest.mark.parametrize("header", ['W/"1"', "2", "W/2", '"', 'W/"22"', "x" * 5_000])
def test_a_write_about_another_version_is_refused(header: str) -> None:
    with pytest.raises(VersionMismatch) as caught:
        decide("PATCH", TAG_2, if_match=header)

    assert caught.value.status == 412


def test_who_has_the_present_version_need_not_read_it_again() -> None:
    assert decide("GET", TAG_2, if_none_match=TAG_2) is Decision.NOT_MODIFIED
    assert decide("GET", TAG_2, if_none_match='W/"1"') is Decision.PROCEED
    assert decide("DELETE", TAG_2) is Decision.PROCEED
    with pytest.raises(VersionMismatch):
        decide("PUT", TAG_2, if_none_match="*")


def test_a_page_found_by_cursor_has_no_start() -> None:
    people: list[Resource] = [{"id": "1"}]

    by_index: Any = list_response(people, total=9, start=3)
    by_cursor = list_response(people, start=None, next_cursor="n", previous_cursor="p")

    assert (by_index["totalResults"], by_index["startIndex"]) == (9, 3)
    assert by_cursor == {
        "schemas": by_index["schemas"],
        "totalResults": 1,
        "itemsPerPage": 1,
        "nextCursor": "n",
        "previousCursor": "p",
        "Resources": people,
    }


def test_an_error_says_its_status_as_text_and_its_type_if_it_has_one() -> None:
    assert error_body(404, "None.")["status"] == "404"
    assert "scimType" not in error_body(404, "None.")
    assert error_body(400, "No.", "noTarget")["scimType"] == "noTarget"
    assert patch_body([{"op": "add"}])["Operations"] == [{"op": "add"}]
