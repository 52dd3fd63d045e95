"""SCIM behind a socket: authorisation, limits, rates, and the journal around each call.

A door in, beside the walk. One endpoint takes every path and method, so that
even what does not exist is answered in SCIM's own form.
"""

import contextlib
import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final
from urllib.parse import parse_qsl

from anyio import to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from seatkeeper.clock import utc_now
from seatkeeper.errors import StoreUnusable
from seatkeeper.scim.dialect import Inspection
from seatkeeper.scim.errors import InvalidSyntax, TooLarge
from seatkeeper.scim.finding import Finding
from seatkeeper.scim.messages import CONTENT_TYPE, ScimError, error_body
from seatkeeper.service_provider.call import Call
from seatkeeper.service_provider.describing import CONFIG
from seatkeeper.service_provider.keeper import Keeper
from seatkeeper.service_provider.negotiation import form_of_answer
from seatkeeper.service_provider.noted import noted
from seatkeeper.service_provider.profile import Profile
from seatkeeper.service_provider.rate import Gate
from seatkeeper.service_provider.service import SEARCH, ScimService
from seatkeeper.service_provider.wire import LARGEST_BODY, Answer, refusal, unusable

Authorise = Callable[[str], str | None]
"""Says as whom a token was issued (``admin``, ``member``), or none: unknown or revoked."""
Note = Callable[[Mapping[str, str | int]], object]
"""Writes down one request with its answer, as ``noted`` describes them."""
Closed = Callable[[], str]
"""Says in words why the service answers nobody at the moment; empty while it does."""

LARGEST_URL: Final = 8 * 1024
LARGEST_HEADERS: Final = 16 * 1024
_MOST_PARAMETERS: Final = 100


@dataclass(frozen=True, slots=True)
class Incoming:
    """One HTTP request, read whole; ``body`` is none when it was larger than the limit.

    ``path`` is what stands behind the service's own URL ``base``. Names of
    ``headers`` are in small letters; ``sent`` has those that came in several
    lines as they came.
    """

    method: str
    base: str
    path: str
    query: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = b""
    sent: Sequence[tuple[str, str]] = ()

    @property
    def token(self) -> str:
        """Return the bearer token, or an empty text."""
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if kind.casefold() == "bearer" else ""


class Door:
    """Lets requests in to one service: who may, how much, and in which form they are answered."""

    def __init__(
        self,
        keeper: Keeper,
        profile: Profile,
        authorise: Authorise,
        key: bytes | None = None,
        *,
        closed: Closed = lambda: "",
        gate: Gate | None = None,
    ) -> None:
        self._service = ScimService(keeper, profile, key)
        self._gate = gate or Gate(profile.rules.rates, profile.rules.latency)
        self._profile = profile
        self._authorise = authorise
        self._closed = closed

    def inspection(self) -> Inspection:
        """Return what is to hold the findings about one request."""
        return Inspection(self._profile.dialect)

    def answer(
        self, incoming: Incoming, inspection: Inspection | None = None
    ) -> tuple[Answer, str]:
        """Return the answer, and the media type to send it in; ``inspection`` holds findings."""
        form = CONTENT_TYPE
        try:
            form = form_of_answer(incoming.headers.get("accept", ""))
            return self._answer(incoming, inspection or self.inspection()), form
        except ScimError as error:
            return refusal(error), form
        except StoreUnusable:
            return unusable(), form

    def _answer(self, incoming: Incoming, inspection: Inspection) -> Answer:
        closed = self._closed()
        if closed:
            return Answer(403, error_body(403, closed))
        _require_bounds(incoming)
        parts = tuple(part for part in incoming.path.split("/") if part)
        # How to sign in can be read without having done so (RFC 7643 5).
        is_open = parts == (CONFIG,) and "authorization" not in incoming.headers
        refused = None if is_open else self._refused(incoming.token)
        if refused is None:
            refused = self._gate.refused(*self._counted_as(incoming.method, parts))
        if refused is not None:
            return refused
        if incoming.body is None:
            raise TooLarge(f"At most {LARGEST_BODY} bytes at a time.")
        return self._service.answer(
            Call(
                incoming.method,
                parts,
                _parameters(incoming.query),
                incoming.body,
                incoming.base,
                inspection,
                incoming.headers,
                hashlib.sha256(incoming.token.encode()).hexdigest(),
            )
        )

    def _counted_as(self, method: str, parts: tuple[str, ...]) -> tuple[str, str]:
        """Return as what a request is counted: its method, and the resource type, if any.

        A search is a read, however it is sent; a bulk message is one write about no type.
        """
        head = f"/{parts[0]}" if parts else ""
        kinds = (one.name for one in self._profile.kinds if one.endpoint == head)
        return "GET" if parts[-1:] == (SEARCH,) else method, next(kinds, "")

    def _refused(self, token: str) -> Answer | None:
        authority = self._authorise(token) if token else None
        if authority is None:
            detail = "The token is missing, unknown or revoked. Generate one on the admin page."
            return Answer(401, error_body(401, detail), {"WWW-Authenticate": "Bearer"})
        if authority != "admin":
            detail = (
                "This token was generated by a member without admin permission. "
                "Ask an account admin to generate one."
            )
            return Answer(403, error_body(403, detail))
        return None


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where a request was sent, when, and when by a clock that never jumps."""

    path: str
    started: dt.datetime
    began: float


class Endpoint:
    """The ASGI side of a door; no method is unknown to it, so each is answered in SCIM's form."""

    def __init__(self, door: Door, note: Note) -> None:
        self._door = door
        self._note = _forgiving(note)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        arrival = Arrival(request.url.path, utc_now(), perf_counter())
        incoming = await incoming_of(request)
        found, form = await to_thread.run_sync(lambda: self.answered(incoming, arrival))
        await response_of(found, form, request.method)(scope, receive, send)

    def answered(
        self, incoming: Incoming, arrival: Arrival, note: Note | None = None
    ) -> tuple[Answer, str]:
        """Return the answer and its media type, and ``note`` both with the request."""
        inspection = self._door.inspection()
        found, form = self._door.answer(incoming, inspection)
        self.write_down(incoming, arrival, found, inspection.findings, note)
        return found, form

    def write_down(
        self,
        incoming: Incoming,
        arrival: Arrival,
        answer: Answer,
        findings: tuple[Finding, ...] = (),
        note: Note | None = None,
    ) -> None:
        """Note a request with its answer; what cannot be written down is answered all the same."""
        (note or self._note)(
            noted(
                method=incoming.method,
                path=arrival.path,
                query=incoming.query,
                headers=incoming.sent or incoming.headers.items(),
                body=incoming.body or b"",
                token=incoming.token,
                answer=answer,
                findings=findings,
                started=arrival.started,
                ended=utc_now(),
                seconds=perf_counter() - arrival.began,
            )
        )


async def incoming_of(request: Request) -> Incoming:
    """Read a request whole, as far as the limits let it."""
    return Incoming(
        request.method,
        f"{request.url.scheme}://{request.url.netloc}{request.scope['root_path']}",
        request.path_params["path"],
        request.url.query,
        _joined(request.headers.items()),
        await _body(request),
        request.headers.items(),
    )


def response_of(found: Answer, form: str, method: str) -> Response:
    """Return an answer as it goes out; of a HEAD all but the body."""
    headers, body = found.all_headers(form), found.encoded()
    if method == "HEAD" and body:
        # The length is that of the body which GET would have brought.
        headers, body = {**headers, "Content-Length": str(len(body))}, b""
    return Response(body, found.status, headers)


def scim_routes(
    keeper: Keeper,
    profile: Profile,
    authorise: Authorise,
    note: Note,
    key: bytes | None = None,
    *,
    closed: Closed = lambda: "",
) -> list[Route]:
    """Return the routes of one SCIM service, to be mounted at its base path.

    ``key`` seals cursors; without one, those of an earlier process are refused.
    """
    return [
        Route("/{path:path}", Endpoint(Door(keeper, profile, authorise, key, closed=closed), note))
    ]


def mounted(path: str, routes: Sequence[Route]) -> list[BaseRoute]:
    """Return the routes at ``path``, which is the service's root with and without a slash."""
    return [Route(path, _AtRoot(routes[0].app, path)), Mount(path, routes=routes)]


class _AtRoot:
    """Answers a base path without a slash; a mount alone would send the client elsewhere."""

    def __init__(self, inner: ASGIApp, path: str) -> None:
        self._inner = inner
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request as if it had ended in a slash."""
        root = scope.get("root_path", "") + self._path
        inside = {**scope, "root_path": root, "path_params": {"path": ""}}
        await self._inner(inside, receive, send)


def _forgiving(note: Note) -> Note:
    """Return a note that may fail: what was written is answered, also where the journal is full."""

    def noting(entry: Mapping[str, str | int]) -> None:
        with contextlib.suppress(StoreUnusable):
            note(entry)

    return noting


def _require_bounds(incoming: Incoming) -> None:
    if len(incoming.path) + len(incoming.query) > LARGEST_URL:
        detail = f"A URL has at most {LARGEST_URL} characters. POST a long question to /.search."
        raise ScimError(414, "", detail)
    if sum(len(name) + len(value) for name, value in incoming.headers.items()) > LARGEST_HEADERS:
        raise ScimError(431, "", f"Headers have at most {LARGEST_HEADERS} characters in all.")


def _parameters(query: str) -> dict[str, str]:
    try:
        found = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError as error:
        raise InvalidSyntax(f"At most {_MOST_PARAMETERS} parameters at a time.") from error
    return dict(found)


def _joined(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the headers by name; one that was sent in several lines is one list."""
    found: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found


async def _body(request: Request) -> bytes | None:
    """Return the body; none when it is larger than the limit (the rest is not kept)."""
    found = bytearray()
    try:
        async for part in request.stream():
            if len(found) <= LARGEST_BODY:
                found += part
    except ClientDisconnect:
        return b""
    return bytes(found) if len(found) <= LARGEST_BODY else None
