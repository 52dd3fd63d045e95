"""Fixtures that open the storage of a SCIM service on each kind of database.

Import ``place`` and ``file`` into a test module. A test that takes them runs
once on each kind.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.databases import kinds, new_postgresql

from seatkeeper.store.resource_file import ResourceFile


@pytest.fixture(params=kinds())
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return where an empty store is: a path or a URL, of each kind in turn."""
    if request.param == "sqlite":
        return str(tmp_path / "app.db")
    return new_postgresql(request.getfixturevalue("postgresql_server"))


@pytest.fixture
def file(place: str) -> Iterator[ResourceFile]:
    """Open an empty store, of each kind in turn."""
    opened = ResourceFile(place)
    yield opened
    opened.close()


@dataclass
class Statements:
    """What was asked of a database, with what was bound to it, and the rows it wrote."""

    asked: list[tuple[str, Any]] = field(default_factory=list)

    def texts(self) -> list[str]:
        """Return the statements, without those that begin and end."""
        return [text for text, _ in self.asked if not text.startswith(("BEGIN", "PRAGMA"))]


@contextlib.contextmanager
def statements_of(file: ResourceFile) -> Iterator[Statements]:
    """Note every statement of a store while the block runs."""
    found = Statements()

    def note(
        _connection: Any, _cursor: Any, statement: str, bound: Any, _context: Any, _many: Any
    ) -> None:
        found.asked.append((statement, bound))

    sa.event.listen(file.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        sa.event.remove(file.engine, "before_cursor_execute", note)
