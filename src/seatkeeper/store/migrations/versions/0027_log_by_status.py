"""0027: failures of all apps are found in the log without looking through it.

Why:      the console lists what failed, of all apps, newest first.
Deploy:   additive; the previous release does not need the index.
Locks:    the log cannot be written while the index is built.
Undo:     DROP INDEX ix_log_any_status.
"""

from alembic import op

revision = "0027"
down_revision = "0025"


def upgrade() -> None:
    """Build the index."""
    op.execute("CREATE INDEX ix_log_any_status ON log (status, seq)")
