"""One request to the console: who sends it, what its form holds, which cookie it carries.

Before every page. It reads cookies and forms within limits and says whether a
form came from a page of ours; who may open what is decided in ``doors``.
(Reliability and security, 15; console design, 13.)
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit

from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from seatkeeper.administration.known_browsers import KNOWN, known_name
from seatkeeper.administration.model import Administrator
from seatkeeper.administration.second_factor import PENDING
from seatkeeper.console.bar import Bar
from seatkeeper.errors import BadInput
from seatkeeper.store.sign_ins import Session

COOKIE: Final = "__Host-seatkeeper"
LOOPBACK_COOKIE: Final = "seatkeeper-loopback"
"""For a browser that takes no secure cookie over plain http, which only loopback may use."""

PENDING_COOKIE: Final = "__Host-seatkeeper-code"
PENDING_LOOPBACK_COOKIE: Final = "seatkeeper-code-loopback"
"""The same two for a sign-in that waits for its code: they open nothing else."""

KNOWN_COOKIE: Final = "__Host-seatkeeper-known-"
KNOWN_LOOPBACK_COOKIE: Final = "seatkeeper-known-loopback-"
"""The same two for a browser that somebody signed in with, and whose; they open nothing."""

PROBE: Final = "__Host-seatkeeper-probe"
"""Set with the sign-in form: a browser that brings it back takes secure cookies here."""

THEME: Final = "seatkeeper-theme"
THEMES: Final = ("light", "dark")
"""What the theme's cookie may say; anything else is the system's own choice."""

UNASKED: Final = "unasked"
"""What an address carries that an open page asks for by itself: such a request is no use."""

LARGEST_FORM: Final = 64 * 1024
LARGEST_FILE: Final = 8 * 1024 * 1024
"""Bytes of a form with a file in it; larger files come by the command line."""

FILES_FROM: Final = frozenset({"/welcome/people"})
"""The only addresses whose forms may bring a file; everywhere else one is refused unread."""

MOST_FIELDS: Final = 1_000


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that came with a form, whole; ``name`` is what the browser calls it."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Visit:
    """A request with its session, if any, the fields of its form, and the bar of its page.

    ``fields`` holds what ``form`` does, with every value of a name sent several times; ``file``
    is the one that came with it, if any.
    """

    request: Request
    session: Session | None
    csrf: str
    fields: Sequence[tuple[str, str]] = ()
    bar: Bar | None = None
    file: SentFile | None = None
    form: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "form", dict(self.fields))

    def chosen(self, name: str) -> Sequence[str]:
        """Return every value that the form sent under a name, such as ticked boxes."""
        return [value for one, value in self.fields if one == name]

    @property
    def administrator(self) -> Administrator:
        """Who is signed in; only asked on pages that nobody else reaches."""
        if self.session is None:
            raise LookupError("nobody is signed in on this page")
        return self.session.administrator

    @property
    def address(self) -> str:
        """The client's address."""
        return "" if self.request.client is None else self.request.client.host

    @property
    def browser(self) -> str:
        """What the browser calls itself."""
        return self.request.headers.get("user-agent", "")


def session_secret(request: Request) -> str:
    """Return the secret id that the request's cookie holds, or nothing."""
    return _held(request, COOKIE, LOOPBACK_COOKIE)


def pending_secret(request: Request) -> str:
    """Return the secret of the sign-in that waits for its code, or nothing."""
    return _held(request, PENDING_COOKIE, PENDING_LOOPBACK_COOKIE)


def known_secret(request: Request, email: str) -> str:
    """Return the cookie by which this browser is known as that of an address, or nothing."""
    name = known_name(email)
    return _held(request, f"{KNOWN_COOKIE}{name}", f"{KNOWN_LOOPBACK_COOKIE}{name}")


def is_unasked(request: Request) -> bool:
    """Whether an open page says that it asks by itself; nobody sends a form without being there.

    Anybody may write that into an address. It opens nothing, and a session only ends sooner by it.
    """
    return request.method in ("GET", "HEAD") and UNASKED in request.query_params


def by_itself(address: str) -> str:
    """Return an address as an open page asks for it by itself."""
    place, mark, fragment = address.partition("#")
    return f"{place}{'&' if '?' in place else '?'}{UNASKED}=1{mark}{fragment}"


def asked_for(request: Request) -> str:
    """Return path and query of a request as somebody would ask for them."""
    return _unmarked(quote(request.scope["path"], safe="/@:"), request.url.query)


def page_of(request: Request) -> str:
    """Return path and query of the page that a part was asked for; Home where it says nothing.

    The host that it names is left out: whatever it says leads to this site.
    """
    try:
        page = urlsplit(request.headers.get("hx-current-url", "/"))
    except ValueError:
        return "/"
    return _unmarked(page.path, page.query)


def _unmarked(path: str, query: str) -> str:
    kept = "&".join(one for one in query.split("&") if one != f"{UNASKED}=1")
    return f"{path}?{kept}" if kept else path


def csrf_token(secret: str) -> str:
    """Return the token that forms of this session carry; nobody without its cookie can make it."""
    return hmac.new(secret.encode(), b"csrf", hashlib.sha256).hexdigest() if secret else ""


def give_cookie(answer: Response, request: Request, secret: str) -> None:
    """Let the browser keep a session; under the plain name only where it refuses the other."""
    _give(answer, request, (COOKIE, LOOPBACK_COOKIE), secret)


def give_pending_cookie(answer: Response, request: Request, secret: str) -> None:
    """Let the browser keep a sign-in that waits for its code, for as long as it may."""
    names = (PENDING_COOKIE, PENDING_LOOPBACK_COOKIE)
    _give(answer, request, names, secret, int(PENDING.total_seconds()))


def give_known_cookie(answer: Response, request: Request, email: str, cookie: str) -> None:
    """Let the browser be known as that of an address from now on."""
    name = known_name(email)
    names = (f"{KNOWN_COOKIE}{name}", f"{KNOWN_LOOPBACK_COOKIE}{name}")
    _give(answer, request, names, cookie, int(KNOWN.total_seconds()))


def take_cookies(answer: Response) -> None:
    """Let the browser forget the session."""
    _take(answer, COOKIE, LOOPBACK_COOKIE)


def take_pending_cookies(answer: Response) -> None:
    """Let the browser forget the sign-in that waited."""
    _take(answer, PENDING_COOKIE, PENDING_LOOPBACK_COOKIE)


def from_our_page(request: Request) -> bool:
    """Whether the browser says that a form was sent by a page of this very site.

    A client that is no browser says neither; it also sends no cookie of its own accord.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or origin == f"{request.url.scheme}://{request.headers['host']}"


def _held(request: Request, name: str, on_loopback: str) -> str:
    held = request.cookies.get(name, "")
    if not held and request.url.scheme == "http":
        held = request.cookies.get(on_loopback, "")
    return held


def _give(
    answer: Response,
    request: Request,
    names: tuple[str, str],
    secret: str,
    seconds: int | None = None,
) -> None:
    refused = request.url.scheme == "http" and PROBE not in request.cookies
    answer.set_cookie(
        names[refused],
        secret,
        seconds,
        path="/",
        secure=not refused,
        httponly=True,
        samesite="lax",
    )


def _take(answer: Response, name: str, on_loopback: str) -> None:
    for one, secure in ((name, True), (on_loopback, False)):
        answer.delete_cookie(one, path="/", secure=secure, httponly=True, samesite="lax")


def whole_number(text: str) -> int:
    """Return the number that a field or an address holds; 0 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def unkeepable(request: Request) -> bool:
    """Whether an address holds U+0000, which PostgreSQL keeps in no text and nobody types."""
    asked = request.query_params.multi_items()
    return "\0" in request.scope["path"] or any("\0" in text for pair in asked for text in pair)


async def form_of(request: Request) -> Sequence[tuple[str, str]]:
    """Return the fields of a form in the order they were sent.

    Raises ``BadInput`` for one that is too large or no form of ours.
    """
    body = await _body(request, LARGEST_FORM)
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            max_num_fields=MOST_FIELDS,
            errors="strict",
        )
    except ValueError as error:
        raise BadInput("The form cannot be read.", advice="Open its page again.") from error
    if any("\0" in text for pair in pairs for text in pair):
        raise BadInput("The form holds a character that cannot be kept (U+0000).")
    return pairs


async def form_with_file(request: Request) -> tuple[Sequence[tuple[str, str]], SentFile | None]:
    """Return the fields of a form and the file in it, if the form may bring one.

    Raises ``BadInput`` as ``form_of`` does, and for a second file.
    """
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data") or request.url.path not in FILES_FROM:
        return await form_of(request), None
    body = await _body(request, LARGEST_FILE)

    async def receive() -> Message:
        return {"type": "http.request", "body": bytes(body), "more_body": False}

    fields: list[tuple[str, str]] = []
    file: SentFile | None = None
    try:
        form = await Request(request.scope, receive).form(max_files=1, max_fields=MOST_FIELDS)
        for name, value in form.multi_items():
            if isinstance(value, str):
                fields.append((name, value))
            elif value.filename:
                file = SentFile(value.filename, await value.read())
        await form.close()
    except (HTTPException, MultiPartException, UnicodeError) as error:
        raise BadInput("The form cannot be read.", advice="Open its page again.") from error
    if any("\0" in text for pair in fields for text in pair):
        raise BadInput("The form holds a character that cannot be kept (U+0000).")
    return fields, file


async def _body(request: Request, most: int) -> bytearray:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise BadInput("The form is larger than any of ours.", advice="Send less.")
    return body
