"""Chromium as the tests start it, and pages that remember everything they complain about."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.async_api import (
    Browser,
    BrowserContext,
    CDPSession,
    Page,
    Playwright,
    async_playwright,
)

CHROMIUM: Final = Path(os.environ.get("SEATKEEPER_CHROMIUM", "/usr/bin/chromium"))
FLAGS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
PATIENCE_MS: Final = 60_000
"""So long may one step of a page take on a busy machine; nothing waits longer than it must."""

MISSING: Final = (
    f"There is no Chromium at {CHROMIUM}, so no page was looked at. Install it with "
    "apt-get install chromium, or say in SEATKEEPER_CHROMIUM where it is."
)

ORDINARY: Final = (1280, 720)
"""How large a window is that nobody has made larger or smaller."""

_AXE: Final = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
_LISTEN: Final = """
window.refusedByPolicy = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.refusedByPolicy.push(event.violatedDirective + " " + event.blockedURI);
});
"""


async def pictured(page: Page, file: Path) -> None:
    """Keep a picture of the whole page, where SEATKEEPER_SCREENSHOTS asks for pictures.

    Nothing is judged by them: people look at them, and eight hundred take minutes.
    """
    if os.environ.get("SEATKEEPER_SCREENSHOTS"):
        await page.screenshot(path=file, full_page=True)


@asynccontextmanager
async def running_chromium() -> AsyncIterator[Browser]:
    """Start the one browser of a session."""
    assert CHROMIUM.exists(), MISSING
    async with async_playwright() as playwright:
        yield await _launched(playwright)


async def _launched(playwright: Playwright) -> Browser:
    return await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))


@dataclass
class Watched:
    """A page of one site; ``complaints`` grows by all that should not happen on any page."""

    page: Page
    site: str
    complaints: list[str] = field(default_factory=list)
    _tools: CDPSession | None = None

    @classmethod
    async def open(cls, context: BrowserContext, site: str) -> "Watched":
        """Open an empty page and begin to listen."""
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        await page.add_init_script(_LISTEN)
        watched = cls(page, site)
        page.on("console", lambda said: watched.complain(f"console: {said.text}"))
        page.on("pageerror", lambda error: watched.complain(f"script: {error}"))
        page.on("dialog", lambda dialog: watched.complain(f"dialog: {dialog.message}"))
        page.on("request", lambda request: watched.asked(request.url))
        page.on("requestfailed", lambda request: watched.failed(request.url, request.failure))
        return watched

    async def begin_anew(self) -> None:
        """Be as a window that was just opened, for whoever looks through it next."""
        width, height = ORDINARY
        await self.page.set_viewport_size({"width": width, "height": height})
        await self.page.emulate_media(color_scheme="light")
        self.complaints.clear()

    def complain(self, text: str) -> None:
        """Remember something."""
        self.complaints.append(text)

    def asked(self, url: str) -> None:
        """Remember a request to any other place."""
        if urlsplit(url)[:2] != urlsplit(self.site)[:2]:
            self.complain(f"asked elsewhere: {url}")

    def failed(self, url: str, why: str | None) -> None:
        """Remember a request that failed; one that was left with its page did not."""
        if why != "net::ERR_ABORTED":
            self.complain(f"failed: {url} {why}")

    async def visit(self, path: str) -> int:
        """Open a page of the site and return the status."""
        answer = await self.page.goto(f"{self.site}{path}", wait_until="load")
        assert answer is not None
        return answer.status

    async def look(self) -> list[str]:
        """Return what this page complained about so far, and begin anew."""
        refused = await self.run("window.refusedByPolicy")
        found = [*self.complaints, *(f"policy: {one}" for one in refused)]
        self.complaints.clear()
        return found

    async def run(self, expression: str) -> Any:
        """Evaluate an expression as the developer tools do: the policy of the page stays on."""
        if self._tools is None:
            self._tools = await self.page.context.new_cdp_session(self.page)
        answer = await self._tools.send(
            "Runtime.evaluate",
            {
                "expression": expression,
                "awaitPromise": True,
                "returnByValue": True,
                "allowUnsafeEvalBlockedByCSP": True,
            },
        )
        assert "exceptionDetails" not in answer, json.dumps(answer)[:2000]
        return answer["result"].get("value")

    async def axe(self) -> list[str]:
        """Return what axe-core finds on the page as it is now, one line for each rule."""
        if not await self.run("'axe' in window"):
            await self.run(f"{_AXE}; 0")
        violations = await self.run(
            "axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)"
        )
        return [
            f"axe {one['id']}: {one['help']}: "
            + "; ".join(node["html"][:160] for node in one["nodes"][:3])
            for one in violations
        ]
