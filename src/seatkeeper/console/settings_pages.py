"""The pages under Settings: administrators, one's own sessions, the audit trail.

After sign-in. They show what the store knows and hand on what was asked for;
who may open them is decided at the door, what cannot be done in ``administration``.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from seatkeeper.administration.model import Role
from seatkeeper.clock import utc_now
from seatkeeper.console.browsers import browser_words
from seatkeeper.console.doors import SEE_OTHER, Doors
from seatkeeper.console.templates import Templates
from seatkeeper.console.visit import THEME, THEMES, Visit
from seatkeeper.console.words import clock, visible
from seatkeeper.errors import BadInput, InvalidValue, NotYet
from seatkeeper.ports import AuditEntry, Configuration
from seatkeeper.store.administrators import SqlAdministrators
from seatkeeper.store.second_factors import SqlSecondFactors
from seatkeeper.store.sign_ins import SqlSignIns

ON_A_PAGE: Final = 50
_A_YEAR: Final = 365 * 24 * 3_600
_LONGEST_VALUE: Final = 600

_ADMINISTRATORS: Final = "/settings/administrators"


class SettingsPages:
    """Who may sign in, who is signed in, and what everybody did."""

    def __init__(
        self,
        administrators: SqlAdministrators,
        sign_ins: SqlSignIns,
        second_factors: SqlSecondFactors,
        configuration: Configuration,
        link_url: Callable[[str, str], str],
        templates: Templates,
    ) -> None:
        self._administrators = administrators
        self._sign_ins = sign_ins
        self._second_factors = second_factors
        self._configuration = configuration
        self._link_url = link_url
        self._templates = templates

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages."""
        one = f"{_ADMINISTRATORS}/{{administrator}}"
        return [
            doors.route("GET", "/settings", self.index),
            doors.route("POST", "/settings/theme", self.theme),
            doors.route("GET", _ADMINISTRATORS, self.everybody),
            doors.route("POST", _ADMINISTRATORS, self.invite),
            doors.route("POST", f"{_ADMINISTRATORS}/second-factor", self.require),
            doors.route("POST", f"{one}/role", self.change_role),
            doors.route("POST", f"{one}/end-sessions", self.end_sessions),
            doors.route("POST", f"{one}/remove", self.remove),
            doors.route("GET", "/settings/sessions", self.sessions),
            doors.route("POST", "/settings/sessions/{session}/end", self.end_session),
            doors.route("GET", "/settings/audit", self.audit),
        ]

    async def index(self, visit: Visit) -> Response:
        """Lead to every place of the settings."""
        return self._templates.page("settings.html", visit=visit)

    async def theme(self, visit: Visit) -> Response:
        """Let this browser show pages light, dark, or as its system does."""
        theme = visit.form.get("theme", "")
        answer = RedirectResponse("/settings/sessions", SEE_OTHER)
        if theme in THEMES:
            secure = visit.request.url.scheme == "https"
            answer.set_cookie(
                THEME, theme, _A_YEAR, path="/", secure=secure, httponly=True, samesite="lax"
            )
        else:
            answer.delete_cookie(THEME, path="/")
        return answer

    async def everybody(self, visit: Visit) -> Response:
        """List who may sign in."""
        return await self._everybody(visit)

    async def invite(self, visit: Visit) -> Response:
        """Make a link for somebody; it is shown once, so this answer is the page itself."""
        form = visit.form
        try:
            invited, link = await asyncio.to_thread(
                self._administrators.invite,
                form.get("email", ""),
                form.get("role", ""),
                _apps(form.get("apps", "")),
                actor=visit.administrator.email,
                now=utc_now(),
            )
        except BadInput as error:
            return await self._everybody(visit, 422, error=error)
        base = str(visit.request.base_url)
        url = self._link_url(link, base)
        return await self._everybody(visit, invited=invited.email, link=url)

    async def require(self, visit: Visit) -> Response:
        """Ask everybody for a second factor from now on, or no longer."""
        required = visit.form.get("required") == "yes"
        try:
            await asyncio.to_thread(self._second_factors.require, required, by=visit.administrator)
        except NotYet as error:
            return await self._everybody(visit, 422, error=error)
        return RedirectResponse(_ADMINISTRATORS, SEE_OTHER)

    async def change_role(self, visit: Visit) -> Response:
        """Give another role."""

        def work(administrator: str, actor: str) -> object:
            apps = _apps(visit.form.get("apps", ""))
            role = visit.form.get("role", "")
            return self._administrators.change_role(administrator, role, apps, actor=actor)

        return await self._changed(visit, work)

    async def end_sessions(self, visit: Visit) -> Response:
        """Sign somebody out everywhere."""

        def work(administrator: str, actor: str) -> object:
            return self._sign_ins.end_all(administrator, actor=actor)

        return await self._changed(visit, work)

    async def remove(self, visit: Visit) -> Response:
        """Take somebody's access away."""

        def work(administrator: str, actor: str) -> object:
            return self._administrators.remove(administrator, actor=actor)

        return await self._changed(visit, work)

    async def sessions(self, visit: Visit) -> Response:
        """List one's own sessions."""
        now = utc_now()
        found = await asyncio.to_thread(self._sign_ins.sessions_of, visit.administrator.id, now)
        mine = None if visit.session is None else visit.session.id
        rows = [
            {
                "id": one.id,
                "began": clock(one.began_at, now),
                "seen": clock(one.seen_at, now),
                "address": one.address,
                "browser": browser_words(one.browser),
                "this": one.id == mine,
            }
            for one in found
        ]
        factor = await asyncio.to_thread(self._second_factors.of, visit.administrator.id)
        return self._templates.page(
            "sessions.html",
            visit=visit,
            sessions=rows,
            factor=factor,
            since="" if factor is None else clock(factor.since, now),
        )

    async def end_session(self, visit: Visit) -> Response:
        """End one of one's own sessions."""
        who = visit.administrator
        session = visit.request.path_params["session"]
        await asyncio.to_thread(self._sign_ins.end, session, owner=who.id, actor=who.email)
        return RedirectResponse("/settings/sessions", SEE_OTHER)

    async def audit(self, visit: Visit) -> Response:
        """Show a page of the audit trail, and on demand whether its chain is whole."""
        asked = visit.request.query_params
        actor, action = asked.get("actor", ""), asked.get("action", "")
        found = await self._configuration.audit(
            before=_number(asked.get("before", "")), limit=ON_A_PAGE + 1, actor=actor, action=action
        )
        whole, broken = None, None
        if "verify" in asked:
            broken = await self._configuration.verify_audit()
            whole = broken is None
        return self._templates.page(
            "audit.html",
            visit=visit,
            entries=[_entry(one) for one in found[:ON_A_PAGE]],
            older=found[ON_A_PAGE - 1].seq if len(found) > ON_A_PAGE else None,
            actor=actor,
            action=action,
            whole=whole,
            broken=broken,
        )

    async def _changed(self, visit: Visit, work: Callable[[str, str], object]) -> Response:
        """Do it to the administrator of the address, then show the list again."""
        administrator = visit.request.path_params["administrator"]
        try:
            await asyncio.to_thread(work, administrator, visit.administrator.email)
        except InvalidValue as error:
            return await self._everybody(visit, 422, error=error)
        return RedirectResponse(_ADMINISTRATORS, SEE_OTHER)

    async def _everybody(
        self,
        visit: Visit,
        code: int = 200,
        *,
        error: BadInput | None = None,
        invited: str = "",
        link: str = "",
    ) -> Response:
        return self._templates.page(
            "administrators.html",
            code,
            visit=visit,
            everybody=await asyncio.to_thread(self._administrators.everybody),
            with_factor=await asyncio.to_thread(self._second_factors.owners),
            required=await asyncio.to_thread(self._second_factors.required),
            roles=[role.value for role in Role],
            form=visit.form,
            error=error,
            invited=invited,
            link=link,
        )


def _apps(text: str) -> Sequence[str]:
    return [word for one in text.split(",") if (word := one.strip())]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _entry(entry: AuditEntry) -> dict[str, object]:
    return {
        "seq": entry.seq,
        "at": f"{entry.at:%Y-%m-%d %H:%M:%S} UTC",
        "iso": entry.at.isoformat(),
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "before": _value(entry.before),
        "after": _value(entry.after),
    }


def _value(value: object) -> str:
    return "" if value is None else visible(msgspec.json.encode(value).decode(), _LONGEST_VALUE)
