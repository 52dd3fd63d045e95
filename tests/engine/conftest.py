"""Worlds to run cycles in."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.databases import prepared_sqlite
from tests.engine.world import World

from seatkeeper.store.database import Database


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Return an empty company on an SQLite file, and 15Five in memory."""
    opened = Database.open(prepared_sqlite(tmp_path / "seatkeeper.db"))
    yield World(opened, tmp_path)
    opened.close()


@pytest.fixture
def any_world(database: Database, tmp_path: Path) -> World:
    """Return an empty company on each kind of database in turn."""
    return World(database, tmp_path)


@pytest.fixture
def open_app(tmp_path: Path) -> Iterator[World]:
    """Return an empty company and an app that can delete people, and has no roles of its own."""
    opened = Database.open(prepared_sqlite(tmp_path / "seatkeeper.db"))
    yield World(opened, tmp_path, app="generic-scim")
    opened.close()
