"""The tables of who may sign in: administrators, their sessions, links, and failed attempts.

Beside the walk; they share the metadata of ``tables``. No id of a session and
no link stands here, only their digests: who reads the database can use none.
"""

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Table, Text

from seatkeeper.store.tables import KEY, Document, Moment, metadata

ADMINISTRATORS: Final = Table(
    "administrators",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("email", KEY, nullable=False, unique=True),  # folded
    Column("name", Text, nullable=False),
    Column("role", KEY, nullable=False),
    Column("apps", Document, nullable=False),
    Column("passphrase", Text),  # argon2id; none until a link was used
    Column("created_at", Moment, nullable=False),
)

SESSIONS: Final = Table(
    "administrator_sessions",
    metadata,
    Column("digest", KEY, primary_key=True),
    Column("id", KEY, nullable=False, unique=True),  # what lists name it by; opens nothing
    Column(
        "administrator_id",
        KEY,
        ForeignKey("administrators.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("began_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("address", Text, nullable=False),
    Column("browser", Text, nullable=False),
    Column("confirmed_at", Moment),  # when the passphrase was typed last; none: as it began
)

LINKS: Final = Table(
    "administrator_links",
    metadata,
    Column("digest", KEY, primary_key=True),
    Column(  # none: for the first administrator
        "administrator_id",
        KEY,
        ForeignKey("administrators.id", ondelete="CASCADE"),
        index=True,
    ),
    Column("made_at", Moment, nullable=False),
    Column("used_at", Moment),
)

FAILURES: Final = Table(
    "sign_in_failures",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("email", KEY, nullable=False),
    Column("at", Moment, nullable=False),
    Column("address", KEY, nullable=False, server_default=""),  # the client's
    Index("ix_sign_in_failures_email", "email", "at"),
    Index("ix_sign_in_failures_address", "address", "at"),
)
