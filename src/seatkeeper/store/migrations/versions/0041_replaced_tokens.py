"""0041: a source's token knows when another took its place.

Why:      the one that was replaced works for a day more, and nobody is asked to renew it.
Deploy:   additive; the previous release sees an end that was moved, and speaks of it.
Locks:    short, on inbound_tokens.
Undo:     ALTER TABLE inbound_tokens DROP COLUMN replaced_at.
"""

from alembic import op

revision = "0041"
down_revision = "0040"

WORDS = {"sqlite": "TEXT", "postgresql": 'TEXT COLLATE "C"'}


def upgrade() -> None:
    """Add the column."""
    words = WORDS[op.get_bind().dialect.name]
    op.execute(f"ALTER TABLE inbound_tokens ADD COLUMN replaced_at {words}")
