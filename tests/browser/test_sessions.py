"""Sessions begin by a link or a form, and end without anything being lost or leaked."""

import sqlite3
from pathlib import Path

from playwright.async_api import Route, expect
from tests.browser.chromium import PATIENCE_MS, Watched
from tests.browser.conftest import Opens
from tests.browser.processes import World
from tests.browser.signing_in import fill_in
from tests.console_visitor import PASSPHRASE

expect.set_options(timeout=PATIENCE_MS)


async def test_a_session_that_ends_in_the_middle_of_a_form_says_so_and_changes_nothing(
    larkspur: World, opens: Opens
) -> None:
    context = await opens(larkspur, role="", java_script_enabled=True)
    page = (await Watched.open(context, larkspur.site)).page
    await fill_in(page, larkspur, "administrator")
    await page.goto(f"{larkspur.site}/settings/administrators")
    await page.get_by_label("E-mail address").fill("never@larkspur.example")
    other = await context.new_page()
    await other.goto(larkspur.site)
    await other.get_by_role("button", name="Sign out").click()
    await other.wait_for_url("**/sign-in*")

    await page.get_by_role("button", name="Make a link").click()

    await expect(page).to_have_url(f"{larkspur.site}/sign-in?ended=1")
    await expect(page.locator("main")).to_contain_text("session has ended")
    await fill_in(page, larkspur, "administrator")
    await page.goto(f"{larkspur.site}/settings/administrators")
    await expect(page.locator("main")).not_to_contain_text("never@larkspur.example")


async def test_a_part_of_a_page_whose_session_ended_leads_the_whole_page_to_the_sign_in(
    larkspur: World, opens: Opens
) -> None:
    context = await opens(larkspur, role="", java_script_enabled=True)
    page = (await Watched.open(context, larkspur.site)).page
    await fill_in(page, larkspur, "administrator")
    await page.goto(f"{larkspur.site}/people")
    other = await context.new_page()
    await other.goto(larkspur.site)
    await other.get_by_role("button", name="Sign out").click()
    await other.wait_for_url("**/sign-in*")

    await page.keyboard.press("Control+k")

    await expect(page).to_have_url(f"{larkspur.site}/sign-in?next=%2Fpeople&ended=1")
    await expect(page.locator("main")).to_contain_text("session has ended")


async def test_a_session_cookie_is_out_of_reach_of_scripts(larkspur: World, opens: Opens) -> None:
    context = await opens(larkspur)
    window = await Watched.open(context, larkspur.site)
    await window.visit("/")

    kept = [one for one in await context.cookies() if one["name"] == "__Host-seatkeeper"]

    assert [(one["httpOnly"], one["secure"], one["sameSite"]) for one in kept] == [
        (True, True, "Lax")
    ]
    assert "seatkeeper" not in await window.run("document.cookie")


async def test_another_site_cannot_send_a_form_of_ours(larkspur: World, opens: Opens) -> None:
    window = await Watched.open(await opens(larkspur), larkspur.site)
    await window.visit("/settings/sessions")
    csrf = await window.page.locator("[name=csrf]").first.get_attribute("value")
    elsewhere = await window.page.context.new_page()
    body = (
        f'<form method="post" action="{larkspur.site}/sign-out">'
        f'<input name="csrf" value="{csrf}"><button>Win</button></form>'
    )

    async def form(route: Route) -> None:
        await route.fulfill(body=body, headers={"Content-Type": "text/html"})

    await elsewhere.route("http://elsewhere.example/", form)
    await elsewhere.goto("http://elsewhere.example/")

    async with elsewhere.expect_navigation():
        await elsewhere.get_by_role("button", name="Win").click()

    assert await window.visit("/settings/sessions") == 200
    assert window.page.url.endswith("/settings/sessions")


async def test_the_first_administrator_comes_in_by_the_link_that_the_server_printed(
    empty: World, opens: Opens
) -> None:
    page = (await Watched.open(await opens(empty), empty.site)).page

    await page.goto(empty.site)

    await expect(page.get_by_text("Ana Lovelace")).to_be_visible()
    again = await page.goto(empty.server.welcome)
    assert again is not None
    assert again.status == 404
    await expect(page.get_by_label("Passphrase")).to_have_count(0)


async def test_what_cannot_be_taken_back_asks_again_and_keeps_what_was_filled_in(
    lively: World, opens: Opens, screenshots: Path
) -> None:
    context = await opens(lively, role="", java_script_enabled=True)
    window = await Watched.open(context, lively.site)
    page = window.page
    await fill_in(page, lively, "administrator")
    await page.goto(f"{lively.site}/settings/administrators")
    await page.get_by_label("E-mail address").fill("zoe@larkspur.example")
    with sqlite3.connect(lively.server.home / "seatkeeper.db") as database:
        long_ago = "2026-01-01T00:00:00.000000Z"
        database.execute("UPDATE administrator_sessions SET confirmed_at = ?", (long_ago,))
    database.close()

    await page.get_by_role("button", name="Make a link").click()

    await expect(page.get_by_role("heading", name="Your passphrase again")).to_be_visible()
    for theme, width in (("light", 1440), ("dark", 390)):
        await page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]  # one of its words
        await page.set_viewport_size({"width": width, "height": 900})
        assert await window.axe() == []
        await page.screenshot(path=screenshots / f"again-{theme}-{width}.png", full_page=True)
    await page.get_by_label("Passphrase").fill(PASSPHRASE)
    await page.get_by_role("button", name="Go on").click()
    await expect(page.locator("main")).to_contain_text("zoe@larkspur.example")
    assert [one for one in await window.look() if "403" not in one] == []
