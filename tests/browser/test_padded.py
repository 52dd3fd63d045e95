"""In a language that needs four tenths more room all still fits, and no text is forgotten."""

from pathlib import Path

import pytest
from tests.browser.chromium import pictured
from tests.browser.conftest import Looks
from tests.browser.processes import World
from tests.browser.routes import GET_ROUTES, filled, folder_of
from tests.browser.test_crawl import HEIGHT, SIDEWAYS, WIDTHS, sideways

_CUT_OFF = """
[...document.querySelectorAll("h1, h2, h3, button, .button, label, th, legend, .pill, .tabs a")]
  .filter((one) => one.checkVisibility() && getComputedStyle(one).clipPath === "none")
  .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0)
  .filter((one) => getComputedStyle(one).display !== "inline")
  .map((one) => one.textContent.trim().slice(0, 80))
"""
_FORGOTTEN = """
[...document.querySelectorAll(
  "main h1, main h2, main h3, button, .button, label > span:not(.hint), legend, "
  + "th[scope=col], nav a > span"
)]
  .filter((one) => !one.querySelector("bdi, time, code, kbd, input") && !one.closest("bdi, code"))
  .map((one) => one.textContent.trim())
  .filter((text) => /[A-Za-z]{3}/.test(text) && !text.includes("["))
  .filter((text) => !["CSV", "JSON Lines"].includes(text))
"""


@pytest.mark.parametrize("route", GET_ROUTES)
async def test_longer_words_fit_on(
    route: str, padded: World, looks: Looks, screenshots: Path
) -> None:
    window = await looks(padded)
    faults: list[str] = []

    await window.visit(filled(route, padded.facts))
    for width in WIDTHS:
        await window.page.set_viewport_size({"width": width, "height": HEIGHT})
        faults += sideways(await window.run(SIDEWAYS), width)
        faults += [f"cut off at {width} px: {one}" for one in await window.run(_CUT_OFF)]
        file = screenshots / "padded" / folder_of(route) / f"light-{width}.png"
        await pictured(window.page, file)
    faults += [f"not translated: {one}" for one in await window.run(_FORGOTTEN)]

    assert "\n".join(faults) == ""
