"""What a source said of a person or group, in the directory's own attributes.

Before the walk, at the door where people are pushed in:

    [source change] -> scope -> map -> match -> plan -> export -> log

The mappings of the walk, read the other way: SCIM in, directory attributes
out. Whether the source may say it at all is decided in ``directory.sourcing``;
who a manager's id belongs to only the store knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from seatkeeper.directory.model import User, Value
from seatkeeper.provisioning.mapping.evaluate import Circumstances, want_user
from seatkeeper.provisioning.mapping.model import ObjectMapping
from seatkeeper.scim.messages import Json, Resource
from seatkeeper.scim.path import parse_path, read

ENABLED: Final = "accountEnabled"
MANAGER: Final = "manager"


@dataclass(frozen=True, slots=True)
class InboundMappings:
    """From a source's users and groups into the directory."""

    users: ObjectMapping
    groups: ObjectMapping

    def of(self, kind: str) -> ObjectMapping:
        """Return the mappings of a SCIM resource type."""
        return self.groups if kind == "Group" else self.users


@dataclass(frozen=True, slots=True)
class Said:
    """Everything that a source says of one record. ``manager`` is an id of the source's own."""

    attributes: Mapping[str, Value]
    enabled: bool = True
    manager: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """What a source says now that it did not say before; none where it says the same.

    An attribute with none is one that the source no longer gives.
    """

    attributes: Mapping[str, Value | None]
    enabled: bool | None = None
    manager: str | None = None


def said(resource: Resource, mapping: ObjectMapping) -> Said:
    """Return what a resource says. Raises ``MappingFailed`` for a value that does not fit."""
    held: dict[str, Value] = {}
    for path in dict.fromkeys(name for one in mapping.mappings for name in one.reads):
        value = _value(read(resource, parse_path(path)))
        if value is not None:
            held[path] = value
    wanted = want_user(User("", held), mapping, Circumstances())
    values = {name: value for name, value in wanted.always.items() if not isinstance(value, int)}
    flag = wanted.always.get(ENABLED, True)
    manager = wanted.references.get(MANAGER, "")
    return Said(values, flag is True, manager if isinstance(manager, str) else "")


def difference(before: Said | None, now: Said, mapping: ObjectMapping) -> Difference:
    """Return how ``now`` differs from what was said before; all of it where nothing was.

    A value that a source repeats is no news, so what was corrected by hand
    stays until the source has something new to say about it.
    """
    names = [
        one.target
        for one in mapping.mappings
        if one.target not in (ENABLED, MANAGER)
        and (before is None or before.attributes.get(one.target) != now.attributes.get(one.target))
    ]
    return Difference(
        {name: now.attributes.get(name) for name in names},
        now.enabled if before is None or before.enabled != now.enabled else None,
        now.manager if before is None or before.manager != now.manager else None,
    )


def _value(found: Json) -> Value | None:
    """Return a SCIM value as the directory holds values; none for what is no plain value."""
    if isinstance(found, list):
        texts = tuple(one for one in found if isinstance(one, str))
        return texts or None
    if isinstance(found, bool | str):
        return found
    if isinstance(found, int | float):
        return str(found)
    return None
