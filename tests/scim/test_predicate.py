"""Filters held to a schema, and the compiled predicate against the plainest evaluator there is."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scim.people import BADGE, USERS

from seatkeeper.scim.errors import InvalidFilter
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
    values_at,
)
from seatkeeper.scim.messages import ENTERPRISE_USER, Json, Resource
from seatkeeper.scim.path import parse_path
from seatkeeper.scim.predicate import compile_filter, size

ADA: Resource = {
    "schemas": ["urn:x"],
    "id": "u-1",
    "userName": "Ada@Example.com",
    "externalId": "R-1",
    "active": True,
    "name": {"givenName": "Zoë"},
    "emails": [
        {"type": "work", "value": "ada@example.com", "primary": True},
        {"type": "home", "value": "Ada@home.example"},
    ],
    "groups": [{"value": "G-1", "$ref": "https://x/Groups/G-1"}],
    "meta": {"created": "2026-01-02T03:04:05Z", "resourceType": "User"},
    ENTERPRISE_USER: {"manager": {"value": "M-1"}, "department": "R"},
    BADGE: {
        "number": 7,
        "height": 1.5,
        "since": "2026-01-02T03:04:05+01:00",
        "picture": "AAAA",
        "words": ["One", "two"],
        "doors": [{"value": "A", "open": True}, {"value": "B", "open": "False"}],
    },
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('id eq "U-1"', False),
        ('externalId sw "r"', False),
        ('externalId sw "R"', True),
        ('name.givenName eq "ZOE\u0308"', True),
        ('userName gt "ADA@EXAMPLE.CO"', True),
        ('userName lt "b"', True),
        ("active eq false", False),
        ("active ne false", True),
        ('groups.$ref eq "https://x/groups/G-1"', False),
        ('groups.$ref eq "https://x/Groups/G-1"', True),
        ('groups[value eq "g-1"]', False),
        ('groups eq "G-1"', True),
        ('manager eq "M-1"', False),
        (f'{ENTERPRISE_USER}:manager eq "m-1"', False),
        (f'{ENTERPRISE_USER}:manager eq "M-1"', True),
        (f"{ENTERPRISE_USER}:manager pr", True),
        (f"{ENTERPRISE_USER} pr", True),
        ("urn:x:2.0:Nobody pr", False),
        ('emails[type eq "home" and value co "HOME"]', True),
        ('emails[not (type eq "home")].value eq "ada@home.example"', False),
        ("emails[primary eq true]", True),
        ('emails[primary eq "true"].type eq "work"', True),
        ("emails[display pr]", False),
        ("emails.primary eq true", True),
        ("emails.nothing pr", False),
        ("emails.value pr", True),
        ("emails eq null", False),
        ("emails ne null", True),
        ("title eq null", True),
        ("name pr", True),
        ("name ne null", True),
        (f"{BADGE}:number ge 7 and {BADGE}:number le 7", True),
        (f"{BADGE}:number eq 7.0", True),
        (f"{BADGE}:height gt 1 and {BADGE}:height lt 2", True),
        (f"{BADGE}:number eq true", False),
        (f'{BADGE}:number co "7"', False),
        (f'{BADGE}:words eq "ONE"', True),
        (f'{BADGE}:words.value ew "O"', True),
        (f'{BADGE}:doors[open eq false].value eq "b"', True),
        (f'{BADGE}:since eq "2026-01-02T02:04:05Z"', True),
        (f'{BADGE}:since gt "2026-01-02T02:04:04"', True),
        (f'{BADGE}:since co "2026-01"', True),
        (f'{BADGE}:since lt "x"', True),
        (f'{BADGE}:picture eq "aaaa"', False),
        (f'{BADGE}:picture co "AA"', True),
        ('meta.created ge "2026-01-02T03:04:05.000Z"', True),
        ('meta.resourceType eq "user"', False),
        ('userName eq "2026-01-02T03:04:05Z"', False),
        ('schemas eq "urn:x"', True),
        ("userName ne 3", True),
        ("userName eq true", False),
    ],
)
def test_types_and_case_rules_come_from_the_schema(text: str, expected: bool) -> None:
    meets = compile_filter(parse_filter(text), USERS)

    assert meets(ADA) is expected


@pytest.mark.parametrize(
    "text",
    [
        'password eq "x"',
        "password pr",
        'not (password sw "a")',
        f'{BADGE}:holder.secret eq "x"',
        f'{BADGE}:holder[secret eq "x"]',
        f"{BADGE}:pin pr",
        f'{BADGE}:picture gt "A"',
        'active gt "true"',
    ],
)
def test_nobody_asks_for_a_secret_or_for_an_order_that_is_none(text: str) -> None:
    with pytest.raises(InvalidFilter):
        compile_filter(parse_filter(text), USERS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('active eq "True"', True),
        ('active eq "False"', False),
        ("active eq true", True),
        ('externalId eq "True"', False),
        ('externalId eq "R-1"', True),
        ('meta.created eq "2026-01-02T04:04:05+01:00"', True),
        ('meta.created ne "whenever"', True),
        ('userName gt "2026-01-02T04:04:05+01:00"', True),
        ('externalId gt "2026-01-02T04:04:05Z"', True),
        ('active lt "2026-01-02T04:04:05Z"', False),
        ('userName eq "2026-13-02T04:04:05Z"', False),
        ('userName eq "2026-13-02T04:04:05Ä"', False),
    ],
)
def test_without_a_schema_the_values_themselves_say_their_type(text: str, expected: bool) -> None:
    assert matches(parse_filter(text), ADA) is expected


def test_a_filter_tells_how_many_conditions_it_asks() -> None:
    tree = parse_filter('a pr and (b[c eq 1 or not (d pr)] or e eq "x")')

    assert size(tree) == 5


def test_values_are_read_through_a_filter_in_the_path() -> None:
    path = parse_path('emails[type eq "home"].value')

    assert list(values_at(ADA, path)) == ["Ada@home.example"]
    assert list(values_at(ADA, parse_path(ENTERPRISE_USER))) == [ADA[ENTERPRISE_USER]]
    assert list(values_at({"emails": ["plain"]}, path)) == []
    assert list(values_at({"emails": ["plain"]}, parse_path("emails.value"))) == []
    assert list(values_at({"urn:a": "text"}, parse_path("urn:a:b"))) == []


# The plainest evaluator: no schema, no folding but lower case, values from a small pool.

POOL = st.sampled_from(["", "ada", "Ada", "b", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00"])
PLAIN = POOL | st.booleans() | st.integers(0, 2) | st.none()
HELD: st.SearchStrategy[Json] = PLAIN | st.floats(0, 2)
ELEMENTS: st.SearchStrategy[Json] = st.lists(
    st.dictionaries(st.sampled_from(["value", "type"]), HELD, max_size=2) | HELD, max_size=3
)
RESOURCES = st.dictionaries(
    st.sampled_from(["title", "NICKNAME", "emails", "id", "name"]),
    HELD | ELEMENTS | st.dictionaries(st.sampled_from(["value", "givenName"]), HELD, max_size=2),
)
NAMES = st.sampled_from(["title", "nickName", "emails", "id", "name", "none"])
INNER_NAMES = st.sampled_from(["value", "type", "none"])


def leaves(names: st.SearchStrategy[str], subs: st.SearchStrategy[str | None]) -> Any:
    paths = st.builds(AttributePath, st.none(), names, st.none(), subs)
    equal = st.builds(Comparison, paths, st.sampled_from([Operator.EQ, Operator.NE]), PLAIN)
    texts = st.builds(Comparison, paths, st.sampled_from(Operator), POOL)
    return equal | texts | st.builds(Present, paths)


def combined(parts: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return st.builds(And, several) | st.builds(Or, several) | st.builds(Not, parts)


INNER: st.SearchStrategy[Filter] = st.recursive(
    leaves(INNER_NAMES, st.none()), combined, max_leaves=3
)
BRACKETS = st.builds(AttributePath, st.none(), NAMES, INNER, st.none()).map(HasElement)
WITH_SUB = st.builds(
    Comparison,
    st.builds(AttributePath, st.none(), NAMES, INNER, INNER_NAMES),
    st.just(Operator.EQ),
    PLAIN,
)
TREES: st.SearchStrategy[Filter] = st.recursive(
    leaves(NAMES, st.none() | INNER_NAMES) | BRACKETS | WITH_SUB, combined, max_leaves=5
)


def look_up(holder: Json, name: str) -> Json:
    items = holder.items() if isinstance(holder, dict) else ()
    return next((value for key, value in items if key.lower() == name.lower()), None)


def naive(tree: Filter, resource: Json) -> bool:
    match tree:
        case And(parts):
            return all(naive(part, resource) for part in parts)
        case Or(parts):
            return any(naive(part, resource) for part in parts)
        case Not(part):
            return not naive(part, resource)
        case HasElement(path):
            return bool(reached(path, resource))
        case Present(path):
            return any(filled(value) for value in reached(path, resource))
        case Comparison(path, op, wanted):
            exact = path.name == "id"
            found = reached(path, resource)
            if wanted is None:
                return any(map(there, found)) == (op is Operator.NE)
            plain = [scalar(value) for value in found]
            if op is Operator.NE:
                return not any(holds(Operator.EQ, value, wanted, exact) for value in plain)
            return any(holds(op, value, wanted, exact) for value in plain)


def reached(path: AttributePath, resource: Json) -> list[Json]:
    value = look_up(resource, path.name)
    found: list[Json] = list(value) if isinstance(value, list) else [value]
    found = [] if value is None else found
    if path.where is not None:
        found = [one for one in found if isinstance(one, dict) and naive(path.where, one)]
    if path.sub is None:
        return found
    return [
        look_up(one, path.sub) if isinstance(one, dict) else one if path.sub == "value" else None
        for one in found
    ]


def filled(value: Json) -> bool:
    if isinstance(value, dict):
        return any(map(filled, value.values()))
    return value not in (None, "", [])


def there(value: Json) -> bool:
    parts = value.values() if isinstance(value, dict) else [value]
    return any(part is not None for part in parts)


def scalar(value: Json) -> Any:
    return look_up(value, "value") if isinstance(value, dict) else value


def holds(op: Operator, held: Any, wanted: Any, exact: bool) -> bool:
    truths = {"true": True, "false": False}
    if isinstance(wanted, bool):
        read = truths.get(held.lower()) if isinstance(held, str) else held
        return op is Operator.EQ and not exact and isinstance(read, bool) and read is wanted
    if isinstance(wanted, str) and isinstance(held, str):
        if op in (Operator.CO, Operator.SW, Operator.EW):
            one, other = (held, wanted) if exact else (held.lower(), wanted.lower())
            return {
                Operator.CO: other in one,
                Operator.SW: one.startswith(other),
                Operator.EW: one.endswith(other),
            }[op]
        one, other = (held, wanted) if exact else (held.lower(), wanted.lower())
        if held[:4] == wanted[:4] == "2026":
            one, other = instant(held), instant(wanted)
        return ordered(op, one, other)
    numbers = [isinstance(one, int | float) and not isinstance(one, bool) for one in (held, wanted)]
    return all(numbers) and ordered(op, held, wanted)


def instant(text: str) -> Any:
    return dt.datetime.fromisoformat(text)


def ordered(op: Operator, one: Any, other: Any) -> bool:
    tests: dict[Operator, Callable[[], bool]] = {
        Operator.EQ: lambda: one == other,
        Operator.GT: lambda: one > other,
        Operator.GE: lambda: one >= other,
        Operator.LT: lambda: one < other,
        Operator.LE: lambda: one <= other,
    }
    return op in tests and bool(tests[op]())


@given(tree=TREES, resource=RESOURCES)
@settings(deadline=None, max_examples=1_500)
def test_the_compiled_predicate_agrees_with_the_plainest_evaluator(
    tree: Filter, resource: Resource
) -> None:
    assert compile_filter(tree)(resource) is naive(tree, resource)


@given(tree=TREES, resource=RESOURCES)
@settings(deadline=None, max_examples=500)
def test_any_filter_over_any_resource_says_yes_or_no_or_is_refused(
    tree: Filter, resource: Resource
) -> None:
    try:
        meets = compile_filter(tree, USERS)
    except InvalidFilter:
        return
    assert meets(resource) in (True, False)


def test_the_value_of_a_simple_attribute_is_compared_by_its_own_rule() -> None:
    path = AttributePath(None, "id", None, "value")

    assert not compile_filter(Comparison(path, Operator.EQ, "A"))({"id": "a"})
    assert compile_filter(Comparison(path, Operator.EQ, "a"))({"id": "a"})
