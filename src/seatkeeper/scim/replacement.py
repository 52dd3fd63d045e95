"""What a PUT makes of a resource (RFC 7644 3.5.1).

Beside the walk. What the client left out is cleared; what it may not write
stays; what may be written once must not differ. A PUT that says what is there
already changes nothing, so the version stays.
"""

from collections.abc import Iterator

from seatkeeper.scim.attribute import Attribute, Mutability
from seatkeeper.scim.dialect import Inspection
from seatkeeper.scim.errors import NotWritable
from seatkeeper.scim.messages import Resource
from seatkeeper.scim.names import get, same
from seatkeeper.scim.schema import ResourceSchema
from seatkeeper.scim.syntax import AttributePath
from seatkeeper.scim.validation import received
from seatkeeper.scim.writing import held_at, put_at, with_part

_KEPT = (Mutability.READ_ONLY, Mutability.WRITE_ONLY, Mutability.IMMUTABLE)


def replaced(
    held: Resource, body: Resource, schema: ResourceSchema, inspection: Inspection | None = None
) -> Resource:
    """Return what ``held`` is after a PUT of ``body``; ``held`` itself if nothing differs."""
    after = received(body, schema, inspection)
    return settled(held, after, schema)


def settled(held: Resource, after: Resource, schema: ResourceSchema) -> Resource:
    """Return ``after`` with what a PUT may not change; raises ``NotWritable`` where it tries."""
    for path, attribute in _attributes(schema):
        before = held_at(held, path)
        if before is None:
            continue
        now = held_at(after, path)
        if attribute.mutability in _KEPT:
            if attribute.mutability is Mutability.IMMUTABLE:
                _refuse_change(path, now is not None and not same(now, before))
            if now is None:
                after = put_at(after, path, before)
        elif attribute.sub and not attribute.multi_valued and isinstance(before, dict):
            kept = _with_kept_parts(before, now if isinstance(now, dict) else {}, attribute, path)
            after = put_at(after, path, kept)
    return held if same(after, held) else after


def _attributes(schema: ResourceSchema) -> Iterator[tuple[AttributePath, Attribute]]:
    for attribute in schema.core.attributes:
        yield AttributePath(None, attribute.name), attribute
    for extension in schema.extensions:
        for attribute in extension.attributes:
            yield AttributePath(extension.id, attribute.name), attribute


def _with_kept_parts(
    before: Resource, now: Resource, attribute: Attribute, path: AttributePath
) -> Resource:
    if not now:
        return now
    for part in attribute.sub:
        held = get(before, part.name)
        if held is None or part.mutability not in _KEPT:
            continue
        given = get(now, part.name)
        if part.mutability is Mutability.IMMUTABLE:
            _refuse_change(path, given is not None and not same(given, held))
        if given is None:
            now = with_part(now, part.name, held)
    return now


def _refuse_change(path: AttributePath, differs: bool) -> None:
    if differs:
        raise NotWritable(f"{path} was set once and stays as it is.")
