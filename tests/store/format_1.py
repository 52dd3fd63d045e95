"""The tables behind a SCIM service: an app's users, groups, members, tokens and requests.

An edge beside the walk: this is the *app's* side, in a file of its own.
"""

from typing import Final

import sqlalchemy as sa

METADATA: Final = sa.MetaData()

RESOURCES: Final = sa.Table(
    "resources",
    METADATA,
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("created", sa.Text, nullable=False),
    sa.Column("modified", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Index("resources_in_order", "kind", "seq"),
)
# One row per value that a filter may look for; a value that must be unique is
# claimed by the primary key of ``claims``, so two writers can never both have it.
KEYS: Final = sa.Table(
    "keys",
    METADATA,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Index("keys_of", "id"),
)
CLAIMS: Final = sa.Table(
    "claims",
    METADATA,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, nullable=False),
    sa.Index("claims_of", "id"),
)
MEMBERS: Final = sa.Table(
    "members",
    METADATA,
    sa.Column("group_id", sa.Text, primary_key=True),
    sa.Column("member_id", sa.Text, primary_key=True),
    sa.Index("members_of", "member_id"),
)
TOKENS: Final = sa.Table(
    "tokens",
    METADATA,
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False, unique=True),
    sa.Column("last_four", sa.Text, nullable=False),
    sa.Column("issued_as", sa.Text, nullable=False),
    sa.Column("created", sa.Text, nullable=False),
    sa.Column("revoked", sa.Text),
    sa.Column("last_used", sa.Text),
)
REQUESTS: Final = sa.Table(
    "requests",
    METADATA,
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("started", sa.Text, nullable=False),
    sa.Column("ended", sa.Text, nullable=False),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("query", sa.Text, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("request", sa.Text, nullable=False),
    sa.Column("response", sa.Text, nullable=False),
    sa.Column("token", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)
