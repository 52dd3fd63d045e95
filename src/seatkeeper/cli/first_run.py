"""What the console's first steps begin with: the sample company, and stand-ins beside the server.

On top of everything; it fulfils ``console.starting.Starter``. A stand-in that
an app is connected to is started again with the server, at the same port, so
that somebody may leave in the middle and come back tomorrow.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import structlog

from seatkeeper.bootstrap import Installation
from seatkeeper.cli import sample_company as sample
from seatkeeper.cli.demo_data import DemoRemoval
from seatkeeper.cli.stand_in import generate_token, stand_in
from seatkeeper.configuration.applying import settings_of
from seatkeeper.console.starting import DemoData, SampleFacts, Sandbox
from seatkeeper.errors import Occupied, SeatkeeperError
from seatkeeper.ports import PersonRow

COMPANY: Final = "Larkspur Robotics"
FIRST_GROUP: Final = "Everyone in Sales"

_log = structlog.get_logger(__name__)


class FirstRun:
    """The sample company and the stand-ins of one server; close it when the server ends."""

    def __init__(self, opened: Installation, *, port: int) -> None:
        """``port`` is where the first stand-in answers, if nobody else does; else anywhere."""
        self._opened = opened
        self._port = port
        self._running: dict[str, Sandbox] = {}
        self._stack = AsyncExitStack()
        self._starting = asyncio.Lock()
        self._demo = DemoRemoval(opened, self.sites, self._mark)

    @property
    def sample(self) -> SampleFacts:
        """What the sample company is."""
        groups = len(sample.sample_groups())
        return SampleFacts(COMPANY, sample.SAMPLE_SIZE, groups, FIRST_GROUP)

    async def bring_in(self, *, actor: str) -> None:
        """Bring the sample company into the directory; a second time changes nothing."""

        async def rows() -> AsyncIterator[PersonRow]:
            for row in sample.sample_people():
                yield row

        await self._opened.people_import.apply_rows(
            sample.sample_digest(), rows(), total=sample.SAMPLE_SIZE, actor=actor
        )

    async def sandbox(self, gallery_id: str) -> Sandbox:
        """Start the stand-in where it does not run yet, and take a token from it."""
        async with self._starting:
            running = self._running.get(gallery_id)
            if running is None:
                self._mark(gallery_id).touch()
                try:
                    return await self._start(gallery_id, self._port)
                except Occupied:
                    return await self._start(gallery_id, 0)
        address = running.site.replace("localhost", "127.0.0.1")
        return replace(running, token=await asyncio.to_thread(generate_token, address))

    async def demo_data(self) -> DemoData:
        """Look at what is there of the sample company, and which apps lead to a stand-in."""
        return await self._demo.look()

    async def remove_demo(self, *, actor: str) -> DemoData:
        """Remove all of that and nothing else; return what went."""
        return await self._demo.remove(actor=actor)

    def sites(self) -> Mapping[str, str]:
        """Return where running stand-ins have their own pages, by the address of their service."""
        return {one.base_url: one.site for one in self._running.values()}

    async def resume(self) -> None:
        """Start the stand-ins again that were started from here, where an app is connected."""
        for stored in await self._opened.configuration.apps():
            settings = settings_of(stored)
            marked = self._mark(settings.gallery)
            port = urlsplit(settings.tenant_url).port or 0
            if settings.gallery in self._running or not marked.exists() or not port:
                continue
            try:
                await self._start(settings.gallery, port)
            except SeatkeeperError as error:  # somebody else has the port by now
                _log.info("sandbox.not_resumed", app=stored.application.id, message=error.message)

    async def close(self) -> None:
        """End all stand-ins; what they hold is kept."""
        await self._stack.aclose()

    async def _start(self, gallery_id: str, port: int) -> Sandbox:
        home = self._opened.settings.home
        found = await self._stack.enter_async_context(stand_in(home, gallery_id, port=port))
        self._running[gallery_id] = found
        return found

    def _mark(self, gallery_id: str) -> Path:
        """Return the file that says that the stand-in of an app was started from here."""
        return self._opened.settings.home / f"sandbox-{gallery_id}.beside"
