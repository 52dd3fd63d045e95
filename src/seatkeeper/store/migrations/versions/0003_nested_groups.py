"""0003: an assignment of a group may reach people through the groups inside it.

Why:      each assignment says whether it does, and each change of one how far it reached;
          after an assignment has ended nothing else could say that. Walking down through
          groups must not read their people, so the groups among the members get an index.
Deploy:   additive; every assignment and change that is there reaches direct members only, as
          before, and the previous release writes such ones during the roll-out.
Locks:    both tables for a moment; a constant default rewrites no row on either database.
          Writers of memberships wait while the index is built: one pass over that table.
Undo:     drop the index, and both columns after every assignment was set back to direct members.
"""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns and the index."""
    op.execute("ALTER TABLE assignments ADD COLUMN nested BOOLEAN NOT NULL DEFAULT false")
    op.execute("ALTER TABLE changes ADD COLUMN nested BOOLEAN NOT NULL DEFAULT false")
    op.execute(
        "CREATE INDEX ix_memberships_groups ON memberships (group_id, member_id) "
        "WHERE member_kind = 'group'"
    )
