"""A stand-in app on a real socket, for journeys."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec

from seatkeeper.gallery.schema import GalleryApp, gallery_app
from seatkeeper.sandbox.faults.live import LiveFaults
from seatkeeper.sandbox.serve import serve_sandbox


def unhurried(app_id: str) -> GalleryApp:
    """Return an app of the gallery with all its rules but those that make a client wait."""
    app = gallery_app(app_id)
    at_once = msgspec.structs.replace(app.sandbox, latency_ms=0)
    return msgspec.structs.replace(app, rates=(), requests_per_second=10_000.0, sandbox=at_once)


PATIENCE = 120.0
"""Seconds for what a busy stand-in answers at length, such as all of its journal."""


@dataclass(frozen=True)
class RunningSandbox:
    """One running stand-in; ``site`` is its admin page, ``base_url`` its SCIM service."""

    site: str
    base_url: str
    token: str

    async def requests(self, after: int = 0) -> list[dict[str, Any]]:
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            answer = await client.get(f"{self.site}/_sandbox/requests", params={"after": after})
        return list(answer.json()["requests"])

    async def dump(self) -> dict[str, list[dict[str, Any]]]:
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            answer = await client.get(f"{self.site}/_sandbox/dump")
        return dict(answer.json())

    def client(self, token: str | None = None) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"}
        return httpx.AsyncClient(base_url=self.base_url, headers=headers)


@asynccontextmanager
async def running_sandbox(
    app_id: str | GalleryApp,
    db_path: Path,
    token: str = "sandbox-token",
    report: Path | None = None,
    faults: str = "",
) -> AsyncIterator[RunningSandbox]:
    app = gallery_app(app_id) if isinstance(app_id, str) else app_id
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(
        serve_sandbox(
            app,
            host="127.0.0.1",
            port=0,
            db_path=db_path,
            token=token,
            on_ready=ready.set_result,
            faults=LiveFaults(faults),
            report=report,
        )
    )
    waits: list[asyncio.Future[Any]] = [task, ready]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    try:
        yield RunningSandbox(ready.result(), ready.result() + app.base_url.path, token)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
