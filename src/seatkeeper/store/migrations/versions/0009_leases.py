"""0009: several processes share the apps of one database, each app held by a lease.

Why:      one process is the end of availability and of speed; two without leases write twice.
Deploy:   stop every engine of an earlier release first: it knows no leases. It is refused while
          a newer one runs, and the other way round.
Locks:    a new table, and one that nobody else reads is dropped; both take a moment.
Undo:     DROP TABLE leases; engine_holder is made anew as 0001 made it.
"""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the leases; who holds the engine's role is read from the sessions themselves."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    key = 'TEXT COLLATE "C"' if postgresql else "TEXT"
    op.execute(
        f"CREATE TABLE leases (app_id {key} NOT NULL, shard INTEGER NOT NULL,"
        " fence BIGINT NOT NULL, holder TEXT NOT NULL, until DOUBLE PRECISION,"
        " PRIMARY KEY (app_id, shard),"
        " FOREIGN KEY(app_id) REFERENCES applications (id) ON DELETE CASCADE)"
    )
    op.execute("DROP TABLE engine_holder")
