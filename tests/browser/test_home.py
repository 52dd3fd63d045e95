"""Home as it lies on the screen."""

from tests.browser.chromium import Watched
from tests.browser.conftest import Opens
from tests.browser.processes import World

_CUT_OFF = """
[...document.querySelectorAll(".wide")].filter((one) => one.scrollWidth > one.clientWidth)
  .map((one) => `${one.scrollWidth} of ${one.clientWidth}`)
"""


async def test_no_column_of_the_apps_is_cut_off_on_a_wide_screen(
    larkspur: World, opens: Opens
) -> None:
    window = await Watched.open(await opens(larkspur), larkspur.site)
    await window.page.set_viewport_size({"width": 1440, "height": 900})

    await window.visit("/")

    assert await window.run(_CUT_OFF) == []
