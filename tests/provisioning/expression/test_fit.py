# ruff: noqa: E501 - a rule is one line
"""What is known to fail before anybody's record is read."""

import pytest

from seatkeeper.provisioning.expression.catalogue import Takes
from seatkeeper.provisioning.expression.check import (
    attribute_faults,
    checked,
    gives,
    value_faults,
)
from seatkeeper.provisioning.expression.parser import parse

KINDS = {
    "mail": Takes.TEXT,
    "givenName": Takes.TEXT,
    "skills": Takes.LIST,
    "accountEnabled": Takes.TRUTH,
    "appRoleAssignments": Takes.LIST,
}
LIST = "Take one value with Item, or put them together with Join."


@pytest.mark.parametrize(
    ("text", "at", "says"),
    [
        ('Left(Split([a], ","), 2)', 5, f"Split gives a list, and String of Left takes one text. {LIST}"),
        ('IIF(Split([a], ",") = "x", 1, 2)', 4, f"Split gives a list, and = compares one value. {LIST}"),
        ('CBool("x" > RemoveDuplicates([a]))', 12, "RemoveDuplicates gives a list, and > compares"),
        ("CBool(RemoveDuplicates([a]))", 6, "and Expression of CBool takes one condition."),
        ('Left("abc", IsNull([a]))', 12, "IsNull gives a truth, and NumChars of Left takes one whole"),
        ('Left("abc", Now())', 12, "Now gives a date, and NumChars of Left takes one whole number."),
        ("CDate(Count([a]))", 6, "Count gives a whole number, and expression of CDate takes one date."),
        ("CDate(Not([a]))", 6, "Not gives a truth, and"),
        ("DateAdd(Count([a]), 1, Now())", 8, "and interval of DateAdd takes one interval."),
        ("Item([a], Not([a]))", 10, "and index of Item takes one whole number from 1."),
        ('ToLower("a", Count([a]))', 13, "takes one culture"),
        ('InStr("a", "b", 1, IsNull([a]))', 19, "vbTextCompare or vbBinaryCompare"),
        ('Left("a", IIF([a] = "b", Now(), IsNull([a])))', 10, "IIF gives a date or a truth, and"),
        ('Left("a", Switch([a], Now(), "b", Now()))', 10, "Switch gives a date, and"),
        ('Left("a", Coalesce(Now(), Not([a])))', 10, "Coalesce gives a date or a truth, and"),
        ("Left(IgnoreFlowIfNullOrEmpty(Split([a], [b])), 1)", 5, "IgnoreFlowIfNullOrEmpty gives a list"),
        ("Left(Redact(Split([a], [b])), 1)", 5, "Redact gives a list, and"),
        ('Left([a], "many")', 10, "NumChars of Left: It takes a whole number and was given 'many'."),
        ("Mid([a], 0, 1)", 9, "start of Mid: It counts from 1."),
        ("Item([a], -1)", 10, "index of Item: It counts from 1."),
        ('InStr([a], "b", 0)', 16, "start of InStr: It counts from 1."),
        ('Mid([a], "x", 1)', 9, "start of Mid: It takes a whole number and was given 'x'."),
        ('CDate("yesterday")', 6, "expression of CDate: 'yesterday' is no date."),
        ("CDate(5)", 6, "'5' is no date."),
        ('DateAdd("q", 1, Now())', 8, "interval of DateAdd: 'q' is no interval; there are yyyy, m,"),
        ("DateAdd(5, 1, Now())", 8, "'5' is no interval"),
        ('FormatDateTime([a], , "yyyy yyyy", "d")', 22, "one part twice"),
        ('FormatDateTime([a], , "yyyy", "")', 30, "1 to 100 characters"),
        ('FormatDateTime([a], "yyyy", , "yyyy")', 20, "'yyyy' is no style of dates"),
        ('ToLower([a], "?")', 13, "culture of ToLower: '?' names no culture; write it like en-US."),
        ('InStr([a], "b", 1, "loose")', 19, "neither vbTextCompare nor vbBinaryCompare."),
        ("RandomString(4, 2, 2, 1, 0)", 0, "Raise Length or lower a minimum."),
        ('Mid("abc", 1, -1)', 0, "takes 0 or more characters"),
        ('DateAdd("d", 99999999, "2031-01-01")', 0, "years 1 to 9999"),
        ("DateFromNum(-1)", 0, "A file time is 0 or more."),
        ('NumFromDate("1600-12-31")', 0, "before the year 1601"),
    ],
)  # fmt: skip
def test_what_would_fail_for_everybody_is_known_before(text: str, at: int, says: str) -> None:
    tree = parse(text)
    checked(tree)

    [fault] = value_faults(tree)

    assert fault.at == at
    assert says in str(fault)
    assert attribute_faults(tree, lambda name: KINDS.get(name, Takes.ANY), KINDS) == []


@pytest.mark.parametrize(
    "text",
    [
        'IIF(CBool([a] = "x"), DateAdd("d", [n], CDate("")), FormatDateTime([a], , , "d"))',
        "Frobnicate([a], 1, 2, 3)",
        'Left("a", IIF([a] = "b", Now(), 3))',
        'Left("a", Switch([a], , "b", 3))',
        "Left([a], [b])",
        'Join(",", Split([a], ","), Count([a]), Now(), AppRoleAssignmentsComplex([appRoleAssignments]))',
        "Left(Coalesce(Split([a], [b]), [c]), 1)",
        "IIF(Now(), 1, 2)",
        'IIF(CDate([a]) > "2031-01-01", 1, 2)',
        'FormatDateTime([a], "", "", "HH HH")',
        "InStr([a], [b], , vbTextCompare)",
        'InStr("abc", "b", 1, "vbBinaryCompare")',
        'DateAdd("d", "7", "")',
        "Item(RemoveDuplicates([a]), Count([a]))",
        "Append(Redact([a]), Not([b]))",
        "Guid()",
        'InStr("abc", "b", , )',
        "SingleAppRoleAssignment([anything])",
    ],
)  # fmt: skip
def test_what_can_only_be_seen_with_a_person_is_left_to_them(text: str) -> None:
    assert value_faults(parse(text)) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Append([mial], [zzz])", [
            "The directory has no attribute [mial]. Did you mean [mail]?",
            "The directory has no attribute [zzz].",
        ]),
        ("ToLower([GIVENNAME])", ["The directory has no attribute [GIVENNAME]. Did you mean [givenName]?"]),
        ("ToLower([skills])", [f"[skills] is a list, and source of ToLower takes one text. {LIST}"]),
        ('IIF([skills] = "a", 1, 2)', [f"[skills] is a list, and = compares one value. {LIST}"]),
        ('IIF("a" <> [skills], [skills], 2)', [f"[skills] is a list, and <> compares one value. {LIST}"]),
        ("CDate([accountEnabled])", ["[accountEnabled] is a truth, and expression of CDate takes one date."]),
        ('Left("a", IIF([mail] = "", Now(), [accountEnabled]))', [
            "IIF gives a date or a truth, and NumChars of Left takes one whole number.",
        ]),
        ('Join(",", [skills])', []),
        ("Count([skills])", []),
        ("Not([accountEnabled])", []),
        ("Left(Coalesce([mail], [skills]), 1)", []),
        ("SingleAppRoleAssignment([mail])", ["SingleAppRoleAssignment reads the app roles. Give it [appRoleAssignments]."]),
        ("SingleAppRoleAssignment([appRoleAssignments])", []),
        ("Frobnicate([mail])", []),
        ("[mail]", []),
        ("[mial]", ["The directory has no attribute [mial]. Did you mean [mail]?"]),
    ],
)  # fmt: skip
def test_attributes_are_checked_against_the_directory(text: str, found: list[str]) -> None:
    told = attribute_faults(parse(text), KINDS.get, KINDS)

    assert [str(one) for one in told] == found


def test_faults_come_in_the_order_of_the_text() -> None:
    several = parse('Append(Left("a", "x"), CDate("y"))')
    unknown = parse("Append([zzz], Left([skills], [yyy]))")

    assert [one.at for one in value_faults(several)] == [17, 29]
    assert [one.at for one in attribute_faults(unknown, KINDS.get, KINDS)] == [7, 19, 29]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('"a"', Takes.TEXT),
        ("7", Takes.WHOLE),
        ("[a]", Takes.ANY),
        ('CBool([a] = "x")', Takes.TRUTH),
        ('Split([a], ",")', Takes.LIST),
        ('Redact(Split([a], ","))', Takes.LIST),
        ('IIF([a] = "", Split([a], ","), RemoveDuplicates([b]))', Takes.LIST),
        ('IIF([a] = "", Split([a], ","), "x")', Takes.ANY),
        ('IIF([a] = "", "x", Append([b], "y"))', Takes.TEXT),
        ('Switch([a], "x", "k", "y")', Takes.TEXT),
        ('Switch([a], "x", "k", 7)', Takes.ANY),
        ('Switch([a], , "k", "y")', Takes.ANY),
        ("AppRoleAssignmentsComplex([appRoleAssignments])", Takes.ROLES),
        ("Frobnicate()", Takes.ANY),
    ],
)
def test_what_an_expression_gives_is_known_as_far_as_it_is_certain(text: str, kind: Takes) -> None:
    assert gives(parse(text)) is kind
