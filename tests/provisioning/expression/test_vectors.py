"""Files of expressions with expected results: what passes, what fails, what is no such file."""

import pytest

from seatkeeper.errors import InvalidValue
from seatkeeper.provisioning.expression.parser import parse
from seatkeeper.provisioning.expression.trial import Plain, kind_of, steps
from seatkeeper.provisioning.expression.values import environment
from seatkeeper.provisioning.expression.vectors import judged

ROLES = {"roles": [{"id": "r-1", "value": "Keeper", "displayName": "Keepers"}, "Admin"]}
DRAWN = {"$log": "[Redact]", "value": {"$pattern": "[a-z0-9]{6}"}}


def vector(expression: object, expected: object, **other: object) -> dict[str, object]:
    return {"id": "one", "expression": expression, "expected": expected, **other}


@pytest.mark.parametrize(
    "one",
    [
        vector('"a"', "a"),
        vector("BitAnd(3, 6)", 2),
        vector("BitAnd(3, 6)", "2"),
        vector("IsNull([x])", True),
        vector("IsNull([x])", "True"),
        vector("[x]", None),
        vector("[x]", None, source=None),
        vector("[x]", "1", source={"x": 1}),
        vector("Not([x])", False, source={"x": True}),
        vector('Split("a,b", ",")', ["a", "b"]),
        vector('Split([x], ",")', []),
        vector("IgnoreFlowIfNullOrEmpty([x])", {"$ignore": True}),
        vector("Guid()", {"$pattern": "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"}),
        vector("BitAnd(3, 6)", {"$pattern": r"\d"}),
        vector("RandomString(6, 2, 0, 2, 2)", {"$pattern": "(?=.*[0-9])(?<x>.{6})(?<=.)"}),
        vector("Redact(RandomString(6, 3, 0, 0, 3))", DRAWN),
        vector("Redact(RandomString(6, 3, 0, 0, 3))", {"$pattern": "[a-z0-9]{6}"}),
        vector("Redact([x])", {"$log": "[Redact]", "value": "1"}, source={"x": 1}),
        vector("Redact([x])", {"$log": "[Redact]"}),
        vector("Nope()", {"$error": "parse"}),
        vector('CDate("soon")', {"$error": "evaluate"}),
        vector(
            'SelectUniqueValue("ida", "Bo")',
            {"$error": "escrow"},
            context={"existing": ["Ida", "BO"]},
        ),
        vector('SelectUniqueValue("ida", "Bo")', "Bo", existing=["IDA"], context=None),
        vector("Now()", "3/9/2031 2:00:00 PM", context={"now": "2031-03-09T15:00:00+01:00"}),
        vector("Now()", "3/9/2031 3:00:00 PM", now="2031-03-09T15:00:00"),
        vector("SingleAppRoleAssignment([appRoleAssignments])", "Admin", context=ROLES),
        vector(
            "AppRoleAssignments([appRoleAssignments])",
            ["Keeper"],
            source={"appRoleAssignments": [{"value": "Keeper"}]},
        ),
        vector(
            "AppRoleAssignments([appRoleAssignments])",
            ["Admin", "Keeper"],
            source={"appRoleAssignments": [{"value": "Other"}]},
            context=ROLES,
        ),
        vector(
            "AssertiveAppRoleAssignmentsComplex([appRoleAssignments])",
            [
                {
                    "primary": False,
                    "type": "WindowsAzureActiveDirectoryRole",
                    "display": "Keepers",
                    "value": "Keeper",
                }
            ],
            roles=[{"value": "Keeper", "display": "Keepers"}],
        ),
        vector("DefaultDomain()", "larkspur.example", defaultDomain="larkspur.example"),
        vector('"a"', "a", derived=True, decide=True, note="ours", doc="nowhere", colour="red"),
    ],
)
def test_a_vector_passes_when_it_gives_what_is_expected(one: dict[str, object]) -> None:
    [verdict] = judged([one])

    assert verdict.passed, verdict
    assert (verdict.id, verdict.expression) == ("one", one["expression"])


@pytest.mark.parametrize(
    ("one", "got"),
    [
        (vector('"a"', "b"), "a"),
        (vector('"a"', None), "a"),
        (vector("[x]", ""), None),
        (vector('Split("a,b", ",")', ["b", "a"]), ["a", "b"]),
        (vector("[x]", {"$ignore": True}), None),
        (vector("[x]", {"$pattern": ".*"}), None),
        (vector('"ab"', {"$pattern": "a"}), "ab"),
        (vector('"ab"', {"$log": "[Redact]", "value": "ab"}), "ab"),
        (vector('Redact("a")', {"$log": "*", "value": "a"}), {"$log": "[Redact]", "value": "a"}),
        (vector('Redact("a")', {"$log": "[Redact]"}), {"$log": "[Redact]", "value": "a"}),
        (vector('"ab"', {"$error": "parse"}), "ab"),
        (vector('"ab"', {"other": 1}), "ab"),
    ],
)
def test_a_vector_fails_when_it_gives_anything_else(one: dict[str, object], got: Plain) -> None:
    [verdict] = judged([one])

    assert not verdict.passed
    assert verdict.got == got
    assert verdict.expected == one["expected"]


def test_an_error_that_was_not_expected_is_told_with_its_kind() -> None:
    wrong = [vector("Nope()", 1), vector('CDate("x")', 1), vector("SelectUniqueValue([a],[b])", 1)]

    verdicts = judged([{**one, "id": number} for number, one in enumerate(wrong)])

    got = [one.got for one in verdicts if isinstance(one.got, dict)]
    assert [one["$error"] for one in got] == ["parse", "evaluate", "escrow"]
    assert "Unknown function `Nope`" in str(got[0]["message"])
    assert [one.id for one in verdicts] == ["0", "1", "2"]


def test_a_vector_without_id_is_called_by_its_number() -> None:
    unnamed = {"expression": '"a"', "expected": "a"}

    assert [one.id for one in judged([unnamed, unnamed])] == ["1", "2"]
    assert judged([]) == []


@pytest.mark.parametrize(
    ("vectors", "says"),
    [
        ({}, "no list of vectors. It begins with [."),
        ("[]", "no list of vectors"),
        ([1] * 100_001, "over 100,000 vectors"),
        ([1], "Vector 1 is no object"),
        ([{"id": "a"}], "Vector a has no expression and no expected."),
        ([{"id": "a", "expression": "1"}], "Vector a has no expected."),
        ([vector(1, 1)], "The expression of vector one is no text."),
        ([vector("1", 1, id=True)], "The id of vector 1 is no text."),
        ([vector("1", 1, id=[])], "The id of vector 1 is no text."),
        ([vector("1", 1), vector("2", 2)], "Vectors 1 and 2 have the same id, 'one'."),
        ([vector("1", 1), vector("1", 1, id="b"), vector("1", 1, id="b")], "Vectors 2 and 3 have"),
        ([vector("1", 1, context=[])], "The context of vector one is no object."),
        ([vector("1", 1, source=[])], "source of vector one is no object of attributes."),
        ([vector("1", 1, source=0)], "source of vector one is no object of attributes."),
        ([vector("1", 1, source={"a": 1.5})], "source of vector one.a is no text"),
        ([vector("1", 1, source={"a": 2**63})], "source of vector one.a is no text"),
        ([vector("1", 1, source={"a": [1]})], "source of vector one.a is no text"),
        ([vector("1", 1, source={"a": {}})], "source of vector one.a is no text"),
        ([vector("1", 1, now="soon")], "now of vector one is no moment: 'soon'."),
        ([vector("1", 1, now="0001-01-01T00:00:00+14:00")], "now of vector one is no moment"),
        ([vector("1", 1, existing="ida")], "existing of vector one is no list."),
        ([vector("1", 1, roles="Admin")], "roles of vector one is no list."),
        ([vector("1", {"$error": "boom"})], "expects does not exist. There are parse, evaluate"),
        ([vector("1", {"$pattern": "("})], "The pattern of vector one: The pattern cannot be read"),
        ([vector("1", {"$log": "x", "value": {"$pattern": "("}})], "The pattern of vector one"),
    ],
)
def test_what_is_no_file_of_vectors_is_refused_whole(vectors: object, says: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        judged(vectors)

    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        ("a", "text"),
        (True, "truth"),
        (7, "whole number"),
        ([], "list"),
        (None, "nothing"),
        ({"$ignore": True}, "nothing: the attribute is left as it is"),
        ({"$log": "[Redact]", "value": 7}, "whole number, hidden in logs"),
    ],
)
def test_a_result_is_called_by_its_kind(result: Plain, kind: str) -> None:
    assert kind_of(result) == kind


def test_every_part_says_what_it_gave_where_it_stands_or_why_it_failed() -> None:
    tree = parse('IIF(CDate([d]) = "x", [n], SelectUniqueValue)'.replace("SelectUniqueValue", "3"))
    someone = environment({"d": "soon", "n": "Ida"})

    told = [(one.level, one.at, one.text, one.result) for one in steps(tree, lambda: someone)]
    faults = [one.fault for one in steps(tree, lambda: someone)]

    assert told == [
        (3, 10, "[d]", "soon"),
        (2, 4, "CDate([d])", None),
        (1, 22, "[n]", "Ida"),
        (0, 0, 'IIF(CDate([d]) = "x", [n], 3)', None),
    ]
    assert [bool(one) for one in faults] == [False, True, False, True]
    assert "'soon' is no date" in faults[1]
