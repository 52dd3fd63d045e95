"""Fixtures of the browser tests: one browser, one server for each company, shared by all."""

import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, StorageState
from tests.browser.chromium import Watched, running_chromium
from tests.browser.processes import PADDED, World, running_world
from tests.browser.signing_in import signed_in

Opens = Callable[..., Awaitable[BrowserContext]]
Looks = Callable[..., Awaitable[Watched]]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run all browser tests on one loop, which the browser lives on."""
    return "asyncio"


@pytest.fixture(scope="session")
async def chromium(anyio_backend: str) -> AsyncIterator[Browser]:
    """The one browser."""
    async with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
async def larkspur(
    anyio_backend: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """Larkspur Robotics, connected, with everything that an ordinary Tuesday brings."""
    async with running_world("larkspur", tmp_path_factory.mktemp("larkspur")) as world:
        yield world


@pytest.fixture(scope="session")
async def hostile(
    anyio_backend: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """A company whose names are meant to break pages."""
    async with running_world("hostile", tmp_path_factory.mktemp("hostile")) as world:
        yield world


@pytest.fixture(scope="session")
async def empty(
    anyio_backend: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """An installation in which nobody has done anything yet."""
    async with running_world("empty", tmp_path_factory.mktemp("empty")) as world:
        yield world


@pytest.fixture(scope="session")
async def lively(
    anyio_backend: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """A company in which tests may change what they like: each something of its own."""
    async with running_world("showcase", tmp_path_factory.mktemp("lively")) as world:
        yield replace(world, name="lively")


@pytest.fixture(scope="session")
async def padded(
    anyio_backend: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """Larkspur again, in a language that says everything at more length."""
    folder = tmp_path_factory.mktemp("padded")
    async with running_world("larkspur", folder, before=PADDED) as world:
        yield replace(world, name="padded")


Kept = dict[tuple[str, str], tuple[float, StorageState]]
Lookouts = dict[tuple[str, str, bool], tuple[Watched, StorageState]]

_FRESH_S = 300
"""After so many seconds a test signs in again: the console asks for the passphrase before some
changes when it was typed long ago, and these tests together take longer than that.
"""


@pytest.fixture(scope="session")
async def kept() -> Kept:
    """What each role's browser keeps after signing in, and since when, by company and role."""
    return {}


@pytest.fixture
async def opens(chromium: Browser, kept: Kept) -> AsyncIterator[Opens]:
    """Open a browser window of somebody, signed in already unless ``role`` is empty."""
    opened: list[BrowserContext] = []

    async def window(world: World, role: str = "administrator", **wishes: object) -> BrowserContext:
        context = await chromium.new_context(
            storage_state=await _state_of(chromium, world, role, kept) if role else None,
            reduced_motion="reduce",
            **wishes,  # type: ignore[arg-type]  # each test names its own
        )
        opened.append(context)
        return context

    yield window
    for one in opened:
        await one.close()


async def _state_of(chromium: Browser, world: World, role: str, kept: Kept) -> StorageState:
    since, state = kept.get((world.name, role), (None, None))
    if state is None or since is None or time.monotonic() - since > _FRESH_S:
        now = time.monotonic()
        state = await signed_in(chromium, world, role, first=since is None)
        kept[world.name, role] = now, state
    return state


@pytest.fixture(scope="session")
async def lookouts() -> Lookouts:
    """The windows that stay open between tests that only look, by company, role and scripts."""
    return {}


@pytest.fixture
async def looks(chromium: Browser, kept: Kept, lookouts: Lookouts) -> Looks:
    """Look at pages through the one window that somebody of a role keeps open at a company.

    For tests that read and change nothing, and there are hundreds: a window of one's own
    costs three times what opening a page in it does. It is as wide and as light as a new one.
    """

    async def window(world: World, role: str = "administrator", *, scripts: bool = True) -> Watched:
        by, state = (world.name, role, scripts), await _state_of(chromium, world, role, kept)
        lookout, since = lookouts.get(by, (None, None))
        if lookout is not None and since is not state:  # they signed in again meanwhile
            await lookout.page.context.close()
            lookout = None
        if lookout is None:
            context = await chromium.new_context(
                storage_state=state, reduced_motion="reduce", java_script_enabled=scripts
            )
            lookout = await Watched.open(context, world.site)
            lookouts[by] = lookout, state
        await lookout.begin_anew()
        return lookout

    return window


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots are kept: where SEATKEEPER_SCREENSHOTS says, or with the temporary."""
    named = os.environ.get("SEATKEEPER_SCREENSHOTS")
    return Path(named) if named else tmp_path_factory.mktemp("screenshots")
