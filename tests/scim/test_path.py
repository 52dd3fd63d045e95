"""Attribute paths: reading what they name, and writing it without touching the rest."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatkeeper.scim.messages import ENTERPRISE_USER, USER, Resource, ScimError
from seatkeeper.scim.path import AttributePath, parse_path, read, remove, write

FIVE = "urn:ietf:params:scim:schemas:extension:15Five:2.0:User"
TEXTS = [
    "userName",
    "name.givenName",
    'emails[type eq "work"].value',
    'addresses[type eq "work"].streetAddress',
    f"{ENTERPRISE_USER}:employeeNumber",
    f"{ENTERPRISE_USER}:manager.value",
    f"{FIVE}:location",
    f"{USER}:title",
]
RESOURCES: list[Resource] = [
    {},
    {"USERNAME": "x", "emails": [{"type": "home", "value": "h"}]},
    {"emails": [{"type": "Work", "value": "w", "primary": True}], ENTERPRISE_USER.upper(): {}},
    {"name": {"givenName": "Ada", "familyName": "L"}, FIVE: {"startDate": "01/02/2026"}},
]


@given(
    text=st.sampled_from(TEXTS),
    resource=st.sampled_from(RESOURCES),
    value=st.text(min_size=1, max_size=5),
)
@settings(deadline=None)
def test_what_is_written_is_read_again_and_can_be_removed(
    text: str, resource: Resource, value: str
) -> None:
    path, before = parse_path(text), copy.deepcopy(resource)

    after = write(resource, path, value)

    assert read(after, path) == value
    assert read(remove(after, path), path) is None
    assert resource == before


@pytest.mark.parametrize("text", [*TEXTS, FIVE, 'members[value eq "a\\"b"]', "members"])
def test_a_path_is_printed_as_it_was_read(text: str) -> None:
    path = parse_path(text)

    again = str(path)

    assert again == text


def test_an_extension_urn_alone_names_the_whole_extension() -> None:
    path = parse_path(FIVE)

    assert path == AttributePath(FIVE, "")
    assert read({FIVE.lower(): {"location": "Kyiv"}}, path) == {"location": "Kyiv"}


def test_an_element_that_is_missing_is_created_as_the_filter_describes_it() -> None:
    path = parse_path('emails[type eq "work"].value')

    after = write({"emails": [{"type": "home", "value": "h"}]}, path, "w")

    assert after == {"emails": [{"type": "home", "value": "h"}, {"type": "work", "value": "w"}]}


def test_an_element_that_cannot_be_described_has_no_target() -> None:
    path = parse_path('emails[value co "@"].value')

    with pytest.raises(ScimError) as caught:
        write({}, path, "w")

    assert caught.value.scim_type == "noTarget"


@given(text=st.text(max_size=60) | st.text('()[]"\\ abeq.:urn12', max_size=60))
@settings(deadline=None, max_examples=2_000)
def test_any_text_is_a_path_or_refused(text: str) -> None:
    try:
        path = parse_path(text)
    except ScimError as error:
        assert error.scim_type == "invalidPath"  # noqa: PT017
    else:
        assert parse_path(str(path)) == path
