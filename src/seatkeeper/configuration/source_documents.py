"""Rules of one source as code: a YAML document, read, checked, printed and compared.

Before the walk. The mappings are written as those of an app are, and judged by
the same checks; only what can be read is SCIM here, and what can be written the
directory. A document says everything: what it leaves out is as every source has it.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
import yaml

from seatkeeper.configuration.check_mappings import SCIM, mapping_flaws
from seatkeeper.configuration.differences import mapping_differences
from seatkeeper.configuration.documents import read_changes
from seatkeeper.configuration.inbound import SourceSettings, inbound_objects
from seatkeeper.configuration.reading import Reading
from seatkeeper.configuration.settings import MappingChange
from seatkeeper.directory.people_row import shown
from seatkeeper.directory.sourcing import MATCHING

_FIELDS: Final = ("source", "matching", "users", "groups")
_MEANINGLESS: Final = ("applies", "matching", "flow_behavior")
"""What a mapping onto an app can say and one into the directory cannot."""


class SourceDocument(msgspec.Struct, frozen=True):
    """One source as a document says it."""

    source: str
    settings: SourceSettings


def read_source(name: str, text: str) -> SourceDocument:
    """Return the one document in ``text``.

    Raises ``InvalidFile`` with the line and column of every fault. Whether the
    name can be a source's is seen when it is applied.
    """
    reading = Reading(name)
    nodes = reading.documents(text)
    found = SourceDocument("", SourceSettings())
    if len(nodes) == 1:
        found = _document(reading, nodes[0])
    elif not reading.faults:
        reading.whole(f"One source is expected in the file, and there are {len(nodes)}.")
    reading.finish()
    return found


def print_source(document: SourceDocument) -> str:
    """Return the document as YAML that ``read_source`` reads as the same."""
    plain: dict[str, object] = {
        "source": document.source,
        "matching": list(document.settings.matching),
    }
    for name, changes in _parts(document.settings).items():
        if changes:
            plain[name] = [msgspec.to_builtins(change) for change in changes]
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100)


def source_differences(before: SourceSettings, after: SourceSettings) -> list[str]:
    """Return what differs, a line each; none where both say the same."""
    lines = []
    if before.matching != after.matching:
        lines.append(f"matching: {', '.join(before.matching)} -> {', '.join(after.matching)}")
    then, now = _parts(before), _parts(after)
    for name in then:
        lines += mapping_differences(name, then[name], now[name])
    return lines


def _parts(settings: SourceSettings) -> Mapping[str, tuple[MappingChange, ...]]:
    return {"users": settings.users, "groups": settings.groups}


def _document(reading: Reading, node: yaml.Node) -> SourceDocument:
    fields = reading.fields(node, _FIELDS)
    if "source" not in fields:
        reading.fault(node, "The document needs the field source.")
    places: dict[str, yaml.Node] = {}
    changes = {
        name: read_changes(reading, name, fields.get(name), places) for name in ("users", "groups")
    }
    for (name, found), objects in zip(changes.items(), inbound_objects(), strict=True):
        for number, change in enumerate(found):
            said = [one for one in _MEANINGLESS if getattr(change, one) is not None]
            for one in said:
                text = f"{one} says nothing here: what a source says is always carried over."
                reading.fault(places[f"{name}.{number}"], text)
        for flaw in mapping_flaws(f"{SCIM}{name}", objects, found):
            place = places.get(flaw.field.removeprefix(SCIM), node)
            reading.fault(place, flaw.text)
    settings = SourceSettings(_matching(reading, fields.get("matching")), **changes)
    return SourceDocument(reading.text(fields.get("source")), settings)


def _matching(reading: Reading, node: yaml.Node | None) -> tuple[str, ...]:
    if node is None:
        return MATCHING
    found = []
    for item in reading.items(node):
        text = reading.text(item)
        if text not in MATCHING:
            reading.fault(item, f"{shown(text)} is none of {', '.join(MATCHING)}.")
        elif text in found:
            reading.fault(item, f"{text} is there twice.")
        found.append(text)
    if "userName" not in found:
        reading.fault(node, "userName must be among them: the directory has each name once.")
    return tuple(found)
