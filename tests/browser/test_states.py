"""Each state that an app or a page can be in says so in words, and leads to what mends it."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from playwright.async_api import Page, expect
from tests.browser.chromium import PATIENCE_MS, Watched, pictured
from tests.browser.conftest import Opens
from tests.browser.processes import World
from tests.browser.test_crawl import THEMES
from tests.browser.worlds import APP, OFF, QUARANTINED, SIGN_INS, promoted

expect.set_options(timeout=PATIENCE_MS)

STATES: Final = {
    "off": (f"/apps/{OFF}", ["Off", "Nothing is sent until you turn it on", "See the plan"]),
    "attention": (f"/apps/{APP}", ["need attention", "Everybody else is in step", "Retry these"]),
    "held": (f"/apps/{APP}", ["Waiting for you", "Everything else continues", "Review"]),
    "quarantined": (
        f"/apps/{QUARANTINED}",
        ["Quarantined", "since", "tries again by itself", "Test connection", "Try now"],
    ),
}


async def in_both_themes(page: Page, screenshots: Path, name: str) -> None:
    """Keep the page in both themes, for people to look at."""
    theme: Any
    for theme in THEMES:
        await page.emulate_media(color_scheme=theme)
        await pictured(page, screenshots / "states" / f"{name}-{theme}.png")


async def faults_set(site: str, text: str) -> None:
    """Have a stand-in fail in this way from now on; in none where the text is empty."""
    async with httpx.AsyncClient() as client:
        answer = await client.put(f"{site}/_sandbox/faults", content=text)
    assert answer.status_code == 200, answer.text


@contextmanager
def without_table(home: Path, name: str) -> Iterator[None]:
    """Take a table out of the database of a served company, and put it back."""
    file = home / "seatkeeper.db"
    _renamed(file, name, f"{name}_away")
    try:
        yield
    finally:
        _renamed(file, f"{name}_away", name)


def _renamed(file: Path, before: str, after: str) -> None:
    with closing(sqlite3.connect(file, timeout=60)) as database:
        database.execute(f"ALTER TABLE {before} RENAME TO {after}")


@pytest.mark.parametrize("state", STATES)
async def test_the_state_is_said_with_what_to_do(
    state: str, larkspur: World, opens: Opens, screenshots: Path
) -> None:
    path, words = STATES[state]
    window = await Watched.open(await opens(larkspur), larkspur.site)

    await window.visit(path)

    for one in words:
        await expect(window.page.get_by_role("main")).to_contain_text(one)
    await in_both_themes(window.page, screenshots, state)
    assert await window.look() == []


async def test_what_fails_on_our_side_is_tried_again_and_has_an_id(
    lively: World, opens: Opens, screenshots: Path
) -> None:
    window = await Watched.open(await opens(lively), lively.site)
    page, place = window.page, f"/apps/{APP}/plan"
    with without_table(lively.server.home, "plans"):
        assert await window.visit(place) == 500
        await expect(page.get_by_role("alert")).to_contain_text("What to do")
        await expect(page.locator("#error-id")).to_have_text(re.compile("[0-9a-f]{8}"))
        assert await window.axe() == []
        await in_both_themes(page, screenshots, "error")
        asked = {"HX-Request": "true"}
        part = await page.context.request.get(f"{lively.site}{place}", headers=asked)

    await page.get_by_role("link", name="Try again").click()

    assert "What to do" in await part.text()
    assert "<html" not in await part.text()
    await expect(page).to_have_url(f"{lively.site}{place}")
    await expect(page.get_by_role("heading", name="15Five")).to_be_visible()
    assert [one for one in await window.look() if "500" not in one] == []


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/activity", "What happens will be listed here"),
        ("/people", "Everybody in the directory will be listed here"),
        ("/groups", "Groups will be listed here"),
        ("/approvals", "All clear"),
        ("/", "first account in five minutes"),
    ],
)
async def test_where_nothing_is_yet_the_page_says_what_will_be(
    path: str, words: str, empty: World, opens: Opens, screenshots: Path
) -> None:
    window = await Watched.open(await opens(empty), empty.site)

    await window.visit(path)

    await expect(window.page.get_by_role("main")).to_contain_text(words)
    await in_both_themes(window.page, screenshots, f"empty{path.replace('/', '-')}")
    assert await window.look() == []


async def test_an_app_that_was_paused_says_who_when_and_why_until_it_goes_on(
    lively: World, opens: Opens, screenshots: Path
) -> None:
    window = await Watched.open(await opens(lively, "operator"), lively.site)
    page = window.page
    await window.visit(f"/apps/{OFF}")

    await page.get_by_text("Pause", exact=True).click()
    await page.get_by_label("Why").fill("The office moves")
    await page.get_by_role("button", name="Pause Desk Booker").click()

    band = page.locator("#troubles")
    await expect(band).to_contain_text("The office moves")
    await expect(band).to_contain_text(SIGN_INS["operator"])
    await expect(page.locator("#state")).to_contain_text("Paused")
    await in_both_themes(page, screenshots, "paused")
    await band.get_by_role("button", name="Resume").click()
    await expect(page.locator("#state")).not_to_contain_text("Paused")
    assert await window.look() == []


async def test_a_cycle_that_runs_says_how_far_it_is(
    lively: World, opens: Opens, screenshots: Path
) -> None:
    window = await Watched.open(await opens(lively, "operator"), lively.site)
    page = window.page
    await promoted(lively.server.home, 30, "Engineer of everything")
    await faults_set(lively.facts.sandbox, "writes: latency 900ms")
    await window.visit(f"/apps/{APP}")

    await page.get_by_role("button", name="Run now").first.click()

    await expect(page.locator("#state")).to_contain_text("Running")
    await expect(page.locator("#cycle")).to_contain_text("Runs now")
    await expect(page.locator("#cycle [role=progressbar]")).to_be_visible()
    await in_both_themes(page, screenshots, "running")
    await faults_set(lively.facts.sandbox, "")
    await expect(page.locator("#cycle")).to_contain_text("Last cycle")
    assert await window.look() == []


async def test_a_plan_gone_stale_says_so_and_is_made_again(
    lively: World, opens: Opens, screenshots: Path
) -> None:
    window = await Watched.open(await opens(lively, "operator"), lively.site)
    page = window.page
    await window.visit(f"/apps/{APP}/plan")
    await page.get_by_role("button", name="Check again").click()
    await expect(page.get_by_text("Made just now")).to_be_visible()

    await promoted(lively.server.home, 3, "Engineer at large")
    await page.reload()

    await expect(page.get_by_text("3 people and groups changed since")).to_be_visible()
    await in_both_themes(page, screenshots, "stale")
    await page.get_by_role("button", name="Check again").click()
    await expect(page.get_by_text("changed since")).to_have_count(0)
    await expect(page.get_by_text("Engineer at large").first).to_be_visible()
    assert await window.look() == []


async def test_an_app_that_answers_with_web_pages_is_found_out_and_mended(
    lively: World, opens: Opens, screenshots: Path
) -> None:
    window = await Watched.open(await opens(lively), lively.site)
    page = window.page
    await window.visit(f"/apps/{OFF}/connection")
    site = (await page.locator("[name=tenant_url]").input_value()).rpartition("/scim")[0]

    await faults_set(site, "*: html")
    await page.get_by_role("button", name="Test connection").click()
    await expect(page.locator("#trial")).to_contain_text("not as SCIM: a web page came")
    await expect(page.locator("#trial")).to_contain_text("Check the tenant URL")
    await in_both_themes(page, screenshots, "html-connection")

    await faults_set(site, "writes: html")
    await promoted(lively.server.home, 3, "Engineer of pages")
    await window.visit(f"/apps/{OFF}")
    await page.get_by_role("button", name="Run now").first.click()
    needs = page.locator("#needs")
    await expect(needs).to_contain_text("Check the tenant URL")
    await in_both_themes(page, screenshots, "html-overview")
    await needs.get_by_role("link").first.click()
    await page.get_by_role("table").get_by_role("row").nth(1).get_by_role("link").first.click()
    await expect(page.get_by_role("main")).to_contain_text("not as SCIM: a web page came")
    await expect(page.get_by_role("main")).to_contain_text("Check the tenant URL")
    await in_both_themes(page, screenshots, "html-event")

    await faults_set(site, "")
    await window.visit(f"/apps/{OFF}")
    await needs.get_by_role("button", name="Retry these").first.click()
    await expect(needs).to_contain_text("Nobody. Who fails is listed here")
    await in_both_themes(page, screenshots, "healthy")
    assert await window.look() == []
