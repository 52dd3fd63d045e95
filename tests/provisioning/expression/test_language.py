"""Reading, printing and judging expressions, whatever somebody types."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.provisioning.dialect import PatternFault
from seatkeeper.provisioning.expression.catalogue import FUNCTIONS, Takes
from seatkeeper.provisioning.expression.check import (
    attribute_faults,
    checked,
    faults,
    notes,
    value_faults,
)
from seatkeeper.provisioning.expression.compile import compiled
from seatkeeper.provisioning.expression.parser import ExpressionFault, parse, pointed, spot
from seatkeeper.provisioning.expression.tree import (
    AttributeRef,
    Call,
    Comparison,
    Node,
    Number,
    Text,
    Word,
    printed,
)
from seatkeeper.provisioning.pattern import compiled as pattern

NAMES = st.text(string.ascii_letters + "._ ", min_size=1, max_size=8).map(str.strip).filter(bool)
LEAVES = st.one_of(
    st.builds(AttributeRef, NAMES),
    st.builds(Text, st.text(alphabet='ab"\\ ,)[]\n&ø', max_size=8)),
    st.builds(Number, st.integers(-99, 99).map(str)),
    st.builds(Number, st.integers(0, 255).map(lambda number: f"&H{number:X}")),
    st.builds(Word, st.sampled_from(["vbTextCompare", "vbBinaryCompare"])),
)


def _calls(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    argument = st.one_of(
        st.none(),
        inner,
        st.builds(Comparison, st.sampled_from(["=", "<>", ">", ">=", "<", "<="]), inner, inner),
    )
    arguments = st.lists(argument, max_size=4).filter(lambda made: made != [None])
    return st.builds(Call, st.sampled_from(sorted(FUNCTIONS)), arguments.map(tuple))


TREES: st.SearchStrategy[Node] = st.recursive(LEAVES, _calls, max_leaves=12)


@given(TREES)
def test_what_is_printed_is_read_as_the_same(tree: Node) -> None:
    text = printed(tree)

    again = parse(text)

    assert again == tree
    assert printed(again) == text


@given(st.text(alphabet='Left(Mid[a]"b",)= <>\\&H9x', max_size=40))
def test_whatever_is_typed_is_read_or_refused_with_its_place(text: str) -> None:
    fault, tree = _read(text)

    if fault is not None:
        assert 0 <= fault.at <= len(text)
        assert pointed(text, fault).startswith(str(fault))
    else:
        assert tree is not None
        assert parse(printed(tree)) == tree


def _read(text: str) -> tuple[ExpressionFault | None, Node | None]:
    try:
        return None, parse(text)
    except ExpressionFault as fault:
        return fault, None


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


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('Left(Split([a], ","), 2)', "Split gives a list, and String of Left takes one text"),
        ('Left([a], "many")', "whole number"),
        ('CDate("yesterday")', "is no date"),
        ('DateAdd("q", 1, Now())', "is no interval"),
        ('FormatDateTime([a], , "yyyy yyyy", "d")', "one part twice"),
        ('ToLower([a], "?")', "names no culture"),
        ('InStr([a], "b", 1, "loose")', "neither vbTextCompare nor"),
    ],
)
def test_what_would_fail_for_everybody_is_known_before(text: str, says: str) -> None:
    tree = parse(text)

    found = value_faults(tree)

    assert not faults(tree)
    assert [says in str(fault) for fault in found] == [True]


def test_what_can_only_be_seen_with_a_person_is_left_to_them() -> None:
    fine = 'IIF(CBool([a] = "x"), DateAdd("d", [n], CDate("")), FormatDateTime([a], , , "d"))'

    assert not value_faults(parse(fine))
    assert not value_faults(parse("Frobnicate([a], 1, 2, 3)"))


def test_attributes_are_checked_against_the_directory() -> None:
    kinds = {"mail": Takes.TEXT, "skills": Takes.LIST, "appRoleAssignments": Takes.LIST}

    def found(text: str) -> list[str]:
        return [str(one) for one in attribute_faults(parse(text), kinds.get, kinds)]

    assert found("Append([mial], [zzz])") == [
        "The directory has no attribute [mial]. Did you mean [mail]?",
        "The directory has no attribute [zzz].",
    ]
    assert "[skills] is a list" in found("ToLower([skills])")[0]
    assert found('Join(",", [skills])') == []
    assert "reads the app roles" in found("SingleAppRoleAssignment([mail])")[0]
    assert found("SingleAppRoleAssignment([appRoleAssignments])") == []
    assert found("Frobnicate([mail])") == []


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


@pytest.mark.parametrize(
    ("text", "fits", "fails"),
    [
        (r"\d{2}", "\u0663\u0664", "a4"),
        (r"[\d-]+", "1-2", "a"),
        (r"\D+", "ab", "a1"),
        (r"\w+", "Zoë_1", "a b"),
        (r"\W+", " -", "a"),
        (r"[^\s]+", "ab", "a b"),
        (r"\S\s\S", "a b", "a_b"),
        (r"[]x]+", "]x", "a"),
        (r"[^]x]+", "ab", "]"),
        (r"[[a]+", "[a", "b"),
        (r"[\D]+", "ab", "1"),
        (r"a\Z", "a", "b"),
        (r"(?'q'a)\.", "a.", "ab"),
        (r"(?'qa", None, None),
        ("(?i)MIRA", "mira", "odd"),
        ("\\", None, None),
    ],
)
def test_patterns_mean_what_they_mean_in_the_reference(
    text: str, fits: str | None, fails: str | None
) -> None:
    if fits is None or fails is None:
        with pytest.raises(PatternFault):
            pattern(text)
        return

    made = pattern(text)

    assert made.fits(fits)
    assert not made.fits(fails)


@pytest.mark.parametrize(
    "text", ["(" * 20, "a" * 1_001, "((a{40}){20}){20}", "((a{30}){30}){9}", "(?(a)b|c)", "a{1001}"]
)
def test_a_hostile_pattern_is_refused(text: str) -> None:
    with pytest.raises(PatternFault):
        pattern(text)


def test_a_pattern_that_would_take_for_ever_elsewhere_ends_here() -> None:
    made = pattern("(a+)+$")

    assert not made.fits("a" * 50_000 + "!")
