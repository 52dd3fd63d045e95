"""The tables of who may sign in: administrators, sessions, links, second factors, failed attempts.

Beside the walk; they share the metadata of ``tables``. No id of a session, no
link and no recovery code stands here, only their digests, and secrets of apps
are sealed: who reads the database can use none.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    false,
)

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
    Column("email", KEY, nullable=False),  # as it was typed; or which known browser, or session
    Column("at", Moment, nullable=False),
    Column("address", KEY, nullable=False, server_default=""),  # the client's
    Column("at_code", Boolean, nullable=False, server_default=false()),  # not at the passphrase
    Index("ix_sign_in_failures_email", "email", "at"),
    Index("ix_sign_in_failures_address", "address", "at"),
)

SECOND_FACTORS: Final = Table(
    "second_factors",
    metadata,
    Column(
        "administrator_id",
        KEY,
        ForeignKey("administrators.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("key_id", KEY, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("confirmed_at", Moment),  # none: being set up, and asked of nobody
    Column("last_step", BigInteger, nullable=False),  # the newest whose code was used
)

OTHER_DEVICES: Final = Table(  # the secret of a device that is to replace the one that is on
    "other_devices",
    metadata,
    Column(
        "administrator_id",
        KEY,
        ForeignKey("administrators.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("session_id", KEY, nullable=False),  # the one that gave a code for it goes on with it
    Column("key_id", KEY, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("made_at", Moment, nullable=False),
)

RECOVERY_CODES: Final = Table(
    "recovery_codes",
    metadata,
    Column("digest", KEY, primary_key=True),
    Column(
        "administrator_id",
        KEY,
        ForeignKey("administrators.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
)

PENDING: Final = Table(  # the passphrase was right, the code is still to come
    "pending_sign_ins",
    metadata,
    Column("digest", KEY, primary_key=True),
    Column(
        "administrator_id",
        KEY,
        ForeignKey("administrators.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("made_at", Moment, nullable=False),
)

RULES: Final = Table(
    "sign_in_rules",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
    Column("second_factor_required", Boolean, nullable=False),
)
