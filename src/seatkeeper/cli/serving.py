"""Keep a server and the engine running in one process, and end them together.

On top of everything. The engine's lock is taken before anything listens; a
signal ends the server first, then the engine after the batch at hand.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress

import uvloop
from starlette.applications import Starlette
from starlette.routing import Mount

from seatkeeper.bootstrap import Installation
from seatkeeper.cli.first_run import FirstRun
from seatkeeper.cli.reaching import reach_of
from seatkeeper.clock import utc_now
from seatkeeper.console.app import People, console_app
from seatkeeper.console.guard import Encrypted, Guard
from seatkeeper.console.starting import Starter
from seatkeeper.directory.token_ends import TokenEnd
from seatkeeper.engine.runner import AT_ONCE, EngineRunner
from seatkeeper.errors import SeatkeeperError
from seatkeeper.facts.apps import app_plain
from seatkeeper.service_provider.inbound import METHODS
from seatkeeper.service_provider.listening import (
    address_of,
    is_loopback,
    listening,
    loopback_hosts,
    serve_app,
)


async def serve_installation(
    opened: Installation,
    *,
    host: str,
    port: int,
    on_ready: Callable[[str], None],
    at_once: int = AT_ONCE,
    sandbox_port: int | None = 8081,
) -> None:
    """Run engine, console and inbound SCIM until cancelled.

    ``sandbox_port`` is where the stand-in of somebody's first steps answers; none:
    another process has it.

    Raises ``Occupied`` where another process has the engine's role or the
    port, ``BadInput`` for a host that others reach where nothing is encrypted.
    """
    reach = reach_of(opened.settings, host)
    with opened.lock(), listening(host, port, beyond=True) as bound:
        runner = opened.running.runner(at_once=at_once)

        hosts = loopback_hosts(bound.getsockname()[1]) | reach.hosts
        starter = None if sandbox_port is None else FirstRun(opened, port=sandbox_port)
        if starter is not None:
            await starter.resume()
        pages = console_of(opened, hosts, starter)
        # The same hosts as the pages, but every method: here a token counts, never a cookie.
        inbound = Guard(opened.sources.service(), allowed_hosts=hosts, methods=frozenset(METHODS))
        app = Encrypted(Starlette(routes=[Mount("/scim/v2", inbound), Mount("/", pages)]))
        address = reach.public_url.rstrip("/")
        if is_loopback(host):
            address = address_of(host, bound, "https" if reach.certificate else "http")
        engine = asyncio.create_task(runner.run())
        page = asyncio.create_task(
            serve_app(
                app,
                bound,
                lambda: on_ready(address),
                certificate=reach.certificate,
                proxies=reach.proxies,
            )
        )
        try:
            await asyncio.wait([engine, page], return_when=asyncio.FIRST_COMPLETED)
        finally:
            page.cancel()
            with suppress(asyncio.CancelledError):
                await page
            if starter is not None:
                await starter.close()
            runner.stop()
            await engine


def console_of(
    opened: Installation, allowed_hosts: frozenset[str], starter: Starter | None = None
) -> Starlette:
    """Return the console of an installation; only under these hosts does it answer."""

    async def status() -> Sequence[Mapping[str, object]]:
        return [await app_plain(opened, one) for one in await opened.configuration.apps()]

    async def ends() -> Sequence[TokenEnd]:
        return await asyncio.to_thread(opened.token_ends, utc_now())

    people = People(
        opened.administrators,
        opened.sign_ins,
        opened.codes,
        opened.second_factors,
        opened.other_devices,
        opened.link_url,
    )
    return console_app(
        opened,
        status,
        people,
        ends=ends,
        allowed_hosts=allowed_hosts,
        starter=starter,
        ready=_ready_of(opened),
    )


def first_link(opened: Installation, address: str) -> str:
    """Return the link by which somebody becomes the first administrator, or nothing.

    Another one made before ends with it.
    """
    link = opened.administrators.first_link(utc_now())
    return "" if link is None else opened.link_url(link, address)


def first_welcome(link: str) -> str:
    """Return how to become the first administrator with this link; nothing without one."""
    if not link:
        return ""
    return (
        "Nobody may sign in yet. Become the first administrator here, once and within "
        f"15 minutes:\n\n  {link}\n\n"
    )


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


def serve_many(work: Coroutine[object, object, None]) -> None:
    """Run ``work`` as ``until_signalled`` does, on a loop of its own made for many small answers.

    For a process that only serves: it costs less for each message than asyncio's own loop.
    """
    uvloop.run(until_signalled(work))


def _ready_of(opened: Installation) -> Callable[[], Awaitable[str | None]]:
    async def ready() -> str | None:
        try:
            await opened.ledger.last_change()
        except SeatkeeperError as error:
            return error.message
        return None

    return ready
