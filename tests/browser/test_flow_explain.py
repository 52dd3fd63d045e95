"""Why is she not there? The answer, the fix and the account, by keyboard alone."""

from typing import Any

import httpx
from playwright.async_api import expect
from tests.browser.chromium import PATIENCE_MS, Watched
from tests.browser.conftest import Opens
from tests.browser.keyboard import Keyboard
from tests.browser.processes import World
from tests.browser.worlds import APP, FAILING, changed

expect.set_options(timeout=PATIENCE_MS)

MAIL = f"{FAILING}@larkspur.example"


async def accounts(world: World) -> list[str]:
    """Return who has an account in the stand-in, by user name."""
    return list(await accounts_by_name(world))


async def accounts_by_name(world: World) -> dict[str, dict[str, Any]]:
    """Return every account of the stand-in by its user name."""
    async with httpx.AsyncClient(base_url=world.facts.sandbox, timeout=60) as client:
        found = (await client.get("/_sandbox/dump")).json()["users"]
    return {one["userName"]: one for one in found}


async def test_somebody_without_mail_gets_one_and_an_account_at_once(
    lively: World, opens: Opens
) -> None:
    window = await Watched.open(await opens(lively, "operator"), lively.site)
    page, keys = window.page, Keyboard(window.page)
    person = f"/apps/{APP}/people/{lively.facts.ids[FAILING]}"
    await window.visit(person)
    await expect(page.locator(".answer")).to_contain_text("mail is empty")
    assert MAIL not in await accounts(lively)

    await changed(lively.server.home, lively.facts.ids[FAILING], mail=MAIL)
    await keys.choose(page.get_by_role("link", name="Check again").first)
    await expect(page.locator(".answer")).to_contain_text("the next cycle creates")
    await keys.choose(page.get_by_role("button", name="Provision now"))

    await expect(page.locator("#order")).to_contain_text("Done")
    await expect(page.locator(".answer")).not_to_contain_text("the next cycle creates")
    await expect(page.locator("header.head .pill")).to_have_text("In step")
    await expect(page.locator("#past tbody tr").first).to_contain_text("Create the account")
    assert MAIL in await accounts(lively)
    assert await window.look() == []
