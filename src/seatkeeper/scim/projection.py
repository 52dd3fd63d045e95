"""Which attributes an answer shows (RFC 7644 3.4.2.5, 3.9; RFC 7643 7, returned).

Beside the walk. Compiled once per request, then applied to each resource.
``id`` and ``schemas`` are always shown; what is never returned is not, whoever
asks. Names that no schema has are passed over: they select nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from seatkeeper.scim.attribute import Attribute, Returned
from seatkeeper.scim.common import COMMON
from seatkeeper.scim.dialect import Inspection
from seatkeeper.scim.messages import Json, Resource
from seatkeeper.scim.names import get
from seatkeeper.scim.schema import ResourceSchema
from seatkeeper.scim.syntax import AttributePath


@dataclass
class _Named:
    """What a request named of one attribute: the whole, or these sub-attributes (folded)."""

    whole: bool = False
    parts: set[str] = field(default_factory=set)


_Names = Mapping[tuple[str, str], _Named]
"""By folded URN (empty for the core) and folded name; an empty name is a whole extension."""


class Projection:
    """The selection of one request, ready to be applied to resources of one type."""

    def __init__(
        self,
        schema: ResourceSchema,
        attributes: Iterable[str] = (),
        excluded: Iterable[str] = (),
        inspection: Inspection | None = None,
    ) -> None:
        """Read the names. Raises ``InvalidPath`` for one that no attribute can have."""
        inspection = inspection or Inspection()
        self._schema = schema
        self._wanted = _named(schema, attributes, inspection)
        self._excluded = _named(schema, excluded, inspection)
        if self._wanted and self._excluded:
            inspection.advise(
                "RFC 7644 3.9",
                "excludedAttributes",
                "attributes and excludedAttributes exclude each other; both were applied.",
            )
        self._has_wishes = bool(self._wanted or self._excluded)

    def shows(self, name: str) -> bool:
        """Say whether a core attribute will be shown, so that nobody fetches it for nothing."""
        path = AttributePath(None, name)
        return self._is_shown("", name.casefold(), self._schema.attribute(path))

    def shown(self, resource: Resource) -> Resource:
        """Return what the answer shows of a resource."""
        if not self._has_wishes and not self._has_special(resource):
            return resource
        found: Resource = {}
        for key, value in resource.items():
            folded = key.casefold()
            if folded in ("id", "schemas"):
                found[key] = value
                continue
            extension = self._schema.extension(key)
            if extension is not None:
                inner = self._extension(folded, value, extension.by_name)
                if inner:
                    found[key] = inner
                continue
            attribute = self._schema.core.by_name.get(folded) or COMMON.get(folded)
            if self._is_shown("", folded, attribute):
                part = self._parts("", folded, value, attribute)
                if part not in ({}, []):
                    found[key] = part
        return found

    def _has_special(self, resource: Resource) -> bool:
        """Say whether it has what is hidden, or shown on request only; most have nothing."""
        core, extensions = self._schema.special
        if not core.isdisjoint(map(str.casefold, resource)):
            return True
        return any(get(resource, urn) is not None for urn in extensions)

    def _extension(self, urn: str, value: Json, by_name: Mapping[str, Attribute]) -> Resource:
        found: Resource = {}
        for key, part in value.items() if isinstance(value, dict) else ():
            folded = key.casefold()
            attribute = by_name.get(folded)
            if self._is_shown(urn, folded, attribute):
                shown = self._parts(urn, folded, part, attribute)
                if shown not in ({}, []):
                    found[key] = shown
        return found

    def _is_shown(self, urn: str, name: str, attribute: Attribute | None) -> bool:
        returned = attribute.returned if attribute is not None else Returned.DEFAULT
        if returned in (Returned.NEVER, Returned.ALWAYS):
            return returned is Returned.ALWAYS
        asked = (urn, name) in self._wanted or (bool(urn) and (urn, "") in self._wanted)
        if returned is Returned.REQUEST:
            return asked
        if self._wanted and not asked:
            return False
        left_out = self._excluded.get((urn, name))
        whole = self._excluded.get((urn, "")) if urn else None
        return whole is None and (left_out is None or not left_out.whole)

    def _parts(self, urn: str, name: str, value: Json, attribute: Attribute | None) -> Json:
        if isinstance(value, list):
            parts = [self._parts(urn, name, one, attribute) for one in value]
            return [one for one in parts if one != {}]
        if not isinstance(value, dict):
            return value
        wanted = self._wanted.get((urn, name))
        only = wanted.parts if wanted is not None and not wanted.whole else None
        left_out = self._excluded.get((urn, name))
        without = left_out.parts if left_out is not None else set()
        return {
            key: part
            for key, part in value.items()
            if _is_part_shown(key.casefold(), attribute, only, without)
        }


def _is_part_shown(
    folded: str, attribute: Attribute | None, only: set[str] | None, without: set[str]
) -> bool:
    part = attribute.parts.get(folded) if attribute is not None else None
    returned = part.returned if part is not None else Returned.DEFAULT
    if returned in (Returned.NEVER, Returned.ALWAYS):
        return returned is Returned.ALWAYS
    if returned is Returned.REQUEST:
        return only is not None and folded in only
    return (only is None or folded in only) and folded not in without


def _named(
    schema: ResourceSchema, names: Iterable[str], inspection: Inspection
) -> dict[tuple[str, str], _Named]:
    found: dict[tuple[str, str], _Named] = {}
    for text in names:
        path = schema.path(text, inspection)
        urn = path.schema.casefold() if path.schema is not None else ""
        entry = found.setdefault((urn, path.name.casefold()), _Named())
        if path.sub is None:
            entry.whole = True
        else:
            entry.parts.add(path.sub.casefold())
    return found
