"""Run a stand-in on a real socket, in this process.

A door in, beside the walk. Port 0 takes any free port; ``on_ready`` is told
the address once requests are answered.
"""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from seatkeeper.errors import BadInput, Occupied
from seatkeeper.gallery.schema import GalleryApp
from seatkeeper.sandbox.site import LOOPBACK, sandbox_app


class _Server(uvicorn.Server):
    """Leaves the signals to whoever runs the loop, and says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._ready()


async def serve_sandbox(
    app: GalleryApp,
    *,
    host: str,
    port: int,
    db_path: Path,
    token: str | None,
    on_ready: Callable[[str], None],
) -> None:
    """Serve the stand-in for ``app`` until cancelled, or until the process is asked to end."""
    if host not in ("127.0.0.1", "localhost", "::1"):
        raise BadInput(
            f"The sandbox has no sign-in and does not answer on {host}.",
            advice="Use 127.0.0.1.",
        )
    listener = socket.socket(socket.AF_INET6 if host == "::1" else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise Occupied(f"Port {port} is taken.", advice="Choose another with --port.") from error
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{listener.getsockname()[1]}"
    site = sandbox_app(app, db_path, token=token, allowed_hosts=LOOPBACK)
    config = uvicorn.Config(site, log_level="warning", access_log=False, lifespan="off")
    server = _Server(config, lambda: on_ready(address))
    try:
        await server.serve(sockets=[listener])
    except asyncio.CancelledError:
        server.should_exit = True
        await server.shutdown(sockets=[listener])
        raise
    finally:
        site.state.store.close()
        listener.close()
