"""What each SQLite file asks of the disk before anybody is answered (decision 0042)."""

from pathlib import Path
from typing import Final

import sqlalchemy as sa

from seatkeeper.store.database import Database
from seatkeeper.store.resource_file import ResourceFile

NORMAL, FULL = 1, 2
_ASKED: Final = ("journal_mode", "synchronous")


def asked(db: sa.Connection) -> list[object]:
    return [db.exec_driver_sql(f"PRAGMA {one}").scalar_one() for one in _ASKED]


async def test_what_the_installation_answered_is_on_the_disk(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'seatkeeper.db'}")

    found = await database.read(asked)
    await database.write(asked)

    database.close()
    assert found == ["wal", FULL]


def test_what_a_stand_in_answered_is_with_the_operating_system(tmp_path: Path) -> None:
    file = ResourceFile(tmp_path / "app.db")

    found = file.read(asked)
    with file.together(writes=True):
        in_a_turn = file.write(asked)

    file.close()
    assert found == in_a_turn == ["wal", NORMAL]
