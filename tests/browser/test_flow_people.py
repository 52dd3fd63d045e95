"""Somebody asks why a person is not in an app: by keyboard, in two steps, and tries it again."""

import re

from playwright.async_api import expect
from tests.browser.chromium import PATIENCE_MS, Watched
from tests.browser.conftest import Opens
from tests.browser.processes import World
from tests.browser.worlds import APP, FAILING

expect.set_options(timeout=PATIENCE_MS)


def place(world: World) -> str:
    """Return the page of whoever has no e-mail address, in 15Five."""
    return f"/apps/{APP}/people/{world.facts.ids[FAILING]}"


async def test_from_home_to_the_reason_are_a_search_and_one_click(
    larkspur: World, opens: Opens
) -> None:
    window = await Watched.open(await opens(larkspur), larkspur.site)
    page = window.page
    await window.visit("/")

    await page.keyboard.press("/")
    await page.keyboard.type("kristens")
    await page.keyboard.press("Enter")
    await page.get_by_role("link", name=re.compile("15Five .*: why is")).click()

    await expect(page).to_have_url(f"{larkspur.site}{place(larkspur)}")
    await expect(page.locator(".lead")).to_contain_text("mail is empty")
    opened = page.locator(".checks details[open]")
    await expect(opened).to_have_count(1)
    await expect(opened).to_contain_text("Has the values the app needs")
    await expect(opened.get_by_text("missing")).to_be_visible()
    assert await window.look() == []


async def test_a_value_leads_to_where_it_comes_from_and_back(larkspur: World, opens: Opens) -> None:
    window = await Watched.open(await opens(larkspur), larkspur.site)
    page = window.page
    await window.visit(place(larkspur))

    await page.get_by_role("link", name="title", exact=True).click()

    card = page.locator("#value")
    await expect(card).to_contain_text("Where title comes from")
    await expect(card).to_contain_text("[jobTitle]")
    await card.get_by_role("link", name="Close").click()
    await expect(card).to_have_count(0)


async def test_provision_now_tells_how_it_ended_without_a_reload(
    larkspur: World, opens: Opens
) -> None:
    window = await Watched.open(await opens(larkspur), larkspur.site)
    page = window.page
    await window.visit(place(larkspur))

    await page.get_by_role("button", name="Provision now").click()

    await expect(page.locator("#order")).to_contain_text("Tried, and it failed")
    await expect(page.locator("#order")).to_contain_text("mail is empty")
    assert await window.look() == []


async def test_the_same_without_scripts_by_a_link(larkspur: World, opens: Opens) -> None:
    context = await opens(larkspur, java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{larkspur.site}/people?q=kristens")

    await page.get_by_role("link", name="15Five needs attention").click()
    await page.get_by_role("button", name="Provision now").click()

    await expect(page.locator("#order")).to_be_visible()
    await page.get_by_role("link", name="Check again").first.click()
    await expect(page.locator(".lead")).to_contain_text("mail is empty")
