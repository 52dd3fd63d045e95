"""Start a company and its server as processes, and end them; every wait has an end."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from tests.browser.worlds import Facts

PATIENCE: Final = 90
"""So many seconds may a start or an end take on a busy machine."""

_OURS: Final = {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUNBUFFERED": "1"}

_LISTENING: Final[set[asyncio.Task[None]]] = set()

ENTRY: Final = "from seatkeeper.cli.main import entry; entry()"
LASTING: Final = (
    "import datetime; from seatkeeper.administration import sessions; "
    "sessions.LINK = datetime.timedelta(hours=2); "
)
"""Said before everything, it lets a link hold however long tests take to open it."""

PADDED: Final = "from seatkeeper.console import language; language.speak(language.PADDED); "
"""Said before the entry, it makes every text of the console four tenths longer."""


@dataclass
class Server:
    """A running ``seatkeeper serve``. ``welcome`` is the one-time link, where it printed one."""

    home: Path
    site: str
    welcome: str
    process: asyncio.subprocess.Process

    async def stop(self, number: int = signal.SIGTERM) -> None:
        """End it as an operator would, or kill it."""
        await ended(self.process, number)

    async def start_again(self) -> None:
        """Serve the same installation at the same address."""
        port = self.site.rpartition(":")[2]
        self.process, self.site, self.welcome = await _serve(self.home, port)


@dataclass(frozen=True)
class World:
    """A company with its server, and everything that tests know of it."""

    name: str
    facts: Facts
    server: Server

    @property
    def site(self) -> str:
        """Where the console answers."""
        return self.server.site


@asynccontextmanager
async def running_world(name: str, folder: Path, *, before: str = "") -> AsyncIterator[World]:
    """Make a company in ``folder``, and serve it until it is left.

    ``before`` is what the server's process does first.
    """
    apps = await _start(folder, [sys.executable, "-m", "tests.browser.worlds", name, str(folder)])
    try:
        facts = msgspec.json.decode(await _line(apps, folder), type=Facts)
        process, site, welcome = await _serve(
            folder / "home", "0", welcoming=not facts.blanks, before=before
        )
        server = Server(folder / "home", site, welcome, process)
        try:
            yield World(name, facts, server)
        finally:
            await server.stop()
    finally:
        await ended(apps)


async def ended(process: asyncio.subprocess.Process, number: int = signal.SIGTERM) -> None:
    """End a process, by force where it takes too long."""
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.send_signal(number)
    try:
        async with asyncio.timeout(PATIENCE):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def _serve(
    home: Path, port: str, *, welcoming: bool = False, before: str = ""
) -> tuple[asyncio.subprocess.Process, str, str]:
    command = [sys.executable, "-c", LASTING + before + ENTRY, "serve", "--port", port]
    process = await _start(home, command, SEATKEEPER_HOME=str(home))
    said = (await _line(process, home)).decode()
    site = re.search(r"runs at (http://\S+)/ ", said)
    assert site is not None, said
    welcome = None
    while welcoming and welcome is None:
        welcome = re.search(r"http://\S+/links/\S+", (await _line(process, home)).decode())
    listening = asyncio.create_task(_listened_to(process))
    _LISTENING.add(listening)
    listening.add_done_callback(_LISTENING.discard)
    return process, site[1], welcome[0] if welcome else ""


async def _listened_to(process: asyncio.subprocess.Process) -> None:
    """Read what a server goes on to print, until it ends: a full pipe would stop it."""
    assert process.stdout is not None
    while await process.stdout.read(1 << 16):
        pass


async def _start(folder: Path, command: Sequence[str], **more: str) -> asyncio.subprocess.Process:
    with _errors(folder).open("ab") as errors:
        return await asyncio.create_subprocess_exec(
            *command,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            env={**os.environ, **_OURS, **more},
        )


def _errors(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "errors.txt"


async def _line(process: asyncio.subprocess.Process, folder: Path) -> bytes:
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        line = await process.stdout.readline()
    if not line:
        await process.wait()
        raise AssertionError(_errors(folder).read_text("utf-8")[-4000:])
    return line
