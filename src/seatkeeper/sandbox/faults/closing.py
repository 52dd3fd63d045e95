"""Let an application close its connection without an answer.

Beside the walk. ASGI has no message for it, so the server's protocol hands the
way to close its transport along with each request, as an extension.
"""

import asyncio
from typing import Any, Final

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.auto import AutoHTTPProtocol

_EXTENSION: Final = "seatkeeper.close"


def closable_protocol(**given: Any) -> asyncio.Protocol:
    """Return the server's own protocol, whose requests can be closed."""
    protocol: Any = AutoHTTPProtocol(**given)
    inner = protocol.app

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("extensions", {})[_EXTENSION] = protocol.transport.close
        await inner(scope, receive, send)

    protocol.app = app
    found: asyncio.Protocol = protocol
    return found


async def close_connection(scope: Scope, receive: Receive) -> None:
    """Close the connection of this request; its caller then returns without an answer."""
    close = scope.get("extensions", {}).get(_EXTENSION)
    if close is None:
        raise ConnectionAbortedError("The connection is closed on purpose.")
    close()
    while (await receive())["type"] != "http.disconnect":
        pass
