"""Stand at the door of the sandbox's pages: who is answered, and what every answer carries.

Beside the walk. Only loopback names are answered, and whatever may
change something only from the pages themselves, because there is no sign-in here. It knows no page.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


class Guard:
    """Answers loopback names only, takes changes to the page only from the page itself.

    A page elsewhere could otherwise reach this one through the visitor's
    browser (rebinding its name, or posting a form). SCIM calls carry a token
    instead, and are only held to the host names.
    """

    def __init__(
        self, app: ASGIApp, allowed_hosts: tuple[str, ...], services: tuple[str, ...]
    ) -> None:
        self._inner = app
        self._hosts = allowed_hosts
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        request = Request(scope)
        host = request.headers.get("host", "")
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
        if name.casefold() not in self._hosts:
            refused = Response("This address answers to loopback names only.", 421)
        elif (
            request.method not in ("GET", "HEAD")
            and self._is_of_page(scope)
            and _is_foreign(request)
        ):
            refused = Response("This form was not sent from this page.", 403)
        else:
            await self._inner(scope, receive, _with_headers(send))
            return
        refused.headers.update(HEADERS)
        await refused(scope, receive, send)

    def _is_of_page(self, scope: Scope) -> bool:
        path = str(scope["path"])
        return not any(path == one or path.startswith(f"{one}/") for one in self._services)


def _with_headers(send: Send) -> Callable[[Message], Awaitable[None]]:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = {name for name, _ in message["headers"]}
            message["headers"] = [
                *message["headers"],
                *(
                    (name.lower().encode(), value.encode())
                    for name, value in HEADERS.items()
                    if name.lower().encode() not in given
                ),
            ]
        await send(message)

    return sending


def _is_foreign(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None and site not in ("same-origin", "none"):
        return True
    return origin is not None and origin != str(request.base_url).rstrip("/")
