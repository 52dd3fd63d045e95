"""0029: a record that waits keeps what was sent for it and never answered.

Why:      an account whose creation nobody could look up must be looked for at the next try.
Deploy:   additive; the previous release writes none and forgets the doubt, as it did before.
Locks:    short, on escrows.
Undo:     ALTER TABLE escrows DROP COLUMN doubt.
"""

from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Add the column."""
    op.execute("ALTER TABLE escrows ADD COLUMN doubt TEXT NOT NULL DEFAULT '[]'")
