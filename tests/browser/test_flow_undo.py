"""Somebody takes a cycle back in the browser: from the cycle over its plan to the app."""

from playwright.async_api import expect
from tests.browser.chromium import PATIENCE_MS, Watched
from tests.browser.conftest import Opens
from tests.browser.processes import World
from tests.browser.worlds import APP

expect.set_options(timeout=PATIENCE_MS)


async def test_from_the_cycle_over_its_plan_to_the_undo(lively: World, opens: Opens) -> None:
    window = await Watched.open(await opens(lively), lively.site)
    page = window.page
    number = lively.facts.blanks["cycle"]
    await window.visit(f"/apps/{APP}/cycles/{number}")

    await page.get_by_role("link", name="See what its undo would do").click()
    await page.get_by_role("button", name="Check again").click()
    await expect(page.get_by_text("Made just now")).to_be_visible()
    await page.get_by_role("button", name="Take back these").click()

    await expect(page.get_by_role("status").first).to_contain_text(f"Cycle {number} was undone")
    await expect(page.get_by_role("button", name="Take back these")).to_have_count(0)
    await page.get_by_role("link", name="See what was sent").click()
    await expect(page.get_by_role("table").first).to_contain_text("Done")
    assert await window.look() == []


async def test_the_same_without_scripts(lively: World, opens: Opens) -> None:
    context = await opens(lively, java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{lively.site}/apps/{APP}/cycles/1/undo")

    await page.get_by_role("button", name="Plan the undo").click()

    await expect(page.get_by_role("heading", name="What undoing cycle 1 will do")).to_be_visible()
    await expect(page.get_by_text("Deactivate").first).to_be_visible()
