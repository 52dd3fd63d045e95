"""Attribute paths: reading what they name, and writing it without touching the rest."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatkeeper.scim.messages import ENTERPRISE_USER, USER, Json, Resource, ScimError
from seatkeeper.scim.path import AttributePath, described, parse_path, read, remove, write

OLD = "urn:scim:schemas:extension:enterprise:1.0"
UNVERSIONED = "urn:ietf:params:scim:schemas:extension:Lamps:User"
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
    f"{OLD}.manager",
    f"{OLD}.manager.displayName",
    f"{UNVERSIONED}:level",
    "roles[primary eq true].value",
    'roles[primary eq true and type eq "work"].display',
    'addresses[type eq "untyped"].formatted',
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


@pytest.mark.parametrize(
    "text", [*TEXTS, FIVE, OLD, UNVERSIONED, "urn:x:y:attr", 'members[value eq "a\\"b"]', "members"]
)
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


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('roles[primary eq "True"].value', "roles[primary eq true].value"),
        ('roles[not (primary eq "false") or PRIMARY eq "true"]',
         "roles[not (primary eq false) or PRIMARY eq true]"),
        ('roles[primary eq "often" and display eq "True"]',
         'roles[primary eq "often" and display eq "True"]'),
        ('emails.[type eq "work"].address', 'emails[type eq "work"].address'),
        ('emails[type eq "a.[b"].address', 'emails[type eq "a.[b"].address'),
        ("roles[value pr]", "roles[value pr]"),
    ],
)  # fmt: skip
def test_other_spellings_of_a_path_mean_the_one_of_the_standard(written: str, meant: str) -> None:
    path = parse_path(written)

    assert str(path) == meant
    assert parse_path(meant) == path


def test_a_part_of_a_list_without_a_filter_is_that_part_of_each_element() -> None:
    emails: Resource = {"emails": [{"value": "a"}, {"type": "x"}, "odd"]}

    assert read(emails, parse_path("emails.value")) == ["a"]
    assert read({"emails": []}, parse_path("emails.value")) is None
    assert write(emails, parse_path("emails.type"), "home") == {
        "emails": [{"value": "a", "type": "home"}, {"type": "home"}, "odd"]
    }
    assert remove(emails, parse_path("emails.value")) == {"emails": ["odd"]}


@pytest.mark.parametrize("value", ["w", {"value": "w"}, [{"value": "w"}]])
def test_an_element_is_written_as_a_text_an_object_or_a_list_of_one(value: Json) -> None:
    path = parse_path('emails[type eq "work"]')

    after = write({"emails": {"type": "work", "value": "old"}}, path, value)

    assert after == {"emails": [{"type": "work", "value": "w"}]}
    assert read(after, path) == after["emails"]


def test_an_extension_is_written_and_removed_as_a_whole() -> None:
    path = parse_path(FIVE)

    after = write({}, path, {"location": "Kyiv"})

    assert after == {FIVE: {"location": "Kyiv"}}
    assert remove(after, path) == {}
    assert write({FIVE: "odd"}, parse_path(f"{FIVE}:location"), "Oslo") == {
        FIVE: {"location": "Oslo"}
    }
    with pytest.raises(ScimError, match="names no attribute"):
        write({}, AttributePath(USER, ""), {"title": "x"})


@pytest.mark.parametrize(
    "where", ["type ne 1", "type eq null", "type.sub eq 1", "a eq 1 or b eq 2", "value pr"]
)
def test_only_plain_equality_says_which_element_to_make(where: str) -> None:
    filtered = parse_path(f"emails[{where}]").where

    assert filtered is not None
    assert described(filtered) is None


def test_the_primary_element_is_made_with_a_boolean() -> None:
    path = parse_path('roles[primary eq "True"].value')

    after = write({"roles": [{"value": "other"}]}, path, "crew")

    assert after == {"roles": [{"value": "other"}, {"primary": True, "value": "crew"}]}
    assert read({"roles": [{"PRIMARY": "true", "value": "x"}]}, path) == "x"


@pytest.mark.parametrize(
    "text",
    ["a.b.c", f"{OLD}.1a", f"{FIVE}:", "emails.[", "[type eq 1]", "emails[type eq", "1a", ""],
)
def test_a_malformed_path_is_refused_with_its_position(text: str) -> None:
    with pytest.raises(ScimError, match="at position"):
        parse_path(text)


@given(text=st.text(max_size=60) | st.text('()[]"\\ abeq.:urn12', max_size=60))
@settings(deadline=None, max_examples=2_000)
def test_any_text_is_a_path_or_refused(text: str) -> None:
    try:
        path = parse_path(text)
    except ScimError as error:
        assert error.scim_type == "invalidPath"  # noqa: PT017
    else:
        assert parse_path(str(path)) == path
