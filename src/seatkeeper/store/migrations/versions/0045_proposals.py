"""0045: a kept plan may be that of settings which nobody saved yet.

Why:      what a change would do is seen before it is saved; the change waits with its plan.
Deploy:   additive; the previous release takes such a plan for one of the next cycle.
Locks:    short, on plans.
Undo:     DELETE FROM plans WHERE proposal IS NOT NULL; ALTER TABLE plans DROP COLUMN proposal;
"""

from alembic import op

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    """Add the column."""
    op.execute("ALTER TABLE plans ADD COLUMN proposal TEXT")
