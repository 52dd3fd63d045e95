"""Read a PatchOp message into operations, one per path (RFC 7644 3.5.2).

Beside the walk. ``patch`` carries operations out, ``members`` splits those on
members off first. An operation without a path becomes one per key of its
value; its keys may be dotted or carry a URN in the dialects that do so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from seatkeeper.scim import dialect, translation
from seatkeeper.scim.dialect import Inspection
from seatkeeper.scim.errors import InvalidPath, InvalidSyntax, NoTarget, TooMany, UnfitValue
from seatkeeper.scim.messages import PATCH_OP, Json, Resource
from seatkeeper.scim.names import get
from seatkeeper.scim.schema import ResourceSchema
from seatkeeper.scim.syntax import AttributePath
from seatkeeper.scim.validation import note_key

MOST_OPERATIONS: Final = 1_000
MOST_WRITES: Final = 10_000
_OPS: Final = ("add", "replace", "remove")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation on one path, its ``op`` in lower case; ``place`` is where it was said."""

    op: str
    path: AttributePath
    value: Json
    place: str = ""


def read_operations(
    body: Json, schema: ResourceSchema, inspection: Inspection | None = None
) -> tuple[Operation, ...]:
    """Return the operations of a PatchOp message, one per path, in their order.

    Raises ``ScimError`` for a message of another shape; more than 1,000
    operations, or 10,000 values written by them, are 413.
    """
    inspection = inspection or Inspection()
    inspection.place = ""
    if not isinstance(body, dict):
        raise InvalidSyntax("The body must be a PatchOp object.")
    _check_schemas(get(body, "schemas"), inspection)
    listed = get(body, "Operations")
    if not isinstance(listed, list) or not listed:
        raise InvalidSyntax("Operations must be a list with one operation at least.")
    if len(listed) > MOST_OPERATIONS:
        raise TooMany(f"At most {MOST_OPERATIONS} operations at a time.")
    found: list[Operation] = []
    for at, one in enumerate(listed):
        inspection.place = f"Operations[{at}]"
        found.extend(_read_one(one, schema, inspection))
        if len(found) > MOST_WRITES:
            raise TooMany(f"At most {MOST_WRITES} attributes at a time.")
    inspection.place = ""
    return tuple(found)


def _check_schemas(named: Json, inspection: Inspection) -> None:
    if named is None:
        inspection.tolerate(dialect.SCHEMAS_MISSING, "schemas")
    elif not isinstance(named, list) or PATCH_OP.casefold() not in [
        str(one).casefold() for one in named
    ]:
        raise InvalidSyntax(f"schemas must name {PATCH_OP}.")
    else:
        inspection.met("RFC 7644 3.5.2", "schemas names the PatchOp message.")


def _read_one(one: Json, schema: ResourceSchema, inspection: Inspection) -> Iterator[Operation]:
    if not isinstance(one, dict):
        raise InvalidSyntax("Each operation must be an object.")
    said = get(one, "op")
    if not isinstance(said, str) or said.casefold() not in _OPS:
        raise InvalidSyntax("op must be add, replace or remove.")
    op = translation.op(said, inspection)
    path, value = get(one, "path"), get(one, "value")
    if path is not None and not isinstance(path, str):
        raise InvalidPath("path must be text.")
    if path:
        yield Operation(op, schema.path(path, inspection), value, inspection.place)
    elif op == "remove":
        raise NoTarget("A remove needs a path.")
    elif not isinstance(value, dict):
        raise UnfitValue("Without a path, value must be an object.")
    else:
        yield from _keys(op, value, schema, inspection)


def _keys(
    op: str, value: Resource, schema: ResourceSchema, inspection: Inspection
) -> Iterator[Operation]:
    for key, part in value.items():
        if schema.extension(key) is None:
            note_key(key, inspection)
        yield Operation(op, schema.path(key, inspection), part, inspection.place)
