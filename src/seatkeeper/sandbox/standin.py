"""What the pages of one stand-in share: the app, what it holds, and how a page is made.

Beside the walk. Each page module takes what it needs from here; ``site`` puts
the pages behind their addresses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from seatkeeper.gallery.schema import GalleryApp
from seatkeeper.sandbox import words
from seatkeeper.sandbox.guard import HEADERS
from seatkeeper.scim.errors import NotThere
from seatkeeper.scim.holding import Stored
from seatkeeper.scim.messages import Json
from seatkeeper.service_provider.keeper import Keeper
from seatkeeper.service_provider.profile import GROUPS, USERS, Profile
from seatkeeper.store.resource_file import ResourceFile
from seatkeeper.store.resource_history import ResourceHistory
from seatkeeper.store.resource_journal import RequestJournal
from seatkeeper.store.resource_members import member_page
from seatkeeper.store.resource_outbox import Outbox
from seatkeeper.store.resource_switches import Switches
from seatkeeper.store.resource_tokens import IssuedTokens
from seatkeeper.store.resources import ResourceStore
from seatkeeper.words import number_of

COOKIE: Final = "sandbox_here_as"
PAGE: Final = 50
NAVIGATION: Final = (
    ("/", "Set-up"),
    ("/accounts", "Accounts"),
    ("/groups", "Groups"),
    ("/outbox", "Outbox"),
    ("/requests", "Requests"),
    ("/report", "Report"),
    ("/faults", "Faults"),
)


def page_environment() -> Environment:
    """Return where the templates are, with the words that they use."""
    made = Environment(
        loader=PackageLoader("seatkeeper.sandbox"), autoescape=True, undefined=StrictUndefined
    )
    made.filters.update(
        clean=words.clean,
        moment=words.moment,
        exact=words.exact,
        clock=words.clock,
        duration=words.duration,
        status_words=words.status_words,
        badge=words.badge,
        short_path=words.short_path,
        number_of=number_of,
    )
    return made


@dataclass
class StandIn:
    """One stand-in. ``fresh`` is a new token until it was shown once.

    ``began`` is the newest request that was in the journal when it started:
    what came later belongs to this run. Without ``auth_page`` no page issues tokens,
    and there is no admin area.
    """

    app: GalleryApp
    profile: Profile
    file: ResourceFile
    store: ResourceStore
    keeper: Keeper
    issued: IssuedTokens
    journal: RequestJournal
    history: ResourceHistory
    switches: Switches
    outbox: Outbox
    bases: tuple[str, ...]
    began: int
    auth_page: bool = True
    pages: Environment = field(default_factory=page_environment)
    fresh: list[str] = field(default_factory=list)

    def base_url(self, request: Request) -> str:
        """Return the SCIM base URL as this visitor reaches it."""
        return str(request.base_url).rstrip("/") + "/" + self.app.base_url.path.strip("/")

    def render(self, request: Request, template: str, **shown: Any) -> str:
        """Return one page; every page gets the app, the navigation and the visitor's role."""
        sections = [one for one in NAVIGATION if self._has(one[0])]
        return self.pages.get_template(template).render(
            app=self.app,
            sections=sections,
            auth_page=self.auth_page,
            here=request.url.path,
            here_as=here_as(request),
            **shown,
        )

    def held(self, kind: str, resource_id: str) -> Stored | None:
        """Return an account or a group, or none where it is gone."""
        try:
            return self.keeper.get(kind, resource_id)
        except NotThere:
            return None

    def members(self, group_id: str, *, offset: int = 0, limit: int) -> tuple[list[Stored], int]:
        """Return some members of a group, and how many there are."""
        ids, total = self.file.read(
            lambda db: member_page(db, group_id, offset=offset, limit=limit)
        )
        found = [self.held(USERS, one) or self.held(GROUPS, one) for one in ids]
        return [one for one in found if one is not None], total

    def _has(self, address: str) -> bool:
        if address == "/":
            return self.auth_page
        if address == "/outbox":
            return bool(self.app.sandbox.welcome_label)
        return address != "/groups" or self.app.groups is not None


@dataclass(frozen=True, slots=True)
class PageNumber:
    """Which page of a table is shown, of how many, and of how many rows in all."""

    number: int
    last: int
    total: int

    @property
    def offset(self) -> int:
        """How many rows come before this page."""
        return (self.number - 1) * PAGE


def page_number(text: str, total: int) -> PageNumber:
    """Return the page that was asked for, or the nearest one there is."""
    last = max(1, -(-total // PAGE))
    return PageNumber(max(1, min(last, number_in(text, 1))), last, total)


def number_in(text: str, otherwise: int = 0) -> int:
    """Read a number as it stands in an address."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else otherwise


def here_as(request: Request) -> str:
    """Return the role that the visitor has chosen on the pages."""
    return "member" if request.cookies.get(COOKIE) == "member" else "admin"


def html(text: str, status: int = 200) -> Response:
    """Return a page."""
    return HTMLResponse(text, status, headers=HEADERS)


def to(address: str) -> RedirectResponse:
    """Send the browser elsewhere after a form was taken."""
    return RedirectResponse(address, 303, headers=HEADERS)


def name_of(values: Mapping[str, Json]) -> str:
    """Return what a person calls an account or a group."""
    name = values.get("name")
    parts = [name.get(one) for one in ("givenName", "familyName")] if isinstance(name, dict) else []
    full = " ".join(str(part) for part in parts if part)
    return words.clean(full or values.get("displayName") or values.get("userName") or "")
