"""0044: count what waits for a word along an index.

Why:      Home and the pages of an app read every removal that waits to say how many there are.
Deploy:   additive; the previous release does not use it.
Locks:    builds on a table of a row per held removal.
Undo:     DROP INDEX ix_holds_open;
"""

from alembic import op

revision = "0044"
down_revision = "0042"


def upgrade() -> None:
    """Add the index."""
    op.execute("CREATE INDEX ix_holds_open ON holds (state, app_id, what, since)")
