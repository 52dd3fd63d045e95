"""Where a value comes from, as attributeMappingSource: a tree with named parameters.

Before the walk. Parameters carry the names of the function catalogue; in
reading, other spellings that are documented are taken, too. Where a source has
parameters, they are the tree that counts, and its text only a way to write it.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from seatkeeper.configuration.sync_schema.text import Plain
from seatkeeper.configuration.sync_schema.walk import Walk
from seatkeeper.configuration.sync_schema.words import SOURCES
from seatkeeper.directory.people_row import closest, shown
from seatkeeper.provisioning.expression.catalogue import FUNCTIONS, Function, Takes
from seatkeeper.provisioning.expression.check import unknown_function
from seatkeeper.provisioning.expression.parser import (
    OPERATORS,
    WORDS,
    ExpressionFault,
    parse,
    spot,
)
from seatkeeper.provisioning.expression.tree import (
    AttributeRef,
    Call,
    Comparison,
    Node,
    Number,
    Text,
    Word,
    printed,
    quoted,
)

_SIDES: Final = ("left", "right")
_LAST: Final = 1_000
"""Where a parameter stands that comes after all others; also the most that a call may have."""

_ALIASES: Final[Mapping[str, Mapping[str, int]]] = {
    "Replace": {"find": 1, "replacement": 4},
    "Coalesce": {"defaultvalue": _LAST},
}
_NUMBER = re.compile(r"-?[0-9]{1,18}|&[Hh][0-9A-Fa-f]{1,16}")
_NUMBERED = re.compile(r"(.*?)([1-9][0-9]{0,2})")


# --- reading -----------------------------------------------------------------


def read_source(walk: Walk, value: object, place: str) -> Node | None:
    """Return the tree of a source, or none where a fault was noted."""
    fields = walk.fields(value, place)
    before = len(walk.faults)
    kind = walk.word(fields, "type", place, SOURCES, "")
    name = walk.text(fields, "name", place)
    expression = walk.text(fields, "expression", place)
    parameters = walk.items(fields, "parameters", place)
    if len(walk.faults) > before:
        return None
    match kind:
        case "Attribute" if name:
            return AttributeRef(name)
        case "Constant" if fields.get("name") is not None:
            unquoted = name in WORDS and expression == name
            return Word(name) if unquoted else Text(name)
        case "Function" if parameters or (name and not expression):
            return _call(walk, name, parameters, place)
    if expression:
        return _parsed(walk, expression, place)
    if kind == "Constant":
        return Text("")
    walk.fault(place, "A source needs a type with a name, or an expression.")
    return None


def written_text(value: object, tree: Node) -> str:
    """Return the text of a source: its author's own where that means the tree, else canonical."""
    text = value.get("expression") if isinstance(value, Mapping) else None
    if isinstance(text, str):
        try:
            if normal(parse(text)) == normal(tree):
                return text
        except ExpressionFault:
            pass
    return printed(tree)


def normal(tree: Node) -> Node:
    """Return the tree as its meaning: numbers and bare words as texts, no empty ends.

    The document keeps a number as a constant text, so the two are one there.
    """
    match tree:
        case Number(digits):
            return Text(digits)
        case Word(name):
            return Text(name)
        case Call(name, arguments):
            kept = [None if one is None else normal(one) for one in arguments]
            while kept and kept[-1] is None:
                kept.pop()
            return Call(name, tuple(kept))
        case Comparison(operator, left, right):
            return Comparison(operator, normal(left), normal(right))
        case _:
            return tree


def _parsed(walk: Walk, expression: str, place: str) -> Node | None:
    try:
        return parse(expression)
    except ExpressionFault as fault:
        comparison = _comparison(expression)
        if comparison is not None:
            return comparison
        where = spot(expression, fault.at)
        line = f"line {where.line}, " if "\n" in expression else ""
        walk.fault(f"{place}.expression", f"{line}character {where.column}: {fault}")
        return None


def _comparison(expression: str) -> Node | None:
    """Return a comparison that stands alone as the text of a condition, or none."""
    try:
        tree = parse(f"CBool({expression})")
    except ExpressionFault:
        return None
    inner = tree.argument(0) if isinstance(tree, Call) and len(tree.arguments) == 1 else None
    return inner if isinstance(inner, Comparison) else None


def _call(walk: Walk, name: str, parameters: list[tuple[str, Any]], place: str) -> Node | None:
    if name in OPERATORS:
        return _compared(walk, name, parameters, place)
    function = FUNCTIONS.get(name)
    if function is None:
        walk.fault(f"{place}.name", str(unknown_function(Call(name, ()))))
        return None
    found: dict[int, Node] = {}
    whole = True
    for inner, parameter in parameters:
        fields = walk.fields(parameter, inner)
        key = walk.text(fields, "key", inner, needed=True)
        node = read_source(walk, fields.get("value"), f"{inner}.value")
        at = _position(function, key, found)
        if key and at is None:
            names = [one.name for one in (*function.parameters, *function.repeated)]
            walk.fault(
                f"{inner}.key", f"{name} has no parameter {shown(key)}.{closest(key, names)}"
            )
        if at in found:
            walk.fault(f"{inner}.key", f"{name} has its parameter {shown(key)} twice.")
        if node is None or at is None:
            whole = False
        else:
            found[at] = _as_taken(function, at, node)
    if not whole:
        return None
    last = found.pop(_LAST, None)
    count = max(found) + 1 if found else 0
    arguments = [found.get(at) for at in range(count)]
    return Call(name, tuple(arguments if last is None else [*arguments, last]))


def _compared(
    walk: Walk, operator: str, parameters: list[tuple[str, Any]], place: str
) -> Node | None:
    sides: dict[str, Node | None] = {}
    for inner, parameter in parameters:
        fields = walk.fields(parameter, inner)
        key = walk.text(fields, "key", inner, needed=True).casefold()
        sides[key] = read_source(walk, fields.get("value"), f"{inner}.value")
    if set(sides) != set(_SIDES):
        walk.fault(place, f"A comparison has the parameters {_SIDES[0]} and {_SIDES[1]}.")
        return None
    left, right = (sides[name] for name in _SIDES)
    return None if left is None or right is None else Comparison(operator, left, right)


def _position(function: Function, key: str, taken: Mapping[int, Node]) -> int | None:
    """Return the place of a parameter by its name, or none where there is no such."""
    folded = key.casefold()
    for at, one in enumerate(function.parameters):
        if one.name.casefold() == folded:
            return at
    aliases = _ALIASES.get(function.name, {})
    if folded in aliases:
        return aliases[folded]
    first, step = len(function.parameters), len(function.repeated)
    numbered = _NUMBERED.fullmatch(folded)
    for nth, one in enumerate(function.repeated):
        if numbered is not None and numbered[1] == one.name.casefold():
            at = first + (int(numbered[2]) - 1) * step + nth
            return at if at < _LAST else None
        if one.name.casefold() == folded:
            return next(at for at in range(first + nth, _LAST, step) if at not in taken)
    return None


def _as_taken(function: Function, at: int, node: Node) -> Node:
    """Return a constant as the number that its parameter takes, where it reads as one."""
    parameter = function.parameter(at)
    if (
        isinstance(node, Text)
        and parameter is not None
        and parameter.takes is Takes.WHOLE
        and _NUMBER.fullmatch(node.value)
    ):
        return Number(node.value)
    return node


# --- writing -----------------------------------------------------------------


def source_plain(tree: Node, text: str = "") -> Plain:
    """Return the tree as an attributeMappingSource; ``text`` is how its author wrote it."""
    match tree:
        case AttributeRef(name):
            return _plain("Attribute", name, printed(tree), [])
        case Text(value):
            return _plain("Constant", value, quoted(value), [])
        case Number(digits):
            return _plain("Constant", digits, quoted(digits), [])
        case Word(name):
            return _plain("Constant", name, name, [])
        case Comparison(operator, left, right):
            sides = zip(_SIDES, (left, right), strict=True)
            return _plain("Function", operator, printed(tree), list(sides))
        case Call(name, arguments):  # pragma: no branch
            function = FUNCTIONS[name]
            given = [(function.key(at), one) for at, one in enumerate(arguments) if one is not None]
            return _plain("Function", name, text or printed(tree), given)


def _plain(kind: str, name: str, text: str, parameters: list[tuple[str, Node]]) -> Plain:
    return {
        "type": kind,
        "name": name,
        "expression": text,
        "parameters": [{"key": key, "value": source_plain(one)} for key, one in parameters],
    }
