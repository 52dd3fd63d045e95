"""A second factor is set up, asked for and turned off by keyboard, in the light and in the dark."""

import base64
from pathlib import Path

from playwright.async_api import Page, expect
from tests.browser.chromium import PATIENCE_MS, Watched
from tests.browser.conftest import Opens
from tests.browser.processes import World
from tests.browser.test_crawl import SIDEWAYS, sideways
from tests.console_visitor import PASSPHRASE

from seatkeeper.administration.second_factor import code_at, step_at
from seatkeeper.bootstrap import Installation
from seatkeeper.clock import utc_now
from seatkeeper.settings import Settings

expect.set_options(timeout=PATIENCE_MS)

GUS = "gus@larkspur.example"


async def invited(world: World) -> str:
    """Return a link for somebody new, so that nobody else's sign-in changes."""
    opened = Installation.open(Settings(home=world.server.home))
    try:
        return opened.administrators.invite(GUS, "viewer", actor="test", now=utc_now())[1]
    finally:
        await opened.close()


async def looked_at(window: Watched, name: str, folder: Path) -> None:
    """Assert that nothing is wrong with the page as it is, light and wide, dark and narrow."""
    for theme, width in (("light", 1440), ("dark", 320)):
        await window.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]  # one of its words
        await window.page.set_viewport_size({"width": width, "height": 900})
        assert sideways(await window.run(SIDEWAYS), width) == []
        assert await window.axe() == []
        await window.page.screenshot(path=folder / f"{name}-{theme}-{width}.png", full_page=True)


async def typed(page: Page, label: str, text: str) -> None:
    """Fill a field in and send its form, by keyboard."""
    await page.get_by_label(label).fill(text)
    await page.keyboard.press("Enter")


async def test_it_is_set_up_asked_for_and_turned_off(
    lively: World, opens: Opens, screenshots: Path
) -> None:
    context = await opens(lively, role="", java_script_enabled=True)
    window = await Watched.open(context, lively.site)
    page, folder = window.page, screenshots / "second-factor"
    await page.goto(f"{lively.site}/links/{await invited(lively)}")
    await page.get_by_label("Your name").fill("Gus")
    await typed(page, "Passphrase", PASSPHRASE)
    await expect(page).to_have_url(f"{lively.site}/")
    await page.goto(f"{lively.site}/settings/sessions")
    await looked_at(window, "you", folder)

    await page.get_by_role("link", name="Set up a second factor").press("Enter")
    await expect(page).to_have_url(f"{lively.site}/settings/second-factor")
    await expect(page.get_by_label("Your passphrase")).to_be_visible()
    await looked_at(window, "off", folder)
    await typed(page, "Your passphrase", PASSPHRASE)
    key = await page.locator("#secret").inner_text()
    secret = base64.b32decode(key.replace(" ", ""))
    await looked_at(window, "key", folder)
    await typed(page, "Six digits", code_at(secret, step_at(utc_now())))
    await expect(page.get_by_role("status")).to_contain_text("Keep these recovery codes")
    codes = (await page.locator("#codes").inner_text()).split()
    await looked_at(window, "codes", folder)
    await page.get_by_role("button", name="Sign out").click()
    await expect(page).to_have_url(f"{lively.site}/sign-in")
    await page.goto(f"{lively.site}/people")
    await page.get_by_label("E-mail").fill(GUS)
    await typed(page, "Passphrase", PASSPHRASE)
    await typed(page, "Code", "nonsense")
    await expect(page.get_by_role("alert")).to_contain_text("This code is not right")
    await looked_at(window, "code", folder)
    await typed(page, "Code", codes[0])
    await expect(page).to_have_url(f"{lively.site}/people")

    await page.goto(f"{lively.site}/settings/second-factor")
    await looked_at(window, "on", folder)
    await page.get_by_label("Code of your app, or a recovery code").fill(codes[1])
    await page.get_by_role("button", name="Use another device").press("Enter")
    await expect(page.get_by_role("note")).to_contain_text("takes the place of the old one")
    await looked_at(window, "other-device", folder)
    await page.get_by_role("button", name="Keep the old device").press("Enter")
    await page.get_by_label("Code of your app, or a recovery code").fill(codes[2])
    await page.get_by_role("button", name="Turn off").press("Enter")
    await expect(page.get_by_role("button", name="Set up")).to_be_visible()
    assert [one for one in await window.look() if "422" not in one] == []
