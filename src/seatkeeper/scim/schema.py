"""What SCIM resources may hold: schemas, and a core schema with its extensions (RFC 7643 2, 6).

Beside the walk. An app adds extensions of its own from its gallery file. This
page finds the attribute that a path stands on and spells it as the schema
does; whether a value fits is ``fitting``'s business, whether a request does
``validation``'s.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from seatkeeper.scim import dialect
from seatkeeper.scim.attribute import Attribute, Returned, Type
from seatkeeper.scim.common import COMMON
from seatkeeper.scim.dialect import Inspection
from seatkeeper.scim.errors import InvalidPath
from seatkeeper.scim.names import is_core
from seatkeeper.scim.path import parse_path
from seatkeeper.scim.syntax import AttributePath

_REMEMBERED: Final = 1_000
_USUAL_LENGTH: Final = 200


@dataclass(frozen=True)
class Schema:
    """One schema: its URN, what people call it, its attributes."""

    id: str
    name: str
    description: str
    attributes: tuple[Attribute, ...]

    @cached_property
    def by_name(self) -> Mapping[str, Attribute]:
        """The attributes by folded name."""
        return {one.name.casefold(): one for one in self.attributes}

    @cached_property
    def required(self) -> tuple[Attribute, ...]:
        """The attributes that a client must give a value."""
        return tuple(one for one in self.attributes if one.required and not one.is_read_only)


@dataclass(frozen=True)
class ResourceSchema:
    """A core schema with the extensions that a service knows; what a resource type is made of.

    What neither names is kept whole if ``keeps_unknown``, otherwise refused;
    it is never dropped while the answer says that all is well.
    ``required_extensions`` names those that every resource must have.
    """

    core: Schema
    extensions: tuple[Schema, ...] = ()
    keeps_unknown: bool = True
    required_extensions: frozenset[str] = frozenset()

    @cached_property
    def _extensions(self) -> Mapping[str, Schema]:
        return {one.id.casefold(): one for one in self.extensions}

    @cached_property
    def known_urns(self) -> frozenset[str]:
        """The folded URNs of all its schemas."""
        return frozenset((self.core.id.casefold(), *self._extensions))

    @cached_property
    def special(self) -> tuple[frozenset[str], tuple[str, ...]]:
        """The core attributes, folded, and the extensions of which not everything is shown."""
        core = frozenset(name for name, one in self.core.by_name.items() if _is_special(one))
        extensions = tuple(
            one.id for one in self.extensions if any(map(_is_special, one.attributes))
        )
        return core, extensions

    def extension(self, urn: str) -> Schema | None:
        """Return the extension with that URN, whatever its case."""
        return self._extensions.get(urn.casefold())

    def path(self, text: str, inspection: Inspection | None = None) -> AttributePath:
        """Return the path that ``text`` writes, in the schema's own spelling.

        A URN alone names its whole extension. Raises ``InvalidPath`` for a
        name that is neither known nor kept.
        """
        known = self._plain_paths.get(text)
        if known is not None:
            return known
        inspection = inspection or Inspection()
        before = inspection.departures
        path = self._read(text, inspection)
        is_plain = inspection.departures == before and len(text) <= _USUAL_LENGTH
        if is_plain and len(self._plain_paths) < _REMEMBERED:
            # Clients repeat themselves; a path with nothing to note is read once.
            self._plain_paths[text] = path
        return path

    @cached_property
    def _plain_paths(self) -> dict[str, AttributePath]:
        return {}

    def _read(self, text: str, inspection: Inspection) -> AttributePath:
        owner = self._owner(text)
        if owner is None:
            return self.spelt(parse_path(text), inspection)
        rest = text[len(owner.id) :]
        if not rest:
            if owner is self.core:
                raise InvalidPath("A core schema's URN alone names no attribute.")
            return AttributePath(owner.id, "")
        if rest[0] == ".":
            inspection.tolerate(dialect.DOTTED_URN, text)
        inner = parse_path(rest[1:])
        if inner.schema is not None or not inner.name:
            raise InvalidPath("One URN stands in front of an attribute, not two.")
        return self.spelt(replace(inner, schema=owner.id), inspection)

    def _owner(self, text: str) -> Schema | None:
        """Return the schema whose whole URN begins ``text``; the longest where several do."""
        if text[:4].casefold() != "urn:":
            return None
        folded = text.casefold()
        found = [
            one
            for one in (self.core, *self.extensions)
            if folded.startswith(one.id.casefold()) and text[len(one.id) :][:1] in ("", ":", ".")
        ]
        return max(found, key=lambda one: len(one.id), default=None)

    def spelt(self, path: AttributePath, inspection: Inspection | None = None) -> AttributePath:
        """Return ``path`` in the schema's own spelling; a core URN in front is left out."""
        inspection = inspection or Inspection()
        schema: str | None = path.schema
        if schema is not None and is_core(schema):
            schema = None
        elif schema is not None:
            known = self.extension(schema)
            schema = known.id if known is not None else schema
        if not path.name:
            return replace(path, schema=schema)
        attribute = self.attribute(path)
        if attribute is None:
            self._unknown(path.dotted, inspection)
            return replace(path, schema=schema)
        sub = self._spelt_part(path, attribute, inspection)
        return AttributePath(schema, attribute.name, path.where, sub)

    def _spelt_part(
        self, path: AttributePath, attribute: Attribute, inspection: Inspection
    ) -> str | None:
        if path.sub is None:
            return None
        part = attribute.part(path.sub)
        if part is not None:
            return part.name
        if attribute.type is not Type.COMPLEX:
            if path.sub.casefold() == "value":
                return None
            raise InvalidPath(f"{attribute.name} has no parts.")
        self._unknown(path.dotted, inspection)
        return path.sub

    def _unknown(self, dotted: str, inspection: Inspection) -> None:
        if not self.keeps_unknown:
            raise InvalidPath(f"There is no attribute {dotted[:200]}.")
        inspection.tolerate(dialect.UNKNOWN_ATTRIBUTE, dotted)

    def attribute(self, path: AttributePath) -> Attribute | None:
        """Return the attribute that a path stands on, or none where it is not known."""
        folded = path.name.casefold()
        if path.schema is None or is_core(path.schema):
            return self.core.by_name.get(folded) or COMMON.get(folded)
        extension = self.extension(path.schema)
        return extension.by_name.get(folded) if extension is not None else None


def _is_special(attribute: Attribute) -> bool:
    ways = {one.returned for one in (attribute, *attribute.sub)}
    return not ways <= {Returned.DEFAULT, Returned.ALWAYS}
