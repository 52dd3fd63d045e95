"""Sign in as people do: by a form, or the first of all by the link that the server printed."""

from playwright.async_api import Browser, Page, StorageState
from tests.browser.processes import World
from tests.browser.worlds import SIGN_INS
from tests.console_visitor import ANA, PASSPHRASE


async def fill_in(page: Page, world: World, role: str) -> None:
    """Sign somebody of that role in."""
    await page.goto(f"{world.site}/sign-in")
    await page.get_by_label("E-mail").fill(SIGN_INS[role])
    await page.get_by_label("Passphrase").fill(PASSPHRASE)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(lambda url: "/sign-in" not in url)


async def passphrase_chosen(page: Page, world: World) -> None:
    """Become the first administrator of an installation that knows nobody."""
    await page.goto(world.server.welcome)
    await page.get_by_label("Your name").fill("Ana Lovelace")
    await page.get_by_label("e-mail address").fill(ANA)
    await page.get_by_label("Passphrase").fill(PASSPHRASE)
    await page.get_by_role("button", name="Keep this passphrase").click()
    await page.wait_for_url(lambda url: "/links/" not in url)


async def signed_in(
    chromium: Browser, world: World, role: str, *, first: bool = True
) -> StorageState:
    """Sign somebody in, and return what their browser keeps.

    ``first`` says that nobody of that role has signed in to this company yet.
    """
    context = await chromium.new_context()
    page = await context.new_page()
    if first and world.server.welcome and role == "administrator":
        await passphrase_chosen(page, world)
    else:
        await fill_in(page, world, role)
    state = await context.storage_state()
    await context.close()
    return state
