"""Every page of the table of routes, in light and dark, on three widths: nothing is wrong."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

import pytest
from tests.browser.chromium import Watched, pictured
from tests.browser.conftest import Looks, Opens
from tests.browser.processes import World
from tests.browser.routes import GET_ROUTES, blanks_of, filled, folder_of

WIDTHS: Final = (1440, 768, 390)
HEIGHT: Final = 900
Theme = Literal["light", "dark"]
THEMES: Final[tuple[Theme, ...]] = ("light", "dark")

SIDEWAYS: Final = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
_HEADINGS: Final = """
[...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
  .filter((one) => one.checkVisibility()).map((one) => Number(one.tagName[1]))
"""
_FOCUSED: Final = "document.activeElement.textContent.trim()"


def sideways(measured: list[int], width: int) -> list[str]:
    wide, seen = measured
    return [f"at {width} px the page is {wide} px wide"] if wide > seen else []


def out_of_order(levels: list[int]) -> list[str]:
    """Say what is wrong with headings: exactly one of the first level, no level left out."""
    wrong = [] if levels.count(1) == 1 else [f"{levels.count(1)} headings of the first level"]
    steps = itertools.pairwise(levels)
    return wrong + [f"a heading {b} follows a heading {a}" for a, b in steps if b > a + 1]


async def faults_of(
    window: Watched, path: str, folder: Path, themes: Sequence[Theme] = THEMES
) -> list[str]:
    """Open a page and return everything that is wrong with it in these themes on any width.

    On one opening all themes are looked at on each width, changing as they do where somebody's
    system turns dark in the evening: axe reads a page quicker that it has read before. Then the
    page is opened in each of the other themes, too, in case that it complains only there.
    """
    found: list[str] = []
    page = window.page
    await page.emulate_media(color_scheme=themes[0])
    await page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
    status = await window.visit(path)
    if status != 200:
        return [f"status {status}"]
    found += out_of_order(await window.run(_HEADINGS))
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": HEIGHT})
        for theme in themes:
            await page.emulate_media(color_scheme=theme)
            found += [f"{theme}: {one}" for one in sideways(await window.run(SIDEWAYS), width)]
            found += [f"{theme}: {line} (at {width} px)" for line in await window.axe()]
            await pictured(page, folder / f"{theme}-{width}.png")
    for theme in themes[1:]:
        await page.emulate_media(color_scheme=theme)
        if (status := await window.visit(path)) != 200:
            found.append(f"{theme}: status {status}")
    await page.keyboard.press("Tab")
    if (first := await window.run(_FOCUSED)) != "Skip to content":
        found.append(f"the first Tab stop is {first[:60]!r}")
    return found + await window.look()


@pytest.mark.parametrize("route", GET_ROUTES)
async def test_nothing_is_wrong_with(
    route: str, larkspur: World, looks: Looks, screenshots: Path
) -> None:
    window = await looks(larkspur)
    path = filled(route, larkspur.facts)

    faults = await faults_of(window, path, screenshots / folder_of(route))

    assert "\n".join(faults) == ""


@pytest.mark.parametrize("route", [one for one in GET_ROUTES if not blanks_of(one)])
async def test_nothing_is_wrong_before_anything_is_there(
    route: str, empty: World, looks: Looks, screenshots: Path
) -> None:
    window = await looks(empty)
    folder = screenshots / "empty" / folder_of(route)

    faults = await faults_of(window, route, folder, themes=["light"])

    assert "\n".join(faults) == ""


async def test_the_policy_stays_on_while_pages_are_looked_at(larkspur: World, opens: Opens) -> None:
    window = await Watched.open(await opens(larkspur), larkspur.site)
    await window.visit("/")

    await window.run(
        "document.body.append(Object.assign(document.createElement('script'),"
        " {textContent: 'window.ran = 1'})), 0"
    )

    assert await window.run("'ran' in window") is False
    assert any("policy: script-src" in line for line in await window.look())
