"""Send one request to an app and bring its answer back, within limits.

    source change -> scope -> map -> match -> plan -> [export] -> log

The only page that knows the HTTP client. It decides where the connection goes
(a name is resolved once, judged, and pinned), how long it may take and how
much may come back. It does not judge what an answer means: see ``answers``;
nor what a broken connection means: see ``broken``.
"""

import asyncio
import datetime as dt
import socket
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import PyreqwestError
from pyreqwest.response import Response

from seatkeeper import __version__
from seatkeeper.connectors.address import ServiceAddress, judge_address
from seatkeeper.connectors.broken import (
    broken,
    forbidden_address,
    no_client,
    nothing_was_sent,
    too_large,
    unknown_name,
)
from seatkeeper.connectors.refused_bodies import REFUSED, kept_body
from seatkeeper.connectors.secret import Secret
from seatkeeper.errors import ConnectorError
from seatkeeper.ports import Exchange, Trace
from seatkeeper.ports.permit import may_leave

SCIM_JSON: Final = "application/scim+json"

Resolver: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""Returns the addresses of a name; raises ``OSError`` when it has none."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much (reliability: outbound requests)."""

    connect_seconds: float = 5
    idle_seconds: float = 30
    total_seconds: float = 60
    answer_bytes: int = 10 * 1024 * 1024
    levels: int = 64


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one request; ``host`` is who was asked."""

    method: str
    host: str
    status: int
    media_type: str
    body: bytes
    location: str = ""
    retry_after: str | None = None


async def resolve_name(host: str, port: int) -> Sequence[str]:
    """Ask the system for the addresses of a name, IPv4 first."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    ordered = sorted(found, key=lambda entry: entry[0] != socket.AF_INET)
    return list(dict.fromkeys(str(entry[4][0]) for entry in ordered))


class Wire:
    """The connections to one app, kept alive and reused.

    Closing it ends them. A connection that could not be made lets the next
    request resolve the name again: apps do move.
    """

    def __init__(
        self,
        address: ServiceAddress,
        token: Secret | None,
        *,
        allow_loopback: bool = False,
        limits: Limits | None = None,
        roots: Sequence[bytes] = (),
        resolver: Resolver = resolve_name,
    ) -> None:
        """``roots`` are certificates (PEM) trusted beside the usual ones; no token, no bearer."""
        self.address = address
        self.limits = limits or Limits()
        self.token = token
        self._allow_loopback = allow_loopback
        self._roots = roots
        self._resolver = resolver
        self._client: Client | None = None
        self._opening = asyncio.Lock()
        self._attempts = 0

    async def send(
        self,
        method: str,
        path: str,
        trace: Trace,
        *,
        shown: str = "",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request and return the answer, whatever its status.

        ``path`` is already percent-encoded and comes after the base URL's own;
        ``shown`` is what the trace keeps instead. ``headers`` come beside the usual ones
        or in their place. Raises ``ConnectorError``
        when no whole answer came, ``LeaseLost`` where nothing may be sent any more.
        """
        request_id = str(uuid.uuid4())
        started = time.monotonic()
        status: list[int] = []
        answer: Answer | None = None
        try:
            answer = await self._sent(method, path, body, request_id, status, headers or {})
            return answer
        finally:
            took = round((time.monotonic() - started) * 1000)
            seen = status[0] if status else None
            sent = answered = None
            if answer is not None and answer.status >= REFUSED:
                sent, answered = (kept_body(one, self.token) for one in (body, answer.body))
            trace.exchanges.append(
                Exchange(method, shown or path, seen, request_id, took, sent, answered)
            )

    async def leads_to(self) -> str | None:
        """Return the address that the host leads to now; none: the URL holds it already.

        Raises ``ConnectorError`` for a name that leads nowhere, or where no request may go.
        """
        return await self._pinned()

    async def close(self) -> None:
        """End all connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _sent(
        self,
        method: str,
        path: str,
        body: bytes | None,
        request_id: str,
        status: list[int],
        headers: Mapping[str, str],
    ) -> Answer:
        client = self._client or await self._open()
        build = client.request(method, self.address.origin + self.address.path + path)
        if self.token is not None:
            build = build.header("Authorization", self.token.bearer(), is_sensitive=True)
        usual = {"Accept": f"{SCIM_JSON}, application/json", "X-Request-Id": request_id}
        if body is not None:
            usual["Content-Type"] = SCIM_JSON
            build = build.body_bytes(body)
        for name, value in {**usual, **headers}.items():
            build = build.header(name, value)
        request = build.build_streamed()
        fault: ConnectorError
        may_leave()
        try:
            async with request as response:
                status.append(response.status)
                return await self._whole(method, response)
        except PyreqwestError as error:
            if nothing_was_sent(error) and self._client is client:
                # Others may still be using it, so it is let go and not closed.
                self._client = None
            fault = broken(error, method=method, address=self.address, token=self.token)
        # Raised outside the block: the client's own error may quote headers.
        raise fault

    async def _whole(self, method: str, response: Response) -> Answer:
        limit = self.limits.answer_bytes
        body = bytearray()
        while (chunk := await response.body_reader.read_chunk()) is not None:
            body += chunk
            if len(body) > limit:
                raise too_large(
                    limit, method=method, host=self.address.host, status=response.status
                )
        return Answer(
            method=method,
            host=self.address.host,
            status=response.status,
            media_type=(response.get_header("content-type") or "").partition(";")[0].strip(),
            body=bytes(body),
            location=response.get_header("location") or "",
            retry_after=response.get_header("retry-after"),
        )

    async def _open(self) -> Client:
        async with self._opening:
            if self._client is None:
                self._client = self._built(await self._pinned())
            return self._client

    async def _pinned(self) -> str | None:
        """Return the one address that requests go to; none: the URL holds it already."""
        host = self.address.host
        if self.address.literal is not None:
            return None
        try:
            async with asyncio.timeout(self.limits.connect_seconds):
                found = await self._resolver(host, self.address.port)
        except (OSError, UnicodeError) as error:
            raise unknown_name(host) from error
        if not found:
            raise unknown_name(host)
        for ip in found:
            # One bad address is enough: a name that mixes them is a trap.
            reason = judge_address(ip, allow_loopback=self._allow_loopback)
            if reason:
                raise forbidden_address(host, ip, reason)
        self._attempts += 1
        return found[(self._attempts - 1) % len(found)]

    def _built(self, pinned: str | None) -> Client:
        limits = self.limits
        builder = (
            ClientBuilder()
            .user_agent(f"Seatkeeper/{__version__}")
            .follow_redirects(False)
            .error_for_status(False)
            .referer(False)
            .https_only(self.address.scheme == "https")
            # A proxy would resolve the name itself, and the judged address would mean nothing.
            .no_proxy()
            .brotli(False)
            .zstd(False)
            .deflate(False)
            .connect_timeout(dt.timedelta(seconds=limits.connect_seconds))
            .read_timeout(dt.timedelta(seconds=limits.idle_seconds))
            .timeout(dt.timedelta(seconds=limits.total_seconds))
            # Shorter than what servers keep: what meets a closed connection is in doubt.
            .pool_idle_timeout(dt.timedelta(seconds=20))
        )
        for pem in self._roots:
            builder = builder.add_root_certificate_pem(pem)
        if pinned is not None:
            builder = builder.resolve(self.address.host, pinned, self.address.port)
        try:
            return builder.build()
        except (RuntimeError, PyreqwestError) as error:  # files or threads could not be had
            raise no_client(error) from error
