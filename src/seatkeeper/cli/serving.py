"""Keep a server and the engine running in one process, and end them together.

On top of everything. The engine's lock is taken before anything listens; a
signal ends the server first, then the engine after the batch at hand.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress

from starlette.applications import Starlette
from starlette.routing import Mount

from seatkeeper.bootstrap import Installation
from seatkeeper.cli.views import app_plain
from seatkeeper.clock import utc_now
from seatkeeper.console.app import console_app
from seatkeeper.console.guard import Guard
from seatkeeper.directory.token_ends import TokenEnd
from seatkeeper.engine.runner import AT_ONCE, EngineRunner
from seatkeeper.errors import SeatkeeperError
from seatkeeper.service_provider.inbound import METHODS
from seatkeeper.service_provider.listening import (
    address_of,
    listening,
    loopback_hosts,
    require_loopback,
    serve_app,
)


async def serve_installation(
    opened: Installation,
    *,
    host: str,
    port: int,
    on_ready: Callable[[str], None],
    at_once: int = AT_ONCE,
) -> None:
    """Run engine, status page and inbound SCIM until cancelled.

    Raises ``Occupied`` where another process has the engine's role or the
    port, ``BadInput`` for a host that is not loopback.
    """
    require_loopback(host)
    with opened.lock(), listening(host, port) as bound:
        runner = opened.runner(at_once=at_once)

        async def status() -> Sequence[Mapping[str, object]]:
            return [await app_plain(opened, one) for one in await opened.configuration.apps()]

        async def ends() -> Sequence[TokenEnd]:
            return await asyncio.to_thread(opened.token_ends, utc_now())

        hosts = loopback_hosts(bound.getsockname()[1])
        pages = console_app(status, ends=ends, allowed_hosts=hosts, ready=_ready_of(opened))
        # The same hosts as the pages, but every method: here a token counts, never a cookie.
        inbound = Guard(opened.inbound(), allowed_hosts=hosts, methods=frozenset(METHODS))
        app = Starlette(routes=[Mount("/scim/v2", inbound), Mount("/", pages)])
        engine = asyncio.create_task(runner.run())
        page = asyncio.create_task(serve_app(app, bound, lambda: on_ready(address_of(host, bound))))
        try:
            await asyncio.wait([engine, page], return_when=asyncio.FIRST_COMPLETED)
        finally:
            page.cancel()
            with suppress(asyncio.CancelledError):
                await page
            runner.stop()
            await engine


async def run_engine(runner: EngineRunner) -> None:
    """Run the engine alone until cancelled; then it ends after the batch at hand."""
    engine = asyncio.create_task(runner.run())
    try:
        await asyncio.shield(engine)
    finally:
        runner.stop()
        await engine


async def until_signalled(work: Coroutine[object, object, None]) -> None:
    """Run ``work`` until it ends, or cancel it on SIGINT or SIGTERM and wait for its end."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        with suppress(asyncio.CancelledError):
            await task
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _ready_of(opened: Installation) -> Callable[[], Awaitable[str | None]]:
    async def ready() -> str | None:
        try:
            await opened.ledger.last_change()
        except SeatkeeperError as error:
            return error.message
        return None

    return ready
