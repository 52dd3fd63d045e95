"""Mark in a schema what one app requires and keeps unique, for those who read ``/Schemas``.

A door in, beside the walk. A gallery file may ask for one element of a list,
such as the work e-mail. A schema cannot say that; it says that the list is
required, and of its elements the parts that tell and hold the wanted one. So
whoever follows the description is accepted; the service itself asks for less.
"""

from collections.abc import Iterable
from dataclasses import replace

from seatkeeper.scim.attribute import Attribute, Uniqueness
from seatkeeper.scim.path import described
from seatkeeper.scim.schema import ResourceSchema, Schema
from seatkeeper.scim.syntax import AttributePath


def marked(
    schema: ResourceSchema, required: Iterable[AttributePath], unique: Iterable[AttributePath]
) -> ResourceSchema:
    """Return the schema with its marks; paths that it does not name are passed over."""
    for path in required:
        schema = _changed(schema, path, is_required=True)
    for path in unique:
        schema = _changed(schema, path, is_required=False)
    return schema


def _changed(schema: ResourceSchema, path: AttributePath, *, is_required: bool) -> ResourceSchema:
    if path.schema is None:
        return replace(schema, core=_in_schema(schema.core, path, is_required=is_required))
    extensions = tuple(
        _in_schema(one, path, is_required=is_required) if one.id == path.schema else one
        for one in schema.extensions
    )
    return replace(schema, extensions=extensions)


def _in_schema(schema: Schema, path: AttributePath, *, is_required: bool) -> Schema:
    attributes = tuple(
        _in_attribute(one, path, is_required=is_required) if one.name == path.name else one
        for one in schema.attributes
    )
    return replace(schema, attributes=attributes)


def _in_attribute(one: Attribute, path: AttributePath, *, is_required: bool) -> Attribute:
    if path.sub is None and path.where is None:
        if is_required:
            return replace(one, required=True)
        return replace(one, uniqueness=Uniqueness.SERVER)
    if not is_required:
        parts = (
            replace(part, uniqueness=Uniqueness.SERVER) if part.name == path.sub else part
            for part in one.sub
        )
        return replace(one, sub=tuple(parts))
    telling = {} if path.where is None else described(path.where) or {}
    return replace(
        one,
        required=True,
        sub=tuple(_required_part(part, path, telling.get(part.name)) for part in one.sub),
    )


def _required_part(part: Attribute, path: AttributePath, told: object) -> Attribute:
    if isinstance(told, str):
        return replace(part, required=True, canonical=(told,))
    return replace(part, required=True) if part.name == path.sub else part
