"""Take pictures of every page of the console, or renew those that the documentation shows.

    PYTHONPATH=. python tools/screenshots.py FOLDER      each page, two themes, three widths
    PYTHONPATH=. python tools/screenshots.py --docs      the pictures under docs/images

Against a company made for this run: real server, real stand-in, real cycles. Nothing is compared;
people look at them. Needs Chromium, see tools/make_chromium.sh.
"""

import argparse
import asyncio
import tempfile
from pathlib import Path
from typing import NamedTuple

from playwright.async_api import Browser, Page
from tests.browser.chromium import running_chromium
from tests.browser.processes import World, running_world
from tests.browser.routes import GET_ROUTES, filled, folder_of
from tests.browser.signing_in import signed_in
from tests.browser.test_crawl import HEIGHT, THEMES, WIDTHS, Theme
from tests.browser.tutorial import Clicks, follow_tutorial, token_generated

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"


class Picture(NamedTuple):
    """One picture of the documentation: its file, the page, how much of it."""

    name: str
    route: str
    theme: Theme = "light"
    width: int = 1280
    height: int = 800


PICTURES = (
    Picture("home-light", "/", width=1440),
    Picture("home-dark", "/", "dark", width=1440),
)


FIRST_STEPS = (
    ("", "Bring these people in"),
    ("", "Get a token from the sandbox"),
    ("connected", "Go on: who gets it"),
    ("", "Assign the group"),
    ("plan", "Create this account"),
    ("", "Go on: turn it on"),
    ("", "Turn on provisioning"),
)
"""Each step's picture, where one is shown, and what leads to the next."""


TUTORIAL = ("gallery", "connected", "mappings", "scope", "plan", "on", "event")
"""The stations of the tutorial of which the documentation shows a picture."""


async def take(page: Page, world: World, route: str, theme: Theme, file: Path) -> None:
    """Open a page in a theme and keep what the window shows."""
    await page.emulate_media(color_scheme=theme)
    answer = await page.goto(f"{world.site}{filled(route, world.facts)}", wait_until="load")
    assert answer is not None
    assert answer.status == 200, f"{route} answers {answer.status}"
    await page.evaluate("document.fonts.ready")
    file.parent.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=file)


async def every_page(page: Page, world: World, folder: Path) -> None:
    """Keep each page of the table of routes, whole, in each theme and width."""
    for route in GET_ROUTES:
        for theme in THEMES:
            for width in WIDTHS:
                await page.set_viewport_size({"width": width, "height": HEIGHT})
                file = folder / folder_of(route) / f"{theme}-{width}.png"
                await take(page, world, route, theme, file)
                await page.screenshot(path=file, full_page=True)
        print(route)


async def for_the_docs(page: Page, world: World) -> None:
    """Renew the pictures that the documentation shows."""
    for one in PICTURES:
        await page.set_viewport_size({"width": one.width, "height": one.height})
        await take(page, world, one.route, one.theme, IMAGES / f"{one.name}.png")
        print(f"docs/images/{one.name}.png")


async def first_steps(browser: Browser) -> None:
    """Go the first steps in an empty installation, and keep pictures of some."""
    with tempfile.TemporaryDirectory(prefix="seatkeeper-pictures-") as temporary:
        async with running_world("empty", Path(temporary)) as world:
            state = await signed_in(browser, world, "administrator")
            context = await browser.new_context(
                storage_state=state,
                reduced_motion="reduce",
                viewport={"width": 1280, "height": 800},
            )
            page = await context.new_page()
            await page.goto(f"{world.site}/welcome/people")
            for name, button in FIRST_STEPS:
                if name:
                    await page.evaluate("document.fonts.ready")
                    await page.screenshot(path=IMAGES / f"first-steps-{name}.png")
                    print(f"docs/images/first-steps-{name}.png")
                await page.get_by_role("main").get_by_text(button, exact=False).first.click()
                await page.wait_for_load_state("load")


async def tutorial(browser: Browser) -> None:
    """Go the tutorial as its test does, and keep pictures of some stations."""
    with tempfile.TemporaryDirectory(prefix="seatkeeper-pictures-") as temporary:
        async with running_world("unconnected", Path(temporary)) as world:
            state = await signed_in(browser, world, "administrator")
            context = await browser.new_context(
                storage_state=state,
                reduced_motion="reduce",
                viewport={"width": 1280, "height": 800},
            )
            base, token = await token_generated(await context.new_page(), world)
            page = await context.new_page()

            async def at(station: str) -> None:
                if station in TUTORIAL:
                    await page.evaluate("document.fonts.ready.then(() => scrollTo(0, 0))")
                    await page.screenshot(path=IMAGES / f"tutorial-{station}.png")
                    print(f"docs/images/tutorial-{station}.png")

            await follow_tutorial(page, world, Clicks(), base, token, at)


async def main() -> None:
    """Make a company, sign in, and take what was asked for."""
    parser = argparse.ArgumentParser(description="Take pictures of the console.")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--docs", action="store_true")
    asked = parser.parse_args()
    if not asked.docs and asked.folder is None:
        parser.error("name a folder, or --docs")
    name = "showcase" if asked.docs else "larkspur"
    with tempfile.TemporaryDirectory(prefix="seatkeeper-pictures-") as temporary:
        async with running_world(name, Path(temporary)) as world, running_chromium() as browser:
            state = await signed_in(browser, world, "administrator")
            context = await browser.new_context(storage_state=state, reduced_motion="reduce")
            page = await context.new_page()
            if asked.docs:
                await for_the_docs(page, world)
                await first_steps(browser)
                await tutorial(browser)
            else:
                await every_page(page, world, asked.folder)


if __name__ == "__main__":
    asyncio.run(main())
