"""The attribute list of one configured app: the gallery's, with an administrator's changes.

Before the walk. An administrator may add attributes of his own, by any SCIM
path, and say of the gallery's whether case counts and whether a value is
required. Who needs an app's attributes asks ``customized`` first.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from seatkeeper.configuration.settings import AppSettings, AttributeChange
from seatkeeper.directory.people_row import shown
from seatkeeper.gallery.schema import AttributeType, GalleryApp, ObjectType, TargetAttribute
from seatkeeper.scim.filter import is_core
from seatkeeper.scim.messages import ScimError
from seatkeeper.scim.path import described, parse_path

MOST_ATTRIBUTES: Final = 500
LONGEST_PATH: Final = 512

RESERVED: Final[Mapping[str, str]] = {
    "id": "is given by the app and cannot be mapped",
    "schemas": "is written by the protocol and cannot be mapped",
    "meta": "is written by the app and cannot be mapped",
    "groups": "is read-only in SCIM; memberships are written through the members of groups",
}
"""Attributes that nobody maps, and why; written so that their name stands before."""

_FIXED: Final = ("type", "unique", "multi_valued", "references")


def customized(app: GalleryApp, settings: AppSettings) -> GalleryApp:
    """Return the app with the attributes that its settings add or change."""
    users = _with(app.users, settings.user_attributes)
    groups = app.groups
    if groups is not None:
        groups = _with(groups, settings.group_attributes)
    return replace(app, users=users, groups=groups)


def reserved(path: str) -> str | None:
    """Return why nobody can map onto this path, or none where it can be read and is free."""
    try:
        parsed = parse_path(path)
    except ScimError:
        return None
    if parsed.schema is not None and not is_core(parsed.schema):
        return None
    why = RESERVED.get(parsed.name.casefold())
    return f"{parsed.name} {why}." if why else None


def attribute_faults(
    objects: ObjectType, changes: Sequence[AttributeChange]
) -> list[tuple[int, str]]:
    """Return every fault in changes to an attribute list: the number of the change, and what."""
    known = {attribute.path: attribute for attribute in objects.attributes}
    folded = {path.casefold(): path for path in known}
    found = []
    seen: set[str] = set()
    for number, change in enumerate(changes):
        if change.path.casefold() in seen:
            found.append((number, f"{change.path} is in the attribute list twice."))
        seen.add(change.path.casefold())
        if change.path in known:
            texts = _override_faults(change)
        elif (other := folded.get(change.path.casefold())) is not None:
            texts = [f"{shown(change.path)} differs only in case from the app's {other}."]
        else:
            texts = _own_faults(change)
        found += [(number, text) for text in texts]
    if len(changes) > MOST_ATTRIBUTES:
        found.append((MOST_ATTRIBUTES, f"At most {MOST_ATTRIBUTES} attributes can be changed."))
    return found


def path_fault(path: str) -> str | None:
    """Return what is wrong with the path of an attribute of one's own, or none."""
    if len(path) > LONGEST_PATH:
        return f"{shown(path)} has more than {LONGEST_PATH} characters."
    try:
        parsed = parse_path(path)
    except ScimError as error:
        return f"{shown(path)} is no attribute path: {error.message}"
    if not parsed.name:
        return f"{shown(path)} names a schema and no attribute in it."
    if (why := reserved(path)) is not None:
        return why
    if parsed.where is not None and described(parsed.where) is None:
        return f"The filter of {shown(path)} describes no element; only eq, joined by and, does."
    return None


def _override_faults(change: AttributeChange) -> list[str]:
    given = [name for name in _FIXED if getattr(change, name) is not None]
    return [f"{name} of {change.path} is as the gallery has it." for name in given]


def _own_faults(change: AttributeChange) -> list[str]:
    fault = path_fault(change.path)
    if fault is not None:
        return [fault]
    texts = []
    if change.references is not None and change.type != "reference":
        texts.append(f"{change.path} refers to nothing; references is for type reference.")
    if change.type == "reference" and change.multi_valued:
        texts.append(f"{change.path} would hold several references; only members does.")
    if change.type == "complex" and not change.multi_valued:
        texts.append(f"{change.path} holds elements, so it is multi_valued: true.")
    return texts


def _with(objects: ObjectType, changes: Sequence[AttributeChange]) -> ObjectType:
    by_path = {change.path: change for change in changes}
    known = {attribute.path for attribute in objects.attributes}
    kept = [_changed(one, by_path.get(one.path)) for one in objects.attributes]
    own = [
        _changed(TargetAttribute(path), change)
        for path, change in by_path.items()
        if path not in known
    ]
    return replace(objects, attributes=(*kept, *own))


def _changed(attribute: TargetAttribute, change: AttributeChange | None) -> TargetAttribute:
    if change is None:
        return attribute
    said = {
        name: value
        for name in ("required", "unique", "case_exact", "multi_valued")
        if (value := getattr(change, name)) is not None
    }
    kind = attribute.type if change.type is None else AttributeType(change.type)
    return replace(attribute, type=kind, **said)
