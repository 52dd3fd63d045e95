"""The sandbox's journal: what it keeps, what it finds, and files of older programs."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from seatkeeper.scim.errors import ScimError
from seatkeeper.store.resource_file import ResourceFile
from seatkeeper.store.resource_journal import KEPT, REQUESTS, RequestJournal, Sought

OLD_TABLE = """CREATE TABLE requests (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, started TEXT NOT NULL, ended TEXT NOT NULL,
    method TEXT NOT NULL, path TEXT NOT NULL, query TEXT NOT NULL, status INTEGER NOT NULL,
    request TEXT NOT NULL, response TEXT NOT NULL, token TEXT NOT NULL)"""
OLD_ROW = """INSERT INTO requests
    (started, ended, method, path, query, status, request, response, token)
    VALUES ('2026-01-01T00:00:00+00:00', '2026-01-01T00:00:00+00:00', 'GET', '/scim/v2/Users',
            'filter=userName+eq+%22Ana%22', 200, '', '{}', 'oken')"""


@pytest.fixture
def file(tmp_path: Path) -> Iterator[ResourceFile]:
    found = ResourceFile(tmp_path / "app.db")
    yield found
    found.close()


def entry(**given: Any) -> dict[str, str | int]:
    return {
        "started": "2026-03-02T09:00:00+00:00",
        "ended": "2026-03-02T09:00:00+00:00",
        "method": "GET",
        "path": "/scim/v2/Users",
        "query": "",
        "status": 200,
        "request": "",
        "response": "",
        "token": "",
        **given,
    }


def numbers(rows: list[dict[str, Any]]) -> list[int]:
    return [row["seq"] for row in rows]


def test_the_newest_ten_thousand_are_kept(file: ResourceFile) -> None:
    journal = RequestJournal(file)
    journal.note(entry())
    file.write(lambda db: db.execute(REQUESTS.insert().values(**entry(), seq=KEPT)))

    journal.note(entry())

    assert numbers(journal.requests()) == [KEPT, KEPT + 1]


def test_what_came_first_is_written_first_also_where_somebody_comes_in_between(
    file: ResourceFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = RequestJournal(file)
    journal.note_soon(entry(query="first"))
    reached, goes_on = threading.Event(), threading.Event()
    write_at_once = file.write

    def write_late(*given: Any) -> object:
        if threading.current_thread() is settling:
            reached.set()
            goes_on.wait()
        return write_at_once(*given)

    monkeypatch.setattr(file, "write", write_late)
    settling = threading.Thread(target=journal.settle)
    settling.start()
    reached.wait()
    journal.note(entry(method="PUT", query="second"))
    goes_on.set()
    settling.join()

    assert [row["query"] for row in journal.requests()] == ["first", "second"]


def test_what_cannot_be_written_down_soon_does_not_wait_for_ever(
    file: ResourceFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = RequestJournal(file)

    def gone(*_: Any) -> NoReturn:
        raise ScimError(503, "", "The database cannot be used now.")

    with monkeypatch.context() as patched:
        patched.setattr(file, "write", gone)
        journal.note_soon(entry(query="lost"))
        journal.settle()
    journal.note_soon(entry(query="kept"))
    journal.settle()

    assert [row["query"] for row in journal.requests()] == ["kept"]


def test_a_number_is_never_given_twice(file: ResourceFile) -> None:
    journal = RequestJournal(file)
    journal.note(entry())
    file.write(lambda db: db.execute(REQUESTS.delete()))

    journal.note(entry())

    assert journal.newest() == 2


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        (Sought(), [5, 4, 3, 2, 1]),
        (Sought(method="PATCH"), [3]),
        (Sought(status_class=4), [4]),
        (Sought(text="USERNAME EQ"), [2]),
        (Sought(text="%"), [5]),
        (Sought(verdict="broken"), [3]),
        (Sought(with_findings=True), [3, 2]),
        (Sought(method="GET", status_class=2, text="users"), [2, 1]),
    ],
)
def test_a_filter_finds_what_it_says(file: ResourceFile, sought: Sought, found: list[int]) -> None:
    journal = RequestJournal(file)
    met = '[{"rule":"RFC 7643 3","verdict":"met"}]'
    journal.note(entry())
    journal.note(entry(query="filter=userName+eq+%22ana%22", findings=met, verdict="met"))
    journal.note(entry(method="PATCH", findings=met, verdict="broken"))
    journal.note(entry(method="POST", status=404))
    journal.note(entry(method="POST", path="/scim/v2/100%"))

    assert numbers(journal.newest_first(sought, limit=50)) == found
    assert journal.count(sought) == len(found)
    assert numbers(list(journal.each(sought))) == found[::-1]


def test_pages_go_on_where_the_last_one_ended(file: ResourceFile) -> None:
    journal = RequestJournal(file)
    for _ in range(5):
        journal.note(entry())

    first = journal.newest_first(Sought(), limit=2)
    second = journal.newest_first(Sought(), before=first[-1]["seq"], limit=2)
    back = journal.just_after(Sought(), after=second[0]["seq"], limit=2)

    assert [numbers(first), numbers(second), numbers(back)] == [[5, 4], [3, 2], [5, 4]]


def test_everything_is_read_in_pieces_and_none_is_left_out(file: ResourceFile) -> None:
    journal = RequestJournal(file)
    for _ in range(450):
        journal.note(entry())

    assert numbers(list(journal.each())) == list(range(1, 451))


def test_a_file_of_an_older_program_keeps_its_requests_and_takes_new_ones(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "old.db") as old:
        old.execute(OLD_TABLE)
        old.execute(OLD_ROW)
    file = ResourceFile(tmp_path / "old.db")

    journal = RequestJournal(file)

    journal.note(entry(client="Okta/1.0", changed=2))
    before, after = journal.requests()
    assert (before["client"], before["findings"], before["changed"]) == ("", [], -1)
    assert (after["client"], after["changed"]) == ("Okta/1.0", 2)
    assert numbers(journal.newest_first(Sought(text='eq "ana"'), limit=5)) == [1]
    file.close()


def test_an_older_program_can_still_write_into_our_file(tmp_path: Path) -> None:
    file = ResourceFile(tmp_path / "app.db")
    RequestJournal(file)
    file.close()

    with sqlite3.connect(tmp_path / "app.db") as old:
        old.execute(OLD_ROW)

    file = ResourceFile(tmp_path / "app.db")
    assert [row["status"] for row in RequestJournal(file).requests()] == [200]
    file.close()
