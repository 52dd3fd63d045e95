"""0004: keep the schema documents that were imported.

Why:      an imported schema comes back with every field that it had; settings keep only what
          is carried out, and refer to the document by its digest.
Deploy:   additive; the previous release does not look at it.
Locks:    none that matter, the table is new.
Undo:     DROP TABLE schema_documents; exports are then made from the settings alone.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

TABLE = """
CREATE TABLE schema_documents (
    app_id {key} NOT NULL,
    digest {key} NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (app_id, digest),
    FOREIGN KEY(app_id) REFERENCES applications (id)
)
"""

WORDS = {"sqlite": {"key": "TEXT"}, "postgresql": {"key": 'TEXT COLLATE "C"'}}


def upgrade() -> None:
    """Create the table."""
    op.execute(TABLE.format(**WORDS[op.get_bind().dialect.name]))
