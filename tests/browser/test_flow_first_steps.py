"""From a one-time link to a group that is provisioned, by keyboard alone (console design, 6.1)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
from playwright.async_api import Browser, Page, expect
from tests.browser.chromium import PATIENCE_MS, Watched
from tests.browser.processes import running_world
from tests.console_visitor import ANA, PASSPHRASE

MOST_KEYS: Final = 40
"""Key presses beside typed text."""

FIELDS: Final = 3

expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Keyboard:
    """Somebody who only has keys; counts what is pressed and which fields are typed into."""

    page: Page
    keys: int = 0
    fields: int = 0

    async def press(self, key: str) -> None:
        self.keys += 1
        await self.page.keyboard.press(key)

    async def to(self, name: str) -> None:
        """Go forward until the control of that name has the focus, on a page that is all there."""
        await self.page.wait_for_load_state()  # which moves the focus to what the address names
        for _ in range(12):
            await self.press("Tab")
            if name in await self._focused():
                return
        raise AssertionError(f"{name} was not reached; the focus is on {await self._focused()!r}")

    async def type(self, name: str, text: str) -> None:
        await self.to(name)
        self.fields += 1
        await self.page.keyboard.type(text)

    async def choose(self, name: str) -> None:
        """Go to a control and press it."""
        await self.to(name)
        await self.press("Enter")

    async def _focused(self) -> str:
        return str(
            await self.page.evaluate(
                "(document.activeElement.labels?.[0] ?? document.activeElement).innerText"
                " || document.activeElement.name || ''"
            )
        )


async def test_from_a_link_to_twelve_accounts_by_keyboard_alone(
    chromium: Browser, tmp_path: Path
) -> None:
    async with running_world("empty", tmp_path) as world:
        context = await chromium.new_context(reduced_motion="reduce")
        window = await Watched.open(context, world.site)
        page, heading = window.page, window.page.locator("h1")
        hands = Keyboard(page)

        await page.goto(world.server.welcome)
        await hands.type("Your name", "Ana Lovelace")
        await hands.type("e-mail address", ANA)
        await hands.type("Passphrase", PASSPHRASE)
        await hands.press("Enter")
        await expect(heading).to_contain_text("first account in five minutes")
        await hands.choose("Skip to content")
        await hands.choose("Begin")
        await expect(heading).to_contain_text("Whose accounts")
        await hands.choose("Larkspur Robotics")
        await expect(heading).to_contain_text("Which app")
        await hands.choose("Get a token from the sandbox")
        await expect(page.locator("#trial")).to_contain_text("This connection works")
        await hands.choose("Go on")
        await expect(heading).to_contain_text("Who gets an account")
        await expect(page.locator("main")).to_contain_text("Everyone in Sales: 12 members")
        await hands.choose("Assign the group")
        await expect(heading).to_contain_text("Amara Okonkwo gets an account in 15Five")
        await hands.choose("Create this account")
        await expect(page.get_by_role("status")).to_contain_text("Done")
        await expect(heading).to_contain_text("has an account in 15Five")
        account = await page.get_by_role("link", name="See the account").get_attribute("href")
        await hands.choose("Go on")
        await expect(heading).to_contain_text("change when you turn it on")
        await hands.choose("Turn on provisioning")
        await expect(heading).to_contain_text("The first cycle is done")
        await hands.choose("What to try now")
        await expect(heading).to_contain_text("15Five follows your directory")

        assert account is not None
        assert account.startswith("http://localhost:")
        async with httpx.AsyncClient() as client:
            shown = await client.get(account)
            held = await client.get(f"{account.partition('/accounts/')[0]}/_sandbox/dump")
        assert shown.status_code == 200
        assert len([one for one in held.json()["users"] if one["active"]]) == 12
        assert hands.keys <= MOST_KEYS
        assert hands.fields == FIELDS
        assert await window.look() == []
        await context.close()
