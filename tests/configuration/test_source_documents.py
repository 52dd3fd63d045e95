"""Rules of a source as a document: read, printed, refused with the line."""

import pytest

from seatkeeper.configuration.inbound import inbound_mappings, settings_in
from seatkeeper.configuration.scim_attributes import scim_attribute
from seatkeeper.configuration.source_documents import (
    print_source,
    read_source,
    source_differences,
)
from seatkeeper.errors import InvalidFile

DOCUMENT = """\
source: hr
matching: [userName]
users:
  - {target: jobTitle, expression: 'ToUpper([title])'}
  - {target: companyName, constant: Larkspur}
  - {target: extensionAttribute1, attribute: 'addresses[type eq "home"].locality'}
  - {target: nickName, remove: true}
groups:
  - {target: description, attribute: externalId}
"""
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def refused(text: str) -> str:
    with pytest.raises(InvalidFile) as caught:
        read_source("hr.yaml", text)
    return "\n".join([str(caught.value), *(one.text for one in caught.value.faults)])


def test_what_is_printed_and_kept_reads_as_the_same() -> None:
    read = read_source("hr.yaml", DOCUMENT)

    assert read_source("again.yaml", print_source(read)) == read
    assert settings_in(read.settings.to_plain()) == read.settings


def test_changes_stand_over_the_mappings_of_every_source() -> None:
    mappings = inbound_mappings(read_source("hr.yaml", DOCUMENT).settings)

    mapped = {one.target for one in mappings.users.mappings}
    every = {one.target for one in inbound_mappings().users.mappings}
    assert mapped - every == {"companyName", "extensionAttribute1"}
    assert every - mapped == {"nickName"}


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{target: jobTitel, attribute: title}", "The directory has no attribute 'jobTitel'"),
        ("{target: jobTitle, attribute: titel}", "SCIM has no attribute 'titel'"),
        ("{target: jobTitle, attribute: name}", "SCIM has no attribute 'name'"),
        ("{target: jobTitle, expression: 'ToUpper([titel])'}", "titel"),
        ("{target: jobTitle, attribute: emails.value}", "is a list"),
        ("{target: jobTitle, attribute: password}", "SCIM has no attribute 'password'"),
        ("{target: objectId, attribute: externalId}", "objectId"),
        ("{target: userPrincipalName, remove: true}", "requires userPrincipalName"),
        ("{target: jobTitle, attribute: title, applies: on_create}", "applies says nothing here"),
        ("{target: manager, attribute: title}", "only one of them is a reference"),
        (f"{{target: jobTitle, attribute: '{ENTERPRISE}:manager.value'}}", "is a reference"),
    ],
)
def test_what_cannot_be_carried_out_is_refused_with_its_line(line: str, fault: str) -> None:
    said = refused(f"source: hr\nusers:\n  - {line}\n")

    assert fault in said
    assert "hr.yaml" in said


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "One source is expected"),
        ("source: hr\n---\nsource: it\n", "there are 2"),
        ("users: []\n", "needs the field source"),
        ("source: hr\nmatching: [mail, userName]\n", "'mail' is none of externalId, userName"),
        ("source: hr\nmatching: [userName, userName]\n", "userName is there twice"),
        ("source: hr\nmatching: [externalId]\n", "userName must be among them"),
        ("source: hr\nmapping: {}\n", "There is no field 'mapping' here"),
    ],
)
def test_a_document_that_says_something_else_is_refused(text: str, fault: str) -> None:
    assert fault in refused(text)


def test_what_differs_is_said_line_by_line() -> None:
    before = read_source("a.yaml", "source: hr\n").settings
    after = read_source("b.yaml", DOCUMENT).settings

    assert source_differences(after, after) == []
    lines = source_differences(before, after)
    assert lines[0] == "matching: externalId, userName -> userName"
    assert "mapping of users: nickName: as in the gallery -> removed" in lines
    assert len(lines) == 6


def test_the_mappings_of_every_source_read_only_what_can_be_said() -> None:
    for name, mapping in (
        ("users", inbound_mappings().users),
        ("groups", inbound_mappings().groups),
    ):
        said = {one for each in mapping.mappings for one in each.reads}
        assert {one for one in said if scim_attribute(name, one) is None} == set()
