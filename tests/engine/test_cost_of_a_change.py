"""A cycle costs what changed, not what is there: requests, statements and rows are counted."""

import asyncio
import copy
import shutil
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from tests.databases import prepared_sqlite
from tests.engine.world import World
from tests.large_company import EVERYBODY, Asked, asked_of, copied, small_company

from seatkeeper.connectors.memory import MemoryTarget
from seatkeeper.store.database import Database

APP: Final = "generic-scim"
TIMES: Final = (1, 25)
"""How often the company of 40 was copied: 80 people, and 1,040."""

NEAR: Final = 2
"""Hundreds of steps by which two cycles may differ that do the same."""

Made = tuple[Path, MemoryTarget, dict[str, str]]
Change = Callable[[World], Awaitable[None]]


@pytest.fixture(scope="module")
def companies(tmp_path_factory: pytest.TempPathFactory) -> list[Made]:
    """Provision a small company once, and copy it to make a small and a large one."""
    made = []
    for times in TIMES:
        folder = tmp_path_factory.mktemp(f"times-{times}")
        opened = Database.open(prepared_sqlite(folder / "seatkeeper.db"))
        world = World(opened, folder, app=APP)
        asyncio.run(small_company(world))
        copied(opened, times)
        opened.close()
        made.append((folder / "seatkeeper.db", world.target, world.ids))
    return made


@pytest.fixture
def both(companies: list[Made], tmp_path: Path) -> Iterator[list[World]]:
    """Open the small company and the large one, as they were."""
    opened = []
    for number, (file, target, ids) in enumerate(companies):
        place = tmp_path / f"{number}.db"
        shutil.copy(file, place)
        database = Database.open(f"sqlite:///{place}")
        opened.append(
            World(database, tmp_path, app=APP, target=copy.deepcopy(target), ids=dict(ids))
        )
    yield opened
    for world in opened:
        world.database.close()


async def cycle_after(world: World, change: Change) -> tuple[dict[str, int], Asked]:
    """Return what the app, and what the database was asked by the cycle after a change."""
    await change(world)
    world.asked()
    with asked_of(world.database) as asked:
        cycle = await world.run()
    assert cycle.finished
    return dict(world.asked()), asked


async def nothing(_: World) -> None:
    """Nobody changes."""


async def a_title(world: World) -> None:
    await world.change("p3", jobTitle="Manager")


async def one_joins(world: World) -> None:
    await world.leave(EVERYBODY, "p5")
    await world.run()
    await world.join(EVERYBODY, "p5")


async def one_leaves(world: World) -> None:
    await world.leave(EVERYBODY, "p5")


async def test_a_cycle_without_a_change_reads_the_same_however_many_there_are(
    both: list[World],
) -> None:
    (_, small), (requests, large) = [await cycle_after(world, nothing) for world in both]

    assert requests == {}
    assert len(large.statements) == len(small.statements)
    assert large.rows == small.rows
    assert abs(large.steps - small.steps) <= NEAR


@pytest.mark.parametrize(
    ("change", "requests"),
    [
        pytest.param(a_title, {"update": 1}, id="a new title"),
        pytest.param(one_joins, {"members": 1}, id="one joins the group of everybody"),
        pytest.param(one_leaves, {"members": 1}, id="one leaves the group of everybody"),
    ],
)
async def test_one_change_is_one_request_and_reads_the_same_however_many_there_are(
    both: list[World], change: Change, requests: dict[str, int]
) -> None:
    (_, small), (sent, large) = [await cycle_after(world, change) for world in both]

    assert sent == requests
    assert len(large.statements) == len(small.statements)
    assert large.rows == small.rows


async def test_a_large_group_is_assigned_in_one_pass(tmp_path: Path) -> None:
    costs = []
    for people in (100, 200):
        database = Database.open(prepared_sqlite(tmp_path / f"{people}.db"))
        world = World(database, tmp_path, app=APP)
        await small_company(world, people, scope="assigned")

        requests, asked = await cycle_after(world, lambda world: world.assign(EVERYBODY))

        costs.append((asked.rows / people, len(asked.statements) / people))
        assert requests == {"page": 1, "create": people + 1, "find": 1, "members": people // 100}
        database.close()
    (few_rows, few_statements), (many_rows, many_statements) = costs
    assert many_rows <= 1.05 * few_rows
    assert many_statements <= few_statements
