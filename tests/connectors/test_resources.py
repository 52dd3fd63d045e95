"""Values become resources and come back, over every form a target path can have."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatkeeper.connectors.resources import Shape, account_from, new_resource, patch_operations
from seatkeeper.gallery.schema import AttributeType
from seatkeeper.provisioning.account import TargetValue, ValueChange
from seatkeeper.scim.core import ENTERPRISE_SCHEMA, USER_SCHEMA
from seatkeeper.scim.difference import must_read
from seatkeeper.scim.element_text import element_text
from seatkeeper.scim.messages import ENTERPRISE_USER, USER, Resource, patch_body
from seatkeeper.scim.patch import apply_patch
from seatkeeper.scim.quirks import Quirk
from seatkeeper.scim.schema import ResourceSchema

FIVE = "urn:ietf:params:scim:schemas:extension:15Five:2.0:User"
OLD = "urn:scim:schemas:extension:enterprise:1.0"
NAME, TITLE, GIVEN = "userName", "title", "name.givenName"
MAIL, HOME, ODD = (
    'emails[type eq "work"].value', 'emails[type eq "home"]', 'ims.[type eq "work"].value',
)  # fmt: skip
STREET, TOWN = (f'addresses[type eq "work"].{part}' for part in ("streetAddress", "locality"))
UNTYPED = 'addresses[type eq "untyped"].formatted'
MANAGER, OLD_MANAGER = f"{ENTERPRISE_USER}:manager.value", f"{OLD}.manager"
STRING, COMPLEX = AttributeType.STRING, AttributeType.COMPLEX
TYPES: Mapping[str, AttributeType] = {
    NAME: STRING, TITLE: STRING, GIVEN: STRING, MAIL: STRING, HOME: STRING, ODD: STRING,
    STREET: STRING, TOWN: STRING, UNTYPED: STRING,
    'roles[primary eq "True"].value': STRING, 'roles[primary eq "True"].display': STRING,
    "entitlements": COMPLEX, f"{FIVE}:skills": STRING,
    f"{ENTERPRISE_USER}:department": STRING, MANAGER: AttributeType.REFERENCE,
    OLD_MANAGER: STRING, f"{FIVE}:location": STRING, "active": AttributeType.BOOLEAN,
    f"{FIVE}:level": AttributeType.INTEGER, f"{FIVE}:startDate": AttributeType.DATETIME,
}  # fmt: skip
SHAPE = Shape(
    "/Users", (USER,), TYPES, lists=frozenset({"entitlements", f"{FIVE}:skills"}),
    exact=frozenset({TITLE}),
)  # fmt: skip
SCHEMA = ResourceSchema(USER_SCHEMA, (ENTERPRISE_SCHEMA,))
FEW = st.sampled_from(["ada", "Zoë", 'o"b', "7"])
ELEMENTS = [
    element_text({"value": "cook", "display": "Cook"}),
    element_text({"value": "cook", "display": "Chef"}),
    element_text({"value": "crew", "type": "t"}),
]
KINDS: Mapping[AttributeType, st.SearchStrategy[TargetValue]] = {
    AttributeType.BOOLEAN: st.booleans(),
    AttributeType.INTEGER: st.integers(-5, 5),
    AttributeType.DATETIME: st.sampled_from(["2031-03-16T07:00:00Z", "2031-03-17T00:00:00Z"]),
}


def texts(path: str) -> st.SearchStrategy[TargetValue]:
    if path == "entitlements":
        found = st.lists(st.sampled_from(ELEMENTS), min_size=1, unique=True)
        return found.map(tuple).filter(lambda one: not set(ELEMENTS[:2]) <= set(one))
    if path in SHAPE.lists:
        return st.lists(FEW, min_size=1, unique=True).map(tuple)
    return KINDS.get(TYPES[path], FEW)


ACCOUNTS = st.fixed_dictionaries(
    {NAME: FEW}, optional={path: texts(path) for path in TYPES if path != NAME}
)
FOREIGN: Resource = {
    "photos": [{"type": "photo", "value": "https://l.example/p"}],
    "nickName": "Countess",
}


def changes_between(
    one: Mapping[str, TargetValue], other: Mapping[str, TargetValue]
) -> list[ValueChange]:
    found = [ValueChange(path, one.get(path), other.get(path)) for path in TYPES]
    return [change for change in found if comparable(change.old) != comparable(change.new)]


def comparable(value: TargetValue | None) -> object:
    return frozenset(value) if isinstance(value, tuple) else value


def seen(resource: Mapping[str, Any]) -> dict[str, object]:
    values = account_from(SHAPE, {**resource, "id": "a-1"}).values
    return {path: comparable(value) for path, value in values.items()}


@settings(deadline=None, max_examples=300)
@given(values=ACCOUNTS)
def test_what_a_new_account_is_made_of_is_what_is_read_back(
    values: dict[str, TargetValue],
) -> None:
    body = new_resource(SHAPE, values)

    assert seen(body) == {path: comparable(value) for path, value in values.items()}
    assert body["schemas"] == [USER, *(name for name in body if name.startswith("urn:"))]


@settings(deadline=None, max_examples=600)
@given(before=ACCOUNTS, after=ACCOUNTS, also=st.booleans())
def test_the_differences_of_two_accounts_turn_the_first_into_the_second(
    before: dict[str, TargetValue], after: dict[str, TargetValue], also: bool
) -> None:
    held: Resource = {**new_resource(SHAPE, before), **(FOREIGN if also else {})}
    changes = changes_between(before, after)

    read = held if must_read(changes, SHAPE.places) else None
    operations = patch_operations(SHAPE, changes, read)
    patched = apply_patch(held, patch_body(operations), SCHEMA) if operations else held

    assert seen(patched) == {path: comparable(value) for path, value in after.items()}
    assert bool(operations) is bool(changes)
    assert all(patched[name] == value for name, value in FOREIGN.items() if also)
    for name in ("emails", "addresses"):
        listed: Any = patched.get(name) or []
        assert all(set(one) - {"type", "primary"} for one in listed), "one only says its type"


@settings(deadline=None)
@given(path=st.sampled_from([path for path in TYPES if path != NAME]), data=st.data())
def test_removing_the_last_value_always_yields_a_write(path: str, data: st.DataObject) -> None:
    value = data.draw(texts(path))
    held: Resource = new_resource(SHAPE, {NAME: "ada", path: value})
    change = ValueChange(path, value, None)

    operations = patch_operations(SHAPE, [change], held)

    assert operations
    patched = apply_patch(held, patch_body(operations), SCHEMA)
    assert seen(patched) == {NAME: "ada"}
    assert SHAPE.place(path).path.name not in patched


def test_several_parts_of_one_element_are_made_as_one() -> None:
    body = new_resource(
        SHAPE,
        {
            STREET: "Kungsgatan 1", UNTYPED: "Somewhere", TOWN: "Uppsala",
            'roles[primary eq "True"].value': "crew", 'roles[primary eq "True"].display': "Crew",
        },
    )  # fmt: skip

    assert body["addresses"] == [
        {"type": "work", "streetAddress": "Kungsgatan 1", "locality": "Uppsala"},
        {"type": "untyped", "formatted": "Somewhere"},
    ]
    assert body["roles"] == [{"primary": True, "value": "crew", "display": "Crew"}]


def test_one_mail_address_is_the_primary_one_and_two_are_left_to_the_app() -> None:
    one = new_resource(SHAPE, {MAIL: "a@l.example"})
    two = new_resource(SHAPE, {MAIL: "a@l.example", HOME: "b@l.example"})

    assert one["emails"] == [{"type": "work", "value": "a@l.example", "primary": True}]
    assert [element.get("primary") for element in two["emails"]] == [None, None]


@pytest.mark.fault("T28")
def test_an_account_is_read_however_the_app_writes_it() -> None:
    resource = {
        "ID": "not this", "id": 7, "USERNAME": "ada", "Active": "True", "title": True,
        "emails": [{"TYPE": "Work", "Value": "a@l.example"}, "odd"],
        "entitlements": {"VALUE": "cook", "Display": "Cook", "given": "2031"},
        ENTERPRISE_USER.upper(): {"Manager": [{"value": 9}], "department": ""},
        OLD: {"MANAGER": "m-1"},
        FIVE: {
            "skills": [{"value": "knots"}, None, ""], "level": "12",
            "startDate": "2031-03-16T09:00:00.000+02:00", "location": None,
        },
    }  # fmt: skip

    account = account_from(SHAPE, resource)

    assert account.id == "7"
    assert dict(account.values) == {
        NAME: "ada",
        TITLE: "True",
        MAIL: "a@l.example",
        "active": True,
        "entitlements": (ELEMENTS[0],),
        MANAGER: "9",
        OLD_MANAGER: "m-1",
        f"{FIVE}:skills": ("knots",),
        f"{FIVE}:level": 12,
        f"{FIVE}:startDate": "2031-03-16T07:00:00Z",
    }


@pytest.mark.parametrize(
    ("attribute", "shown", "read"),
    [
        ("level", 5.0, 5), ("level", "five", "five"), ("level", 5.5, "5.5"),
        ("level", True, "True"),
        ("level", "9" * 5_000, "9" * 5_000), ("startDate", "soon", "soon"),
        ("location", ["a", "b"], ("a", "b")), ("location", {"type": "x"}, None),
        ("skills", "knots", ("knots",)), ("skills", [], None),
    ],
)  # fmt: skip
def test_what_does_not_fit_its_type_is_read_as_it_is(
    attribute: str, shown: object, read: TargetValue | None
) -> None:
    account = account_from(SHAPE, {"id": "1", FIVE: {attribute: shown}})

    assert account.values.get(f"{FIVE}:{attribute}") == read


def test_elements_without_anything_in_them_are_no_values() -> None:
    account = account_from(
        SHAPE, {"id": "1", "entitlements": [None, "", {"value": ""}], "active": 1}
    )

    assert dict(account.values) == {"active": "1"}


# --- what single apps want otherwise ---


def odd(*quirks: Quirk) -> Shape:
    types = {**TYPES, "roles": COMPLEX}
    return Shape(
        "/Users", (USER,), types, lists=frozenset({"roles"}), oddities=frozenset(quirks),
        role_ids={"crew": "r-1"},
    )  # fmt: skip


ROLE = element_text({"value": "crew", "display": "Crew"})


def test_roles_are_written_as_json_in_text_only_where_an_app_needs_it() -> None:
    gained = [ValueChange("roles", None, (ROLE,)), ValueChange(TITLE, None, "Lead")]

    plain = patch_operations(odd(), gained, None)
    quirky = patch_operations(odd(Quirk.ROLES_AS_JSON_TEXT), gained, None)

    assert plain[0]["value"] == [{"primary": False, "display": "Crew", "value": "crew"}]
    assert quirky[0]["value"] == [
        {"value": '{"id": "r-1", "value": "crew", "displayName": "Crew"}'}
    ]
    assert plain[1] == quirky[1]


def test_new_accounts_of_such_an_app_have_roles_with_a_display_name() -> None:
    shape = odd(Quirk.ROLES_AS_JSON_TEXT)

    body = new_resource(shape, {NAME: "ada", "roles": (ROLE,)})

    assert body["roles"] == [{"primary": False, "displayName": "Crew", "value": "crew"}]
    assert "roles" not in new_resource(shape, {NAME: "ada"})


def test_an_app_that_knows_no_remove_gets_the_empty_text() -> None:
    gone = [ValueChange(MANAGER, "9", None), ValueChange(MAIL, "a", None)]

    operations = patch_operations(odd(Quirk.EMPTY_TEXT_CLEARS), gone, None)

    assert operations == [
        {"op": "replace", "path": f"{ENTERPRISE_USER}:manager", "value": ""},
        {"op": "remove", "path": 'emails[type eq "work"]'},
    ]
    assert patch_operations(odd(), gone, None)[0]["op"] == "remove"


def test_an_extension_is_named_in_schemas_before_its_first_value_where_an_app_needs_it() -> None:
    shape = odd(Quirk.SCHEMAS_IN_PATCH)
    first = [ValueChange(f"{FIVE}:location", None, "Oslo"), ValueChange(TITLE, None, "x")]

    operations = patch_operations(shape, first, None)

    assert operations[0] == {"op": "add", "path": "schemas", "value": [FIVE]}
    assert len(operations) == 3
    assert len(patch_operations(shape, [ValueChange(TITLE, None, "x")], None)) == 1


def test_schemas_names_the_core_alone_where_an_app_refuses_more() -> None:
    body = new_resource(odd(Quirk.ONLY_CORE_SCHEMA), {NAME: "a", f"{FIVE}:location": "Oslo"})

    assert body["schemas"] == [USER]
    assert body[FIVE] == {"location": "Oslo"}
