"""0042: the token that an app had before its last rotation, for a day.

Why:      where the app refuses the new one after all, the old one can be used again.
Deploy:   additive; the previous release keeps no old token.
Locks:    none.
Undo:     DROP TABLE former_secrets;
"""

from alembic import op

revision = "0042"
down_revision = "0041"

STATEMENT = """
    CREATE TABLE former_secrets (
        id {key} NOT NULL PRIMARY KEY,
        owner_id {key} NOT NULL UNIQUE REFERENCES applications (id),
        key_id {key} NOT NULL,
        wrapped_key {bytes} NOT NULL,
        sealed {bytes} NOT NULL,
        last_four TEXT NOT NULL,
        tenant_url TEXT NOT NULL,
        expires TEXT NOT NULL,
        since {key} NOT NULL
    )
"""

WORDS = {
    "sqlite": {"key": "TEXT", "bytes": "BLOB"},
    "postgresql": {"key": 'TEXT COLLATE "C"', "bytes": "BYTEA"},
}


def upgrade() -> None:
    """Add the table."""
    op.execute(STATEMENT.format(**WORDS[op.get_bind().dialect.name]))
