"""Run a stand-in beside the server, in the same process, and take a token from its admin page.

On top of everything: ``demo`` and the first run of the console use it.
"""

import asyncio
import urllib.request
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from seatkeeper.console.starting import Sandbox
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.sandbox.serve import serve_sandbox
from seatkeeper.service_provider.listening import other_name_of


@asynccontextmanager
async def stand_in(home: Path, gallery_id: str, *, port: int) -> AsyncIterator[Sandbox]:
    """Run the stand-in, and take a token from its admin page as an account admin would.

    Its own pages open under the other loopback name, so that they never see the console's cookie.
    """
    gallery = gallery_app(gallery_id)
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(
        serve_sandbox(
            gallery,
            host="127.0.0.1",
            port=port,
            db_path=home / f"sandbox-{gallery_id}.db",
            token=None,
            on_ready=ready.set_result,
        )
    )
    async with AsyncExitStack() as stack:
        stack.push_async_callback(_end, task)
        both: set[asyncio.Future[Any]] = {task, ready}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        address = ready.result()
        token = await asyncio.to_thread(generate_token, address)
        site = other_name_of(address)
        yield Sandbox(address + gallery.base_url.path.rstrip("/"), site, token)


def generate_token(address: str) -> str:
    """Take another token from a stand-in's admin page."""
    request = urllib.request.Request(  # noqa: S310 - our own stand-in on loopback
        f"{address}/_sandbox/tokens",
        data=b'{"as": "admin"}',
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
        return str(msgspec.json.decode(answer.read())["token"])


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
