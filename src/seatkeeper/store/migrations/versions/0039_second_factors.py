"""0039: second factors with their recovery codes, and sign-ins that wait for a code.

Why:      a passphrase that somebody else knows is no longer enough to get in.
Deploy:   additive; the previous release asks nobody for a code.
Locks:    short, on sign_in_failures.
Undo:     DROP TABLE sign_in_rules, pending_sign_ins, recovery_codes, second_factors;
          ALTER TABLE sign_in_failures DROP COLUMN at_code.
"""

from alembic import op

revision = "0039"
down_revision = "0036"

STATEMENTS = (
    """
    CREATE TABLE second_factors (
        administrator_id {key} NOT NULL,
        key_id {key} NOT NULL,
        wrapped_key {bytes} NOT NULL,
        sealed {bytes} NOT NULL,
        made_at {key} NOT NULL,
        confirmed_at {key},
        last_step BIGINT NOT NULL,
        PRIMARY KEY (administrator_id),
        FOREIGN KEY(administrator_id) REFERENCES administrators (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE recovery_codes (
        digest {key} NOT NULL,
        administrator_id {key} NOT NULL,
        PRIMARY KEY (digest),
        FOREIGN KEY(administrator_id) REFERENCES administrators (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_recovery_codes_administrator_id ON recovery_codes (administrator_id)",
    """
    CREATE TABLE pending_sign_ins (
        digest {key} NOT NULL,
        administrator_id {key} NOT NULL,
        made_at {key} NOT NULL,
        PRIMARY KEY (digest),
        FOREIGN KEY(administrator_id) REFERENCES administrators (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_pending_sign_ins_administrator_id ON pending_sign_ins (administrator_id)",
    """
    CREATE TABLE sign_in_rules (
        id INTEGER NOT NULL CHECK (id = 1),
        second_factor_required BOOLEAN NOT NULL,
        PRIMARY KEY (id)
    )
    """,
    "ALTER TABLE sign_in_failures ADD COLUMN at_code BOOLEAN NOT NULL DEFAULT false",
)

WORDS = {
    "sqlite": {"key": "TEXT", "bytes": "BLOB"},
    "postgresql": {"key": 'TEXT COLLATE "C"', "bytes": "BYTEA"},
}


def upgrade() -> None:
    """Add the tables and the column."""
    words = WORDS[op.get_bind().dialect.name]
    for statement in STATEMENTS:
        op.execute(statement.format(**words))
