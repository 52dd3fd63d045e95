"""The door of every page: who is let in, by the one table of routes and permissions.

Before every page of the console. A route is made here or not at all, and one
that is not in ``administration.routes`` cannot be made. What a page shows is
its own affair; whether somebody sees it is decided here, before it runs.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final, TypeAlias
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from seatkeeper.administration.model import Permission
from seatkeeper.administration.routes import (
    AGAIN,
    AGAIN_ALWAYS,
    ROUTES,
    WITHOUT_SECOND_FACTOR,
)
from seatkeeper.administration.sessions import is_confirmed
from seatkeeper.clock import utc_now
from seatkeeper.console.bar import BarKeeper
from seatkeeper.console.language import _
from seatkeeper.console.templates import Templates
from seatkeeper.console.visit import (
    Visit,
    asked_for,
    csrf_token,
    form_with_file,
    from_our_page,
    is_unasked,
    page_of,
    session_secret,
    unkeepable,
)
from seatkeeper.errors import BadInput, NotFound, SlowedDown, WrongPassphrase
from seatkeeper.store.once import one_look
from seatkeeper.store.sign_ins import Session, SqlSignIns

Page: TypeAlias = Callable[[Visit], Awaitable[Response]]

SEE_OTHER: Final = 303

PASSPHRASE: Final = "passphrase_again"
"""The field in which a question for the passphrase brings it."""

_OF_THE_DOOR: Final = frozenset({"csrf", PASSPHRASE})


class Doors:
    """Makes routes that open only to who may. ``sign_ins`` knows who is signed in."""

    def __init__(self, sign_ins: SqlSignIns, templates: Templates, bars: BarKeeper) -> None:
        self._sign_ins = sign_ins
        self._templates = templates
        self._bars = bars
        self._hashing = asyncio.Semaphore(1)

    def route(
        self,
        method: str,
        path: str,
        page: Page,
        *,
        called: str = "",
        bare: bool = False,
    ) -> Route:
        """Return a route; ``called`` is its name in the table where that is not its path.

        ``bare``: it answers with no whole page (data, a file, a stream, a part), so no bar is made.

        Raises ``LookupError`` for a route that the table does not have.
        """
        name = (method, called or path)
        permission, free = ROUTES[name], name in WITHOUT_SECOND_FACTOR
        always = name in AGAIN_ALWAYS
        shown = self._after_confirming(page, always=always) if name in AGAIN else page

        async def open_door(request: Request) -> Response:
            session = await self._session_for(request, permission)
            if session is not None and session.factor_missing and not free:
                return _to_second_factor(request)
            if request.method == "POST":  # what it asks after it wrote, it wants to know anew
                return await self._open(request, session, permission, shown, bare=bare)
            with one_look():
                return await self._open(request, session, permission, shown, bare=bare)

        return Route(path, open_door, methods=[method])

    async def _session_for(self, request: Request, permission: Permission) -> Session | None:
        secret = session_secret(request)
        if not secret or permission is Permission.ANYBODY:
            return None
        return await self._session(secret, used=not is_unasked(request))

    async def _open(
        self,
        request: Request,
        session: Session | None,
        permission: Permission,
        page: Page,
        *,
        bare: bool,
    ) -> Response:
        with_bar = session is not None and not session.factor_missing and not bare
        bar = await self._bars.bar() if with_bar else None
        csrf = csrf_token(session_secret(request)) if session else ""
        visit = Visit(request, session, csrf, bar=bar)
        if unkeepable(request):
            text = "The address holds a character that cannot be kept (U+0000)."
            return self.problem(visit, BadInput(text), 400)
        if permission is not Permission.ANYBODY:
            refusal = self._refusal(visit, session, permission)
            if refusal is not None:
                return refusal
        if request.method != "POST":
            return await self._shown(page, visit)
        try:
            fields, file = await form_with_file(request)
            sent = replace(visit, fields=fields, file=file)
        except BadInput as error:
            return self.problem(visit, error, 400)
        if not from_our_page(request) or not _carries_token(visit, sent.form.get("csrf", "")):
            return self._templates.page("stranger.html", 403, visit=visit)
        return await self._shown(page, sent)

    def _after_confirming(self, page: Page, *, always: bool) -> Page:
        """Return the page behind a question for the passphrase, where it was typed long ago.

        ``always``: also where it was typed just now, unless the form itself brings it.

        The form that was sent travels along in the question, so nothing of it is lost.
        """

        async def confirmed(visit: Visit) -> Response:
            session = visit.session
            if session is None:
                return await page(visit)
            if not always and is_confirmed(session.confirmed_at, utc_now()):
                return await page(visit)
            rest = [(name, value) for name, value in visit.fields if name not in _OF_THE_DOOR]
            if PASSPHRASE not in visit.form:
                return self._again(visit, rest, 403)
            try:
                async with self._hashing:
                    known = await asyncio.to_thread(
                        self._sign_ins.confirm,
                        session_secret(visit.request),
                        visit.form[PASSPHRASE],
                        address=visit.address,
                        now=utc_now(),
                    )
            except WrongPassphrase:
                wrong = BadInput(
                    _("This is not your passphrase."),
                    advice=_("Nothing was done yet, and what you filled in is still here."),
                )
                return self._again(visit, rest, 422, wrong)
            except SlowedDown as slowed:
                answer = self._again(visit, rest, 429, slowed)
                answer.headers["Retry-After"] = str(slowed.seconds)
                return answer
            return await page(replace(visit, session=known, fields=rest))

        return confirmed

    def _again(
        self,
        visit: Visit,
        fields: Sequence[tuple[str, str]],
        code: int,
        error: BadInput | None = None,
    ) -> Response:
        return self._templates.page("again.html", code, visit=visit, fields=fields, error=error)

    async def still_open(self, visit: Visit) -> bool:
        """Whether the session of a visit still counts and its owner is who they were then.

        To ask is no use of the session.
        """
        session = await self._session(session_secret(visit.request), used=False)
        return (
            session is not None
            and not session.factor_missing
            and visit.session is not None
            and session.administrator == visit.session.administrator
        )

    async def _session(self, secret: str, *, used: bool) -> Session | None:
        return await asyncio.to_thread(self._sign_ins.session, secret, utc_now(), used=used)

    async def _shown(self, page: Page, visit: Visit) -> Response:
        try:
            return await page(visit)
        except NotFound as error:
            return self.problem(visit, error, 404)
        except BadInput as error:
            return self.problem(visit, error, 422)

    def problem(self, visit: Visit, error: BadInput, code: int) -> Response:
        """Return the page that says what could not be done, and what to do."""
        return self._templates.page("problem.html", code, visit=visit, error=error)

    def _refusal(
        self, visit: Visit, session: Session | None, permission: Permission
    ) -> Response | None:
        request = visit.request
        if session is None:
            return _to_sign_in(request)
        app = request.path_params.get("app")
        who = session.administrator
        if who.may(permission, app):
            return None
        if app is not None and any(who.may(permission, own) for own in who.apps):
            return self._templates.page("not_found.html", 404, visit=visit)
        return self._templates.page("forbidden.html", 403, visit=visit, role=who.role.value)


def _to_sign_in(request: Request) -> Response:
    if request.url.path.endswith(".json"):
        return JSONResponse({"error": "sign_in.needed", "message": "Sign in first."}, 401)
    if "hx-request" in request.headers:  # a part: the whole page has to go there, not its middle
        told = {"HX-Redirect": _sign_in_address(page_of(request), ended=True)}
        return PlainTextResponse("Sign in first.\n", 401, headers=told)
    if request.url.path.endswith("/events"):  # a stream that is asked for again and again
        return PlainTextResponse("Sign in first.\n", 401)
    if request.method == "POST":  # what the form held is not kept, and nothing was changed
        return RedirectResponse("/sign-in?ended=1", SEE_OTHER)
    ended = is_unasked(request)
    return RedirectResponse(_sign_in_address(asked_for(request), ended=ended), SEE_OTHER)


def _sign_in_address(following: str, *, ended: bool) -> str:
    return f"/sign-in?next={quote(following, safe='')}{'&ended=1' if ended else ''}"


def _to_second_factor(request: Request) -> Response:
    if request.url.path.endswith(".json"):
        words = "Set up your second factor in the console first."
        return JSONResponse({"error": "second_factor.needed", "message": words}, 403)
    place, words = "/settings/second-factor", "Set up your second factor first.\n"
    if "hx-request" in request.headers:  # a part: the whole page has to go there, not its middle
        return PlainTextResponse(words, 403, headers={"HX-Redirect": place})
    if request.url.path.endswith("/events"):
        return PlainTextResponse(words, 403)
    return RedirectResponse(place, SEE_OTHER)


def _carries_token(visit: Visit, token: str) -> bool:
    return not visit.csrf or hmac.compare_digest(token.encode(), visit.csrf.encode())
