"""0006: sources push people into the directory.

Why:      each source sees resources of its own, under ids of its own, and has tokens; both
          must change in the transaction that changes the directory.
Deploy:   additive; the previous release does not look at these tables. A person whom it purges
          leaves a row in inbound_resources, which then names nobody and harms nobody.
Locks:    none that matter, the tables are new.
Undo:     DROP TABLE inbound_keys, inbound_resources, inbound_tokens; people and groups stay in
          the directory and belong to no source.
"""

from alembic import op

revision = "0006"
down_revision = "0005"

STATEMENTS = (
    """
    CREATE TABLE inbound_tokens (
        id {key} NOT NULL,
        digest {key} NOT NULL,
        source {key} NOT NULL,
        may TEXT NOT NULL,
        last_four TEXT NOT NULL,
        created_at {key} NOT NULL,
        expires_at {key},
        last_used_at {key},
        revoked_at {key},
        PRIMARY KEY (id),
        UNIQUE (digest)
    )
    """,
    """
    CREATE TABLE inbound_resources (
        id {key} NOT NULL,
        source {key} NOT NULL,
        kind {key} NOT NULL,
        record_id {key} NOT NULL,
        body TEXT NOT NULL,
        created_at {key} NOT NULL,
        modified_at {key} NOT NULL,
        version INTEGER NOT NULL,
        deleted_at {key},
        PRIMARY KEY (id),
        UNIQUE (record_id)
    )
    """,
    "CREATE INDEX ix_inbound_resources_in_order "
    "ON inbound_resources (source, kind, created_at, id)",
    """
    CREATE TABLE inbound_keys (
        resource_id {key} NOT NULL,
        name {key} NOT NULL,
        value {key} NOT NULL,
        source {key} NOT NULL,
        kind {key} NOT NULL,
        claimed BOOLEAN NOT NULL,
        PRIMARY KEY (resource_id, name, value),
        FOREIGN KEY(resource_id) REFERENCES inbound_resources (id)
    )
    """,
    "CREATE INDEX ix_inbound_keys_value ON inbound_keys (source, kind, name, value)",
    "CREATE UNIQUE INDEX ix_inbound_keys_claimed ON inbound_keys (source, kind, name, value) "
    "WHERE claimed",
)

WORDS = {"sqlite": {"key": "TEXT"}, "postgresql": {"key": 'TEXT COLLATE "C"'}}


def upgrade() -> None:
    """Create the tables."""
    words = WORDS[op.get_bind().dialect.name]
    for statement in STATEMENTS:
        op.execute(statement.format(**words))
