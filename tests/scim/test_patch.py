"""PATCH in every dialect that clients speak, each by name."""

import copy
import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatkeeper.scim.core import ENTERPRISE_SCHEMA, USER_SCHEMA
from seatkeeper.scim.messages import ENTERPRISE_USER, PATCH_OP, Json, Resource, ScimError
from seatkeeper.scim.patch import apply_patch
from seatkeeper.scim.path import parse_path, read
from seatkeeper.scim.schema import ResourceSchema
from seatkeeper.scim.validation import received as checked

USERS = ResourceSchema(USER_SCHEMA, (ENTERPRISE_SCHEMA,))
WORK = 'emails[type eq "work"].value'
MANAGER = f"{ENTERPRISE_USER}:manager"


def ada(**more: Json) -> Resource:
    return {"userName": "ada", "active": True, **more}


def enterprise(**values: Json) -> Resource:
    return {ENTERPRISE_USER: values}


def message(*operations: Resource) -> Json:
    return {"schemas": [PATCH_OP], "Operations": list(operations)}


def patched(resource: Resource, *operations: Resource) -> Resource:
    before = copy.deepcopy(resource)
    after = apply_patch(resource, message(*operations), USERS)
    assert resource == before
    return after


@pytest.mark.parametrize("op", ["replace", "Replace", "REPLACE", "Add"])
@pytest.mark.parametrize("value", [False, "False", "false"])
def test_a_leaver_is_disabled_by_a_boolean_or_its_name(op: str, value: Json) -> None:
    after = patched(ada(), {"op": op, "path": "active", "value": value})

    assert after["active"] is False


def test_simple_values_arrive_in_one_operation_with_dotted_and_prefixed_keys() -> None:
    value: Resource = {
        "displayName": "Ada L",
        "name.givenName": "Ada",
        "name.familyName": "L",
        f"{ENTERPRISE_USER}:employeeNumber": "7",
    }

    after = patched(ada(), {"op": "replace", "value": value})

    assert after == ada(
        displayName="Ada L",
        name={"givenName": "Ada", "familyName": "L"},
        **enterprise(employeeNumber="7"),
    )


def test_an_extension_arrives_whole_and_keeps_what_it_does_not_name() -> None:
    held = ada(**enterprise(department="R", employeeNumber="1"))

    after = patched(held, {"op": "replace", "value": {ENTERPRISE_USER: {"employeeNumber": "2"}}})

    assert after[ENTERPRISE_USER] == {"department": "R", "employeeNumber": "2"}


@pytest.mark.parametrize("op", ["Add", "Replace"])
def test_a_work_address_that_is_not_there_yet_is_made(op: str) -> None:
    after = patched(ada(), {"op": op, "path": WORK, "value": "ada@x"})

    assert after["emails"] == [{"type": "work", "value": "ada@x"}]


def test_an_address_that_a_filter_cannot_describe_has_no_target() -> None:
    with pytest.raises(ScimError) as caught:
        patched(ada(), {"op": "replace", "path": 'emails[value co "@"].value', "value": "x"})

    assert caught.value.scim_type == "noTarget"


@pytest.mark.parametrize("path", [MANAGER, f"{MANAGER}.value"])
@pytest.mark.parametrize("value", ["m-2", {"value": "m-2"}, [{"$ref": "../m-2", "value": "m-2"}]])
def test_a_manager_is_understood_in_each_shape_that_clients_send(path: str, value: Json) -> None:
    if path.endswith(".value"):
        value = "m-2"
    held = ada(**enterprise(manager={"value": "m-1"}))

    after = patched(held, {"op": "add", "path": path, "value": value})

    assert read(after, parse_path(f"{MANAGER}.value")) == "m-2"


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "Remove", "path": MANAGER},
        {"op": "Replace", "path": MANAGER, "value": ""},
        {"op": "Replace", "path": MANAGER, "value": None},
        {"op": "Replace", "path": MANAGER, "value": {"value": ""}},
    ],
)
def test_a_manager_is_cleared_and_nothing_empty_stays(operation: Resource) -> None:
    held = ada(**enterprise(manager={"value": "m-1"}))

    after = patched(held, operation)

    assert after == ada()


def test_roles_as_json_in_a_string_stay_text() -> None:
    role = json.dumps({"id": "1", "value": "User", "displayName": "User"})

    after = patched(ada(), {"op": "Add", "path": "roles", "value": [{"value": role}]})

    assert after["roles"] == [{"value": role}]


def test_adding_a_value_twice_is_adding_it_once() -> None:
    held = ada(emails=[{"type": "work", "value": "a@x"}])

    after = patched(
        held,
        {"op": "add", "path": "emails", "value": [{"type": "work", "value": "a@x"}]},
        {"op": "add", "path": "emails", "value": {"type": "home", "value": "a@h"}},
    )

    assert after["emails"] == [{"type": "work", "value": "a@x"}, {"type": "home", "value": "a@h"}]


def test_a_new_primary_address_takes_the_mark_from_the_old_one() -> None:
    held = ada(emails=[{"type": "work", "value": "a@x", "primary": True}])
    home: Resource = {"type": "home", "value": "a@h", "primary": True}

    after = patched(held, {"op": "add", "path": "emails", "value": [home]})

    assert after["emails"] == [{"type": "work", "value": "a@x", "primary": False}, home]


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": 'emails[type eq "work"]'},
        {"op": "Remove", "path": "emails", "value": [{"value": "a@x"}]},
        {"op": "Remove", "path": "emails", "value": ["a@x"]},
        {"op": "remove", "path": WORK},
        {"op": "replace", "path": "emails", "value": []},
    ],
)
def test_the_last_address_leaves_no_empty_list(operation: Resource) -> None:
    held = ada(emails=[{"type": "work", "value": "a@x"}])

    after = patched(held, operation)

    assert after == ada()


def test_a_remove_whose_filter_meets_nothing_has_no_target() -> None:
    with pytest.raises(ScimError) as caught:
        patched(ada(), {"op": "remove", "path": 'emails[type eq "work"]'})

    assert caught.value.scim_type == "noTarget"


@pytest.mark.parametrize("path", ["id", "meta.created", "schemas", "groups", "ID"])
def test_what_belongs_to_the_service_is_left_alone(path: str) -> None:
    after = patched(ada(), {"op": "replace", "path": path, "value": "x"})

    assert after == ada()


def test_a_fault_in_the_last_operation_undoes_the_first() -> None:
    held = ada()

    with pytest.raises(ScimError):
        patched(
            held,
            {"op": "replace", "path": "title", "value": "Lead"},
            {"op": "replace", "path": "active", "value": "perhaps"},
        )

    assert held == ada()


@pytest.mark.parametrize(
    ("body", "scim_type"),
    [
        ([], "invalidSyntax"),
        ({}, "invalidSyntax"),
        ({"schemas": ["urn:x"], "Operations": [{"op": "add"}]}, "invalidSyntax"),
        ({"Operations": {}}, "invalidSyntax"),
        ({"Operations": ["add"]}, "invalidSyntax"),
        ({"Operations": [{"op": "move", "path": "title"}]}, "invalidSyntax"),
        ({"Operations": [{"op": "remove"}]}, "noTarget"),
        ({"Operations": [{"op": "add", "value": 1}]}, "invalidValue"),
        ({"Operations": [{"op": "add", "path": 1, "value": 1}]}, "invalidPath"),
        ({"Operations": [{"op": "add", "path": "a b", "value": 1}]}, "invalidPath"),
        ({"Operations": [{"op": "add", "path": "title", "value": 1}]}, "invalidValue"),
        ({"Operations": [{"op": "add", "path": "name", "value": "x"}]}, "invalidValue"),
        ({"Operations": [{"op": "remove", "path": "userName"}]}, "mutability"),
        ({"Operations": [{"op": "replace", "path": "userName", "value": " "}]}, "invalidValue"),
        ({"Operations": [{"op": "add", "path": "title", "value": "x"}] * 1_001}, "tooMany"),
    ],
)
def test_a_message_that_cannot_be_followed_is_refused(body: Json, scim_type: str) -> None:
    with pytest.raises(ScimError) as caught:
        apply_patch(ada(), body, USERS)

    assert caught.value.scim_type == scim_type


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
PATHS = st.sampled_from(
    [
        "userName",
        "emails",
        WORK,
        "name",
        "name.givenName",
        MANAGER,
        "members",
        "id",
        ENTERPRISE_USER,
    ]
)
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "Replace", "remove"])},
    optional={"path": PATHS | st.text(max_size=12), "value": ANY},
)


@given(operations=st.lists(OPERATIONS, max_size=3), extra=ANY, keep=st.booleans())
@settings(deadline=None, max_examples=2_000)
def test_any_message_is_followed_or_refused(
    operations: list[Resource], extra: Json, keep: bool
) -> None:
    body: Json = {"Operations": list[Json](operations)} if keep else extra
    held = ada(emails=[{"type": "work", "value": "a@x", "primary": True}])
    before = copy.deepcopy(held)

    def attempt(change: Callable[[], Resource]) -> None:
        try:
            after = change()
        except ScimError as error:
            assert error.status in (400, 413)  # noqa: PT017
        else:
            json.dumps(after)

    attempt(lambda: apply_patch(held, body, USERS))
    attempt(lambda: checked(extra if isinstance(extra, dict) else {}, USERS))
    assert held == before


@given(
    path=st.sampled_from(["title", "name.givenName", WORK, f"{ENTERPRISE_USER}:department"]),
    value=st.text(min_size=1, max_size=6),
)
@settings(deadline=None)
def test_what_was_replaced_is_read_again(path: str, value: str) -> None:
    after = patched(ada(), {"op": "replace", "path": path, "value": value})

    assert read(after, parse_path(path)) == value
