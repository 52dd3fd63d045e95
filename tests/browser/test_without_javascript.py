"""With JavaScript off the same pages are read, filtered, turned and saved."""

import re

import pytest
from playwright.async_api import Page, expect
from tests.browser.chromium import PATIENCE_MS, Watched
from tests.browser.conftest import Looks, Opens
from tests.browser.processes import World
from tests.browser.routes import GET_ROUTES, filled
from tests.browser.worlds import SIGN_INS
from tests.console_visitor import PASSPHRASE

expect.set_options(timeout=PATIENCE_MS)

_DEAD = """
[...document.querySelectorAll("button, [role=button], [role=tab], [role=menuitem]")]
  .filter((one) => one.checkVisibility())
  .filter((one) => !(one.form && one.type === "submit") && !one.hasAttribute("commandfor"))
  .map((one) => one.outerHTML.slice(0, 160))
"""


async def plain(world: World, opens: Opens, role: str = "administrator") -> Page:
    """Open a window without JavaScript."""
    context = await opens(world, role, java_script_enabled=False)
    return (await Watched.open(context, world.site)).page


@pytest.mark.parametrize("route", GET_ROUTES)
async def test_no_control_is_shown_that_would_do_nothing(
    route: str, larkspur: World, looks: Looks
) -> None:
    window = await looks(larkspur, scripts=False)

    status = await window.visit(filled(route, larkspur.facts))

    assert status == 200
    assert await window.run(_DEAD) == []
    assert await window.look() == []


async def test_somebody_signs_in_and_out(larkspur: World, opens: Opens) -> None:
    page = await plain(larkspur, opens, role="")
    await page.goto(f"{larkspur.site}/settings/audit")

    await page.get_by_label("E-mail").fill(SIGN_INS["viewer"])
    await page.get_by_label("Passphrase").fill(PASSPHRASE)
    await page.get_by_role("button", name="Sign in").click()

    await expect(page).to_have_url(f"{larkspur.site}/settings/audit")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page).to_have_url(re.compile("/sign-in"))


async def test_the_audit_trail_is_filtered_and_turned(larkspur: World, opens: Opens) -> None:
    page = await plain(larkspur, opens)
    await page.goto(f"{larkspur.site}/settings/audit")

    await page.get_by_label("Action").fill("administrator.")
    await page.get_by_role("button", name="Show these").click()

    actions = page.locator("tbody tr td:nth-child(4)")
    await expect(actions.first).to_contain_text("administrator.")
    assert all(text.startswith("administrator.") for text in await actions.all_inner_texts())

    await page.goto(f"{larkspur.site}/settings/audit")
    newest = await page.locator("tbody tr td").first.inner_text()
    await page.get_by_role("link", name="Older").click()
    await expect(page.locator("tbody tr td").first).not_to_have_text(newest)
    older = await page.locator("tbody tr td").first.inner_text()
    assert int(older) < int(newest)


async def test_somebody_is_invited_and_removed(larkspur: World, opens: Opens) -> None:
    page = await plain(larkspur, opens)
    await page.goto(f"{larkspur.site}/settings/administrators")

    await page.get_by_label("E-mail address").fill("guest@larkspur.example")
    await page.get_by_role("button", name="Make a link").click()

    await expect(page.locator("main")).to_contain_text(f"{larkspur.site}/links/")
    guest = page.locator("article", has_text="guest@larkspur.example")
    await guest.get_by_role("button", name="Remove").click()
    await expect(page.locator("main")).not_to_contain_text("guest@larkspur.example")


async def test_a_refused_form_keeps_what_was_typed(larkspur: World, opens: Opens) -> None:
    page = await plain(larkspur, opens, role="")
    await page.goto(f"{larkspur.site}/sign-in")

    await page.get_by_label("E-mail").fill("nobody@larkspur.example")
    await page.get_by_label("Passphrase").fill("no such passphrase")
    await page.get_by_role("button", name="Sign in").click()

    await expect(page.get_by_label("E-mail")).to_have_value("nobody@larkspur.example")
    await expect(page.get_by_label("Passphrase")).to_have_value("")
