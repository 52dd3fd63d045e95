"""Judge a file of expressions with expected results.

    source change -> scope -> [map] -> match -> plan -> export -> log

Beside ``trial``. A vector has ``id``, ``expression``, ``source``, ``expected``
and, where it matters, ``now``, ``existing``, ``roles`` and ``defaultDomain``
(alone or below ``context``); all else in it is for people (mapping language
12). A file is judged whole or, where it is malformed, not at all.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from seatkeeper.errors import InvalidValue, MappingFailed
from seatkeeper.provisioning.dialect import PatternFault
from seatkeeper.provisioning.expression.compile import compiled
from seatkeeper.provisioning.expression.fit import ROLES
from seatkeeper.provisioning.expression.parser import ExpressionFault
from seatkeeper.provisioning.expression.trial import Plain, outcome, source_of
from seatkeeper.provisioning.expression.values import Environment, NoUniqueValue, Role
from seatkeeper.provisioning.pattern import compiled as pattern_of

MOST_VECTORS: Final = 100_000
ERRORS: Final = ("parse", "evaluate", "escrow")


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one vector ended; ``got`` is what came instead of ``expected``."""

    id: str
    expression: str
    passed: bool
    got: Plain
    expected: Plain


def judged(vectors: object) -> list[Verdict]:
    """Return how each vector of a file ended. Raises ``InvalidValue`` for what is no vector."""
    if not isinstance(vectors, list):
        raise InvalidValue("The file holds no list of vectors.", advice="It begins with [.")
    if len(vectors) > MOST_VECTORS:
        raise InvalidValue(f"The file holds over {MOST_VECTORS:,} vectors.")
    read = [_vector(one, number) for number, one in enumerate(vectors, 1)]
    seen: dict[str, int] = {}
    for number, vector in enumerate(read, 1):
        if (first := seen.setdefault(vector.id, number)) != number:
            raise InvalidValue(
                f"Vectors {first} and {number} have the same id, {vector.id[:60]!r}.",
                advice="Give each its own.",
            )
    return [_judged(one) for one in read]


@dataclass(frozen=True, slots=True)
class _Vector:
    id: str
    expression: str
    expected: Plain
    environment: Environment


def _vector(given: object, number: int) -> _Vector:
    if not isinstance(given, dict):
        raise InvalidValue(f"Vector {number} is no object.", advice="It begins with {.")
    name = given.get("id", number)
    if isinstance(name, bool) or not isinstance(name, str | int):
        raise InvalidValue(f"The id of vector {number} is no text.")
    where = f"vector {str(name)[:60]}"
    missing = [key for key in ("expression", "expected") if key not in given]
    if missing:
        raise InvalidValue(f"V{where[1:]} has no {' and no '.join(missing)}.")
    text = given["expression"]
    if not isinstance(text, str):
        raise InvalidValue(f"The expression of {where} is no text.")
    context = given.get("context")
    if context is not None and not isinstance(context, dict):
        raise InvalidValue(f"The context of {where} is no object.")
    _check_expected(given["expected"], where)
    about = {**(context or {}), **given}
    return _Vector(str(name), text, given["expected"], _environment(about, where))


def _judged(vector: _Vector) -> Verdict:
    got: Plain
    try:
        got = outcome(compiled(vector.expression).tree, vector.environment)
    except ExpressionFault as fault:
        got = {"$error": "parse", "message": str(fault)}
    except NoUniqueValue as error:
        got = {"$error": "escrow", "message": str(error)}
    except MappingFailed as error:
        got = {"$error": "evaluate", "message": str(error)}
    passed = _as_expected(got, vector.expected)
    return Verdict(vector.id, vector.expression, passed, got, vector.expected)


def _environment(about: Mapping[str, object], where: str) -> Environment:
    existing = about.get("existing") or []
    if not isinstance(existing, list):
        raise InvalidValue(f"existing of {where} is no list.")
    taken = {str(one).casefold() for one in existing}
    source = about.get("source")
    source = {} if source is None else source
    roles = _roles(about.get("roles") or [], where)
    if isinstance(source, dict) and _are_objects(source.get(ROLES)):
        roles = roles or _roles(source[ROLES], where)
        source = {**source, ROLES: [role.value for role in roles]}
    return Environment(
        source_of(source, f"source of {where}"),
        now=_moment(about.get("now"), where),
        seed=where,
        taken=lambda value: value.casefold() in taken,
        roles=roles,
        default_domain=str(about.get("defaultDomain") or ""),
    )


def _are_objects(given: object) -> bool:
    return isinstance(given, list) and all(isinstance(one, dict) for one in given)


def _moment(text: object, where: str) -> dt.datetime | None:
    if text is None:
        return None
    try:
        at = dt.datetime.fromisoformat(str(text))
        return at.astimezone(dt.UTC) if at.tzinfo else at.replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidValue(
            f"now of {where} is no moment: {str(text)[:60]!r}.",
            advice="Write it like 2031-03-02T09:00:00Z.",
        ) from error


def _roles(given: object, where: str) -> Sequence[Role]:
    if not isinstance(given, list):
        raise InvalidValue(f"roles of {where} is no list.")
    found = []
    for one in given:
        if isinstance(one, dict):
            display = one.get("displayName", one.get("display", ""))
            found.append(Role(str(one.get("value", "")), str(display), str(one.get("id", ""))))
        else:
            found.append(Role(str(one)))
    return found


# --- what is expected --------------------------------------------------------------


def _check_expected(expected: object, where: str) -> None:
    """Raise ``InvalidValue`` for an object that says nothing which could be expected."""
    if not isinstance(expected, dict):
        return
    if "$error" in expected and expected["$error"] not in ERRORS:
        raise InvalidValue(
            f"The error that {where} expects does not exist.",
            advice=f"There are {', '.join(ERRORS)}.",
        )
    if "$pattern" in expected:
        _pattern(expected["$pattern"], where)
    if "$log" in expected:
        _check_expected(expected.get("value"), where)


def _as_expected(got: Plain, expected: Plain) -> bool:
    if isinstance(got, dict) and "$log" in got:
        if not (isinstance(expected, dict) and "$log" in expected):
            return _as_expected(got["value"], expected)
        return got["$log"] == expected["$log"] and _as_expected(got["value"], expected.get("value"))
    if isinstance(expected, dict):
        if "$error" in expected:
            return isinstance(got, dict) and got.get("$error") == expected["$error"]
        if "$pattern" in expected:
            printed = _comparable(got)
            fits = _pattern(expected["$pattern"], "the vector")
            return isinstance(printed, str) and fits(printed)
    return _comparable(got) == _comparable(expected)


_GROUP = re.compile(r"\(\?<(?![=!])")


def _pattern(pattern: object, where: str) -> Callable[[str], bool]:
    """Return whether a text fits a pattern, also one that only Python's own engine can read."""
    try:
        return pattern_of(str(pattern)).fits
    except PatternFault as fault:
        try:
            other = re.compile(_GROUP.sub("(?P<", str(pattern)))
        except re.error:
            raise InvalidValue(f"The pattern of {where}: {fault}") from fault
        return lambda text: other.fullmatch(text) is not None


def _comparable(value: Plain) -> object:
    """Return a value so that numbers and truths equal what they print as."""
    if isinstance(value, bool | int):
        return str(value)
    if isinstance(value, list):
        return [_comparable(one) for one in value]
    if isinstance(value, dict):
        return {name: _comparable(one) for name, one in value.items()}
    return value
