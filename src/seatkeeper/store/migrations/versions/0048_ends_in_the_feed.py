"""0048: what ended lately is found in the feed without reading all that began.

Why:      a cycle that takes something away asks what sources took away within a day. On the day of
          a large import that read every new record, in each such cycle.
Deploy:   additive.
Locks:    changes, for as long as the index takes: nothing is written to the directory meanwhile.
Undo:     DROP INDEX ix_changes_ends.
"""

from alembic import op

revision = "0048"
down_revision = "0047"


def upgrade() -> None:
    """Add the index."""
    op.execute("CREATE INDEX ix_changes_ends ON changes (seq) WHERE verb <> 'created'")
