"""Stand at the door of a page site: who is asked for, how, and what every answer carries.

Beside the walk, before every door that a browser can open. It decides by the
Host header and the method alone; it knows no page and no person. Sites put it
around their routes; an answer made outside of it (the last error page) takes
``SECURITY_HEADERS`` itself.
"""

import ipaddress
from collections.abc import Mapping
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Vary": "HX-Request",
}
"""What every answer carries; ``Cache-Control: no-store`` comes with it unless a route says more."""

NO_STORE: Final = "no-store"
STRICT: Final = "max-age=31536000"
"""For a year the browser opens this host encrypted only; sent only where it was."""

READING: Final = frozenset({"GET", "HEAD"})

_NO_HOST = "This request does not say in one valid Host header which address it is for.\n"
_OTHER_HOST = (
    "Seatkeeper does not answer to this address, so nothing is shown. "
    "Open it under the address that it printed at its start, "
    "or have this address added to its allowed hosts.\n"
)
_NOT_ENCRYPTED = (
    "This request came unencrypted from another machine, so it was not looked at. "
    "Open the https address; a proxy has to send X-Forwarded-Proto and X-Forwarded-For, "
    "and to be among the trusted proxies.\n"
)
_FOR_MACHINES = frozenset({"/healthz", "/readyz"})
_OTHER_METHOD = "This method is not answered here. Nothing was changed.\n"


def security_headers(scheme: str) -> Mapping[str, str]:
    """Return what an answer to a request of that scheme carries."""
    if scheme != "https":
        return SECURITY_HEADERS
    return {**SECURITY_HEADERS, "Strict-Transport-Security": STRICT}


class Encrypted:
    """Let nobody from another machine send passphrases or tokens that others could read.

    What comes from this machine may be plain; a proxy here says of whom it speaks.
    """

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a refusal, or pass the request on."""
        plain = scope["type"] == "http" and scope["scheme"] != "https"
        if plain and not _from_here(scope) and scope["path"] not in _FOR_MACHINES:
            headers = {**SECURITY_HEADERS, "Cache-Control": NO_STORE}
            answer = PlainTextResponse(_NOT_ENCRYPTED, 403, headers=headers)
            await answer(scope, receive, send)
            return
        await self._inner(scope, receive, send)


class Guard:
    """Let in what names an allowed host and an allowed method; put the headers on every answer.

    An entry of ``allowed_hosts`` with a port (``127.0.0.1:8080``, ``[::1]:8080``)
    admits exactly that port. One without (``localhost``, ``[::1]``) admits the
    name on every port: rebinding lies about the name, and only that.
    """

    def __init__(
        self,
        inner: ASGIApp,
        *,
        allowed_hosts: frozenset[str],
        methods: frozenset[str] = READING,
    ) -> None:
        read = {entry: host_and_port(entry) for entry in allowed_hosts}
        wrong = [entry for entry, found in read.items() if found is None]
        if wrong:
            raise ValueError(f"not a host: {', '.join(sorted(wrong))}")
        self._inner = inner
        self._allowed = frozenset(found for found in read.values() if found is not None)
        self._methods = methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a refusal, or pass the request on."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                headers.update(security_headers(scope["scheme"]))
                headers.setdefault("Cache-Control", NO_STORE)
                message["headers"] = headers.raw
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self._inner)(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        hosts = Headers(scope=scope).getlist("host")
        asked = host_and_port(hosts[0]) if len(hosts) == 1 else None
        if asked is None:
            return PlainTextResponse(_NO_HOST, 400)
        if asked not in self._allowed and (asked[0], None) not in self._allowed:
            return PlainTextResponse(_OTHER_HOST, 421)
        if scope["method"] not in self._methods:
            allow = ", ".join(sorted(self._methods))
            return PlainTextResponse(_OTHER_METHOD, 405, headers={"Allow": allow})
        return None


def host_and_port(text: str) -> tuple[str, int | None] | None:
    """Read ``name``, ``name:port``, ``[v6]`` or ``[v6]:port``; none where it is neither.

    Names are compared without case; an IPv6 address in its shortest form. It
    does not ask whether the name exists.
    """
    if text.startswith("["):
        address, closed, rest = text[1:].partition("]")
        colon, port = rest[:1], rest[1:]
        name = _shortest(address) if closed and colon in ("", ":") else None
    else:
        name, colon, port = text.partition(":")
        name = name.lower() if _plain_name(name) else None
    if name is None or (colon and not _is_port(port)):
        return None
    return name, int(port) if colon else None


def _from_here(scope: Scope) -> bool:
    try:
        return ipaddress.ip_address(scope["client"][0]).is_loopback
    except (TypeError, ValueError):  # a claim of a proxy that is no address
        return False


def _plain_name(name: str) -> bool:
    return bool(name) and name.isascii() and all(c.isalnum() or c in ".-_" for c in name)


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65_535


def _shortest(address: str) -> str | None:
    try:
        return f"[{ipaddress.IPv6Address(address)}]"
    except ValueError:
        return None
