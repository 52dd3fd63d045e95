"""Somebody goes anywhere from the keyboard, and without JavaScript over a page."""

import re
from pathlib import Path

from playwright.async_api import expect
from tests.browser.chromium import PATIENCE_MS, Watched
from tests.browser.conftest import Opens
from tests.browser.processes import World
from tests.browser.worlds import APP, FAILING

expect.set_options(timeout=PATIENCE_MS)


async def test_the_keyboard_alone_leads_to_a_person_and_to_a_page_of_an_app(
    larkspur: World, opens: Opens, screenshots: Path
) -> None:
    window = await Watched.open(await opens(larkspur), larkspur.site)
    page = window.page
    await window.visit("/")

    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("dialog", name="Go to anything")).to_be_visible()
    await expect(page.get_by_role("dialog").get_by_role("link", name="15Five")).to_be_visible()
    await page.keyboard.type("kristens")
    await expect(page.get_by_role("dialog").get_by_role("link", name="15Five")).to_have_count(0)
    await page.screenshot(path=screenshots / "palette.png")
    assert await window.axe() == []
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile("/people/"))

    await page.keyboard.press("Control+k")
    await page.keyboard.type("15five plan")
    await expect(page.get_by_role("dialog").get_by_role("link")).to_have_count(1)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/apps/{APP}/plan")
    await page.keyboard.press("Control+k")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert await window.look() == []


async def test_without_scripts_the_same_is_a_page(larkspur: World, opens: Opens) -> None:
    context = await opens(larkspur, "viewer", java_script_enabled=False)
    page = await context.new_page()
    await page.goto(larkspur.site)

    await page.get_by_role("link", name="Go to anything").click()
    await expect(page.get_by_role("link", name="Administrators and roles")).to_have_count(0)
    await page.get_by_role("main").get_by_role("searchbox").fill("kristens")
    await page.get_by_role("main").get_by_role("button", name="Find").click()
    await page.get_by_role("main").get_by_role("link", name=re.compile("Kristensen")).first.click()

    await expect(page).to_have_url(re.compile(f"/people/{larkspur.facts.ids[FAILING]}"))
