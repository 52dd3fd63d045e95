"""What a POST or PUT brings: typed, spelt, complete; and what a PUT leaves of what was there."""

import copy

import pytest
from tests.scim.people import BADGE, CLOSED_USERS, GROUPS, USERS, ada, badge, enterprise, sent

from seatkeeper.scim.attribute import Attribute, Type
from seatkeeper.scim.core import USER_SCHEMA
from seatkeeper.scim.dialect import STRICT, Inspection
from seatkeeper.scim.errors import NotWritable, ScimError
from seatkeeper.scim.messages import ENTERPRISE_USER, USER, Json, Resource
from seatkeeper.scim.names import same
from seatkeeper.scim.replacement import replaced
from seatkeeper.scim.schema import ResourceSchema, Schema
from seatkeeper.scim.uniqueness import UniqueValue, taken, unique_paths, unique_values
from seatkeeper.scim.validation import received


def test_names_come_out_in_the_schemas_spelling_and_nothing_empty_stays() -> None:
    body: Resource = {
        "SCHEMAS": [USER],
        "USERNAME": "ada",
        "Name": {"GIVENNAME": "Ada", "familyName": None},
        "Emails": [],
        "title": None,
        ENTERPRISE_USER.upper(): {"Department": "R", "manager": None},
        BADGE: None,
    }

    assert received(body, USERS) == {
        "userName": "ada",
        "name": {"givenName": "Ada"},
        ENTERPRISE_USER: {"department": "R"},
    }


def test_what_clients_may_not_write_is_passed_over_even_by_a_strict_service() -> None:
    body = sent(
        id="1",
        meta={"x": 1},
        groups=[{"value": "g"}],
        **badge(printed=True, holder={"label": "x", "memo": "y"}),
    )

    found = received(body, USERS, Inspection(STRICT))

    assert found == ada(**badge(holder={"memo": "y"}))


def test_values_of_each_type_are_kept_as_they_were_sent() -> None:
    values = badge(
        number=-3,
        height=1,
        since="2026-01-02T03:04:05",
        picture="QUJD==",
        colour="RED",
        words=["a", "b"],
        doors=[{"value": "A", "open": False}],
    )

    assert received(sent(**values), USERS, Inspection(STRICT)) == ada(**values)


@pytest.mark.parametrize(
    ("values", "label"),
    [
        ({"number": 1.5}, "number"),
        ({"number": True}, "number"),
        ({"number": 2**63}, "number"),
        ({"height": "1"}, "height"),
        ({"height": True}, "height"),
        ({"since": "2026-01-02"}, "since"),
        ({"since": "yesterday, at ten"}, "since"),
        ({"picture": "§"}, "picture"),
        ({"colour": "green"}, "colour"),
        ({"words": [1]}, "words"),
        ({"doors": [{"open": True}]}, "doors.value"),
        ({"doors": [3]}, "doors"),
        ({"holder": "x"}, "holder"),
        ({"born": {"value": "x"}}, "born"),
        ({"born": ["a", "b"]}, "born"),
    ],
)
def test_a_value_of_another_type_is_refused_by_its_name(values: Resource, label: str) -> None:
    with pytest.raises(ScimError) as caught:
        received(sent(**badge(**values)), USERS)

    assert (caught.value.status, caught.value.scim_type) == (400, "invalidValue")
    assert caught.value.message.startswith(f"{BADGE}:{label}")


@pytest.mark.parametrize(
    ("body", "scim_type"),
    [
        (sent(emails=[{"value": "a", "primary": True}, {"value": "b", "primary": True}]), None),
        (sent(**{BADGE: "text"}), None),
        ({"active": True}, None),
        ({"userName": "  "}, None),
        ({**sent(), 'emails[type eq "work"].value': "x"}, "invalidSyntax"),
        ({**sent(), "a b": "x"}, "invalidPath"),
        ({**sent(), "": "x"}, "invalidPath"),
    ],
)
def test_a_resource_that_cannot_be_kept_is_refused(body: Resource, scim_type: str | None) -> None:
    with pytest.raises(ScimError) as caught:
        received(body, USERS)

    assert caught.value.scim_type == (scim_type or "invalidValue")


@pytest.mark.parametrize(
    ("body", "scim_type"),
    [
        (sent(**{"urn:own": {"x": 1}}), "invalidSyntax"),
        (sent(own=1), "invalidPath"),
        (sent(**enterprise(own=1)), "invalidPath"),
    ],
)
def test_a_service_that_keeps_nothing_unknown_says_so(body: Resource, scim_type: str) -> None:
    with pytest.raises(ScimError) as caught:
        received(body, CLOSED_USERS)

    assert caught.value.scim_type == scim_type


def test_what_no_schema_names_is_kept_whole() -> None:
    own: Resource = {"urn:own": {"a": [1, {"b": None}]}, "own": {"c": ""}}

    assert received({**sent(), **own}, USERS) == {**ada(), **own}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (f"{BADGE}:printed", True),
        ("meta.created", "x"),
        ("urn:empty", None),
        (f"{BADGE}", None),
        (f"{BADGE}:note", ""),
        ("urn:x:1.0:Own", "text"),
    ],
)
def test_a_key_that_brings_nothing_leaves_nothing(key: str, value: Json) -> None:
    assert received({**sent(), key: value}, USERS) == ada()


def test_parts_of_a_list_that_arrive_alone_are_elements() -> None:
    body = {
        **sent(emails=[{"value": "a"}]),
        "emails.value": "b",
        "roles.value": "r",
        "ims.value": "",
    }

    assert received(body, USERS) == ada(
        emails=[{"value": "a"}, {"value": "b"}], roles=[{"value": "r"}]
    )


def test_an_extension_that_every_resource_must_have_is_missed() -> None:
    extension = Schema(BADGE, "Badge", "", (Attribute("serial", Type.INTEGER, required=True),))
    schema = ResourceSchema(USER_SCHEMA, (extension,), required_extensions=frozenset({BADGE}))

    for body in (sent(), sent(**badge(serial=None)), sent(**badge(other=1))):
        with pytest.raises(ScimError, match="is required"):
            received(body, schema)
    assert received(sent(**badge(serial=0)), schema) == ada(**badge(serial=0))


def test_unique_values_are_told_as_they_are_compared() -> None:
    values = ada(
        userName="ＡＤＡ Zoe\u0308",
        emails=[{"value": "A@x"}, {"value": "a@X"}, {"type": "home"}],
        **badge(serial="S-1", doors=[{"value": "A"}, {"value": "b"}]),
    )

    found = unique_values(
        values, unique_paths(USERS, [USERS.path("emails.value"), USERS.path("active")])
    )

    assert found == (
        UniqueValue("userName", "ada zoë"),
        UniqueValue(f"{BADGE}:serial", "S-1"),
        UniqueValue(f"{BADGE}:doors.value", "a"),
        UniqueValue(f"{BADGE}:doors.value", "b"),
        UniqueValue("emails.value", "a@x"),
    )


def test_a_value_that_somebody_has_is_refused_without_saying_who() -> None:
    refusal = taken("userName")

    assert (refusal.status, refusal.scim_type) == (409, "uniqueness")
    assert refusal.message == "userName must be unique, and another one has this value."


def test_a_number_can_be_unique_too() -> None:
    path = USERS.path(f"{BADGE}:number")

    found = unique_values(ada(**badge(number=7)), unique_paths(USERS, [path]))

    assert UniqueValue(str(path), "7") in found


def test_a_group_has_no_value_that_the_rfc_makes_unique() -> None:
    assert unique_values({"displayName": "Crew"}, unique_paths(GROUPS)) == ()


HELD = ada(
    title="Lead",
    **badge(born="1815", printed=True, pin="1", holder={"value": "h", "label": "L", "memo": "m"}),
)


def put(**values: Json) -> Resource:
    before = copy.deepcopy(HELD)
    after = replaced(HELD, sent(**values), USERS)
    assert same(HELD, before)
    return after


def test_a_put_clears_what_it_leaves_out_and_keeps_what_it_may_not_change() -> None:
    after = put(**badge(holder={"memo": "n"}))

    kept = {"born": "1815", "printed": True, "pin": "1"}
    assert after == ada(**badge(**kept, holder={"memo": "n", "value": "h", "label": "L"}))


def test_a_put_without_the_extension_keeps_only_what_clients_cannot_clear() -> None:
    assert put() == ada(**badge(born="1815", printed=True, pin="1"))


@pytest.mark.parametrize("values", [badge(born="1816"), badge(holder={"value": "i"})])
def test_a_put_cannot_change_what_was_set_once(values: Resource) -> None:
    with pytest.raises(NotWritable):
        put(**values)


def test_a_put_of_what_is_there_changes_nothing() -> None:
    again = sent(title="Lead", **badge(born="1815", pin="1", holder={"value": "h", "memo": "m"}))

    assert replaced(HELD, again, USERS) is HELD


def test_a_put_sets_what_may_be_set_once() -> None:
    assert replaced(ada(), sent(**badge(born="1815")), USERS) == ada(**badge(born="1815"))
