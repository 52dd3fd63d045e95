"""A stand-in for a gallery app: its SCIM service, and the admin page that issues tokens.

A door in, beside the walk. Everything that differs between apps comes from
the gallery file; everything that must outlast a crash is in the SQLite file.
The page works without scripts. Only loopback names are answered, and posts
only from the page itself, because there is no sign-in here.
"""

import secrets
import string
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

import msgspec
from anyio import to_thread
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seatkeeper.clock import utc_now
from seatkeeper.gallery.schema import GalleryApp
from seatkeeper.sandbox.faults.keeper import FaultyKeeper, accepting_duplicates
from seatkeeper.sandbox.faults.layer import FaultLayer
from seatkeeper.sandbox.faults.live import LiveFaults, met_text
from seatkeeper.sandbox.faults.pages import fault_routes
from seatkeeper.sandbox.state import SandboxState, state_routes
from seatkeeper.scim.holding import Stored
from seatkeeper.scim.messages import Json, Resource
from seatkeeper.scim.path import parse_path, read
from seatkeeper.service_provider.http import scim_routes
from seatkeeper.service_provider.profile import GROUPS, USERS, profile_of
from seatkeeper.store.resource_archive import ResourceArchive
from seatkeeper.store.resource_file import ResourceFile
from seatkeeper.store.resource_journal import RequestJournal
from seatkeeper.store.resource_tokens import IssuedTokens
from seatkeeper.store.resources import ResourceStore

LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
_PAGE: Final = 50
_COOKIE: Final = "sandbox_here_as"
_ALPHABET: Final = string.ascii_letters + string.digits
_WORK: Final = parse_path('emails[type eq "work"].value')
_GIVEN: Final = parse_path("name.givenName")
_FAMILY: Final = parse_path("name.familyName")
_MANAGER: Final = parse_path(
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value"
)
_HEADERS: Final = {
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


@dataclass
class Site:
    """The admin page of one stand-in. ``fresh`` is the new token until it was shown once."""

    app: GalleryApp
    store: ResourceStore
    issued: IssuedTokens
    journal: RequestJournal
    pages: Environment
    fresh: list[str] = field(default_factory=list)

    def base_url(self, request: Request) -> str:
        """Return the SCIM base URL as this visitor reaches it."""
        return str(request.base_url).rstrip("/") + "/" + self.app.base_url.path.strip("/")

    def issue(self, issued_as: str) -> str:
        """Generate and keep a token of the app's own length."""
        length = self.app.authentication.token_length or 40
        token = "".join(secrets.choice(_ALPHABET) for _ in range(length))
        self.issued.issue(token, issued_as, utc_now())
        return token

    def page(self, request: Request) -> str:
        """Return the admin page as HTML."""
        users_page = _page_number(request, "users", self.store.count(USERS))
        groups_page = _page_number(request, "groups", self.store.count(GROUPS))
        users = self.store.page(USERS, offset=(users_page.number - 1) * _PAGE, limit=_PAGE)
        groups = self.store.page(GROUPS, offset=(groups_page.number - 1) * _PAGE, limit=_PAGE)
        return self.pages.get_template("admin.html").render(
            app=self.app,
            base_url=self.base_url(request),
            here_as=_here_as(request),
            fresh=self.fresh.pop() if self.fresh else "",
            tokens=self.issued.tokens(),
            users=[self._user_row(one) for one in users],
            users_page=users_page,
            groups=[self._group_row(one) for one in groups],
            groups_page=groups_page,
            requests=self.journal.requests(limit=30, newest_first=True),
        )

    def _user_row(self, one: Stored) -> Mapping[str, str]:
        parts = [read(one.values, path) for path in (_GIVEN, _FAMILY)]
        full = " ".join(str(part) for part in parts if part)
        active = one.values.get("active")
        manager = read(one.values, _MANAGER)
        return {
            "name": _clean(full or one.values.get("displayName") or ""),
            "user_name": _clean(one.values.get("userName")),
            "email": _clean(read(one.values, _WORK)),
            "active": "no" if active is False else "yes",
            "manager": _clean(self._manager_name(manager) if manager else ""),
        }

    def _manager_name(self, account_id: Json) -> str:
        found = self.store.having(USERS, "id", str(account_id))
        return str(found[0].values.get("userName")) if found else str(account_id)

    def _group_row(self, one: Stored) -> Mapping[str, str]:
        members = self.store.members(one.id)
        names = ", ".join(_clean(member.values.get("userName")) for member in members[:5])
        more = f" and {len(members) - 5} more" if len(members) > 5 else ""
        return {
            "name": _clean(one.values.get("displayName")),
            "count": str(len(members)),
            "members": names + more,
        }

    def dump(self) -> Resource:
        """Return everything that the app holds, for tests and tools."""
        return {
            "users": [
                {"id": one.id, **one.values}
                for one in self.store.page(USERS, limit=self.store.count(USERS))
            ],
            "groups": [
                {"id": one.id, **one.values, "members": [m.id for m in self.store.members(one.id)]}
                for one in self.store.page(GROUPS, limit=self.store.count(GROUPS))
            ],
        }


@dataclass(frozen=True, slots=True)
class PageNumber:
    """Which page of a table is shown, of how many, and of how many rows in all."""

    number: int
    last: int
    total: int


def sandbox_app(
    app: GalleryApp,
    db_path: Path,
    *,
    token: str | None = None,
    allowed_hosts: tuple[str, ...] = LOOPBACK,
    faults: LiveFaults | None = None,
    auth_page: bool = True,
) -> Starlette:
    """Return the stand-in for ``app``; ``token`` is accepted as an account admin's, any text.

    Without ``auth_page`` nothing here issues, shows or ends tokens.
    """
    profile = profile_of(app)
    file = ResourceFile(db_path)
    store, issued, requests = (
        ResourceStore(file, accepting_duplicates(profile.keys_of)),
        IssuedTokens(file),
        RequestJournal(file),
    )
    if token:
        issued.issue(token, "admin", utc_now())
    loader = PackageLoader("seatkeeper.sandbox")
    pages = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    site = Site(app, store, issued, requests, pages)
    faults = faults or LiveFaults()
    keeper = FaultyKeeper(store, faults, utc_now)

    def begin_anew() -> None:
        keeper.forget()
        faults.begin_anew()

    state = SandboxState(ResourceArchive(file, profile.keys_of), profile, begin_anew)
    routes_of_service = scim_routes(
        keeper,
        profile,
        lambda token: issued.authority(token, utc_now()),
        lambda entry: requests.note({**entry, "fault": met_text()}),
    )
    service = FaultLayer(Router(routes_of_service), faults, requests.note)
    paths = dict.fromkeys(["/scim/v2", "/" + app.base_url.path.strip("/")])
    routes: list[BaseRoute] = [Mount(path, app=service) for path in paths]
    starlette = Starlette(
        routes=[
            *routes,
            *fault_routes(app, faults, pages, auth_page=auth_page),
            *state_routes(state),
            *(_token_routes(site) if auth_page else ()),
            *_page_routes(site),
        ],
        middleware=[Middleware(Guard, allowed_hosts=allowed_hosts, services=tuple(paths))],
        exception_handlers={HTTPException: _problem},
    )
    starlette.state.file = file
    return starlette


def _token_routes(site: Site) -> list[BaseRoute]:
    async def admin(request: Request) -> Response:
        return HTMLResponse(await to_thread.run_sync(site.page, request), headers=_HEADERS)

    async def generate(request: Request) -> Response:
        site.fresh[:] = [await to_thread.run_sync(site.issue, _here_as(request))]
        return _home()

    async def revoke(request: Request) -> Response:
        seq = await _field(request, "token")
        if not seq.isdecimal() or len(seq) > 18:
            raise HTTPException(422, "There is no such token.")
        await to_thread.run_sync(site.issued.revoke, int(seq), utc_now())
        return _home()

    async def here_as(request: Request) -> Response:
        found = _home()
        chosen = "member" if await _field(request, "as") == "member" else "admin"
        found.set_cookie(_COOKIE, chosen, httponly=True, samesite="lax")
        return found

    async def issue(request: Request) -> Response:
        try:
            wanted = msgspec.json.decode(await request.body(), type=dict[str, str])
        except msgspec.DecodeError as error:
            raise HTTPException(400, 'The body must be {"as": "admin"} or "member".') from error
        issued_as = "member" if wanted.get("as") == "member" else "admin"
        token = await to_thread.run_sync(site.issue, issued_as)
        return _json({"token": token, "base_url": site.base_url(request)})

    return [
        Route("/", admin),
        Route("/tokens", generate, methods=["POST"]),
        Route("/tokens/revoke", revoke, methods=["POST"]),
        Route("/here-as", here_as, methods=["POST"]),
        Route("/_sandbox/tokens", issue, methods=["POST"]),
    ]


def _page_routes(site: Site) -> list[BaseRoute]:
    async def journal(request: Request) -> Response:
        after = request.query_params.get("after", "0")
        number = int(after) if after.isdecimal() and len(after) < 19 else 0
        found = await to_thread.run_sync(lambda: site.journal.requests(after=number))
        return _json({"requests": found})

    async def dump(request: Request) -> Response:
        return _json(await to_thread.run_sync(site.dump))

    return [
        Route("/_sandbox/requests", journal),
        Route("/_sandbox/dump", dump),
        Mount("/static", StaticFiles(packages=[("seatkeeper.sandbox", "static")])),
    ]


class Guard:
    """Answers loopback names only, takes posts to the page only from the page itself.

    A page elsewhere could otherwise reach this one through the visitor's
    browser (rebinding its name, or posting a form). SCIM calls carry a token
    instead, and are only held to the host names.
    """

    def __init__(
        self, app: ASGIApp, allowed_hosts: tuple[str, ...], services: tuple[str, ...]
    ) -> None:
        self._inner = app
        self._hosts = allowed_hosts
        self._services = tuple(f"{path}/" for path in services)

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
        refused.headers.update(_HEADERS)
        await refused(scope, receive, send)

    def _is_of_page(self, scope: Scope) -> bool:
        return not str(scope["path"]).startswith(self._services)


def _with_headers(send: Send) -> Callable[[Message], Awaitable[None]]:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = {name for name, _ in message["headers"]}
            message["headers"] = [
                *message["headers"],
                *(
                    (name.lower().encode(), value.encode())
                    for name, value in _HEADERS.items()
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


async def _field(request: Request, name: str) -> str:
    body = (await request.body())[:4_096].decode("ascii", "replace")
    return parse_qs(body).get(name, [""])[0]


async def _problem(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else "Something went wrong."
    return Response(detail, status, {**_HEADERS, "Content-Type": "text/plain; charset=utf-8"})


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json", headers=_HEADERS)


def _home() -> RedirectResponse:
    return RedirectResponse("/", 303, headers=_HEADERS)


def _here_as(request: Request) -> str:
    return "member" if request.cookies.get(_COOKIE) == "member" else "admin"


def _page_number(request: Request, name: str, total: int) -> PageNumber:
    text = request.query_params.get(name, "1")
    last = max(1, -(-total // _PAGE))
    number = int(text) if text.isdecimal() and len(text) < 10 else 1
    return PageNumber(max(1, min(last, number)), last, total)


def _clean(value: Json) -> str:
    """Return untrusted text, at most 200 characters, its control characters as a symbol."""
    text = value if isinstance(value, str) else ""
    return "".join(letter if letter.isprintable() else "␦" for letter in text[:200])
