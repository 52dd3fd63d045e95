"""``Replace`` in its five modes.

    source change -> scope -> [map] -> match -> plan -> export -> log

Which arguments are *given* chooses the mode (mapping language 5); an argument
that is given and turns out null counts as the empty text.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Final, TypeAlias

from seatkeeper.provisioning.dialect import PatternFault
from seatkeeper.provisioning.expression.tree import Call, Text
from seatkeeper.provisioning.expression.values import (
    Environment,
    EvaluationFailed,
    Value,
    is_empty,
    text_of,
    within_limit,
)
from seatkeeper.provisioning.pattern import Pattern, compiled, filled

Run: TypeAlias = Callable[[Environment], Value]


class Mode(StrEnum):
    """What ``Replace`` does."""

    LITERAL = "literal"
    TEMPLATE = "template"
    REGEX = "regex"
    GROUP = "group"
    FALLBACK = "fallback"


OLD: Final = 1
PATTERN: Final = 2
GROUP: Final = 3
NEW: Final = 4
OTHER: Final = 5
TEMPLATE: Final = 6

MODES: Final = {
    frozenset({OLD, NEW}): Mode.LITERAL,
    frozenset({OLD, TEMPLATE}): Mode.TEMPLATE,
    frozenset({PATTERN, NEW}): Mode.REGEX,
    frozenset({PATTERN, GROUP, NEW}): Mode.GROUP,
    frozenset({PATTERN, GROUP, OTHER}): Mode.FALLBACK,
}
"""Which arguments, by place, make which mode."""


def replacer(mode: Mode, node: Call, runs: Sequence[Run]) -> Run:
    """Return how this call of ``Replace`` is carried out."""
    if mode in {Mode.LITERAL, Mode.TEMPLATE}:
        return _literal(mode, runs)
    pattern = node.argument(PATTERN)
    ready = compiled(pattern.value) if isinstance(pattern, Text) else None

    def run(environment: Environment) -> Value:
        used = ready or _compiled(_text(runs[PATTERN](environment)))
        source = text_of(runs[0](environment), "Replace")
        if mode is Mode.FALLBACK:
            return _fallback(environment, source, used, runs)
        if source is None:
            return None
        new = _text(runs[NEW](environment))
        if mode is Mode.REGEX:
            return _every(environment, source, used, new)
        return _in_group(environment, source, used, _text(runs[GROUP](environment)), new)

    return run


def _text(value: Value) -> str:
    return text_of(value, "Replace") or ""


def _compiled(text: str) -> Pattern:
    try:
        return compiled(text)
    except PatternFault as fault:
        raise EvaluationFailed(str(fault), advice="Correct the pattern.") from fault


def _literal(mode: Mode, runs: Sequence[Run]) -> Run:
    def run(environment: Environment) -> Value:
        source = text_of(runs[0](environment), "Replace")
        if source is None:
            return None
        old = _text(runs[OLD](environment))
        into, new = source, ""
        if mode is Mode.TEMPLATE:
            into, new = _text(runs[TEMPLATE](environment)), source
        else:
            new = _text(runs[NEW](environment))
        if not old:
            return into
        found = into.count(old)
        environment.spend(found + found * len(new) // 64)
        return into.replace(old, new)

    return run


def _every(environment: Environment, source: str, pattern: Pattern, template: str) -> str:
    out: list[str] = []
    at = 0
    for match in pattern.every(source):
        environment.spend(1)
        begin, end = match.span()
        new = filled(template, match, pattern) if "$" in template else template
        out += (source[at:begin], new)
        environment.spend(len(new) // 64)
        at = end
    out.append(source[at:])
    return within_limit("".join(out))


def _in_group(environment: Environment, source: str, pattern: Pattern, group: str, new: str) -> str:
    number = _number_of(pattern, group)
    out: list[str] = []
    at = 0
    for match in pattern.every(source):
        environment.spend(1 + len(new) // 64)
        if match.start(number) >= at:
            out += (source[at : match.start(number)], new)
            at = match.end(number)
    out.append(source[at:])
    return within_limit("".join(out))


def _fallback(
    environment: Environment, source: str | None, pattern: Pattern, runs: Sequence[Run]
) -> Value:
    if not is_empty(source):
        return source
    number = _number_of(pattern, _text(runs[GROUP](environment)))
    match = pattern.first(_text(runs[OTHER](environment)))
    return None if match is None else match.group(number)


def _number_of(pattern: Pattern, group: str) -> int:
    if group not in pattern.groups:
        raise EvaluationFailed(
            f"The pattern has no group {group[:60]!r}.",
            advice=f"It has: {', '.join(sorted(pattern.groups)) or 'none'}.",
        )
    return pattern.groups[group]
