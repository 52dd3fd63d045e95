"""What a schema document means for the settings, and how settings are written as one."""

import copy
from typing import Any

import pytest
from msgspec.structs import replace
from tests.configuration.sync_schema.schemas import (
    APP,
    OWN,
    START,
    Plain,
    definition,
    exported,
    imported,
    object_mapping,
    row,
)

from seatkeeper.configuration.settings import (
    AttributeChange,
    MappingChange,
    default_settings,
    effective_mappings,
)
from seatkeeper.configuration.sync_schema.exporting import export_schema
from seatkeeper.configuration.sync_schema.importing import import_schema
from seatkeeper.configuration.sync_schema.walk import Walk
from seatkeeper.gallery.schema import gallery_app

PLAIN = exported(START)


@pytest.fixture
def plain() -> Plain:
    return copy.deepcopy(PLAIN)


def attribute(name: str) -> Plain:
    return {"type": "Attribute", "name": name, "expression": f"[{name}]", "parameters": []}


def function(name: str, *parameters: tuple[str, Plain], text: str | None = None) -> Plain:
    listed = [{"key": key, "value": value} for key, value in parameters]
    return {"type": "Function", "name": name, "expression": text, "parameters": listed}


def constant(text: str) -> Plain:
    return {"type": "Constant", "name": text, "expression": f'"{text}"', "parameters": []}


# --- a new document ---


def test_a_new_document_has_a_rule_two_mappings_and_two_directories(plain: Plain) -> None:
    [rule] = plain["synchronizationRules"]
    users, groups = rule["objectMappings"]

    assert rule["name"] == "DIRECTORY_TO_15FIVE"
    assert [one["name"] for one in plain["directories"]] == [
        rule["sourceDirectoryName"],
        rule["targetDirectoryName"],
    ]
    assert (users["sourceObjectName"], groups["sourceObjectName"]) == ("User", "Group")
    assert users["flowTypes"] == "Add, Update, Delete"
    assert users["targetObjectName"].endswith("extension:enterprise:2.0:User")


def test_every_attribute_that_a_new_document_uses_is_defined_with_one_anchor(plain: Plain) -> None:
    for directory in plain["directories"]:
        for one in directory["objects"]:
            assert [a["name"] for a in one["attributes"] if a["anchor"]] in (["objectId"], ["id"])
    assert definition(plain, "manager", directory=0)["type"] == "Reference"
    assert definition(plain, "IsSoftDeleted", directory=0)["type"] == "Boolean"
    assert definition(plain, "members", side=1)["referencedObjects"] == [
        {"referencedObjectName": "User", "referencedProperty": "id"},
        {"referencedObjectName": "Group", "referencedProperty": "id"},
    ]


def test_two_exports_of_one_app_are_the_same_document_and_of_two_apps_are_not() -> None:
    assert exported(START) == PLAIN
    assert (
        export_schema(APP, "15five-emea", START)["synchronizationRules"][0]["id"]
        != (PLAIN["synchronizationRules"][0]["id"])
    )


def test_an_app_that_is_called_like_the_directory_gets_another_name_for_its_own() -> None:
    plain = exported(replace(START, name="Seatkeeper Directory"))

    assert len({one["name"] for one in plain["directories"]}) == 2


def test_an_app_without_groups_has_no_mapping_of_groups() -> None:
    alone = replace(APP, groups=None)

    plain = export_schema(alone, "a", default_settings(alone))

    assert len(plain["synchronizationRules"][0]["objectMappings"]) == 1
    assert import_schema(Walk(), alone, START, plain).settings == START


def test_a_name_without_letters_still_names_a_rule() -> None:
    assert exported(replace(START, name="¡!"))["synchronizationRules"][0]["name"].endswith("_APP")


def test_a_document_without_its_parts_is_exported_as_it_is() -> None:
    assert exported(START, {"id": "x"}) == {"id": "x"}


# --- what an import means ---


def test_a_mapping_without_null_flow_leaves_what_the_app_has(plain: Plain) -> None:
    del row(plain, "title")["flowNullValues"]

    assert imported(plain).users == (MappingChange("title", when_null="skip"),)


def test_an_empty_source_clears_only_through_two_gates(plain: Plain) -> None:
    definition(plain, "jobTitle", directory=0)["flowNullValues"] = False

    assert imported(plain).users == (MappingChange("title", when_null="skip"),)


@pytest.mark.parametrize(
    ("field", "value", "change"),
    [
        ("flowType", "objectaddonly", MappingChange("title", applies="on_create")),
        ("flowType", "AttributeAddOnly", MappingChange("title", applies="if_empty")),
        ("flowType", "ValueAddOnly", MappingChange("title", applies="value_add")),
        ("flowBehavior", "FlowAlways", MappingChange("title", flow_behavior="always")),
        ("defaultValue", "Flyer", MappingChange("title", default="Flyer")),
        ("defaultValue", True, MappingChange("title", default="True")),
        ("defaultValue", 7, MappingChange("title", default="7")),
        ("matchingPriority", 2, MappingChange("title", matching=2)),
        ("seatkeeperWhenNull", "default", None),
        ("source", attribute("department"), MappingChange("title", attribute="department")),
        ("source", constant("Flyer"), MappingChange("title", constant="Flyer")),
        ("source", {"type": "constant", "name": None}, MappingChange("title", constant="")),
        ("source", {"expression": "[department]"}, MappingChange("title", attribute="department")),
        ("source", None, MappingChange("title", remove=True)),
    ],
)
def test_what_an_attribute_mapping_says_is_what_follows(
    plain: Plain, field: str, value: Any, change: MappingChange | None
) -> None:
    row(plain, "title")[field] = value
    if change is None:
        row(plain, "title")["defaultValue"] = "x"
        change = MappingChange("title", default="x", when_null="default")

    found = imported(plain)

    assert found.users == (change,)
    assert exported(found, plain) == plain


def test_a_source_of_none_with_a_default_fills_what_is_empty(plain: Plain) -> None:
    row(plain, "title").update(source=None, defaultValue="Flyer")

    found = imported(plain)

    assert found.users == (MappingChange("title", no_source=True, default="Flyer"),)
    assert exported(found, plain) == plain


@pytest.mark.parametrize(
    ("source", "expression"),
    [
        (function("Left", ("String", attribute("mail")), ("NumChars", constant("4"))),
         "Left([mail], 4)"),
        (function("Left", ("NumChars", constant("4")), ("string", attribute("mail"))),
         "Left([mail], 4)"),
        (function("Replace", ("source", attribute("mail")), ("Find", constant("a")),
                  ("Replacement", constant("b"))), 'Replace([mail], "a", , , "b")'),
        (function("Replace", ("source", attribute("mail")), ("oldValue", constant("a")),
                  ("replacementValue", constant("b"))), 'Replace([mail], "a", , , "b")'),
        (function("Join", ("separator", constant("-")), ("source", attribute("mail")),
                  ("source", attribute("city"))), 'Join("-", [mail], [city])'),
        (function("Join", ("separator", constant("-")), ("source2", attribute("mail")),
                  ("source1", attribute("city"))), 'Join("-", [city], [mail])'),
        (function("Coalesce", ("defaultValue", constant("z")), ("source1", attribute("mail"))),
         'Coalesce([mail], "z")'),
        (function("IIF", ("condition", function("=", ("right", constant("NO")),
                                                ("left", attribute("country")))),
                  ("valueIfTrue", constant("n")), ("valueIfFalse", constant("s"))),
         'IIF([country] = "NO", "n", "s")'),
        (function("IIF", ("condition", function("x", text='[country]="NO"')),
                  ("valueIfTrue", constant("n")), ("valueIfFalse", constant("s"))),
         'IIF([country] = "NO", "n", "s")'),
        (function("InStr", ("value1", attribute("mail")), ("value2", constant("@")),
                  ("compareType", {"type": "Constant", "name": "vbTextCompare",
                                   "expression": "vbTextCompare"})),
         'InStr([mail], "@", , vbTextCompare)'),
        (function("ToLower", ("source", attribute("mail")), text="ToLower( [mail] )"),
         "ToLower( [mail] )"),
        (function("ToLower", ("source", attribute("mail")), text="ToUpper([city])"),
         "ToLower([mail])"),
        (function("ToLower", ("source", attribute("mail")), text="ToLower([mail"),
         "ToLower([mail])"),
        (function("Now"), "Now()"),
        (attribute("IsSoftDeleted"), "[IsSoftDeleted]"),
    ],
)  # fmt: skip
def test_the_tree_of_parameters_is_what_runs(plain: Plain, source: Plain, expression: str) -> None:
    row(plain, "title")["source"] = source

    found = imported(plain)

    assert [one.expression for one in found.users] == [expression]
    assert exported(found, plain) == plain


def test_an_expression_that_means_the_same_changes_nothing(plain: Plain) -> None:
    mine = replace(START, users=(MappingChange("title", expression="Left( [mail],4 )"),))
    written = exported(mine)
    row(written, "title")["source"]["expression"] = 'Left([mail], "4")'

    assert imported(written, mine) == mine


def test_actions_are_read_in_any_spelling_and_as_a_list(plain: Plain) -> None:
    object_mapping(plain)["flowTypes"] = "add,UPDATE"
    object_mapping(plain, 1)["flowTypes"] = ["Delete"]

    found = imported(plain)

    assert (found.user_actions, found.group_actions) == (("create", "update"), ("delete",))


@pytest.mark.parametrize(("said", "actions"), [(None, 3), ("None", 0), ("", 0)])
def test_no_word_of_actions_means_all_and_none_means_none(
    plain: Plain, said: str | None, actions: int
) -> None:
    object_mapping(plain)["flowTypes"] = said

    assert len(imported(plain).user_actions) == actions


def test_groups_are_switched_off_by_the_document_or_by_their_absence(plain: Plain) -> None:
    object_mapping(plain, 1)["enabled"] = False
    off = imported(plain)
    plain["synchronizationRules"][0]["objectMappings"].pop()

    assert not off.groups_enabled
    assert not imported(plain).groups_enabled


def test_groups_that_are_switched_on_again_get_their_mapping_back(plain: Plain) -> None:
    plain["synchronizationRules"][0]["objectMappings"].pop()
    plain["directories"][1]["objects"].pop()

    again = exported(START, plain)

    assert imported(again) == START
    assert len(again["directories"][0]["objects"]) == 2
    assert exported(replace(START, groups_enabled=False), plain) == plain


def test_groups_that_are_switched_on_get_the_objects_they_need(plain: Plain) -> None:
    object_mapping(plain, 1).update(
        enabled=False, sourceObjectName="group", targetObjectName="urn:elsewhere"
    )

    again = exported(START, plain)

    assert plain["directories"][1]["objects"][1]["name"] != "urn:elsewhere"
    assert [one["name"] for one in again["directories"][0]["objects"]] == ["User", "Group", "group"]
    assert imported(again) == START


def test_a_kept_document_that_lost_its_directories_is_exported_as_far_as_it_goes(
    plain: Plain,
) -> None:
    plain["directories"] = None
    edited = replace(START, users=(MappingChange("title", attribute="city"),))

    after = exported(edited, plain)

    assert row(after, "title")["source"] == attribute("city")
    assert after["directories"] is None


def test_a_default_written_whenever_the_source_is_empty_has_a_field_of_ours() -> None:
    mine = replace(START, users=(MappingChange("title", default="x", when_null="default"),))

    after = exported(mine, PLAIN)

    assert row(after, "title")["seatkeeperWhenNull"] == "default"
    assert imported(after) == mine
    assert "seatkeeperWhenNull" not in row(exported(START, after), "title")


def test_of_two_mappings_of_people_the_one_that_is_on_counts(plain: Plain) -> None:
    mappings = plain["synchronizationRules"][0]["objectMappings"]
    mappings.insert(0, {**copy.deepcopy(mappings[0]), "enabled": False})
    row(plain, "title", 1)["defaultValue"] = "x"

    assert imported(plain).users == (MappingChange("title", default="x"),)


def test_a_disabled_mapping_may_speak_of_what_is_not_defined(plain: Plain) -> None:
    object_mapping(plain, 1).update(enabled=False, targetObjectName="urn:elsewhere")

    found = imported(plain)

    assert not found.groups_enabled
    assert exported(found, plain) == plain


def test_the_rule_of_the_lowest_priority_that_maps_people_is_carried_out(plain: Plain) -> None:
    [rule] = plain["synchronizationRules"]
    other = {**copy.deepcopy(rule), "id": "second", "priority": 0}
    empty = {**rule, "id": "third", "priority": -1, "objectMappings": []}
    plain["synchronizationRules"] = [rule, other, empty]
    other["objectMappings"][0]["flowTypes"] = "Add"
    walk = Walk()

    found = import_schema(walk, APP, START, plain).settings

    assert found.user_actions == ("create",)
    assert [note for note in walk.notes if "not carried out" in note] == [
        "$.synchronizationRules[0]: this rule is kept, and not carried out.",
        "$.synchronizationRules[2]: this rule is kept, and not carried out.",
    ]


def test_other_objects_and_values_that_flow_always_are_named_as_not_carried_out(
    plain: Plain,
) -> None:
    plain["synchronizationRules"][0]["objectMappings"].append({"sourceObjectName": "Device"})
    row(plain, "title")["flowBehavior"] = "FlowAlways"
    walk = Walk()

    import_schema(walk, APP, START, plain)

    assert walk.faults == []
    assert "objectMappings[2]: this object mapping is kept" in walk.notes[0]
    assert "FlowAlways of title of users is kept" in walk.notes[1]


# --- attributes ---


def test_attributes_that_the_gallery_lacks_become_ones_own(plain: Plain) -> None:
    listed = plain["directories"][1]["objects"][0]["attributes"]
    boss = {
        "name": "boss",
        "type": "reference",
        "referencedObjects": [{"referencedObjectName": "Device"}, {"referencedObjectName": "User"}],
    }
    listed += [
        {"name": OWN, "type": "DateTime", "caseExact": True},
        {"name": "flying", "type": "boolean"},
        boss,
        {"name": "meta", "type": "String"},
        {"name": "emails]work", "type": "String"},
    ]  # fmt: skip

    found = imported(plain)

    assert found.user_attributes == (
        AttributeChange(OWN, case_exact=True),
        AttributeChange("flying", type="boolean"),
        AttributeChange("boss", type="reference", references="User"),
    )
    assert exported(found, plain) == plain


def test_what_the_document_says_of_the_gallery_s_attributes_counts_but_for_their_type(
    plain: Plain,
) -> None:
    definition(plain, "title").update(caseExact=True, type="Integer")
    definition(plain, 'emails[type eq "work"].value')["required"] = False
    walk = Walk()

    found = import_schema(walk, APP, START, plain).settings

    assert set(found.user_attributes) == {
        AttributeChange("title", case_exact=True),
        AttributeChange('emails[type eq "work"].value', required=False),
    }
    assert any("title keeps its type, string" in note for note in walk.notes)
    assert exported(found, plain) == plain


def test_what_is_said_of_the_gallery_s_attributes_is_written_into_the_document() -> None:
    change = AttributeChange("title", required=True, case_exact=True)

    after = exported(replace(START, user_attributes=(change,)), PLAIN)

    assert (definition(after, "title")["required"], definition(after, "title")["caseExact"]) == (
        True,
        True,
    )


def test_an_override_that_the_document_takes_back_is_gone(plain: Plain) -> None:
    mine = replace(START, user_attributes=(AttributeChange("title", case_exact=True),))

    assert imported(plain, mine) == START


def test_roles_are_elements_though_the_document_has_no_word_for_it(plain: Plain) -> None:
    listed = plain["directories"][1]["objects"][0]["attributes"]
    listed.append({"name": "roles", "type": "String", "multivalued": True})
    source = function(
        "AssertiveAppRoleAssignmentsComplex",
        ("appRoleAssignments", attribute("appRoleAssignments")),
    )
    new = {**row(plain, "title"), "targetAttributeName": "roles", "source": source}
    object_mapping(plain)["attributeMappings"].append(new)

    found = imported(plain)

    assert found.user_attributes == (AttributeChange("roles", type="complex", multi_valued=True),)
    assert exported(found, plain) == plain
    assert imported(exported(found), found) == found


def test_an_attribute_of_ones_own_that_changes_is_rewritten_and_keeps_other_fields(
    plain: Plain,
) -> None:
    own = replace(START, user_attributes=(AttributeChange(OWN, unique=True),))
    kept = exported(own)
    definition(kept, OWN)["x-own"] = 1
    after = replace(START, user_attributes=(AttributeChange(OWN, type="reference"),))

    changed = exported(after, kept)

    assert definition(changed, OWN)["x-own"] == 1
    assert "seatkeeperUnique" not in definition(changed, OWN)
    assert imported(changed, after) == after
    assert all(
        one["name"] != OWN
        for one in exported(START, kept)["directories"][1]["objects"][0]["attributes"]
    )


# --- edits in a kept document ---


def test_an_edit_touches_only_what_it_speaks_of(plain: Plain) -> None:
    row(plain, "title").update({"x-own": [1], "flowType": "ALWAYS"})
    row(plain, "title")["source"]["x-source"] = "s"
    edited = replace(imported(plain), users=(MappingChange("title", attribute="city"),))

    after = exported(edited, plain)

    row(plain, "title")["source"].update(name="city", expression="[city]")
    assert after == plain


def test_an_edit_that_clears_opens_the_gates_it_needs_and_no_others(plain: Plain) -> None:
    definition(plain, "jobTitle", directory=0)["flowNullValues"] = False
    row(plain, "name.givenName")["source"] = attribute("jobTitle")
    before = imported(plain)
    assert {one.target for one in before.users} == {"title", "name.givenName"}
    edited = replace(before, users=before.users[1:])

    after = exported(edited, plain)

    assert definition(after, "jobTitle", directory=0)["flowNullValues"] is True
    assert row(after, "name.givenName")["flowNullValues"] is False
    assert imported(after, edited) == edited


def test_a_mapping_that_is_gone_leaves_the_document_and_an_idle_one_stays(plain: Plain) -> None:
    row(plain, "externalId").update(source=None, defaultValue=None)
    before = imported(plain)
    edited = replace(before, users=(*before.users, MappingChange("title", remove=True)))

    after = object_mapping(exported(edited, plain))["attributeMappings"]

    assert [one["targetAttributeName"] for one in after] == [
        one["targetAttributeName"]
        for one in object_mapping(plain)["attributeMappings"]
        if one["targetAttributeName"] != "title"
    ]


def test_a_mapping_that_read_nothing_can_read_something_again(plain: Plain) -> None:
    row(plain, "title").update(source=None, defaultValue="x")

    after = exported(START, plain)

    assert row(after, "title")["source"] == attribute("jobTitle")
    assert row(after, "title")["defaultValue"] is None


def test_words_of_actions_are_written_as_documented() -> None:
    fewer = replace(START, user_actions=("delete", "create"), group_actions=())

    plain = exported(fewer, PLAIN)

    assert [object_mapping(plain, side)["flowTypes"] for side in (0, 1)] == ["Add, Delete", "None"]


def test_what_is_newly_read_is_defined(plain: Plain) -> None:
    listed = plain["directories"][0]["objects"][0]["attributes"]
    listed[:] = [one for one in listed if one["name"] not in ("city", "extension_1_kite")]
    mine = replace(
        imported(plain),
        users=(MappingChange("title", expression='Join("", [city], [extension_1_kite])'),),
        user_filter={"attribute": "city", "operator": "IS NOT NULL"},
    )

    after = exported(mine, plain)

    assert definition(after, "city", directory=0)["mutability"] == "ReadWrite"
    assert definition(after, "extension_1_kite", directory=0)["type"] == "String"
    assert imported(after, mine) == mine


def test_other_apps_read_and_write_their_schemas_too() -> None:
    app = gallery_app("generic-scim")
    settings = default_settings(app)

    plain = export_schema(app, "lamps", settings)
    walk = Walk()
    found = import_schema(walk, app, settings, plain)

    assert (found.settings, walk.faults, walk.notes) == (settings, [], [])
    assert effective_mappings(app, found.settings) == effective_mappings(app, settings)
