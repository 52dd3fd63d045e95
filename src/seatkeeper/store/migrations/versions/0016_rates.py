"""0016: what was learned about an app's limits outlasts a start.

Why:      a process that starts anew asks as fast as the limit says, and is refused as before.
Deploy:   additive; the previous release does not look at the table.
Locks:    none, the table is new.
Undo:     DROP TABLE rates; the rates are learned again.
"""

from alembic import op

revision = "0016"
down_revision = "0015"

WORDS = {"sqlite": {"key": "TEXT"}, "postgresql": {"key": 'TEXT COLLATE "C"'}}


def upgrade() -> None:
    """Create the table."""
    words = WORDS[op.get_bind().dialect.name]
    op.execute(
        """
        CREATE TABLE rates (
            app_id {key} NOT NULL,
            learned TEXT NOT NULL,
            PRIMARY KEY (app_id),
            FOREIGN KEY(app_id) REFERENCES applications (id) ON DELETE CASCADE
        )
        """.format(**words)
    )
