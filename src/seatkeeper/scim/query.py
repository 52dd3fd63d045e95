"""What a list asks for: filter, attributes, order, page (RFC 7644 3.4.2, 3.4.3; RFC 9865 2).

Beside the walk. The parameters of a GET and the body of a ``/.search`` become
one ``Query``. Sizes are brought within limits, as the RFC allows; what is no
number is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from seatkeeper.scim import dialect
from seatkeeper.scim.dialect import Inspection
from seatkeeper.scim.errors import InvalidSyntax, UnfitValue
from seatkeeper.scim.filter import parse_filter
from seatkeeper.scim.messages import SEARCH_REQUEST, Json, Resource
from seatkeeper.scim.names import get
from seatkeeper.scim.projection import Projection
from seatkeeper.scim.schema import ResourceSchema
from seatkeeper.scim.sorting import Sort
from seatkeeper.scim.syntax import Filter

LARGEST_PAGE: Final = 1_000
_USUAL_PAGE: Final = 100
_NUMBER_LENGTH: Final = 18


@dataclass(frozen=True, slots=True)
class PageLimits:
    """How many resources a page has when nobody says, and at most."""

    usual: int = _USUAL_PAGE
    largest: int = LARGEST_PAGE


@dataclass(frozen=True)
class Query:
    """One question to a list. ``cursor`` is none for pages by index; empty for the first page."""

    filter: Filter | None = None
    attributes: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    sort_by: str = ""
    descending: bool = False
    start: int = 1
    count: int = _USUAL_PAGE
    cursor: str | None = None

    @cached_property
    def fingerprint(self) -> str:
        """What two pages of one question have in common; a cursor is bound to it."""
        parts = (self.filter, self.attributes, self.excluded, self.sort_by, self.descending)
        return repr(parts)

    def projection(self, schema: ResourceSchema, inspection: Inspection) -> Projection:
        """Return what the answer shows of each resource."""
        return Projection(schema, self.attributes, self.excluded, inspection)

    def sort(self, schema: ResourceSchema, inspection: Inspection) -> Sort | None:
        """Return the order that was asked for, or none."""
        if not self.sort_by:
            return None
        return Sort(schema.path(self.sort_by, inspection), schema, self.descending)


def read_query(parameters: Mapping[str, str], limits: PageLimits | None = None) -> Query:
    """Return the question that the parameters of a GET ask."""
    limits = limits or PageLimits()
    text = parameters.get("filter")
    return Query(
        filter=None if text is None else parse_filter(text),
        attributes=_split(parameters.get("attributes", "")),
        excluded=_split(parameters.get("excludedAttributes", "")),
        sort_by=parameters.get("sortBy", "").strip(),
        descending=_descending(parameters.get("sortOrder")),
        start=max(1, _number("startIndex", parameters.get("startIndex"), 1)),
        count=_within(_number("count", parameters.get("count"), limits.usual), limits),
        cursor=parameters.get("cursor"),
    )


def read_search(
    body: Resource, limits: PageLimits | None = None, inspection: Inspection | None = None
) -> Query:
    """Return the question that the body of a ``/.search`` asks."""
    limits = limits or PageLimits()
    inspection = inspection or Inspection()
    named = get(body, "schemas")
    if named is None:
        inspection.tolerate(dialect.SCHEMAS_MISSING, "schemas")
    elif not isinstance(named, list) or SEARCH_REQUEST not in named:
        raise InvalidSyntax(f"schemas must name {SEARCH_REQUEST}.")
    text = _text(body, "filter")
    return Query(
        filter=None if text is None else parse_filter(text),
        attributes=_listed(body, "attributes", inspection),
        excluded=_listed(body, "excludedAttributes", inspection),
        sort_by=(_text(body, "sortBy") or "").strip(),
        descending=_descending(_text(body, "sortOrder")),
        start=max(1, _number("startIndex", get(body, "startIndex"), 1)),
        count=_within(_number("count", get(body, "count"), limits.usual), limits),
        cursor=_text(body, "cursor"),
    )


def _within(count: int, limits: PageLimits) -> int:
    return max(0, min(limits.largest, count))


def _number(name: str, value: Json, default: int) -> int:
    if value is None:
        return default
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and len(value) <= _NUMBER_LENGTH and value.isascii():
        plain = value.strip().removeprefix("-")
        if plain.isdecimal():
            return int(value)
    raise UnfitValue(f"{name} must be a whole number.")


def _descending(order: str | None) -> bool:
    folded = (order or "ascending").strip().casefold()
    if folded not in ("ascending", "descending"):
        raise UnfitValue("sortOrder must be ascending or descending.")
    return folded == "descending"


def _split(text: str) -> tuple[str, ...]:
    return tuple(part for one in text.split(",") if (part := one.strip()))


def _text(body: Resource, name: str) -> str | None:
    value = get(body, name)
    if value is not None and not isinstance(value, str):
        raise UnfitValue(f"{name} must be text.")
    return value


def _listed(body: Resource, name: str, inspection: Inspection) -> tuple[str, ...]:
    value = get(body, name)
    if isinstance(value, str):
        inspection.tolerate(dialect.SINGLE_ELEMENT, name)
        return _split(value)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise UnfitValue(f"{name} must be a list of attribute names.")
    return tuple(part for one in value if (part := str(one).strip()))
