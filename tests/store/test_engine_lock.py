"""One engine per database; the next one is told who is there."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.databases import prepared_postgresql

from seatkeeper.errors import Occupied
from seatkeeper.store.database import Database
from seatkeeper.store.engine_lock import EngineLock

ROOT = Path(__file__).parents[2]

HOLDER = """
import sys
from seatkeeper.store.database import Database
from seatkeeper.store.engine_lock import EngineLock
database = Database.open(sys.argv[1])
lock = EngineLock(database)
lock.acquire()
print("mine", flush=True)
sys.stdin.read()
"""


def test_on_sqlite_a_second_engine_is_refused_with_the_first_ones_process(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'seatkeeper.db'}")

    with (
        EngineLock(database),
        pytest.raises(Occupied, match=f"process {os.getpid()} on host") as refused,
    ):
        EngineLock(database).acquire()

    assert "for several, on one machine or many, use PostgreSQL" in refused.value.advice
    database.close()


def test_on_postgresql_several_have_the_role_and_the_first_is_named(
    postgresql_server: str,
) -> None:
    database = Database.open(prepared_postgresql(postgresql_server))

    with EngineLock(database):
        with EngineLock(database) as second:
            named = second.held_by()
        left = EngineLock(database).held_by()

    assert named is not None
    assert named["pid"] == os.getpid()
    assert left is not None
    database.close()


def test_who_asks_does_not_take_the_role(database: Database) -> None:
    lock, asking = EngineLock(database), EngineLock(database)

    before = asking.held_by()
    with lock:
        during = asking.held_by()
    after = asking.held_by()

    assert (before, after) == (None, None)
    assert during is not None
    assert during["pid"] == os.getpid()


def test_the_role_is_free_again_when_its_process_was_killed(
    database: Database, database_url: str
) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", HOLDER, database_url]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "mine\n"
        held = EngineLock(database).held_by()
        assert held is not None
        assert held["pid"] == holder.pid
        holder.send_signal(signal.SIGKILL)
        holder.wait(20)

    lock = EngineLock(database)
    for _ in range(500):  # PostgreSQL notices the end of a session a moment later
        if lock.held_by() is None:
            break
    lock.acquire()
    lock.release()
