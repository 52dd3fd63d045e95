"""What the parts of one page ask several times is asked once, and never of a page before."""

import asyncio
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa

from seatkeeper.store.database import Database
from seatkeeper.store.once import once, one_look


@dataclass
class Clerk:
    """Somebody who answers, and counts how often."""

    asked: list[str] = field(default_factory=list)

    @once
    async def age(self, who: str, *, among: tuple[str, ...] | list[str] | set[str] = ()) -> int:
        """Say how old somebody is."""
        self.asked.append(who)
        return len(self.asked)


async def test_within_a_look_the_same_question_has_the_same_answer() -> None:
    clerk = Clerk()

    with one_look():
        answers = [await clerk.age("ana"), await clerk.age("bo"), await clerk.age("ana")]

    assert (answers, clerk.asked) == ([1, 2, 1], ["ana", "bo"])


async def test_outside_of_a_look_every_question_is_asked() -> None:
    clerk = Clerk()

    await clerk.age("ana")
    with one_look():
        await clerk.age("ana")
    with one_look():
        await clerk.age("ana")
    await clerk.age("ana")

    assert clerk.asked == ["ana"] * 4


async def test_another_way_to_ask_and_somebody_else_have_answers_of_their_own() -> None:
    clerk, other = Clerk(), Clerk()

    with one_look():
        await clerk.age("ana", among=["bo", "cy"])
        await clerk.age("ana", among=["cy", "bo"])
        await clerk.age("ana", among={"bo", "cy"})
        await clerk.age("ana", among={"cy", "bo"})
        await other.age("ana")

    assert (len(clerk.asked), len(other.asked)) == (3, 1)


async def test_a_refusal_is_no_answer_that_is_kept() -> None:
    class Shy:
        asked = 0

        @once
        async def age(self, _who: str) -> int:
            self.asked += 1
            if self.asked == 1:
                raise LookupError
            return self.asked

    shy = Shy()
    with one_look():
        with pytest.raises(LookupError):
            await shy.age("ana")
        assert await shy.age("ana") == 2


@pytest.mark.parametrize("in_a_thread", [False, True])
async def test_whoever_writes_looks_anew(database: Database, *, in_a_thread: bool) -> None:
    clerk = Clerk()

    with one_look():
        await clerk.age("ana")
        if in_a_thread:
            await asyncio.to_thread(database.write_now, _nothing)
        else:
            await database.write(_nothing)
        await clerk.age("ana")

    assert clerk.asked == ["ana", "ana"]


async def test_what_was_being_asked_when_somebody_wrote_is_not_kept(database: Database) -> None:
    is_asked, go_on = asyncio.Event(), asyncio.Event()

    class Slow:
        asked = 0

        @once
        async def age(self, _who: str) -> int:
            self.asked += 1
            if self.asked == 1:
                is_asked.set()
                await go_on.wait()
            return self.asked

    slow = Slow()
    with one_look():
        begun = asyncio.create_task(slow.age("ana"))
        await is_asked.wait()
        await database.write(_nothing)
        go_on.set()
        await begun
        await slow.age("ana")

    assert slow.asked == 2


async def test_a_task_that_outlives_its_page_asks_anew() -> None:
    clerk, page_is_made = Clerk(), asyncio.Event()

    async def goes_on() -> None:
        await page_is_made.wait()
        await clerk.age("ana")

    with one_look():
        await clerk.age("ana")
        task = asyncio.create_task(goes_on())
    page_is_made.set()
    await task

    assert clerk.asked == ["ana", "ana"]


def _nothing(connection: sa.Connection) -> None:
    connection.execute(sa.text("SELECT 1"))
