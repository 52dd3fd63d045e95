"""The tables of kept plans. Beside the walk; they share ``metadata`` with ``tables``."""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from seatkeeper.store.ledger_tables import NUMBER
from seatkeeper.store.tables import KEY, Document, Moment, metadata


def _app() -> Column[str]:
    of = ForeignKey("applications.id", ondelete="CASCADE")
    return Column("app_id", KEY, of, primary_key=True, nullable=False)


plans: Final = Table(
    "plans",
    metadata,
    _app(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("settings_version", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("to_seq", BigInteger().with_variant(Integer, "sqlite"), nullable=False),
    Column("action_digest", Text, nullable=False),
    Column("counters", Document),
    Column("causes", Document, nullable=False),
    Column("note", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("order_id", NUMBER),
    Column("undoes", Text, nullable=False, server_default=""),
    Column("proposal", Document),
)

plan_records: Final = Table(
    "plan_records",
    metadata,
    _app(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("verb", KEY, nullable=False),
    Column("record", Document, nullable=False),
    Column("by_name", Integer, nullable=False, server_default="0"),
    Index("ix_plan_records_verb", "app_id", "number", "verb", "place"),
    Index("ix_plan_records_name", "app_id", "number", "by_name"),
)
