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
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from seatkeeper.clock import utc_now
from seatkeeper.errors import StoreUnusable
from seatkeeper.scim.messages import CONTENT_TYPE, error_body
from seatkeeper.service_provider.http import Door, Incoming, incoming_of, response_of
from seatkeeper.service_provider.keeper import Keeper
from seatkeeper.service_provider.profile import Profile
from seatkeeper.service_provider.wire import Answer
from seatkeeper.store.inbound_tokens import GROUPS, USERS, SourceToken

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_READS: Final = ("GET", "HEAD", "OPTIONS")

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
    return Starlette(
        routes=[Route("/{path:path}", _Endpoint(holder, keeper_of, profile))],
        exception_handlers={Exception: _failed},
    )


class _Endpoint:
    """Asks who comes, what they may, and lets the service answer over their own resources."""

    def __init__(
        self, holder: Holder, keeper_of: Callable[[str], Keeper], profile: Profile
    ) -> None:
        self._holder = holder
        self._keeper_of = keeper_of
        self._profile = profile
        self._wrong = WrongTokens()
        self._key = secrets.token_bytes(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; every answer is SCIM's."""
        request = Request(scope, receive)
        incoming = await incoming_of(request)
        address = request.client.host if request.client else ""
        found, form = await to_thread.run_sync(lambda: self._answered(incoming, address))
        await response_of(found, form, request.method)(scope, receive, send)

    def _answered(self, incoming: Incoming, address: str) -> tuple[Answer, str]:
        try:
            text = incoming.token
            token = self._holder(text, utc_now()) if text else None
            if token is None:
                return self._unknown(address), CONTENT_TYPE
            forbidden = _forbidden(token, incoming)
            if forbidden:
                return Answer(403, error_body(403, forbidden)), CONTENT_TYPE
            door = Door(self._keeper_of(token.source), self._profile, lambda _: "admin", self._key)
            return door.answer(incoming)
        except StoreUnusable as error:
            _log.error("inbound.store", reason=error.message)
            detail = "The directory cannot be written to just now. Nothing was changed."
            return Answer(503, error_body(503, detail), {"Retry-After": "30"}), CONTENT_TYPE

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


def _forbidden(token: SourceToken, incoming: Incoming) -> str:
    parts = [part for part in incoming.path.split("/") if part]
    # At the root a question reaches every kind at once.
    wanted = _REACH.values() if parts in ([], [".search"]) else (_REACH.get(parts[0]),)
    for reach in wanted:
        if reach is not None and reach not in token.may:
            return f"This token may not reach {reach}."
    if token.reads_only and incoming.method not in _READS and parts[-1:] != [".search"]:
        return "This token may only read."
    return ""


async def _failed(request: Request, error: Exception) -> Response:
    """Say that this failed on our side, with an id under which the log tells more."""
    error_id = secrets.token_hex(4)
    _log.error("inbound.failed", error_id=error_id, path=request.url.path, exc_info=error)
    found = Answer(500, error_body(500, f"This failed on our side (error {error_id})."))
    return Response(found.encoded(), found.status, found.all_headers())
