"""Every app of the gallery is whole, and a file that is not is refused by name."""

from importlib import resources

import pytest

from seatkeeper.configuration.rules import application_of, rules_for
from seatkeeper.configuration.settings import default_settings
from seatkeeper.errors import InvalidFile, NotFound
from seatkeeper.gallery.schema import GalleryApp, gallery_app, load_gallery, read_app

APPS = list(load_gallery().values())


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.id)
def test_the_defaults_of_every_app_compile_into_rules(app: GalleryApp) -> None:
    rules = rules_for(app, application_of(app.id, app, app.name), default_settings(app))

    assert rules.users.by_matching
    assert rules.users.access_paths == {"active"}
    assert app.setup_steps
    assert app.sources


def test_15five_disables_people_and_deletes_groups_and_knows_them_by_directory_id() -> None:
    app = gallery_app("15five")

    by_target = {mapping.target: mapping for mapping in app.users.mappings}

    assert not app.capabilities.users.delete
    assert app.capabilities.groups is not None
    assert app.capabilities.groups.delete
    assert by_target["externalId"].attribute == "objectId"
    assert [role.value for role in app.roles] == ["User"]
    assert app.exclude_default_access
    assert app.authentication.token_length == 30


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ("id: [", "line"),
        ("id: x\nname: X\nsurprise: 1\n", "surprise"),
        ("id: x\n", "name"),
        ("", "object"),
    ],
)
def test_a_file_that_breaks_the_schema_is_refused_with_what_is_wrong(
    wrong: str, named: str
) -> None:
    with pytest.raises(InvalidFile) as caught:
        read_app("x.yaml", wrong)

    [fault] = caught.value.faults
    assert fault.line > 0 if named == "line" else named in fault.text


GENERIC = resources.files("seatkeeper.gallery") / "apps" / "generic-scim.yaml"
FIRST = "    - {path: userName, required: true, unique: true}\n"


@pytest.mark.parametrize(
    ("attribute", "named"),
    [
        ("{path: 'emails[type eq'}", "users: 'emails[type eq' is no attribute path"),
        ("{path: a.b.c}", "at position 0"),
        ("{path: 'emails[value co \"@\"].value'}", "does not say which element to make"),
        ("{path: 'emails[type ne \"work\"].value'}", "does not say which element to make"),
        ("{path: 'urn:x:y:2.0:User'}", "names an extension"),
        ("{path: emails.value, multi_valued: true}", "is part of an element"),
        ("{path: roles, type: complex}", "is complex"),
        ("{path: flags, type: boolean, multi_valued: true}", "true and false cannot be"),
        ("{path: USERNAME}", "users: USERNAME and userName are one attribute"),
        ("{path: 'emails.[type eq \"home\"].value'}", "are one attribute"),
    ],
)
def test_a_path_that_could_never_be_written_is_refused_with_its_place(
    attribute: str, named: str
) -> None:
    text = GENERIC.read_text("utf-8")
    assert FIRST in text

    with pytest.raises(InvalidFile) as caught:
        read_app("x.yaml", text.replace(FIRST, f"    - {attribute}\n{FIRST}", 1))

    assert any(named in fault.text for fault in caught.value.faults)


def test_a_quirk_that_nobody_knows_is_refused_with_those_there_are() -> None:
    text = GENERIC.read_text("utf-8")

    with pytest.raises(InvalidFile) as caught:
        read_app("x.yaml", f"{text}\nquirks: [booleans-as-txt]\n")

    [fault] = caught.value.faults
    assert "booleans-as-txt is unknown; there are booleans-as-text," in fault.text


def test_an_app_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(NotFound) as caught:
        gallery_app("sixteen")

    assert "15five" in caught.value.advice


@pytest.mark.parametrize(
    ("line", "instead", "named"),
    [
        ("concurrency: 8", "rates: [{requests: writes, count: 0, seconds: 60}]", "count is 0"),
        ("concurrency: 8", "rates: [{requests: GET, count: 1, seconds: 0}]", "above 0"),
        ("concurrency: 8", "rates: [{requests: GET, count: 1, seconds: .nan}]", "above 0"),
        ("concurrency: 8", "rates: [{requests: all, count: 1, seconds: 1, burst: 0}]", "burst"),
        ("concurrency: 8", "rates: [{requests: QUERY, count: 1, seconds: 1}]", "QUERY"),
        ("  page_size: 100", "  page_size: 100\n  largest_page: 50", "largest_page (50)"),
        ("  bulk: true", "  filters: {operators: [equals]}", "equals is no operator"),
        ("members_readable: true", "patch: {members: 50}", "more than the 50"),
        ("concurrency: 8", "sandbox: {latency_ms: -1}", "latency_ms"),
        ("concurrency: 8", "sandbox: {lies: {drops: 1.5}}", "a share, from 0 to 1"),
        ("concurrency: 8", "sandbox: {lies: {lowers: [nick]}}", "nick is lowered"),
        ("  endpoint: /Users", "  endpoint: /Users\n  single: [faxes]", "faxes is single"),
    ],
)
def test_a_rule_that_no_app_can_have_is_refused_with_its_field(
    line: str, instead: str, named: str
) -> None:
    text = GENERIC.read_text("utf-8")
    assert line in text

    with pytest.raises(InvalidFile) as caught:
        read_app("x.yaml", text.replace(line, instead, 1))

    assert any(named in fault.text for fault in caught.value.faults)


def test_shapes_are_listed_after_the_apps() -> None:
    kinds = [app.kind for app in APPS]

    assert kinds == sorted(kinds)
    assert kinds.count("shape") == 6
