"""Scoping filters as code: how they are written, printed, compared and refused."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.provisioning.conditions import CONDITIONS

from seatkeeper.configuration.check import settings_flaws
from seatkeeper.configuration.differences import differences
from seatkeeper.configuration.document_printing import print_document
from seatkeeper.configuration.documents import AppDocument, read_documents
from seatkeeper.configuration.filters import stored_filter
from seatkeeper.configuration.rules import application_of, rules_for
from seatkeeper.configuration.settings import AppSettings, default_settings, from_plain, to_plain
from seatkeeper.errors import Fault, InvalidFile, InvalidValue
from seatkeeper.gallery.schema import load_gallery
from seatkeeper.provisioning.condition.model import All, Any, Clause, Condition, MemberOf, Not
from seatkeeper.provisioning.condition.plain import to_plain as filter_plain

GALLERY = load_gallery()
APP = GALLERY["15five"]
HEAD = "app: 15five\ngallery: 15five\n"
WHOLE = """\
scoping_filters:
  users:
    any:
      - name: Keepers in the north
        all:
          - department EQUALS: [Lamps, Harbour]
          - city EQUALS: Oslo
          - member_of: Lighthouse
          - not: jobTitle IS NULL
      - accountEnabled is true
      - attribute: skills
        operator: not equals
        values: [Ropes]
        over: any
  groups:
    displayName starts with: App
"""
TREE = Any(
    (
        All(
            (
                Clause("department", "EQUALS", ("Lamps", "Harbour")),
                Clause("city", "EQUALS", ("Oslo",)),
                MemberOf("Lighthouse"),
                Not(Clause("jobTitle", "IS NULL")),
            ),
            "Keepers in the north",
        ),
        Clause("accountEnabled", "IS TRUE"),
        Clause("skills", "NOT EQUALS", ("Ropes",), "any"),
    )
)
REFERENCE = {
    "groups": [
        {
            "name": "Keepers",
            "clauses": [
                {
                    "operatorName": "EQUALS",
                    "sourceOperandName": "department",
                    "targetOperand": {"values": ["Lamps"]},
                },
                {
                    "operatorName": "IS NULL",
                    "sourceOperandName": "jobTitle",
                    "targetOperand": {"values": []},
                },
            ],
        },
        {
            "name": None,
            "clauses": [
                {
                    "operatorName": "Greater Than",
                    "sourceOperandName": "costCenter",
                    "targetOperand": {"values": ["7"]},
                }
            ],
        },
    ],
    "inputFilterGroups": [],
}


def read(text: str) -> AppDocument:
    [document] = read_documents("apps.yaml", HEAD + text, gallery=GALLERY)
    return document


def faults(text: str) -> tuple[Fault, ...]:
    with pytest.raises(InvalidFile) as caught:
        read(text)
    return caught.value.faults


def digest(settings: AppSettings) -> str:
    return rules_for(APP, application_of("15five", APP, "15Five"), settings).digest


def test_a_filter_is_read_as_it_reads() -> None:
    settings = read(WHOLE).settings

    assert stored_filter(settings.user_filter) == TREE
    assert stored_filter(settings.group_filter) == Clause("displayName", "STARTS_WITH", ("App",))


def test_a_filter_is_printed_as_a_person_would_write_it() -> None:
    printed = print_document(read(WHOLE))

    assert "- name: Keepers in the north\n        all:" in printed
    assert "- department EQUALS:\n              - Lamps\n" in printed
    assert "- city EQUALS: Oslo\n" in printed
    assert "- not: jobTitle IS NULL\n" in printed
    assert "displayName STARTS_WITH: App\n" in printed
    assert print_document(read(printed.partition("gallery: 15five\n")[2])) == printed


def test_the_json_of_the_reference_can_be_pasted() -> None:
    text = "scoping_filters:\n  users: " + json.dumps(REFERENCE)

    settings = read(text).settings

    assert stored_filter(settings.user_filter) == Any(
        (
            All(
                (Clause("department", "EQUALS", ("Lamps",)), Clause("jobTitle", "IS NULL")),
                "Keepers",
            ),
            All((Clause("costCenter", "Greater_Than", ("7",)),)),
        )
    )


@pytest.mark.parametrize(
    "text", ["", "scoping_filters:\n", "scoping_filters: {users: {groups: []}}"]
)
def test_no_filter_restricts_nothing(text: str) -> None:
    document = read(text)

    assert document.settings.user_filter is None
    assert "scoping_filters" not in print_document(document)


def test_values_are_texts_whatever_yaml_makes_of_them() -> None:
    text = "scoping_filters:\n  users:\n    costCenter EQUALS: [7, on, null, 2026-03-02]\n"

    document = read(text)

    expected = Clause("costCenter", "EQUALS", ("7", "on", "null", "2026-03-02"))
    assert stored_filter(document.settings.user_filter) == expected
    assert read_documents("x", print_document(document), gallery=GALLERY) == [document]


def test_an_operator_that_takes_no_value_may_end_in_a_colon() -> None:
    document = read("scoping_filters:\n  users:\n    jobTitle IS NULL:\n")

    assert stored_filter(document.settings.user_filter) == Clause("jobTitle", "IS NULL")


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("department EQUALS", "departmnt EQUALS", 8, "Did you mean department?"),
        ("department EQUALS", "department EQAULS", 8, "Did you mean EQUALS?"),
        ("department EQUALS", "department", 8, "There is no field 'department' here."),
        ("city EQUALS: Oslo", "city EQUALS:", 9, "takes 1 to 1,000 values, not 0"),
        ("city EQUALS: Oslo", "city REGEX MATCH: (", 9, "the pattern cannot be read"),
        ("city EQUALS: Oslo", "city BETWEEN: [2, 1]", 9, "the smaller number comes first"),
        ("city EQUALS: Oslo", "city Greater_Than: high", 9, "a whole number without sign"),
        ("city EQUALS: Oslo", "city AFTER: soon", 9, "an ISO date such as 2026-03-02"),
        ("city EQUALS: Oslo", "city EQUALS: {a: b}", 9, "A list is expected here."),
        ("member_of: Lighthouse", "member_of: ''", 10, "name or the id of a group"),
        ("not: jobTitle IS NULL", "not: jobTitle", 11, "an attribute and an operator"),
        ("not: jobTitle IS NULL", "nor: jobTitle IS NULL", 11, "Did you mean not?"),
        ("- accountEnabled is true", "- {all: [], any: []}", 12, "This is no part of a filter"),
        ("- accountEnabled is true", "- [a]", 12, "Fields are expected here"),
        ("- accountEnabled is true", "- all: []", 12, "all names nothing"),
        ("operator: not equals", "operator: sounds like", 13, "There is no operator"),
        ("over: any", "over: most", 16, "'most' is none of any, all."),
        ("over: any", "member_of: x", 13, "This is no part of a filter"),
        ("over: any", "name: x", 16, "name cannot stand beside attribute."),
        ("displayName starts with: App", "member_of: Sales", 18, "member_of is for people"),
        ("  groups:\n", "  gruops:\n", 17, "Did you mean groups?"),
    ],
)
def test_every_fault_in_a_filter_has_its_line(old: str, new: str, line: int, says: str) -> None:
    assert old in WHOLE

    found = faults(WHOLE.replace(old, new, 1))

    assert (found[0].line, says in found[0].text) == (line, True), found


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("inputFilterGroups", [{"clauses": []}], "inputFilterGroups is not understood"),
        ("groups", [{"name": "x", "clauses": []}], "all names nothing"),
        ("groups", [{"title": "x", "clauses": []}], "There is no field 'title' here."),
        ("groups", "x", "A list is expected here."),
        ("groups", [{"clauses": [{"operatorName": "EQUALS"}]}], "no attribute ''"),
    ],
)
def test_a_fault_in_the_json_of_the_reference_is_named_too(
    field: str, value: object, says: str
) -> None:
    text = "scoping_filters:\n  users: " + json.dumps({**REFERENCE, field: value})

    found = faults(text)

    assert any(says in fault.text for fault in found), found
    assert all(fault.line == 4 for fault in found)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("users: &a\n    not: *a\n", "at most 32 levels deep"),
        ("users:\n    any: [" + "mail IS NULL, " * 200 + "]\n", "at most 200 parts"),
        (
            "users:\n    any:\n      - &a {any: [" + "mail IS NULL, " * 90 + "]}\n"
            "      - *a\n      - *a\n",
            "at most 200 parts",
        ),
    ],
)
def test_a_filter_without_end_is_refused(text: str, says: str) -> None:
    assert says in faults("scoping_filters:\n  " + text)[0].text


def test_an_app_without_groups_has_no_filter_on_groups() -> None:
    app = replace(APP, groups=None)
    settings = replace(default_settings(app), group_filter={"member_of": "x"})

    assert [flaw.text for flaw in settings_flaws(app, settings)] == [
        f"{app.name} has no groups, so none can be filtered."
    ]


def test_what_changes_in_a_filter_is_said_before_it_is_applied() -> None:
    before, after = read(""), read(WHOLE + "skip_out_of_scope_deletions: true\n")

    assert differences(before, after) == [
        "skip out-of-scope deletions: no -> yes",
        "scoping filter of users: none -> (Keepers in the north: "
        "department EQUALS Lamps or Harbour and city EQUALS Oslo and "
        "member of Lighthouse and not jobTitle IS NULL)"
        " or accountEnabled IS TRUE or skills NOT EQUALS Ropes (any of its values)",
        "scoping filter of groups: none -> displayName STARTS_WITH App",
    ]
    assert "skip_out_of_scope_deletions: true\n" in print_document(after)
    assert differences(after, after) == []


def test_a_filter_or_the_switch_changes_the_digest_so_that_everybody_is_planned_again() -> None:
    plain, filtered = read("").settings, read(WHOLE).settings

    digests = [
        digest(plain),
        digest(filtered),
        digest(replace(filtered, group_filter=None)),
        digest(replace(plain, skip_out_of_scope_deletions=True)),
    ]

    assert len(set(digests)) == 4
    assert digest(read(WHOLE).settings) == digests[1]


@pytest.mark.parametrize(
    ("plain", "says"),
    [
        ({"attribute": "departmnt", "operator": "IS NULL"}, "Did you mean department"),
        ({"any": [{"attribute": "mail", "operator": "IS NULL", "values": ["x"]}]}, "at any.0"),
        ({"maybe": []}, "no part of one"),
    ],
)
def test_a_stored_filter_that_cannot_be_used_stops_the_rules(
    plain: dict[str, object], says: str
) -> None:
    settings = replace(default_settings(APP), user_filter=plain)

    with pytest.raises(InvalidValue, match=says):
        digest(settings)
    assert settings_flaws(APP, settings)[0].field.startswith("user_filter")


def test_stored_settings_keep_the_filter() -> None:
    settings = read(WHOLE).settings

    assert from_plain(to_plain(settings)) == settings


@settings(deadline=None)
@given(condition=CONDITIONS, named=st.sampled_from(["", "Keepers", "on", "a: b", "12", "~"]))
def test_a_printed_filter_reads_as_the_same(condition: Condition, named: str) -> None:
    tree = All((condition,), named)
    empty = AppDocument("15five", default_settings(APP))
    document = replace(empty, settings=replace(empty.settings, user_filter=filter_plain(tree)))

    assert read_documents("x", print_document(document), gallery=GALLERY) == [document]
    assert differences(document, document) == []


def test_a_filter_as_deep_as_allowed_is_printed_and_read() -> None:
    condition: Condition = Clause("department", "EQUALS", ("a", "b"), "all")
    for _ in range(31):
        condition = Any((condition,))
    empty = AppDocument("15five", default_settings(APP))
    document = replace(empty, settings=replace(empty.settings, user_filter=filter_plain(condition)))

    assert read_documents("x", print_document(document), gallery=GALLERY) == [document]


FIELDS = ["any", "all", "not", "member_of", "attribute", "operator", "values", "over", "name"]
WORDS = st.sampled_from(FIELDS) | st.sampled_from(
    ["groups", "clauses", "targetOperand", "department EQUALS", "jobTitle IS NULL", "a b", "", " "]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS | st.text(max_size=5),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(WORDS, below, max_size=3),
    max_leaves=12,
)


@settings(deadline=None)
@given(users=ANYTHING, groups=ANYTHING)
def test_whatever_stands_there_is_a_filter_that_can_be_used_or_a_fault(
    users: object, groups: object
) -> None:
    text = "scoping_filters: " + json.dumps({"users": users, "groups": groups})

    try:
        document = read(text)
    except InvalidFile:
        document = read("")

    assert digest(document.settings)
    assert read_documents("x", print_document(document), gallery=GALLERY) == [document]
