"""P7: whoever is killed at any moment has lost nothing and done nothing twice.

Real processes, an app on a real socket, both kinds of databases; ``make soak`` kills a thousand
times among two thousand people.
"""

from pathlib import Path

import pytest
from tests.databases import new_postgresql
from tests.soak.kills import survived

pytestmark = pytest.mark.journey

KILLS = 25


@pytest.mark.fault("L1")
async def test_processes_killed_one_after_the_other_lose_nothing_on_sqlite(tmp_path: Path) -> None:
    broken, happened = await survived(tmp_path, None, kills=KILLS, people=80)

    assert broken == []
    assert happened["killed"] == KILLS


@pytest.mark.fault("L1")
async def test_two_workers_killed_and_stopped_at_random_lose_nothing_on_postgresql(
    tmp_path: Path, postgresql_server: str
) -> None:
    broken, happened = await survived(
        tmp_path, new_postgresql(postgresql_server), kills=KILLS, people=80
    )

    assert broken == []
    assert happened["killed"] == KILLS
    assert happened["stopped"] > 0
