"""Between the walk's target values and SCIM resources, both ways.

Beside the last station of the walk. A ``Shape`` is what a gallery file says
about users or groups of one app; with it values become a resource for a
create, and a resource that came back becomes an account. Nothing is sent here.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from seatkeeper.gallery.schema import AttributeType, ObjectType
from seatkeeper.provisioning.account import Account, TargetValue, TargetValues
from seatkeeper.scim.difference import wire_value
from seatkeeper.scim.path import AttributePath, parse_path, read, write

_ELEMENT: Final = ("primary", "type", "display", "value")


@dataclass(frozen=True)
class Shape:
    """How one app holds one kind: where, under which schemas, with which attribute paths.

    ``exact`` names the paths whose values differ when only case differs.
    """

    endpoint: str
    schemas: tuple[str, ...]
    types: Mapping[str, AttributeType]
    exact: frozenset[str] = frozenset()
    paths: Mapping[str, AttributePath] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Parse every path once; a cycle reads thousands of resources by them."""
        object.__setattr__(self, "paths", {path: parse_path(path) for path in self.types})


def shape_of(objects: ObjectType) -> Shape:
    """Return the shape that a gallery file describes."""
    return Shape(
        endpoint=objects.endpoint,
        schemas=objects.schemas,
        types={attribute.path: attribute.type for attribute in objects.attributes},
        exact=frozenset(one.path for one in objects.attributes if one.case_exact),
    )


def new_resource(shape: Shape, values: TargetValues) -> dict[str, Any]:
    """Return the body that creates an account with these values.

    ``schemas`` names the core schema and each extension that is used; a list
    with one element has it as the primary one. Members never travel here.
    """
    body: dict[str, Any] = {}
    for name, value in values.items():
        path = shape.paths.get(name) or parse_path(name)
        if name == "members" or value in ("", ()):
            continue
        wire = wire_value(value, shape.types.get(name, AttributeType.STRING))
        body = write(body, path, wire)
        if path.where is not None and path.schema is None:
            _sole_is_primary(body, path.name)
    extensions = [name for name in body if name.startswith("urn:")]
    return {"schemas": [*shape.schemas[:1], *extensions], **body}


def account_from(shape: Shape, resource: Mapping[str, Any]) -> Account:
    """Return the account that a resource shows, with the paths of the shape."""
    plain = dict(resource)
    values: dict[str, TargetValue] = {}
    for name, path in shape.paths.items():
        if name == "members":
            continue
        value = _plain(read(plain, path), shape.types[name])
        if value is not None:
            values[name] = value
    return Account(str(resource["id"]), values)


def same(shape: Shape, path: str, ours: str, theirs: TargetValue | None) -> bool:
    """Say whether two values are one by the attribute's case rule."""
    if theirs is None or isinstance(theirs, tuple):
        return False
    if path in shape.exact or path == "id":
        return str(theirs) == ours
    return str(theirs).casefold() == ours.casefold()


def _sole_is_primary(body: dict[str, Any], name: str) -> None:
    elements = body.get(name)
    if isinstance(elements, list) and name != "addresses":
        sole = len(elements) == 1
        body[name] = [
            {**{key: held for key, held in one.items() if key != "primary"}}
            | ({"primary": True} if sole else {})
            for one in elements
        ]


def _plain(value: object, kind: AttributeType) -> TargetValue | None:
    """Return a value as the walk holds it; apps write booleans as text and ids as numbers."""
    if isinstance(value, dict) and kind is AttributeType.COMPLEX:
        return element_text(value)
    if isinstance(value, dict):
        value = value.get("value")
    if isinstance(value, list):
        texts = [_plain(one, kind) for one in value]
        return tuple(str(one) for one in texts if one is not None) or None
    if value is None or value == "":
        return None
    if kind is AttributeType.BOOLEAN and str(value).casefold() in ("true", "false"):
        return str(value).casefold() == "true"
    if isinstance(value, bool | int | str):
        return value if kind is AttributeType.INTEGER or isinstance(value, bool) else str(value)
    return str(value)


def element_text(element: Mapping[str, Any]) -> str:
    """Return a complex element as the walk holds it: only what a mapping can write."""
    kept = {name: element[name] for name in _ELEMENT if name in element}
    return json.dumps({"primary": False, **kept}, ensure_ascii=False, sort_keys=True)
