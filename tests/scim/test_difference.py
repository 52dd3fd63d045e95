"""Differences become the operations that a strict app takes."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.scim.difference import PlainValue, must_read, operations_for, place_of, wire_value
from seatkeeper.scim.element_text import element_text
from seatkeeper.scim.messages import Resource
from seatkeeper.scim.quirks import Quirk

MAIL = 'emails[type eq "work"].value'
STREET, TOWN = (f'addresses[type eq "work"].{part}' for part in ("streetAddress", "locality"))
ADDRESS = 'addresses[type eq "work"]'
URN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
OLD_URN = "urn:scim:schemas:extension:enterprise:1.0"
TYPES = {
    "active": "boolean", "title": "string", "name.givenName": "string", MAIL: "string",
    STREET: "string", TOWN: "string", f"{URN}:manager": "reference", "skills": "string",
    "roles": "complex", "level": "integer",
}  # fmt: skip
PLACES = {path: place_of(path, kind) for path, kind in TYPES.items()}


@dataclass(frozen=True)
class Change:
    path: str
    old: PlainValue | None
    new: PlainValue | None


def sent(*changes: Change, held: Resource | None = None) -> list[Resource]:
    return operations_for(changes, PLACES, held)


def role(value: str, **more: str) -> str:
    return element_text({"value": value, "display": value.title(), **more})


def test_a_mail_address_that_was_not_there_is_added_as_an_element() -> None:
    assert sent(Change(MAIL, None, "ada@l.example")) == [
        {"op": "add", "path": "emails", "value": [{"type": "work", "value": "ada@l.example"}]}
    ]


def test_a_mail_address_that_was_there_is_replaced_in_its_place() -> None:
    assert sent(Change(MAIL, "a@l.example", "b@l.example")) == [
        {"op": "replace", "path": MAIL, "value": "b@l.example"}
    ]


def test_a_mail_address_that_goes_takes_its_element_along() -> None:
    assert sent(Change(MAIL, "a@l.example", None)) == [
        {"op": "remove", "path": 'emails[type eq "work"]'}
    ]


def test_an_element_named_without_a_part_means_its_value() -> None:
    whole = 'emails[type eq "home"]'

    assert operations_for([Change(whole, "a", "b")], {}) == [
        {"op": "replace", "path": f"{whole}.value", "value": "b"}
    ]


def test_a_manager_travels_as_an_id_under_the_extension() -> None:
    changes = [Change(f"{URN}:manager", None, "a-7"), Change("active", True, False)]

    assert sent(*changes) == [
        {"op": "add", "path": f"{URN}:manager", "value": {"value": "a-7"}},
        {"op": "replace", "path": "active", "value": False},
    ]


def test_a_manager_mapped_by_its_value_goes_as_a_whole() -> None:
    path = f"{URN}:manager.value"
    places = {path: place_of(path, "reference")}

    assert operations_for([Change(path, None, "a-7")], places) == [
        {"op": "add", "path": f"{URN}:manager", "value": {"value": "a-7"}}
    ]
    assert operations_for([Change(path, "a-7", None)], places) == [
        {"op": "remove", "path": f"{URN}:manager"}
    ]


def test_a_reference_within_an_element_is_its_bare_id() -> None:
    path = 'relations[type eq "boss"].value'

    [operation] = operations_for([Change(path, None, "a-7")], {path: place_of(path, "reference")})

    assert operation["value"] == [{"type": "boss", "value": "a-7"}]


def test_an_attribute_of_an_old_extension_keeps_its_dot() -> None:
    path = f"{OLD_URN}.manager"

    assert operations_for([Change(path, "a", "b")], {}) == [
        {"op": "replace", "path": path, "value": "b"}
    ]


def test_a_boolean_that_a_mapping_wrote_as_text_is_sent_as_a_boolean() -> None:
    assert sent(Change("active", None, "False"))[0]["value"] is False


@pytest.mark.parametrize(
    ("value", "kind", "sent_as"),
    [
        ("7", "integer", 7),
        (("7", "-8"), "integer", [7, -8]),
        (("a", "b"), "string", ["a", "b"]),
        (("a",), "reference", [{"value": "a"}]),
        (("a",), "complex", [{"value": "a"}]),
        ("[1]", "complex", {"value": "[1]"}),
        ('{"value": "x"}', "complex", {"value": "x"}),
        ("maybe", "boolean", "maybe"),
    ],
)
def test_each_type_has_its_json(value: PlainValue, kind: str, sent_as: object) -> None:
    assert wire_value(value, kind) == sent_as


def test_an_app_that_knows_booleans_as_text_only_gets_them_so() -> None:
    oddities = frozenset({Quirk.BOOLEANS_AS_TEXT})

    [operation] = operations_for([Change("active", True, False)], PLACES, None, oddities)

    assert operation["value"] == "False"


def test_street_and_town_that_are_both_new_are_one_element() -> None:
    changes = [Change(STREET, None, "Kungsgatan 1"), Change(TOWN, None, "Uppsala")]

    [operation] = sent(*changes, held={})

    assert must_read(changes, PLACES) is False
    assert operation["path"] == "addresses"
    assert operation["value"] == [
        {"type": "work", "streetAddress": "Kungsgatan 1", "locality": "Uppsala"}
    ]


def test_a_street_beside_a_town_that_stays_goes_into_the_same_element() -> None:
    changes = [Change(STREET, None, "Kungsgatan 1")]
    held: Resource = {"addresses": [{"type": "work", "locality": "Uppsala"}]}

    assert must_read(changes, PLACES)
    assert sent(*changes, held=held) == [{"op": "add", "path": STREET, "value": "Kungsgatan 1"}]


def test_a_street_that_goes_leaves_the_town() -> None:
    changes = [Change(STREET, "Kungsgatan 1", None)]
    held: Resource = {
        "addresses": [{"type": "work", "streetAddress": "Kungsgatan 1", "locality": "Uppsala"}]
    }

    assert must_read(changes, PLACES)
    assert sent(*changes, held=held) == [{"op": "remove", "path": STREET}]
    assert sent(*changes) == [{"op": "remove", "path": STREET}]


def test_the_last_part_that_goes_leaves_no_element_that_only_says_its_type() -> None:
    held: Resource = {"addresses": [{"type": "work", "streetAddress": "Kungsgatan 1"}]}

    assert sent(Change(STREET, "Kungsgatan 1", None), held=held) == [
        {"op": "remove", "path": ADDRESS}
    ]


def test_what_is_gone_already_is_not_removed_again() -> None:
    assert sent(Change(STREET, "Kungsgatan 1", None), held={}) == []


def test_a_town_that_changes_beside_its_street_costs_no_look() -> None:
    change = Change(TOWN, "Uppsala", "Oslo")

    assert must_read([change], PLACES) is False
    assert sent(change) == [{"op": "replace", "path": TOWN, "value": "Oslo"}]


def test_an_address_that_goes_whole_is_removed_once() -> None:
    changes = [Change(STREET, "Kungsgatan 1", None), Change(TOWN, "Uppsala", None)]

    assert sent(*changes) == [{"op": "remove", "path": ADDRESS}]


def test_a_street_that_comes_as_the_town_goes_is_written_first() -> None:
    changes = [Change(TOWN, "Uppsala", None), Change(STREET, None, "Kungsgatan 1")]

    assert must_read(changes, PLACES) is False
    assert [one["op"] for one in sent(*changes)] == ["add", "remove"]


def test_a_value_gained_by_a_list_is_added_and_the_rest_left_alone() -> None:
    change = Change("skills", ("knots",), ("knots", "lamps"))

    assert must_read([change], PLACES) is False
    assert sent(change) == [{"op": "add", "path": "skills", "value": ["lamps"]}]


def test_a_text_that_leaves_a_list_leaves_what_others_put_there() -> None:
    change = Change("skills", ("knots", "lamps"), ("lamps", "sails"))

    operations = sent(change, held={"skills": ["Knots", "lamps", "foreign"]})

    assert must_read([change], PLACES)
    assert operations == [
        {"op": "replace", "path": "skills", "value": ["lamps", "foreign", "sails"]}
    ]


def test_the_last_text_that_leaves_a_list_removes_the_attribute() -> None:
    assert sent(Change("skills", ("knots",), None), held={"skills": ["knots"]}) == [
        {"op": "remove", "path": "skills"}
    ]
    assert sent(Change("skills", ("knots",), None)) == [{"op": "remove", "path": "skills"}]


def test_a_list_that_an_app_shows_as_one_value_is_understood() -> None:
    assert sent(Change("skills", ("knots",), None), held={"skills": "knots"}) == [
        {"op": "remove", "path": "skills"}
    ]


def test_a_text_that_had_left_already_needs_no_write() -> None:
    assert sent(Change("skills", ("knots",), None), held={}) == []


def test_an_order_of_values_alone_sends_nothing() -> None:
    assert sent(Change("skills", ("a", "b"), ("b", "a"))) == []


def test_roles_come_and_go_one_by_one() -> None:
    change = Change("roles", (role("crew"), role("cook")), (role("cook"), role("captain")))
    held: Resource = {"roles": [{"value": "Crew"}, {"value": "cook"}, {"value": "foreign"}]}

    operations = sent(change, held=held)

    assert operations == [
        {"op": "remove", "path": 'roles[value eq "Crew"]'},
        {
            "op": "add",
            "path": "roles",
            "value": [{"primary": False, "display": "Captain", "value": "captain"}],
        },
    ]


def test_a_role_that_is_called_otherwise_is_replaced_in_its_place() -> None:
    change = Change("roles", (role("crew"),), (role("crew", display="Sailors"),))

    [operation] = sent(change, held={"roles": [{"value": "crew", "display": "Crew"}]})

    assert (operation["op"], operation["path"]) == ("replace", 'roles[value eq "crew"]')
    assert operation["value"] == {"primary": False, "display": "Sailors", "value": "crew"}


def test_a_role_whose_value_stands_there_twice_leaves_by_what_remains() -> None:
    change = Change("roles", (role("1", type="a"), role("1", type="b")), (role("1", type="b"),))
    other: Resource = {"value": "1", "type": "b", "display": "1"}

    operations = sent(change, held={"roles": [{"value": "1", "type": "a", "display": "1"}, other]})

    assert operations == [{"op": "replace", "path": "roles", "value": [other]}]


def test_a_role_that_an_app_knows_by_a_number_is_named_by_it() -> None:
    change = Change("roles", (element_text({"value": 7}),), None)

    assert sent(change, held={"roles": [{"value": 7}, "odd"]}) == [
        {"op": "remove", "path": 'roles[value eq "7"]'}
    ]


@given(st.sets(st.sampled_from(sorted(TYPES))), st.booleans(), st.booleans())
def test_nothing_but_the_paths_that_changed_is_written(
    paths: set[str], was: bool, becomes: bool
) -> None:
    lists = {"skills", "roles"}
    changes = [
        Change(path, (("a",) if path in lists else "a") if was else None,
               (("b",) if path in lists else "b") if becomes else None)
        for path in sorted(paths)
    ]  # fmt: skip
    changes = [one for one in changes if one.old != one.new]

    operations = sent(*changes)

    assert bool(operations) is bool(changes)
    for operation in operations:
        name = str(operation["path"]).partition("[")[0]
        assert any(path.startswith(name) for path in paths)
