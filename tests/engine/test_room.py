"""As many come in as there is room for, first come first in, and nobody is forgotten."""

import asyncio
import contextlib

from seatkeeper.engine.room import Room


class Visitors:
    """People who come into one room, and go when they are told to."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.room = Room(lambda: self.most)
        self.inside: list[str] = []
        self._ends: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def come(self, *names: str) -> None:
        for name in names:
            self._ends[name] = asyncio.Event()
            self._tasks[name] = asyncio.create_task(self._visit(name))
        await self._settled()

    async def go(self, *names: str) -> None:
        for name in names:
            self._ends[name].set()
        await self._settled()

    async def give_up(self, name: str) -> None:
        self._tasks[name].cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._tasks[name]
        await self._settled()

    async def _visit(self, name: str) -> None:
        async with self.room:
            self.inside.append(name)
            await self._ends[name].wait()
            self.inside.remove(name)

    @staticmethod
    async def _settled() -> None:
        for _ in range(10):
            await asyncio.sleep(0)


async def test_who_came_first_comes_in_first() -> None:
    visitors = Visitors(most=2)
    await visitors.come("ann", "ben", "cem", "dua")
    assert visitors.inside == ["ann", "ben"]
    assert visitors.room.crowded

    await visitors.go("ben")

    assert visitors.inside == ["ann", "cem"]


async def test_where_the_room_has_grown_all_come_in_for_whom_there_is_room() -> None:
    visitors = Visitors(most=1)
    await visitors.come("ann", "ben", "cem", "dua")

    visitors.most = 3
    await visitors.go("ann")

    assert visitors.inside == ["ben", "cem", "dua"]
    assert not visitors.room.crowded


async def test_where_it_has_shrunk_nobody_comes_in_until_enough_have_gone() -> None:
    visitors = Visitors(most=3)
    await visitors.come("ann", "ben", "cem", "dua")

    visitors.most = 1
    await visitors.go("ann", "ben")
    assert visitors.inside == ["cem"]
    await visitors.go("cem")

    assert visitors.inside == ["dua"]


async def test_who_gives_up_while_waiting_keeps_no_place() -> None:
    visitors = Visitors(most=1)
    await visitors.come("ann", "ben", "cem")

    await visitors.give_up("ben")
    await visitors.go("ann")

    assert visitors.inside == ["cem"]


async def test_who_gives_up_as_their_turn_comes_passes_it_on() -> None:
    visitors = Visitors(most=1)
    await visitors.come("ann", "ben", "cem")

    visitors._ends["ann"].set()
    await asyncio.sleep(0)  # ann goes, and ben's turn has come without his having noticed
    await visitors.give_up("ben")

    assert visitors.inside == ["cem"]
