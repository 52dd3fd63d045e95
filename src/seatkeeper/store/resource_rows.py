"""One resource as a row: what of it is written, and what of it is read.

An edge beside the walk. Rows that stand for a reference are read without
their bodies: a group may have a hundred thousand members.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec
import sqlalchemy as sa

from seatkeeper.scim.errors import NotThere
from seatkeeper.scim.holding import Stored
from seatkeeper.scim.messages import Resource
from seatkeeper.scim.names import get
from seatkeeper.scim.quirks import boolean_from_text
from seatkeeper.store.fixed import Fixed
from seatkeeper.store.resource_tables import RESOURCES

SHOWN: Final = ("displayName", "userName")
"""What a reference may show of a resource, beside its id."""

NEITHER: Final = 2
WHOLE: Final = tuple(
    RESOURCES.c[name] for name in ("seq", "kind", "id", "body", "created", "modified", "version")
)
LIGHT: Final = tuple(
    RESOURCES.c[name] for name in ("seq", "kind", "id", "shown", "created", "modified", "version")
)


class WholeRow(NamedTuple):
    """A row of ``WHOLE``."""

    seq: int
    kind: str
    id: str
    body: str
    created: str
    modified: str
    version: int


class LightRow(NamedTuple):
    """A row of ``LIGHT``."""

    seq: int
    kind: str
    id: str
    shown: str
    created: str
    modified: str
    version: int


_BY_ID: Final = sa.select(*WHOLE).where(
    RESOURCES.c.id == sa.bindparam("id"), RESOURCES.c.kind == sa.bindparam("kind")
)
_LOOKED_UP: Final = Fixed(_BY_ID)
# Of two who change one resource the second sees what the first wrote. It is not
# kept from becoming somebody's member meanwhile.
_LOCKED: Final = Fixed(_BY_ID.with_for_update(key_share=True))


def columns_of(values: Resource) -> dict[str, Any]:
    """Return the columns that follow from a resource's values."""
    return {
        "body": _text(values),
        "shown": _text({name: values[name] for name in SHOWN if name in values}),
        "active": activity(values),
    }


def activity(values: Resource) -> int:
    """Return 1 for whoever is active, 0 for whoever is not, ``NEITHER`` where nothing says so."""
    active = boolean_from_text(get(values, "active"))
    return int(active) if isinstance(active, bool) else NEITHER


def stored(row: Any) -> Stored:
    """Return the resource that a row of ``WHOLE`` is."""
    return _stored(row, row.body)


def light(row: Any) -> Stored:
    """Return what a row of ``LIGHT`` tells: of the values only those that a reference shows."""
    return _stored(row, row.shown)


def one(db: sa.Connection, kind: str, resource_id: str, *, lock: bool = False) -> WholeRow:
    """Return the row of one resource, or raise 404; with ``lock`` nobody else changes it."""
    if not is_id(resource_id):
        raise _missing(kind)
    row = (_LOCKED if lock else _LOOKED_UP).first(db, kind=kind, id=resource_id)
    if row is None:
        raise _missing(kind)
    return WholeRow(*row)


def is_id(text: str) -> bool:
    """Say whether a text may be an id of ours; a database refuses to compare some others."""
    return text.isascii() and "\0" not in text


def lights(db: sa.Connection, query: sa.Select[Any]) -> Sequence[Stored]:
    """Return the resources that a query of ``LIGHT`` finds."""
    return [light(row) for row in db.execute(query)]


def _stored(row: Any, values: str) -> Stored:
    return Stored(
        row.kind, row.id, msgspec.json.decode(values), row.created, row.modified, row.version
    )


def _missing(kind: str) -> NotThere:
    return NotThere(f"There is no {kind} with that id.")


def _text(values: Resource) -> str:
    return msgspec.json.encode(values).decode()
