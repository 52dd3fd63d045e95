"""0034: the records of a kept plan are also in the order of names.

Why:      a plan is read by person as well as by cause, a page at a time.
Deploy:   additive; the previous release keeps plans without this order.
Locks:    short, on plan_records, for as long as its rows take to be filled: twenty plans an app.
Undo:     DROP INDEX ix_plan_records_name; ALTER TABLE plan_records DROP COLUMN by_name.
"""

from alembic import op

revision = "0034"
down_revision = "0032"


def upgrade() -> None:
    """Add the order; plans that are there already keep that of their causes."""
    op.execute("ALTER TABLE plan_records ADD COLUMN by_name INTEGER NOT NULL DEFAULT 0")
    op.execute("UPDATE plan_records SET by_name = place")
    op.execute("CREATE INDEX ix_plan_records_name ON plan_records (app_id, number, by_name)")
