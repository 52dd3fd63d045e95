"""0018: the log keeps values as they were, and what somebody undid is known.

Why:      undoing a cycle needs the values before each of its writes as they were, and not as
          people read them; and an ordinary cycle must not write again what was taken back.
Deploy:   additive; the previous release writes undone values again.
Locks:    the column is empty at first; the index is built while the log cannot be written.
Undo:     DROP TABLE undone; DROP INDEX ix_log_cycle; ALTER TABLE log DROP COLUMN changes.
"""

from alembic import op

revision = "0018"
down_revision = "0017"

STATEMENTS = (
    "ALTER TABLE log ADD COLUMN changes TEXT",
    "CREATE INDEX ix_log_cycle ON log (cycle_id, seq)",
    """
    CREATE TABLE undone (
        app_id {key} NOT NULL,
        kind {key} NOT NULL,
        record_id {key} NOT NULL,
        path {key} NOT NULL,
        member_id {key} NOT NULL,
        value TEXT,
        cycle_id {key} NOT NULL,
        at {key} NOT NULL,
        PRIMARY KEY (app_id, kind, record_id, path, member_id),
        FOREIGN KEY(app_id) REFERENCES applications (id) ON DELETE CASCADE
    )
    """,
)

WORDS = {"sqlite": {"key": "TEXT"}, "postgresql": {"key": 'TEXT COLLATE "C"'}}


def upgrade() -> None:
    """Add the column, the way to a cycle's entries, and the table."""
    words = WORDS[op.get_bind().dialect.name]
    for statement in STATEMENTS:
        op.execute(statement.format(**words))
