"""0036: a session knows when its passphrase was typed; a failed sign-in where it came from.

Why:      what cannot be taken back asks for the passphrase again; one machine that tries many
          names is slowed, too.
Deploy:   additive; the previous release asks for no passphrase again and counts by name alone.
Locks:    short, on administrator_sessions and sign_in_failures.
Undo:     ALTER TABLE administrator_sessions DROP COLUMN confirmed_at;
          DROP INDEX ix_sign_in_failures_address; ALTER TABLE sign_in_failures DROP COLUMN address.
"""

from alembic import op

revision = "0036"
down_revision = "0035"

WORDS = {"sqlite": "TEXT", "postgresql": 'TEXT COLLATE "C"'}


def upgrade() -> None:
    """Add the columns."""
    words = WORDS[op.get_bind().dialect.name]
    op.execute(f"ALTER TABLE administrator_sessions ADD COLUMN confirmed_at {words}")
    op.execute(f"ALTER TABLE sign_in_failures ADD COLUMN address {words} NOT NULL DEFAULT ''")
    op.execute("CREATE INDEX ix_sign_in_failures_address ON sign_in_failures (address, at)")
