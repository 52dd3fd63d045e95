"""An open page of an app is kept true by a stream, for as long as its reader may see it."""

import asyncio
import html
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest
from tests.console_visitor import csrf_of, signed_in
from tests.journeys.company import Company
from tests.journeys.test_inbound import served
from tests.journeys.test_sign_in import site_of

from seatkeeper.console.live import AT_ONCE

pytestmark = pytest.mark.journey

PAGE = "/apps/15five"
PATIENCE = 30


@pytest.fixture
async def sales(company: Company) -> Company:
    await company.person("ana")
    await company.group("Sales", "ana")
    await company.connect(groups=["Sales"])
    await company.run()
    return company


async def stream_of(browser: httpx.AsyncClient) -> tuple[str, str]:
    """Open the page; get the address of its stream, and the token of its forms."""
    page = (await browser.get(PAGE)).text
    found = re.search(r'hx-sse:connect="([^"]*)"', page)
    assert found is not None
    return html.unescape(found[1]), csrf_of(page)


@asynccontextmanager
async def lines_of(browser: httpx.AsyncClient, address: str) -> AsyncIterator[AsyncIterator[str]]:
    async with asyncio.timeout(PATIENCE), browser.stream("GET", address) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        yield answer.aiter_lines()


async def until(lines: AsyncIterator[str], words: str) -> str:
    async for line in lines:
        if words in line:
            return line
    raise AssertionError(f"the stream ended without {words!r}")


async def test_somebody_who_looks_sees_a_cycle_come_and_go(sales: Company) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        address, csrf = await stream_of(ana)
        async with lines_of(ana, address) as lines:
            await until(lines, ": here")
            await sales.person("bo")
            await sales.join("Sales", "bo")
            await ana.post(f"{PAGE}/run", data={"csrf": csrf})
            row = await until(lines, "Bo Larsen")

    assert 'hx-target="#recent" hx-swap="innerHTML"' in row


async def test_signing_out_ends_the_stream(sales: Company) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        address, csrf = await stream_of(ana)
        async with lines_of(ana, address) as lines:
            await until(lines, ": here")
            await ana.post("/sign-out", data={"csrf": csrf})
            await until(lines, "event: ended")
        again = await ana.get(address)

    assert again.status_code == 401


async def test_another_role_ends_the_stream(sales: Company) -> None:
    async with served(sales) as url:
        async with signed_in(sales.opened, site_of(url)):
            pass
        async with signed_in(sales.opened, site_of(url), "operator") as omar:
            address, _csrf = await stream_of(omar)
            async with lines_of(omar, address) as lines:
                await until(lines, ": here")
                administrators = sales.opened.administrators
                omars = administrators.by_email("operator@larkspur.example").id
                administrators.change_role(omars, "viewer", actor="ana")
                await until(lines, "event: ended")


async def test_a_session_has_so_many_streams_and_gives_them_back(sales: Company) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        address, _csrf = await stream_of(ana)
        async with AsyncExitStack() as opened:
            streams = [
                await opened.enter_async_context(lines_of(ana, address)) for _one in range(AT_ONCE)
            ]
            for lines in streams:
                await until(lines, ": here")
            one_more = await ana.get(address)

        async with asyncio.timeout(PATIENCE):
            status = 429
            while status == 429:
                async with ana.stream("GET", address) as answer:
                    status = answer.status_code

    assert one_more.status_code == 429
    assert status == 200


async def test_the_stream_of_an_app_that_is_not_there_is_none(sales: Company) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        answer = await ana.get("/apps/nowhere/events")

    assert answer.status_code == 404
