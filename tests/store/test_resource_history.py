"""The history of a stand-in's accounts: what is one row, and how it reads."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from seatkeeper.store.resource_file import ResourceFile
from seatkeeper.store.resource_history import CHANGES, Change
from seatkeeper.store.resource_journal import RequestJournal

AT = "2026-03-02T09:00:00.000Z"
ENTRY: dict[str, str | int] = {
    "started": AT,
    "ended": AT,
    "method": "POST",
    "path": "/scim/v2/Users",
    "query": "",
    "status": 201,
    "request": "",
    "response": "",
    "token": "",
}
ADA = [
    Change(AT, "User", "ada", "created", "userName", None, "ada@x"),
    Change(AT, "User", "ada", "created", "title", None, "Countess"),
]
RENAMED = [
    Change(AT, "User", "ada", "changed", "userName", "ada@x", "ada@y"),
    Change(AT, "User", "ada", "changed", "title", "Countess", None),
    Change(AT, "User", "ada", "changed", "nickName", None, "A"),
]
JOINED = [Change(AT, "Group", "crew", "joined", other_id=one) for one in ("ada", "bob")]


@pytest.fixture
def file(tmp_path: Path) -> Iterator[ResourceFile]:
    found = ResourceFile(tmp_path / "app.db")
    yield found
    found.close()


def rows(file: ResourceFile) -> int:
    asked = sa.select(sa.func.count()).select_from(CHANGES)
    return file.read(lambda db: int(db.execute(asked).scalar_one()))


def test_what_one_request_did_to_one_account_is_one_row_and_reads_value_by_value(
    file: ResourceFile,
) -> None:
    journal = RequestJournal(file)

    journal.note(ENTRY, ADA)
    journal.note(ENTRY, RENAMED)

    assert rows(file) == 2
    assert [one.change for one in journal.history.by(1, limit=10)] == ADA
    assert [one.change for one in journal.history.by(2, limit=10)] == RENAMED
    known, older = journal.history.of("ada", limit=10)
    assert ([one.change for one in known], older) == ([*RENAMED[::-1], *ADA[::-1]], 0)


def test_each_membership_is_a_row_that_both_sides_find(file: ResourceFile) -> None:
    journal = RequestJournal(file)

    journal.note(ENTRY, JOINED)

    assert rows(file) == 2
    assert [one.change for one in journal.history.of("bob", limit=10)[0]] == JOINED[1:]
    assert [one.change for one in journal.history.of("crew", limit=10)[0]] == JOINED[::-1]


def test_a_page_of_history_ends_between_requests_and_never_loses_a_value(
    file: ResourceFile,
) -> None:
    journal = RequestJournal(file)
    for changes in (ADA, RENAMED, JOINED):
        journal.note(ENTRY, changes)

    newest, older = journal.history.of("ada", limit=2)
    oldest, end = journal.history.of("ada", before=older, limit=2)

    assert [one.change for one in newest] == [JOINED[0], *RENAMED[::-1]]
    assert [one.change for one in oldest] == ADA[::-1]
    assert (older > 0, end) == (True, 0)


def test_what_an_older_program_wrote_value_by_value_reads_the_same(file: ResourceFile) -> None:
    journal = RequestJournal(file)
    old = [{"request": 7, **one._asdict()} for one in ADA]
    file.write(lambda db: db.execute(CHANGES.insert(), old))

    found = journal.history.by(7, limit=10)

    assert [one.change for one in found] == ADA


def test_what_is_gathered_is_written_at_the_end_each_under_its_own_request(
    file: ResourceFile,
) -> None:
    journal = RequestJournal(file)

    with file.together(writes=True), journal.gathered():
        journal.note(ENTRY, ADA)
        journal.note({**ENTRY, "status": 409})
        journal.note(ENTRY, [one._replace(resource_id="bob") for one in ADA])
        before = rows(file)

    assert (before, rows(file)) == (0, 2)
    assert [row["status"] for row in journal.requests()] == [201, 409, 201]
    assert {one.request for one in journal.history.of("bob", limit=10)[0]} == {3}


def test_nothing_is_written_down_of_a_block_that_fails(file: ResourceFile) -> None:
    journal = RequestJournal(file)

    def failing() -> None:
        with file.together(writes=True), journal.gathered():
            journal.note(ENTRY, ADA)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()

    assert (rows(file), journal.newest()) == (0, 0)
    journal.note(ENTRY, ADA)
    assert rows(file) == 1
