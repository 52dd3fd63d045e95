"""Compile what sources of people say into the directory's attributes.

Before the walk. The document is ``gallery/inbound.yaml``, in the language of an
app's mappings and compiled by the same compiler; only the direction differs.
"""

from functools import cache
from importlib import resources

import msgspec
import yaml

from seatkeeper.configuration.rules import object_mapping
from seatkeeper.directory.model import Kind
from seatkeeper.gallery.schema import ObjectType
from seatkeeper.provisioning.inbound import InboundMappings


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    users: ObjectType
    groups: ObjectType


@cache
def inbound_mappings() -> InboundMappings:
    """Return the mappings that every source has."""
    file = resources.files("seatkeeper.gallery") / "inbound.yaml"
    found = msgspec.convert(yaml.safe_load(file.read_text(encoding="utf-8")), _Document)
    return InboundMappings(
        *(
            object_mapping(kind, objects, objects.mappings, ())
            for kind, objects in ((Kind.USER, found.users), (Kind.GROUP, found.groups))
        )
    )
