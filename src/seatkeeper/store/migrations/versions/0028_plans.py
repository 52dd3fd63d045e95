"""0028: plans made in the console are kept.

Why:      somebody reviews a plan, comes back to it, and carries out just what was reviewed.
Deploy:   additive; the previous release looks at none of it.
Locks:    none on tables that are in use.
Undo:     DROP TABLE plan_records, plans.
"""

from alembic import op

revision = "0028"
down_revision = "0027"

STATEMENTS = (
    """
    CREATE TABLE plans (
        app_id {key} NOT NULL,
        number INTEGER NOT NULL,
        at {key} NOT NULL,
        actor TEXT NOT NULL,
        state TEXT NOT NULL,
        settings_version INTEGER NOT NULL,
        kind TEXT NOT NULL,
        digest TEXT NOT NULL,
        to_seq {number} NOT NULL,
        action_digest TEXT NOT NULL,
        counters TEXT,
        causes TEXT NOT NULL,
        note TEXT NOT NULL,
        message TEXT NOT NULL,
        order_id {number},
        PRIMARY KEY (app_id, number),
        FOREIGN KEY(app_id) REFERENCES applications (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE plan_records (
        app_id {key} NOT NULL,
        number INTEGER NOT NULL,
        place INTEGER NOT NULL,
        verb {key} NOT NULL,
        record TEXT NOT NULL,
        PRIMARY KEY (app_id, number, place),
        FOREIGN KEY(app_id) REFERENCES applications (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_plan_records_verb ON plan_records (app_id, number, verb, place)",
)

WORDS = {
    "sqlite": {"key": "TEXT", "number": "INTEGER"},
    "postgresql": {"key": 'TEXT COLLATE "C"', "number": "BIGINT"},
}


def upgrade() -> None:
    """Make the tables."""
    words = WORDS[op.get_bind().dialect.name]
    for statement in STATEMENTS:
        op.execute(statement.format(**words))
