"""0035: an app's latest writes, by which the next cycle judges it.

Why:      where each change is a cycle of its own, no cycle had enough writes to see that an
          app refuses everything, so it was never stopped.
Deploy:   additive; the previous release counts within a cycle, as it did before.
Locks:    none on existing tables.
Undo:     DROP TABLE failing; the writes are counted anew.
"""

from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    """Create the table."""
    words = {"sqlite": "TEXT", "postgresql": 'TEXT COLLATE "C"'}[op.get_bind().dialect.name]
    op.execute(f"""
        CREATE TABLE failing (
            app_id {words} NOT NULL,
            digest {words} NOT NULL,
            latest {words} NOT NULL,
            in_a_row INTEGER NOT NULL,
            same INTEGER NOT NULL,
            cause {words} NOT NULL,
            PRIMARY KEY (app_id),
            FOREIGN KEY(app_id) REFERENCES applications (id) ON DELETE CASCADE
        )
    """)
