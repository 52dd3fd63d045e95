"""Turn a checked tree into closures, once; then each evaluation only calls them.

    source change -> scope -> [map] -> match -> plan -> export -> log

It decides what is evaluated at all: the branches of ``IIF``, ``Switch`` and
``Coalesce`` that are not chosen are not run, so their faults harm nobody.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from seatkeeper.provisioning.expression.catalogue import (
    FUNCTIONS,
    MAKES_ANEW,
    Form,
    Function,
)
from seatkeeper.provisioning.expression.check import checked, replace_mode
from seatkeeper.provisioning.expression.functions import same_key
from seatkeeper.provisioning.expression.parser import parse
from seatkeeper.provisioning.expression.replace import replacer
from seatkeeper.provisioning.expression.tree import (
    AttributeRef,
    Call,
    Comparison,
    Node,
    Number,
    Text,
    Word,
    attributes_read,
    functions_called,
    printed,
)
from seatkeeper.provisioning.expression.values import (
    Dropped,
    Environment,
    NoUniqueValue,
    Value,
    compared,
    is_empty,
    text_of,
    truth_of,
    within_limit,
)

Run: TypeAlias = Callable[[Environment], Value]

_CHARACTERS_PER_STEP: Final = 64


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression, ready to run. Two are equal when their canonical texts are.

    ``makes_anew``: it gives another value each time.
    """

    text: str
    tree: Node = field(repr=False, compare=False)
    run: Run = field(repr=False, compare=False)
    makes_anew: bool = field(repr=False, compare=False, default=False)

    @property
    def reads(self) -> tuple[str, ...]:
        """The attributes it reads."""
        return attributes_read(self.tree)

    @property
    def calls(self) -> frozenset[str]:
        """The functions it calls."""
        return functions_called(self.tree)

    @property
    def reads_now(self) -> bool:
        """Whether its value changes with the moment."""
        return "Now" in self.calls

    @property
    def redacts(self) -> bool:
        """Whether the log hides its value."""
        return "Redact" in self.calls

    def evaluate(self, environment: Environment) -> Value:
        """Return the value.

        Raises ``EvaluationFailed`` or ``NoUniqueValue`` where it cannot be
        made, ``Dropped`` where the attribute leaves this flow.
        """
        return self.run(environment)


def compiled(text: str) -> Expression:
    """Return the expression that ``text`` writes. Raises ``ExpressionFault``."""
    return compiled_tree(parse(text))


def compiled_tree(tree: Node) -> Expression:
    """Return the expression of a tree. Raises ``ExpressionFault`` if it could never work."""
    checked(tree)
    anew = bool(functions_called(tree) & MAKES_ANEW)
    return Expression(printed(tree), tree, _run(tree), anew)


def _run(node: Node | None) -> Run:
    match node:
        case None:
            return lambda _: None
        case AttributeRef(name):
            return lambda environment: environment.value_of(name)
        case Text(value):
            return lambda _: value
        case Number(digits):
            number = int(digits[2:], 16) if digits[:1] == "&" else int(digits)
            return lambda _: number
        case Word(name):
            return lambda _: name
        case Comparison(operator, left, right):
            one, other = _run(left), _run(right)
            return lambda environment: compared(operator, one(environment), other(environment))
        case Call(name):  # pragma: no branch - every node is one of these
            return _metered(_call(node, FUNCTIONS[name]))


def _metered(run: Run) -> Run:
    def metered(environment: Environment) -> Value:
        value = run(environment)
        if isinstance(value, str):
            environment.spend(1 + len(value) // _CHARACTERS_PER_STEP)
            within_limit(value)
        else:
            environment.spend(1 + (len(value) if isinstance(value, tuple) else 0))
        return value

    return metered


def _call(node: Call, function: Function) -> Run:
    runs = [_run(one) for one in node.arguments]
    match function.form:
        case Form.PLAIN:
            return _plain(function, runs)
        case Form.AROUND:
            return _around(function, runs)
        case Form.IIF:
            return _iif(*runs)
        case Form.SWITCH:
            return _switch(runs)
        case Form.COALESCE:
            return _coalesce(runs)
        case Form.DROP:
            return _drop(runs[0])
        case Form.REPLACE:
            return replacer(replace_mode(node), node, runs)
        case Form.UNIQUE:  # pragma: no branch - every form is one of these
            return _unique(runs)


def _plain(function: Function, runs: list[Run]) -> Run:
    call = function.plain
    assert call is not None  # noqa: S101 - the table's tests look
    missing = len(function.parameters) - len(runs)
    if len(runs) == 1 and missing <= 0:
        only = runs[0]
        return lambda environment: call(only(environment))
    padding = (None,) * max(missing, 0)
    return lambda environment: call(*[run(environment) for run in runs], *padding)


def _around(function: Function, runs: list[Run]) -> Run:
    call = function.around
    assert call is not None  # noqa: S101 - the table's tests look
    return lambda environment: call(environment, tuple(run(environment) for run in runs))


def _iif(condition: Run, if_true: Run, if_false: Run) -> Run:
    def run(environment: Environment) -> Value:
        chosen = if_true if truth_of(condition(environment), "The condition of IIF") else if_false
        return chosen(environment)

    return run


def _switch(runs: list[Run]) -> Run:
    source, default, *pairs = runs
    keys = list(zip(pairs[::2], pairs[1::2], strict=True))

    def run(environment: Environment) -> Value:
        value = source(environment)
        for key, result in keys:
            environment.spend(1)
            if same_key(value, key(environment)):
                return result(environment)
        return default(environment)

    return run


def _coalesce(runs: list[Run]) -> Run:
    def run(environment: Environment) -> Value:
        for one in runs:
            value = one(environment)
            if value is not None:
                return value
        return None

    return run


def _drop(inner: Run) -> Run:
    def run(environment: Environment) -> Value:
        value = inner(environment)
        if is_empty(value):
            raise Dropped
        return value

    return run


def _unique(runs: list[Run]) -> Run:
    def run(environment: Environment) -> Value:
        for one in runs:
            value = text_of(one(environment), "SelectUniqueValue")
            if not value or value in environment.offered:
                continue
            environment.offered.append(value)
            if environment.taken is None or not environment.taken(value):
                return value
        if not environment.offered:
            raise NoUniqueValue(
                "No rule of SelectUniqueValue gives a value.",
                advice="Fill an attribute that the rules read.",
            )
        raise NoUniqueValue(
            f"Every value that could be chosen is taken: {', '.join(environment.offered[:10])}.",
            advice="Add another rule to SelectUniqueValue.",
        )

    return run
