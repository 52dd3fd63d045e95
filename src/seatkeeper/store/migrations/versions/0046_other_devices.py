"""0046: another device waits for its first code beside the one that it replaces.

Why:      who needs a second factor cannot turn it off in between; the old device is asked for
          until the new one has shown its first code.
Deploy:   additive; the previous release replaces no device.
Locks:    none; a new table.
Undo:     DROP TABLE other_devices.
"""

from alembic import op

revision = "0046"
down_revision = "0045"

STATEMENT = """
    CREATE TABLE other_devices (
        administrator_id {key} NOT NULL,
        session_id {key} NOT NULL,
        key_id {key} NOT NULL,
        wrapped_key {bytes} NOT NULL,
        sealed {bytes} NOT NULL,
        made_at {key} NOT NULL,
        PRIMARY KEY (administrator_id),
        FOREIGN KEY(administrator_id) REFERENCES administrators (id) ON DELETE CASCADE
    )
"""

WORDS = {
    "sqlite": {"key": "TEXT", "bytes": "BLOB"},
    "postgresql": {"key": 'TEXT COLLATE "C"', "bytes": "BYTEA"},
}


def upgrade() -> None:
    """Add the table."""
    op.execute(STATEMENT.format(**WORDS[op.get_bind().dialect.name]))
