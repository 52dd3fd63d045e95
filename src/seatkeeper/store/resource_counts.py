"""How many resources of each kind there are, without counting them.

An edge beside the walk. Changed in the transaction that makes or deletes a
resource. The number is spread over slots, so that two creates at the same
time seldom wait for one row.
"""

from typing import Final

import sqlalchemy as sa

from seatkeeper.store.fixed import Fixed
from seatkeeper.store.resource_tables import COUNTS, SLOTS
from seatkeeper.store.upsert import insert_missing

_COUNTED: Final = Fixed(
    sa.select(sa.func.sum(COUNTS.c.number)).where(COUNTS.c.kind == sa.bindparam("of"))
)
_MORE: Final = Fixed(
    COUNTS.update()
    .where(COUNTS.c.kind == sa.bindparam("of"), COUNTS.c.slot == sa.bindparam("at"))
    .values(number=COUNTS.c.number + sa.bindparam("change"))
)


def count_of(db: sa.Connection, kind: str) -> int:
    """Return how many there are."""
    found = _COUNTED.first(db, of=kind)
    return int(found[0] or 0) if found else 0


def note_one(db: sa.Connection, kind: str, seq: int, change: int) -> None:
    """Add ``change`` to the number of a kind, in the slot of the resource ``seq``."""
    # One writer at a time on SQLite: nobody would wait for the one slot.
    slot = 0 if db.dialect.name == "sqlite" else seq % SLOTS
    if _MORE.run(db, of=kind, at=slot, change=change) == 0:
        insert_missing(db, COUNTS, [{"kind": kind, "slot": slot, "number": 0}])
        _MORE.run(db, of=kind, at=slot, change=change)
