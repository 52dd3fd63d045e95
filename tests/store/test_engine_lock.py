"""One engine per database; the next one is told who is there."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

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


def test_a_second_engine_is_refused_with_the_first_ones_process(database: Database) -> None:
    with EngineLock(database), pytest.raises(Occupied, match=f"process {os.getpid()} on host"):
        EngineLock(database).acquire()


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
        with pytest.raises(Occupied, match=f"process {holder.pid}"):
            EngineLock(database).acquire()
        holder.send_signal(signal.SIGKILL)
        holder.wait(20)

    lock = EngineLock(database)
    for _ in range(500):  # PostgreSQL notices the end of a session a moment later
        if lock.held_by() is None:
            break
    lock.acquire()
    lock.release()
