"""The page of what an assignment would do, before it is saved: who gets an account, who not, why.

After sign-in. An app that is on carries out at once what is saved, so whom an assignment reaches
is looked at first, under the address that names it; whoever has seen it saves from there. It
judges with the walk's own functions and plans nothing; ``views.assigning`` counts and names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from seatkeeper.clock import utc_now
from seatkeeper.configuration.applying import settings_of
from seatkeeper.configuration.meanwhile import ChangedMeanwhile, check_unchanged
from seatkeeper.console.app_head import AppHead, app_head
from seatkeeper.console.desk import Desk
from seatkeeper.console.doors import SEE_OTHER, Doors
from seatkeeper.console.language import _, ngettext
from seatkeeper.console.reaching import look_at
from seatkeeper.console.seen_before import check_seen
from seatkeeper.console.views.assigning import Comes, JoinEffect, Way
from seatkeeper.console.visit import Visit, whole_number
from seatkeeper.console.words import number, visible
from seatkeeper.directory.model import (
    DEFAULT_ACCESS,
    Application,
    AppRole,
    Assignment,
    Group,
    Kind,
    Subject,
    User,
)
from seatkeeper.errors import BadInput, InvalidValue, NotFound
from seatkeeper.provisioning.scope import Grant
from seatkeeper.provisioning.walk import Facts

MOST_CHOSEN: Final = 20
"""So many people and groups are assigned by one form."""

LOOKED_AT: Final = 10_000
EVERYBODY: Final = 1_000
SOME: Final = 150
"""How many members are looked at before an assignment begins: when asked, and unasked all of them
or, where they are more, a few that say about how many it concerns."""

ON_A_PAGE: Final = 50
_PAST: Final = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for: the assignments, with those in whose place they come."""

    ways: Sequence[Way]
    whole: bool

    @property
    def name(self) -> str:
        """Whom it names, in a few words."""
        first, *others = self.ways
        if not others:
            return visible(first.name, 80)
        words = ngettext(
            "%(first)s and %(count)s more", "%(first)s and %(count)s more", len(others)
        )
        return words % {"first": visible(first.name, 80), "count": number(len(others))}


class AssigningPages:
    """What assigning somebody to an app would do."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages."""
        place = "/apps/{app}/assignments/{principal}/add"
        return [doors.route("GET", place, self.look), doors.route("POST", place, self.assign)]

    async def look(self, visit: Visit) -> Response:
        """Say who would get an account by an assignment; nothing is saved. Raises ``NotFound``."""
        head = await app_head(self._desk, visit.request.path_params["app"])
        return await self._page(visit, head, await self._asked(visit, head))

    async def assign(self, visit: Visit) -> Response:
        """Save what was looked at, unless it would take something away that was not shown."""
        head = await app_head(self._desk, visit.request.path_params["app"])
        asked = await self._asked(visit, head)
        try:
            if any(one.is_new for one in asked.ways):  # else it was pressed twice
                await self._check(visit, head, asked)
                await self._desk.work.directory.assign_as_seen(
                    [one.asked for one in asked.ways],
                    _seen(visit, asked),
                    actor=visit.administrator.email,
                )
        except BadInput as error:
            return await self._page(visit, head, await self._asked(visit, head), 422, error)
        return RedirectResponse(f"{assignments_of_app(head.id)}?saved=1", SEE_OTHER)

    async def _asked(self, visit: Visit, head: AppHead) -> Asked:
        """Return what the address asks for. Raises ``NotFound`` or ``InvalidValue`` in words."""
        query, directory = visit.request.query_params, self._desk.work.directory
        ids = list(dict.fromkeys([visit.request.path_params["principal"], *query.getlist("also")]))
        check_number(ids)
        users, groups = await directory.users(ids), await directory.groups(ids)
        given = {
            one.principal_id: one
            for one in await directory.assignments_of(ids)
            if one.app_id == head.id
        }
        role = query.get("role", DEFAULT_ACCESS)
        check_role(head.stored.application, role)
        ways = []
        for one in ids:
            who = users.get(one) or groups.get(one)
            if who is None:
                raise NotFound(
                    _("This person or group is not in the directory any more."),
                    advice=_("Choose again whom to assign."),
                )
            nested = isinstance(who, Group) and bool(query.get("nested"))
            ways.append(await self._way(head, who, role, given.get(one), nested=nested))
        return Asked(ways, bool(query.get("whole")))

    async def _way(
        self,
        head: AppHead,
        who: User | Group,
        role: str,
        before: Assignment | None,
        *,
        nested: bool,
    ) -> Way:
        kind = Kind.USER if isinstance(who, User) else Kind.GROUP
        asked = Assignment(head.id, kind, who.id, role, nested)
        groups = {who.id} if kind is Kind.GROUP else set()
        if nested:
            groups |= set(await self._desk.work.ledger.groups_below([who.id]))
        known = head.stored.application.role(role)
        called = known.display_name if known is not None else Grant().role_name
        return Way(asked, before, who.display_name or who.id, called, frozenset(groups))

    async def _effect(self, head: AppHead, asked: Asked) -> JoinEffect:
        """Look at everybody whom the assignments reach, or reached until now."""
        work, effect = self._desk.work, JoinEffect(asked.ways)
        rules = await work.rules(head.id)

        def judge(facts: Facts) -> None:
            effect.judge(facts, rules)

        chosen = {
            kind: [one for one in asked.ways if one.asked.principal_kind is kind] for kind in Kind
        }
        reached = {group for one in asked.ways for group in one.groups}
        nested = [one.asked.principal_id for one in asked.ways if one.before and one.before.nested]
        if nested:
            reached |= set(await work.ledger.groups_below(nested))
        effect.reached = await work.directory.people_in(reached)
        unasked = EVERYBODY if effect.reached <= EVERYBODY else SOME
        most = LOOKED_AT if asked.whole else unasked
        whole = await look_at(
            work,
            rules,
            judge,
            people=[one.asked.principal_id for one in chosen[Kind.USER]],
            groups=[one.asked.principal_id for one in chosen[Kind.GROUP]],
            members_of=reached,
            most=most,
            memberships=True,
        )
        effect.all_looked_at = whole or effect.reached <= most
        return effect

    async def _check(self, visit: Visit, head: AppHead, asked: Asked) -> None:
        """Raise ``BadInput`` where what was shown does not hold any more."""
        configuration, form = self._desk.work.configuration, visit.form
        await check_unchanged(configuration, head.stored, whole_number(form.get("version", "")))
        seen = _seen(visit, asked)
        for one in asked.ways:
            if one.before not in (one.asked, seen.get(one.asked.principal_id)):
                raise await self._meanwhile(head, one, seen.get(one.asked.principal_id))
        await check_seen(
            form.get("at", ""), form.get("loses", ""), lambda: self._effect(head, asked)
        )

    async def _meanwhile(
        self, head: AppHead, one: Way, seen: Assignment | None
    ) -> ChangedMeanwhile:
        """Return who changed an assignment since somebody looked, and to what."""
        who = one.asked.principal_id
        past = await self._desk.work.directory.past(who, app_id=head.id, limit=_PAST)
        last = next((each for each in past if each.subject is Subject.ASSIGNMENT), None)
        was, now = _told(head, seen), _told(head, one.before)
        line = f"{one.name}: {was} → {now}"
        return ChangedMeanwhile(last.actor if last else "", last.at if last else None, [line])

    async def _page(
        self,
        visit: Visit,
        head: AppHead,
        asked: Asked,
        code: int = 200,
        error: BadInput | None = None,
    ) -> Response:
        effect = await self._effect(head, asked)
        query, settings = visit.request.query_params, settings_of(head.stored)
        show = next((one for one in Comes if one == query.get("show")), effect.shown_first)
        lines = sorted(effect.people[show], key=lambda one: (one.name.casefold(), one.id))
        pages = max(1, -(-len(lines) // ON_A_PAGE))
        page = min(max(1, whole_number(query.get("page", ""))), pages)

        def address(comes: Comes, at: int = 1, *, whole: bool = asked.whole) -> str:
            more = {"show": comes.value, **({"page": str(at)} if at > 1 else {})}
            return looking_address([one.asked for one in asked.ways], whole=whole, **more)

        return self._desk.templates.page(
            "assignment_begin.html",
            code,
            visit=visit,
            head=head,
            name=asked.name,
            ways=[
                (one.asked.principal_id, visible(one.name, 80), _told(head, one.before), one.before)
                for one in asked.ways
            ],
            role=_role_name(head, asked.ways[0].asked.role_id),
            nested=any(one.asked.nested for one in asked.ways),
            effect=effect,
            tiles=effect.tiles(address, show),
            show=show.value,
            lines=lines[(page - 1) * ON_A_PAGE : page * ON_A_PAGE],
            count=len(lines),
            begins=(page - 1) * ON_A_PAGE + 1,
            newer=address(show, page - 1) if page > 1 else "",
            older=address(show, page + 1) if page < pages else "",
            whole="" if asked.whole else address(show, whole=True),
            action=address(show, page),
            was=[_code(one.before) for one in asked.ways],
            at=int(utc_now().timestamp()),
            everybody=settings.scope == "all",
            on=settings.status == "on",
            error=error,
        )


def check_number(ids: Sequence[str]) -> None:
    """Raise ``InvalidValue`` where one form names more than it may."""
    if len(ids) > MOST_CHOSEN:
        raise InvalidValue(
            _("Choose at most %(most)s people and groups at once.") % {"most": MOST_CHOSEN}
        )


def check_role(application: Application, role: str) -> None:
    """Raise ``InvalidValue`` for a role that the app does not offer."""
    if role not in {DEFAULT_ACCESS, *(one.id for one in application.roles if one.enabled)}:
        raise InvalidValue(_("Choose a role that the app offers."))


def role_words(role: AppRole | None) -> str:
    """Return what a role is called; none is the one that every app has."""
    return role.display_name if role is not None else _("Default access")


def assignments_of_app(app_id: str) -> str:
    """Return the address of who is assigned to an app."""
    return f"/apps/{quote(app_id, safe='')}/assignments"


def looking_address(asked: Sequence[Assignment], *, whole: bool = False, **more: str) -> str:
    """Return the address that shows what assignments would do, all in one role."""
    first, *others = asked
    query = [
        *(("also", one.principal_id) for one in others),
        ("role", first.role_id),
        *([("nested", "1")] if any(one.nested for one in asked) else []),
        *([("whole", "1")] if whole else []),
        *more.items(),
    ]
    place = f"{assignments_of_app(first.app_id)}/{quote(first.principal_id, safe='')}/add"
    return f"{place}?{urlencode(query)}"


def _role_name(head: AppHead, role: str) -> str:
    return visible(role_words(head.stored.application.role(role)), 80)


def _told(head: AppHead, one: Assignment | None) -> str:
    """Return an assignment in words; nothing stands for none."""
    if one is None:
        return _("not assigned")
    role = _role_name(head, one.role_id)
    return _("%(role)s, also of groups inside") % {"role": role} if one.nested else role


def _code(one: Assignment | None) -> str:
    return "" if one is None else f"{one.role_id}:{int(one.nested)}"


def _seen(visit: Visit, asked: Asked) -> Mapping[str, Assignment | None]:
    """Return the assignments as the form says that they were shown, by person or group."""
    found: dict[str, Assignment | None] = {}
    for way, code in zip(asked.ways, visit.chosen("was"), strict=False):
        role, _colon, nested = code[:300].rpartition(":")
        one = way.asked
        seen = Assignment(one.app_id, one.principal_kind, one.principal_id, role, nested == "1")
        found[one.principal_id] = seen if role else None
    return found
