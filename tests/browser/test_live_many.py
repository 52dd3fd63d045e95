"""A first cycle over 2,000 people is watched as it runs: nothing moves, one message a second."""

from pathlib import Path
from typing import Final

from playwright.async_api import Browser, expect
from tests.browser.chromium import PATIENCE_MS, Watched
from tests.browser.processes import running_world
from tests.browser.signing_in import signed_in
from tests.browser.test_live import MEASURE, MOST_SHIFT
from tests.browser.worlds import OFF

expect.set_options(timeout=PATIENCE_MS)

COUNT: Final = """
window.told = 0;
window.seen = [];
document.addEventListener("htmx:sse:after:message", () => {
  window.told += 1;
  window.lastAt = performance.now();
  const bar = document.querySelector("#cycle [role=progressbar]");
  if (bar) window.seen.push(Number(bar.getAttribute("aria-valuenow")));
});
"""


async def test_two_thousand_accounts_are_made_while_somebody_looks_on(
    chromium: Browser, tmp_path: Path, screenshots: Path
) -> None:
    async with running_world("many", tmp_path) as world:
        context = await chromium.new_context(
            storage_state=await signed_in(chromium, world, "administrator"),
            reduced_motion="reduce",
        )
        window = await Watched.open(context, world.site)
        page = window.page
        await page.add_init_script(COUNT)
        await window.visit(f"/apps/{OFF}")
        await expect(page.locator("[data-online]")).to_be_visible()
        await window.run(f"(() => {{ {MEASURE} }})(), 0")
        other = await context.new_page()
        await other.goto(f"{world.site}/apps/{OFF}")

        await other.get_by_role("button", name="Turn on").click()

        cycle = page.locator("#cycle")
        await expect(cycle).to_contain_text("Runs now")
        await page.screenshot(path=screenshots / "many" / "running.png")
        await expect(cycle).to_contain_text("Last cycle")
        await expect(page.locator("#drawn rect.create")).to_have_count(1)
        await expect(page.locator("#strip rect.create")).to_have_count(1)
        await page.screenshot(path=screenshots / "many" / "done.png")
        seen = await window.run("window.seen")
        assert len(set(seen)) > 2
        assert seen == sorted(seen)
        assert await window.run("window.told <= window.lastAt / 1000 + 1") is True
        assert await window.run("window.shifted") < MOST_SHIFT
        await expect(page.locator("#numbers")).to_contain_text("In scope")
        assert await window.look() == []
        await context.close()
