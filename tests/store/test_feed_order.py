"""The feed's numbers follow the order of commits, without gaps (promise P5)."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, select, text
from tests.databases import prepared_postgresql

from seatkeeper.directory.model import Subject, Verb
from seatkeeper.errors import BadInput
from seatkeeper.store.audit_chain import broken_audit
from seatkeeper.store.database import Database
from seatkeeper.store.news import News
from seatkeeper.store.tables import changes


def tell(connection: Connection, who: str) -> None:
    news = News("grace")
    news.change(Subject.USER, Verb.UPDATED, who)
    news.audit("user.edit", who)
    news.write(connection)


def read_after(database: Database, seq: int) -> list[tuple[int, str]]:
    asked = select(changes.c.seq, changes.c.record_id).where(changes.c.seq > seq)
    return database.read_now(
        lambda c: [(r.seq, r.record_id) for r in c.execute(asked.order_by(changes.c.seq))]
    )


def test_who_starts_first_and_commits_last_is_numbered_last(postgresql_server: str) -> None:
    database = Database.open(prepared_postgresql(postgresql_server))
    first = create_engine(database.url).connect()
    first.execute(text("INSERT INTO groups VALUES ('g', 'Early', '{}', '2026')"))  # T1 writes

    database.write_now(lambda c: tell(c, "late starter"))  # T2 starts, writes and commits
    seen = read_after(database, 0)
    tell(first, "early starter")
    first.commit()

    assert seen == [(1, "late starter")]
    assert read_after(database, 1) == [(2, "early starter")]
    first.close()
    database.close()


def test_a_writer_waits_for_the_one_whose_numbers_are_not_committed(
    postgresql_server: str,
) -> None:
    database = Database.open(prepared_postgresql(postgresql_server))
    first = create_engine(database.url).connect()
    tell(first, "first")  # numbered, still open
    second = threading.Thread(target=database.write_now, args=[lambda c: tell(c, "second")])
    second.start()

    seen_meanwhile = read_after(database, 0)
    first.rollback()
    second.join(20)

    assert seen_meanwhile == []
    assert read_after(database, 0) == [(1, "second")]
    first.close()
    database.close()


def test_a_change_that_was_rolled_back_leaves_no_gap(database: Database) -> None:
    def fails(connection: Connection) -> None:
        tell(connection, "nobody")
        raise BadInput("changed my mind")

    database.write_now(lambda c: tell(c, "ada"))
    with pytest.raises(BadInput):
        database.write_now(fails)
    database.write_now(lambda c: tell(c, "bob"))

    assert read_after(database, 0) == [(1, "ada"), (2, "bob")]


def test_a_reader_beside_four_writers_misses_nobody(database: Database) -> None:
    def write_many(name: str) -> None:
        for number in range(25):
            database.write_now(lambda c, n=number: tell(c, f"{name}{n}"))  # type: ignore[misc]

    writers = [threading.Thread(target=write_many, args=[name]) for name in "abcd"]
    for writer in writers:
        writer.start()
    seen: list[tuple[int, str]] = []
    while any(writer.is_alive() for writer in writers) or len(seen) < 100:
        fresh = read_after(database, seen[-1][0] if seen else 0)
        seen += fresh
        if not fresh and not any(writer.is_alive() for writer in writers):
            break

    seen += read_after(database, seen[-1][0])
    assert [seq for seq, _ in seen] == list(range(1, 101))
    assert len({who for _, who in seen}) == 100
    assert database.read_now(broken_audit) is None


def test_the_audit_trail_refuses_to_be_edited(database: Database) -> None:
    database.write_now(lambda c: tell(c, "ada"))

    with pytest.raises(Exception, match="append-only"):
        database.write_now(lambda c: c.execute(text("UPDATE audit SET actor = 'mallory'")))


@pytest.mark.parametrize(
    ("forgery", "broken"),
    [
        ("UPDATE audit SET actor = 'mallory' WHERE seq = 2", 2),
        ("DELETE FROM audit WHERE seq = 1", 1),
        ("DELETE FROM audit WHERE seq = 3", 3),
    ],
)
def test_a_forged_audit_row_is_found(tmp_path: Path, forgery: str, broken: int) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'a.db'}")
    for who in ("ada", "bob", "cyd"):
        database.write_now(lambda c, who=who: tell(c, who))  # type: ignore[misc]

    for trigger in ("audit_no_update", "audit_no_delete"):
        database.write_now(lambda c, t=trigger: c.execute(text(f"DROP TRIGGER {t}")))  # type: ignore[misc]
    database.write_now(lambda c: c.execute(text(forgery)))

    assert database.read_now(broken_audit) == broken
    database.close()
