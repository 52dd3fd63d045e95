"""Insert rows, take their new values, or look for many at once, in the words of either database.

Beside the walk: SQLite and PostgreSQL share the statement, SQLAlchemy has it
in two dialects. Rows go out in pieces small enough for both.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    Executable,
    Table,
    Text,
    TypeDecorator,
    bindparam,
    delete,
    literal,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.journal import Key
from seatkeeper.store.asked import Told

T = TypeVar("T")

PIECE: Final = 500
"""Most values in one ``IN`` and most rows in one statement."""


def pieces(values: Collection[T]) -> Iterator[list[T]]:
    """Yield the values in lists of at most ``PIECE``."""
    ordered = list(values)
    for start in range(0, len(ordered), PIECE):
        yield ordered[start : start + PIECE]


def pieces_by_kind(keys: Collection[Key]) -> Iterator[tuple[Kind, list[str]]]:
    """Yield the ids of people, then those of groups, in lists of at most ``PIECE``."""
    for kind in Kind:
        for piece in pieces([record_id for of, record_id in keys if of is kind]):
            yield kind, piece


class _EachOf(FunctionElement[str]):
    """The texts of one JSON list; what it is called differs between the databases."""

    inherit_cache = True
    name = "each_of"


class Listed(TypeDecorator[Collection[str]]):
    """Texts that are bound as one JSON list."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Collection[str] | None, dialect: Dialect) -> str | None:
        """Return the JSON list."""
        return None if value is None else msgspec.json.encode(list(value)).decode()


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
    listed = literal(ids, Listed())
    return column.op("IN", is_comparison=True)(_EachOf(listed))


def among_given(column: ColumnElement[str], name: str) -> ColumnElement[bool]:
    """Return the condition that a column holds one of the ids that are bound by this name.

    For a question that is composed once (``asked``).
    """
    return column.op("IN", is_comparison=True)(_EachOf(bindparam(name, type_=Listed())))


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert ``rows``; where the primary key is there already, take the new values.

    All rows have the columns of the first.
    """
    if rows:
        if connection.dialect.name == "sqlite":
            _upserting_lite(table, tuple(rows[0])).run_each(connection, rows)
        else:
            connection.execute(_upserting(table, tuple(rows[0])), list(rows))


@cache
def _upserting(table: Table, columns: tuple[str, ...]) -> Executable:
    """Return the statement, which is always the same and costs more to make than to run."""
    keys = [column.name for column in table.primary_key.columns]
    grown = postgresql.insert(table)
    kept = {name: grown.excluded[name] for name in columns if name not in keys}
    return grown.on_conflict_do_update(index_elements=keys, set_=kept)


@cache
def _upserting_lite(table: Table, columns: tuple[str, ...]) -> Told:
    keys = [column.name for column in table.primary_key.columns]
    lite = sqlite.insert(table).values({name: bindparam(name) for name in columns})
    kept = {name: lite.excluded[name] for name in columns if name not in keys}
    return Told(lite.on_conflict_do_update(index_elements=keys, set_=kept))


def delete_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Delete the rows that have exactly these values, in the columns that the first one names."""
    if rows:
        statement = _deleting(table, tuple(rows[0]))
        named = [{f"old_{name}": value for name, value in row.items()} for row in rows]
        connection.execute(statement, named)


@cache
def _deleting(table: Table, columns: tuple[str, ...]) -> Executable:
    return delete(table).where(*(table.c[name] == bindparam(f"old_{name}") for name in columns))


def insert_missing(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert those ``rows`` that break no unique rule; leave the others as they are."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.execute(sqlite.insert(table).on_conflict_do_nothing(), list(rows))
    else:
        connection.execute(postgresql.insert(table).on_conflict_do_nothing(), list(rows))
