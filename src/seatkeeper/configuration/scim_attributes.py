"""What a source of people can say in SCIM, as attributes that a mapping reads.

Before the walk. Pure: the schemas that the inbound service takes, asked by path.
"""

from typing import Final

from seatkeeper.directory.attributes import Attribute, Type
from seatkeeper.scim.attribute import Returned
from seatkeeper.scim.attribute import Type as ScimType
from seatkeeper.scim.core import ENTERPRISE_SCHEMA, GROUP_SCHEMA, USER_SCHEMA
from seatkeeper.scim.errors import ScimError
from seatkeeper.scim.schema import ResourceSchema, Schema

_SCHEMAS: Final = {
    "users": ResourceSchema(USER_SCHEMA, (ENTERPRISE_SCHEMA,)),
    "groups": ResourceSchema(GROUP_SCHEMA),
}
_MANAGER: Final = ("manager", "value")


def scim_attribute(name: str, text: str) -> Attribute | None:
    """Return what a path of users or groups (``name``) gives; none where it gives no value."""
    schema = _SCHEMAS[name]
    try:
        path = schema.path(text)
    except ScimError:
        return None
    whole = schema.attribute(path)
    part = whole
    if whole is not None and path.sub is not None:
        part = whole.part(path.sub)
    if whole is None or part is None or part.type is ScimType.COMPLEX:
        return None
    if whole.returned is Returned.NEVER:  # a password is not kept, so nothing can be made of it
        return None
    if (path.name, path.sub) == _MANAGER:
        return Attribute(text, Type.REFERENCE)
    if whole.multi_valued and path.where is None:
        return Attribute(text, Type.STRINGS)
    return Attribute(text, Type.BOOLEAN if part.type is ScimType.BOOLEAN else Type.STRING)


def scim_names(name: str) -> list[str]:
    """Return the paths that a source can say, to suggest one."""
    schema = _SCHEMAS[name]
    found = _names(schema.core, "")
    for extension in schema.extensions:
        found += _names(extension, f"{extension.id}:")
    return found


def _names(schema: Schema, before: str) -> list[str]:
    found = []
    for one in schema.attributes:
        if one.type is ScimType.COMPLEX:
            found += [f"{before}{one.name}.{part.name}" for part in one.sub]
        else:
            found.append(f"{before}{one.name}")
    return found
