"""What holds for every expression, whoever wrote it and whomever it is evaluated for."""

import datetime as dt
from collections.abc import Callable

from hypothesis import given
from tests.provisioning.expression.expressions import PEOPLE, SCRAPS, SOUND_TREES, TREES

from seatkeeper.errors import MappingFailed
from seatkeeper.provisioning.expression.catalogue import FUNCTIONS, Form, Takes
from seatkeeper.provisioning.expression.check import attribute_faults, faults, notes, value_faults
from seatkeeper.provisioning.expression.compile import compiled_tree
from seatkeeper.provisioning.expression.parser import ExpressionFault, parse, pointed
from seatkeeper.provisioning.expression.tree import Node, functions_called, printed
from seatkeeper.provisioning.expression.trial import Plain, kind_of, outcome, steps
from seatkeeper.provisioning.expression.values import (
    LONGEST_RESULT,
    MOST_STEPS,
    Environment,
    Role,
    Value,
)

NOW = dt.datetime(2031, 3, 9, 14, 5, tzinfo=dt.UTC)
KINDS = {"name": Takes.TEXT, "day": Takes.TEXT, "count": Takes.TEXT, "flag": Takes.TRUTH,
         "skills": Takes.LIST, "gone": Takes.ANY}  # fmt: skip
CHOOSING = {
    name for name, one in FUNCTIONS.items() if one.form in (Form.IIF, Form.SWITCH, Form.COALESCE)
}


def surroundings(person: dict[str, Value]) -> Environment:
    return Environment(
        person.get,
        now=NOW,
        seed="law",
        taken=lambda value: value == "a",
        roles=(Role("User"), Role("Admin", "Administrator")),
        default_domain="larkspur.example",
    )


def attempt(tree: Node, environment: Environment) -> tuple[Plain, MappingFailed | None]:
    try:
        return outcome(tree, environment), None
    except MappingFailed as error:
        return None, error


def read(text: str) -> tuple[Node | None, ExpressionFault | None]:
    try:
        return parse(text), None
    except ExpressionFault as fault:
        return None, fault


@given(TREES)
def test_what_is_printed_is_read_as_the_same(tree: Node) -> None:
    text = printed(tree)

    again = parse(text)

    assert again == tree
    assert printed(again) == text


@given(SCRAPS, PEOPLE)
def test_whatever_is_typed_has_a_value_or_a_fault_with_its_place(
    text: str, person: dict[str, Value]
) -> None:
    tree, fault = read(text)

    if tree is None:
        assert fault is not None
        assert 0 <= fault.at <= len(text)
        assert pointed(text, fault).splitlines()[-1].strip() == "^"
        return
    assert parse(printed(tree)) == tree
    wrong = faults(tree)
    assert all(0 <= one.at < len(text) and str(one) for one in wrong)
    if not wrong:
        attempt(tree, surroundings(person))


@given(SOUND_TREES, PEOPLE)
def test_an_expression_that_was_passed_gives_a_value_or_says_why_not(
    tree: Node, person: dict[str, Value]
) -> None:
    if faults(tree):
        return
    environment = surroundings(person)

    result, error = attempt(tree, environment)

    assert kind_of(result)
    assert environment.steps <= MOST_STEPS + LONGEST_RESULT
    if error is not None:
        assert error.message
        assert error.message[-1] in ".:"
    assert [one.text for one in steps(tree, lambda: surroundings(person))][-1:] in (
        [], [printed(tree)]
    )  # fmt: skip
    assert isinstance(notes(tree), list)


@given(SOUND_TREES, PEOPLE)
def test_what_the_check_lets_pass_never_fails_over_a_list(
    tree: Node, person: dict[str, Value]
) -> None:
    if faults(tree) or value_faults(tree) or attribute_faults(tree, KINDS.get, KINDS):
        return
    if functions_called(tree) & CHOOSING or "[gone]" in printed(tree):
        return

    _, error = attempt(tree, surroundings(person))

    assert error is None or "a list of" not in error.message


@given(SOUND_TREES, PEOPLE)
def test_the_same_person_gets_the_same_value_however_often(
    tree: Node, person: dict[str, Value]
) -> None:
    if faults(tree):
        return
    expression = compiled_tree(tree)

    def told(evaluate: Callable[[Node, Environment], object]) -> str:
        return str(evaluate(expression.tree, surroundings(person)))

    assert told(attempt) == told(attempt)
