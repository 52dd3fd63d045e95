"""A statement whose text never changes: compiled once, and handed to SQLite without detours.

Beside the walk. Composing a statement anew costs a hundred times what SQLite
needs to answer it by index. PostgreSQL gets the same statement the usual way.
Whoever listens to an engine's statements hears these, too.
"""

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.compiler import SQLCompiler

Row = Sequence[Any]
_TAKEN_BACK: Final = "seatkeeper rows taken back"
_LITE: Final = sqlite.dialect(paramstyle="qmark")


class Fixed:
    """One statement; its values are bound by name. Raises what the engine itself would raise."""

    def __init__(self, statement: sa.Executable) -> None:
        assert isinstance(statement, sa.ClauseElement)  # noqa: S101 - for the type checker
        self._statement = statement
        compiled = statement.compile(dialect=_LITE)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 - for the type checker
        self._text = str(compiled)
        self._order: tuple[str, ...] = tuple(compiled.positiontup or ())
        self._constant = {
            name: value for name, value in compiled.params.items() if value is not None
        }

    def rows(self, db: sa.Connection, **values: Any) -> Sequence[Row]:
        """Return all rows that it finds or gives back."""
        if db.dialect.name != "sqlite":
            return db.execute(self._executable, values).all()
        return self._run(db, self._bound(values)).fetchall()

    def first(self, db: sa.Connection, **values: Any) -> Row | None:
        """Return the first row, or none."""
        found = self.rows(db, **values)
        return found[0] if found else None

    def run(self, db: sa.Connection, **values: Any) -> int:
        """Carry it out; return how many rows it touched."""
        if db.dialect.name != "sqlite":
            return int(db.execute(self._executable, values).rowcount)
        return int(self._run(db, self._bound(values)).rowcount)

    def run_each(self, db: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Carry it out once for each of these rows."""
        if not rows:
            return
        if db.dialect.name != "sqlite":
            db.execute(self._executable, list(rows))
            return
        self._run(db, [self._bound(row) for row in rows], many=True)

    @property
    def _executable(self) -> sa.Executable:
        assert isinstance(self._statement, sa.Executable)  # noqa: S101 - for the type checker
        return self._statement

    def _bound(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        constant = self._constant
        return tuple([values[name] if name in values else constant[name] for name in self._order])

    def _run(self, db: sa.Connection, bound: Any, *, many: bool = False) -> sqlite3.Cursor:
        return said(db, self._text, bound, many=many)


def said(db: sa.Connection, text: str, bound: Any = (), *, many: bool = False) -> sqlite3.Cursor:
    """Say something to SQLite in its own words, in the transaction of ``db``."""
    cursor: sqlite3.Cursor = driver_of(db).cursor()
    for listener in db.dispatch.before_cursor_execute:
        listener(db, cursor, text, bound, None, many)
    try:
        return cursor.executemany(text, bound) if many else cursor.execute(text, bound)
    except sqlite3.Error as error:
        raise sa.exc.DBAPIError.instance(
            text, None, error, sqlite3.Error, dialect=db.dialect
        ) from error


@contextlib.contextmanager
def part_of(db: sa.Connection) -> Iterator[None]:
    """Take back on SQLite what a block has written, if it fails.

    PostgreSQL's whole transaction fails with a statement, and its caller takes it back.
    """
    if db.dialect.name != "sqlite":
        yield
        return
    before = rows_written(db)
    said(db, "SAVEPOINT part_of")
    try:
        yield
    except BaseException:
        # Of a full or broken disk SQLite takes everything back by itself.
        if driver_of(db).in_transaction:
            said(db, "ROLLBACK TO part_of")
            said(db, "RELEASE part_of")
            db.info[_TAKEN_BACK] = db.info.get(_TAKEN_BACK, 0) + rows_written(db) - before
        raise
    said(db, "RELEASE part_of")


def rows_written(db: sa.Connection) -> int:
    """Return a number that grows with each row that is written and not taken back by ``part_of``.

    Of SQLite alone.
    """
    return driver_of(db).total_changes - int(db.info.get(_TAKEN_BACK, 0))


def driver_of(db: sa.Connection) -> sqlite3.Connection:
    """Return SQLite's own connection under one of the engine."""
    driver = db.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - for the type checker
    return driver
