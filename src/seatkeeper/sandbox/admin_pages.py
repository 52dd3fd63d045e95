"""The app's own admin area: the page that issues tokens and holds the switches; the outbox.

Beside the walk. Headings, button and switches are named by the gallery file.
Only an account admin turns a switch; a token gets the rights of its maker.
"""

import secrets
import string
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

import msgspec
from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from seatkeeper.clock import utc_now
from seatkeeper.sandbox.behaviour import ENABLED, REASSIGN, WELCOME
from seatkeeper.sandbox.guard import HEADERS
from seatkeeper.sandbox.standin import (
    COOKIE,
    PAGE,
    StandIn,
    here_as,
    html,
    page_number,
    to,
)
from seatkeeper.service_provider.profile import GROUPS, USERS
from seatkeeper.store.resource_journal import EVERYTHING

_ALPHABET: Final = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Switch:
    """One switch as the page shows it."""

    name: str
    label: str
    help: str
    is_on: bool


def admin_routes(site: StandIn) -> list[Route]:
    """Return the routes of the admin area; without a page for tokens, the outbox alone."""

    async def admin(request: Request) -> Response:
        return html(await to_thread.run_sync(_admin_page, site, request))

    async def generate(request: Request) -> Response:
        site.fresh[:] = [await to_thread.run_sync(issue_token, site, here_as(request))]
        return to("/")

    async def revoke(request: Request) -> Response:
        seq = await field_of(request, "token")
        if not seq.isdecimal() or len(seq) > 18:
            raise HTTPException(422, "There is no such token.")
        await to_thread.run_sync(site.issued.revoke, int(seq), utc_now())
        return to("/")

    async def choose_role(request: Request) -> Response:
        found = to("/")
        chosen = "member" if await field_of(request, "as") == "member" else "admin"
        found.set_cookie(COOKIE, chosen, httponly=True, samesite="lax")
        return found

    async def turn(request: Request) -> Response:
        name, state = await field_of(request, "switch"), await field_of(request, "to")
        if name not in {one.name for one in switches_of(site)} or state not in ("on", "off"):
            raise HTTPException(422, "There is no such switch. Nothing was changed.")
        if here_as(request) == "member":
            raise HTTPException(403, "Only an account admin can do this. Nothing was changed.")
        await to_thread.run_sync(lambda: site.switches.turn(name, on=state == "on"))
        return to("/#switches")

    async def outbox(request: Request) -> Response:
        return html(await to_thread.run_sync(_outbox_page, site, request))

    async def issue(request: Request) -> Response:
        try:
            wanted = msgspec.json.decode(await request.body(), type=dict[str, str])
        except msgspec.DecodeError as error:
            raise HTTPException(400, 'The body must be {"as": "admin"} or "member".') from error
        issued_as = "member" if wanted.get("as") == "member" else "admin"
        token = await to_thread.run_sync(issue_token, site, issued_as)
        body = msgspec.json.encode({"token": token, "base_url": site.base_url(request)})
        return Response(body, media_type="application/json", headers=HEADERS)

    only_with_tokens = [
        Route("/", admin),
        Route("/tokens", generate, methods=["POST"]),
        Route("/tokens/revoke", revoke, methods=["POST"]),
        Route("/here-as", choose_role, methods=["POST"]),
        Route("/switches", turn, methods=["POST"]),
        Route("/_sandbox/tokens", issue, methods=["POST"]),
    ]
    return [Route("/outbox", outbox), *(only_with_tokens if site.auth_page else ())]


def issue_token(site: StandIn, issued_as: str) -> str:
    """Generate and keep a token of the app's own length."""
    length = site.app.authentication.token_length or 40
    token = "".join(secrets.choice(_ALPHABET) for _ in range(length))
    site.issued.issue(token, issued_as, utc_now())
    return token


def switches_of(site: StandIn) -> list[Switch]:
    """Return the switches that this app has, as they stand."""
    about, name = site.app.sandbox, site.app.name
    offered = (
        (ENABLED, about.enable_label, True, "While this is off, every request is refused (403)."),
        (
            WELCOME,
            about.welcome_label,
            False,
            "A new account gets a welcome mail, on its start date if that is later. "
            "Mails stay on this machine: read them in the outbox.",
        ),
        (
            REASSIGN,
            about.reassign_label,
            False,
            f"When {name} deactivates a manager, the reports get the manager's own manager.",
        ),
    )
    return [
        Switch(key, label, text, site.switches.is_on(key, otherwise=otherwise))
        for key, label, otherwise, text in offered
        if label
    ]


async def field_of(request: Request, name: str) -> str:
    """Return one field of a form that was posted, or nothing."""
    body = (await request.body())[:4_096].decode("ascii", "replace")
    return parse_qs(body).get(name, [""])[0]


def _admin_page(site: StandIn, request: Request) -> str:
    switches = switches_of(site)
    return site.render(
        request,
        "admin.html",
        base_url=site.base_url(request),
        fresh=site.fresh.pop() if site.fresh else "",
        tokens=site.issued.tokens(),
        switches=switches,
        is_closed=any(one.name == ENABLED and not one.is_on for one in switches),
        accounts=site.store.count(USERS),
        groups=site.store.count(GROUPS) if site.app.groups is not None else None,
        requests=site.journal.count(EVERYTHING),
    )


def _outbox_page(site: StandIn, request: Request) -> str:
    if not site.app.sandbox.welcome_label:
        raise HTTPException(404, f"{site.app.name} sends no welcome mails.")
    now = utc_now()
    _, total = site.outbox.mails(now, limit=0)
    page = page_number(request.query_params.get("page", "1"), total)
    mails, _ = site.outbox.mails(now, offset=page.offset, limit=PAGE)
    switch = next(one for one in switches_of(site) if one.name == WELCOME)
    return site.render(request, "outbox.html", mails=mails, page=page, switch=switch)
