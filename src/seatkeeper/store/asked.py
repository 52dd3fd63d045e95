"""A question that is always the same text: composed once, asked with values by name.

Beside the walk, over ``fixed``: what comes back has the types of the columns,
as it has the usual way, at a fraction of the processor time. For the questions
that every cycle asks; one that is asked by hand is composed where it is asked.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.compiler import SQLCompiler

from seatkeeper.store.fixed import Fixed

_LITE: Final = sqlite.dialect()

_Changed = tuple[int, Callable[[Any], Any]]


class Told:
    """One change that is always the same text, for many rows; their values bound by name."""

    def __init__(self, statement: sa.Executable) -> None:
        self._fixed = Fixed(statement)
        self._given = _bound_by(statement)

    def run_each(self, db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Carry it out once for each of these rows."""
        if db.dialect.name != "sqlite":
            self._fixed.run_each(db, rows)
            return
        plain = [dict(row) for row in rows]
        for name, processor in self._given.items():
            for row in plain:
                if name in row:
                    row[name] = processor(row[name])
        self._fixed.run_each(db, plain)


class Asked:
    """One question; its values are bound by name. Raises what the engine itself would raise.

    Rows have the names of their columns, and can be unpacked in their order.
    """

    def __init__(self, statement: sa.Select[Any] | sa.CompoundSelect[Any]) -> None:
        self._statement = statement
        self._fixed = Fixed(statement)
        self._given = _bound_by(statement)
        columns = list(statement.selected_columns)
        self._found: tuple[_Changed, ...] = tuple(
            (place, processor)
            for place, one in enumerate(columns)
            if (processor := one.type.dialect_impl(_LITE).result_processor(_LITE, None)) is not None
        )
        names = [one.key or "" for one in columns]
        self._row: Any = namedtuple("Found", names, rename=True)  # type: ignore[misc]  # made of columns

    def all(self, db: Connection, **values: Any) -> Sequence[Any]:
        """Return every row."""
        if db.dialect.name != "sqlite":
            return db.execute(self._statement, values).all()
        given = self._given
        bound = {
            name: given[name](value) if name in given else value for name, value in values.items()
        }
        found, make, row_of = self._found, self._row._make, list[Any]
        rows = []
        for plain in self._fixed.rows(db, **bound):
            row = row_of(plain)
            for place, processor in found:
                row[place] = processor(row[place])
            rows.append(make(row))
        return rows

    def first(self, db: Connection, **values: Any) -> Any:
        """Return the first row, or none; a question with many should limit itself."""
        found = self.all(db, **values)
        return found[0] if found else None


def _bound_by(statement: sa.Executable) -> Mapping[str, Callable[[Any], Any]]:
    """Return what makes a bound value of a value, by the names where it is not the value itself."""
    assert isinstance(statement, sa.ClauseElement)  # noqa: S101 - for the type checker
    compiled = statement.compile(dialect=_LITE)
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - for the type checker
    return {
        name: processor
        for name, one in compiled.binds.items()
        if (processor := one.type.dialect_impl(_LITE).bind_processor(_LITE)) is not None
    }
