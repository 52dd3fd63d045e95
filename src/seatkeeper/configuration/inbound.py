"""Compile what sources of people say into the directory's attributes.

Before the walk. The defaults are ``gallery/inbound.yaml``, in the language of
an app's mappings and compiled by the same compiler; only the direction differs.
What a source has of its own are changes over them (``source_documents``).
"""

from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources
from typing import Final

import msgspec
import yaml

from seatkeeper.configuration.rules import object_mapping
from seatkeeper.configuration.settings import MappingChange, changed_mappings
from seatkeeper.directory.attributes import GROUP_ATTRIBUTES, USER_ATTRIBUTES, Attribute, Type
from seatkeeper.directory.model import Kind
from seatkeeper.directory.sourcing import MATCHING
from seatkeeper.gallery.schema import AttributeType, ObjectType, TargetAttribute
from seatkeeper.provisioning.inbound import InboundMappings

_TYPES: Final = {
    Type.STRING: AttributeType.STRING,
    Type.STRINGS: AttributeType.STRING,
    Type.BOOLEAN: AttributeType.BOOLEAN,
    Type.REFERENCE: AttributeType.REFERENCE,
}
_EXTENSIONS: Final = tuple(f"extensionAttribute{number}" for number in range(1, 16))


class SourceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What an administrator decides for one source: by what its people are known, and mappings."""

    matching: tuple[str, ...] = MATCHING
    users: tuple[MappingChange, ...] = ()
    groups: tuple[MappingChange, ...] = ()

    def to_plain(self) -> dict[str, object]:
        """Return them as they are kept."""
        plain: dict[str, object] = msgspec.to_builtins(self)
        return plain


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    users: ObjectType
    groups: ObjectType


def settings_in(plain: Mapping[str, object]) -> SourceSettings:
    """Return settings that were kept."""
    return msgspec.convert(plain, SourceSettings)


@cache
def inbound_objects() -> tuple[ObjectType, ObjectType]:
    """Return users and groups of the directory as targets, with the mappings of every source.

    Beside what those mappings write, any attribute that people may write can be
    a target of one's own.
    """
    file = resources.files("seatkeeper.gallery") / "inbound.yaml"
    found = msgspec.convert(yaml.safe_load(file.read_text(encoding="utf-8")), _Document)
    users = {
        **USER_ATTRIBUTES,
        **{name: Attribute(name, Type.STRING) for name in _EXTENSIONS},
    }
    return _with_all(found.users, users), _with_all(found.groups, GROUP_ATTRIBUTES)


def inbound_mappings(settings: SourceSettings | None = None) -> InboundMappings:
    """Return the mappings of a source with these settings; without any, those of every source."""
    return _compiled(settings or SourceSettings())


@lru_cache(maxsize=256)
def _compiled(settings: SourceSettings) -> InboundMappings:
    users, groups = inbound_objects()
    return InboundMappings(
        object_mapping(Kind.USER, users, changed_mappings(users, settings.users), ()),
        object_mapping(Kind.GROUP, groups, changed_mappings(groups, settings.groups), ()),
    )


def _with_all(objects: ObjectType, known: Mapping[str, Attribute]) -> ObjectType:
    listed = {one.path for one in objects.attributes}
    more = [
        TargetAttribute(one.name, _TYPES[one.type], multi_valued=one.type is Type.STRINGS)
        for one in known.values()
        if one.writable and one.name not in listed
    ]
    return msgspec.structs.replace(objects, attributes=(*objects.attributes, *more))
