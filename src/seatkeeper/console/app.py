"""The console as an application: which pages there are, behind which doors.

A door: it asks ``status`` and ``ready`` what is so, has ``views`` prepare it,
and shows it to whoever ``doors`` lets in. It reads no database itself, and never
shows a traceback: a failure gets an id that the log knows.
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from seatkeeper import __version__
from seatkeeper.administration.routes import STATIC
from seatkeeper.clock import uptime, utc_now
from seatkeeper.console.bar import BarKeeper
from seatkeeper.console.desk import Desk
from seatkeeper.console.doors import Doors, Page
from seatkeeper.console.guard import NO_STORE, Guard, security_headers
from seatkeeper.console.pages.activity import ActivityPages
from seatkeeper.console.pages.app_settings import AppSettingsPages
from seatkeeper.console.pages.approvals import ApprovalPages
from seatkeeper.console.pages.assigning import AssigningPages
from seatkeeper.console.pages.assignments import AssignmentPages
from seatkeeper.console.pages.connection import ConnectionPages
from seatkeeper.console.pages.cycles import CyclePages
from seatkeeper.console.pages.demo_data import DemoDataPages
from seatkeeper.console.pages.erasing import ErasingPages
from seatkeeper.console.pages.explain import ExplainPages
from seatkeeper.console.pages.gallery import GalleryPages
from seatkeeper.console.pages.groups import GroupPages
from seatkeeper.console.pages.home import HomePages
from seatkeeper.console.pages.installed import InstalledPages
from seatkeeper.console.pages.mappings import MappingPages
from seatkeeper.console.pages.notifications import NotificationsPages
from seatkeeper.console.pages.overview import OverviewPages
from seatkeeper.console.pages.people import PeoplePages
from seatkeeper.console.pages.plan import PlanPages
from seatkeeper.console.pages.plan_papers import PlanPapers
from seatkeeper.console.pages.scope import ScopePages
from seatkeeper.console.pages.search import SearchPages
from seatkeeper.console.pages.sources import SourcesPages
from seatkeeper.console.pages.undo import UndoPages
from seatkeeper.console.pages.welcome import WelcomePages
from seatkeeper.console.planning import PlanMaker
from seatkeeper.console.second_factor_pages import SecondFactorPages
from seatkeeper.console.settings_pages import SettingsPages
from seatkeeper.console.signing_in import SigningIn
from seatkeeper.console.starting import Starter
from seatkeeper.console.templates import Templates
from seatkeeper.console.trials import Trials
from seatkeeper.console.visit import Visit
from seatkeeper.directory.token_ends import TokenEnd
from seatkeeper.facts.workplace import Workplace
from seatkeeper.store.administrators import SqlAdministrators
from seatkeeper.store.code_entry import SqlCodeEntry
from seatkeeper.store.other_devices import SqlOtherDevices
from seatkeeper.store.second_factors import SqlSecondFactors
from seatkeeper.store.sign_ins import SqlSignIns

AppFacts: TypeAlias = Sequence[Mapping[str, object]]
Status: TypeAlias = Callable[[], Awaitable[AppFacts]]
Ends: TypeAlias = Callable[[], Awaitable[Sequence[TokenEnd]]]
Ready: TypeAlias = Callable[[], Awaitable[str | None]]

METHODS = frozenset({"GET", "HEAD", "POST"})


class Pages(Protocol):
    """Some pages that belong together."""

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages."""


PAGES: Final[Sequence[Callable[[Desk], Pages]]] = (
    HomePages,
    OverviewPages,
    CyclePages,
    UndoPages,
    ActivityPages,
    ApprovalPages,
    AssignmentPages,
    AssigningPages,
    AppSettingsPages,
    GalleryPages,
    ConnectionPages,
    WelcomePages,
    ExplainPages,
    MappingPages,
    PlanPages,
    PlanPapers,
    ScopePages,
    SearchPages,
    PeoplePages,
    ErasingPages,
    GroupPages,
    InstalledPages,
    SourcesPages,
    NotificationsPages,
    DemoDataPages,
)
"""The makers of pages, by place in the side bar; each is a module below ``console.pages``."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class People:
    """Who may sign in, by which codes, who is signed in, and how a link is written."""

    administrators: SqlAdministrators
    sign_ins: SqlSignIns
    codes: SqlCodeEntry
    second_factors: SqlSecondFactors
    other_devices: SqlOtherDevices
    link_url: Callable[[str, str], str]


def console_app(
    work: Workplace,
    status: Status,
    people: People,
    *,
    ends: Ends,
    allowed_hosts: frozenset[str],
    ready: Ready,
    starter: Starter | None = None,
) -> Starlette:
    """Return the console of an installation.

    ``status`` gives the facts of each app as ``seatkeeper status --json`` prints
    them; ``ends`` which tokens of sources need somebody; ``ready`` none, or the
    reason why nothing can be done yet. ``allowed_hosts`` is what ``Guard`` admits,
    ``starter`` what somebody's first steps may begin with.
    """
    templates = Templates()
    bars = BarKeeper(work.configuration, work.ledger, uptime)
    desk = Desk(work, templates, bars, Trials(work), PlanMaker(work), starter)
    doors = Doors(people.sign_ins, templates, bars)
    pages = _Pages(status, ends, ready, desk)
    signing_in = SigningIn(people.administrators, people.sign_ins, people.codes, templates)
    settings = SettingsPages(
        people.administrators,
        people.sign_ins,
        people.second_factors,
        work.configuration,
        people.link_url,
        templates,
    )
    second_factor = SecondFactorPages(people.second_factors, people.other_devices, templates)
    return Starlette(
        routes=[
            *pages.routes(doors),
            *signing_in.routes(doors),
            *settings.routes(doors),
            *second_factor.routes(doors),
            *(route for pages_of in PAGES for route in pages_of(desk).routes(doors)),
            *(
                doors.route("GET", address, _file(templates, name), called=STATIC, bare=True)
                for address, name in templates.addresses.items()
            ),
        ],
        middleware=[Middleware(Guard, allowed_hosts=allowed_hosts, methods=METHODS)],
        exception_handlers={HTTPException: pages.missing, Exception: pages.failed},
    )


class _Pages:
    """The answers for machines, and what is shown where something is missing or failed."""

    def __init__(self, status: Status, ends: Ends, ready: Ready, desk: Desk) -> None:
        self._status = status
        self._ends = ends
        self._ready = ready
        self._templates = desk.templates

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages."""
        return [
            doors.route("GET", "/status.json", self.facts, bare=True),
            doors.route("GET", "/healthz", _alive),
            doors.route("GET", "/readyz", self.readiness),
        ]

    async def facts(self, _visit: Visit) -> Response:
        """Give the same facts as data."""
        now = utc_now().isoformat(timespec="seconds")
        apps = [dict(app) for app in await self._status()]
        tokens = [end.to_plain() for end in await self._ends()]
        facts = {"as_of": now, "version": __version__, "apps": apps, "tokens": tokens}
        return JSONResponse(facts)

    async def readiness(self, _visit: Visit) -> Response:
        """Say whether work can be done, or why not."""
        reason = await self._ready()
        return PlainTextResponse("ready\n" if reason is None else f"not ready: {reason}\n",
                                 200 if reason is None else 503)  # fmt: skip

    async def missing(self, _request: Request, error: Exception) -> Response:
        """Show that there is no such page (or what else a route refused)."""
        code = error.status_code if isinstance(error, HTTPException) else 404
        return self._templates.page("not_found.html", code, visit=None)

    async def failed(self, request: Request, error: Exception) -> Response:
        """Show that this failed on our side, with an id under which the log tells more."""
        error_id = secrets.token_hex(4)
        secret = request.url.path.startswith("/links/")
        path = "/links/…" if secret else request.url.path
        _log.error("page.failed", error_id=error_id, path=path, exc_info=error)
        part = "hx-request" in request.headers
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        page = self._templates.page(
            "error_part.html" if part else "error.html",
            500,
            visit=None,
            error_id=error_id,
            again=asked if request.method == "GET" and not secret and not part else "",
        )
        page.headers.update({**security_headers(request.url.scheme), "Cache-Control": NO_STORE})
        return page


def _file(templates: Templates, name: str) -> Page:
    async def file(_visit: Visit) -> Response:
        return templates.file(name)

    return file


async def _alive(_visit: Visit) -> Response:
    return PlainTextResponse("ok")
