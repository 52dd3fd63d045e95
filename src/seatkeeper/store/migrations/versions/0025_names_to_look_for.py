"""0025: people and groups are found by how their names begin, whatever the accents.

Why:      the console lists people by name and finds them as somebody types.
Deploy:   additive; whoever the previous release writes meanwhile is found again at the next edit.
Locks:    users and groups are rewritten once, and their indexes built, while nobody writes.
Undo:     drop the indexes, then the columns name_key and last_key; ix_users_deleted_at may stay.
"""

from collections.abc import Callable
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

from seatkeeper.directory.finding import last_name_key, search_key
from seatkeeper.directory.model import User

revision = "0025"
down_revision = "0024"

PIECE = 1_000

STATEMENTS = (
    "ALTER TABLE users ADD COLUMN name_key {key} DEFAULT '' NOT NULL",
    "ALTER TABLE users ADD COLUMN last_key {key} DEFAULT '' NOT NULL",
    "ALTER TABLE groups ADD COLUMN name_key {key} DEFAULT '' NOT NULL",
)
INDEXES = (
    # Nearly everybody has no such moment: an index of those misleads whoever looks for names.
    "DROP INDEX ix_users_deleted_at",
    "CREATE INDEX ix_users_deleted_at ON users (deleted_at) WHERE deleted_at IS NOT NULL",
    "CREATE INDEX ix_users_name ON users (name_key, id)",
    "CREATE INDEX ix_users_last ON users (last_key, id)",
    "CREATE INDEX ix_users_disabled ON users (name_key, id) WHERE {off} AND deleted_at IS NULL",
    "CREATE INDEX ix_users_deleted ON users (name_key, id) WHERE deleted_at IS NOT NULL",
    "CREATE INDEX ix_groups_name ON groups (name_key, id)",
)
WORDS = {
    "sqlite": {"key": "TEXT", "off": "enabled = 0"},
    "postgresql": {"key": 'TEXT COLLATE "C"', "off": "NOT enabled"},
}


def upgrade() -> None:
    """Add the keys, fill them, and build their indexes."""
    connection = op.get_bind()
    words = WORDS[connection.dialect.name]
    for statement in STATEMENTS:
        op.execute(statement.format(**words))
    _fill(connection, "users", _keys_of_person)
    _fill(connection, "groups", _keys_of_group)
    for statement in INDEXES:
        op.execute(statement.format(**words))


def _fill(connection: sa.Connection, table: str, keys_of: Callable[[Any], dict[str, str]]) -> None:
    after = ""
    while True:
        rows = connection.execute(
            sa.text(f"SELECT * FROM {table} WHERE id > :after ORDER BY id LIMIT {PIECE}"),
            {"after": after},
        ).all()
        if not rows:
            return
        keys = [{"id": row.id, **keys_of(row)} for row in rows]
        columns = ", ".join(f"{name} = :{name}" for name in keys[0] if name != "id")
        connection.execute(sa.text(f"UPDATE {table} SET {columns} WHERE id = :id"), keys)
        after = rows[-1].id


def _keys_of_person(row: Any) -> dict[str, str]:
    user = User(row.id, msgspec.json.decode(row.attributes))
    return {"name_key": search_key(user.display_name), "last_key": last_name_key(user)}


def _keys_of_group(row: Any) -> dict[str, str]:
    return {"name_key": search_key(row.display_name)}
