"""One mapping in force, as plain data."""

from seatkeeper.facts.plain import Plain
from seatkeeper.provisioning.mapping.model import Mapping
from seatkeeper.provisioning.provenance import source_text


def mapping_plain(one: Mapping) -> Plain:
    """Return one mapping; ``matching`` is its place in the order of look-ups, 0 for none."""
    return {
        "target": one.target,
        "source": source_text(one),
        "when": one.applies.value,
        "matching": one.matching,
        "default": one.default,
        "when_empty": one.when_null.value,
        "required": one.required,
        "unique": one.unique,
        "case_exact": one.case_exact,
    }
