"""Names that are meant to break pages: nothing runs, nothing moves, everybody can be read."""

from typing import Final

import pytest
from tests.browser.chromium import Watched
from tests.browser.conftest import Looks
from tests.browser.hostile_people import HOSTILE, NAMELESS
from tests.browser.processes import World
from tests.browser.routes import GET_ROUTES, blanks_of, filled
from tests.browser.test_crawl import HEIGHT, SIDEWAYS, WIDTHS, sideways

OF_SOMEBODY: Final = tuple(one for one in GET_ROUTES if "person" in blanks_of(one))
FOR_EVERYBODY: Final = tuple(one for one in GET_ROUTES if one not in OF_SOMEBODY)

_CAME_TO_LIFE: Final = """
[...document.querySelectorAll("img[src=x], [onmouseover], [onerror], body script:not([src])")]
  .map((one) => one.outerHTML)
"""
_SIGNS: Final = "/[\\u202a-\\u202e\\u2066-\\u2069]/.test(document.body.innerText)"


async def faults_of(window: Watched, path: str) -> list[str]:
    """Open a page and return what a name did to it."""
    if await window.visit(path) not in (200, 404):
        return [f"{path} fails"]
    found = [f"came to life: {one}" for one in await window.run(_CAME_TO_LIFE)]
    if await window.run(_SIGNS):
        found.append("a direction mark is not shown as a sign")
    for width in WIDTHS:
        await window.page.set_viewport_size({"width": width, "height": HEIGHT})
        found += sideways(await window.run(SIDEWAYS), width)
    return found + await window.look()


@pytest.mark.parametrize("route", FOR_EVERYBODY)
async def test_names_do_nothing_on(route: str, hostile: World, looks: Looks) -> None:
    window = await looks(hostile)

    faults = await faults_of(window, filled(route, hostile.facts))

    assert "\n".join(faults) == ""


@pytest.mark.parametrize("who", [*HOSTILE, NAMELESS])
async def test_nobody_breaks_their_own_pages(who: str, hostile: World, looks: Looks) -> None:
    window = await looks(hostile)

    faults = {
        route: found
        for route in OF_SOMEBODY
        if (found := await faults_of(window, filled(route, hostile.facts, person=who)))
    }

    assert faults == {}


async def test_markup_in_a_name_is_read_as_it_was_written(hostile: World, looks: Looks) -> None:
    window = await looks(hostile)
    await window.visit("/")

    assert HOSTILE["markup"] in await window.run("document.body.innerText")
