"""Worlds to run cycles in."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine.days import copied
from tests.engine.world import World

from seatkeeper.store.database import Database


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an SQLite file that was made once, to be copied: making one takes long."""
    file = tmp_path_factory.mktemp("empty") / "seatkeeper.db"
    Database.open(f"sqlite:///{file}").close()
    return file


@pytest.fixture
def world(tmp_path: Path, empty_file: Path) -> Iterator[World]:
    """Return an empty company on an SQLite file, and 15Five in memory."""
    opened = copied(empty_file, tmp_path)
    yield World(opened, tmp_path)
    opened.close()


@pytest.fixture
def any_world(database: Database, tmp_path: Path) -> World:
    """Return an empty company on each kind of database in turn."""
    return World(database, tmp_path)


@pytest.fixture
def open_app(tmp_path: Path, empty_file: Path) -> Iterator[World]:
    """Return an empty company and an app that can delete people, and has no roles of its own."""
    opened = copied(empty_file, tmp_path)
    yield World(opened, tmp_path, app="generic-scim")
    opened.close()
