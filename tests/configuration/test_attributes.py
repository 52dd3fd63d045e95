"""The attribute list of an app: one's own attributes, and what is said of the gallery's."""

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from msgspec.structs import replace

from seatkeeper.configuration.attributes import (
    MOST_ATTRIBUTES,
    attribute_faults,
    customized,
    path_fault,
)
from seatkeeper.configuration.check import checked_settings, settings_flaws
from seatkeeper.configuration.differences import differences
from seatkeeper.configuration.document_printing import print_document
from seatkeeper.configuration.documents import AppDocument, read_documents
from seatkeeper.configuration.rules import application_of, rules_for
from seatkeeper.configuration.settings import (
    AppSettings,
    AttributeChange,
    MappingChange,
    default_settings,
    effective_mappings,
)
from seatkeeper.errors import InvalidFile, InvalidValue
from seatkeeper.gallery.schema import AttributeType, TargetAttribute, gallery_app
from seatkeeper.scim.path import parse_path, read, write

APP = gallery_app("15five")
START = default_settings(APP)
CENTRE = "urn:ietf:params:scim:schemas:extension:larkspur:2.0:User:costCentre"
HEAD = "app: 15five\ngallery: 15five\n"
ATTRIBUTES = {one.path: one for one in APP.users.attributes}


def listed(*changes: AttributeChange) -> AppSettings:
    return replace(START, user_attributes=changes)


def test_an_attribute_of_ones_own_can_be_mapped_onto() -> None:
    own = replace(
        listed(AttributeChange(CENTRE, required=False, case_exact=True)),
        users=(MappingChange(CENTRE, attribute="costCenter"),),
    )

    rules = rules_for(APP, application_of("15five", APP, "15Five"), checked_settings(APP, own))

    mapping = rules.users.of(CENTRE)
    assert mapping is not None
    assert (mapping.case_exact, mapping.required, mapping.copied) == (True, False, "costCenter")


def test_the_gallery_keeps_what_an_administrator_does_not_speak_of() -> None:
    app = customized(APP, listed(AttributeChange("title", case_exact=True, required=True)))

    changed = {one.path: one for one in app.users.attributes}
    assert changed["title"] == replace(ATTRIBUTES["title"], case_exact=True, required=True)
    assert {**changed, "title": ATTRIBUTES["title"]} == ATTRIBUTES


def test_attributes_of_ones_own_follow_those_of_the_gallery() -> None:
    given_both = replace(
        listed(AttributeChange(CENTRE, type="integer", multi_valued=True)),
        group_attributes=(AttributeChange("description"),),
    )

    app = customized(APP, given_both)

    assert app.users.attributes[-1] == TargetAttribute(
        CENTRE, AttributeType.INTEGER, multi_valued=True
    )
    assert app.groups is not None
    assert app.groups.attributes[-1] == TargetAttribute("description")


def test_an_attribute_that_case_now_matters_for_plans_everybody_again() -> None:
    application = application_of("15five", APP, "15Five")

    exact = rules_for(APP, application, listed(AttributeChange("title", case_exact=True)))

    assert exact.digest != rules_for(APP, application, START).digest


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (AttributeChange("id"), "id is given by the app"),
        (AttributeChange("ID"), "given by the app"),
        (AttributeChange("schemas"), "written by the protocol"),
        (AttributeChange("meta.created"), "meta is written by the app"),
        (AttributeChange("groups"), "memberships are written through the members"),
        (AttributeChange("emails[type eq"), "is no attribute path"),
        (AttributeChange(""), "is no attribute path"),
        (AttributeChange("emails]work"), "is no attribute path"),
        (AttributeChange("x" * 600), "more than 512 characters"),
        (AttributeChange(CENTRE.rpartition(":")[0]), "names a schema and no attribute"),
        (AttributeChange('emails[type sw "w"].value'), "describes no element"),
        (AttributeChange("Title"), "differs only in case from the app's title"),
        (AttributeChange("title", type="integer"), "type of title is as the gallery has it"),
        (AttributeChange("nick", references="User"), "is for type reference"),
        (AttributeChange("boss", type="reference", multi_valued=True), "only members does"),
        (AttributeChange("roles", type="complex"), "multi_valued: true"),
    ],
)
def test_an_attribute_that_cannot_be_listed_is_told_why(change: AttributeChange, says: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        checked_settings(APP, listed(change))

    assert says in caught.value.message


def test_an_attribute_is_listed_once_whatever_its_case() -> None:
    twice = listed(AttributeChange(CENTRE), AttributeChange(CENTRE.replace("cost", "COST")))

    [flaw] = settings_flaws(APP, twice)

    assert flaw.field == "user_attributes.1"
    assert "twice" in flaw.text


def test_a_list_has_an_end() -> None:
    many = [AttributeChange(f"own{number}") for number in range(MOST_ATTRIBUTES + 1)]

    assert "At most" in attribute_faults(APP.users, many)[-1][1]


def test_an_app_without_groups_has_no_attributes_of_groups() -> None:
    alone = replace(APP, groups=None)
    wanted = replace(START, group_attributes=(AttributeChange("description"),))

    assert any("has no groups" in flaw.text for flaw in settings_flaws(alone, wanted))
    assert customized(alone, wanted).groups is None


def test_a_required_attribute_of_ones_own_needs_a_mapping() -> None:
    with pytest.raises(InvalidValue, match=r"requires .*costCentre, and nothing is mapped"):
        checked_settings(APP, listed(AttributeChange(CENTRE, required=True)))


@pytest.mark.parametrize("target", ["schemas", "meta.created", "groups", "id"])
def test_nobody_maps_onto_what_belongs_to_the_app(target: str) -> None:
    with pytest.raises(InvalidValue, match=r"cannot be mapped|read-only"):
        checked_settings(APP, replace(START, users=(MappingChange(target, constant="x"),)))


def test_a_target_that_is_no_path_is_no_attribute_of_the_app() -> None:
    wrong = replace(START, users=(MappingChange("emails[type", constant="x"),))

    with pytest.raises(InvalidValue, match="is no attribute path"):
        checked_settings(APP, wrong)


# --- mappings without a source, and how values flow ---


def test_a_mapping_of_the_gallery_can_lose_its_source_and_keep_a_default() -> None:
    bare = replace(START, users=(MappingChange("title", no_source=True, default="Colleague"),))

    [title] = [one for one in effective_mappings(APP, bare)[0] if one.target == "title"]

    assert checked_settings(APP, bare) == bare
    assert (title.attribute, title.default) == (None, "Colleague")


@pytest.mark.parametrize(
    "change",
    [MappingChange("title", no_source=True), MappingChange("title", no_source=True, default="")],
)
def test_a_mapping_without_source_and_default_would_do_nothing(change: MappingChange) -> None:
    with pytest.raises(InvalidValue, match="without a source needs a default"):
        checked_settings(APP, replace(START, users=(change,)))


def test_how_a_value_flows_is_kept_and_decides_nothing() -> None:
    application = application_of("15five", APP, "15Five")
    always = replace(START, users=(MappingChange("title", flow_behavior="always"),))

    before, after = (rules_for(APP, application, one) for one in (START, always))

    assert before.digest == after.digest


# --- documents ---

WHOLE = f"""\
attributes:
  users:
    - path: {CENTRE}
      type: string
      required: true
    - path: title
      case_exact: true
    - path: assistant
      type: reference
      references: User
mappings:
  users:
    - target: {CENTRE}
      attribute: costCenter
      flow_behavior: always
    - target: title
      default: Colleague
      no_source: true
"""


def test_attributes_are_read_and_printed_as_they_were_written() -> None:
    [document] = read_documents("app.yaml", HEAD + WHOLE)

    assert document.settings.user_attributes == (
        AttributeChange(CENTRE, type="string", required=True),
        AttributeChange("title", case_exact=True),
        AttributeChange("assistant", type="reference", references="User"),
    )
    assert print_document(document).endswith(WHOLE)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("attributes: {users: [{type: string}]}", 3, "An attribute needs its path"),
        ("attributes:\n  users:\n    - path: 'emails['", 5, "is no attribute path"),
        ("attributes:\n  groups:\n    - {path: x, type: text}", 5, "'text' is none of string"),
        ("attributes:\n  groups:\n    - {path: x, requierd: true}", 5, "Did you mean required?"),
    ],
)
def test_what_is_wrong_with_an_attribute_is_said_with_its_line(
    text: str, line: int, says: str
) -> None:
    with pytest.raises(InvalidFile) as caught:
        read_documents("app.yaml", HEAD + text)

    [fault] = caught.value.faults
    assert (fault.line, says in fault.text) == (line, True), fault


def test_what_changes_in_the_attribute_list_is_said() -> None:
    before = AppDocument(
        "a", listed(AttributeChange("nick"), AttributeChange("title", unique=None))
    )
    after = AppDocument(
        "a",
        listed(AttributeChange("nick", required=True), AttributeChange("boss", type="reference")),
    )

    assert differences(before, after) == [
        "attribute of users: nick: listed -> required yes",
        "attribute of users: title: listed -> as in the gallery",
        "attribute of users: boss: as in the gallery -> type reference",
    ]
    assert differences(None, after)[-2:] == [
        "attribute of users: nick: as in the gallery -> required yes",
        "attribute of users: boss: as in the gallery -> type reference",
    ]


def test_another_order_of_the_list_is_a_change_too() -> None:
    one, two = AttributeChange("a"), AttributeChange("b")

    lines = differences(AppDocument("a", listed(one, two)), AppDocument("a", listed(two, one)))

    assert lines == ["attribute of users: another order"]


PIECES = st.sampled_from(
    [
        "title",
        "name",
        ".given",
        "emails",
        '[type eq "work"]',
        ".value",
        "urn:x:2.0:User:",
        "[",
        "ID",
    ]
)


@examples(deadline=None)
@given(path=st.lists(PIECES, min_size=1, max_size=4).map("".join) | st.text(max_size=20))
def test_what_is_written_by_a_path_without_fault_can_be_read_again(path: str) -> None:
    if path_fault(path) is None:
        parsed = parse_path(path)

        written = write({}, parsed, "x")

        found = read(written, parsed)
        element = found[0] if isinstance(found, list) else found
        assert (element["value"] if isinstance(element, dict) else element) == "x"
