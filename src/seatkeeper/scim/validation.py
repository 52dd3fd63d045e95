"""Read a resource that a client sent in a POST or PUT (RFC 7644 3.3, 3.5.1; RFC 7643 3).

Beside the walk. What comes out is in one spelling, typed, without what clients
may not write, and has what is required. Whether a unique value is still free
only the store knows; ``uniqueness`` says which values those are.
"""

from dataclasses import replace

from seatkeeper.scim import dialect
from seatkeeper.scim.attribute import Attribute
from seatkeeper.scim.dialect import Inspection
from seatkeeper.scim.errors import InvalidSyntax, UnfitValue
from seatkeeper.scim.fitting import fit_at, fitted
from seatkeeper.scim.messages import Json, Resource
from seatkeeper.scim.names import get, is_empty
from seatkeeper.scim.schema import ResourceSchema, Schema
from seatkeeper.scim.syntax import AttributePath
from seatkeeper.scim.writing import held_at, merged_at

_COMMON_READ_ONLY = frozenset({"id", "meta", "schemas"})


def received(
    body: Resource, schema: ResourceSchema, inspection: Inspection | None = None
) -> Resource:
    """Return a client's resource as it is to be kept. ``body`` came through ``limits``.

    Empty values are absent values; read-only ones are ignored. Raises
    ``ScimError`` that names the attribute whose value does not fit or is missing.
    """
    inspection = inspection or Inspection()
    inspection.place = ""
    _check_schemas(body, schema, inspection)
    found: Resource = {}
    for key, value in body.items():
        if key.casefold() in _COMMON_READ_ONLY:
            continue
        extension = schema.extension(key)
        if extension is not None:
            found = _with_extension(found, extension, value, schema, inspection)
        else:
            found = _with_attribute(found, key, value, schema, inspection)
    require(found, schema)
    inspection.met("RFC 7643 2.3", "Every value has the type of its attribute.")
    return found


def _check_schemas(body: Resource, schema: ResourceSchema, inspection: Inspection) -> None:
    """Hold ``schemas`` to what the resource has; tolerant dialects learn nothing from it."""
    listed = get(body, "schemas")
    named = None
    if isinstance(listed, list):
        named = {one.casefold() for one in listed if isinstance(one, str)}
    if named is None or schema.core.id.casefold() not in named:
        inspection.tolerate(dialect.SCHEMAS_MISSING, "schemas")
    for urn in sorted(named or ()):
        if urn not in schema.known_urns:
            inspection.tolerate(dialect.SCHEMAS_UNKNOWN, urn)
    for key in body:
        extension = schema.extension(key)
        if extension is not None and named is not None and key.casefold() not in named:
            inspection.tolerate(dialect.EXTENSION_UNLISTED, extension.id)
    if named is not None and schema.core.id.casefold() in named:
        inspection.met("RFC 7643 3", "schemas names the schema of the resource.")


def _with_extension(
    found: Resource,
    extension: Schema,
    value: Json,
    schema: ResourceSchema,
    inspection: Inspection,
) -> Resource:
    if value is None:
        return found
    if not isinstance(value, dict):
        raise UnfitValue(f"{extension.id} must be an object.")
    for name, part in value.items():
        path = schema.spelt(AttributePath(extension.id, name), inspection)
        attribute = schema.attribute(path)
        if attribute is not None and attribute.is_read_only:
            continue
        label = f"{extension.id}:{path.name}"
        found = merged_at(found, path, fitted(part, attribute, label, inspection))
    return found


def _with_attribute(
    found: Resource, key: str, value: Json, schema: ResourceSchema, inspection: Inspection
) -> Resource:
    known = schema.core.by_name.get(key.casefold())
    if known is not None:
        if known.is_read_only:
            return found
        fit = fitted(value, known, known.name, inspection)
        # ``found`` is still this reading's own, so the common case copies nothing.
        if not is_empty(fit) and known.name not in found:
            found[known.name] = fit
            return found
        return merged_at(found, AttributePath(None, known.name), fit)
    if isinstance(value, dict) and ":" in key:
        # An extension that nobody declared: all of it or nothing.
        if not schema.keeps_unknown:
            raise InvalidSyntax(f"There is no schema {key[:200]}.")
        inspection.tolerate(dialect.UNKNOWN_ATTRIBUTE, key)
        return merged_at(found, AttributePath(key, ""), value)
    note_key(key, inspection)
    path = schema.path(key, inspection)
    attribute = schema.attribute(path)
    if attribute is not None and attribute.is_read_only:
        return found
    if not path.name:
        return found
    if path.where is not None:
        raise InvalidSyntax(f"A resource has attributes, not paths such as {key[:200]}.")
    if attribute is not None and attribute.multi_valued and path.sub is not None:
        whole = replace(path, sub=None)
        held = held_at(found, whole)
        element: Json = [{path.sub: value}]
        added = fitted(element, attribute, path.dotted, inspection)
        return merged_at(found, whole, [*_list(held), *_list(added)])
    return merged_at(found, path, fit_at(path, value, schema, inspection))


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def note_key(key: str, inspection: Inspection) -> None:
    """Note a key that is more than the name of an attribute."""
    if ":" in key:
        inspection.tolerate(dialect.URN_KEY, key)
    elif "." in key or "[" in key:
        inspection.tolerate(dialect.DOTTED_KEY, key)


def require(resource: Resource, schema: ResourceSchema) -> None:
    """Refuse a resource that lacks a required attribute or extension, or has it empty."""
    for attribute in schema.core.required:
        _require(resource, attribute, attribute.name)
    for extension in schema.extensions:
        values = get(resource, extension.id)
        if isinstance(values, dict):
            for attribute in extension.required:
                _require(values, attribute, f"{extension.id}:{attribute.name}")
        elif extension.id in schema.required_extensions:
            raise UnfitValue(f"{extension.id} is required.")


def _require(holder: Resource, attribute: Attribute, label: str) -> None:
    value = get(holder, attribute.name)
    if is_empty(value) or (isinstance(value, str) and not value.strip()):
        raise UnfitValue(f"{label} is required.")
