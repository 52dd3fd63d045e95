"""Judge an expression before anything runs: names, counts, conditions, patterns.

    source change -> scope -> [map] -> match -> plan -> export -> log

``checked`` refuses what makes no expression; ``notes`` says what an
administrator should know. Its second half is ``fit``, which judges whether
values fit where they stand; callers find all of it here. Each fault points at
the character.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from seatkeeper.provisioning.dialect import PatternFault
from seatkeeper.provisioning.expression.catalogue import (
    FUNCTIONS,
    OTHER_WORDS,
    Form,
    Function,
    Parameter,
    Takes,
)
from seatkeeper.provisioning.expression.fit import (
    ROLES,
    SOFT_DELETED,
    attribute_faults,
    gives,
    value_faults,
)
from seatkeeper.provisioning.expression.parser import ExpressionFault
from seatkeeper.provisioning.expression.replace import GROUP, MODES, PATTERN, Mode
from seatkeeper.provisioning.expression.tree import (
    Call,
    Comparison,
    Node,
    Text,
    Word,
    walk,
)
from seatkeeper.provisioning.pattern import compiled

__all__ = [
    "ROLES",
    "SOFT_DELETED",
    "Note",
    "attribute_faults",
    "checked",
    "faults",
    "gives",
    "notes",
    "replace_mode",
    "unknown_function",
    "value_faults",
]


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth knowing that stops nothing; ``at`` is the character (from 0)."""

    text: str
    at: int


def checked(tree: Node) -> None:
    """Raise ``ExpressionFault`` for the first thing that makes no expression."""
    found = faults(tree)
    if found:
        raise found[0]


def faults(tree: Node) -> list[ExpressionFault]:
    """Return everything that makes no expression, in the order of the text."""
    found: list[ExpressionFault] = []
    if isinstance(tree, Word | Comparison):
        found.append(ExpressionFault("This is a part of a condition, no value.", tree.at))
    for node in walk(tree):
        if isinstance(node, Call):
            found += _call_faults(node, outermost=node is tree)
        elif isinstance(node, Comparison):
            found += [
                ExpressionFault("A comparison compares values, not comparisons.", one.at)
                for one in (node.left, node.right)
                if isinstance(one, Comparison | Word)
            ]
    return sorted(found, key=lambda fault: fault.at)


def _call_faults(node: Call, *, outermost: bool) -> list[ExpressionFault]:
    function = FUNCTIONS.get(node.name)
    if function is None:
        return [unknown_function(node)]
    if function.form is Form.UNIQUE and not outermost:
        return [ExpressionFault(f"{node.name} can only be the outermost function.", node.at)]
    found = _count_faults(node, function)
    if found:
        return found
    for place, one in enumerate(node.arguments):
        parameter = function.parameter(place)
        if one is not None and parameter is not None:
            found += _argument_faults(node, parameter, one)
    if function.form is Form.REPLACE and not found:
        found += _replace_faults(node)
    return found


def unknown_function(node: Call) -> ExpressionFault:
    """Return the fault of a function that does not exist, with the one that was meant."""
    if node.name.casefold() in {"and", "or"}:
        return ExpressionFault(
            f"Unknown function `{node.name}`.", node.at, advice="Put one IIF into another."
        )
    meant = OTHER_WORDS.get(node.name.casefold()) or next(
        (name for name in FUNCTIONS if name.casefold() == node.name.casefold()), None
    )
    if meant is None:
        near = difflib.get_close_matches(node.name, FUNCTIONS, n=1, cutoff=0.6)
        meant = near[0] if near else None
    advice = f"Did you mean `{meant}`?" if meant else "See the list of functions."
    return ExpressionFault(f"Unknown function `{node.name[:60]}`.", node.at, advice=advice)


def _count_faults(node: Call, function: Function) -> list[ExpressionFault]:
    given = len(node.arguments)
    fixed = len(function.parameters)
    advice = f"It is {function.signature}."
    if function.repeated:
        step = len(function.repeated)
        extra = given - fixed
        if extra < function.least * step:
            return [ExpressionFault(f"{node.name} has too few arguments.", node.at, advice=advice)]
        if extra % step:
            return [
                ExpressionFault(
                    f"{node.name} takes an even number of arguments and has {given}.",
                    node.at,
                    advice=advice,
                )
            ]
    elif given > fixed:
        return [
            ExpressionFault(
                f"{node.name} takes {fixed} arguments and has {given}.", node.at, advice=advice
            )
        ]
    missing = [
        parameter.name
        for place in range(max(given, fixed))
        if (parameter := function.parameter(place)) is not None
        and not parameter.optional
        and node.argument(place) is None
    ]
    if not missing:
        return []
    return [
        ExpressionFault(f"{node.name} needs its argument {missing[0]}.", node.at, advice=advice)
    ]


def _argument_faults(node: Call, parameter: Parameter, one: Node) -> list[ExpressionFault]:
    takes = parameter.takes
    what = f"{parameter.name} of {node.name}"
    if isinstance(one, Comparison) and takes is not Takes.CONDITION:
        return [
            ExpressionFault(
                f"{what} is no condition, so nothing can be compared there.",
                one.at,
                advice="Comparisons stand only in the condition of IIF or in CBool.",
            )
        ]
    if isinstance(one, Word):
        if takes is Takes.COMPARE:
            return []
        return [ExpressionFault(f"{one.name} is only known to InStr.", one.at)]
    if takes is Takes.PATTERN and isinstance(one, Text):
        fault = _pattern_fault(one.value)
        return [ExpressionFault(f"{what}: {fault}", one.at)] if fault else []
    return []


def _pattern_fault(text: str) -> str:
    try:
        compiled(text)
    except PatternFault as fault:
        return fault.placed
    return ""


def replace_mode(node: Call) -> Mode:
    """Return the mode of a call of ``Replace`` that was checked."""
    return MODES[_given(node)]


def _given(node: Call) -> frozenset[int]:
    return frozenset(place for place, one in enumerate(node.arguments) if one is not None and place)


def _replace_faults(node: Call) -> list[ExpressionFault]:
    if _given(node) not in MODES:
        return [
            ExpressionFault(
                "This combination of arguments makes no replacement.",
                node.at,
                advice="Give oldValue with replacementValue or template, or regexPattern with "
                "replacementValue, with regexGroupName and replacementValue, or with "
                "regexGroupName and replacementAttributeName.",
            )
        ]
    pattern, group = node.argument(PATTERN), node.argument(GROUP)
    if isinstance(pattern, Text) and isinstance(group, Text):
        groups = compiled(pattern.value).groups
        if group.value not in groups:
            return [
                ExpressionFault(
                    f"The pattern has no group {group.value[:60]!r}.",
                    group.at,
                    advice=f"It has: {', '.join(sorted(groups)) or 'none'}.",
                )
            ]
    return []


def notes(tree: Node) -> Sequence[Note]:
    """Return what an administrator should know, and what the reference would do otherwise."""
    found = []
    for node in walk(tree):
        if not isinstance(node, Call):
            continue
        if node.name == "Now":
            found.append(
                Note(
                    "Now changes with every moment: this is evaluated when the record changes and "
                    "once a day.",
                    node.at,
                )
            )
        elif node.name == "IIF" and _tests_for_null(node.argument(0)):
            found.append(
                Note(
                    "Here IIF treats an empty attribute as the empty text; the reference service "
                    "fails on it.",
                    node.at,
                )
            )
    return found


def _tests_for_null(condition: Node | None) -> bool:
    if isinstance(condition, Call):
        return condition.name in {"IsNull", "IsNullOrEmpty", "IsPresent"}
    if isinstance(condition, Comparison):
        return Text("") in (condition.left, condition.right)
    return False
