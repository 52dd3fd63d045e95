"""An open page follows a cycle: nothing moves, nothing is lost, and a restart is survived."""

import signal
from typing import Any, Final

from playwright.async_api import Page, Route, expect
from tests.browser.chromium import PATIENCE_MS, Watched
from tests.browser.conftest import Opens
from tests.browser.processes import World
from tests.browser.worlds import APP, promoted

expect.set_options(timeout=PATIENCE_MS)

MOST_SHIFT: Final = 0.01
MANY: Final = 120

MEASURE: Final = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifted += one.value;
}).observe({type: "layout-shift", buffered: true});
"""

BEGUN: Final = """
new Promise((begun) => {
  const look = () => window.htmx ? setTimeout(() => setTimeout(begun)) : setTimeout(look);
  look();
})
"""
"""Settles once htmx was read, and whatever it put off until then has happened."""


async def open_app(world: World, opens: Opens) -> Watched:
    """Open the app's page and begin to measure."""
    window = await Watched.open(await opens(world), world.site)
    await window.visit(f"/apps/{APP}")
    await expect(window.page.locator("[data-online]")).to_be_visible()
    await window.run(f"(() => {{ {MEASURE} }})(), 0")
    return window


async def last_cycle(page: Page) -> Any:
    return await page.locator("#cycle").inner_text()


async def test_a_cycle_is_followed_without_a_reload_and_nothing_moves(
    lively: World, opens: Opens
) -> None:
    window = await open_app(lively, opens)
    page = window.page
    before = await last_cycle(page)
    await page.locator("input[type=search]").first.focus()
    await page.keyboard.type("ad")

    await promoted(lively.server.home, MANY)
    run = await opens(lively, "operator")
    other = (await Watched.open(run, lively.site)).page
    await other.goto(f"{lively.site}/apps/{APP}")
    await other.get_by_role("button", name="Run now").click()

    await expect(page.locator("#cycle")).not_to_have_text(before, use_inner_text=True)
    await expect(page.locator("#recent")).to_contain_text("Update")
    await expect(page.locator("#cycle")).to_contain_text("updated")
    assert await window.run("document.activeElement.value") == "ad"
    assert await window.run("window.shifted") < MOST_SHIFT
    assert await window.look() == []


async def test_a_page_is_live_although_a_part_of_its_script_comes_late(
    lively: World, opens: Opens
) -> None:
    window = await Watched.open(await opens(lively), lively.site)

    async def later(route: Route) -> None:
        await window.run(BEGUN)
        await route.continue_()

    await window.page.route("**/hx-sse*", later)

    await window.visit(f"/apps/{APP}")

    await expect(window.page.locator("[data-online]")).to_be_visible()


async def test_a_page_that_was_refused_its_stream_says_so_and_asks_again(
    lively: World, opens: Opens
) -> None:
    window = await Watched.open(await opens(lively), lively.site)
    page = window.page
    refused = 0

    async def refuse(route: Route) -> None:
        nonlocal refused
        refused += 1
        await route.fulfill(status=429, body="Too many live pages are open in this session.")

    await page.route("**/events?*", refuse)
    await window.visit(f"/apps/{APP}")
    await expect(page.locator("[data-offline]")).to_be_visible()
    await expect(page.locator("[data-online]")).to_be_hidden()

    await page.unroute("**/events?*")

    await expect(page.locator("[data-online]")).to_be_visible()
    assert refused > 0


async def test_a_paused_page_stands_still_and_goes_on(lively: World, opens: Opens) -> None:
    window = await open_app(lively, opens)
    pause = window.page.get_by_role("button", name="Pause updates")

    await pause.click()
    await expect(pause).to_have_attribute("aria-pressed", "true")
    await expect(window.page.locator("#main")).to_have_attribute("data-paused", "")
    await pause.click()

    await expect(pause).to_have_attribute("aria-pressed", "false")


async def test_a_server_that_is_killed_and_comes_back_is_followed_again(
    lively: World, opens: Opens
) -> None:
    window = await open_app(lively, opens)
    page = window.page
    await window.run("window.stayed = 1, 0")

    await lively.server.stop(signal.SIGKILL)
    lost = page.locator("[data-offline]:visible, [data-reload]:visible")
    await expect(lost.first).to_be_visible()
    await lively.server.start_again()

    await expect(page.locator("[data-online]")).to_be_visible()
    assert await window.run("window.stayed") == 1
