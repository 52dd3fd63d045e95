"""Try expressions out: on one source, step by step, and against a file of expected results.

    source change -> scope -> [map] -> match -> plan -> export -> log

Pure, beside the walk: it runs the same closures as a cycle. Vectors have the
fields ``expression``, ``source``, ``expected`` and, where it matters, ``now``,
``existing`` and ``roles`` (alone or below ``context``); mapping language 12.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from seatkeeper.errors import BadInput, InvalidValue, MappingFailed
from seatkeeper.provisioning.dialect import PatternFault
from seatkeeper.provisioning.expression.compile import compiled, compiled_tree
from seatkeeper.provisioning.expression.parser import ExpressionFault
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
    NoUniqueValue,
    Role,
    RoleValue,
    Value,
)
from seatkeeper.provisioning.pattern import compiled as pattern_of

Plain: TypeAlias = str | bool | int | list["Plain"] | dict[str, "Plain"] | None

IGNORED: Final[Plain] = {"$ignore": True}
MOST_VECTORS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Step:
    """One part of an expression and what it gave; ``level`` is how deep it stands."""

    level: int
    text: str
    result: Plain
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one vector ended; ``got`` is what came instead of ``expected``."""

    id: str
    expression: str
    passed: bool
    got: Plain
    expected: Plain


def plain(value: Value) -> Plain:
    """Return a value as JSON has it."""
    if isinstance(value, tuple):
        return [one if isinstance(one, str) else _plain_role(one) for one in value]
    return str(value) if isinstance(value, str) else value


def _plain_role(role: RoleValue) -> Plain:
    return {
        "primary": role.primary,
        "type": role.type,
        "display": role.display,
        "value": role.value,
    }


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
        yield Step(level, printed(node), outcome(node, environment()))
    except (MappingFailed, ExpressionFault) as error:
        yield Step(level, printed(node), None, str(error))


def source_of(given: object, where: str) -> Callable[[str], Value]:
    """Return the attributes of a source object. Raises ``InvalidValue`` naming the one at fault."""
    if not isinstance(given, dict):
        raise InvalidValue(f"{where} is no object of attributes.")
    values: dict[str, Value] = {}
    for name, value in given.items():
        values[str(name)] = _source_value(value, f"{where}.{name}")
    return values.get


def _source_value(value: object, where: str) -> Value:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    raise InvalidValue(f"{where} is no text, number, truth, null or list of texts.")


def judged(vectors: object) -> list[Verdict]:
    """Return how each vector of a file ended. Raises ``InvalidValue`` for what is no vector."""
    if not isinstance(vectors, list):
        raise InvalidValue("The file holds no list of vectors.", advice="It begins with [.")
    if len(vectors) > MOST_VECTORS:
        raise InvalidValue(f"The file holds over {MOST_VECTORS:,} vectors.")
    return [_judged(vector, number) for number, vector in enumerate(vectors, 1)]


def _judged(vector: object, number: int) -> Verdict:
    if not isinstance(vector, dict):
        raise InvalidValue(f"Vector {number} is no object.")
    name = str(vector.get("id", number))
    text = vector.get("expression")
    if not isinstance(text, str) or "expected" not in vector:
        raise InvalidValue(f"Vector {name} needs an expression and what is expected.")
    expected: Plain = vector["expected"]
    environment = _environment(vector, name)
    got: Plain
    try:
        got = outcome(compiled(text).tree, environment)
    except ExpressionFault as fault:
        got = {"$error": "parse", "message": str(fault)}
    except NoUniqueValue as error:
        got = {"$error": "escrow", "message": str(error)}
    except MappingFailed as error:
        got = {"$error": "evaluate", "message": str(error)}
    return Verdict(name, text, _as_expected(got, expected, name), got, expected)


def _environment(vector: Mapping[str, object], name: str) -> Environment:
    context = vector.get("context")
    about = {**(context if isinstance(context, dict) else {}), **vector}
    existing = about.get("existing") or []
    if not isinstance(existing, list):
        raise InvalidValue(f"existing of vector {name} is no list.")
    taken = {str(one).casefold() for one in existing}
    return Environment(
        source_of(vector.get("source") or {}, f"source of vector {name}"),
        now=_moment(about.get("now"), name),
        seed=f"vector {name}",
        taken=lambda value: value.casefold() in taken,
        roles=_roles(about.get("roles") or [], name),
        default_domain=str(about.get("defaultDomain", "")),
    )


def _moment(text: object, name: str) -> dt.datetime | None:
    if text is None:
        return None
    try:
        at = dt.datetime.fromisoformat(str(text))
    except ValueError as error:
        raise InvalidValue(f"now of vector {name} is no moment: {text!r}.") from error
    return at.astimezone(dt.UTC) if at.tzinfo else at.replace(tzinfo=dt.UTC)


def _roles(given: object, name: str) -> Sequence[Role]:
    if not isinstance(given, list):
        raise InvalidValue(f"roles of vector {name} is no list.")
    found = []
    for one in given:
        if isinstance(one, dict):
            display = one.get("displayName", one.get("display", ""))
            found.append(Role(str(one.get("value", "")), str(display), str(one.get("id", ""))))
        else:
            found.append(Role(str(one)))
    return found


def _as_expected(got: Plain, expected: Plain, name: str) -> bool:
    if isinstance(expected, dict):
        if "$error" in expected:
            return isinstance(got, dict) and got.get("$error") == expected["$error"]
        if "$pattern" in expected:
            try:
                pattern = pattern_of(str(expected["$pattern"]))
            except PatternFault as fault:
                raise BadInput(f"The pattern of vector {name}: {fault}") from fault
            return isinstance(got, str) and pattern.fits(got)
    return _comparable(got) == _comparable(expected)


def _comparable(value: Plain) -> object:
    """Return a value so that numbers and truths equal what they print as."""
    if isinstance(value, bool | int):
        return str(value)
    if isinstance(value, list):
        return [_comparable(one) for one in value]
    if isinstance(value, dict):
        return {name: _comparable(one) for name, one in value.items()}
    return value
