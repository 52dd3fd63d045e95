"""The commonest question of all: who has exactly this value under one key.

An edge beside the walk. ``resource_query`` answers it too, among all others;
here it costs one statement that never changes. What it finds is the same.
"""

from typing import Final

import sqlalchemy as sa

from seatkeeper.scim.holding import Found, Wanted
from seatkeeper.scim.names import fold, is_core
from seatkeeper.scim.syntax import Comparison, Operator
from seatkeeper.store.fixed import Fixed
from seatkeeper.store.resource_keys import key_of_text
from seatkeeper.store.resource_query import key_name
from seatkeeper.store.resource_rows import WHOLE, WholeRow, stored
from seatkeeper.store.resource_tables import KEYS, RESOURCES

_HAVE: Final = (
    KEYS.c.kind == sa.bindparam("of"),
    KEYS.c.name == sa.bindparam("under"),
    KEYS.c.value == sa.bindparam("key"),
)
_FIRST: Final = Fixed(
    sa.select(*WHOLE)
    .join(KEYS, KEYS.c.seq == RESOURCES.c.seq)
    .where(*_HAVE)
    .order_by(KEYS.c.seq)
    .limit(sa.bindparam("most"))
)


def key_asked(wanted: Wanted, names: frozenset[str]) -> tuple[str, bytes] | None:
    """Return name and key where ``wanted`` is its first page and nothing more, else none."""
    tree = wanted.filter
    if not isinstance(tree, Comparison) or tree.op is not Operator.EQ:
        return None
    path, value = tree.path, tree.value
    if path.where is not None or not isinstance(value, str):
        return None
    if wanted.sort is not None or wanted.after or wanted.offset or wanted.limit <= 0:
        return None
    if path.schema is not None and not is_core(path.schema):
        return None
    attribute = wanted.schema.attribute(path)
    named = None if attribute is None else key_name(path, attribute, null=False)
    if named is None or named[0] not in names:
        return None
    return named[0], key_of_text(value if named[1].case_exact else fold(value))


def looked_up(db: sa.Connection, kind: str, name: str, key: bytes, *, most: int) -> Found | None:
    """Return who has a key, or none where they are more than ``most``, so more than one page."""
    rows = _FIRST.rows(db, of=kind, under=name, key=key, most=most + 1)
    if len(rows) > most:
        return None
    return Found([stored(WholeRow(*row)) for row in rows], len(rows), "")
