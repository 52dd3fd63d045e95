"""What SCIM resources may hold: attributes with their types, and the check against them.

Beside the walk. Core user and group and the enterprise extension follow RFC
7643; an app adds an extension of its own from its gallery file. The check
brings a client's resource into one spelling (names, booleans, references) and
refuses values of a wrong type. Whether a value is free to take is the store's
business.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Final

from seatkeeper.scim import quirks
from seatkeeper.scim.filter import get, is_core
from seatkeeper.scim.messages import SCHEMA, Json, Resource, ScimError
from seatkeeper.scim.path import parse_path, write
from seatkeeper.scim.syntax import AttributePath

_READ_ONLY: Final = {"id", "meta", "schemas", "groups"}


class Type(StrEnum):
    """The types of RFC 7643 2.3 that are in use here."""

    STRING = "string"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    REFERENCE = "reference"
    COMPLEX = "complex"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute or sub-attribute; ``unique`` within the whole server, ignoring case."""

    name: str
    type: Type = Type.STRING
    multi_valued: bool = False
    required: bool = False
    case_exact: bool = False
    unique: bool = False
    write_only: bool = False
    read_only: bool = False
    sub: "tuple[Attribute, ...]" = ()

    def part(self, name: str) -> "Attribute | None":
        """Return the sub-attribute of that name, whatever its case."""
        folded = name.casefold()
        return next((one for one in self.sub if one.name.casefold() == folded), None)

    @property
    def is_reference(self) -> bool:
        """Say whether it points at another resource as one object, as ``manager`` does."""
        return not self.multi_valued and self.part("$ref") is not None


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


@dataclass(frozen=True)
class ResourceSchema:
    """A core schema with the extensions that a service knows.

    What neither names is kept whole if ``keeps_unknown``, otherwise refused;
    it is never dropped while the answer says that all is well.
    """

    core: Schema
    extensions: tuple[Schema, ...] = ()
    keeps_unknown: bool = True

    def extension(self, urn: str) -> Schema | None:
        """Return the extension with that URN, whatever its case."""
        folded = urn.casefold()
        return next((one for one in self.extensions if one.id.casefold() == folded), None)

    def path(self, text: str) -> AttributePath:
        """Return the path that ``text`` writes, in the schema's own spelling.

        Raises ``ScimError`` (invalidPath) for a name that is neither known nor kept.
        """
        extension = self.extension(text)
        if extension is not None:
            return AttributePath(extension.id, "")
        return self.spelt(parse_path(text))

    def spelt(self, path: AttributePath) -> AttributePath:
        """Return ``path`` in the schema's own spelling; a core URN in front is left out."""
        schema: str | None = path.schema
        if schema is not None and is_core(schema):
            schema = None
        elif schema is not None:
            known = self.extension(schema)
            schema = known.id if known is not None else schema
        attribute = self.attribute(replace(path, schema=schema))
        if attribute is None:
            if path.name and not self.keeps_unknown and path.name.casefold() not in _READ_ONLY:
                raise ScimError(400, "invalidPath", f"There is no attribute {path.name}.")
            return replace(path, schema=schema)
        part = attribute.part(path.sub) if path.sub else None
        sub = part.name if part is not None else path.sub
        return AttributePath(schema, attribute.name, path.where, sub)

    def attribute(self, path: AttributePath) -> Attribute | None:
        """Return the attribute that a path stands on, or none where it is not known."""
        if path.schema is None or is_core(path.schema):
            return self.core.by_name.get(path.name.casefold())
        extension = self.extension(path.schema)
        return extension.by_name.get(path.name.casefold()) if extension is not None else None

    def is_exact(self, dotted: str) -> bool:
        """Say whether the dotted name is compared with case; ``filter.matches`` asks this."""
        path = parse_path(dotted)
        found = self.attribute(path)
        if found is not None and path.sub:
            found = found.part(path.sub) or found
        elif found is not None and found.sub:
            found = found.part("value") or found
        if found is not None:
            return found.case_exact
        return path.name.casefold() in ("id", "externalid", "meta")


def is_read_only(path: AttributePath) -> bool:
    """Say whether clients' writes to the path are ignored (id, meta, schemas, groups)."""
    return path.name.casefold() in _READ_ONLY and (path.schema is None or is_core(path.schema))


def checked(resource: Resource, schema: ResourceSchema) -> Resource:
    """Return a client's resource in one spelling, without what clients may not write.

    Empty values are absent values. Raises ``ScimError`` (invalidValue) that
    names the attribute whose value does not fit or is missing.
    """
    found: Resource = {}
    for key, value in resource.items():
        extension = schema.extension(key)
        if extension is not None:
            found = _with_extension(found, extension, value, schema)
        elif key.casefold() not in _READ_ONLY:
            found = _with_attribute(found, key, value, schema)
    require(found, schema)
    return found


def _with_extension(
    found: Resource, extension: Schema, value: Json, schema: ResourceSchema
) -> Resource:
    if value is None:
        return found
    if not isinstance(value, dict):
        raise _misfit(extension.id, "an object")
    for name, part in value.items():
        path = schema.spelt(AttributePath(extension.id, name))
        found = write(found, path, fitted(part, schema.attribute(path), name))
    return found


def _with_attribute(found: Resource, key: str, value: Json, schema: ResourceSchema) -> Resource:
    known = schema.core.by_name.get(key.casefold())
    if known is not None:
        fit = fitted(value, known, known.name)
        _refuse_two_primaries(fit, known.name)
        return found if _is_empty(fit) else {**found, known.name: fit}
    if isinstance(value, dict) and ":" in key:
        # An extension that nobody declared: all of it or nothing.
        if not schema.keeps_unknown:
            raise ScimError(400, "invalidSyntax", f"There is no schema {key[:200]}.")
        return {**found, key: value}
    path = schema.path(key)
    return write(found, path, fit_at(path, value, schema))


def fit_at(path: AttributePath, value: Json, schema: ResourceSchema) -> Json:
    """Return ``value`` as the attribute or sub-attribute at the end of ``path`` takes it."""
    attribute = schema.attribute(path)
    if attribute is None:
        return value
    if path.sub:
        return fitted(value, attribute.part(path.sub), path.dotted)
    if path.where is not None and attribute.multi_valued:
        return fitted(value, replace(attribute, multi_valued=False), path.dotted)
    return fitted(value, attribute, path.dotted)


def fitted(value: Json, attribute: Attribute | None, label: str) -> Json:
    """Return ``value`` in the attribute's own shape, or raise ``ScimError`` (invalidValue)."""
    if attribute is None or value is None or value == "":
        return None if value == "" else value
    if attribute.multi_valued:
        found = [
            _fitted_one(quirks.element_from_text(one) if attribute.sub else one, attribute, label)
            for one in _as_list(value)
        ]
        return [one for one in found if not _is_empty(one)]
    if attribute.is_reference:
        value = quirks.reference_from_any_shape(value)
    return None if value is None else _fitted_one(value, attribute, label)


def _as_list(value: Json) -> list[Json]:
    found = quirks.elements_from_one(value)
    return found if isinstance(found, list) else []


def _fitted_one(value: Json, attribute: Attribute, label: str) -> Json:
    match attribute.type:
        case Type.COMPLEX:
            return _fitted_object(value, attribute, label)
        case Type.BOOLEAN:
            value = quirks.boolean_from_text(value)
            if not isinstance(value, bool):
                raise _misfit(label, "true or false")
        case Type.INTEGER:
            if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**63:
                raise _misfit(label, "a whole number of 64 bits at most")
        case Type.STRING | Type.REFERENCE:
            if not isinstance(value, str):
                raise _misfit(label, "text")
    return value


def _fitted_object(value: Json, attribute: Attribute, label: str) -> Json:
    if not isinstance(value, dict):
        raise _misfit(label, "an object")
    found: Resource = {}
    for key, part in value.items():
        known = attribute.part(key)
        name = known.name if known is not None else key
        fit = fitted(part, known, f"{label}.{name}")
        if not _is_empty(fit):
            found[name] = fit
    return found


def require(resource: Resource, schema: ResourceSchema) -> None:
    """Refuse a resource that lacks a required attribute, or has it empty."""
    for attribute in schema.core.attributes:
        value = get(resource, attribute.name)
        if attribute.required and (not isinstance(value, str) or not value.strip()):
            raise ScimError(400, "invalidValue", f"{attribute.name} is required.")


def _refuse_two_primaries(value: Json, label: str) -> None:
    if isinstance(value, list) and sum(is_primary(one) for one in value) > 1:
        raise ScimError(400, "invalidValue", f"{label} has more than one primary value.")


def is_primary(element: Json) -> bool:
    """Say whether an element of a multi-valued attribute is marked as the primary one."""
    return isinstance(element, dict) and element.get("primary") is True


def _is_empty(value: Json) -> bool:
    return value is None or value in ("", [], {})


def _misfit(label: str, wanted: str) -> ScimError:
    return ScimError(400, "invalidValue", f"{label[:200]} must be {wanted}.")


def schema_body(schema: Schema) -> Resource:
    """Return the schema as ``/Schemas`` shows it (RFC 7643 7)."""
    return {
        "schemas": [SCHEMA],
        "id": schema.id,
        "name": schema.name,
        "description": schema.description,
        "attributes": [_attribute_body(one) for one in schema.attributes],
    }


def _attribute_body(attribute: Attribute) -> Resource:
    body: Resource = {
        "name": attribute.name,
        "type": str(attribute.type),
        "multiValued": attribute.multi_valued,
        "description": attribute.name,
        "required": attribute.required,
        "caseExact": attribute.case_exact,
        "mutability": _mutability(attribute),
        "returned": "never" if attribute.write_only else "default",
        "uniqueness": "server" if attribute.unique else "none",
    }
    if attribute.sub:
        body["subAttributes"] = [_attribute_body(one) for one in attribute.sub]
    return body


def _mutability(attribute: Attribute) -> str:
    if attribute.read_only:
        return "readOnly"
    return "writeOnly" if attribute.write_only else "readWrite"
