"""The page of what brings people in: sources, the rules for them, and their tokens.

After sign-in. A token is shown once, on the answer to the form that made it; nothing
here can show it again. What may be in one, and which rules hold, is decided elsewhere.
"""

import asyncio
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from seatkeeper.clock import utc_now
from seatkeeper.configuration.source_documents import SourceDocument, print_source
from seatkeeper.console.desk import Desk
from seatkeeper.console.doors import SEE_OTHER, Doors
from seatkeeper.console.language import _
from seatkeeper.console.views.values import Pill
from seatkeeper.console.visit import Visit
from seatkeeper.console.words import clock, visible
from seatkeeper.directory.token_ends import Stage, TokenEnd, end_of, in_days, token_ends
from seatkeeper.errors import BadInput, InvalidValue
from seatkeeper.store.inbound_rules import RulesVersion
from seatkeeper.store.inbound_tokens import GROUPS, READ_ONLY, USERS, SourceToken

PLACE: Final = "/settings/sources"
SHOWN: Final = 100
"""Tokens on the page: all that are usable, then the newest others."""


class SourcesPages:
    """What pushes people in."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages."""
        return [
            doors.route("GET", PLACE, self.show),
            doors.route("POST", f"{PLACE}/tokens", self.create),
            doors.route("POST", f"{PLACE}/tokens/{{token}}/replace", self.replace),
            doors.route("POST", f"{PLACE}/tokens/{{token}}/revoke", self.revoke),
        ]

    async def show(self, visit: Visit) -> Response:
        """List sources with their rules, and every token."""
        return await self._show(visit)

    async def create(self, visit: Visit) -> Response:
        """Make a token; it is shown once, so this answer is the page itself."""
        form, now = visit.form, utc_now()
        try:
            made, text = await asyncio.to_thread(
                self._desk.work.source_tokens.issue,
                form.get("source", "").strip(),
                visit.chosen("may"),
                end_of(form.get("expires", "").strip(), now),
                actor=visit.administrator.email,
                now=now,
            )
        except BadInput as error:
            return await self._show(visit, 422, error=error)
        return await self._show(visit, made=made, token=text)

    async def replace(self, visit: Visit) -> Response:
        """Make a token in the place of another, which works for a day more unless it must not."""
        try:
            old, made, text = await asyncio.to_thread(
                self._desk.work.source_tokens.replace,
                visit.request.path_params["token"],
                at_once="at_once" in visit.form,
                actor=visit.administrator.email,
                now=utc_now(),
            )
        except InvalidValue as error:
            return await self._show(visit, 422, error=error)
        return await self._show(visit, made=made, token=text, old=old)

    async def revoke(self, visit: Visit) -> Response:
        """End a token; people and groups of its source stay."""
        token = visit.request.path_params["token"]
        await asyncio.to_thread(
            self._desk.work.source_tokens.revoke,
            token,
            actor=visit.administrator.email,
            now=utc_now(),
        )
        return RedirectResponse(PLACE, SEE_OTHER)

    async def _show(
        self,
        visit: Visit,
        code: int = 200,
        *,
        error: BadInput | None = None,
        made: SourceToken | None = None,
        token: str = "",
        old: SourceToken | None = None,
    ) -> Response:
        work, now, typed = self._desk.work, utc_now(), visit.form if error else {}
        tokens = await asyncio.to_thread(work.source_tokens.tokens)
        near = {one.id: one for one in token_ends(tokens, now)}
        usable = [one for one in tokens if one.state(now) == "usable"]
        others = [one for one in tokens if one.state(now) != "usable"]
        names = await asyncio.to_thread(work.source_rules.names)
        return self._desk.templates.page(
            "sources.html",
            code,
            visit=visit,
            error=error,
            made=made,
            token=token,
            old=None if old is None else _row(old, None, now),
            url=f"{work.settings.public_url.rstrip('/')}/scim/v2",
            sources=[
                _source(
                    name,
                    await asyncio.to_thread(work.source_rules.current, name),
                    sum(one.source == name for one in usable),
                )
                for name in names
            ],
            tokens=[_row(one, near.get(one.id), now) for one in [*usable, *others][:SHOWN]],
            more=max(0, len(tokens) - SHOWN),
            permissions=_permissions(),
            chosen=visit.chosen("may") if error else (USERS, GROUPS),
            typed=typed,
        )


def _permissions() -> Sequence[tuple[str, str]]:
    return [
        (USERS, _("People")),
        (GROUPS, _("Groups")),
        (READ_ONLY, _("Read only: it changes nothing")),
    ]


def _source(name: str, rules: RulesVersion, usable: int) -> Mapping[str, object]:
    return {
        "name": name,
        "version": rules.version,
        "by": visible(rules.actor, 120),
        "matching": visible(", ".join(rules.settings.matching), 200),
        "usable": usable,
        "document": print_source(SourceDocument(name, rules.settings)).rstrip(),
    }


def _row(token: SourceToken, end: TokenEnd | None, now: dt.datetime) -> Mapping[str, object]:
    words = dict(_permissions())
    state = token.state(now)
    pill = {
        "usable": Pill(_("Usable"), "create"),
        "expired": Pill(_("Expired"), "danger"),
        "revoked": Pill(_("Revoked"), "quiet"),
    }[state]
    if state == "usable" and end is not None and end.stage is not Stage.ENDED:
        pill = Pill(_("Ends %(when)s") % {"when": in_days(end.days)}, "disable")
    ends = token.expires_at.date().isoformat() if token.expires_at else ""
    if state == "usable" and token.replaced_at is not None and token.expires_at is not None:
        still = token.last_used_at is not None and token.last_used_at >= token.replaced_at
        pill = Pill(_("Replaced, still used") if still else _("Replaced"), "disable")
        ends = clock(token.expires_at, now)
    never = _("never")
    return {
        "id": token.id,
        "source": token.source,
        "may": ", ".join(words[one].partition(":")[0] for one in token.may),
        "last_four": token.last_four,
        "made": clock(token.created_at, now),
        "used": clock(token.last_used_at, now) if token.last_used_at else never,
        "ends": ends or never,
        "pill": pill,
        "usable": state == "usable",
        "replaceable": state == "usable" and token.replaced_at is None,
    }
