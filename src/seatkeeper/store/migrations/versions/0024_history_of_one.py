"""0024: what happened to one person is found without looking through everybody's past.

Why:      the console shows one person's history, and since when an assignment reaches them.
Deploy:   additive; the previous release does not need the indexes.
Locks:    the feed and the audit trail cannot be written while their indexes are built.
Undo:     DROP INDEX ix_changes_record, ix_changes_other, ix_changes_app, ix_audit_subject.
"""

from alembic import op

revision = "0024"
down_revision = "0019"

STATEMENTS = (
    "CREATE INDEX ix_changes_record ON changes (record_id, seq)",
    "CREATE INDEX ix_changes_other ON changes (other_id, seq) WHERE other_id IS NOT NULL",
    "CREATE INDEX ix_changes_app ON changes (app_id, record_id, seq) WHERE app_id IS NOT NULL",
    "CREATE INDEX ix_audit_subject ON audit (subject, seq)",
)


def upgrade() -> None:
    """Build the indexes."""
    for statement in STATEMENTS:
        op.execute(statement)
