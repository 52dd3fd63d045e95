"""A list that is read because the app has no filter: who is in it is found, whatever it says."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Sequence
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.connectors.asking import target
from tests.connectors.rude_app import Manners, answers, rude_app

from seatkeeper.clock import uptime
from seatkeeper.connectors.habits import Habits
from seatkeeper.connectors.kept_lists import LONGEST
from seatkeeper.directory.model import Kind
from seatkeeper.errors import ConnectorError
from seatkeeper.gallery.abilities import FilterAbilities
from seatkeeper.ports import Trace

pytestmark = pytest.mark.fault("T20")

PAGE = 2
NO_FILTER = Habits(filters=FilterAbilities(users=()), page_size=PAGE)
PEOPLE = [f"p{number}@larkspur.example" for number in range(5)]
LAST = PEOPLE[-1]

Listed = Callable[[int, int], tuple[Sequence[str], int]]
"""What an app lists from a place on, when asked for so many times; and the length it tells."""


def lists(listed: Listed) -> Manners:
    """Answer each request for a page with what ``listed`` says."""
    asked = 0

    async def manners(request: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        query = parse_qs(urlsplit(request.split(b" ")[1].decode()).query)
        names, total = listed(int(query.get("startIndex", ["1"])[0]), asked)
        page = [{"id": name.partition("@")[0], "userName": name} for name in names]
        await answers(200, json.dumps({"totalResults": total, "Resources": page}))(request, writer)

    return manners


async def found(listed: Listed, name: str = LAST) -> tuple[list[str], int]:
    """Return who is found under a name, and with how many requests."""
    async with rude_app(lists(listed)) as (url, received):
        one = target(url, habits=NO_FILTER)
        accounts = await one.find(Kind.USER, "userName", name, Trace())
        await one.close()
    return [account.id for account in accounts], len(received)


def honest(start: int, _: int) -> tuple[Sequence[str], int]:
    return PEOPLE[start - 1 : start - 1 + PAGE], len(PEOPLE)


async def test_somebody_on_the_last_page_is_found_without_a_further_request() -> None:
    assert await found(honest) == (["p4"], 3)


async def test_who_is_not_there_is_missed_only_after_a_page_that_brings_nobody() -> None:
    assert await found(honest, "nobody@larkspur.example") == ([], 4)


async def test_a_length_that_counts_the_page_alone_hides_nobody() -> None:
    def of_the_page(start: int, _: int) -> tuple[Sequence[str], int]:
        page = PEOPLE[start - 1 : start - 1 + PAGE]
        return page, len(page)

    ids, _ = await found(of_the_page)

    assert ids == ["p4"]


async def test_pages_shorter_than_asked_for_are_all_read() -> None:
    def one_by_one(start: int, _: int) -> tuple[Sequence[str], int]:
        return PEOPLE[start - 1 : start], len(PEOPLE)

    assert await found(one_by_one) == (["p4"], 5)


async def test_one_page_again_and_again_ends_the_walk() -> None:
    def the_first(_start: int, _asked: int) -> tuple[Sequence[str], int]:
        return PEOPLE[:PAGE], 1_000_000

    assert await found(the_first) == ([], 2)


async def test_an_account_that_is_listed_twice_is_one() -> None:
    def twice(_start: int, _asked: int) -> tuple[Sequence[str], int]:
        return [LAST, LAST], 2

    assert await found(twice) == (["p4"], 1)


async def test_people_asked_for_one_after_another_share_one_list() -> None:
    async with rude_app(lists(honest)) as (url, received):
        one = target(url, habits=NO_FILTER)

        found = [await one.find(Kind.USER, "userName", name, Trace()) for name in PEOPLE]
        nobody = await one.find(Kind.USER, "userName", "nobody@larkspur.example", Trace())

        await one.close()
    assert [[account.id for account in each] for each in found] == [
        ["p0"], ["p1"], ["p2"], ["p3"], ["p4"]
    ]  # fmt: skip
    assert nobody == []
    assert len(received) == 4


async def test_people_asked_for_at_once_share_one_list() -> None:
    async with rude_app(lists(honest)) as (url, received):
        one = target(url, habits=NO_FILTER)

        await asyncio.gather(*(one.find(Kind.USER, "userName", n, Trace()) for n in PEOPLE))

        await one.close()
    assert len(received) == 3


@pytest.mark.parametrize("status", [204, 500])
async def test_a_list_is_read_anew_once_something_was_sent(status: int) -> None:
    listing = lists(honest)

    async def manners(request: bytes, writer: asyncio.StreamWriter) -> None:
        if request.startswith(b"DELETE"):
            await answers(status, "")(request, writer)
        else:
            await listing(request, writer)

    async with rude_app(manners) as (url, received):
        one = target(url, habits=NO_FILTER)
        await one.find(Kind.USER, "userName", LAST, Trace())

        with contextlib.suppress(ConnectorError):
            await one.delete(Kind.USER, "p1", Trace())
        await one.find(Kind.USER, "userName", LAST, Trace())

        await one.close()
    assert len(received) == 3 + 1 + 3


async def test_a_list_is_believed_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    async with rude_app(lists(honest)) as (url, received):
        one = target(url, habits=NO_FILTER)
        await one.find(Kind.USER, "userName", LAST, Trace())

        later = uptime() + LONGEST
        monkeypatch.setattr("seatkeeper.connectors.kept_lists.uptime", lambda: later)
        await one.find(Kind.USER, "userName", LAST, Trace())

        await one.close()
    assert len(received) == 3 + 3


async def test_a_list_that_broke_off_is_read_on() -> None:
    listing = lists(honest)
    asked = 0

    async def manners(request: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        if asked == 2:
            await answers(500, "")(request, writer)
        else:
            await listing(request, writer)

    async with rude_app(manners) as (url, received):
        one = target(url, habits=NO_FILTER)
        with pytest.raises(ConnectorError):
            await one.find(Kind.USER, "userName", LAST, Trace())

        [found] = await one.find(Kind.USER, "userName", LAST, Trace())

        await one.close()
    assert found.id == "p4"
    assert len(received) == 1 + 1 + 2


async def test_somebody_who_moved_up_because_another_one_was_deleted_is_found() -> None:
    def shrinking(start: int, asked: int) -> tuple[Sequence[str], int]:
        there = PEOPLE if asked == 1 else PEOPLE[1:]
        return there[start - 1 : start - 1 + PAGE], len(there)

    ids, _ = await found(shrinking, PEOPLE[2])

    assert ids == ["p2"]
