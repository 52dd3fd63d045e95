"""A page with every fault that the crawl looks for: each of them is found."""

from pathlib import Path

from playwright.async_api import Route
from tests.browser.chromium import Watched
from tests.browser.conftest import Opens
from tests.browser.processes import World
from tests.browser.test_crawl import faults_of

BROKEN = """<!doctype html><html lang="en"><title>Broken</title><main>
<h1>One</h1><h1>Two</h1><h4>Far below</h4>
<p id="faint" class="faint">Hardly to be read</p><div class="wide">Too wide</div>
<img src="http://127.0.0.1:9/elsewhere.png" alt="">
<script>console.error("something is wrong")</script>
<style>.faint { color: #ddd } .wide { width: 2000px }</style>
</main></html>"""
AT_NIGHT = """<!doctype html><html lang="en"><title>Broken at night</title><main>
<h1><a href="#main">Skip to content</a></h1><p>Hardly to be read in the dark on a telephone</p>
<style>
  body, a { background: white; color: black }
  @media (prefers-color-scheme: dark) { body, a { background: black; color: white } }
  @media (prefers-color-scheme: dark) and (max-width: 500px) { p { color: #333 } }
</style>
<script>if (matchMedia("(prefers-color-scheme: dark)").matches) console.error("opened at night")
</script>
</main></html>"""
POLICY = "default-src 'self' 'unsafe-inline'; img-src 'self'"


async def test_the_crawl_finds_each_fault_of_a_broken_page(
    empty: World, opens: Opens, tmp_path: Path
) -> None:
    window = await Watched.open(await opens(empty, role=""), empty.site)

    async def broken(route: Route) -> None:
        headers = {"Content-Security-Policy": POLICY, "Content-Type": "text/html"}
        await route.fulfill(body=BROKEN, headers=headers)

    await window.page.route("**/broken", broken)

    found = "\n".join(await faults_of(window, "/broken", tmp_path))

    for expected in (
        "2 headings of the first level",
        "a heading 4 follows a heading 1",
        "at 390 px the page is 20",
        "axe color-contrast",
        "the first Tab stop is",
        "console: something is wrong",
        "policy: img-src",
    ):
        assert expected in found


async def test_what_is_wrong_in_one_theme_on_one_width_is_found_there_and_nowhere_else(
    empty: World, opens: Opens, tmp_path: Path
) -> None:
    window = await Watched.open(await opens(empty, role=""), empty.site)

    async def broken(route: Route) -> None:
        await route.fulfill(body=AT_NIGHT, headers={"Content-Type": "text/html"})

    await window.page.route("**/broken", broken)

    found = await faults_of(window, "/broken", tmp_path)

    assert [one.partition(":")[0] for one in found] == ["dark", "console"]
    assert "axe color-contrast" in found[0]
    assert "at 390 px" in found[0]
    assert "opened at night" in found[1]


async def test_a_request_to_another_host_is_a_complaint(empty: World, opens: Opens) -> None:
    window = await Watched.open(await opens(empty, role=""), empty.site)

    async def asking(route: Route) -> None:
        body = '<!doctype html><img src="http://localhost:9/pixel.png" alt="">'
        await route.fulfill(body=body, headers={"Content-Type": "text/html"})

    await window.page.route("**/asking", asking)
    await window.visit("/asking")

    assert "asked elsewhere: http://localhost:9/pixel.png" in await window.look()


async def test_a_missing_page_is_no_page(empty: World, opens: Opens, tmp_path: Path) -> None:
    window = await Watched.open(await opens(empty, role=""), empty.site)

    assert await faults_of(window, "/nowhere", tmp_path) == ["status 404"]
