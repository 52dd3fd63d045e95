"""PATCH by the rules of RFC 7644 3.5.2: what each operation does, and what it may not do."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scim.people import BADGE, CLOSED_USERS, GROUPS, USERS, ada, badge, enterprise, message

from seatkeeper.scim.dialect import STRICT, TOLERANT, Dialect
from seatkeeper.scim.errors import ScimError, TooLarge
from seatkeeper.scim.messages import ENTERPRISE_USER, Json, Resource
from seatkeeper.scim.names import same
from seatkeeper.scim.operation import MOST_WRITES, read_operations
from seatkeeper.scim.patch import apply_operations, apply_patch
from seatkeeper.scim.validation import received

WORK: Resource = {"type": "work", "value": "a@x", "primary": True}
HOME: Resource = {"type": "home", "value": "a@h"}
DOOR: Resource = {"value": "A", "room": "1"}


def op(name: str, path: str | None, value: Json = None) -> Resource:
    found: Resource = {"op": name, "value": value}
    return found if path is None else {**found, "path": path}


def patched(held: Resource, *operations: Resource, spoken: Dialect = STRICT) -> Resource:
    before = copy.deepcopy(held)
    after = apply_patch(held, message(*operations), USERS, spoken)
    assert held == before
    return after


@pytest.mark.parametrize(
    ("held", "operation", "expected"),
    [
        # add
        (ada(), op("add", "title", "Lead"), ada(title="Lead")),
        (ada(title="x"), op("add", "title", "Lead"), ada(title="Lead")),
        (ada(), op("add", "emails", [HOME]), ada(emails=[HOME])),
        (
            ada(emails=[HOME]),
            op("add", "emails", [{"value": "b"}]),
            ada(emails=[HOME, {"value": "b"}]),
        ),
        (
            ada(emails=[HOME]),
            op("add", "emails", [{"value": "A@h", "type": "HOME", "display": "d"}]),
            ada(emails=[{"value": "A@h", "type": "HOME", "display": "d"}]),
        ),
        (
            ada(emails=[HOME]),
            op("add", "emails", [{"value": "a@h", "type": "work"}, {"value": "a@h"}]),
            ada(emails=[HOME, {"value": "a@h", "type": "work"}]),
        ),
        (
            ada(addresses=[{"locality": "Kyiv"}]),
            op("add", "addresses", [{"locality": "Kyiv"}, {"locality": "Lviv"}]),
            ada(addresses=[{"locality": "Kyiv"}, {"locality": "Lviv"}]),
        ),
        (
            ada(name={"givenName": "Ada"}),
            op("add", "name", {"familyName": "L"}),
            ada(name={"givenName": "Ada", "familyName": "L"}),
        ),
        (
            ada(),
            op("add", None, {"title": "Lead", "nickName": "A"}),
            ada(title="Lead", nickName="A"),
        ),
        (ada(emails=[HOME]), op("add", "emails", None), ada(emails=[HOME])),
        (
            ada(emails=[HOME]),
            op("add", 'emails[type eq "home"]', {"display": "d"}),
            ada(emails=[{**HOME, "display": "d"}]),
        ),
        (
            ada(**badge(words=["a"])),
            op("add", f"{BADGE}:words", ["A", "b"]),
            ada(**badge(words=["A", "b"])),
        ),
        # replace
        (ada(title="x"), op("replace", "title", "y"), ada(title="y")),
        (ada(emails=[WORK]), op("replace", "emails", [HOME]), ada(emails=[HOME])),
        (
            ada(name={"givenName": "Ada", "familyName": "L"}),
            op("replace", "name", {"FAMILYNAME": "M"}),
            ada(name={"givenName": "Ada", "familyName": "M"}),
        ),
        (
            ada(emails=[WORK, HOME]),
            op("replace", 'emails[type eq "home"]', {"value": "b@h"}),
            ada(emails=[WORK, {"type": "home", "value": "b@h"}]),
        ),
        (
            ada(emails=[WORK, HOME]),
            op("replace", 'emails[value co "@"].display', "d"),
            ada(emails=[{**WORK, "display": "d"}, {**HOME, "display": "d"}]),
        ),
        (
            ada(emails=[WORK, HOME]),
            op("replace", 'emails[value ew "@h"]', {"value": "b@h"}),
            ada(emails=[WORK, {"value": "b@h"}]),
        ),
        (
            ada(emails=[HOME]),
            op("replace", "emails.display", "d"),
            ada(emails=[{**HOME, "display": "d"}]),
        ),
        (ada(), op("replace", "emails.value", "b"), ada(emails=[{"value": "b"}])),
        (ada(), op("replace", "name.givenName", "Ada"), ada(name={"givenName": "Ada"})),
        (
            ada(**enterprise(manager={"value": "m", "$ref": "x"})),
            op("replace", f"{ENTERPRISE_USER}:manager", {"value": "n"}),
            ada(**enterprise(manager={"value": "n"})),
        ),
        (
            ada(**enterprise(department="R", division="D")),
            op("replace", ENTERPRISE_USER, {"department": "S"}),
            ada(**enterprise(department="S", division="D")),
        ),
        (ada(**enterprise(department="R")), op("replace", ENTERPRISE_USER), ada()),
        (ada(**enterprise(department="R")), op("replace", ENTERPRISE_USER, {}), ada()),
        (
            ada(**enterprise(department="R")),
            op("add", ENTERPRISE_USER, {}),
            ada(**enterprise(department="R")),
        ),
        (ada(title="x"), op("replace", "title"), ada()),
        (ada(emails=[WORK]), op("replace", 'emails[type eq "work"].value'), ada()),
        (
            ada(**badge(doors=[DOOR])),
            op("add", f'{BADGE}:doors[value eq "A"]', {"open": True}),
            ada(**badge(doors=[{**DOOR, "open": True}])),
        ),
        (
            ada(name={"givenName": "Ada"}),
            op("replace", 'name[givenName eq "Ada"].familyName', "L"),
            ada(name={"givenName": "Ada", "familyName": "L"}),
        ),
        (ada(name={"givenName": "Ada"}), op("remove", 'name[givenName eq "ada"]'), ada()),
        (ada(), op("add", "title.value", "Lead"), ada(title="Lead")),
        # remove
        (ada(title="x"), op("remove", "title"), ada()),
        (ada(), op("remove", "title"), ada()),
        (ada(emails=[WORK, HOME]), op("remove", "emails"), ada()),
        (ada(emails=[WORK, HOME]), op("remove", 'emails[type eq "work"]'), ada(emails=[HOME])),
        (
            ada(emails=[WORK, {**HOME, "display": "d"}]),
            op("remove", 'emails[type eq "home"].display'),
            ada(emails=[WORK, HOME]),
        ),
        (
            ada(emails=[WORK, HOME]),
            op("remove", 'emails[type eq "work"].value'),
            ada(emails=[HOME]),
        ),
        (
            ada(emails=[{**HOME, "display": "d"}]),
            op("remove", "emails.display"),
            ada(emails=[HOME]),
        ),
        (ada(emails=[HOME]), op("remove", "emails.value"), ada()),
        (ada(name={"givenName": "Ada"}), op("remove", "name.givenName"), ada()),
        (
            ada(name={"givenName": "Ada", "familyName": "L"}),
            op("remove", "name.givenName"),
            ada(name={"familyName": "L"}),
        ),
        (ada(**enterprise(department="R")), op("remove", ENTERPRISE_USER), ada()),
        (ada(), op("remove", ENTERPRISE_USER), ada()),
        (ada(**badge(holder={"value": "h"})), op("remove", f"{BADGE}:holder"), ada()),
    ],
)
def test_each_operation_does_what_the_rfc_says(
    held: Resource, operation: Resource, expected: Resource
) -> None:
    assert patched(held, operation) == expected


def test_an_operation_sees_what_the_one_before_it_did() -> None:
    after = patched(
        ada(),
        op("add", "emails", [WORK]),
        op("replace", 'emails[type eq "work"].value', "b@x"),
        op("remove", "emails[primary eq true].primary"),
    )

    assert after == ada(emails=[{"type": "work", "value": "b@x"}])


def test_a_patch_that_says_what_is_there_changes_nothing() -> None:
    held = ada(emails=[WORK], name={"givenName": "Ada"}, **enterprise(department="R"))

    after = patched(
        held,
        op("replace", "active", True),
        op("add", "emails", [WORK]),
        op("replace", None, {"name": {"givenName": "Ada"}, ENTERPRISE_USER: {"department": "R"}}),
    )

    assert after is held


@pytest.mark.parametrize(
    ("operation", "primary"),
    [
        (op("replace", 'emails[type eq "home"].primary', True), "home"),
        (op("add", "emails", [{"type": "other", "value": "o", "primary": True}]), "other"),
        (op("add", "emails", [{**HOME, "primary": True}]), "home"),
        (op("replace", 'emails[type eq "work"].primary', True), "work"),
    ],
)
def test_one_value_is_the_primary_one_the_last_that_was_marked(
    operation: Resource, primary: str
) -> None:
    after: Any = patched(ada(emails=[WORK, HOME]), operation)

    assert [one["type"] for one in after["emails"] if one.get("primary")] == [primary]


def test_of_two_primaries_that_were_always_there_the_first_stays() -> None:
    held = ada(emails=[WORK, {**HOME, "primary": True}, "bare"])

    after = patched(held, op("replace", 'emails[type eq "work"].display', "d"))

    assert after["emails"] == [{**WORK, "display": "d"}, {**HOME, "primary": False}, "bare"]


def test_an_immutable_value_is_set_once() -> None:
    after = patched(ada(), op("add", f"{BADGE}:born", "1815"))

    assert patched(after, op("replace", f"{BADGE}:born", "1815")) is after
    assert patched(
        ada(**badge(holder={"memo": "m"})), op("add", f"{BADGE}:holder.value", "h")
    ) == ada(**badge(holder={"memo": "m", "value": "h"}))
    assert patched(ada(), op("add", f"{BADGE}:doors", [DOOR])) == ada(**badge(doors=[DOOR]))


@pytest.mark.parametrize(
    ("held", "operation"),
    [
        (badge(born="1815"), op("replace", f"{BADGE}:born", "1816")),
        (badge(born="1815"), op("remove", f"{BADGE}:born")),
        (badge(born="1815"), op("replace", f"{BADGE}:born")),
        (badge(born="1815"), op("remove", BADGE)),
        (badge(holder={"value": "h"}), op("replace", f"{BADGE}:holder", {"value": "i"})),
        (badge(holder={"value": "h"}), op("replace", f"{BADGE}:holder.value", "i")),
        (badge(holder={"value": "h"}), op("remove", f"{BADGE}:holder.value")),
        (badge(doors=[DOOR]), op("replace", f'{BADGE}:doors[value eq "A"].room', "2")),
        (badge(doors=[DOOR]), op("remove", f'{BADGE}:doors[value eq "A"].room')),
        (badge(doors=[DOOR]), op("replace", f"{BADGE}:doors.room", "2")),
        (badge(doors=[DOOR]), op("remove", f"{BADGE}:doors.room")),
        ({}, op("remove", "userName")),
        ({}, op("replace", "userName", None)),
        (badge(doors=[DOOR]), op("remove", f"{BADGE}:doors.value")),
        (badge(doors=[DOOR]), op("remove", f'{BADGE}:doors[value eq "A"].value')),
        ({}, op("replace", "id", "7")),
        ({}, op("replace", "meta.created", "x")),
        ({}, op("add", "groups", [{"value": "g"}])),
        ({}, op("add", f"{BADGE}:printed", True)),
    ],
)
def test_what_a_client_may_not_write_is_refused(held: Resource, operation: Resource) -> None:
    with pytest.raises(ScimError) as caught:
        patched(ada(**held), operation)

    assert (caught.value.status, caught.value.scim_type) == (400, "mutability")


@pytest.mark.parametrize(
    ("operation", "scim_type"),
    [
        (op("remove", 'emails[type eq "work"]'), "noTarget"),
        (op("remove", 'emails[type eq "work"].value'), "noTarget"),
        (op("replace", 'emails[type sw "w"].value', "x"), "noTarget"),
        (op("replace", 'emails[type eq "work"].value', "x"), "noTarget"),
        (op("add", 'emails[a.b eq "work"].value', "x"), "invalidFilter"),
        (op("replace", 'emails[type eq "work"', "x"), "invalidPath"),
        (op("replace", "", {}), None),
        (op("replace", ENTERPRISE_USER, "x"), "invalidValue"),
        (op("replace", "urn:ietf:params:scim:schemas:core:2.0:User", {}), "invalidPath"),
        (op("replace", 'emails[type eq "home"]', "x"), "invalidValue"),
        (op("replace", 'emails[type eq "home"]', [1, 2]), "invalidValue"),
        (op("replace", "userName", " "), "invalidValue"),
        (
            op("add", "emails", [{"value": "1", "primary": True}, {"value": "2", "primary": True}]),
            "invalidValue",
        ),
    ],
)
def test_an_operation_that_cannot_be_carried_out_is_refused(
    operation: Resource, scim_type: str | None
) -> None:
    held = ada(emails=[HOME])
    if scim_type is None:
        assert patched(held, operation) is held
        return
    with pytest.raises(ScimError) as caught:
        patched(held, operation)

    assert (caught.value.status, caught.value.scim_type) == (400, scim_type)


def test_a_filter_that_the_one_value_does_not_meet_makes_no_second() -> None:
    held = ada(name={"givenName": "Ada"})

    with pytest.raises(ScimError) as caught:
        patched(held, op("replace", 'name[givenName eq "Bo"].familyName', "B"), spoken=TOLERANT)

    assert caught.value.scim_type == "noTarget"


def test_an_element_without_its_required_part_is_refused() -> None:
    with pytest.raises(ScimError, match=r"doors\.value is required"):
        patched(ada(), op("add", f"{BADGE}:doors", [{"open": True}]), spoken=TOLERANT)


def test_two_new_primaries_in_one_operation_are_refused() -> None:
    held = ada(own=[{"value": "1"}, {"value": "2"}], emails=[HOME, {"value": "b"}])

    for path in ("own", "emails"):
        with pytest.raises(ScimError, match="primary"):
            patched(held, op("replace", f"{path}.primary", True), spoken=TOLERANT)
    twice: Json = [{"value": str(at), "primary": True} for at in range(2)]
    with pytest.raises(ScimError, match="primary"):
        patched(ada(), op("add", "own", twice), spoken=TOLERANT)


@pytest.mark.parametrize(
    ("held", "operation", "expected"),
    [
        (badge(words=["a", "b"]), op("remove", f"{BADGE}:words", ["A"]), badge(words=["b"])),
        ({}, op("add", "own", "x"), {"own": "x"}),
        ({}, op("add", "own.part", "x"), {"own": {"part": "x"}}),
        ({"own": "x"}, op("add", "own.part", "y"), {"own": {"part": "y"}}),
        ({"own": "x"}, op("add", "own", ["y"]), {"own": ["x", "y"]}),
        ({"own": {"a": 1}}, op("replace", "own", {"b": 2}), {"own": {"a": 1, "b": 2}}),
        ({"own": ["x", {"value": "y"}]}, op("remove", "own", ["y"]), {"own": ["x"]}),
        ({"own": "x"}, op("remove", "own", "x"), {}),
        ({"own": ["x"]}, op("replace", "own.part", 1), {"own": ["x"]}),
        ({"own": ["x"]}, op("remove", "own.part"), {"own": ["x"]}),
        ({}, op("add", 'own[kind eq "a"].part', "x"), {"own": [{"kind": "a", "part": "x"}]}),
        (
            {"own": "x"},
            op("replace", 'own[kind eq "a"]', {"b": 1}),
            {"own": ["x", {"kind": "a", "b": 1}]},
        ),
        (
            {"own": {"kind": "a"}},
            op("replace", 'own[kind eq "A"].b', 1),
            {"own": [{"kind": "a", "b": 1}]},
        ),
        ({"urn:own": {"x": 1}}, op("add", "urn:own:y", 2), {"urn:own": {"x": 1, "y": 2}}),
        ({"urn:x:1.0:Own": {"x": 1}}, op("remove", "urn:x:1.0:Own"), {}),
        ({"urn:x:1.0:Own": "text"}, op("remove", "urn:x:1.0:Own"), {"urn:x:1.0:Own": "text"}),
    ],
)
def test_what_no_schema_names_is_patched_as_it_is(
    held: Resource, operation: Resource, expected: Resource
) -> None:
    assert patched(ada(**held), operation, spoken=TOLERANT) == {**ada(), **expected}


def test_an_extension_that_is_no_object_can_be_replaced_by_one() -> None:
    held = ada(**{ENTERPRISE_USER: "text"})

    after = patched(held, op("add", f"{ENTERPRISE_USER}:department", "R"))

    assert after == ada(**enterprise(department="R"))


def test_a_service_that_keeps_nothing_unknown_refuses_the_path_of_a_patch() -> None:
    with pytest.raises(ScimError) as caught:
        apply_patch(ada(), message(op("add", "own", "x")), CLOSED_USERS)

    assert caught.value.scim_type == "invalidPath"


def test_members_that_are_held_whole_are_patched_like_any_list() -> None:
    held: Resource = {"displayName": "Crew", "members": [{"value": "a"}, {"value": "b"}]}
    body = message(op("remove", 'members[value eq "a"]'), op("add", "members", [{"value": "c"}]))

    assert apply_patch(held, body, GROUPS, STRICT)["members"] == [{"value": "b"}, {"value": "c"}]


def test_a_message_that_writes_too_much_is_refused_before_it_is_begun() -> None:
    value: Resource = {f"own{at}": at for at in range(900)}

    with pytest.raises(ScimError) as caught:
        read_operations(message(*[op("add", None, value)] * (MOST_WRITES // 900 + 1)), USERS)

    assert (caught.value.status, caught.value.scim_type) == (413, "tooMany")


@pytest.mark.parametrize(
    "operation",
    [
        op("replace", 'roles[value eq "x" or type eq "y" or display pr].display', None),
        op("add", "roles", [{"value": "1"}]),
        op("replace", "roles.display", "d"),
        op("remove", "roles.display"),
        op("remove", "roles", [{"value": "none"}]),
    ],
)
def test_a_patch_that_would_look_at_too_many_values_is_refused(operation: Resource) -> None:
    held = ada(roles=[{"value": str(at)} for at in range(10_000)])

    with pytest.raises(TooLarge):
        patched(held, *[operation] * 101, spoken=TOLERANT)


def test_ten_thousand_values_join_ten_thousand_others_in_linear_work() -> None:
    held = ada(roles=[{"value": str(at), "type": str(at % 7)} for at in range(10_000)])
    added: Json = [{"value": str(at), "type": str(at % 7)} for at in range(5_000, 15_000)]

    after: Any = patched(held, op("add", "roles", added))

    assert len(after["roles"]) == 15_000


VALUES: st.SearchStrategy[Json] = (
    st.sampled_from(["", "ada", "Ada", "b@x", "2026-01-01T00:00:00Z", "True"])
    | st.none()
    | st.booleans()
    | st.integers(0, 2)
)
ELEMENT = st.dictionaries(
    st.sampled_from(["value", "type", "primary", "DISPLAY", "room", "open"]), VALUES, max_size=3
)
ANY_VALUE: st.SearchStrategy[Json] = VALUES | ELEMENT | st.lists(ELEMENT | VALUES, max_size=3)
PATHS = st.sampled_from(
    [
        "userName",
        "title",
        "active",
        "name",
        "name.givenName",
        "emails",
        "emails.value",
        'emails[type eq "ada"]',
        'emails[type eq "ada"].value',
        "emails[primary eq true].display",
        "title.value",
        'name[givenName eq "ada"]',
        'name[givenName eq "ada"].familyName',
        'title[value eq "ada"]',
        "roles",
        "own",
        ENTERPRISE_USER,
        f"{ENTERPRISE_USER}:manager",
        f"{ENTERPRISE_USER}:manager.value",
        *(f"{BADGE}:{one}" for one in ("number", "since", "words", "born", "holder", "pin")),
        f"{BADGE}:doors",
        f'{BADGE}:doors[value eq "ada"]',
        f'{BADGE}:doors[value eq "ada"].open',
        f"{BADGE}:words.value",
    ]
)
OPERATIONS: st.SearchStrategy[Resource] = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "replace", "remove"]), "path": PATHS, "value": ANY_VALUE}
)


@given(operations=st.lists(OPERATIONS, min_size=1, max_size=4))
@settings(deadline=None, max_examples=1_500)
def test_what_a_patch_leaves_is_what_a_put_would_accept_and_a_second_time_nothing_changes(
    operations: list[Resource],
) -> None:
    held = ada(emails=[{"type": "ada", "value": "b@x"}], **badge(doors=[{"value": "ada"}]))
    try:
        after = apply_patch(held, message(*operations), USERS)
    except ScimError as error:
        assert error.status in (400, 413)  # noqa: PT017
        return

    assert same(received(after, USERS), after)
    primaries: Any = [one for one in after.get("emails", []) if isinstance(one, dict)]  # type: ignore[union-attr]
    assert sum(one.get("primary") is True for one in primaries) <= 1


@given(operation=OPERATIONS.filter(lambda one: "[" not in str(one["path"])))
@settings(deadline=None, max_examples=500)
def test_a_replace_said_twice_is_a_replace_said_once(operation: Resource) -> None:
    operations = read_operations(message({**operation, "op": "replace"}), USERS)
    try:
        once = apply_operations(ada(), operations, USERS)
    except ScimError:
        return

    assert same(apply_operations(once, operations, USERS), once)
