"""Insert rows, take their new values, or look for many at once, in the words of either database.

Beside the walk: SQLite and PostgreSQL share the statement, SQLAlchemy has it
in two dialects. Rows go out in pieces small enough for both.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, Text, literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

T = TypeVar("T")

PIECE: Final = 500
"""Most values in one ``IN`` and most rows in one statement."""


def pieces(values: Collection[T]) -> Iterator[list[T]]:
    """Yield the values in lists of at most ``PIECE``."""
    ordered = list(values)
    for start in range(0, len(ordered), PIECE):
        yield ordered[start : start + PIECE]


class _EachOf(FunctionElement[str]):
    """The texts of one JSON list; what it is called differs between the databases."""

    inherit_cache = True
    name = "each_of"


@compiles(_EachOf, "sqlite")
def _each_of_on_sqlite(element: _EachOf, compiler: Any, **options: Any) -> str:
    return f"(SELECT value FROM json_each({compiler.process(element.clauses, **options)}))"


@compiles(_EachOf, "postgresql")
def _each_of_on_postgresql(element: _EachOf, compiler: Any, **options: Any) -> str:
    listed = compiler.process(element.clauses, **options)
    return f"(SELECT jsonb_array_elements_text(CAST({listed} AS jsonb)))"


def among(column: ColumnElement[str], ids: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that a column holds one of these ids.

    The ids are one bound value, so the statement stays the same however many they are.
    """
    listed = literal(msgspec.json.encode(list(ids)).decode(), Text())
    return column.op("IN", is_comparison=True)(_EachOf(listed))


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
