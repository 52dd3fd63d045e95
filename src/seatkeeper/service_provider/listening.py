"""Answer HTTP on one loopback socket, inside a process that does other work too.

Before the walk. The server takes no signals of its own: whoever starts it ends
it by cancelling, and so decides what ends after it. A taken port or a host
that others could reach is refused in words, before anything starts.
"""

import asyncio
import contextlib
import errno
import ipaddress
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

import uvicorn
from starlette.types import ASGIApp

from seatkeeper.errors import BadInput, Occupied
from seatkeeper.service_provider.plain_http import Desk, PlainProtocol

GRACE_SECONDS: Final = 3
"""How long answers that are being made may take once the server was asked to end."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM files of a certificate with its chain, and of its key."""

    chain: Path
    key: Path


class _Embedded(uvicorn.Server):
    """A server that says when it answers, and leaves signals to its process."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and say so."""
        await super().startup(sockets=sockets)
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take none: the engine beside this server must end before the process does."""
        yield


async def serve_app(
    app: ASGIApp,
    bound: socket.socket,
    on_ready: Callable[[], None],
    *,
    protocol: Callable[..., asyncio.Protocol] | None = None,
    certificate: Certificate | None = None,
    proxies: Sequence[str] = (),
) -> None:
    """Answer requests on a bound socket until cancelled, with a ``protocol`` other than usual.

    Whom a request comes from, and whether it was encrypted, is believed of ``proxies`` alone:
    everybody else could claim to be anybody.
    """
    config = uvicorn.Config(
        app,
        http="auto" if protocol is None else cast("type[asyncio.Protocol]", protocol),
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=GRACE_SECONDS,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
        ssl_certfile=None if certificate is None else certificate.chain,
        ssl_keyfile=None if certificate is None else certificate.key,
    )
    server = _Embedded(config, on_ready)
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.should_exit = True
        await serving
        raise


def plain_or(desk: Desk, usual: Callable[..., asyncio.Protocol], **given: Any) -> asyncio.Protocol:
    """Return a connection's protocol: plain requests go to ``desk``, others to the usual one."""
    return PlainProtocol(desk, partial(usual, **given), given["server_state"].connections)


@contextlib.contextmanager
def listening(host: str, port: int, *, beyond: bool = False) -> Iterator[socket.socket]:
    """Bind a port of a loopback host, or ``beyond`` it where that was decided.

    Raises ``BadInput`` for another host that others could reach, ``Occupied`` where
    the port is another program's.
    """
    if not beyond:
        require_loopback(host)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, because asyncio sends small packets at once only where it can read that;
    # otherwise every answer waits 40 ms for the client's kernel.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
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
        raise BadInput(f"Cannot listen on {host}, port {port}: {error.strerror}.") from error
    try:
        yield bound
    finally:
        bound.close()


def address_of(host: str, bound: socket.socket, scheme: str = "http") -> str:
    """Return the address that a browser on this machine opens, without a path."""
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{bound.getsockname()[1]}"


def other_name_of(address: str) -> str:
    """Return the address under this machine's other name, for pages of another program of ours.

    Browsers send cookies to every port of a name, and nothing to the other name.
    """
    return address.replace("://127.0.0.1:", "://localhost:")


def require_loopback(host: str) -> None:
    """Raise ``BadInput`` where others on the network could reach a server without sign-in."""
    if not is_loopback(host):
        raise BadInput(
            f"{host} is not a loopback address.",
            advice="Nobody signs in here, so use 127.0.0.1, ::1 or localhost.",
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches that host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def loopback_hosts(port: int) -> frozenset[str]:
    """Return the Host headers that a browser on this machine sends."""
    return frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]"))
