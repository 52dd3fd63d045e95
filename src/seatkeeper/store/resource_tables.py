"""The tables behind a SCIM service: an app's users, groups, members and tokens.

An edge beside the walk: this is the *app's* side, in a file or schema of its
own, and no migration of the product's own tables touches it. How each table
is used is said in ``docs/reference/scim-storage.md``.
"""

from typing import Final

import sqlalchemy as sa

METADATA: Final = sa.MetaData()

SLOTS: Final = 16
"""Rows over which the number of resources of one kind is spread."""

# Order and equality must be those of Python on both databases, so no language's rules.
_TEXT: Final = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SEQ: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

RESOURCES: Final = sa.Table(
    "resources",
    METADATA,
    sa.Column("seq", SEQ, primary_key=True, autoincrement=True),
    sa.Column("kind", _TEXT, nullable=False),
    sa.Column("id", _TEXT, nullable=False, unique=True),
    sa.Column("created", _TEXT, nullable=False),
    sa.Column("modified", _TEXT, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    # 1, 0, or 2 for whoever is neither active nor inactive.
    sa.Column("active", sa.SmallInteger, nullable=False),
    # What a reference to this resource shows, so that listing members reads no bodies.
    sa.Column("shown", _TEXT, nullable=False),
    sa.Column("body", _TEXT, nullable=False),
    sa.Index("resources_in_order", "kind", "seq"),
    sa.Index("resources_by_id", "kind", "id", "seq"),
    sa.Index("resources_active", "kind", "active", "seq"),
    sa.Index("resources_created", "kind", "created", "seq"),
    sa.Index("resources_modified", "kind", "modified", "seq"),
    # A number is never given twice: a page may begin after one that is deleted.
    sqlite_autoincrement=True,
)
# One row per value that a filter or an order looks for, as ``resource_keys`` writes it.
KEYS: Final = sa.Table(
    "keys",
    METADATA,
    sa.Column("kind", _TEXT, primary_key=True),
    sa.Column("name", _TEXT, primary_key=True),
    sa.Column("value", sa.LargeBinary, primary_key=True),
    sa.Column("seq", SEQ, primary_key=True, autoincrement=False),
    sa.Index("keys_of", "seq", "name"),
    sqlite_with_rowid=False,
)
LONGEST_KEY: Final = 1_000
"""Bytes of a key that are kept as they are. PostgreSQL's index takes 2,700 in all."""

# Written out, not bound: only so does either database see that the index below has them all.
IS_CUT: Final = sa.func.length(KEYS.c.value) > sa.literal_column(str(LONGEST_KEY))
sa.Index("keys_cut", KEYS.c.kind, KEYS.c.name, sqlite_where=IS_CUT, postgresql_where=IS_CUT)

# A value that must be unique is claimed by this primary key, so two writers never both have it.
CLAIMS: Final = sa.Table(
    "claims",
    METADATA,
    sa.Column("kind", _TEXT, primary_key=True),
    sa.Column("name", _TEXT, primary_key=True),
    sa.Column("value", sa.LargeBinary, primary_key=True),
    sa.Column("seq", SEQ, nullable=False),
    sa.Index("claims_of", "seq"),
    sqlite_with_rowid=False,
)
MEMBERS: Final = sa.Table(
    "members",
    METADATA,
    sa.Column("group_seq", SEQ, primary_key=True, autoincrement=False),
    sa.Column("member_seq", SEQ, primary_key=True, autoincrement=False),
    sa.Index("members_of", "member_seq", "group_seq"),
    sqlite_with_rowid=False,
)
# How many there are of each kind is the sum over its slots: creates at the same
# time would otherwise all wait for one row.
COUNTS: Final = sa.Table(
    "counts",
    METADATA,
    sa.Column("kind", _TEXT, primary_key=True),
    sa.Column("slot", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
# What the file says of itself: its format, and how its keys were made.
FACTS: Final = sa.Table(
    "facts",
    METADATA,
    sa.Column("name", _TEXT, primary_key=True),
    sa.Column("value", _TEXT, nullable=False),
)
TOKENS: Final = sa.Table(
    "tokens",
    METADATA,
    sa.Column("seq", SEQ, primary_key=True, autoincrement=True),
    sa.Column("digest", sa.Text, nullable=False, unique=True),
    sa.Column("last_four", sa.Text, nullable=False),
    sa.Column("issued_as", sa.Text, nullable=False),
    sa.Column("created", sa.Text, nullable=False),
    sa.Column("revoked", sa.Text),
    sa.Column("last_used", sa.Text),
)
