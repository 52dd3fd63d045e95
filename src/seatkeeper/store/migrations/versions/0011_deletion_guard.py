"""0011: removals that are too many wait for a person.

Why:      the deletion guard holds removals per record until somebody decides, and counts those
          that left without anybody's word within a day.
Deploy:   additive; the previous release does not look at these tables and sends what it plans.
Locks:    none that matter, the tables are new.
Undo:     DROP TABLE holds, removals; what was held is planned again by the next full cycle.
"""

from alembic import op

revision = "0011"
down_revision = "0010"

STATEMENTS = (
    """
    CREATE TABLE holds (
        app_id {key} NOT NULL,
        kind {key} NOT NULL,
        record_id {key} NOT NULL,
        what {key} NOT NULL,
        id {key} NOT NULL,
        display_name TEXT NOT NULL,
        digest TEXT NOT NULL,
        why TEXT NOT NULL,
        reason TEXT NOT NULL,
        since {key} NOT NULL,
        count INTEGER NOT NULL,
        state {key} NOT NULL,
        decided_by TEXT NOT NULL,
        decided_at {key},
        word TEXT NOT NULL,
        until {key},
        PRIMARY KEY (app_id, kind, record_id, what),
        FOREIGN KEY(app_id) REFERENCES applications (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_holds_state ON holds (app_id, state, since)",
    "CREATE INDEX ix_holds_id ON holds (id)",
    """
    CREATE TABLE removals (
        seq {number},
        app_id {key} NOT NULL,
        what {key} NOT NULL,
        at {key} NOT NULL,
        count INTEGER NOT NULL,
        FOREIGN KEY(app_id) REFERENCES applications (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_removals_at ON removals (app_id, at)",
)

WORDS = {
    "sqlite": {"key": "TEXT", "number": "INTEGER NOT NULL PRIMARY KEY"},
    "postgresql": {"key": 'TEXT COLLATE "C"', "number": "BIGSERIAL PRIMARY KEY"},
}


def upgrade() -> None:
    """Create the tables."""
    words = WORDS[op.get_bind().dialect.name]
    for statement in STATEMENTS:
        op.execute(statement.format(**words))
