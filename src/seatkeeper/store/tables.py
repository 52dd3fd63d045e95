"""The tables of directory, configuration, secrets, audit and imports, as they are now.

Beside the walk. ``metadata`` is shared: ``ledger_tables`` adds the engine's
tables to it. The migrations create what is described here; a test compares
the two. Text that is compared sorts by code point on both databases.
"""

import datetime as dt
from typing import Any, Final

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    false,
    text,
)

metadata: Final = MetaData()

_VALUES: Final = msgspec.json.Decoder(
    dict[str, str | bool | int | float | tuple[Any, ...] | dict[str, Any] | None]
)

KEY: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""Ids and other text that is compared or ordered."""


class Moment(TypeDecorator[dt.datetime]):
    """An aware moment, kept as UTC text of fixed width: it sorts, and people can read it."""

    impl = KEY
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> str | None:
        """Return the text of an aware moment."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment without a time zone cannot be stored.")
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        """Return the aware moment of a text."""
        return None if value is None else dt.datetime.fromisoformat(value)


class Document(TypeDecorator[Any]):
    """Plain data, kept as canonical JSON text: equal data are equal text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Return the canonical text."""
        return None if value is None else canonical(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Return the plain data; sequences come back as lists."""
        return None if value is None else msgspec.json.decode(value)


class ValueMap(Document):
    """Values by name, kept as a document; several values of one name come back as a tuple."""

    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Return the values by name."""
        return None if value is None else _VALUES.decode(value)


def canonical(plain: object) -> str:
    """Return the one JSON text of plain data: sorted keys, no spaces."""
    return msgspec.json.encode(plain, order="deterministic").decode()


users: Final = Table(
    "users",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("user_name", KEY, nullable=False, unique=True),  # folded, as it is compared
    Column("mail", KEY, index=True),  # folded
    Column("display_name", Text, nullable=False),
    Column("attributes", ValueMap, nullable=False),
    Column("manager_id", KEY, index=True),
    Column("enabled", Boolean, nullable=False),
    Column("deleted_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("name_key", KEY, nullable=False, server_default=""),  # as it is looked for
    Column("last_key", KEY, nullable=False, server_default=""),
    Index(
        "ix_users_deleted_at",
        "deleted_at",
        sqlite_where=text("deleted_at IS NOT NULL"),
        postgresql_where=text("deleted_at IS NOT NULL"),
    ),
    Index("ix_users_name", "name_key", "id"),
    Index("ix_users_last", "last_key", "id"),
    Index(
        "ix_users_disabled",
        "name_key",
        "id",
        sqlite_where=text("enabled = 0 AND deleted_at IS NULL"),
        postgresql_where=text("NOT enabled AND deleted_at IS NULL"),
    ),
    Index(
        "ix_users_deleted",
        "name_key",
        "id",
        sqlite_where=text("deleted_at IS NOT NULL"),
        postgresql_where=text("deleted_at IS NOT NULL"),
    ),
)

groups: Final = Table(
    "groups",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("display_name", KEY, nullable=False, unique=True),
    Column("attributes", ValueMap, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("name_key", KEY, nullable=False, server_default=""),  # as it is looked for
    Index("ix_groups_name", "name_key", "id"),
)

memberships: Final = Table(
    "memberships",
    metadata,
    Column("group_id", KEY, ForeignKey("groups.id"), primary_key=True),
    Column("member_id", KEY, primary_key=True),
    Column("member_kind", Text, nullable=False),
    Index("ix_memberships_member_id", "member_id"),
    Index(  # the few groups inside groups, among the many people
        "ix_memberships_groups",
        "group_id",
        "member_id",
        sqlite_where=text("member_kind = 'group'"),
        postgresql_where=text("member_kind = 'group'"),
    ),
    sqlite_with_rowid=False,
)

applications: Final = Table(
    "applications",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("gallery_id", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("roles", Document, nullable=False),
    Column("settings", Document, nullable=False),
    Column("version", Integer, nullable=False),
)

application_versions: Final = Table(
    "application_versions",
    metadata,
    Column("app_id", KEY, ForeignKey("applications.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("settings", Document, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

schema_documents: Final = Table(
    "schema_documents",
    metadata,
    Column("app_id", KEY, ForeignKey("applications.id"), primary_key=True),
    Column("digest", KEY, primary_key=True),
    Column("document", Text, nullable=False),
)

assignments: Final = Table(
    "assignments",
    metadata,
    Column("app_id", KEY, ForeignKey("applications.id"), primary_key=True),
    Column("principal_id", KEY, primary_key=True),
    Column("principal_kind", Text, nullable=False),
    Column("role_id", Text, nullable=False),
    Column("nested", Boolean, nullable=False, server_default=false()),
    Index("ix_assignments_principal_id", "principal_id"),
    sqlite_with_rowid=False,
)

sealed_secrets: Final = Table(
    "secrets",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("owner_id", KEY, ForeignKey("applications.id"), nullable=False, unique=True),
    Column("key_id", KEY, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("last_four", Text, nullable=False),
    Column("sealed_at", Moment, nullable=False),
)

former_secrets: Final = Table(
    "former_secrets",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("owner_id", KEY, ForeignKey("applications.id"), nullable=False, unique=True),
    Column("key_id", KEY, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("last_four", Text, nullable=False),
    Column("tenant_url", Text, nullable=False),
    Column("expires", Text, nullable=False),
    Column("since", Moment, nullable=False),
)

changes: Final = Table(
    "changes",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("record_id", KEY, nullable=False),
    Column("other_id", KEY),
    Column("other_kind", Text),
    Column("app_id", KEY),
    Column("detail", Document, nullable=False),
    Column("nested", Boolean, nullable=False, server_default=false()),
    Index("ix_changes_record", "record_id", "seq"),
    Index(
        "ix_changes_other",
        "other_id",
        "seq",
        sqlite_where=text("other_id IS NOT NULL"),
        postgresql_where=text("other_id IS NOT NULL"),
    ),
    Index(
        "ix_changes_app",
        "app_id",
        "record_id",
        "seq",
        sqlite_where=text("app_id IS NOT NULL"),
        postgresql_where=text("app_id IS NOT NULL"),
    ),
    Index(
        "ix_changes_ends",  # and moves: all but what an import of new people writes
        "seq",
        sqlite_where=text("verb <> 'created'"),
        postgresql_where=text("verb <> 'created'"),
    ),
)

feed_position: Final = Table(
    "feed_position",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("audit_seq", BigInteger, nullable=False),
    Column("audit_hash", Text, nullable=False),
)

audit: Final = Table(
    "audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("before", Document),
    Column("after", Document),
    Column("hash", Text, nullable=False),
    Column("salt", Text),  # goes with the values, so that the hash says nothing of them
    Column("erased_by", BigInteger),  # the entry that says that values of this one are gone
    Index("ix_audit_subject", "subject", "seq"),
)

erasures: Final = Table(  # those under way
    "erasures",
    metadata,
    Column("record_id", KEY, primary_key=True),
    Column("actor", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("traces", Document),  # none: only the freed space is still to be cleared
    Column("removed", Document, nullable=False),
)

imports: Final = Table(
    "imports",
    metadata,
    Column("digest", KEY, primary_key=True),
    Column("actor", Text, nullable=False),
    Column("total", Integer, nullable=False),
    Column("applied_rows", Integer, nullable=False),
    Column("created", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("groups_created", Integer, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
)

import_managers: Final = Table(
    "import_managers",
    metadata,
    Column("digest", KEY, ForeignKey("imports.digest"), primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("user_id", KEY, nullable=False),
    Column("manager", Text, nullable=False),
    Column("counted", Boolean, nullable=False),  # this row already counts as a change
)
