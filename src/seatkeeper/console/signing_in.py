"""The pages by which somebody comes in and goes: sign-in, its code, sign-out, one-time links.

Before every other page. They ask the store; which passphrases and codes are
taken and who must wait is decided in ``administration``. A failed attempt keeps
the address that was typed, never the passphrase.
"""

import asyncio
from typing import Final
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from seatkeeper.clock import utc_now
from seatkeeper.console.doors import SEE_OTHER, Doors
from seatkeeper.console.language import _
from seatkeeper.console.templates import Templates
from seatkeeper.console.visit import (
    PROBE,
    Visit,
    give_cookie,
    give_known_cookie,
    give_pending_cookie,
    known_secret,
    pending_secret,
    take_cookies,
    take_pending_cookies,
)
from seatkeeper.errors import BadInput, KeyMissing, LinkUsedUp, SignInOver, SlowedDown
from seatkeeper.store.administrators import SqlAdministrators
from seatkeeper.store.code_entry import SqlCodeEntry
from seatkeeper.store.sign_ins import Admission, SqlSignIns

AT_ONCE: Final = 2
"""How many passphrases are hashed at once: each takes 19 MiB and a core on purpose."""


class SigningIn:
    """Sign-in, sign-out, and the page that a one-time link opens."""

    def __init__(
        self,
        administrators: SqlAdministrators,
        sign_ins: SqlSignIns,
        codes: SqlCodeEntry,
        templates: Templates,
    ) -> None:
        self._administrators = administrators
        self._sign_ins = sign_ins
        self._codes = codes
        self._templates = templates
        self._hashing = asyncio.Semaphore(AT_ONCE)

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages."""
        return [
            doors.route("GET", "/sign-in", self.form),
            doors.route("POST", "/sign-in", self.sign_in),
            doors.route("GET", "/sign-in/code", self.code),
            doors.route("POST", "/sign-in/code", self.enter_code),
            doors.route("POST", "/sign-out", self.sign_out),
            doors.route("GET", "/links/{link}", self.link),
            doors.route("POST", "/links/{link}", self.use_link),
        ]

    async def form(self, visit: Visit) -> Response:
        """Ask for e-mail address and passphrase."""
        asked = visit.request.query_params
        return self._form(visit, asked.get("next", ""), ended="ended" in asked)

    async def sign_in(self, visit: Visit) -> Response:
        """Begin a session and go to the page that was asked for, or ask for a code first."""
        email, following = visit.form.get("email", ""), visit.form.get("next", "")
        try:
            async with self._hashing:
                let_in = await asyncio.to_thread(
                    self._sign_ins.sign_in,
                    email,
                    visit.form.get("passphrase", ""),
                    address=visit.address,
                    browser=visit.browser,
                    now=utc_now(),
                    known=known_secret(visit.request, email),
                )
        except BadInput as error:
            if not isinstance(error, SlowedDown):
                return self._form(visit, following, 422, email=email, error=error)
            answer = self._form(visit, following, 429, email=email, error=error)
            answer.headers["Retry-After"] = str(error.seconds)
            return answer
        return await self._welcome(visit, let_in, following)

    async def code(self, visit: Visit) -> Response:
        """Ask for the code of whoever has typed the right passphrase."""
        pending = pending_secret(visit.request)
        if await asyncio.to_thread(self._codes.waiting, pending, utc_now()) is None:
            return RedirectResponse("/sign-in", SEE_OTHER)
        return self._code(visit, visit.request.query_params.get("next", ""))

    async def enter_code(self, visit: Visit) -> Response:
        """Begin the session by a code."""
        following = visit.form.get("next", "")
        try:
            secret = await asyncio.to_thread(
                self._codes.enter,
                pending_secret(visit.request),
                visit.form.get("code", ""),
                address=visit.address,
                browser=visit.browser,
                now=utc_now(),
            )
        except SignInOver as over:
            return self._form(visit, following, 422, error=over)
        except SlowedDown as slow:
            answer = self._code(visit, following, 429, slow)
            answer.headers["Retry-After"] = str(slow.seconds)
            return answer
        except BadInput as wrong:
            return self._code(visit, following, 422, wrong)
        except KeyMissing:
            return self._code(visit, following, 422, key_missing())
        answer = await self._welcome(visit, Admission(secret), following)
        take_pending_cookies(answer)
        return answer

    async def sign_out(self, visit: Visit) -> Response:
        """End this session."""
        if visit.session is not None:
            who = visit.session.administrator
            await asyncio.to_thread(
                self._sign_ins.end, visit.session.id, owner=who.id, actor=who.email
            )
        answer = RedirectResponse("/sign-in", SEE_OTHER)
        take_cookies(answer)
        return answer

    async def link(self, visit: Visit) -> Response:
        """Ask whoever holds the link for a passphrase, and the first for name and address."""
        return await self._link(visit)

    async def use_link(self, visit: Visit) -> Response:
        """Keep the passphrase and sign its owner in."""
        try:
            async with self._hashing:
                owner = await asyncio.to_thread(
                    self._administrators.use_link,
                    visit.request.path_params["link"],
                    name=visit.form.get("name", ""),
                    email=visit.form.get("email", ""),
                    passphrase=visit.form.get("passphrase", ""),
                    now=utc_now(),
                )
        except LinkUsedUp:
            raise
        except BadInput as error:
            return await self._link(visit, 422, error)
        let_in = await asyncio.to_thread(
            self._sign_ins.begin,
            owner,
            address=visit.address,
            browser=visit.browser,
            now=utc_now(),
        )
        return await self._welcome(visit, let_in, "")

    def _form(
        self,
        visit: Visit,
        following: str,
        code: int = 200,
        *,
        email: str = "",
        error: BadInput | None = None,
        ended: bool = False,
    ) -> Response:
        shown = {"next": following, "email": email, "error": error, "ended": ended}
        return _probed(self._templates.page("sign_in.html", code, visit=visit, **shown))

    def _code(
        self, visit: Visit, following: str, code: int = 200, error: BadInput | None = None
    ) -> Response:
        return self._templates.page("code.html", code, visit=visit, next=following, error=error)

    async def _link(self, visit: Visit, code: int = 200, error: BadInput | None = None) -> Response:
        link = visit.request.path_params["link"]
        invited = await asyncio.to_thread(self._administrators.link_is_for, link, utc_now())
        name = "" if invited is None or not invited.ready else invited.name
        shown = {
            "invited": invited,
            "name": visit.form.get("name", name),
            "email": visit.form.get("email", ""),
            "error": error,
        }
        return _probed(self._templates.page("link.html", code, visit=visit, **shown))

    async def _welcome(self, visit: Visit, let_in: Admission, following: str) -> Response:
        place = _ours(following)
        if let_in.needs_code:
            asked = "" if place == "/" else f"?next={quote(place, safe='')}"
            answer = RedirectResponse(f"/sign-in/code{asked}", SEE_OTHER)
            give_pending_cookie(answer, visit.request, let_in.secret)
            return answer
        answer = RedirectResponse(place, SEE_OTHER)
        give_cookie(answer, visit.request, let_in.secret)
        known = await asyncio.to_thread(self._sign_ins.known_browser, let_in.secret, utc_now())
        if known is not None:
            give_known_cookie(answer, visit.request, *known)
        return answer


def _ours(address: str) -> str:
    """Return a path of this site, or Home for anything that could lead elsewhere."""
    plain = address.isascii() and address.isprintable() and "\\" not in address
    return address if plain and address.startswith("/") and not address.startswith("//") else "/"


def key_missing() -> BadInput:
    """Return why no code of an app is right where the master key is lost, and what still works."""
    return BadInput(
        _("The codes of your app cannot be checked: the key of this installation is another one."),
        advice=_("A recovery code still works. Tell whoever runs the server."),
    )


def _probed(answer: Response) -> Response:
    answer.set_cookie(PROBE, "1", path="/", secure=True, httponly=True, samesite="lax")
    return answer
