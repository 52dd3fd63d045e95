"""Opening a database, moving its tables up, and noticing what others commit."""

import multiprocessing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from seatkeeper.errors import BadInput, StoreUnusable
from seatkeeper.store import (
    administration_tables,  # noqa: F401 - adds its tables to the metadata
    inbound_tables,  # noqa: F401 - adds its tables to the metadata
    ledger_tables,  # noqa: F401 - adds its tables to the metadata
    migration,
    notice_tables,  # noqa: F401 - adds its tables to the metadata
    plan_tables,  # noqa: F401 - adds its tables to the metadata
)
from seatkeeper.store.database import Database
from seatkeeper.store.tables import metadata


def _open_and_close(url: str) -> None:
    Database.open(url).close()


def test_the_migrations_make_the_tables_that_the_program_describes(database: Database) -> None:
    def differences(connection):
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        return compare_metadata(context, metadata)

    found = database.read_now(differences)

    assert found == []


def test_the_names_of_the_migrations_tell_their_order() -> None:
    scripts = ScriptDirectory(str(migration.FOLDER))

    told = [script.revision for script in scripts.walk_revisions()]

    assert told[::-1] == migration.revisions()


def test_four_processes_that_open_an_empty_database_at_once_all_succeed(
    empty_database_url: str,
) -> None:
    spawn = multiprocessing.get_context("spawn")
    openers = [spawn.Process(target=_open_and_close, args=(empty_database_url,)) for _ in range(4)]

    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join(30)

    assert [opener.exitcode for opener in openers] == [0, 0, 0, 0]


@pytest.mark.fault("L6")
def test_a_database_of_a_newer_program_is_refused_with_both_revisions(database_url: str) -> None:
    database = Database.open(database_url)
    database.write_now(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    database.close()

    with pytest.raises(StoreUnusable, match=f"9999.*{migration.revisions()[-1]}"):
        Database.open(database_url)


def test_a_commit_of_another_process_is_noticed(database: Database, database_url: str) -> None:
    other = Database.open(database_url)
    before = database.stirred()

    other.write_now(lambda c: c.execute(text("UPDATE feed_position SET seq = seq + 1")))

    assert database.stirred() != before
    other.close()


def test_a_commit_of_this_process_is_noticed(database: Database) -> None:
    before = database.stirred()

    database.write_now(lambda c: c.execute(text("UPDATE feed_position SET seq = seq + 1")))

    assert database.stirred() != before


def test_reading_is_not_noticed_on_sqlite(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'a.db'}")
    before = database.stirred()

    database.read_now(lambda c: c.execute(text("SELECT seq FROM feed_position")).scalar())

    assert database.stirred() == before
    database.close()


def test_a_write_that_fails_leaves_nothing_behind(database: Database) -> None:
    def half(connection):
        connection.execute(text("UPDATE feed_position SET seq = 7"))
        raise BadInput("changed my mind")

    with pytest.raises(BadInput):
        database.write_now(half)

    assert database.read_now(lambda c: c.scalar(text("SELECT seq FROM feed_position"))) == 0


def test_a_file_that_is_no_database_is_refused_in_words(tmp_path: Path) -> None:
    file = tmp_path / "letter.db"
    file.write_text("Dear Ada, this is a letter and not a database. " * 40)

    with pytest.raises(StoreUnusable, match="is not a database"):
        Database.open(f"sqlite:///{file}")


def test_a_database_that_is_full_is_refused_in_words(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'a.db'}")

    def fill(connection):
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
        connection.exec_driver_sql("CREATE TABLE big (a)")
        connection.exec_driver_sql("INSERT INTO big VALUES (zeroblob(100000))")

    with pytest.raises(StoreUnusable, match="is full"):
        database.write_now(fill)
    database.close()


def test_a_server_that_is_not_there_is_refused_in_words() -> None:
    with pytest.raises(StoreUnusable, match="cannot be reached"):
        Database.open("postgresql://ada:geheim@127.0.0.1:1/nowhere")


def test_the_refusal_keeps_the_password_to_itself() -> None:
    with pytest.raises(StoreUnusable) as refusal:
        Database.open("postgresql://ada:geheim@127.0.0.1:1/nowhere")

    assert "geheim" not in str(refusal.value)


@pytest.mark.parametrize("url", ["mysql://localhost/x", "sqlite://", "nonsense"])
def test_a_url_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(BadInput):
        Database.open(url)


def test_the_file_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "home" / "a.db"

    Database.open(f"sqlite:///{file}").close()

    assert file.stat().st_mode & 0o077 == 0
