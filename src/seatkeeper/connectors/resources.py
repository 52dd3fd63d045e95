"""Between the walk's target values and SCIM resources, both ways.

Beside the last station of the walk. A ``Shape`` is what a gallery file says
about users or groups of one app; with it values become a resource for a
create, differences the operations of a PATCH, and a resource that came back
becomes an account. Nothing is sent here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from seatkeeper.gallery.schema import AttributeType, ObjectType
from seatkeeper.provisioning.account import Account, TargetValue, TargetValues, ValueChange
from seatkeeper.provisioning.mapping.typed import instant
from seatkeeper.scim import quirks
from seatkeeper.scim.difference import Place, operations_for, part_value, place_of
from seatkeeper.scim.element_text import element_text
from seatkeeper.scim.messages import Resource
from seatkeeper.scim.path import is_nothing, top_of, write
from seatkeeper.scim.quirks import NO_QUIRKS, Quirk
from seatkeeper.scim.swift_paths import Read, Write, reader_of, spelled_alike, writer_of

_TEXTS: Final = (AttributeType.STRING, AttributeType.REFERENCE)
_NEVER_SENT: Final = ("members",)


class _Reading(NamedTuple):
    """How the value of one path is read, and what it is held to."""

    name: str
    read: Read
    kind: AttributeType
    several: bool
    is_text: bool
    """Whether a text that is there is the value as it stands."""


@dataclass(frozen=True)
class Shape:
    """How one app holds one kind: where, under which schemas, with which attribute paths.

    ``exact`` names the paths whose values differ when only case differs,
    ``lists`` those that hold several values; ``oddities`` is what the app wants
    otherwise than the RFC says, ``role_ids`` its roles' ids by value.
    """

    endpoint: str
    schemas: tuple[str, ...]
    types: Mapping[str, AttributeType]
    exact: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    oddities: frozenset[Quirk] = NO_QUIRKS
    role_ids: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, Place] = field(init=False, repr=False, compare=False)
    readings: Mapping[str, Sequence[_Reading]] = field(init=False, repr=False, compare=False)
    """What is read, by the folded key of a resource under which it lies."""
    writers: Mapping[str, Write | None] = field(init=False, repr=False, compare=False)
    """How a new resource gets each path's value; empty where two spell a name differently."""

    def __post_init__(self) -> None:
        """Parse every path once; a cycle reads and writes thousands of resources by them."""
        places = {path: place_of(path, kind.value) for path, kind in self.types.items()}
        readings: dict[str, list[_Reading]] = {}
        for name, place in places.items():
            if name not in _NEVER_SENT:
                kind, several = self.types[name], name in self.lists
                is_text = kind in _TEXTS and not several
                one = _Reading(name, reader_of(place.path), kind, several, is_text)
                readings.setdefault(top_of(place.path).casefold(), []).append(one)
        paths = {name: place.path for name, place in places.items()}
        alike = spelled_alike(paths.values())
        writers = {name: writer_of(path) for name, path in paths.items()} if alike else {}
        object.__setattr__(self, "places", places)
        object.__setattr__(self, "readings", readings)
        object.__setattr__(self, "writers", writers)

    def place(self, path: str) -> Place:
        """Return where a mapping's path stands, in the spelling that the RFC has for it."""
        return self.places.get(path) or place_of(path)


def shape_of(
    objects: ObjectType,
    oddities: frozenset[Quirk] = NO_QUIRKS,
    role_ids: Mapping[str, str] | None = None,
) -> Shape:
    """Return the shape that a gallery file describes."""
    return Shape(
        endpoint=objects.endpoint,
        schemas=objects.schemas,
        types={attribute.path: attribute.type for attribute in objects.attributes},
        exact=frozenset(one.path for one in objects.attributes if one.case_exact),
        lists=frozenset(one.path for one in objects.attributes if one.multi_valued),
        oddities=oddities,
        role_ids=role_ids or {},
    )


def new_resource(shape: Shape, values: TargetValues) -> dict[str, Any]:
    """Return the body that creates an account with these values.

    ``schemas`` names the core schema and each extension that is used; a list
    with one element has it as the primary one, unless it says otherwise.
    Members never travel here.
    """
    body: Resource = {}
    filtered: list[str] = []
    swift = values.keys() <= shape.writers.keys()
    for name, value in values.items():
        place = shape.place(name)
        if name in _NEVER_SENT or value in ("", ()):
            continue
        part = part_value(value, place, shape.oddities)
        put = shape.writers[name] if swift else None
        if put is None or is_nothing(part):
            body = write(body, place.path, part)
        else:
            put(body, part)
        if place.path.where is not None and place.path.schema is None:
            filtered.append(place.path.name)
    for name in filtered:
        _sole_is_primary(body, name)
    extensions = [name for name in body if name.startswith("urn:")]
    if Quirk.ONLY_CORE_SCHEMA in shape.oddities:
        extensions = []
    if Quirk.ROLES_AS_JSON_TEXT in shape.oddities:
        body = quirks.roles_with_display_name(body)
    return {"schemas": [*shape.schemas[:1], *extensions], **body}


def patch_operations(
    shape: Shape, changes: Sequence[ValueChange], held: Resource | None
) -> list[Resource]:
    """Return the operations of the PATCH that makes ``changes`` true, in the app's dialect."""
    operations = operations_for(changes, shape.places, held, shape.oddities)
    if Quirk.ROLES_AS_JSON_TEXT in shape.oddities:
        operations = [quirks.roles_as_json_text(one, shape.role_ids) for one in operations]
    if Quirk.EMPTY_TEXT_CLEARS in shape.oddities:
        operations = [quirks.cleared_by_empty_text(one) for one in operations]
    if Quirk.SCHEMAS_IN_PATCH in shape.oddities:
        operations = quirks.schemas_in_patch(operations, _extensions_gaining(shape, changes))
    return operations


def account_from(shape: Shape, resource: Mapping[str, Any]) -> Account:
    """Return the account that a resource shows, with the paths of the shape."""
    plain = dict(resource)
    values: dict[str, TargetValue] = {}
    for top in {key.casefold(): None for key in plain}:
        for one in shape.readings.get(top, ()):
            held = one.read(plain)
            if held is None:
                continue
            value: TargetValue | None
            if one.is_text and isinstance(held, str):
                value = held or None
            else:
                value = _plain(held, one.kind, several=one.several)
            if value is not None:
                values[one.name] = value
    return Account(str(resource["id"]), values)


def same(shape: Shape, path: str, ours: str, theirs: TargetValue | None) -> bool:
    """Say whether two values are one by the attribute's case rule."""
    if theirs is None or isinstance(theirs, tuple):
        return False
    if path in shape.exact or path == "id":
        return str(theirs) == ours
    return str(theirs).casefold() == ours.casefold()


def _extensions_gaining(shape: Shape, changes: Sequence[ValueChange]) -> list[str]:
    """Return the extensions that get a value where none was known."""
    gaining = [shape.place(one.path) for one in changes if one.old is None and one.new is not None]
    core = shape.schemas[:1]
    return list(
        dict.fromkeys(
            place.path.schema
            for place in gaining
            if place.path.schema is not None and place.path.schema not in core
        )
    )


def _sole_is_primary(body: Resource, name: str) -> None:
    elements = body.get(name)
    if name == "addresses" or not isinstance(elements, list) or len(elements) > 1:
        return
    body[name] = [
        {**one, "primary": True} if isinstance(one, dict) and "primary" not in one else one
        for one in elements
    ]


def _plain(value: object, kind: AttributeType, *, several: bool) -> TargetValue | None:
    """Return a value as the walk holds it; apps write booleans as text and ids as numbers.

    An app may show one value as a list of one, and a list of one as a value.
    """
    listed = value if isinstance(value, list) else [] if value is None else [value]
    texts = [one for one in (_one(one, kind) for one in listed) if one is not None]
    if several or len(texts) > 1:
        return tuple(dict.fromkeys(str(one) for one in texts)) or None
    return texts[0] if texts else None


def _one(value: object, kind: AttributeType) -> str | bool | int | None:
    if kind is AttributeType.COMPLEX:
        element = value if isinstance(value, dict) else {"value": value}
        return element_text(element) if any(element.values()) else None
    if isinstance(value, dict):
        value = next((held for key, held in value.items() if key.casefold() == "value"), None)
    if value is None or value == "":
        return None
    match kind:
        case AttributeType.BOOLEAN if str(value).casefold() in ("true", "false"):
            return str(value).casefold() == "true"
        case AttributeType.INTEGER if _is_whole(value):
            return int(value) if isinstance(value, float) else int(str(value))
        case AttributeType.DATETIME:
            return instant(str(value)) or str(value)
        case _:
            return str(value)


def _is_whole(value: object) -> bool:
    if isinstance(value, float):
        return value.is_integer()
    digits = str(value).removeprefix("-")
    return (
        not isinstance(value, bool) and digits.isascii() and digits.isdecimal() and len(digits) < 20
    )
