"""0017: what reconciling found, and when each account was looked at last.

Why:      apps are read again to find what somebody changed there, what was accepted and never
          kept, and accounts that nobody manages; people ask for it later.
Deploy:   additive; the previous release looks at none of it.
Locks:    the column is empty at first, so that no row is rewritten.
Undo:     DROP TABLE findings, reconciled; ALTER TABLE links DROP COLUMN checked_at.
"""

from alembic import op

revision = "0017"
down_revision = "0016"

STATEMENTS = (
    "ALTER TABLE links ADD COLUMN checked_at {key}",
    """
    CREATE TABLE findings (
        app_id {key} NOT NULL,
        kind {key} NOT NULL,
        account_id {key} NOT NULL,
        found {key} NOT NULL,
        record_id {key} NOT NULL,
        display_name TEXT NOT NULL,
        why TEXT NOT NULL,
        differences TEXT NOT NULL,
        since {key} NOT NULL,
        at {key} NOT NULL,
        PRIMARY KEY (app_id, kind, account_id),
        FOREIGN KEY(app_id) REFERENCES applications (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_findings_record ON findings (app_id, record_id)",
    """
    CREATE TABLE reconciled (
        app_id {key} NOT NULL,
        cycle_id {key} NOT NULL,
        started {key} NOT NULL,
        ended {key} NOT NULL,
        unchecked TEXT NOT NULL,
        PRIMARY KEY (app_id),
        FOREIGN KEY(app_id) REFERENCES applications (id) ON DELETE CASCADE
    )
    """,
)

WORDS = {"sqlite": {"key": "TEXT"}, "postgresql": {"key": 'TEXT COLLATE "C"'}}


def upgrade() -> None:
    """Add the column and the tables."""
    words = WORDS[op.get_bind().dialect.name]
    for statement in STATEMENTS:
        op.execute(statement.format(**words))
