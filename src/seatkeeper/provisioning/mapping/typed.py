"""Bring a value into the type of the app's attribute, or say why it does not fit.

    source change -> scope -> [map] -> match -> plan -> export -> log

Beside ``evaluate``: it knows one mapping and one value. Elements of ``roles``
become texts here (``scim.elements``), dates the form that SCIM has for them.
How a value is written as JSON is ``scim.difference``.
"""

import re
from collections.abc import Iterable
from typing import Final

from seatkeeper.errors import MappingFailed
from seatkeeper.provisioning.account import TargetValue
from seatkeeper.provisioning.expression.compile import Expression
from seatkeeper.provisioning.expression.dates import read_date
from seatkeeper.provisioning.expression.values import (
    EvaluationFailed,
    Moment,
    RoleValue,
    Value,
    text_of,
)
from seatkeeper.provisioning.mapping.model import Constant, Direct, Mapping, ValueType
from seatkeeper.scim.element_text import comparable, element_of, element_text

_WHOLE: Final = re.compile(r"-?\d{1,18}", re.ASCII)


class SingleValueOnly(MappingFailed):
    """Several values are mapped onto an attribute that holds one."""

    code = "SchemaPropertyCanOnlyAcceptValue"


def typed(mapping: Mapping, value: Value) -> TargetValue | None:
    """Return a value in the type of the mapping's target; none for a list of nothing.

    Raises ``SingleValueOnly`` for a list where one value is due, and
    ``MappingFailed`` for a value of another type.
    """
    if mapping.multi_valued:
        listed = value if isinstance(value, tuple) else (value,)
        texts = (_element(mapping, one) for one in listed)
        return tuple(each_once(mapping, filter(None, texts)).values()) or None
    if isinstance(value, tuple):
        raise SingleValueOnly(
            f"{source_name(mapping)} has several values, and {mapping.target} holds one.",
            advice="Map a single-valued attribute.",
        )
    match mapping.type:
        case ValueType.BOOLEAN if str(value).casefold() in ("true", "false"):
            return str(value).casefold() == "true"
        case ValueType.INTEGER if not isinstance(value, bool) and _WHOLE.fullmatch(str(value)):
            return int(str(value))
        case ValueType.DATETIME if (moment := instant(str(value))) is not None:
            return moment
        case ValueType.BOOLEAN | ValueType.INTEGER | ValueType.DATETIME:
            raise _misfit(mapping)
        case _:
            return text_of(value, mapping.target)


def told_apart(mapping: Mapping, text: str) -> str:
    """Return what the app tells this value from others by: letter case only where it counts."""
    if mapping.type is ValueType.COMPLEX:
        return comparable(text, exact=mapping.case_exact)
    exact = mapping.case_exact or mapping.type is ValueType.REFERENCE
    return text if exact else text.casefold()


def each_once(mapping: Mapping, texts: Iterable[str]) -> dict[str, str]:
    """Return the values by what the app tells them apart by, the first spelling of each."""
    found: dict[str, str] = {}
    for text in texts:
        found.setdefault(told_apart(mapping, text), text)
    return found


def _element(mapping: Mapping, value: str | bool | int | RoleValue | None) -> str:
    """Return one value of a list; a text onto a list of objects is the object's ``value``."""
    if isinstance(value, RoleValue):
        return element_text(value.plain())
    text = text_of(value, mapping.target) or ""
    return element_text(element_of(text)) if mapping.type is ValueType.COMPLEX and text else text


def instant(text: str) -> str | None:
    """Return a date and time as SCIM writes it (RFC 7643 2.3.5), in UTC; none: it is no date."""
    try:
        moment: Moment = read_date(text)
    except EvaluationFailed:
        return None
    return moment.at.isoformat().replace("+00:00", "Z")


def source_name(mapping: Mapping) -> str:
    """Return what a mapping reads, in words that can begin a sentence."""
    source = mapping.source
    if isinstance(source, Direct):
        return source.attribute
    if isinstance(source, Expression):
        return source.text if len(source.text) <= 60 else f"{source.text[:57]}..."
    return "The fixed text" if isinstance(source, Constant) else "The default"


def _misfit(mapping: Mapping) -> MappingFailed:
    return MappingFailed(
        f"{source_name(mapping)} is no {mapping.type.value}, and {mapping.target} needs one.",
        advice="Correct the value in the directory, or map another attribute.",
    )
