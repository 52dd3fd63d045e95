"""How many questions each page asks of the database, the side bar's among them.

No clock is looked at. Every page is counted in a company of 250 people, then in one of 2,250 with
2,000 events more, where those are looked at whose pages cost most.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import httpx
import pytest
from tests.browser.routes import GET_ROUTES, filled
from tests.browser.worlds import APP, TOKEN, Facts, StandIns, larkspur
from tests.console_visitor import ANA, PASSPHRASE
from tests.large_company import asked_of
from tests.sandboxes import running_sandbox, unhurried
from tests.soak.pages import grown, worst

from seatkeeper.bootstrap import Installation
from seatkeeper.cli.serving import console_of
from seatkeeper.console import bar
from seatkeeper.settings import Settings

HOST: Final = "127.0.0.1:8080"
USUAL: Final = 16
"""So many at most, unless a page is named below."""

MOST: Final[Mapping[str, int]] = {
    "/": 34,  # 8 for each of three apps
    "/apps/{app}": 25,
    "/apps/{app}/assignments": 30,
    "/apps/{app}/assignments/{principal}/add": 30,
    "/apps/{app}/assignments/{principal}/remove": 28,
    "/apps/{app}/connection": 18,
    "/apps/{app}/cycles/{n}/undo": 17,
    "/apps/{app}/groups/{id}": 76,
    "/apps/{app}/groups/{id}/evidence": 66,
    "/apps/{app}/mappings": 32,
    "/apps/{app}/mappings/{object}/{target}": 33,
    "/apps/{app}/people/{id}": 50,
    "/apps/{app}/people/{id}/evidence": 37,
    "/apps/{app}/plan": 22,
    "/apps/{app}/plan/{plan}": 22,
    "/apps/{app}/scope": 23,
    "/groups": 21,
    "/groups/{id}": 33,
    "/people/{id}": 48,
    "/people/{id}/erase": 28,
    "/settings/about": 30,
    "/welcome/done": 17,
    "/welcome/plan": 40,  # of the first assigned group by id, which is another one each time
}


@asynccontextmanager
async def company(folder: Path) -> AsyncIterator[tuple[Installation, Facts]]:
    """Open the company of the browser tests."""
    async with (
        running_sandbox(unhurried(APP), folder / "15five.db", TOKEN) as fifteen,
        running_sandbox(unhurried("generic-scim"), folder / "generic.db") as generic,
    ):
        opened = Installation.open(Settings(home=folder / "home"))
        try:
            yield opened, await larkspur(opened, StandIns(fifteen, generic))
        finally:
            await opened.close()


async def too_many(opened: Installation, facts: Facts) -> Mapping[str, int]:
    """Return which pages ask more than they may, and how much."""
    found = {}
    site = httpx.ASGITransport(console_of(opened, frozenset({HOST})))
    async with httpx.AsyncClient(transport=site, base_url=f"http://{HOST}") as browser:
        form = {"email": ANA, "passphrase": PASSPHRASE}
        assert (await browser.post("/sign-in", data=form)).status_code == 303
        await browser.get("/")  # what is counted once and kept until somebody writes
        for route in GET_ROUTES:
            place = filled(route, facts)
            with asked_of(opened.database) as asked:
                answer = await browser.get(place)
            assert answer.status_code in (200, 303), place
            found[route] = sum(text != "BEGIN" for text, _ in asked.statements)
    return {route: count for route, count in found.items() if count > MOST.get(route, USUAL)}


async def test_a_page_asks_few_questions_and_no_more_of_them_in_a_larger_company(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bar, "KEPT_FOR", 0.0)  # so every page's bar asks, whatever the clock says

    async with company(tmp_path) as (opened, facts):
        small = await too_many(opened, facts)
        file = opened.database.file
        assert file is not None
        grown(file, 2_000, 2_000)
        large = await too_many(opened, worst(file, facts))

    assert (small, large) == ({}, {})
