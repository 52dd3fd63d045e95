"""0015: cycles have statistics, and days add them up.

Why:      how slow an app is and how late changes arrive was not kept.
Deploy:   additive; the previous release writes cycles without statistics.
Locks:    none that matter; a column with a constant default is added without rewriting the table.
Undo:     DROP TABLE days; ALTER TABLE cycles DROP COLUMN statistics.
"""

from alembic import op

revision = "0015"
down_revision = "0014"

WORDS = {"sqlite": {"key": "TEXT"}, "postgresql": {"key": 'TEXT COLLATE "C"'}}


def upgrade() -> None:
    """Add the column, the table and the index."""
    words = WORDS[op.get_bind().dialect.name]
    op.execute("ALTER TABLE cycles ADD COLUMN statistics TEXT NOT NULL DEFAULT '{}'")
    op.execute(
        """
        CREATE TABLE days (
            app_id {key} NOT NULL,
            day {key} NOT NULL,
            cycles INTEGER NOT NULL,
            idle INTEGER NOT NULL,
            seconds DOUBLE PRECISION NOT NULL,
            longest_seconds DOUBLE PRECISION NOT NULL,
            counters TEXT NOT NULL,
            statistics TEXT NOT NULL,
            PRIMARY KEY (app_id, day),
            FOREIGN KEY(app_id) REFERENCES applications (id) ON DELETE CASCADE
        )
        """.format(**words)
    )
