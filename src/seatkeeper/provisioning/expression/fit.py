"""Judge whether values fit where they stand: fixed ones, results of functions, attributes.

    source change -> scope -> [map] -> match -> plan -> export -> log

``value_faults`` says what would fail for everybody; ``attribute_faults`` what
does not fit this directory. What only a person's values can show is left to
the evaluation. It knows an expression that ``check`` passed.
"""

import difflib
from collections.abc import Callable, Collection, Mapping
from typing import Final, TypeAlias

from seatkeeper.provisioning.expression import dates, formats
from seatkeeper.provisioning.expression.catalogue import FUNCTIONS, Form, Function, Parameter, Takes
from seatkeeper.provisioning.expression.letters import culture_fault
from seatkeeper.provisioning.expression.parser import WORDS, ExpressionFault
from seatkeeper.provisioning.expression.tree import (
    AttributeRef,
    Call,
    Comparison,
    Node,
    Number,
    Text,
    walk,
)
from seatkeeper.provisioning.expression.values import (
    Environment,
    EvaluationFailed,
    Value,
    whole_of,
)

SOFT_DELETED: Final = "IsSoftDeleted"
ROLES: Final = "appRoleAssignments"

Kinds: TypeAlias = frozenset[Takes]
Types: TypeAlias = Callable[[str], Takes | None]

_LISTS: Final = frozenset({Takes.LIST, Takes.ROLES})
_ONE: Final = frozenset({Takes.ANY, Takes.TEXT, Takes.WHOLE, Takes.DATE, Takes.TRUTH})
_WORDS: Final = frozenset({Takes.ANY, Takes.TEXT})
_FITTING: Final[Mapping[Takes, Kinds]] = {
    Takes.ANY: _ONE | _LISTS,
    Takes.LIST: _ONE | _LISTS,
    Takes.ROLES: _ONE | _LISTS,
    Takes.WHOLE: _WORDS | {Takes.WHOLE},
    Takes.PLACE: _WORDS | {Takes.WHOLE},
    Takes.DATE: _WORDS | {Takes.DATE},
    Takes.INTERVAL: _WORDS,
    Takes.CULTURE: _WORDS,
    Takes.COMPARE: _WORDS,
}
"""Which kinds of values a parameter may turn out to take; elsewhere any single one."""


def value_faults(tree: Node) -> list[ExpressionFault]:
    """Return the fixed arguments and inner results that would fail whenever they are used."""
    found: list[ExpressionFault] = []
    for node in walk(tree):
        if isinstance(node, Call) and (function := FUNCTIONS.get(node.name)) is not None:
            wrong = _misfits(node, function, _no_types)
            found += wrong or _constant_call_faults(node, function)
        elif isinstance(node, Comparison):
            found += _compared_lists(node, _no_types)
    return sorted(found, key=lambda fault: fault.at)


def attribute_faults(tree: Node, types: Types, known: Collection[str]) -> list[ExpressionFault]:
    """Return what does not fit the source: unknown attributes, lists where one value is due.

    ``types`` returns what an attribute gives, none for one that does not
    exist; ``known`` are the names to suggest. A reference gives ``ROLES`` to
    nobody: it is mapped directly, never through a function.
    """
    found: list[ExpressionFault] = []
    for node in walk(tree):
        if isinstance(node, AttributeRef) and types(node.name) is None:
            found.append(unknown_attribute(node, known))
        elif isinstance(node, Call) and (function := FUNCTIONS.get(node.name)) is not None:
            fixed = {fault.at for fault in _misfits(node, function, _no_types)}
            found += [one for one in _misfits(node, function, types) if one.at not in fixed]
            found += _other_roles(node, function)
        elif isinstance(node, Comparison):
            fixed = {fault.at for fault in _compared_lists(node, _no_types)}
            found += [one for one in _compared_lists(node, types) if one.at not in fixed]
    return sorted(found, key=lambda fault: fault.at)


def _other_roles(node: Call, function: Function) -> list[ExpressionFault]:
    """Roles are read from one attribute only, however many others hold texts."""
    return [
        ExpressionFault(f"{node.name} reads the app roles.", one.at, advice=f"Give it [{ROLES}].")
        for place, one in enumerate(node.arguments)
        if isinstance(one, AttributeRef)
        and one.name != ROLES
        and (parameter := function.parameter(place)) is not None
        and parameter.takes is Takes.ROLES
    ]


def unknown_attribute(node: AttributeRef, known: Collection[str]) -> ExpressionFault:
    """Return the fault of an attribute that does not exist, with the one that was meant."""
    folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(node.name.casefold(), folded, n=1, cutoff=0.6)
    advice = f"Did you mean [{folded[near[0]]}]?" if near else ""
    return ExpressionFault(
        f"The directory has no attribute [{node.name[:60]}].", node.at, advice=advice
    )


def gives(node: Node) -> Takes:
    """Return what a node gives as far as it is certain; attributes may be anything here."""
    kinds = _kinds(node, _no_types)
    return next(iter(kinds)) if len(kinds) == 1 else Takes.ANY


def _no_types(_: str) -> Takes:
    return Takes.ANY


def _kinds(node: Node | None, types: Types) -> Kinds:
    """Return every kind of value that a node may give."""
    match node:
        case Text():
            return frozenset({Takes.TEXT})
        case Number():
            return frozenset({Takes.WHOLE})
        case Comparison():
            return frozenset({Takes.TRUTH})
        case AttributeRef(name):
            return frozenset({types(name) or Takes.ANY})
        case Call(name, arguments) if name in FUNCTIONS:
            return _kinds_of_call(FUNCTIONS[name], arguments, types)
        case _:
            return frozenset({Takes.ANY})


def _kinds_of_call(function: Function, arguments: tuple[Node | None, ...], types: Types) -> Kinds:
    """A function that hands on what it was given gives any of the kinds that it may hand on."""
    handed_on: Collection[Node | None] = ()
    match function.form:
        case Form.IIF:
            handed_on = arguments[1:]
        case Form.SWITCH:
            handed_on = (*arguments[1:2], *arguments[3::2])
        case Form.COALESCE | Form.DROP:
            handed_on = arguments
        case _ if function.name == "Redact":
            handed_on = arguments
        case _:
            return frozenset({function.gives})
    kinds = [_kinds(one, types) for one in handed_on]
    return frozenset[Takes]().union(*kinds) or frozenset({Takes.ANY})


def _misfits(node: Call, function: Function, types: Types) -> list[ExpressionFault]:
    found: list[ExpressionFault] = []
    for place, one in enumerate(node.arguments):
        parameter = function.parameter(place)
        if one is not None and parameter is not None:
            found += _misfit(node, parameter, one, types)
    return found


def _misfit(node: Call, parameter: Parameter, one: Node, types: Types) -> list[ExpressionFault]:
    takes = parameter.takes
    what = f"{parameter.name} of {node.name}"
    if isinstance(one, Text | Number):
        judge = _FIXED.get(takes)
        fault = judge(one.value if isinstance(one, Text) else one.digits) if judge else ""
        return [ExpressionFault(f"{what}: {fault}", one.at)] if fault else []
    kinds = _kinds(one, types)
    if kinds & _FITTING.get(takes, _ONE):
        return []
    given = "a list" if kinds <= _LISTS else " or ".join(f"a {kind}" for kind in sorted(kinds))
    said = f"{_told(one)} {given}, and {what} takes one {takes.value}."
    return [ExpressionFault(said, one.at, advice=_ADVICE if kinds <= _LISTS else "")]


_ADVICE: Final = "Take one value with Item, or put them together with Join."


def _told(node: Node) -> str:
    if isinstance(node, AttributeRef):
        return f"[{node.name[:60]}] is"
    return f"{node.name} gives" if isinstance(node, Call) else "This gives"


def _compared_lists(node: Comparison, types: Types) -> list[ExpressionFault]:
    return [
        ExpressionFault(
            f"{_told(one)} a list, and {node.operator} compares one value.",
            one.at,
            advice=_ADVICE,
        )
        for one in (node.left, node.right)
        if _kinds(one, types) <= _LISTS
    ]


def _constant_call_faults(node: Call, function: Function) -> list[ExpressionFault]:
    """Carry out a call whose arguments are all fixed: what fails now fails for everybody."""
    if function.form is not Form.PLAIN and function.name != "RandomString":
        return []
    values: list[Value] = []
    for one in node.arguments:
        if isinstance(one, Text):
            values.append(one.value)
        elif isinstance(one, Number):
            values.append(whole_of(one.digits, node.name))
        elif one is None:
            values.append(None)
        else:
            return []
    try:
        function.call(Environment(lambda _: None, seed="check"), values)
    except EvaluationFailed as error:
        return [ExpressionFault(error.message, node.at, advice=error.advice)]
    return []


# --- fixed arguments -------------------------------------------------------------


def _whole_fault(text: str) -> str:
    try:
        whole_of(text, "It")
    except EvaluationFailed as error:
        return error.message
    return ""


def _place_fault(text: str) -> str:
    fault = _whole_fault(text)
    if not fault and whole_of(text, "It") < 1:
        return "It counts from 1."
    return fault


def _date_fault(text: str) -> str:
    if text:
        try:
            dates.read_date(text)
        except EvaluationFailed as error:
            return str(error)
    return ""


def _interval_fault(text: str) -> str:
    if text in dates.INTERVALS:
        return ""
    return f"{text[:20]!r} is no interval; there are {', '.join(dates.INTERVALS)}."


def _compare_fault(text: str) -> str:
    return "" if text in WORDS else f"{text[:30]!r} is neither {WORDS[0]} nor {WORDS[1]}."


_FIXED: Final[Mapping[Takes, Callable[[str], str]]] = {
    Takes.WHOLE: _whole_fault,
    Takes.PLACE: _place_fault,
    Takes.DATE: _date_fault,
    Takes.INTERVAL: _interval_fault,
    Takes.FORMAT: formats.form_fault,
    Takes.INPUT_FORMAT: formats.input_form_fault,
    Takes.STYLES: formats.styles_fault,
    Takes.CULTURE: culture_fault,
    Takes.COMPARE: _compare_fault,
}
