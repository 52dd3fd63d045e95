"""The whole tutorial in the console: with JavaScript off, and by keyboard alone."""

from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Locator, expect
from tests.browser.chromium import PATIENCE_MS, Watched
from tests.browser.keyboard import Keyboard
from tests.browser.processes import running_world
from tests.browser.signing_in import signed_in
from tests.browser.test_flow_explain import accounts
from tests.browser.tutorial import STATIONS, Clicks, follow_tutorial, token_generated

expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Keys:
    """Somebody who only has keys."""

    keyboard: Keyboard

    async def choose(self, target: Locator) -> None:
        await self.keyboard.choose(target)

    async def tick(self, target: Locator) -> None:
        if await target.get_attribute("type") == "radio":
            name = await target.get_attribute("name")
            await self.keyboard.reach(self.keyboard.page.locator(f"[name={name}]:checked"))
            await self.keyboard.reach(target, "ArrowDown")
        else:
            await self.keyboard.reach(target)
            await self.keyboard.press("Space")

    async def write(self, target: Locator, text: str) -> None:
        await self.keyboard.reach(target)
        await self.keyboard.type(text)


async def test_from_the_gallery_to_the_log_with_javascript_off(
    chromium: Browser, tmp_path: Path, screenshots: Path
) -> None:
    async with running_world("unconnected", tmp_path) as world:
        context = await chromium.new_context(
            storage_state=await signed_in(chromium, world, "administrator"),
            java_script_enabled=False,
        )
        window = await Watched.open(context, world.site)
        base, token = await token_generated(await context.new_page(), world)
        assert await accounts(world) == []
        been: list[str] = []

        async def at(station: str) -> None:
            been.append(station)
            file = screenshots / "tutorial" / f"{len(been):02}-{station}.png"
            await window.page.screenshot(path=file, full_page=True)
            assert await window.look() == [], station

        await follow_tutorial(window.page, world, Clicks(), base, token, at)

        assert tuple(been) == STATIONS
        assert len(await accounts(world)) == 12
        await context.close()


async def test_from_the_gallery_to_the_log_by_keyboard_alone(
    chromium: Browser, tmp_path: Path
) -> None:
    async with running_world("unconnected", tmp_path) as world:
        state = await signed_in(chromium, world, "administrator")
        context = await chromium.new_context(storage_state=state, reduced_motion="reduce")
        window = await Watched.open(context, world.site)
        base, token = await token_generated(await context.new_page(), world)

        await window.page.bring_to_front()
        await follow_tutorial(window.page, world, Keys(Keyboard(window.page)), base, token)

        assert len(await accounts(world)) == 12
        assert await window.look() == []
        await context.close()
