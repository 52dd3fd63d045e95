"""The tables of what people are told: causes that are noticed, and parcels on their way.

Beside the walk. They share ``metadata`` with ``tables``, and stay when their application goes.
"""

from typing import Final

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text, text

from seatkeeper.store.ledger_tables import NUMBER
from seatkeeper.store.tables import KEY, Document, Moment, metadata

notices: Final = Table(
    "notices",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("app_id", KEY, nullable=False),
    Column("cause", KEY, nullable=False),
    Column("ends", KEY, nullable=False),
    Column("message", Document, nullable=False),
    Column("at", Moment, nullable=False),
    Column("still_holds", Boolean, nullable=False),
    Column("settled", Boolean, nullable=False),
    Column("told_at", Moment),
    Column("told_to", Document, nullable=False),
    Index(
        "uq_notices_cause",
        "app_id",
        "cause",
        unique=True,
        sqlite_where=text("still_holds"),
        postgresql_where=text("still_holds"),
    ),
    Index("ix_notices_cause", "app_id", "cause", "id"),
    Index(
        "ix_notices_open",
        "id",
        sqlite_where=text("NOT settled OR still_holds"),
        postgresql_where=text("NOT settled OR still_holds"),
    ),
)

parcels: Final = Table(
    "parcels",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("key", KEY, nullable=False, unique=True),
    Column("channel", KEY, nullable=False),
    Column("address", KEY, nullable=False),
    Column("messages", Document, nullable=False),
    Column("digest", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("attempts", Integer, nullable=False),
    Column("next_try", Moment),
    Column("last_error", Text, nullable=False),
    Index(
        "ix_parcels_due",
        "id",
        sqlite_where=text("sent_at IS NULL"),
        postgresql_where=text("sent_at IS NULL"),
    ),
    Index(
        "ix_parcels_digest",
        "channel",
        "address",
        "at",
        sqlite_where=text("digest"),
        postgresql_where=text("digest"),
    ),
    Index("ix_parcels_at", "at"),
)
