"""How many resources of each kind there are, without counting them.

An edge beside the walk. Changed in the transaction that makes or deletes a
resource. The number is spread over slots, so that two creates at the same
time seldom wait for one row.
"""

import sqlalchemy as sa

from seatkeeper.store.resource_tables import COUNTS, SLOTS
from seatkeeper.store.upsert import insert_missing


def count_of(db: sa.Connection, kind: str) -> int:
    """Return how many there are."""
    query = sa.select(sa.func.sum(COUNTS.c.number)).where(COUNTS.c.kind == kind)
    return int(db.execute(query).scalar_one() or 0)


def note_one(db: sa.Connection, kind: str, seq: int, change: int) -> None:
    """Add ``change`` to the number of a kind, in the slot of the resource ``seq``."""
    slot = seq % SLOTS
    mine = (COUNTS.c.kind == kind) & (COUNTS.c.slot == slot)
    more = COUNTS.update().where(mine).values(number=COUNTS.c.number + change)
    if db.execute(more).rowcount == 0:
        insert_missing(db, COUNTS, [{"kind": kind, "slot": slot, "number": 0}])
        db.execute(more)
