"""Read, print and evaluate SCIM filters (RFC 7644 3.4.2.2), the whole grammar.

Beside the walk: the connector prints filters, the service provider reads them.
Limits are part of the grammar, so that no filter, however made, costs more
than a glance: 4,096 characters, 32 levels, 200 nodes. Evaluation over many
resources compiles once (``predicate``).
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from seatkeeper.scim.grammar import LONGEST, Reader
from seatkeeper.scim.messages import Json, Resource
from seatkeeper.scim.names import get, is_core, key_of
from seatkeeper.scim.predicate import KnownAttributes, Predicate, compile_filter
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

# By far the commonest filter: a name, and a text without anything to unescape.
_PLAIN: Final = re.compile(
    r"(?P<name>[A-Za-z][A-Za-z0-9]*)(?:\.(?P<sub>[A-Za-z][A-Za-z0-9]*))?"
    r' eq "(?P<value>[ !#-\[\]-~]*)"'
)


def parse_filter(text: str) -> Filter:
    """Return the tree of a filter. Raises ``InvalidFilter`` with the position."""
    plain = _PLAIN.fullmatch(text) if len(text) <= LONGEST else None
    if plain is not None:
        path = AttributePath(None, plain["name"], None, plain["sub"])
        return Comparison(path, Operator.EQ, plain["value"])
    reader = Reader(text)
    tree = reader.disjunction()
    reader.at_end()
    return tree


def matches(tree: Filter, resource: Resource, known: KnownAttributes | None = None) -> bool:
    """Say whether one resource, or one element, meets the filter.

    Attribute names ignore case; texts do too unless the schema says that they
    do not. On a multi-valued attribute one value is enough, and ``ne`` means
    that no value is equal. Under a schema, for many resources ``compile_filter`` once.
    """
    predicate = _untyped(tree) if known is None else compile_filter(tree, known)
    return predicate(resource)


@lru_cache(maxsize=256)
def _untyped(tree: Filter) -> Predicate:
    """Compile once what a mapping's path asks of thousands of resources."""
    return compile_filter(tree)


def values_at(resource: Resource, path: AttributePath) -> Iterator[Json]:
    """Yield the values that a path reaches, each element of a multi-valued attribute alone."""
    meets = None if path.where is None else _untyped(path.where)
    for element in elements_of(resource, path):
        if meets is not None and not (isinstance(element, dict) and meets(element)):
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
    "Scalar",
    "elements_of",
    "get",
    "is_core",
    "key_of",
    "matches",
    "parse_filter",
    "print_filter",
    "quoted",
    "values_at",
]
