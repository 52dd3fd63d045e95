"""0040: a hold knows which part of a source came back short.

Why:      what waits because a source came back short is let go once that source is full again.
Deploy:   additive; the previous release writes none and keeps such holds until somebody decides.
Locks:    short, on holds.
Undo:     ALTER TABLE holds DROP COLUMN shrunk.
"""

from alembic import op

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    """Add the column."""
    op.execute("ALTER TABLE holds ADD COLUMN shrunk TEXT")
