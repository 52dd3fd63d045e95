"""Somebody who uses the keyboard alone; key presses beside typed text are counted."""

from dataclasses import dataclass
from typing import Final

from playwright.async_api import Locator, Page

MOST_TABS: Final = 120


@dataclass
class Keyboard:
    """The keys of one page."""

    page: Page
    pressed: int = 0

    async def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            await self.page.keyboard.press(key)
            self.pressed += 1

    async def type(self, text: str) -> None:
        """Write into what has the focus, over what stands there."""
        await self.page.keyboard.press("ControlOrMeta+a")
        await self.page.keyboard.type(text)

    async def reach(self, target: Locator, key: str = "Tab") -> None:
        """Go on with one key until the target has the focus; fail where it never does."""
        for _ in range(MOST_TABS):
            if await target.evaluate("(one) => one === document.activeElement"):
                return
            await self.press(key)
        raise AssertionError(f"{target} is not reached with {key}")

    async def choose(self, target: Locator) -> None:
        """Reach a link or button and use it."""
        await self.reach(target)
        await self.press("Enter")
