"""The page of an app's scope: whom it concerns, and who would leave and join by an edit.

After sign-in. It judges everybody (as far as one page may look) by the rules in
force and by those typed, with the walk's own functions, and saves a version only
when somebody has seen who leaves.
"""

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from seatkeeper.configuration.applying import settings_of
from seatkeeper.configuration.check_mappings import source_names
from seatkeeper.configuration.editing import checked_change
from seatkeeper.configuration.settings import AppSettings
from seatkeeper.console.app_head import AppHead, app_head, revision_of
from seatkeeper.console.desk import Desk
from seatkeeper.console.doors import SEE_OTHER, Doors
from seatkeeper.console.language import _
from seatkeeper.console.proposing import rules_with, save_or_show
from seatkeeper.console.views.scope import (
    MEMBER,
    Effect,
    FilterForm,
    filter_of,
    form_of,
    form_sent,
    operators,
)
from seatkeeper.console.visit import Visit, whole_number
from seatkeeper.directory.model import Kind
from seatkeeper.errors import BadInput, InvalidValue
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.provisioning.rules import Rules, ScopeSetting

LOOKED_AT: Final = 20_000
WHILE_TYPING: Final = 2_000
AT_FIRST: Final = 250
"""How many people and groups one page looks at: when asked, while somebody types, unasked.

One costs about an eighth of a millisecond, and an unasked page is there at once."""

_PIECE: Final = 250


class ScopePages:
    """Who is in scope of an app."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages."""
        return [
            doors.route("GET", "/apps/{app}/scope", self.show),
            doors.route("POST", "/apps/{app}/scope", self.save),
            doors.route("POST", "/apps/{app}/scope/try", self.tried),
        ]

    async def show(self, visit: Visit) -> Response:
        """Show the rules in force, and how many they let in."""
        head = await app_head(self._desk, visit.request.path_params["app"])
        rules = await self._desk.work.rules(head.id)
        most = LOOKED_AT if "whole" in visit.request.query_params else AT_FIRST
        effect = await self._effect(rules, rules, Kind.USER, most)
        return await self._page(visit, head, effect=effect)

    async def tried(self, visit: Visit) -> Response:
        """Show who would leave and join by what is typed; nothing is saved."""
        head = await app_head(self._desk, visit.request.path_params["app"])
        part = "HX-Request" in visit.request.headers
        try:
            change = _change_of(visit)
            settings = checked_change(head.stored, change)
            now = await self._desk.work.rules(head.id)
            then = rules_with(self._desk, head.stored, settings)
            most = WHILE_TYPING if part else LOOKED_AT
            effect = await self._effect(now, then, _kind(visit), most)
        except BadInput as error:
            if part:
                return self._part(visit, None, error)
            return await self._page(visit, head, 422, error=error)
        if part:
            return self._part(visit, effect, None)
        return await self._page(visit, head, effect=effect, seen=True)

    async def save(self, visit: Visit) -> Response:
        """Keep the scope as a new version, or lead to the plan of it where the app is on."""
        head = await app_head(self._desk, visit.request.path_params["app"])
        try:
            change = _change_of(visit)
            for group in form_sent(visit.form).groups:
                for row in group:
                    if row.attribute == MEMBER:  # a misspelt one would take everybody's access away
                        await self._desk.work.directory.group(row.values.strip())
            place = await save_or_show(
                self._desk,
                visit,
                head.id,
                change,
                page="scope",
                version=whole_number(visit.form.get("version", "")),
            )
        except BadInput as error:
            return await self._page(visit, head, 422, error=error)
        return RedirectResponse(place, SEE_OTHER)

    def _part(self, visit: Visit, effect: Effect | None, error: BadInput | None) -> Response:
        return self._desk.templates.page(
            "scope_effect.html", visit=visit, effect=effect, error=error, seen=True
        )

    async def _page(
        self,
        visit: Visit,
        head: AppHead,
        code: int = 200,
        *,
        effect: Effect | None = None,
        error: BadInput | None = None,
        seen: bool = False,
    ) -> Response:
        settings = settings_of(head.stored)
        typed = bool(visit.form)
        groups = gallery_app(settings.gallery).groups is not None and settings.groups_enabled
        forms: dict[str, FilterForm] = {
            "user": form_of(settings.user_filter),
            "group": form_of(settings.group_filter),
        }
        scope, skip = settings.scope, settings.skip_out_of_scope_deletions
        if typed:
            forms[_kind(visit).value] = form_sent(visit.form)
            if _kind(visit) is Kind.USER:
                scope = "all" if visit.form.get("scope") == "all" else "assigned"
                skip = bool(visit.form.get("skip"))
        return self._desk.templates.page(
            "scope.html",
            code,
            visit=visit,
            head=head,
            forms=forms,
            scope=scope,
            skip=skip,
            has_groups=groups,
            effect=effect,
            error=error,
            seen=seen,
            tried_kind=_kind(visit).value if typed else "user",
            revision=revision_of(visit, head, error),
            saved="saved" in visit.request.query_params,
            operators=operators(),
            attributes={
                "user": [MEMBER, *sorted(source_names("users"), key=str.casefold)],
                "group": sorted(source_names("groups"), key=str.casefold),
            },
        )

    async def _effect(self, now: Rules, then: Rules, kind: Kind, most: int) -> Effect:
        ledger, found, after = self._desk.work.ledger, Effect(), ""
        piece = min(_PIECE, most)
        everybody = ScopeSetting.ALL in (now.scope, then.scope)
        memberships = now.reads_memberships or then.reads_memberships
        while True:
            ids = await ledger.candidates(
                now.app_id, kind, everybody=everybody, after=after, limit=piece
            )
            if not ids:
                return found
            for facts in await ledger.facts(now.app_id, kind, ids, memberships=memberships):
                found.judge(facts, now, then)
            after = ids[-1]
            if found.looked_at >= most and len(ids) == piece:
                found.all_looked_at = False
                return found


def _kind(visit: Visit) -> Kind:
    return Kind.GROUP if visit.form.get("kind") == "group" else Kind.USER


def _change_of(visit: Visit) -> Callable[[AppSettings], AppSettings]:
    """Return what the form changes. Raises ``InvalidValue`` for a row that means nothing."""
    plain = filter_of(form_sent(visit.form))
    scope = visit.form.get("scope", "assigned")
    if scope not in ("assigned", "all"):
        raise InvalidValue(_("Choose whom the app concerns."))
    skip = bool(visit.form.get("skip"))
    if _kind(visit) is Kind.GROUP:
        return lambda before: replace(before, group_filter=plain)

    def changed(before: AppSettings) -> AppSettings:
        return replace(before, user_filter=plain, scope=scope, skip_out_of_scope_deletions=skip)

    return changed
