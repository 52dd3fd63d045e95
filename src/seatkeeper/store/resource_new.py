"""Keep what is new: the row of a resource, its keys, its claims, and one more of its kind.

An edge beside the walk. On SQLite all that a turn makes is written together: what
must be unique is claimed at once, so that whoever comes second is refused at
once, and the rest is put off until somebody looks or the turn ends.
"""

from collections import Counter
from collections.abc import Mapping
from operator import itemgetter
from typing import Any, Final

import sqlalchemy as sa

from seatkeeper.scim.holding import Keys
from seatkeeper.store.fixed import Fixed
from seatkeeper.store.resource_counts import note_one
from seatkeeper.store.resource_keys import NEW_KEY, claim, lookup_rows, write_keys
from seatkeeper.store.resource_tables import RESOURCES

_WRITTEN: Final = ("kind", "id", "created", "modified", "version", "body", "shown", "active")
_NEW: Final = Fixed(
    RESOURCES.insert()
    .values({name: sa.bindparam(name) for name in _WRITTEN})
    .returning(RESOURCES.c.seq)
)
_NEW_ONES: Final = Fixed(
    RESOURCES.insert().values({name: sa.bindparam(name) for name in ("seq", *_WRITTEN)})
)
_SEQUENCE: Final = sa.table("sqlite_sequence", sa.column("name"), sa.column("seq"))
_LAST: Final = Fixed(
    sa.select(_SEQUENCE.c.seq).where(_SEQUENCE.c.name == sa.bindparam("of", RESOURCES.name))
)

_Row = Mapping[str, Any]


def insert_resource(db: sa.Connection, row: _Row, keys: Keys) -> int:
    """Keep one resource now; return its number. A taken value is 409 uniqueness."""
    seq = int(_NEW.rows(db, **row)[0][0])
    write_keys(db, row["kind"], seq, keys)
    note_one(db, row["kind"], seq, +1)
    return seq


_place: Final = itemgetter("kind", "name", "value")


class NewResources:
    """What is made in one SQLite transaction, whose writer nobody else writes beside."""

    def __init__(self) -> None:
        self._last = -1
        self._rows: list[_Row] = []
        self._keys: list[_Row] = []
        self._made: Counter[str] = Counter()

    def add(self, db: sa.Connection, row: _Row, keys: Keys) -> None:
        """Claim what must be unique, and put the rest off. A taken value is 409, and no trace."""
        if self._last < 0:
            found = _LAST.first(db)
            self._last = 0 if found is None else int(found[0])
        kind, seq = row["kind"], self._last + 1
        claim(db, kind, seq, keys)
        self._last = seq
        self._rows.append({**row, "seq": seq})
        self._keys += lookup_rows(kind, seq, keys)
        self._made[kind] += 1

    def settle(self, db: sa.Connection) -> None:
        """Write it."""
        _NEW_ONES.run_each(db, self._rows)
        # In the index's own order, so that neighbours are written one after the other.
        NEW_KEY.run_each(db, sorted(self._keys, key=_place))
        for kind, number in self._made.items():
            note_one(db, kind, 0, number)
