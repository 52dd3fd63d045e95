"""0010: each source can have rules of its own.

Why:      HR systems name things differently; one mapping for all of them fits none.
Deploy:   additive; the previous release writes resources told under version 0, which is right
          for it, and does not look at the rules.
Locks:    the column has a constant default, so that no row is rewritten.
Undo:     DROP TABLE inbound_rules; ALTER TABLE inbound_resources DROP COLUMN rules.
"""

from alembic import op

revision = "0010"
down_revision = "0009"

WORDS = {"sqlite": {"key": "TEXT"}, "postgresql": {"key": 'TEXT COLLATE "C"'}}


def upgrade() -> None:
    """Create the table, and note under which version each resource was told."""
    words = WORDS[op.get_bind().dialect.name]
    op.execute(
        """
        CREATE TABLE inbound_rules (
            source {key} NOT NULL,
            version INTEGER NOT NULL,
            settings TEXT NOT NULL,
            actor TEXT NOT NULL,
            at {key} NOT NULL,
            PRIMARY KEY (source, version)
        )
        """.format(**words)
    )
    op.execute("ALTER TABLE inbound_resources ADD COLUMN rules INTEGER NOT NULL DEFAULT 0")
