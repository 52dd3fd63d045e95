"""0008: a link whose account cannot be confirmed is held, and the address it was made under known.

Why:      an app's address may come to lead to another tenant, where others have accounts under
          the ids that are known; and where many accounts are gone nobody is made anew unasked.
Deploy:   additive; the previous release would send to the mark that stands in place of an id,
          and be answered 404.
Locks:    the column is empty at first, so that no row is rewritten.
Undo:     UPDATE links SET account_id = former_id WHERE former_id IS NOT NULL;
          ALTER TABLE links DROP COLUMN former_id; DROP TABLE addresses.
"""

from alembic import op

revision = "0008"
down_revision = "0007"


WORDS = {"sqlite": {"key": "TEXT"}, "postgresql": {"key": 'TEXT COLLATE "C"'}}

TABLE = """
CREATE TABLE addresses (
    app_id {key} NOT NULL,
    address TEXT NOT NULL,
    PRIMARY KEY (app_id),
    FOREIGN KEY(app_id) REFERENCES applications (id) ON DELETE CASCADE
)
"""


def upgrade() -> None:
    """Add the column, a way to the few rows that are held, and the table of addresses."""
    words = WORDS[op.get_bind().dialect.name]
    op.execute("ALTER TABLE links ADD COLUMN former_id {key}".format(**words))
    op.execute(
        "CREATE INDEX ix_links_held ON links (app_id, kind, record_id) WHERE former_id IS NOT NULL"
    )
    op.execute(TABLE.format(**words))
