"""Two administrators save at once: the second sees what changed, and loses nothing typed."""

import re

import pytest
from playwright.async_api import Page, expect
from tests.browser.chromium import PATIENCE_MS, Watched
from tests.browser.conftest import Opens
from tests.browser.processes import World
from tests.browser.worlds import QUARANTINED, SIGN_INS

expect.set_options(timeout=PATIENCE_MS)

PLACE = f"/apps/{QUARANTINED}"


async def renamed(page: Page, world: World, name: str) -> None:
    """Give the app another name, as somebody else does in the middle of a form."""
    await page.goto(f"{world.site}{PLACE}/settings")
    await page.locator("[name=name]").fill(name)
    await page.get_by_role("button", name="Save settings").click()
    await expect(page.get_by_role("status").first).to_contain_text("Saved as version")


async def scope_seen(page: Page) -> None:
    """Where the page is the scope's: name a department, and see who would leave."""
    if page.url.endswith(("/scope", "/scope/try")):
        await page.locator("[name=g0r0v]").first.fill("Sales")
        await page.get_by_role("button", name="See who leaves and joins").first.click()
        await page.wait_for_url("**/try")


@pytest.mark.parametrize(
    ("path", "field", "typed"),
    [
        ("/settings", "every", "2h"),
        ("/mappings/users/title", "default", "Nobody in particular"),
        ("/scope", "g0r0a", "department"),
        ("/connection", "email", "second@larkspur.example"),
    ],
)
async def test_the_second_one_sees_what_changed_and_saves_what_was_typed(
    path: str, field: str, typed: str, lively: World, opens: Opens
) -> None:
    window = await Watched.open(await opens(lively), lively.site)
    page, save = window.page, window.page.get_by_role("button", name=re.compile("^Save"))
    await window.visit(PLACE + path)
    await page.locator(f"[name={field}]").first.fill(typed)
    await scope_seen(page)
    name = f"Shop floor and {path.rpartition('/')[2]}"
    await renamed(await page.context.new_page(), lively, name)

    await save.click()

    told = page.get_by_role("alert")
    await expect(told).to_contain_text(f"Changed by {SIGN_INS['administrator']}")
    await expect(told).to_contain_text(name)
    await expect(page.locator(f"[name={field}]").first).to_have_value(typed)
    assert [one for one in await window.look() if "422" not in one] == []
    await scope_seen(page)
    await save.click()
    await expect(page.get_by_text("Changed by")).to_have_count(0)
    await window.visit(PLACE + path)
    await expect(page.locator(f"[name={field}]").first).to_have_value(typed)
    assert await window.look() == []
