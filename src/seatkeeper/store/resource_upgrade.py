"""Bring a file of format 1 to the present tables, with all that it holds.

An edge beside the walk. Runs once per file, inside the transaction that opens
it: killed anywhere, the file is as it was. Why: format 1 found members and
keys by long texts, and read every body to answer most filters. Deploy: on
opening, some seconds per 100,000 resources. Locks: the file, which has one
user anyway. Undo: format 1 is not written any more; keep a copy. Keys are not
copied but made anew from the bodies, when the store is opened.
"""

from typing import Any

import msgspec
import sqlalchemy as sa

from seatkeeper.store.resource_rows import columns_of
from seatkeeper.store.resource_tables import COUNTS, METADATA, RESOURCES, SLOTS

_BATCH = 500


def upgrade_format_1(db: sa.Connection) -> None:
    """Turn the tables of format 1 into those of format 2."""
    for table in ("resources", "members"):
        db.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {table}_1")
    for index in ("resources_in_order", "members_of"):
        db.exec_driver_sql(f"DROP INDEX {index}")
    for table in ("keys", "claims"):
        db.exec_driver_sql(f"DROP TABLE {table}")
    METADATA.create_all(db)
    last = 0
    while rows := _rows_after(db, last):
        last = rows[-1]["seq"]
        for row in rows:
            row.update(columns_of(msgspec.json.decode(row.pop("body"))))
        db.execute(RESOURCES.insert(), rows)
    db.exec_driver_sql(
        "INSERT INTO members (group_seq, member_seq)"
        " SELECT g.seq, m.seq FROM members_1 JOIN resources g ON g.id = members_1.group_id"
        " JOIN resources m ON m.id = members_1.member_id"
    )
    slot = (RESOURCES.c.seq % SLOTS).label("slot")
    counted = sa.select(RESOURCES.c.kind, slot, sa.func.count()).group_by(RESOURCES.c.kind, slot)
    db.execute(COUNTS.insert().from_select(["kind", "slot", "number"], counted))
    for table in ("resources", "members"):
        db.exec_driver_sql(f"DROP TABLE {table}_1")


def _rows_after(db: sa.Connection, seq: int) -> list[dict[str, Any]]:
    query = (
        "SELECT seq, kind, id, created, modified, version, body FROM resources_1"
        " WHERE seq > ? ORDER BY seq LIMIT ?"
    )
    return [dict(row) for row in db.exec_driver_sql(query, (seq, _BATCH)).mappings()]
