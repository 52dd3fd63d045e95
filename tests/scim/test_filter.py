"""The filter grammar: what it reads, what it means, and what it refuses."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatkeeper.scim.filter import (
    And,
    AttributePath,
    Comparison,
    Filter,
    HasElement,
    Not,
    Operator,
    Or,
    Present,
    matches,
    parse_filter,
    print_filter,
    quoted,
)
from seatkeeper.scim.messages import ENTERPRISE_USER, Resource, ScimError

ADA: Resource = {
    "id": "u-1",
    "userName": "Ada@Example.com",
    "externalId": "R-1",
    "active": True,
    "age": 36,
    "emails": [
        {"type": "work", "value": "ada@example.com", "primary": True},
        {"type": "home", "value": "ada@home.example"},
    ],
    "meta": {"created": "2026-01-02T03:04:05Z"},
    ENTERPRISE_USER: {"manager": {"value": "m-1"}, "department": 'R"D'},
}

NAMES = st.sampled_from(["userName", "not", "and", "$ref", "emails", "x-1"])
SCHEMAS = st.none() | st.sampled_from([ENTERPRISE_USER, "urn:example:plain"])
VALUES = st.text(max_size=8) | st.booleans() | st.none() | st.integers(-(2**40), 2**40)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
PATHS = st.builds(AttributePath, SCHEMAS, NAMES, st.none(), st.none() | NAMES)
EQUALITIES = st.builds(
    Comparison, PATHS, st.sampled_from([Operator.EQ, Operator.NE]), VALUES | FLOATS
)
TEXTS = st.builds(Comparison, PATHS, st.sampled_from(Operator), st.text(max_size=8))
LEAVES = EQUALITIES | TEXTS | st.builds(Present, PATHS)


def combined(parts: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return st.builds(And, several) | st.builds(Or, several) | st.builds(Not, parts)


INNER: st.SearchStrategy[Filter] = st.recursive(LEAVES, combined, max_leaves=4)
WITH_BRACKETS = st.builds(AttributePath, SCHEMAS, NAMES, INNER, st.none()).map(HasElement)
WITH_SUB = st.builds(
    Comparison,
    st.builds(AttributePath, SCHEMAS, NAMES, INNER, NAMES),
    st.just(Operator.EQ),
    VALUES,
)
FILTERS: st.SearchStrategy[Filter] = st.recursive(
    LEAVES | WITH_BRACKETS | WITH_SUB, combined, max_leaves=8
)


@given(tree=FILTERS)
@settings(deadline=None)
def test_a_printed_filter_read_again_is_the_same_filter(tree: Filter) -> None:
    text = print_filter(tree)

    again = parse_filter(text)

    assert again == tree


PLAIN = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,8}(\.[A-Za-z][A-Za-z0-9]{0,8})?", fullmatch=True)
PLAIN_TEXTS = st.text("abc 0@.'()[]~!{}%é\\\"\x7f\n", max_size=12)


@given(name=PLAIN, text=PLAIN_TEXTS)
def test_the_commonest_filter_is_read_at_once_and_like_every_other(name: str, text: str) -> None:
    found: list[object] = []
    others: list[object] = []
    for asked, trees in ((f'{name} eq "{text}"', found), (f'({name} EQ "{text}" )', others)):
        try:
            trees.append(parse_filter(asked))
        except ScimError as error:
            trees.append(error.scim_type)

    assert found == others


@given(text=st.text(max_size=60) | st.text('()[]"\\ abeq.:urn1notr', max_size=60))
@settings(deadline=None, max_examples=2_000)
def test_any_text_is_read_or_refused_with_a_position(text: str) -> None:
    try:
        tree = parse_filter(text)
    except ScimError as error:
        assert error.scim_type == "invalidFilter"  # noqa: PT017
        assert "position" in error.message  # noqa: PT017
    else:
        assert parse_filter(print_filter(tree)) == tree


@given(name=st.text(max_size=40))
@settings(deadline=None)
def test_no_name_can_become_a_second_condition(name: str) -> None:
    text = f"userName eq {quoted(name)}"

    tree = parse_filter(text)

    assert tree == Comparison(AttributePath(None, "userName"), Operator.EQ, name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('userName eq "ada@example.com"', True),
        ('USERNAME EQ "ADA@EXAMPLE.COM"', True),
        ('externalId eq "r-1"', False),
        ('externalId eq "R-1"', True),
        ('id eq "U-1"', False),
        ('emails[type eq "work"].value eq "ada@example.com"', True),
        ('emails[type eq "home"].value eq "ada@example.com"', False),
        ('emails[type eq "work" and value ew "example.com"]', True),
        ('emails co "home"', True),
        ('emails.type eq "other"', False),
        ('userName sw "ada" and not (title pr)', True),
        ('title eq "x" or userName pr and active eq true', True),
        ('(title eq "x" or userName pr) and active eq false', False),
        ('active eq "True"', True),
        ("title eq null", True),
        ("userName ne null", True),
        ('title ne "Engineer"', True),
        ("age gt 35 and age le 36", True),
        ("age lt 36", False),
        ('meta.created gt "2026-01-02T04:00:00+02:00"', True),
        (f'{ENTERPRISE_USER}:manager eq "m-1"', True),
        (f'{ENTERPRISE_USER}:manager.value eq "m-1"', True),
        (f'{ENTERPRISE_USER.upper()}:DEPARTMENT eq "r\\"d"', True),
        ('urn:ietf:params:scim:schemas:core:2.0:User:userName sw "ada"', True),
        ('urn:example:nobody:attribute eq "x"', False),
    ],
)
def test_a_filter_finds_whom_it_describes(text: str, expected: bool) -> None:
    tree = parse_filter(text)

    found = matches(tree, ADA)

    assert found is expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "userName",
        "userName eq",
        "userName eq ada",
        "userName xx 1",
        'userName eq "open',
        'userName eq "\ud800"'.encode("utf-16", "surrogatepass").decode("utf-16", "replace") + ")",
        'userName eq "\\ud800"',
        'userName eq "a" and',
        'userName eq "a" "b"',
        "not userName pr",
        "active gt true",
        "age co 3",
        "age eq 1e999",
        "age eq 01",
        f"age eq {2**63}",
        'a[b[c eq "d"] eq "e"]',
        "a[b pr",
        "1a pr",
        "a.b.c pr",
        "()",
        "(" * 33 + "a pr" + ")" * 33,
        "a pr and " * 201 + "a pr",
        "a" * 4_097,
    ],
)
def test_a_filter_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ScimError) as caught:
        parse_filter(text)

    assert (caught.value.status, caught.value.scim_type) == (400, "invalidFilter")


def test_thirty_two_levels_are_still_read() -> None:
    text = "(" * 32 + "a pr" + ")" * 32

    tree = parse_filter(text)

    assert tree == Present(AttributePath(None, "a"))
