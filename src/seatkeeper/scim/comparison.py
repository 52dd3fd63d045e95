"""Compare one held value with one value of a filter (RFC 7644 3.4.2.2, table 3).

Beside the walk. The type of the attribute decides how: instants for
dateTime, numbers for numbers, texts by the case rule. Without a known type
the values themselves say it. Values of different types are never equal and
have no order.
"""

import datetime as dt
import operator
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from seatkeeper.scim.attribute import Type
from seatkeeper.scim.messages import Json
from seatkeeper.scim.names import fold
from seatkeeper.scim.quirks import boolean_from_text
from seatkeeper.scim.syntax import Operator, Scalar

Test: TypeAlias = Callable[[Json], bool]

_ORDER: Final[dict[Operator, Callable[[Any, Any], bool]]] = {
    Operator.EQ: operator.eq,
    Operator.GT: operator.gt,
    Operator.GE: operator.ge,
    Operator.LT: operator.lt,
    Operator.LE: operator.le,
}
_TEXT: Final[dict[Operator, Callable[[str, str], bool]]] = {
    Operator.CO: operator.contains,
    Operator.SW: str.startswith,
    Operator.EW: str.endswith,
}
TEXTUAL: Final = frozenset(_TEXT)
ORDERED: Final = frozenset({Operator.GT, Operator.GE, Operator.LT, Operator.LE})


def test_of(op: Operator, wanted: Scalar, kind: Type | None, *, exact: bool) -> Test:
    """Return the test that ``held op wanted`` is; ``ne`` is asked as ``eq`` by the caller."""
    if kind is Type.BOOLEAN or (kind is None and not exact and _is_boolean(wanted)):
        truth = boolean_from_text(wanted)
        return lambda held: op is Operator.EQ and _is_truth(held, truth)
    if isinstance(wanted, str):
        return _text_test(op, wanted, kind, exact=exact)
    if wanted is None or isinstance(wanted, bool) or op in TEXTUAL:
        return lambda _: False
    number, compare = wanted, _ORDER[op]
    return lambda held: (
        isinstance(held, int | float) and not isinstance(held, bool) and compare(held, number)
    )


def _is_boolean(value: Scalar) -> bool:
    return isinstance(boolean_from_text(value), bool)


def _is_truth(held: Json, truth: Json) -> bool:
    read = boolean_from_text(held)
    return isinstance(read, bool) and read is truth


def _text_test(op: Operator, wanted: str, kind: Type | None, *, exact: bool) -> Test:
    text = wanted if exact else fold(wanted)
    if op in TEXTUAL:
        meets = _TEXT[op]
        if exact:
            return lambda held: isinstance(held, str) and meets(held, text)
        return lambda held: isinstance(held, str) and meets(fold(held), text)
    compare = _ORDER[op]
    instant = moment(wanted) if kind in (None, Type.DATE_TIME) else None
    if instant is not None:
        return lambda held: _compare_instants(compare, held, instant, text, exact=exact)
    if exact:
        return lambda held: isinstance(held, str) and compare(held, text)
    return lambda held: isinstance(held, str) and compare(fold(held), text)


def _compare_instants(
    compare: Callable[[Any, Any], bool], held: Json, instant: dt.datetime, text: str, *, exact: bool
) -> bool:
    if not isinstance(held, str):
        return False
    at = moment(held)
    if at is None:
        return compare(held if exact else fold(held), text)
    return compare(at, instant)


def moment(text: str) -> dt.datetime | None:
    """Return the instant that an xsd:dateTime names, or none; without a zone it is UTC's."""
    if len(text) < 19 or text[10] not in "Tt" or not text.isascii():
        return None
    try:
        found = dt.datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=dt.UTC)
