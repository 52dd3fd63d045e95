"""What is wrong with a schema document is said at its place, everything at once."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace
from tests.configuration.sync_schema.schemas import (
    APP,
    START,
    Plain,
    definition,
    exported,
    faults_of,
    object_mapping,
    row,
)

from seatkeeper.configuration.settings import MappingChange
from seatkeeper.configuration.sync_schema.importing import import_schema
from seatkeeper.configuration.sync_schema.text import MOST_BYTES, parse_schema, print_schema
from seatkeeper.configuration.sync_schema.walk import Walk
from seatkeeper.errors import InvalidFile

PLAIN = exported(START)
USERS = "$.synchronizationRules[0].objectMappings[0]"
TITLE = f"{USERS}.attributeMappings[2]"


@pytest.fixture
def plain() -> Plain:
    return copy.deepcopy(PLAIN)


def refused(content: bytes) -> str:
    walk = Walk()
    assert parse_schema(walk, content) is None
    [(place, text)] = walk.faults
    return f"{place}: {text}"


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"x": value}
    return value


# --- the text ---


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "$: The file is not JSON: Expecting value at line 1, column 1."),
        (b'{"a": 1,}', "line 1, column 9"),
        (b"\xff\xfe{", "$: The file is not UTF-8 (byte 0)."),
        (b"[1]", "$: A schema is one JSON object."),
        (b'{"a": NaN}', "NaN is no number"),
        (b'{"a": 1e999}', "the number 1e999 is too large"),
        (b'{"a": 1, "a": 2}', "the field 'a' is in one object twice"),
        (b'{"a": "\\ud800"}', "$.a: U+D800 stands in a text"),
        (b'{"a\\u0000": 1}', "$: U+0000 stands in a text"),
        (b'{"a": "' + b"x" * 70_000 + b'"}', "$.a: A text has at most 65,536 characters."),
        (b'{"a": ' + b"9" * 5_000 + b"}", "not JSON as it is exchanged"),
        (b" " * (MOST_BYTES + 1), "more than 10,485,760 bytes"),
        (b'{"a":' * 3_000, "more than 32 levels deep"),
        (json.dumps(nested(33)).encode(), "levels deep here"),
        (json.dumps({"x": dict.fromkeys(map(str, range(1_001)))}).encode(), "$.x: An object has"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_document_is_told_why(content: bytes, says: str) -> None:
    assert says in refused(content)


def test_a_document_as_deep_as_allowed_is_read() -> None:
    assert parse_schema(Walk(), json.dumps(nested(32)).encode()) == nested(32)


def test_brackets_in_texts_are_no_depth() -> None:
    plain = {"a": '[[{\\"' * 500}

    assert parse_schema(Walk(), print_schema(plain).encode()) == plain


def test_an_expression_may_be_as_deep_in_a_document_as_anywhere_else() -> None:
    deep = "ToLower(" * 64 + "[mail]" + ")" * 64
    written = exported(START)
    kept = exported(replace(START, users=(MappingChange("title", expression=deep),)), written)
    walk = Walk()

    assert parse_schema(walk, print_schema(kept).encode()) == kept
    assert walk.faults == []


# --- the document ---

Edit = Callable[[Plain], object]


def title(**fields: Any) -> Edit:
    return lambda plain: row(plain, "title").update(fields)


def source(**fields: Any) -> Edit:
    return lambda plain: row(plain, "title")["source"].update(fields)


def users(**fields: Any) -> Edit:
    return lambda plain: object_mapping(plain).update(fields)


def rule(**fields: Any) -> Edit:
    return lambda plain: plain["synchronizationRules"][0].update(fields)


def called(name: str, *keys: str) -> Edit:
    value = {"type": "Attribute", "name": "mail"}
    parameters = [{"key": key, "value": value} for key in keys]
    return source(type="Function", name=name, expression=None, parameters=parameters)


def clause(**fields: Any) -> Edit:
    one = {
        "operatorName": "EQUALS",
        "sourceOperandName": "department",
        "targetOperand": {"values": ["x"]},
        **fields,
    }
    return users(scope={"groups": [{"name": "a", "clauses": [one]}]})


CLAUSE = f"{USERS}.scope.groups[0].clauses[0]"
SOURCE = f"{TITLE}.source"


@pytest.mark.parametrize(
    ("edit", "place", "says"),
    [
        # form
        (lambda p: p.update(synchronizationRules=[]), "$.synchronizationRules", "no synchronizat"),
        (lambda p: p.update(synchronizationRules={}), "$.synchronizationRules", "A list is"),
        (lambda p: p.update(directories=7), "$.directories", "A list is expected"),
        (rule(id=None), "$.synchronizationRules[0].id", "id is missing"),
        (rule(priority="1"), "$.synchronizationRules[0].priority", "A whole number"),
        (rule(objectMappings=[]), "$.synchronizationRules[0]", "No rule maps people"),
        (rule(targetDirectoryName="15fiv"), "$.synchronizationRules[0].targetDirectoryName",
         "Did you mean 15Five?"),
        (lambda p: p["synchronizationRules"].append(p["synchronizationRules"][0]),
         "$.synchronizationRules[1].id", "is the id of two rules"),
        (users(enabled="yes"), f"{USERS}.enabled", "true or false"),
        (users(enabled=False), f"{USERS}.enabled", "People are always mapped"),
        (users(flowTypes="Add, Updat"), f"{USERS}.flowTypes", "Did you mean Update?"),
        (users(flowTypes=7), f"{USERS}.flowTypes", "A text such as Add, Update, Delete"),
        (users(sourceObjectName="User", targetObjectName="urn:x"), f"{USERS}.targetObjectName",
         "defines no 'urn:x'"),
        (users(attributeMappings=[7]), f"{USERS}.attributeMappings[0]", "An object is expected"),
        (lambda p: p["synchronizationRules"][0]["objectMappings"].append(
            copy.deepcopy(object_mapping(p))),
         "$.synchronizationRules[0].objectMappings[2]", "Users are mapped a second time"),
        # attribute mappings
        (title(targetAttributeName="userName"), f"{TITLE}.targetAttributeName", "mapped twice"),
        (title(targetAttributeName="USERNAME"), f"{TITLE}.targetAttributeName", "mapped twice"),
        (title(targetAttributeName=""), f"{TITLE}.targetAttributeName", "is missing"),
        (title(targetAttributeName="tilte"), f"{TITLE}.targetAttributeName", "Did you mean title?"),
        (title(targetAttributeName="id"), TITLE, "id is given by the app"),
        (title(flowType="Sometimes"), f"{TITLE}.flowType", "is none of Always, ObjectAddOnly"),
        (title(flowBehavior="FlowAlway"), f"{TITLE}.flowBehavior", "Did you mean FlowAlways?"),
        (title(matchingPriority=True), f"{TITLE}.matchingPriority", "A whole number"),
        (title(matchingPriority=-1), TITLE, "0 (none) to 100"),
        (title(defaultValue=[]), f"{TITLE}.defaultValue", "A text is expected"),
        (title(flowNullValues="x"), f"{TITLE}.flowNullValues", "true or false"),
        (title(flowType="MultiValueAddOnly"), TITLE, "is for lists"),
        (lambda p: row(p, "userName").update(matchingPriority=0), USERS, "No matching attribute"),
        (lambda p: row(p, "userName").update(source=None), USERS, "requires userName"),
        # sources
        (title(source=7), SOURCE, "An object is expected"),
        (source(type="Formula"), f"{SOURCE}.type", "is none of Attribute, Constant, Function"),
        (source(type=None, name=None, expression=None), SOURCE, "needs a type with a name"),
        (source(name="jobTitel"), SOURCE, "Did you mean jobTitle?"),
        (source(type="Function", name="Left", expression="Left([mail], 4", parameters=[]),
         f"{SOURCE}.expression", "character 1: The arguments of Left are not closed"),
        (source(type="Function", name="x", expression="Left(\n+", parameters=[]),
         f"{SOURCE}.expression", "line 2, character 1"),
        (source(type="Function", name="x", expression="[city] = [mail]", parameters=[]), SOURCE,
         "A comparison is a condition and no value"),
        (lambda p: (definition(p, "id").update(name="key"), title(targetAttributeName="id")(p)),
         TITLE, "id is given by the app"),
        (source(type="Constant", name="vbTextCompare", expression="vbTextCompare"), TITLE,
         "part of a condition"),
        (called("Lowercase", "source"), f"{SOURCE}.name", "Did you mean `ToLower`?"),
        (called("ToLower", "sauce"), f"{SOURCE}.parameters[0].key", "Did you mean source?"),
        (called("ToLower", "source", "Source"), f"{SOURCE}.parameters[1].key", "twice"),
        (called("ToLower", ""), f"{SOURCE}.parameters[0].key", "key is missing"),
        (called("Join", "separator", "surce1"), f"{SOURCE}.parameters[1].key", "no parameter"),
        (called("Switch", "source", "key999"), f"{SOURCE}.parameters[1].key", "no parameter"),
        (called("Left", "String"), TITLE, "Left needs its argument NumChars"),
        (called("=", "left"), SOURCE, "A comparison has the parameters left and right"),
        (source(type="Function", name="ToLower", parameters=[
            {"key": "source", "value": {"type": "Function", "name": "Nope"}}]),
         f"{SOURCE}.parameters[0].value.name", "Unknown function `Nope`"),
        (source(type="Function", name="=", parameters=[
            {"key": "left", "value": None}, {"key": "right", "value": None}]),
         f"{SOURCE}.parameters[0].value", "needs a type with a name"),
        # scopes
        (users(scope=7), f"{USERS}.scope", "An object is expected"),
        (users(scope={"groups": [{"clauses": []}]}), f"{USERS}.scope.groups[0]", "names nothing"),
        (clause(operatorName="EQUAL"), CLAUSE, "Did you mean EQUALS?"),
        (clause(operatorName=None), f"{CLAUSE}.operatorName", "is missing"),
        (clause(sourceOperandName="departmnt"), f"{USERS}.scope", "Did you mean department?"),
        (clause(targetOperand={"values": [7]}), f"{CLAUSE}.targetOperand.values[0]", "A text"),
        (clause(targetOperand=None), CLAUSE, "EQUALS takes 1 to 1,000 values"),
        (clause(operatorName="SEATKEEPER FILTER"), CLAUSE, "carries no filter"),
        (clause(operatorName="SEATKEEPER FILTER", targetOperand={"values": ["{}"]}), CLAUSE,
         "no part of one"),
        (clause(operatorName="SEATKEEPER FILTER", targetOperand=7), CLAUSE, "no part of one"),
        # directories
        (lambda p: p["directories"].append(p["directories"][0]), "$.directories[2].name",
         "is the name of two directories"),
        (lambda p: p["directories"][1]["objects"].append(p["directories"][1]["objects"][0]),
         "$.directories[1].objects[2].name", "is defined twice"),
        (lambda p: definition(p, "title").update(name="active"),
         "$.directories[1].objects[0].attributes[3].name", "'active' is defined twice"),
        (lambda p: definition(p, "title").update(anchor=True),
         "$.directories[1].objects[0].attributes", "exactly one anchor; it has id, title"),
        (lambda p: definition(p, "id").update(anchor=False),
         "$.directories[1].objects[0].attributes", "exactly one anchor; it has none"),
        (lambda p: definition(p, "title").update(name="titel"), f"{TITLE}.targetAttributeName",
         "is mapped, and defined in no directory. Did you mean titel?"),
        (lambda p: definition(p, "jobTitle", 0).update(name="job"), SOURCE,
         "'jobTitle' is read, and defined in no directory"),
        (lambda p: definition(p, "title").update(type="Text"),
         "$.directories[1].objects[0].attributes[3].type", "is none of String"),
        (lambda p: definition(p, "title").update(mutability="Never"),
         "$.directories[1].objects[0].attributes[3].mutability", "is none of ReadWrite"),
        (lambda p: p["directories"][1]["objects"][0]["attributes"].append(
            {"name": "own", "required": True}), USERS, "requires own, and nothing is mapped"),
    ],
)  # fmt: skip
def test_every_fault_has_its_place(plain: Plain, edit: Edit, place: str, says: str) -> None:
    edit(plain)

    found = faults_of(plain)

    assert any(one == place and says in text for one, text in found), found


def test_all_faults_are_named_at_once(plain: Plain) -> None:
    title(flowType="Sometimes")(plain)
    users(flowTypes="Ad")(plain)
    definition(plain, "id")["anchor"] = False
    row(plain, "externalId")["source"]["name"] = "nobody"

    assert len(faults_of(plain)) == 4


def test_a_mapping_that_cannot_be_read_is_one_fault_and_not_a_missing_mapping(plain: Plain) -> None:
    row(plain, "userName")["source"] = {"type": "Function", "expression": "Left(", "name": "Left"}
    new = {"targetAttributeName": "title2", "source": {"type": "Function", "name": "Nope"}}
    object_mapping(plain)["attributeMappings"].append(new)

    places = [place for place, _ in faults_of(plain)]

    assert f"{USERS}.attributeMappings[0].source.expression" in places
    assert not any("requires userName" in text for _, text in faults_of(plain))


def test_an_app_without_groups_cannot_have_them_mapped(plain: Plain) -> None:
    walk = Walk()

    import_schema(walk, replace(APP, groups=None), START, plain)

    assert any("has no groups to be mapped" in text for _, text in walk.faults)


def test_the_first_twenty_faults_are_shown_and_the_others_counted() -> None:
    walk = Walk()
    for number in range(25):
        walk.fault(f"$.a[{number}]", "is wrong.")
    walk.fault("$.a[0]", "is wrong.")

    with pytest.raises(InvalidFile) as caught:
        walk.finish("schema.json")

    assert (len(caught.value.faults), caught.value.total) == (20, 25)
    assert "import again" in caught.value.advice
