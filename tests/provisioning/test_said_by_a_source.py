"""What HR says of a person, as the directory's own attributes."""

import pytest

from seatkeeper.configuration.inbound import inbound_mappings
from seatkeeper.provisioning.inbound import Difference, Said, difference, said
from seatkeeper.provisioning.mapping.model import Direct, Mapping, ObjectMapping
from seatkeeper.scim.messages import Json, Resource

ADA: Resource = {
    "userName": "ada@larkspur.example",
    "displayName": "Ada",
    "active": False,
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "m-1"}},
}
PEOPLE = inbound_mappings().of("User")


def only(path: str, target: str = "jobTitle") -> ObjectMapping:
    return ObjectMapping(PEOPLE.kind, (Mapping(target, Direct(path)),))


def test_a_person_is_said_with_access_and_manager() -> None:
    told = said(ADA, PEOPLE)

    assert (told.enabled, told.manager) == (False, "m-1")
    assert told.attributes["userPrincipalName"] == "ada@larkspur.example"


def test_who_says_nothing_of_access_and_manager_means_access_and_nobody() -> None:
    told = said({"userName": "ada@larkspur.example"}, PEOPLE)

    assert (told.enabled, told.manager) == (True, "")


def test_a_group_is_read_with_the_mappings_of_groups() -> None:
    told = said({"displayName": "Sales"}, inbound_mappings().of("Group"))

    assert told.attributes["displayName"] == "Sales"


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("Captain", {"jobTitle": "Captain"}),
        (7, {"jobTitle": "7"}),
        (1.5, {"jobTitle": "1.5"}),
        ({"value": "Captain"}, {}),
        ([{"value": "Captain"}], {}),
        ([], {}),
        (None, {}),
    ],
)
def test_what_is_no_plain_value_is_not_read(value: Json, read: dict[str, str]) -> None:
    assert said({"title": value}, only("title")).attributes == read


def test_what_a_source_repeats_is_no_news() -> None:
    before = said(ADA, PEOPLE)

    assert difference(before, before, PEOPLE) == Difference({})


def test_what_a_source_no_longer_gives_is_empty_and_what_it_says_first_is_new() -> None:
    mapping, before = only("title"), Said({"jobTitle": "Captain"}, enabled=False, manager="m-1")
    now = Said({})

    assert difference(before, now, mapping) == Difference({"jobTitle": None}, True, "")
    assert difference(None, before, mapping) == Difference({"jobTitle": "Captain"}, False, "m-1")
