"""Read, print and evaluate SCIM filters (RFC 7644 3.4.2.2), the whole grammar.

Beside the walk: the connector prints filters, the service provider reads them.
Limits are part of the grammar, so that no filter, however made, costs more
than a glance: 4,096 characters, 32 levels, 200 nodes. This page does not know
databases; ``service_provider`` decides which filters an index can answer.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Final

from seatkeeper.scim.grammar import Reader
from seatkeeper.scim.messages import Json, Resource
from seatkeeper.scim.syntax import (
    And,
    AttributePath,
    Comparison,
    Filter,
    HasElement,
    Not,
    Operator,
    Or,
    Present,
    Scalar,
    print_filter,
    quoted,
)

_EXACT: Final = {"id", "externalid", "members.value", "groups.value", "manager.value"}


def parse_filter(text: str) -> Filter:
    """Return the tree of a filter. Raises ``ScimError`` (invalidFilter) with the position."""
    reader = Reader(text)
    tree = reader.disjunction()
    reader.at_end()
    return tree


def is_core_exact(name: str) -> bool:
    """Say whether the core schema compares ``name`` with case: ids, meta, references."""
    folded = name.casefold()
    return folded in _EXACT or folded.startswith("meta.") or folded.endswith("$ref")


def matches(
    tree: Filter, resource: Resource, is_exact: Callable[[str], bool] = is_core_exact
) -> bool:
    """Say whether ``resource`` meets the filter.

    Attribute names ignore case; texts do too unless ``is_exact`` says of the
    dotted name that they do not. On a multi-valued attribute one value is
    enough, and ``ne`` means that no value is equal.
    """
    match tree:
        case And(parts):
            return all(matches(part, resource, is_exact) for part in parts)
        case Or(parts):
            return any(matches(part, resource, is_exact) for part in parts)
        case Not(part):
            return not matches(part, resource, is_exact)
        case Present(path):
            return any(_filled(value) for value in values_at(resource, path, is_exact))
        case HasElement(path):
            return any(True for _ in values_at(resource, path, is_exact))
        case Comparison(path, op, wanted):
            return _holds(path, op, wanted, resource, is_exact)


def _holds(
    path: AttributePath,
    op: Operator,
    wanted: Scalar,
    resource: Resource,
    is_exact: Callable[[str], bool],
) -> bool:
    values = [_plain(value) for value in values_at(resource, path, is_exact)]
    values = [value for value in values if value is not None]
    if wanted is None:
        return bool(values) == (op is Operator.NE)
    exact = is_exact(path.dotted)
    if op is Operator.NE:
        return not any(_compare(Operator.EQ, value, wanted, exact) for value in values)
    return any(_compare(op, value, wanted, exact) for value in values)


def values_at(
    resource: Resource, path: AttributePath, is_exact: Callable[[str], bool] = is_core_exact
) -> Iterator[Json]:
    """Yield the values that a path reaches, each element of a multi-valued attribute alone."""
    for element in elements_of(resource, path):
        if path.where is not None and not (
            isinstance(element, dict) and matches(path.where, element, is_exact)
        ):
            continue
        if path.sub is None:
            yield element
        elif isinstance(element, dict):
            value = get(element, path.sub)
            yield from value if isinstance(value, list) else [value]


def elements_of(resource: Resource, path: AttributePath) -> list[Json]:
    """Return the values of the attribute itself, before ``where`` and ``sub``, as a list."""
    holder: Json = resource
    if path.schema is not None and not is_core(path.schema):
        holder = get(resource, path.schema)
    if path.name and isinstance(holder, dict):
        holder = get(holder, path.name)
    elif path.name:
        holder = None
    if holder is None:
        return []
    return holder if isinstance(holder, list) else [holder]


def is_core(schema: str) -> bool:
    """Say whether the URN names a core schema, whose attributes stand at the top level."""
    return schema.casefold().startswith("urn:ietf:params:scim:schemas:core:")


def key_of(holder: Resource, name: str) -> str | None:
    """Return the key under which ``holder`` has ``name``, whatever its case."""
    if name in holder:
        return name
    folded = name.casefold()
    return next((key for key in holder if key.casefold() == folded), None)


def get(holder: Resource, name: str) -> Json:
    """Return the value of ``name``, whatever its case, or none."""
    key = key_of(holder, name)
    return None if key is None else holder[key]


def _filled(value: Json) -> bool:
    if isinstance(value, dict):
        return any(_filled(part) for part in value.values())
    return value is not None and value != "" and value != []


def _plain(value: Json) -> Scalar:
    if isinstance(value, dict):
        value = get(value, "value")
    return None if isinstance(value, dict | list) else value


def _compare(op: Operator, held: Scalar, wanted: Scalar, exact: bool) -> bool:
    if isinstance(held, bool) or isinstance(wanted, bool):
        # Some clients write booleans as text (``active eq "True"``).
        return op is Operator.EQ and str(held).casefold() == str(wanted).casefold()
    if isinstance(held, str) and isinstance(wanted, str):
        return _compare_texts(op, held, wanted, exact)
    if isinstance(held, int | float) and isinstance(wanted, int | float):
        return _ordered(op, held, wanted)
    return False


def _compare_texts(op: Operator, held: str, wanted: str, exact: bool) -> bool:
    if not exact:
        held, wanted = held.casefold(), wanted.casefold()
    if op is Operator.CO:
        return wanted in held
    if op is Operator.SW:
        return held.startswith(wanted)
    if op is Operator.EW:
        return held.endswith(wanted)
    one, other = _moment(held), _moment(wanted)
    if one is not None and other is not None:
        return _ordered(op, one, other)
    return _ordered(op, held, wanted)


def _ordered(op: Operator, held: object, wanted: object) -> bool:
    if op is Operator.EQ:
        return held == wanted
    below = held < wanted  # type: ignore[operator]  # both are of one ordered type here
    if op in (Operator.LT, Operator.GE):
        return below is (op is Operator.LT)
    return (below or held == wanted) is (op is Operator.LE)


def _moment(text: str) -> dt.datetime | None:
    """Return a date-time with its zone; a text of any other shape is compared as text."""
    if len(text) < 19 or text[10] not in "Tt":
        return None
    try:
        found = dt.datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


__all__ = [
    "And",
    "AttributePath",
    "Comparison",
    "Filter",
    "HasElement",
    "Not",
    "Operator",
    "Or",
    "Present",
    "is_core_exact",
    "matches",
    "parse_filter",
    "print_filter",
    "quoted",
    "values_at",
]
