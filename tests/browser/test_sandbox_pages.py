"""The stand-in's own pages in a browser: a token is issued and used, and nothing is wrong."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect
from tests.browser.chromium import PATIENCE_MS, Watched
from tests.browser.test_crawl import faults_of
from tests.sandboxes import RunningSandbox, running_sandbox

expect.set_options(timeout=PATIENCE_MS)

USER: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
PAGES: Final = (
    "/", "/accounts", "/accounts/{account}", "/groups", "/groups/{group}", "/outbox",
    "/requests", "/requests/{request}", "/report", "/faults",
)  # fmt: skip


def ada(name: str = "ada") -> dict[str, Any]:
    mail = f"{name}@larkspur.example"
    return {
        "schemas": [USER],
        "userName": mail,
        "name": {"givenName": "Ada", "familyName": "Byron"},
        "emails": [{"type": "work", "primary": True, "value": mail}],
    }


@pytest.fixture(scope="module")
async def app(
    anyio_backend: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningSandbox]:
    """Run 15Five's stand-in with people in it, and with a client that reads too much."""
    folder = tmp_path_factory.mktemp("stand-in")
    async with running_sandbox("15five", folder / "app.db") as app:
        async with httpx.AsyncClient() as visitor:
            filled = await visitor.post(f"{app.site}/_sandbox/prefill?people=40")
            assert filled.status_code == 200, filled.text
        async with app.client() as client:
            await client.post("/Users", json=ada())
            for _ in range(3):
                await client.get("/Users", params={"filter": 'userName eq "nobody"'})
        yield app


def site_of(app: RunningSandbox) -> str:
    """Return the address that the command line prints: the console's cookie does not go there."""
    return app.site.replace("127.0.0.1", "localhost")


@pytest.fixture
async def context(chromium: Browser) -> AsyncIterator[BrowserContext]:
    opened = await chromium.new_context(reduced_motion="reduce")
    yield opened
    await opened.close()


async def facts(app: RunningSandbox) -> dict[str, str]:
    """Return one of each that has a page of its own."""
    held = await app.dump()
    return {
        "account": held["users"][0]["id"],
        "group": held["groups"][0]["id"],
        "request": str((await app.requests())[0]["seq"]),
    }


@pytest.mark.parametrize("page", PAGES)
async def test_nothing_is_wrong_with(
    page: str, app: RunningSandbox, context: BrowserContext, screenshots: Path
) -> None:
    window = await Watched.open(context, site_of(app))
    path = page.format(**await facts(app))
    folder = screenshots / "stand-in" / (page.strip("/").replace("/", "-") or "set-up")

    faults = await faults_of(window, path, folder)

    assert "\n".join(faults) == ""


async def page_of(context: BrowserContext, app: RunningSandbox, path: str = "/") -> Page:
    window = await Watched.open(context, site_of(app))
    await window.visit(path)
    return window.page


async def test_a_token_is_generated_shown_once_used_and_revoked(
    app: RunningSandbox, context: BrowserContext
) -> None:
    page = await page_of(context, app)

    await page.get_by_role("button", name="Generate OAuth token").click()
    token = await page.get_by_label("shown this once").input_value()
    base = await page.get_by_label("URL").input_value()
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=base, headers=headers) as client:
        made = await client.post("/Users", json=ada("grace"))
        await page.reload()
        await page.get_by_role("button", name=f"token ending in {token[-4:]}").click()
        revoked = await client.get("/Users?count=1")
    await page.get_by_role("link", name="Accounts").first.click()

    assert (made.status_code, revoked.status_code) == (201, 401)
    assert token not in await page.content()
    await expect(page.locator("main")).to_contain_text("grace@larkspur.example")


async def test_an_account_shows_which_request_made_it(
    app: RunningSandbox, context: BrowserContext
) -> None:
    page = await page_of(context, app, "/accounts?q=ada%40larkspur")

    await page.get_by_role("link", name="Ada Byron").first.click()
    await expect(page.locator("main")).to_contain_text("userName created")
    await page.get_by_role("link", name="Request 1").first.click()

    await expect(page.get_by_role("heading", level=1)).to_contain_text("POST")


async def test_the_report_says_what_the_client_should_not_do(
    app: RunningSandbox, context: BrowserContext
) -> None:
    page = await page_of(context, app, "/report")

    await expect(page.locator("main")).to_contain_text("Read again what was read already")
