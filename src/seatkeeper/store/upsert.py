"""Insert rows or take their new values, in the words of either database.

Beside the walk: SQLite and PostgreSQL share the statement, SQLAlchemy has it
in two dialects. Rows go out in pieces small enough for both.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")

PIECE: Final = 500
"""Most values in one ``IN`` and most rows in one statement."""


def pieces(values: Collection[T]) -> Iterator[list[T]]:
    """Yield the values in lists of at most ``PIECE``."""
    ordered = list(values)
    for start in range(0, len(ordered), PIECE):
        yield ordered[start : start + PIECE]


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert ``rows``; where the primary key is there already, take the new values."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key.columns]
    if connection.dialect.name == "sqlite":
        lite = sqlite.insert(table)
        kept = {name: lite.excluded[name] for name in rows[0] if name not in keys}
        connection.execute(lite.on_conflict_do_update(index_elements=keys, set_=kept), list(rows))
    else:
        grown = postgresql.insert(table)
        kept = {name: grown.excluded[name] for name in rows[0] if name not in keys}
        connection.execute(grown.on_conflict_do_update(index_elements=keys, set_=kept), list(rows))


def insert_missing(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert those ``rows`` that break no unique rule; leave the others as they are."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.execute(sqlite.insert(table).on_conflict_do_nothing(), list(rows))
    else:
        connection.execute(postgresql.insert(table).on_conflict_do_nothing(), list(rows))
