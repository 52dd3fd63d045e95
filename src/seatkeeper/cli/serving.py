"""Keep a server and the engine running in one process, and end them together.

On top of everything. The engine's lock is taken before anything listens; a
signal ends the server first, then the engine after the batch at hand.
"""

import asyncio
import contextlib
import errno
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

import uvicorn
from starlette.types import ASGIApp

from seatkeeper.bootstrap import Installation
from seatkeeper.cli.views import app_plain
from seatkeeper.console.app import console_app
from seatkeeper.errors import BadInput, Occupied, SeatkeeperError

GRACE_SECONDS = 3


async def serve_installation(
    opened: Installation, *, host: str, port: int, on_ready: Callable[[str], None]
) -> None:
    """Run engine and status page until a signal ends them.

    Raises ``Occupied`` where another process has the engine's role or the
    port, ``BadInput`` for a host that is not loopback.
    """
    require_loopback(host)
    with opened.lock(), listening(host, port) as bound:
        real_port = bound.getsockname()[1]
        runner = opened.runner()

        async def status() -> Sequence[Mapping[str, object]]:
            return [await app_plain(opened, one) for one in await opened.configuration.apps()]

        app = console_app(status, allowed_hosts=loopback_hosts(real_port), ready=ready_of(opened))
        engine = asyncio.create_task(runner.run())
        try:
            await serve_app(app, bound, lambda: on_ready(f"http://{host}:{real_port}/"))
        finally:
            runner.stop()
            await engine


async def serve_app(app: ASGIApp, bound: socket.socket, on_ready: Callable[[], None]) -> None:
    """Answer requests on a socket until SIGINT or SIGTERM, or until cancelled."""
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=GRACE_SECONDS,
            server_header=False,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        if server.started:
            on_ready()
        await serving
    except asyncio.CancelledError:
        server.should_exit = True
        with contextlib.suppress(asyncio.CancelledError):
            await serving
        raise


@contextlib.contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Bind the port before anything else starts, and say clearly who may have it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(256)
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise Occupied(
                f"Port {port} on {host} is taken by another program.",
                advice="Choose another with --port, or end that program.",
            ) from error
        raise BadInput(f"Cannot listen on {host}:{port}: {error.strerror}.") from error
    try:
        yield bound
    finally:
        bound.close()


def require_loopback(host: str) -> None:
    """Refuse to listen where others on the network could reach a server without sign-in."""
    if host == "localhost":
        return
    try:
        if ipaddress.ip_address(host).is_loopback:
            return
    except ValueError:
        pass
    raise BadInput(
        f"{host} is not a loopback address.",
        advice="There is no sign-in yet, so serve listens on 127.0.0.1, ::1 or localhost only.",
    )


def loopback_hosts(port: int) -> frozenset[str]:
    """Return the Host headers that a browser on this machine sends."""
    return frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]"))


def ready_of(opened: Installation) -> Callable[[], Awaitable[str | None]]:
    """Return the question whether the database answers; none means it does."""

    async def ready() -> str | None:
        try:
            await opened.ledger.last_change()
        except SeatkeeperError as error:
            return error.message
        return None

    return ready
