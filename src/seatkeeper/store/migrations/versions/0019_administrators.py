"""0019: who may sign in to the console.

Why:      the console is opened by people with a passphrase and a role, from other machines too.
Deploy:   additive; the previous release looks at none of it.
Locks:    none on tables that are in use.
Undo:     DROP TABLE sign_in_failures, administrator_links, administrator_sessions, administrators.
"""

from alembic import op

revision = "0019"
down_revision = "0018"

STATEMENTS = (
    """
    CREATE TABLE administrators (
        id {key} NOT NULL,
        email {key} NOT NULL,
        name TEXT NOT NULL,
        role {key} NOT NULL,
        apps TEXT NOT NULL,
        passphrase TEXT,
        created_at {key} NOT NULL,
        PRIMARY KEY (id),
        UNIQUE (email)
    )
    """,
    """
    CREATE TABLE administrator_sessions (
        digest {key} NOT NULL,
        id {key} NOT NULL,
        administrator_id {key} NOT NULL,
        began_at {key} NOT NULL,
        seen_at {key} NOT NULL,
        address TEXT NOT NULL,
        browser TEXT NOT NULL,
        PRIMARY KEY (digest),
        UNIQUE (id),
        FOREIGN KEY(administrator_id) REFERENCES administrators (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_administrator_sessions_administrator_id"
    " ON administrator_sessions (administrator_id)",
    """
    CREATE TABLE administrator_links (
        digest {key} NOT NULL,
        administrator_id {key},
        made_at {key} NOT NULL,
        used_at {key},
        PRIMARY KEY (digest),
        FOREIGN KEY(administrator_id) REFERENCES administrators (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_administrator_links_administrator_id"
    " ON administrator_links (administrator_id)",
    """
    CREATE TABLE sign_in_failures (
        id {key} NOT NULL,
        email {key} NOT NULL,
        at {key} NOT NULL,
        PRIMARY KEY (id)
    )
    """,
    "CREATE INDEX ix_sign_in_failures_email ON sign_in_failures (email, at)",
)

WORDS = {"sqlite": {"key": "TEXT"}, "postgresql": {"key": 'TEXT COLLATE "C"'}}


def upgrade() -> None:
    """Add the tables."""
    words = WORDS[op.get_bind().dialect.name]
    for statement in STATEMENTS:
        op.execute(statement.format(**words))
