"""The engine's tables: what it knows of each app, and what it does and did.

Beside the walk. They share ``metadata`` with ``tables``. Everything that
belongs to an application goes with it; the log stays. What people are told is
``notice_tables``.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from seatkeeper.store.tables import KEY, Document, Moment, ValueMap, metadata

NUMBER: Final = BigInteger().with_variant(Integer, "sqlite")
"""A running number that the database gives."""


def _app(*, primary_key: bool = False) -> Column[str]:
    return Column(
        "app_id",
        KEY,
        ForeignKey("applications.id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
    )


cycles: Final = Table(
    "cycles",
    metadata,
    Column("id", KEY, primary_key=True),
    _app(),
    Column("number", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("from_seq", BigInteger, nullable=False),
    Column("to_seq", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
    Column("started", Moment, nullable=False),
    Column("ended", Moment),
    Column("counters", Document, nullable=False),
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("note", Text, nullable=False),
    Column("statistics", Document, nullable=False, server_default="{}"),
    UniqueConstraint("app_id", "number", name="uq_cycles_number"),
)

days: Final = Table(
    "days",
    metadata,
    _app(primary_key=True),
    Column("day", KEY, primary_key=True),
    Column("cycles", Integer, nullable=False),
    Column("idle", Integer, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("longest_seconds", Double, nullable=False),
    Column("counters", Document, nullable=False),
    Column("statistics", Document, nullable=False),
)

leases: Final = Table(
    "leases",
    metadata,
    _app(primary_key=True),
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("fence", BigInteger, nullable=False),
    Column("holder", Text, nullable=False),
    Column("until", Double),  # seconds since 1970, by the database's own clock
)

positions: Final = Table(
    "positions",
    metadata,
    _app(primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
)

links: Final = Table(
    "links",
    metadata,
    _app(primary_key=True),
    Column("kind", KEY, primary_key=True),
    Column("record_id", KEY, primary_key=True),
    Column("account_id", KEY, nullable=False),
    Column("known", ValueMap, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("since", Moment),
    Column("former_id", KEY),
    Column("checked_at", Moment),
    UniqueConstraint("app_id", "kind", "account_id", name="uq_links_account"),
    Index(
        "ix_links_held",
        "app_id",
        "kind",
        "record_id",
        sqlite_where=text("former_id IS NOT NULL"),
        postgresql_where=text("former_id IS NOT NULL"),
    ),
)

addresses: Final = Table(
    "addresses",
    metadata,
    _app(primary_key=True),
    Column("address", Text, nullable=False),
)

link_members: Final = Table(
    "link_members",
    metadata,
    _app(primary_key=True),
    Column("group_id", KEY, primary_key=True),
    Column("member_id", KEY, primary_key=True),
    Column("account_id", KEY, nullable=False),
    Column("doubtful", Boolean, nullable=False, default=False),
    # by triggers (migration 0047): the account is not that of the member's link any more
    Column("outdated", Boolean, nullable=False, server_default=text("false")),
    Index("ix_link_members_member", "app_id", "member_id"),
    Index(
        "ix_link_members_doubtful",
        "app_id",
        "group_id",
        sqlite_where=text("doubtful"),
        postgresql_where=text("doubtful"),
    ),
    Index(
        "ix_link_members_outdated",
        "app_id",
        "group_id",
        sqlite_where=text("outdated"),
        postgresql_where=text("outdated"),
    ),
)

waiting: Final = Table(
    "waiting",
    metadata,
    _app(primary_key=True),
    Column("kind", KEY, primary_key=True),
    Column("record_id", KEY, primary_key=True),
    Column("path", KEY, primary_key=True),
    Column("missing_id", KEY, primary_key=True),
    Index("ix_waiting_missing", "app_id", "missing_id"),
)

claims: Final = Table(
    "claims",
    metadata,
    _app(primary_key=True),
    Column("kind", KEY, primary_key=True),
    Column("path", KEY, primary_key=True),
    Column("value", KEY, primary_key=True),
    Column("record_id", KEY, primary_key=True),
    Index("ix_claims_record", "app_id", "kind", "record_id", "path", "value"),
)

journal: Final = Table(
    "journal",
    metadata,
    Column("cycle_id", KEY, ForeignKey("cycles.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", KEY, primary_key=True),
    Column("record_id", KEY, primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("state", KEY, nullable=False),
    Column("verb", Text, nullable=False),
    Column("level", Integer, nullable=False),
    Column("changes", Document, nullable=False),
    Column("found_id", KEY),
    Column("found", ValueMap),
    Column("reason", Text, nullable=False),
    Column("retry", Boolean, nullable=False),
    Column("in_doubt", Boolean, nullable=False),
    Column("exchanges", Document, nullable=False),
    Index("ix_journal_turn", "cycle_id", "state", "kind", "level", "record_id"),
)

escrows: Final = Table(
    "escrows",
    metadata,
    _app(primary_key=True),
    Column("kind", KEY, primary_key=True),
    Column("record_id", KEY, primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("advice", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("retry_at", Moment),
    Column("doubt", Document, nullable=False, server_default="[]"),
    Index("ix_escrows_due", "app_id", "retry_at"),
)

health: Final = Table(
    "health",
    metadata,
    _app(primary_key=True),
    Column("state", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("advice", Text, nullable=False),
    Column("since", Moment),
    Column("attempts", Integer, nullable=False),
    Column("next_try", Moment),
)

failing: Final = Table(
    "failing",
    metadata,
    _app(primary_key=True),
    Column("digest", Text, nullable=False),
    Column("latest", Text, nullable=False),
    Column("in_a_row", Integer, nullable=False),
    Column("same", Integer, nullable=False),
    Column("cause", Text, nullable=False),
)
"""An app's latest writes, by which the next cycle judges it."""

rates: Final = Table(
    "rates",
    metadata,
    _app(primary_key=True),
    Column("learned", Document, nullable=False),
)

holds: Final = Table(
    "holds",
    metadata,
    _app(primary_key=True),
    Column("kind", KEY, primary_key=True),
    Column("record_id", KEY, primary_key=True),
    Column("what", KEY, primary_key=True),
    Column("id", KEY, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("count", Integer, nullable=False),
    Column("state", KEY, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("decided_at", Moment),
    Column("word", Text, nullable=False),
    Column("until", Moment),
    Column("asked_by", Text, nullable=False, server_default=""),
    Column("asked_at", Moment),
    Column("asked_word", Text, nullable=False, server_default=""),
    Column("shrunk", Document),  # the part of a source that came back short
    Index("ix_holds_state", "app_id", "state", "since"),
    Index("ix_holds_id", "id"),
    Index("ix_holds_open", "state", "app_id", "what", "since"),  # all that is counted of them
)

removals: Final = Table(
    "removals",
    metadata,
    Column("seq", NUMBER, primary_key=True, autoincrement=True),
    _app(),
    Column("what", KEY, nullable=False),
    Column("at", Moment, nullable=False),
    Column("count", Integer, nullable=False),
    Index("ix_removals_at", "app_id", "at"),
)

findings: Final = Table(
    "findings",
    metadata,
    _app(primary_key=True),
    Column("kind", KEY, primary_key=True),
    Column("account_id", KEY, primary_key=True),
    Column("found", KEY, nullable=False),
    Column("record_id", KEY, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("differences", Document, nullable=False),
    Column("since", Moment, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_findings_record", "app_id", "record_id"),
)

reconciled: Final = Table(
    "reconciled",
    metadata,
    _app(primary_key=True),
    Column("cycle_id", KEY, nullable=False),
    Column("started", Moment, nullable=False),
    Column("ended", Moment, nullable=False),
    Column("unchecked", Document, nullable=False),
)

undone: Final = Table(
    "undone",
    metadata,
    _app(primary_key=True),
    Column("kind", KEY, primary_key=True),
    Column("record_id", KEY, primary_key=True),
    Column("path", KEY, primary_key=True),
    Column("member_id", KEY, primary_key=True),
    Column("value", Document),
    Column("cycle_id", KEY, nullable=False),
    Column("at", Moment, nullable=False),
)

log: Final = Table(
    "log",
    metadata,
    Column("seq", NUMBER, primary_key=True, autoincrement=True),
    Column("id", KEY, nullable=False, unique=True),
    Column("app_id", KEY, nullable=False),
    Column("cycle_id", KEY, nullable=False),
    Column("at", Moment, nullable=False),
    Column("kind", Text, nullable=False),
    Column("record_id", KEY, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("account_id", Text),
    Column("code", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("steps", Document, nullable=False),
    Column("modified", Document, nullable=False),
    Column("exchanges", Document, nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Column("changes", Document),
    Index("ix_log_any_status", "status", "seq"),
    Index("ix_log_app", "app_id", "seq"),
    Index("ix_log_cycle", "cycle_id", "seq"),
    Index("ix_log_record", "record_id", "app_id", "seq"),
    Index("ix_log_status", "app_id", "status", "seq"),
)

orders: Final = Table(
    "orders",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    _app(),
    Column("verb", Text, nullable=False),
    Column("options", Document, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("state", KEY, nullable=False),
    Column("answer", Document),
    Index("ix_orders_state", "state", "id"),
)
