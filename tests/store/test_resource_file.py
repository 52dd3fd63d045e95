"""What is under a SCIM service: opened, upgraded, raced for, full, killed."""

import datetime as dt
import json
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, NoReturn

import pytest
import sqlalchemy as sa
from tests.resource_stores import file, place
from tests.store import format_1

from seatkeeper.errors import BadInput, StoreUnusable
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.scim.errors import ScimError, Taken
from seatkeeper.scim.filter import parse_filter
from seatkeeper.scim.holding import Wanted
from seatkeeper.scim.members import MemberChange, MemberWrite
from seatkeeper.scim.messages import Resource
from seatkeeper.service_provider.profile import profile_of
from seatkeeper.store.resource_file import ResourceFile
from seatkeeper.store.resource_journal import RequestJournal
from seatkeeper.store.resource_tokens import IssuedTokens
from seatkeeper.store.resources import ResourceStore

__all__ = ["file", "place"]

PROFILE: Final = profile_of(gallery_app("15five"))
NOW: Final = dt.datetime(2026, 11, 26, 9, tzinfo=dt.UTC)


def store_of(file: ResourceFile) -> ResourceStore:
    return ResourceStore(file, PROFILE.keys_of)


def wanted(kind: str, text: str | None = None) -> Wanted:
    return Wanted(PROFILE.kind(kind).schema, filter=None if text is None else parse_filter(text))


def with_value(name: str, value: str) -> Callable[[Resource], Resource]:
    return lambda held: {**held, name: value}


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """Do several things at the same moment; return what each gave or raised."""
    gate = threading.Barrier(len(acts))
    found: list[Any] = [None] * len(acts)

    def run(number: int) -> None:
        gate.wait()
        try:
            found[number] = acts[number]()
        except ScimError as error:
            found[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_of_two_who_want_one_user_name_one_gets_it_two_hundred_times(place: str) -> None:
    clients = [ResourceFile(place), ResourceFile(place)]
    stores = [store_of(client) for client in clients]

    rounds = []
    for number in range(200):
        name: Resource = {"userName": f"ada{number}"}
        found = at_once([partial(store.create, "User", name, NOW) for store in stores])
        rounds.append(sorted(one.status if isinstance(one, ScimError) else 201 for one in found))

    total = stores[0].find("User", wanted("User")).total
    for client in clients:
        client.close()
    assert rounds == [[201, 409]] * 200
    assert total == 200


def test_names_that_are_swapped_at_the_same_moment_never_meet(place: str) -> None:
    clients = [ResourceFile(place), ResourceFile(place)]
    stores = [store_of(client) for client in clients]
    ids = [stores[0].create("User", {"userName": name}, NOW).id for name in ("ada", "bob")]

    statuses = set()
    for number in range(40):
        names = ("ada", "bob") if number % 2 else ("bob", "ada")
        found = at_once(
            [
                partial(store.edit, "User", i, with_value("userName", name), NOW)
                for store, i, name in zip(stores, ids, names, strict=True)
            ]
        )
        statuses |= {one.status if isinstance(one, ScimError) else 200 for one in found}

    held = {one.values["userName"] for one in stores[0].find("User", wanted("User")).page}
    for client in clients:
        client.close()
    assert statuses <= {200, 409, 503}
    assert held == {"ada", "bob"}


def test_of_two_changes_of_one_account_neither_is_lost(place: str) -> None:
    clients = [ResourceFile(place), ResourceFile(place)]
    stores = [store_of(client) for client in clients]
    ada = stores[0].create("User", {"userName": "ada"}, NOW).id

    for number in range(20):
        at_once(
            [
                partial(store.edit, "User", ada, with_value(f"{name}{number}", "x"), NOW)
                for store, name in zip(stores, ("left", "right"), strict=True)
            ]
        )

    kept = stores[0].get("User", ada)
    for client in clients:
        client.close()
    assert len(kept.values) == 41
    assert kept.version == 41


def test_somebody_deleted_while_joining_leaves_no_membership_behind(place: str) -> None:
    clients = [ResourceFile(place), ResourceFile(place)]
    first, second = [store_of(client) for client in clients]
    team = first.create("Group", {"displayName": "All"}, NOW).id

    for number in range(30):
        ada = first.create("User", {"userName": f"ada{number}"}, NOW).id
        joins = [MemberChange(MemberWrite.ADD, (ada,))]
        at_once(
            [
                partial(first.delete, "User", ada),
                partial(second.edit, "Group", team, lambda held: held, NOW, joins),
            ]
        )

    members = clients[0].read(lambda db: db.execute(sa.text(_count(clients[0]))).scalar_one())
    left = list(first.members(team))
    for client in clients:
        client.close()
    assert left == []
    assert members == 0


def _count(file: ResourceFile) -> str:
    return f"SELECT count(*) FROM {'members' if file.is_sqlite else 'scim.members'}"


def test_a_lost_race_is_run_again_and_a_lasting_one_is_503_never_500(file: ResourceFile) -> None:
    tries: list[int] = []

    def loses(db: sa.Connection) -> None:
        tries.append(1)
        if file.is_sqlite:
            busy = sqlite3.OperationalError("database is locked")
            busy.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise sa.exc.OperationalError("", {}, busy)
        db.exec_driver_sql("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$")

    with pytest.raises(ScimError) as refused:
        file.write(loses)

    assert refused.value.status == 503
    assert len(tries) == 5


def test_what_a_format_1_file_holds_is_all_there_after_the_upgrade(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    old = sa.create_engine(f"sqlite:///{path}")
    users = [
        {"userName": f"Ada{n}", "active": n % 2 == 0, "emails": [{"value": f"a{n}@x"}]}
        for n in range(600)
    ]
    rows: list[Resource] = [
        {"seq": n + 1, "kind": "User", "id": f"u{n}", "body": json.dumps(values)}
        for n, values in enumerate(users)
    ]
    rows.append({"seq": 700, "kind": "Group", "id": "g", "body": '{"displayName": "All"}'})
    with old.begin() as db:
        format_1.METADATA.create_all(db)
        times = {"created": "2026-01-01T00:00:00.000Z", "modified": "2026-02-01T00:00:00.000Z"}
        db.execute(format_1.RESOURCES.insert(), [{**row, **times, "version": 3} for row in rows])
        db.execute(format_1.CLAIMS.insert().values(kind="User", name="userName", value="x", id="u"))
        members = [{"group_id": "g", "member_id": f"u{n}"} for n in (5, 3)]
        db.execute(format_1.MEMBERS.insert(), members)
        token = {"digest": "d", "last_four": "1234", "issued_as": "admin", "created": "then"}
        db.execute(format_1.TOKENS.insert().values(**token))
        request = dict.fromkeys(
            ["started", "ended", "method", "path", "query", "request", "response", "token"], "GET"
        )
        db.execute(format_1.REQUESTS.insert().values(**request, status=200))
        db.exec_driver_sql("PRAGMA user_version=1")
    old.dispose()

    file = ResourceFile(path)
    store = store_of(file)
    everybody = wanted("User")
    found = store.find("User", everybody)
    inactive = store.find("User", wanted("User", 'active eq false and emails.value eq "A7@x"'))
    kept = store.get("User", "u599")
    in_team = [one.id for one in store.members("g")]
    tokens = IssuedTokens(file).tokens()
    requests = RequestJournal(file).requests()
    with pytest.raises(Taken):
        store.create("User", {"userName": "ada599"}, NOW)
    file.close()

    assert found.total == 600
    assert [one.values for one in found.page] == users[:100]
    assert [one.id for one in inactive.page] == ["u7"]
    assert (kept.values, kept.version, kept.created) == (users[599], 3, times["created"])
    assert in_team == ["u3", "u5"]
    assert [one.last_four for one in tokens] == ["1234"]
    assert [one["method"] for one in requests] == ["GET"]


def test_a_store_that_a_newer_program_wrote_is_left_alone(place: str) -> None:
    file = ResourceFile(place)
    newer = "PRAGMA user_version=3" if file.is_sqlite else "UPDATE scim.facts SET value = '3'"
    file.write(lambda db: db.exec_driver_sql(newer))
    file.close()

    with pytest.raises(StoreUnusable, match="format 3"):
        ResourceFile(place)


def test_keys_are_made_anew_where_the_app_compares_otherwise(place: str) -> None:
    first = ResourceFile(place)
    ResourceStore(first, lambda kind, values: PROFILE.keys_of("none", values)).create(
        "User", {"userName": "Ada"}, NOW
    )
    first.close()

    again = ResourceFile(place)
    found = store_of(again).find("User", wanted("User", 'userName eq "ada"'))
    again.close()

    assert [one.values["userName"] for one in found.page] == ["Ada"]


def test_two_services_in_one_database_know_nothing_of_each_other(
    postgresql_server: str,
) -> None:
    from tests.databases import new_postgresql

    url = new_postgresql(postgresql_server)
    one, other = ResourceFile(url, schema="15five"), ResourceFile(url, schema='a "b" c')

    store_of(one).create("User", {"userName": "ada"}, NOW)
    found = store_of(other).find("User", wanted("User"))
    made = store_of(other).create("User", {"userName": "ada"}, NOW)

    one.close()
    other.close()
    assert found.total == 0
    assert made.version == 1


@pytest.mark.parametrize("schema", ["", "pg_mine", "x" * 64, "a\0"])
def test_a_schema_that_cannot_be_is_refused(schema: str) -> None:
    with pytest.raises(BadInput):
        ResourceFile("postgresql://nobody@127.0.0.1:1/none", schema=schema)


def test_a_database_that_is_away_is_said_in_words() -> None:
    with pytest.raises(StoreUnusable, match="cannot be reached"):
        ResourceFile("postgresql://nobody@127.0.0.1:1/none")


def test_a_full_disk_is_507_and_what_was_there_stays(tmp_path: Path) -> None:
    file = ResourceFile(tmp_path / "app.db")
    store, journal = store_of(file), RequestJournal(file)
    store.create("User", {"userName": "ada"}, NOW)

    def no_more_pages(connection: Any, *_: Any) -> None:
        connection.execute("PRAGMA max_page_count=1")

    file.engine.dispose()
    sa.event.listen(file.engine, "connect", no_more_pages)
    with pytest.raises(ScimError) as refused:
        store.create("User", {"userName": "bob", "title": "x" * 90_000}, NOW)

    row = dict.fromkeys(["started", "ended", "method", "path", "query", "response", "token"], "x")
    with pytest.raises(StoreUnusable, match="written down"):
        journal.note({**row, "request": "x" * 90_000, "status": 507})

    found = store.find("User", wanted("User", 'userName eq "ada"'))
    file.close()
    assert refused.value.status == 507
    assert found.total == 1


def test_a_position_that_was_not_given_here_is_refused(file: ResourceFile) -> None:
    store, schema = store_of(file), PROFILE.kind("User").schema

    for after in (
        "5",
        "[",
        "[1]",
        "null",
        '["",null,"x"]',
        '["",null,-1]',
        '["+id",null,1]',
        "[" * 9_999,
    ):
        with pytest.raises(ScimError) as refused:
            store.find("User", Wanted(schema, after=after))
        assert refused.value.scim_type == "invalidCursor"


def test_a_journal_takes_whatever_a_client_sends(file: ResourceFile) -> None:
    journal = RequestJournal(file)
    row = dict.fromkeys(["started", "ended", "method", "path", "query", "response", "token"], "x")

    journal.note({**row, "request": "a\0b\ud800", "status": 400})

    assert journal.requests()[0]["request"] == "a\ufffdb?"


_WRITER: Final = """
import sys, datetime
from seatkeeper.scim.holding import Keys
from seatkeeper.store.resource_file import ResourceFile
from seatkeeper.store.resources import ResourceStore
store = ResourceStore(ResourceFile(sys.argv[1]), lambda kind, values: Keys({}, ()))
now = datetime.datetime(2026, 11, 26, tzinfo=datetime.timezone.utc)
while True:
    print(store.create("User", {"userName": "ada"}, now).id, flush=True)
"""


def test_what_was_answered_survives_kill_9(place: str) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, place], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None

    answered = [writer.stdout.readline().strip() for _ in range(50)]
    writer.send_signal(signal.SIGKILL)
    answered += [line.strip() for line in writer.stdout if line.endswith("\n")]
    writer.wait()

    file = ResourceFile(place)
    store = store_of(file)
    kept = [store.get("User", one).id for one in answered]
    total = store.count("User")
    file.close()
    assert kept == answered
    assert total - len(answered) in (0, 1)


def test_what_is_done_together_is_kept_together_and_what_fails_alone_leaves_no_trace(
    tmp_path: Path,
) -> None:
    file = ResourceFile(tmp_path / "app.db")
    store, others = store_of(file), store_of(ResourceFile(tmp_path / "app.db"))
    everybody = wanted("User", "userName pr")

    with file.together(writes=True):
        store.create("User", {"userName": "ada"}, NOW)
        with pytest.raises(ScimError) as refused:
            store.create("User", {"userName": "ADA"}, NOW)
        store.create("User", {"userName": "bob"}, NOW)
        before = others.find("User", everybody).total
        inside = store.find("User", everybody).total

    after = others.find("User", everybody).total
    assert (refused.value.status, before, inside, after) == (409, 0, 2, 2)


def test_what_is_done_together_is_undone_together_where_the_block_fails(tmp_path: Path) -> None:
    file = ResourceFile(tmp_path / "app.db")
    store = store_of(file)

    def fail() -> NoReturn:
        with file.together(writes=True):
            store.create("User", {"userName": "ada"}, NOW)
            raise RuntimeError("the block fails")

    with pytest.raises(RuntimeError):
        fail()

    assert store.find("User", wanted("User", "userName pr")).total == 0


def test_a_disk_that_is_full_in_a_turn_refuses_everybody_in_it(tmp_path: Path) -> None:
    file = ResourceFile(tmp_path / "app.db")
    store = store_of(file)

    def no_more_pages(connection: Any, *_: Any) -> None:
        connection.execute("PRAGMA max_page_count=1")

    file.engine.dispose()
    sa.event.listen(file.engine, "connect", no_more_pages)

    def turn() -> None:
        with file.together(writes=True):
            store.create("User", {"userName": "ada"}, NOW)
            store.create("User", {"userName": "bob", "title": "x" * 90_000}, NOW)

    with pytest.raises(ScimError) as refused:
        turn()

    assert refused.value.status == 507
    assert store.find("User", wanted("User", "userName pr")).total == 0
    file.close()
