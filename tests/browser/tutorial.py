"""The tutorial as somebody goes it in the console, from the gallery to the log.

The same way is gone with JavaScript off, by keyboard alone, and for the pictures
of the documentation: ``Hands`` says how a control is used, ``at`` hears where the
way has come to.
"""

from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from playwright.async_api import Locator, Page, expect
from tests.browser.processes import World

GROUP: Final = "Everyone in Sales"
TOLD: Final = "it@larkspur.example"
UPPER: Final = "ToUpper([jobTitle])"

STATIONS: Final = (
    "gallery", "token", "connected", "mappings", "mapping", "scope", "assigned", "plan", "on",
    "log", "event",
)  # fmt: skip
"""Where the way comes to, in this order."""

At = Callable[[str], Awaitable[None]]


class Hands(Protocol):
    """How somebody uses controls: by clicks, or by keys alone."""

    async def choose(self, target: Locator) -> None:
        """Follow a link or press a button."""

    async def tick(self, target: Locator) -> None:
        """Tick a box or a choice."""

    async def write(self, target: Locator, text: str) -> None:
        """Write into a field, over what stands there."""


class Clicks:
    """Somebody with a mouse."""

    async def choose(self, target: Locator) -> None:
        await target.click()

    async def tick(self, target: Locator) -> None:
        await target.check()

    async def write(self, target: Locator, text: str) -> None:
        await target.fill(text)


async def nothing(_station: str) -> None:
    """Hear where the way has come to, and do nothing."""


async def token_generated(page: Page, world: World) -> tuple[str, str]:
    """Generate a token on the app's own page; return the address and the token shown there."""
    await page.goto(world.facts.sandbox)
    await page.get_by_role("button", name="Generate OAuth token").click()
    base = await page.locator("#base").input_value()
    return base, await page.locator("#token").input_value()


async def follow_tutorial(
    page: Page, world: World, hands: Hands, base: str, token: str, at: At = nothing
) -> None:
    """Do the whole tutorial; ``page`` is signed in as administrator, the directory is full."""
    await page.goto(f"{world.site}/gallery")
    await _added(page, hands, at)
    await _connected(page, hands, base, token, at)
    await _mapped(page, hands, at)
    await _filtered(page, hands, at)
    await _assigned(page, hands, at)
    await _switched_on(page, hands, at)
    await _read(page, hands, at)


async def _added(page: Page, hands: Hands, at: At) -> None:
    await hands.write(page.get_by_label("Search the gallery"), "15five")
    await hands.choose(page.get_by_role("main").get_by_role("button", name="Search"))
    await at("gallery")
    await hands.choose(page.get_by_role("link", name="15Five", exact=True))
    await hands.choose(page.get_by_role("button", name="Add 15Five"))
    await expect(page.get_by_role("heading", name="Can we reach it?")).to_be_visible()


async def _connected(page: Page, hands: Hands, base: str, token: str, at: At) -> None:
    await hands.write(page.get_by_label("SCIM 2.0 base URL"), base)
    await hands.write(page.get_by_label("Access token"), token)
    await hands.tick(page.get_by_label("Runs on this machine"))
    await hands.write(page.get_by_label("E-mail addresses"), TOLD)
    await hands.tick(page.get_by_label("Send an e-mail when something needs a person"))
    await at("token")
    await hands.choose(page.get_by_role("button", name="Save connection"))
    await expect(page.locator("#trial")).to_contain_text("Not tested as it stands now")
    await hands.choose(page.get_by_role("button", name="Test connection"))
    await expect(page.locator("#trial")).to_contain_text("This connection works")
    await at("connected")


async def _mapped(page: Page, hands: Hands, at: At) -> None:
    await hands.choose(_tab(page, "Mappings"))
    people = page.get_by_role("table", name="Mappings of People")
    await expect(people.get_by_role("row", name="userName")).to_contain_text("Match 1")
    await expect(people.get_by_role("row", name="userName")).to_contain_text("@larkspur.example")
    await at("mappings")
    await hands.choose(people.get_by_role("link", name="title", exact=True))
    await hands.tick(page.get_by_role("radio", name="Expression"))
    await hands.write(page.get_by_role("textbox", name="Expression"), UPPER)
    await hands.choose(page.get_by_role("button", name="Try it"))
    await expect(page.locator("#values tbody tr")).to_have_count(21)
    await at("mapping")
    await hands.choose(page.get_by_role("button", name="Save mapping"))
    await expect(page.get_by_role("status").first).to_contain_text("Saved as version")
    groups = page.get_by_role("table", name="Mappings of Groups")
    await hands.choose(groups.get_by_role("link", name="displayName"))
    await hands.choose(page.get_by_role("button", name="Save mapping"))
    await expect(groups.get_by_role("row", name="displayName")).to_contain_text("Match 1")


async def _filtered(page: Page, hands: Hands, at: At) -> None:
    await hands.choose(_tab(page, "Scope"))
    await hands.write(page.locator("[name=g0r0a]").first, "department")
    await hands.write(page.locator("[name=g0r0v]").first, "Sales")
    await hands.choose(page.get_by_role("button", name="See who leaves and joins").first)
    await expect(page.locator("#effect")).to_contain_text("Nobody leaves and nobody joins.")
    await at("scope")
    await hands.choose(page.get_by_role("button", name="Save scope"))
    await expect(page.get_by_role("status").first).to_contain_text("Saved as version")


async def _assigned(page: Page, hands: Hands, at: At) -> None:
    await hands.choose(_tab(page, "People and groups"))
    await hands.write(page.get_by_label("Group or person"), GROUP)
    await hands.choose(page.get_by_role("button", name="Find", exact=True))
    await expect(page.get_by_role("checkbox", name=GROUP)).to_be_checked()
    await hands.choose(page.get_by_role("button", name="Assign", exact=True))
    await expect(page.get_by_role("table")).to_contain_text(GROUP)
    await at("assigned")


async def _switched_on(page: Page, hands: Hands, at: At) -> None:
    await hands.choose(page.get_by_role("link", name="See the plan"))
    await hands.choose(page.get_by_role("button", name="Make a plan"))
    turn_on = page.get_by_role("button", name="Turn on provisioning")
    await expect(turn_on).to_be_visible()
    await at("plan")
    await hands.choose(turn_on)
    await expect(page.locator("#cycle")).to_contain_text("created")
    await expect(page.locator("#cycle")).to_contain_text("Last cycle")
    await expect(page.locator("#drawn rect.create").first).to_be_visible()
    await at("on")


async def _read(page: Page, hands: Hands, at: At) -> None:
    await hands.choose(_tab(page, "Activity"))
    events = page.get_by_role("table")
    await expect(events).to_contain_text("Create")
    await at("log")
    await hands.choose(events.get_by_role("row").last.get_by_role("link").first)
    await expect(page.get_by_role("heading", name="Requests")).to_be_visible()
    await at("event")


def _tab(page: Page, name: str) -> Locator:
    return page.get_by_label("Pages of this app").get_by_role("link", name=name)
