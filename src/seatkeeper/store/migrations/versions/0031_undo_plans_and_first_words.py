"""0031: a kept plan says which cycle it takes back; a hold keeps who gave the first of two words.

Why:      an undo is looked at as a page before it is carried out; where two people must agree
          to a removal, the word of the first waits for that of the second.
Deploy:   additive; the previous release neither makes such plans nor asks for a second word.
Locks:    short, on plans and holds.
Undo:     ALTER TABLE plans DROP COLUMN undoes; ALTER TABLE holds DROP COLUMN asked_by, asked_at,
          asked_word.
"""

from alembic import op

revision = "0031"
down_revision = "0029"

WORDS = {"sqlite": "TEXT", "postgresql": 'TEXT COLLATE "C"'}


def upgrade() -> None:
    """Add the columns."""
    moment = WORDS[op.get_bind().dialect.name]
    op.execute("ALTER TABLE plans ADD COLUMN undoes TEXT NOT NULL DEFAULT ''")
    op.execute("ALTER TABLE holds ADD COLUMN asked_by TEXT NOT NULL DEFAULT ''")
    op.execute(f"ALTER TABLE holds ADD COLUMN asked_at {moment}")
    op.execute("ALTER TABLE holds ADD COLUMN asked_word TEXT NOT NULL DEFAULT ''")
