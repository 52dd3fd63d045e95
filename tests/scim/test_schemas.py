"""Schemas as data: what the RFC says of each attribute, shown to clients and read from apps."""

from dataclasses import replace
from typing import Any

import pytest
import scim2_models as peer
from hypothesis import given
from hypothesis import strategies as st
from tests.scim.people import BADGE, BADGE_SCHEMA, CLOSED_USERS, OLD, USERS

from seatkeeper.scim.attribute import Attribute, Mutability, Returned, Type, Uniqueness
from seatkeeper.scim.core import ENTERPRISE_SCHEMA, GROUP_SCHEMA, USER_SCHEMA
from seatkeeper.scim.dialect import STRICT, Inspection
from seatkeeper.scim.discovery import (
    RESOURCE_TYPE_SCHEMA,
    SCHEMA_SCHEMA,
    SERVICE_PROVIDER_CONFIG_SCHEMA,
    Features,
    provider_config_body,
    resource_type_body,
)
from seatkeeper.scim.errors import InvalidPath, InvalidSyntax
from seatkeeper.scim.messages import ENTERPRISE_USER, USER, Json
from seatkeeper.scim.schema import Schema
from seatkeeper.scim.schema_message import MOST_ATTRIBUTES, read_schemas, schema_body
from seatkeeper.scim.syntax import AttributePath

SCHEMAS = [
    USER_SCHEMA,
    GROUP_SCHEMA,
    ENTERPRISE_SCHEMA,
    SERVICE_PROVIDER_CONFIG_SCHEMA,
    RESOURCE_TYPE_SCHEMA,
    SCHEMA_SCHEMA,
    BADGE_SCHEMA,
]
# Where we follow RFC 7643 8.7.1 rather than the peer, or the peer adds what the RFC does not list.
DIFFERENCES = {
    "User.groups.$ref",
    "EnterpriseUser.manager.value",
    "EnterpriseUser.manager.$ref",
    "Group.members.display",
    "ResourceType.schemaExtensions",
    "Schema.id",
    "Schema.name",
    "ServiceProviderConfig.id",
    "ResourceType.id",
}


def facts(name: str, attributes: list[dict[str, Any]]) -> dict[str, tuple[Any, ...]]:
    found: dict[str, tuple[Any, ...]] = {}
    for one in attributes:
        place = f"{name}.{one['name']}"
        found[place] = (
            one["type"],
            one["multiValued"],
            one.get("required") or False,
            one.get("caseExact") or False,
            str(one["mutability"]),
            str(one["returned"]),
            str(one["uniqueness"]),
            sorted(one.get("canonicalValues") or ()),
            tuple(one.get("referenceTypes") or ()),
        )
        found |= facts(place, one.get("subAttributes") or [])
    return {place: fact for place, fact in found.items() if place not in DIFFERENCES}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (USER_SCHEMA, peer.User),
        (GROUP_SCHEMA, peer.Group),
        (ENTERPRISE_SCHEMA, peer.EnterpriseUser),
        (SERVICE_PROVIDER_CONFIG_SCHEMA, peer.ServiceProviderConfig),
        (RESOURCE_TYPE_SCHEMA, peer.ResourceType),
        (SCHEMA_SCHEMA, peer.Schema),
    ],
)
def test_an_independent_implementation_describes_every_attribute_alike(
    ours: Schema, theirs: Any
) -> None:
    shown: Any = schema_body(ours)["attributes"]
    expected = theirs.to_schema().model_dump(by_alias=True, mode="json")

    assert facts(ours.name, shown) == facts(ours.name, expected["attributes"])


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda one: one.name)
def test_a_schema_that_was_shown_is_read_as_the_same_schema(schema: Schema) -> None:
    [again] = read_schemas(schema_body(schema))

    def plain(one: Attribute) -> Attribute:
        # The one thing no /Schemas can say, and the description that it always says.
        sub = tuple(plain(part) for part in one.sub)
        return replace(one, sub=sub, only_canonical=False, description="")

    assert (again.id, again.name) == (schema.id, schema.name)
    assert list(map(plain, again.attributes)) == list(map(plain, schema.attributes))


def test_a_core_schema_can_list_id_and_external_id_for_clients_that_map_only_what_is_listed() -> (
    None
):
    shown: Any = schema_body(USER_SCHEMA, with_common=True)["attributes"]

    assert [one["name"] for one in shown][:2] == ["id", "externalId"]


def test_the_schema_of_a_careless_app_is_read_with_the_defaults_of_the_rfc() -> None:
    inspection = Inspection()
    body: Json = {
        "Resources": [
            {
                "id": "urn:x",
                "Attributes": [
                    {"name": "a", "type": "DateTime", "multivalued": "TRUE", "required": 1},
                    {"name": "A", "type": "boolean"},
                    {"name": "b", "type": "phone", "mutability": None, "canonicalValues": [1, "x"]},
                    {"name": "c", "subAttributes": [{"name": "d", "subAttributes": [{}]}]},
                    {"type": "string"},
                    "text",
                ],
            },
            {"name": "no id"},
            None,
        ]
    }

    [found] = read_schemas(body, inspection)

    assert found == Schema(
        "urn:x",
        "urn:x",
        "",
        (
            Attribute("a", Type.DATE_TIME, multi_valued=True),
            Attribute("b", canonical=("x",)),
            Attribute("c", Type.COMPLEX, sub=(Attribute("d"),)),
        ),
    )
    assert len(inspection.findings) == 6


def test_a_schema_of_endless_length_is_read_in_part() -> None:
    listed: list[Json] = [{"name": f"a{at}"} for at in range(MOST_ATTRIBUTES + 1)]
    inspection = Inspection()

    [found] = read_schemas([{"id": "urn:x", "attributes": listed}], inspection)

    assert len(found.attributes) == MOST_ATTRIBUTES
    assert [one.text for one in inspection.findings] == ["Only the first 1000 were read."]


@pytest.mark.parametrize("body", ["text", None, {"Resources": "x"}, 3])
def test_what_lists_no_schemas_is_refused(body: Json) -> None:
    with pytest.raises(InvalidSyntax):
        read_schemas(body)


def test_an_object_without_schemas_is_an_empty_list() -> None:
    assert read_schemas({}) == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "name", "attributes", "subAttributes", "type", "returned"]),
            inner,
        )
    ),
    max_leaves=10,
)


@given(body=JSON)
def test_whatever_an_app_answers_is_read_or_refused(body: Json) -> None:
    try:
        found = read_schemas(body)
    except InvalidSyntax:
        return
    assert all(one.id for one in found)


def test_a_service_says_what_it_offers_and_no_more() -> None:
    some: Any = provider_config_body(Features(1_000, 100), "https://x")
    all_: Any = provider_config_body(
        Features(1_000, 100, 10, 99, 600, True, True, True), "https://x"
    )

    for body, expected in ((some, False), (all_, True)):
        peer.ServiceProviderConfig.model_validate(body)
        features = ("bulk", "sort", "etag", "changePassword")
        assert {body[one]["supported"] for one in features} == {expected}
        assert body["pagination"]["cursor"] is expected
    assert "cursorTimeout" not in some["pagination"]
    assert all_["pagination"]["cursorTimeout"] == 600


def test_a_resource_type_names_its_schemas() -> None:
    body: Any = resource_type_body("User", "/Users", USERS, "https://x")

    peer.ResourceType.model_validate(body)
    assert {"schema": BADGE, "required": False} in body["schemaExtensions"]
    assert body["meta"]["location"] == "https://x/ResourceTypes/User"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("USERNAME", AttributePath(None, "userName")),
        (f"{USER}:Name.GivenName", AttributePath(None, "name", None, "givenName")),
        (ENTERPRISE_USER.upper(), AttributePath(ENTERPRISE_USER, "")),
        (
            f"{ENTERPRISE_USER}:MANAGER.VALUE",
            AttributePath(ENTERPRISE_USER, "manager", None, "value"),
        ),
        (f"{OLD}:department", AttributePath(OLD, "department")),
        (f"{OLD}.department", AttributePath(OLD, "department")),
        ("urn:example:unknown:attr", AttributePath("urn:example:unknown", "attr")),
        ("urn:x:9.9:Other", AttributePath("urn:x:9.9:Other", "")),
        ("own.thing", AttributePath(None, "own", None, "thing")),
        ("name.own", AttributePath(None, "name", None, "own")),
        ("id", AttributePath(None, "id")),
        ("title.VALUE", AttributePath(None, "title")),
        ("meta.lastmodified", AttributePath(None, "meta", None, "lastModified")),
    ],
)
def test_a_path_comes_out_in_the_schemas_own_spelling(text: str, path: AttributePath) -> None:
    assert USERS.path(text) == path


@pytest.mark.parametrize(
    "text",
    [
        "title.own",
        "active.x",
        USER,
        f"{OLD}:{OLD}:department",
        f"{ENTERPRISE_USER}:{ENTERPRISE_USER}",
        f"{OLD}:",
    ],
)
def test_a_urn_alone_or_a_part_of_what_has_none_names_no_attribute(text: str) -> None:
    with pytest.raises(InvalidPath):
        USERS.path(text)


@pytest.mark.parametrize("text", ["badge", "name.own", f"{ENTERPRISE_USER}:badge"])
def test_a_service_that_keeps_nothing_unknown_refuses_the_path(text: str) -> None:
    with pytest.raises(InvalidPath, match="There is no attribute"):
        CLOSED_USERS.path(text)


def test_a_strict_service_refuses_what_no_schema_has() -> None:
    with pytest.raises(InvalidPath):
        USERS.path("badge", Inspection(STRICT))


def test_a_path_that_was_understood_once_is_still_refused_by_a_strict_service() -> None:
    for _ in range(200):
        USERS.path(f"{OLD}.department", noisy := Inspection())
        assert noisy.departures == 1

    with pytest.raises(InvalidPath):
        USERS.path(f"{OLD}.department", Inspection(STRICT))


def test_the_characteristics_answer_in_words() -> None:
    hidden = Attribute("pin", mutability=Mutability.READ_ONLY, returned=Returned.NEVER)
    unique = Attribute("serial", uniqueness=Uniqueness.GLOBAL)

    assert hidden.is_hidden
    assert hidden.is_read_only
    assert unique.is_unique
    assert not hidden.is_unique
