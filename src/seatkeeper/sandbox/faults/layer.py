"""Carry out what a request meets on its way to the SCIM routes and back.

Beside the walk: an ASGI layer around these routes only, never around the
pages. What changes the values that are kept is ``keeper``'s.
"""

import asyncio
import contextlib
import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import format_datetime
from time import perf_counter
from typing import Final

import msgspec
from anyio import to_thread
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seatkeeper.clock import utc_now
from seatkeeper.errors import StoreUnusable
from seatkeeper.sandbox.faults.closing import close_connection
from seatkeeper.sandbox.faults.live import MET, LiveFaults
from seatkeeper.sandbox.faults.model import (
    Close,
    ExpireToken,
    Fault,
    HtmlPage,
    Instead,
    Lose,
    Mistype,
    NoRights,
    Refuse,
    RetryAfter,
    Truncate,
)
from seatkeeper.scim.messages import CONTENT_TYPE, error_body
from seatkeeper.service_provider.http import Note
from seatkeeper.service_provider.noted import noted
from seatkeeper.service_provider.wire import LARGEST_BODY, Answer

_NO_ANSWER: Final = 0
_PAGE: Final = (
    "<!doctype html><html><head><title>Something went wrong</title></head>"
    "<body><h1>We will be right back</h1></body></html>"
)
_WORDS: Final = {
    429: "Too many requests.",
    500: "Something went wrong in the app.",
    502: "The app did not answer its own front door.",
    503: "The app is away.",
    504: "The app took too long.",
}


@dataclass(frozen=True)
class FaultLayer:
    """Passes requests on to ``inner``, late, never, or with a spoiled answer.

    ``note`` writes down requests that ``inner`` never sees.
    """

    inner: ASGIApp
    faults: LiveFaults
    note: Note
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        path = str(scope["path"]).removeprefix(str(scope.get("root_path", "")))
        steps = [step for step in path.split("/") if step]
        fault = self.faults.meet(request.method, steps, _token(request))
        if fault is None:
            await self.inner(scope, receive, send)
            return
        mine = MET.set(fault)
        try:
            if fault.wait > 0:
                await self.sleep(fault.wait)
            await self._spoil(fault, request, send)
        finally:
            MET.reset(mine)

    async def _spoil(self, fault: Fault, request: Request, send: Send) -> None:
        scope, receive = request.scope, request.receive
        match fault.answer:
            case None:
                await self.inner(scope, receive, send)
            case Lose():
                await self.inner(scope, receive, _nowhere)
                await close_connection(scope, receive)
            case Truncate():
                await self.inner(scope, receive, _Halved(send))
            case Mistype(content_type):
                await self.inner(scope, receive, _mistyped(send, content_type))
            case Close():
                await self._written_down(request, Response(status_code=204), answered=False)
                await close_connection(scope, receive)
            case instead:
                response = _instead(instead, utc_now())
                await self._written_down(request, response, answered=True)
                await response(scope, receive, send)

    async def _written_down(self, request: Request, response: Response, *, answered: bool) -> None:
        started, began = utc_now(), perf_counter()
        body = await _beginning(request)
        headers = dict(response.headers) if answered else {}
        entry = {
            **noted(
                method=request.method,
                path=request.url.path,
                query=request.url.query,
                headers=request.headers.items(),
                body=body,
                token=_token(request),
                answer=Answer(response.status_code, None, headers),
                findings=(),
                started=started,
                ended=utc_now(),
                seconds=perf_counter() - began,
            ),
            "response": bytes(response.body).decode() if answered else "",
            # Nobody judged the request, since nobody looked into it.
            "verdict": "",
        }
        if not answered:
            entry.update(status=_NO_ANSWER, response_headers="[]")
        with contextlib.suppress(StoreUnusable):  # the answer goes out all the same
            await to_thread.run_sync(self.note, entry)


def _instead(answer: Instead, now: dt.datetime) -> Response:
    match answer:
        case HtmlPage(status):
            return Response(_PAGE, status, media_type="text/html")
        case ExpireToken():
            headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            return _error(401, "The token has expired. Generate another one.", headers)
        case NoRights():
            return _error(403, "This token belongs to somebody without admin permission.", {})
        case Refuse(status, retry_after):
            words = _WORDS.get(status, "The app refuses this request.")
            return _error(status, words, _retry_header(retry_after, now))
        case Close():
            return Response(status_code=204)


def _retry_header(retry_after: RetryAfter | None, now: dt.datetime) -> dict[str, str]:
    if retry_after is None:
        return {}
    if retry_after.seconds is None:
        return {"Retry-After": "soon"}
    if retry_after.as_date:
        then = now + dt.timedelta(seconds=retry_after.seconds)
        return {"Retry-After": format_datetime(then, usegmt=True)}
    return {"Retry-After": str(retry_after.seconds)}


def _error(status: int, detail: str, headers: dict[str, str]) -> Response:
    body = msgspec.json.encode(error_body(status, detail))
    return Response(body, status, {"Content-Type": CONTENT_TYPE, **headers})


class _Halved:
    """Sends the first half of a body, with a length that hides it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message = {}
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        """Take one message of the answer; send all with the last one."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        half = bytes(self._body[: len(self._body) // 2])
        headers = MutableHeaders(raw=list(self._start["headers"]))
        if self._body:
            headers["Content-Length"] = str(len(half))
        await self._send({**self._start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": half})


def _mistyped(send: Send, content_type: str) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message["headers"]))
            headers["Content-Type"] = content_type
            message = {**message, "headers": headers.raw}
        await send(message)

    return sending


async def _nowhere(message: Message) -> None:
    """Send nothing."""


async def _beginning(request: Request) -> bytes:
    """Read the whole body, and return as much of it as is written down."""
    found = bytearray()
    try:
        async for part in request.stream():
            found += part[: max(0, LARGEST_BODY - len(found))]
    except ClientDisconnect:
        return b""
    return bytes(found)


def _token(request: Request) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.casefold() == "bearer" else ""
