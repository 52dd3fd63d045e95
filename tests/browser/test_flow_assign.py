"""Somebody assigns a group found while typing, and sees first who comes and who goes by it."""

import re
from pathlib import Path

from playwright.async_api import Page, expect
from tests.browser.chromium import PATIENCE_MS, Watched
from tests.browser.conftest import Opens
from tests.browser.processes import World
from tests.browser.worlds import APP

expect.set_options(timeout=PATIENCE_MS)

PLACE = f"/apps/{APP}/assignments"


async def the_end_is_seen_first(page: Page, name: str) -> None:
    """Take the assignment away again, over the page that says what that does."""
    await page.get_by_role("link", name=f"Remove {name}").click()
    await expect(page.get_by_role("heading", name=re.compile(f"when {name}"))).to_be_visible()
    await page.get_by_role("button", name=re.compile("^Remove")).click()
    await expect(page.get_by_role("status").first).to_contain_text("Saved")
    await expect(page.get_by_role("link", name=f"Remove {name}")).to_have_count(0)


async def the_beginning_is_seen_first(page: Page, name: str) -> None:
    """Assign somebody who is chosen, over the page that says what that does."""
    await page.get_by_role("button", name="Assign", exact=True).click()
    await expect(
        page.get_by_role("heading", name=re.compile(f"when you assign {name}"))
    ).to_be_visible()
    await expect(page.get_by_text("Nothing has been changed.")).to_be_visible()
    await page.get_by_role("link", name=re.compile("^Get none")).click()
    await expect(page.get_by_role("heading", name="Who gets none, and why")).to_be_visible()
    await page.get_by_role("button", name=re.compile("^Assign")).click()
    await expect(page.get_by_role("status").first).to_contain_text("Saved")


async def test_whoever_is_typed_is_offered_chosen_and_taken_away_again(
    lively: World, opens: Opens, screenshots: Path
) -> None:
    window = await Watched.open(await opens(lively), lively.site)
    page = window.page
    await window.visit(PLACE)

    await page.get_by_label("Group or person").press_sequentially("all of")
    await expect(page.get_by_role("checkbox", name="All of Larkspur")).to_be_checked()
    await page.get_by_label("Group or person").fill("ma")
    await expect(page.get_by_role("checkbox", name="All of Larkspur")).to_have_count(0)
    first = page.get_by_role("checkbox").first
    ticked = str(await first.get_attribute("value"))
    await first.check()
    await page.get_by_label("Group or person").fill("sal")
    await expect(page.get_by_role("group", name="Chosen so far")).to_be_visible()
    await expect(page.locator(f"[value='{ticked}']")).to_be_checked()
    await expect(page.get_by_role("group", name="Who else")).to_be_visible()
    await page.screenshot(path=screenshots / "picker.png", full_page=True)
    await page.locator(f"[value='{ticked}']").uncheck()
    await page.get_by_label("Group or person").fill("all of")
    await page.get_by_role("checkbox", name="All of Larkspur").check()
    await the_beginning_is_seen_first(page, "All of Larkspur")

    await expect(page.get_by_role("table")).to_contain_text("All of Larkspur")
    await the_end_is_seen_first(page, "All of Larkspur")
    assert await window.look() == []


async def test_the_same_is_done_without_scripts(lively: World, opens: Opens) -> None:
    context = await opens(lively, java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{lively.site}{PLACE}")

    await page.get_by_label("Group or person").fill("all of")
    await page.get_by_role("button", name="Find").click()
    await expect(page.get_by_role("checkbox", name="All of Larkspur")).to_be_checked()
    await the_beginning_is_seen_first(page, "All of Larkspur")

    await the_end_is_seen_first(page, "All of Larkspur")
