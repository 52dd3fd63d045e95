"""0005: find what a record claims in the index alone.

Why:      a mapping edit compares every record's claims with those it makes now; the index
          held only whose they are, so each claim cost a second look into the table.
Deploy:   the previous release works with the new index, too.
Locks:    writes to claims wait while the index is built.
Undo:     create ix_claims_record on (app_id, kind, record_id) again.
"""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Build the wider index in place of the old one."""
    op.execute("DROP INDEX ix_claims_record")
    op.execute("CREATE INDEX ix_claims_record ON claims (app_id, kind, record_id, path, value)")
