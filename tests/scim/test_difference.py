"""Differences become the operations that a strict app takes."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.scim.difference import PlainValue, elements_in_doubt, operations_for

MAIL = 'emails[type eq "work"].value'
STREET, TOWN = (f'addresses[type eq "work"].{part}' for part in ("streetAddress", "locality"))
URN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
TYPES = {
    "active": "boolean", "title": "string", "name.givenName": "string", MAIL: "string",
    STREET: "string", TOWN: "string", f"{URN}:manager": "reference",
}  # fmt: skip


@dataclass(frozen=True)
class Change:
    path: str
    old: PlainValue | None
    new: PlainValue | None


def test_a_mail_address_that_was_not_there_is_added_as_an_element() -> None:
    assert operations_for([Change(MAIL, None, "ada@l.example")], TYPES) == [
        {"op": "add", "path": "emails", "value": [{"type": "work", "value": "ada@l.example"}]}
    ]


def test_a_mail_address_that_was_there_is_replaced_in_its_place() -> None:
    assert operations_for([Change(MAIL, "a@l.example", "b@l.example")], TYPES) == [
        {"op": "replace", "path": MAIL, "value": "b@l.example"}
    ]


def test_a_mail_address_that_goes_takes_its_element_along() -> None:
    assert operations_for([Change(MAIL, "a@l.example", None)], TYPES) == [
        {"op": "remove", "path": 'emails[type eq "work"]'}
    ]


def test_a_manager_travels_as_an_id_under_the_extension() -> None:
    changes = [Change(f"{URN}:manager", None, "a-7"), Change("active", True, False)]

    assert operations_for(changes, TYPES) == [
        {"op": "add", "path": f"{URN}:manager", "value": {"value": "a-7"}},
        {"op": "replace", "path": "active", "value": False},
    ]


def test_a_boolean_that_a_mapping_wrote_as_text_is_sent_as_a_boolean() -> None:
    assert operations_for([Change("active", None, "False")], TYPES)[0]["value"] is False


def test_street_and_town_that_are_both_new_are_one_element() -> None:
    changes = [Change(STREET, None, "Kungsgatan 1"), Change(TOWN, None, "Uppsala")]

    [operation] = operations_for(changes, TYPES)

    assert operation["path"] == "addresses"
    assert operation["value"] == [
        {"type": "work", "streetAddress": "Kungsgatan 1", "locality": "Uppsala"}
    ]


def test_a_street_beside_a_town_that_stays_goes_into_the_same_element() -> None:
    changes = [Change(STREET, None, "Kungsgatan 1")]
    place = 'addresses[type eq "work"]'

    assert elements_in_doubt(changes, TYPES) == {place}
    assert operations_for(changes, TYPES, {place}) == [
        {"op": "add", "path": STREET, "value": "Kungsgatan 1"}
    ]


def test_a_street_that_goes_leaves_the_town() -> None:
    assert operations_for([Change(STREET, "Kungsgatan 1", None)], TYPES) == [
        {"op": "remove", "path": STREET}
    ]


def test_an_address_that_goes_whole_is_removed_once() -> None:
    changes = [Change(STREET, "Kungsgatan 1", None), Change(TOWN, "Uppsala", None)]

    assert operations_for(changes, TYPES) == [{"op": "remove", "path": 'addresses[type eq "work"]'}]


@given(st.sets(st.sampled_from(sorted(TYPES))), st.booleans(), st.booleans())
def test_nothing_but_the_paths_that_changed_is_written(
    paths: set[str], was: bool, becomes: bool
) -> None:
    changes = [
        Change(path, "a" if was else None, "b" if becomes else None) for path in sorted(paths)
    ]

    operations = operations_for(changes, TYPES)

    assert len(operations) <= len(changes)
    assert bool(operations) is bool(changes)
    for operation in operations:
        assert any(path.startswith(str(operation["path"])) for path in paths)
