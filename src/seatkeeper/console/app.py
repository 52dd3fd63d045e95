"""The console as an application: today one status page, its facts, and the health endpoints.

A door: it asks ``status`` and ``ready`` what is so, has ``views`` prepare it,
and shows it. It changes nothing, reads no database itself, and never shows a
traceback: a failure gets an id that the log knows.
"""

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib import resources
from typing import Final, TypeAlias

import structlog
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from seatkeeper import __version__
from seatkeeper.clock import utc_now
from seatkeeper.console.guard import NO_STORE, SECURITY_HEADERS, Guard
from seatkeeper.console.views import status_page
from seatkeeper.directory.token_ends import TokenEnd

AppFacts: TypeAlias = Sequence[Mapping[str, object]]
Status: TypeAlias = Callable[[], Awaitable[AppFacts]]
Ends: TypeAlias = Callable[[], Awaitable[Sequence[TokenEnd]]]
Ready: TypeAlias = Callable[[], Awaitable[str | None]]

FOR_EVER: Final = "public, max-age=31536000, immutable"
_TYPES = {"css": "text/css", "svg": "image/svg+xml"}
_STATIC = ("app.css", "icon.svg")

_log = structlog.get_logger(__name__)


def console_app(
    status: Status, *, ends: Ends, allowed_hosts: frozenset[str], ready: Ready
) -> Starlette:
    """Return the console.

    ``status`` gives the facts of each app as ``seatkeeper status --json`` prints
    them; ``ends`` which tokens of sources need somebody; ``ready`` none, or the
    reason why nothing can be done yet. ``allowed_hosts`` is what ``Guard`` admits.
    """
    pages = _Pages(status, ends, ready)
    return Starlette(
        routes=[
            Route("/", pages.home),
            Route("/status.json", pages.facts),
            Route("/healthz", _alive),
            Route("/readyz", pages.readiness),
            *pages.static_routes(),
        ],
        middleware=[Middleware(Guard, allowed_hosts=allowed_hosts)],
        exception_handlers={HTTPException: pages.missing, Exception: pages.failed},
    )


class _Pages:
    """The pages, with what they ask and the templates they use."""

    def __init__(self, status: Status, ends: Ends, ready: Ready) -> None:
        self._status = status
        self._ends = ends
        self._ready = ready
        folder = resources.files("seatkeeper.console") / "static"
        self._files = {name: (folder / name).read_bytes() for name in _STATIC}
        self._templates = Environment(
            loader=PackageLoader("seatkeeper.console"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(
            version=__version__,
            css=self._address("app.css"),
            icon=self._address("icon.svg"),
        )

    async def home(self, _request: Request) -> Response:
        """Answer whether all apps are well, then show each."""
        page = status_page(await self._status(), utc_now(), await self._ends())
        return self._page("status.html", page=page)

    async def facts(self, _request: Request) -> Response:
        """Give the same facts as data."""
        now = utc_now().isoformat(timespec="seconds")
        apps = [dict(app) for app in await self._status()]
        tokens = [end.to_plain() for end in await self._ends()]
        facts = {"as_of": now, "version": __version__, "apps": apps, "tokens": tokens}
        return JSONResponse(facts)

    async def readiness(self, _request: Request) -> Response:
        """Say whether work can be done, or why not."""
        reason = await self._ready()
        return PlainTextResponse("ready\n" if reason is None else f"not ready: {reason}\n",
                                 200 if reason is None else 503)  # fmt: skip

    async def missing(self, _request: Request, error: Exception) -> Response:
        """Show that there is no such page (or what else a route refused)."""
        code = error.status_code if isinstance(error, HTTPException) else 404
        return self._page("not_found.html", code)

    async def failed(self, request: Request, error: Exception) -> Response:
        """Show that this failed on our side, with an id under which the log tells more."""
        error_id = secrets.token_hex(4)
        _log.error("page.failed", error_id=error_id, path=request.url.path, exc_info=error)
        page = self._page("error.html", 500, error_id=error_id)
        page.headers.update({**SECURITY_HEADERS, "Cache-Control": NO_STORE})
        return page

    def static_routes(self) -> list[Route]:
        """Return one route per file of ours, each under a name that changes with its content."""
        return [Route(self._address(name), self._file(name)) for name in self._files]

    def _file(self, name: str) -> Callable[[Request], Awaitable[Response]]:
        kind = _TYPES[name.rpartition(".")[2]]

        async def file(_request: Request) -> Response:
            headers = {"Cache-Control": FOR_EVER}
            return Response(self._files[name], media_type=kind, headers=headers)

        return file

    def _address(self, name: str) -> str:
        stem, _, kind = name.rpartition(".")
        return f"/static/{stem}.{hashlib.sha256(self._files[name]).hexdigest()[:12]}.{kind}"

    def _page(self, template: str, code: int = 200, /, **shown: object) -> HTMLResponse:
        return HTMLResponse(self._templates.get_template(template).render(shown), code)


async def _alive(_request: Request) -> Response:
    return PlainTextResponse("ok")
