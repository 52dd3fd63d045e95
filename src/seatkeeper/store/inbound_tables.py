"""The tables of sources that push people in: their tokens, rules, resources and keys.

Beside the walk; they share the metadata of ``tables``. Ids here are the
source's own: an internal id stands only in ``record_id``, which no answer shows.
"""

from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    delete,
    select,
    text,
)

from seatkeeper.store.tables import KEY, Document, Moment, metadata

TOKENS: Final = Table(
    "inbound_tokens",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("digest", KEY, nullable=False, unique=True),
    Column("source", KEY, nullable=False),
    Column("may", Document, nullable=False),
    Column("last_four", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("last_used_at", Moment),
    Column("revoked_at", Moment),
    Column("replaced_at", Moment),
)

RESOURCES: Final = Table(
    "inbound_resources",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("source", KEY, nullable=False),
    Column("kind", KEY, nullable=False),
    Column("record_id", KEY, nullable=False, unique=True),
    Column("body", Document, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("modified_at", Moment, nullable=False),
    Column("version", Integer, nullable=False),
    Column("rules", Integer, nullable=False, server_default=text("0")),  # it was told under
    Column("deleted_at", Moment),  # the source deleted it; the directory can still restore it
    Index("ix_inbound_resources_in_order", "source", "kind", "created_at", "id"),
)

RULES: Final = Table(
    "inbound_rules",
    metadata,
    Column("source", KEY, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("settings", Document, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

# One row per value that a filter may look for. A value that must be unique
# within its source is ``claimed``, so two writers can never both have it.
KEYS: Final = Table(
    "inbound_keys",
    metadata,
    Column("resource_id", KEY, ForeignKey("inbound_resources.id"), primary_key=True),
    Column("name", KEY, primary_key=True),
    Column("value", KEY, primary_key=True),
    Column("source", KEY, nullable=False),
    Column("kind", KEY, nullable=False),
    Column("claimed", Boolean, nullable=False),
    Index("ix_inbound_keys_value", "source", "kind", "name", "value"),
    Index(
        "ix_inbound_keys_claimed",
        "source",
        "kind",
        "name",
        "value",
        unique=True,
        sqlite_where=text("claimed"),
        postgresql_where=text("claimed"),
    ),
)


def forget_resource(connection: Connection, record_id: str) -> None:
    """Take away what a source holds of a record that the directory removes for good."""
    mine = select(RESOURCES.c.id).where(RESOURCES.c.record_id == record_id)
    connection.execute(delete(KEYS).where(KEYS.c.resource_id.in_(mine)))
    connection.execute(delete(RESOURCES).where(RESOURCES.c.record_id == record_id))
