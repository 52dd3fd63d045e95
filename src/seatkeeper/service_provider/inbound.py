"""The door at which HR systems, Entra and Okta push people into the directory.

Before the walk. A token says which source speaks and what it may; everything
else is ``ScimService`` over that source's own resources. There are no cookies
here, so nothing that a browser could be led to send counts.
"""

import datetime as dt
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable
from threading import Lock
from typing import Final

import structlog
from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from seatkeeper.clock import utc_now
from seatkeeper.errors import StoreUnusable
from seatkeeper.scim.dialect import Inspection
from seatkeeper.scim.messages import ScimError, error_body
from seatkeeper.service_provider.keeper import Keeper
from seatkeeper.service_provider.profile import Profile
from seatkeeper.service_provider.service import Call, ScimService
from seatkeeper.service_provider.wire import LARGEST_BODY, Answer, refusal
from seatkeeper.store.inbound_tokens import GROUPS, USERS, SourceToken

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_REACH: Final = {"Users": USERS, "Groups": GROUPS}
_WRONG_PER_MINUTE: Final = 10
_MINUTE: Final = dt.timedelta(minutes=1)
_MOST_ADDRESSES: Final = 10_000

_log = structlog.get_logger(__name__)

Holder = Callable[[str, dt.datetime], SourceToken | None]
"""Finds a usable token by its text; none for any other."""


def inbound_app(holder: Holder, keeper_of: Callable[[str], Keeper], profile: Profile) -> Starlette:
    """Return the service, to be mounted at ``/scim/v2``.

    ``keeper_of`` gives the resources of a source, and of no other.
    """
    door = _Door(holder, keeper_of, profile)
    route = Route("/{path:path}", door.answer, methods=list(METHODS))
    return Starlette(routes=[route], exception_handlers={Exception: _failed})


class _Door:
    """Asks who comes, what they may, and lets the service answer."""

    def __init__(
        self, holder: Holder, keeper_of: Callable[[str], Keeper], profile: Profile
    ) -> None:
        self._holder = holder
        self._keeper_of = keeper_of
        self._profile = profile
        self._wrong = WrongTokens()

    async def answer(self, request: Request) -> Response:
        """Answer one request; every answer is SCIM's."""
        body = await _body(request)
        base = f"{request.url.scheme}://{request.url.netloc}{request.scope['root_path']}"
        call = Call(
            request.method,
            tuple(part for part in request.path_params["path"].split("/") if part),
            dict(request.query_params),
            body or b"",
            base,
            Inspection(self._profile.dialect),
        )
        address = request.client.host if request.client else ""
        found = await to_thread.run_sync(
            lambda: self._answered(_token(request), address, call, too_large=body is None)
        )
        return Response(found.encoded(), found.status, found.all_headers())

    def _answered(self, text: str, address: str, call: Call, *, too_large: bool) -> Answer:
        try:
            token = self._holder(text, utc_now()) if text else None
            if token is None:
                return self._unknown(address)
            forbidden = _forbidden(token, call)
            if forbidden:
                return Answer(403, error_body(403, forbidden))
            if too_large:
                return Answer(413, error_body(413, f"At most {LARGEST_BODY} bytes at a time."))
            return ScimService(self._keeper_of(token.source), self._profile).answer(call)
        except ScimError as error:
            return refusal(error)
        except StoreUnusable as error:
            _log.error("inbound.store", reason=error.message)
            detail = "The directory cannot be written to just now. Nothing was changed."
            return Answer(503, error_body(503, detail), {"Retry-After": "30"})

    def _unknown(self, address: str) -> Answer:
        if self._wrong.one_more(address, utc_now()):
            detail = "Too many wrong tokens. Wait a minute."
            return Answer(429, error_body(429, detail), {"Retry-After": "60"})
        detail = (
            "The token is missing, unknown, expired or revoked. "
            "An administrator makes one with `seatkeeper token create`."
        )
        return Answer(401, error_body(401, detail), {"WWW-Authenticate": "Bearer"})


class WrongTokens:
    """Counts wrong tokens per address and minute; a right one is never held up."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, deque[dt.datetime]] = OrderedDict()
        self._lock = Lock()

    def one_more(self, address: str, now: dt.datetime) -> bool:
        """Note a wrong token; say whether there were too many in the last minute."""
        with self._lock:
            seen = self._seen.setdefault(address, deque(maxlen=_WRONG_PER_MINUTE))
            self._seen.move_to_end(address)
            if len(self._seen) > _MOST_ADDRESSES:
                self._seen.popitem(last=False)
            if len(seen) == _WRONG_PER_MINUTE and now - seen[0] < _MINUTE:
                return True
            seen.append(now)
            return False


def _forbidden(token: SourceToken, call: Call) -> str:
    reach = _REACH.get(call.parts[0]) if call.parts else None
    if reach is not None and reach not in token.may:
        return f"This token may not reach {reach}."
    if token.reads_only and call.method not in ("GET", "HEAD"):
        return "This token may only read."
    return ""


async def _failed(request: Request, error: Exception) -> Response:
    """Say that this failed on our side, with an id under which the log tells more."""
    error_id = secrets.token_hex(4)
    _log.error("inbound.failed", error_id=error_id, path=request.url.path, exc_info=error)
    found = Answer(500, error_body(500, f"This failed on our side (error {error_id})."))
    return Response(found.encoded(), found.status, found.all_headers())


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


def _token(request: Request) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.casefold() == "bearer" else ""
