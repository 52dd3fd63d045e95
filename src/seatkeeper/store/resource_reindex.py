"""Make the keys of a store anew where they were made by other rules.

An edge beside the walk. Other rules: a file of an older format, or an app
whose attributes are compared, looked up or unique in another way than before.
Runs when the store is opened, in one transaction. Of several that now claim
one unique value, the oldest keeps it.
"""

import hashlib
from collections.abc import Callable
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from seatkeeper.scim.holding import Keys
from seatkeeper.scim.messages import Resource
from seatkeeper.store.resource_keys import key_rows
from seatkeeper.store.resource_tables import CLAIMS, FACTS, KEYS, RESOURCES
from seatkeeper.store.upsert import PIECE, insert_missing, upsert

_RULES: Final = "rules of keys"
_KINDS: Final = ("User", "Group")
# Compared with case this stays as it is, without case it becomes an "a".
_EXAMPLE: Final[Resource] = {
    "userName": "Ａ",
    "externalId": "Ａ",
    "displayName": "Ａ",
    "emails": [{"value": "Ａ"}],
}


def reindex(db: sa.Connection, keys_of: Callable[[str, Resource], Keys]) -> None:
    """Make all keys and claims anew, unless they were made by these rules already."""
    wanted = _told(keys_of)
    # Of several that open a store at once, one does it.
    db.execute(sa.select(FACTS.c.value).where(FACTS.c.name == "format").with_for_update())
    found = db.execute(sa.select(FACTS.c.value).where(FACTS.c.name == _RULES)).scalar()
    if found == wanted:
        return
    for table in (KEYS, CLAIMS):
        db.execute(table.delete())
    last = 0
    while rows := _rows_after(db, last):
        last = rows[-1].seq
        made = [
            key_rows(row.kind, row.seq, keys_of(row.kind, msgspec.json.decode(row.body)))
            for row in rows
        ]
        insert_missing(db, KEYS, [key for keys, _ in made for key in keys])
        insert_missing(db, CLAIMS, [claim for _, claims in made for claim in claims])
    upsert(db, FACTS, [{"name": _RULES, "value": wanted}])


def _rows_after(db: sa.Connection, seq: int) -> Any:
    query = sa.select(RESOURCES.c.seq, RESOURCES.c.kind, RESOURCES.c.body)
    query = query.where(RESOURCES.c.seq > seq).order_by(RESOURCES.c.seq).limit(PIECE)
    return db.execute(query).all()


def _told(keys_of: Callable[[str, Resource], Keys]) -> str:
    """Return what tells one set of rules from another: the keys of an example."""
    keys = [keys_of(kind, _EXAMPLE) for kind in _KINDS]
    told = [(sorted(one.lookups.items()), sorted(one.unique)) for one in keys]
    return hashlib.sha256(repr(told).encode()).hexdigest()
