"""0007: a membership whose writing was interrupted is known to be doubtful.

Why:      an engine that dies while it writes a group's members does not know which of them the
          app has; somebody who left the group meanwhile would stay in it there.
Deploy:   additive; the previous release writes rows that are not doubtful and reads all alike.
Locks:    the column has a constant default, so that no row is rewritten.
Undo:     ALTER TABLE link_members DROP COLUMN doubtful.
"""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column, and a way to the few rows that are doubtful."""
    op.execute("ALTER TABLE link_members ADD COLUMN doubtful BOOLEAN NOT NULL DEFAULT false")
    op.execute(
        "CREATE INDEX ix_link_members_doubtful ON link_members (app_id, group_id) WHERE doubtful"
    )
