"""Try an expression out: on one source, and step by step.

    source change -> scope -> [map] -> match -> plan -> export -> log

Pure, beside the walk: it runs the same closures as a cycle. Files of expected
results are for ``vectors``.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from seatkeeper.errors import InvalidValue, MappingFailed
from seatkeeper.provisioning.expression.compile import compiled_tree
from seatkeeper.provisioning.expression.parser import LARGEST, ExpressionFault
from seatkeeper.provisioning.expression.tree import (
    Call,
    Comparison,
    Node,
    Number,
    Text,
    Word,
    printed,
)
from seatkeeper.provisioning.expression.values import (
    Dropped,
    Environment,
    Value,
)

Plain: TypeAlias = str | bool | int | list["Plain"] | dict[str, "Plain"] | None

IGNORED: Final[Plain] = {"$ignore": True}


@dataclass(frozen=True, slots=True)
class Step:
    """One part of an expression and what it gave.

    ``level`` is how deep it stands, ``at`` at which character (from 0).
    """

    level: int
    text: str
    result: Plain
    fault: str = ""
    at: int = 0


def kind_of(result: Plain) -> str:
    """Return in words what kind of value came out."""
    if isinstance(result, dict) and "value" in result:
        return f"{kind_of(result['value'])}, hidden in logs"
    return _KINDS.get(type(result), "nothing")


_KINDS: Final[Mapping[type, str]] = {
    str: "text",
    bool: "truth",
    int: "whole number",
    list: "list",
    dict: "nothing: the attribute is left as it is",
}


def plain(value: Value) -> Plain:
    """Return a value as JSON has it."""
    if isinstance(value, tuple):
        return [one if isinstance(one, str) else {**one.plain()} for one in value]
    return str(value) if isinstance(value, str) else value


def outcome(tree: Node, environment: Environment) -> Plain:
    """Return what an expression gives: a value, or the object that says what else happened.

    ``{"$ignore": true}`` for an attribute that leaves the flow,
    ``{"$log": ..., "value": ...}`` for one that the log hides. Raises as the
    expression does.
    """
    expression = compiled_tree(tree)
    try:
        value = plain(expression.evaluate(environment))
    except Dropped:
        return IGNORED
    return {"$log": "[Redact]", "value": value} if expression.redacts else value


def steps(tree: Node, environment: Callable[[], Environment]) -> Iterator[Step]:
    """Yield every part that gives a value, innermost first, each evaluated by itself."""
    yield from _steps(tree, environment, 0)


def _steps(node: Node, environment: Callable[[], Environment], level: int) -> Iterator[Step]:
    parts: Sequence[Node | None] = ()
    if isinstance(node, Call):
        parts = node.arguments
    elif isinstance(node, Comparison):
        parts = (node.left, node.right)
    for part in parts:
        if part is not None:
            yield from _steps(part, environment, level + 1)
    if isinstance(node, Text | Number | Word | Comparison):
        return
    try:
        yield Step(level, printed(node), outcome(node, environment()), at=node.at)
    except (MappingFailed, ExpressionFault) as error:
        yield Step(level, printed(node), None, str(error), node.at)


def source_of(given: object, where: str) -> Callable[[str], Value]:
    """Return the attributes of a source object. Raises ``InvalidValue`` naming the one at fault."""
    if not isinstance(given, dict):
        raise InvalidValue(f"{where} is no object of attributes.")
    values: dict[str, Value] = {}
    for name, value in given.items():
        values[str(name)] = _source_value(value, f"{where}.{name}")
    return values.get


def _source_value(value: object, where: str) -> Value:
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int) and -LARGEST <= value <= LARGEST:
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    raise InvalidValue(f"{where} is no text, whole number, truth, null or list of texts.")
