"""Reading, printing and judging expressions, whatever somebody types."""

import pytest

from seatkeeper.provisioning.expression.catalogue import FUNCTIONS, OTHER_WORDS
from seatkeeper.provisioning.expression.check import (
    checked,
    notes,
)
from seatkeeper.provisioning.expression.compile import compiled
from seatkeeper.provisioning.expression.parser import ExpressionFault, parse, pointed, spot
from seatkeeper.provisioning.expression.tree import (
    printed,
)
from seatkeeper.provisioning.expression.values import environment


def test_an_expression_is_printed_in_its_one_form() -> None:
    loose = 'Replace( [preferredLanguage],"-",,,  "_",,\n )'

    text = printed(parse(loose))

    assert text == 'Replace([preferredLanguage], "-", , , "_", , )'
    assert compiled(loose) == compiled(text)
    assert repr(compiled(loose)) == repr(compiled(text))


@pytest.mark.parametrize(
    ("text", "at", "says"),
    [
        ("", 0, "is empty"),
        ("  ", 0, "is empty"),
        ("Lowercase([mail])", 0, "Did you mean `ToLower`?"),
        ("tolower([mail])", 0, "Did you mean `ToLower`?"),
        ("ToLowr([mail])", 0, "Did you mean `ToLower`?"),
        ("Frobnicate([mail])", 0, "See the list of functions."),
        ("IsNullorEmpty([mail])", 0, "Did you mean `IsNullOrEmpty`?"),
        ("switch([mail])", 0, "Did you mean `Switch`?"),
        ("SUBSTRING([mail], 1, 2)", 0, "Did you mean `Mid`?"),
        ("Ucase([mail])", 0, "Did you mean `ToUpper`?"),
        ("NVL([mail], 1)", 0, "Did you mean `Coalesce`?"),
        ("TextJoin([mail])", 0, "Did you mean `Join`?"),
        ("AppRoleAssignment([mail])", 0, "Did you mean `AppRoleAssignments`?"),
        ("And([a], [b])", 0, "Unknown function `And`. Put one IIF into another."),
        ("or([a], [b])", 0, "Put one IIF into another."),
        ("x" * 99 + "()", 0, f"Unknown function `{'x' * 60}`."),
        ("Append([mail])", 0, "needs its argument suffix"),
        ("Append([mail], )", 0, "needs its argument suffix"),
        ('Append([mail], "a", "b")', 0, "takes 2 arguments and has 3"),
        ('Switch([a], , "1")', 0, "too few arguments"),
        ('Switch([a], , "1", "x", "2")', 0, "even number of arguments"),
        ('Join(",")', 0, "too few arguments"),
        ('Append("a", SelectUniqueValue("b", "c"))', 12, "outermost"),
        ('SelectUniqueValue("b")', 0, "too few"),
        ('Replace([a], "x")', 0, "makes no replacement"),
        ('Replace([a], , "(?<g>x)", "h", "y")', 26, "no group 'h'"),
        ('Replace([a], , "(?=x)", , "y")', 15, "looks ahead"),
        ('Replace([a], , "(x)\\1", , "y")', 15, "refers back"),
        ('Replace([a], , "a(?>x)", , "y")', 15, "(at its character 2)"),
        ('Append([a], "b" = "c")', 16, "is no condition"),
        ("CBool([a] = [b] = [c])", 16, "go on with"),
        ("vbTextCompare", 0, "no value"),
        ("Append(vbTextCompare, [a])", 7, "only known to InStr"),
        ("CBool(vbTextCompare = [a])", 6, "compares values"),
        ('[a] = "x"', 4, "Comparisons stand only"),
        ('IIF([a] == "x", 1, 2)', 9, "The comparisons are =, <>, <, <=, > and >=."),
        ('IIF([a] => "x", 1, 2)', 9, "The comparisons are"),
        ('IIF([a] >> "x", 1, 2)', 9, "The comparisons are"),
        ('IIF([a] <<"x", 1, 2)', 9, "The comparisons are"),
        ('IIF([a] != "x", 1, 2)', 8, "The comparisons are"),
        ('IIF([a] = "x" or [b], "1", "2")', 14, "no AND and no OR"),
        ("IIF([a] ORDER [b], 1, 2)", 8, "found 'O'."),
        ("IIF([a] && [b], 1, 2)", 8, "no arithmetic"),
        ("BitAnd(&H, 1)", 7, "A hex number has 1 to 16 digits after &H."),
        ("BitAnd(&h0123456789ABCDEF0, 1)", 7, "A hex number has 1 to 16 digits"),
        ("BitAnd(&HFG, 1)", 7, "A hex number has 1 to 16 digits"),
        (
            "9223372036854775808",
            0,
            "is larger than a whole number can be. At most 9223372036854775807",
        ),
        ("-9223372036854775808", 0, "is larger than a whole number can be."),
        ("9" * 9_000, 0, "99999999999999999999... is larger"),
        ("Append(\u201cx\u201d, 1)", 7, "straight double quotes"),
        (
            "IIF([a], 1, IgnoreAttributeFlow)",
            12,
            "put IgnoreFlowIfNullOrEmpty(...) around the whole.",
        ),
        (
            "IIF([a], 1, nobody)",
            12,
            'Write "nobody" for a text, [nobody] for an attribute, nobody(...)',
        ),
        ('Append("a\0", "b")', 9, "'\\x00' is no character of a text. Leave it out."),
        ('Append("a\ud800", "b")', 9, "is no character of a text"),
        ("IIF([a] =\n", 10, "A value is missing here: the expression ends too early."),
        ("Left([a; 2)", 5, "not closed by ]"),
        ("Left([a]; 2)", 8, "go on with , or end with ): found ';'."),
        ("[a[b]]", 0, "name of one attribute"),
        ("[a\nb]", 0, "name of one attribute"),
        ('IIF([a] = "x" AND [b], "1", "2")', 14, "no AND and no OR"),
        ('[a] + "x"', 4, "no arithmetic"),
        ("Append('a', \"b\")", 7, "straight double quotes"),
        ("mail", 0, "stands alone"),
        ("[mail", 0, "not closed by ]"),
        ("[]", 0, "name of one attribute"),
        ('"mail', 0, 'not closed by "'),
        ("Left([mail], 2", 0, "not closed by )"),
        ("Left([mail] 2)", 12, "go on with , or end with )"),
        ("Append([a], 1.5)", 12, "A value is missing"),
        ("IIF([a] = , 1, 2)", 10, "A value is missing"),
        ("[a]" * 5_000, 10_000, "at most 10,000"),
        ("Not(" * 65 + "[a]" + ")" * 65, 256, "64 levels"),
    ],
)
def test_a_fault_points_at_its_character_and_says_what_to_do(text: str, at: int, says: str) -> None:
    with pytest.raises(ExpressionFault) as caught:
        checked(parse(text))

    assert caught.value.at == at
    assert says in str(caught.value)


def test_64_levels_are_not_too_deep() -> None:
    deep = "Not(" * 64 + "[a]" + ")" * 64

    assert printed(parse(deep)) == deep


def test_the_longest_number_and_the_longest_text_are_not_too_long() -> None:
    assert compiled("9223372036854775807").evaluate(environment({})) == 2**63 - 1
    assert compiled("-9223372036854775807").evaluate(environment({})) == 1 - 2**63
    assert compiled("&HFFFFFFFFFFFFFFFF").evaluate(environment({})) == 2**64 - 1
    assert compiled('"' + "x" * 9_998 + '"').evaluate(environment({})) == "x" * 9_998


def test_a_fault_behind_the_last_line_is_pointed_at_too() -> None:
    text = "IIF([a]\u2028 =\n"

    with pytest.raises(ExpressionFault) as caught:
        parse(text)

    assert pointed(text, caught.value).endswith("(line 1, character 8)\n  IIF([a]  =\n         ^")


def test_a_place_in_several_lines_is_told_by_line_and_character() -> None:
    text = 'Append(\n\t[mail],\n  Lowercase("x"))'

    with pytest.raises(ExpressionFault) as caught:
        checked(parse(text))

    where = spot(text, caught.value.at)
    assert (where.line, where.column) == (3, 3)
    assert pointed(text, caught.value).splitlines()[1:] == ['    Lowercase("x"))', "    ^"]


def test_a_long_line_is_shown_around_the_fault() -> None:
    text = f'Append("{"x" * 300}", Lowercase([a]))'

    with pytest.raises(ExpressionFault) as caught:
        checked(parse(text))

    _, piece, caret = pointed(text, caught.value).splitlines()
    assert len(piece) <= 122
    assert piece[len(caret) - 1 :].startswith("Lowercase")


def test_an_administrator_is_told_what_differs_and_what_changes_by_itself() -> None:
    told = [
        one.text
        for text in (
            "Now()",
            'IIF([a] = "", "x", "y")',
            'IIF(IsPresent([a]), "x", "y")',
            'IIF([a] = "b", "x", "y")',
            'IIF([a], "x", ToLower("y"))',
        )
        for one in notes(parse(text))
    ]

    assert [one.split()[0] for one in told] == ["Now", "Here", "Here"]


def test_an_expression_knows_what_it_reads_and_calls() -> None:
    expression = compiled(
        "IIF([a] = Now(), Redact([b]), SelectUniqueValue)".replace(
            "SelectUniqueValue", 'Append([a], "x")'
        )
    )

    assert expression.reads == ("a", "b")
    assert expression.reads_now
    assert expression.redacts
    assert not expression.makes_anew
    assert compiled("Guid()").makes_anew


def test_signatures_read_as_people_write_them() -> None:
    told = [FUNCTIONS[name].signature for name in ("Left", "Switch", "Join", "Now")]

    assert told == [
        "Left(String, NumChars)",
        "Switch(source, defaultValue?, key1, value1, ...)",
        "Join(separator, source1, ...)",
        "Now()",
    ]
    assert FUNCTIONS["Switch"].key(5) == "value2"
    assert FUNCTIONS["Switch"].key(0) == "source"
    assert FUNCTIONS["Left"].parameter(2) is None


def test_every_other_word_means_a_function_that_exists() -> None:
    assert set(OTHER_WORDS.values()) <= set(FUNCTIONS)
    assert not {name.casefold() for name in FUNCTIONS} & set(OTHER_WORDS)


def test_of_several_faults_the_first_in_the_text_is_raised() -> None:
    with pytest.raises(ExpressionFault) as caught:
        checked(parse("Append(Lowercase([a]), Frobnicate())"))

    assert caught.value.at == 7
