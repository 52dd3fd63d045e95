"""Patterns of administrators: written for .NET, run in linear time, refused in place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.provisioning.dialect import PatternFault, translated
from seatkeeper.provisioning.pattern import Pattern, compiled, filled


@pytest.mark.parametrize(
    ("text", "fits", "fails"),
    [
        (r"\d{2}", "\u0663\u0664", "a4"),
        (r"[\d-]+", "1-2", "a"),
        (r"\D+", "ab", "a1"),
        (r"\w+", "Zoë_1", "a b"),
        (r"\W+", " -", "é"),
        (r"[\W_]+", " -_", "é"),
        (r"[^\W_]+", "Zoë1", "a_"),
        (r"[^\s]+", "ab", "a\u00a0b"),
        (r"\S\s\S", "a\u3000b", "a_b"),
        (r"[\S]+", "a\x85b"[0] + "\u2027\U0010ffff!\x00", "\x85"),
        (r"[\s\S]+", "a \u2028\U0001fae8", ""),
        (r"[]x]+", "]x", "a"),
        (r"[^]x]+", "ab", "]"),
        (r"[[a]+", "[a", "b"),
        (r"[a\[b]+", "a[b", "\\"),
        (r"[-[a]+", "-[a", "b"),
        (r"[\D]+", "ab", "1"),
        (r"[\b]", "\x08", "b"),
        (r"a\Z", "a", "b"),
        (r"\Aa\z", "a", "b"),
        (r"a\b b", "a b", "ab"),
        (r"a\Bb", "ab", "a b"),
        (r"\u00e9\x41\x{0}"[:-5], "éA", "e"),
        (r"\cA\e\a\0\101"[:-4] + r"\012", "\x01\x1b\x07\x00\n", "A"),
        (r"\p{Lu}\P{Lu}", "Aa", "aA"),
        (r"\.\-\ \–", ".- –", "a"),
        (r"(?'q'a)\.", "a.", "ab"),
        (r"(?<q>a)(?P<r>b)(?:c)", "abc", "a"),
        (r"(?i)MIRA", "mira", "odd"),
        (r"(?i-s:A).(?s:.)", "ab\n", "a\n\n"),
        (r"a(?#the (first letter)b", "ab", "b"),
        (r"a(?#open", "a", "b"),
        (r"a{2}", "aa", "a"),
    ],
)
def test_a_pattern_means_what_it_means_in_the_reference(text: str, fits: str, fails: str) -> None:
    made = compiled(text)

    assert made.fits(fits)
    assert not made.fits(fails)


@pytest.mark.parametrize(
    ("text", "at", "says"),
    [
        ("ab(?=c)", 2, "looks ahead, which"),
        ("ab(?!c)", 2, "looks ahead, which"),
        ("(?<=c)", 0, "looks behind, which"),
        ("a(?<!c)", 1, "looks behind, which"),
        ("a(?>b)", 1, "has an atomic group"),
        ("(?(a)b|c)", 0, "has a condition"),
        (r"\\(a)\1", 5, "refers back"),
        (r"(?<a>b)\k<a>", 7, "refers back"),
        ("[a-z-[aeiou]]", 4, "takes one class from another"),
        (r"a\C", 1, r"\C is no escape"),
        (r"a\G", 1, r"\G is no escape"),
        (r"\_", 0, r"\_ is no escape"),
        (r"\é", 0, r"\é is no escape"),
        (r"[a\1]", 2, r"\1 is no escape"),
        (r"[\B]", 1, r"\B is no escape"),
        (r"[\Z]", 1, r"\Z is no escape"),
        ("ab\\", 2, "\\ is no escape"),
        (r"\x4", 0, r"\x is no escape"),
        (r"\p{", 0, r"\p is no escape"),
        (r"a\p{IsGreek}", 1, "Blocks of characters such as IsGreek are not known"),
        (r"a\ud800", 1, "half a character"),
        (r"\udfff", 0, "half a character"),
        ("ab\ud800", 2, "half a character"),
        ("a(?<1>b)", 1, "begins with a letter"),
        ("(?<a-b>c)", 0, "begins with a letter"),
        ("(?'qa", 0, "begins with a letter"),
        ("(?<a>b)(?<a>c)", 7, "Two groups are called a."),
        ("a(?x)b", 1, "sets an option that is not known"),
        ("(?n:b)", 0, "sets an option that is not known"),
        ("(?", 0, "sets an option that is not known"),
        ("(" * 20, 0, "cannot be read: missing )"),
        ("a{1001}", 0, "{1001} is backwards or repeats over 1,000 times in all"),
        ("a{2,1}", 0, "{2,1} is backwards or repeats"),
        ("a**", 0, "cannot be read"),
        ("a" * 1_001, 1_000, "at most 1,000 characters"),
        ("((a{40}){20}){20}", 0, "over 1,000 times in all"),
        ("(" + "ab" * 50 + "){100}", 0, "too large"),
        ("(" + "a" * 990 + "){990}", 0, "cannot be read"),
    ],
)
def test_what_a_pattern_cannot_do_is_refused_at_its_character(
    text: str, at: int, says: str
) -> None:
    with pytest.raises(PatternFault) as caught:
        compiled(text)

    assert says in str(caught.value)
    assert caught.value.at == at


@pytest.mark.parametrize(
    ("text", "within", "places"),
    [
        ("$", "abc", [(3, 3)]),
        (r"\b", "ab cd", [(0, 0), (2, 2), (3, 3), (5, 5)]),
        ("b*", "abbc", [(0, 0), (1, 3), (3, 3), (4, 4)]),
        (".*", "ab", [(0, 2), (2, 2)]),
        ("a", "banana", [(1, 2), (3, 4), (5, 6)]),
        ("é", "aé\U0001f600é", [(1, 2), (3, 4)]),
        ("x", "abc", []),
        ("b", "\ud800b\ud800", [(1, 2)]),
    ],
)
def test_every_place_is_found_once(text: str, within: str, places: list[tuple[int, int]]) -> None:
    found = [(one.start(), one.end()) for one in compiled(text).every(within)]

    assert found == places


def test_a_text_with_half_a_character_is_searched_like_any_other() -> None:
    made = compiled("a.")

    first = made.first("é\udc00a\ud800")

    assert first is not None
    assert (first.start(), first.end()) == (2, 4)
    assert made.fits("a\ud800")
    assert not made.fits("\ud800a")


def test_named_groups_are_numbered_after_the_others() -> None:
    made = compiled(r"(?<y>\d+)-(\d+)(?<z>.)(x)?")
    match = made.first("2031-03!")

    assert match is not None
    assert filled("$0 $1 $2 $3 $4 $5 ${1} ${y} ${z}", match, made) == (
        "2031-03! 03  2031 ! $5 03 2031 !"
    )
    assert filled("$$1 $& $10 ${no} ${9} $x $", match, made) == "$1 2031-03! $10 ${no} ${9} $x $"


def test_a_pattern_that_would_take_for_ever_elsewhere_ends_here() -> None:
    made = compiled("(a+)+$")

    assert not made.fits("a" * 50_000 + "!")


def test_the_longest_pattern_is_still_a_pattern() -> None:
    assert compiled("a" * 1_000).fits("a" * 1_000)
    assert compiled("(" + "ab" * 50 + "){75}").fits("ab" * 3_750)


@given(
    st.text(alphabet=r"\\()[]{}?<>=!:^$.*+|-,aAdDwWsSbBkpPuxc019'#im é", max_size=14),
    st.text("ab1 é-", max_size=8),
)
def test_whatever_is_typed_is_a_pattern_or_is_refused(text: str, within: str) -> None:
    made, fault = _made(text)

    if made is None:
        assert fault is not None
        assert 0 <= fault.at <= len(text)
        return
    spans = [(one.start(), one.end()) for one in made.every(within)]
    assert spans == sorted(set(spans))
    assert len(made.numbered) == len(translated(text).names) + 1


def _made(text: str) -> tuple[Pattern | None, PatternFault | None]:
    try:
        return compiled(text), None
    except PatternFault as fault:
        return None, fault
