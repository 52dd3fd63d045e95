"""One value of one mapping: where it comes from, which type it gets, what refuses it."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.provisioning.builders import NOW, USERS, ada

from seatkeeper.directory.model import Group, Kind, User
from seatkeeper.errors import MappingFailed, MatchingValueMissing
from seatkeeper.provisioning.account import Account, TargetValue, ValueChange
from seatkeeper.provisioning.expression.compile import compiled
from seatkeeper.provisioning.expression.values import Role, RoleValue, Value
from seatkeeper.provisioning.log import shown
from seatkeeper.provisioning.mapping.evaluate import (
    Circumstances,
    Desired,
    MissingValues,
    want_access,
    want_group,
    want_user,
)
from seatkeeper.provisioning.mapping.model import (
    Applies,
    Constant,
    Direct,
    Mapping,
    Nothing,
    ObjectMapping,
    ValueType,
)
from seatkeeper.provisioning.mapping.typed import SingleValueOnly, instant, source_name, typed
from seatkeeper.provisioning.plan import (
    access_changes,
    gives_access_back,
    known_after,
    known_of_adopted,
    known_there,
    same,
)
from seatkeeper.scim.element_text import comparable, element_of, element_text, identity

CREW = RoleValue("crew", "Crew")
IGNORED = "IgnoreFlowIfNullOrEmpty([jobTitle])"


def onto(kind: ValueType = ValueType.STRING, **more: Any) -> Mapping:
    return Mapping("target", Direct("source"), kind, **more)


def wanted(*mappings: Mapping, person: User | None = None, **about: Any) -> Desired:
    return want_user(person or ada(), ObjectMapping(Kind.USER, mappings), Circumstances(**about))


# --- types ---


@pytest.mark.parametrize(
    ("kind", "value", "becomes"),
    [
        (ValueType.STRING, "x", "x"),
        (ValueType.STRING, True, "True"),
        (ValueType.STRING, 7, "7"),
        (ValueType.BOOLEAN, "tRUE", True),
        (ValueType.BOOLEAN, False, False),
        (ValueType.INTEGER, "-7", -7),
        (ValueType.INTEGER, 7, 7),
        (ValueType.DATETIME, "3/16/2031 7:00:00 AM", "2031-03-16T07:00:00Z"),
        (ValueType.DATETIME, "2031-03-16T09:00:00.25+02:00", "2031-03-16T07:00:00.250000Z"),
        (ValueType.DATETIME, "2031-03-16", "2031-03-16T00:00:00Z"),
        (ValueType.REFERENCE, "ada", "ada"),
    ],
)
def test_a_value_takes_the_type_of_its_attribute(
    kind: ValueType, value: Value, becomes: TargetValue
) -> None:
    assert typed(onto(kind), value) == becomes


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (ValueType.BOOLEAN, "yes"),
        (ValueType.BOOLEAN, 1),
        (ValueType.INTEGER, "--7"),
        (ValueType.INTEGER, "7.5"),
        (ValueType.INTEGER, "9" * 5_000),
        (ValueType.INTEGER, "٧"),
        (ValueType.INTEGER, True),
        (ValueType.DATETIME, "tomorrow"),
        (ValueType.DATETIME, "2031-13-01"),
    ],
)
def test_a_value_of_another_type_is_refused_with_both_names(kind: ValueType, value: Value) -> None:
    with pytest.raises(MappingFailed, match=f"source is no {kind.value}, and target needs one"):
        typed(onto(kind), value)


def test_a_list_where_one_value_is_due_is_refused_by_its_own_name() -> None:
    with pytest.raises(SingleValueOnly, match="source has several values") as caught:
        typed(onto(), ("a", "b"))

    assert caught.value.code == "SchemaPropertyCanOnlyAcceptValue"


@pytest.mark.parametrize(
    ("more", "value", "becomes"),
    [
        ({}, ("b", "", "a", "b", "B"), ("b", "a")),
        ({"case_exact": True}, ("b", "a", "b", "B"), ("b", "a", "B")),
        ({}, "a", ("a",)),
        ({}, True, ("True",)),
        ({}, ("", ""), None),
    ],
)
def test_a_list_holds_each_value_once(
    more: dict[str, Any], value: Value, becomes: TargetValue | None
) -> None:
    assert typed(onto(multi_valued=True, **more), value) == becomes


def test_roles_and_plain_texts_become_elements() -> None:
    mapping = onto(ValueType.COMPLEX, multi_valued=True)

    found = typed(mapping, (CREW, "cook"))  # type: ignore[arg-type]

    assert isinstance(found, tuple)
    assert [element_of(one) for one in found] == [
        {
            "primary": False,
            "type": "WindowsAzureActiveDirectoryRole",
            "display": "Crew",
            "value": "crew",
        },
        {"primary": False, "value": "cook"},
    ]


@given(st.datetimes(timezones=st.just(dt.UTC)))
def test_an_instant_is_read_again_as_itself(moment: dt.datetime) -> None:
    text = instant(moment.isoformat())

    assert text is not None
    assert instant(text) == text
    assert dt.datetime.fromisoformat(text) == moment


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (Direct("mail"), "mail"),
        (Constant("x"), "The fixed text"),
        (Nothing(), "The default"),
        (compiled("Left([mail], 3)"), "Left([mail], 3)"),
        (compiled(f'Append([mail], "{"x" * 90}")'), f'Append([mail], "{"x" * 41}...'),
    ],
)
def test_a_fault_names_what_the_mapping_reads(source: Any, name: str) -> None:
    assert source_name(Mapping("target", source)) == name


# --- elements ---


@given(
    st.dictionaries(
        st.sampled_from(["value", "display", "type", "other"]), st.text(min_size=1), min_size=1
    )
)
def test_an_element_that_was_written_as_text_is_read_again(element: dict[str, str]) -> None:
    kept = {name: part for name, part in element.items() if name != "other"}

    assert element_of(element_text(element)) == {"primary": False, **kept}


def test_an_element_is_the_same_whether_or_not_it_says_that_it_is_not_primary() -> None:
    said, unsaid = '{"primary": false, "value": "A"}', '{"value": "a", "display": ""}'

    assert comparable(said, exact=False) == comparable(unsaid, exact=False)
    assert comparable(said, exact=True) != comparable(unsaid, exact=True)


def test_people_read_what_an_element_says_and_any_other_text_as_it_is() -> None:
    crew, cook = {"value": "crew"}, {"value": "cook", "display": "Cook", "primary": True}

    told = shown((element_text(crew), element_text(cook), "knots", "{odd", '{"value": 7}'))

    assert told == 'crew, cook (Cook, primary), knots, {odd, {"value": 7}'


def test_anything_that_is_no_object_is_the_value_of_an_element() -> None:
    assert element_of("[1]") == {"value": "[1]"}
    assert element_of("[" * 100_000) == {"value": "[" * 100_000}
    assert identity("x") == identity({"value": "X"}) != identity({"display": "x"})


# --- sources and circumstances ---


def test_constants_and_defaults_are_typed_as_well() -> None:
    desired = wanted(
        Mapping("level", Constant("7"), ValueType.INTEGER),
        Mapping("vip", Nothing(), ValueType.BOOLEAN, Applies.IF_EMPTY, default="False"),
        Mapping("since", Direct("none"), ValueType.DATETIME, default="2031-01-01"),
    )

    assert desired.always == {"level": 7, "vip": False}
    assert desired.on_create == {"since": "2031-01-01T00:00:00Z"}


def test_a_person_has_attributes_that_no_file_gives_them() -> None:
    made = [
        Mapping("id", Direct("objectId")),
        Mapping("enabled", Direct("accountEnabled")),
        Mapping("gone", compiled("[IsSoftDeleted]")),
        Mapping("roles", compiled("[appRoleAssignments]"), multi_valued=True),
        Mapping("empty", Direct("nothing")),
    ]

    desired = wanted(*made, roles=[Role("cook"), Role("crew")], entitled=False)

    assert desired.always == {
        "id": "ada", "enabled": "True", "gone": "True", "roles": ("cook", "crew"),
    }  # fmt: skip
    assert "roles" not in wanted(*made).always


def test_a_group_has_its_names_and_says_whether_it_is_in_scope() -> None:
    mapping = ObjectMapping(
        Kind.GROUP,
        (
            Mapping("id", Direct("objectId")),
            Mapping("name", Direct("displayName")),
            Mapping("gone", compiled("[IsSoftDeleted]")),
            Mapping("note", Direct("description")),
            Mapping("members", Direct("members"), ValueType.REFERENCE, multi_valued=True),
        ),
    )

    desired = want_group(Group("g", "Crew"), mapping, Circumstances(entitled=False))

    assert desired.always == {"id": "g", "name": "Crew", "gone": "True"}


def test_a_value_that_planning_settled_on_is_not_made_again() -> None:
    made = Mapping("nick", compiled("Guid()"), applies=Applies.ON_CREATE)

    first = wanted(made, seed="s").on_create
    chosen = wanted(made, seed="s", chosen={"nick": "settled"}).on_create

    assert chosen == {"nick": "settled"}
    assert first != chosen


def test_now_is_midnight_for_what_applies_always_and_the_moment_at_creation() -> None:
    always = Mapping("day", compiled("Now()"))
    once = Mapping("moment", compiled("Now()"), applies=Applies.ON_CREATE)

    desired = wanted(always, once, now=NOW, day=NOW.replace(hour=0))

    assert desired.always == {"day": "3/2/2026 12:00:00 AM"}
    assert desired.on_create == {"moment": "3/2/2026 9:00:00 AM"}


@pytest.mark.parametrize("source", [Direct("none"), compiled("IgnoreFlowIfNullOrEmpty([none])")])
def test_whoever_lacks_a_required_value_gets_no_account_however_it_is_made(source: Any) -> None:
    with pytest.raises(MissingValues, match="mail needs a value"):
        wanted(Mapping("mail", source, required=True))
    with pytest.raises(MatchingValueMissing, match="matched by userName"):
        wanted(Mapping("userName", source, required=True, matching=1))


def test_an_ignored_value_stays_even_where_the_app_requires_one() -> None:
    person = ada(jobTitle=None)

    desired = wanted(
        Mapping("title", compiled(IGNORED), required=True), person=person, creating=False
    )

    assert desired.untouched == {"title"}
    assert desired.always == {}


def test_access_is_taken_by_every_value_that_can_be_made_and_follows_it() -> None:
    mapping = ObjectMapping(
        Kind.USER,
        (
            Mapping("active", compiled("Not([IsSoftDeleted])"), ValueType.BOOLEAN),
            Mapping("status", compiled('IIF([IsSoftDeleted], "", "on")')),
            Mapping("broken", compiled("Append([IsSoftDeleted], [skills])")),
            Mapping("once", compiled("[IsSoftDeleted]"), applies=Applies.ON_CREATE),
            Mapping("left", compiled('IgnoreFlowIfNullOrEmpty(IIF([IsSoftDeleted], "", "x"))')),
            Mapping("title", Direct("jobTitle")),
        ),
    )

    access = want_access(ada(skills=("a", "b")), mapping, Circumstances(entitled=False))

    assert access == {"active": False}


def test_a_mapping_knows_what_it_reads_and_hides() -> None:
    secret = Mapping("pin", compiled("Redact([pin])"))
    whole = ObjectMapping(Kind.USER, (*USERS.mappings, secret))

    assert whole.hidden_paths == {"pin"}
    assert whole.of("pin") == secret
    assert whole.of("none") is None
    assert {one.target for one in whole.unique} == {"userName", "mail"}
    assert [one.target for one in whole.by_matching] == ["userName"]
    assert whole.access_paths == {"active"}
    assert len(whole.expressions) == 2
    assert Mapping("x", Constant("y")).reads == ()
    assert secret.reads == ("pin",)


# --- what is one and the same ---


@pytest.mark.parametrize(
    ("mapping", "old", "new", "equal"),
    [
        (onto(), "a", "A", True),
        (onto(case_exact=True), "a", "A", False),
        (onto(ValueType.REFERENCE), "a", "A", False),
        (onto(ValueType.BOOLEAN), "True", True, True),
        (onto(), None, "a", False),
        (onto(), "a", None, False),
        (onto(), None, None, True),
        (onto(multi_valued=True), ("a", "B"), ("b", "A", "a"), True),
        (onto(multi_valued=True, case_exact=True), ("a",), ("A",), False),
        (onto(multi_valued=True), "a", ("A",), True),
        (
            onto(ValueType.COMPLEX, multi_valued=True),
            ('{"value": "a"}',), ('{"primary": false, "value": "A"}',), True,
        ),
    ],
)  # fmt: skip
def test_whether_two_values_are_one_to_the_app(
    mapping: Mapping, old: TargetValue | None, new: TargetValue | None, equal: bool
) -> None:
    assert same(mapping, old, new) is equal


def test_access_given_back_is_told_from_other_changes() -> None:
    back, away = ValueChange("active", False, True), ValueChange("active", True, False)

    assert gives_access_back([ValueChange("title", "a", "b"), back], USERS)
    assert not gives_access_back([away], USERS)
    assert access_changes({"active": True}, USERS, {"active": False, "none": "x"}) == (away,)
    assert access_changes({"active": False}, USERS, {"active": False}) == ()


def test_a_new_link_knows_the_values_that_are_wanted_and_were_there() -> None:
    account = Account("t-1", {"title": "Lead", "nick": "Ada"})

    assert known_of_adopted(account, Desired({"title": "x", "mail": "y"})) == {"title": "Lead"}


def test_what_is_known_after_reading_is_only_what_was_known_or_sent() -> None:
    account = Account("t-1", {"title": "Lead", "nick": "Ada", "foreign": "x"})
    changes = [ValueChange("title", "Engineer", "Lead"), ValueChange("gone", "x", None)]

    assert known_there(account, {"nick": "Addie"}, changes) == {"nick": "Ada", "title": "Lead"}
    assert known_after({"gone": "x", "nick": "Ada"}, changes) == {"nick": "Ada", "title": "Lead"}
