"""The page of who is assigned to an app: people and groups, with their roles.

After sign-in. It changes assignments through the directory, with audit; who has access by
them is the walk's decision. What an assignment does to an app that is on is shown before it
is saved: by ``assigning`` where one begins, here where one ends.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from seatkeeper.clock import utc_now
from seatkeeper.configuration.applying import settings_of
from seatkeeper.console.app_head import AppHead, app_head
from seatkeeper.console.desk import Desk
from seatkeeper.console.doors import SEE_OTHER, Doors
from seatkeeper.console.language import _
from seatkeeper.console.pages.assigning import (
    MOST_CHOSEN,
    assignments_of_app,
    check_number,
    check_role,
    looking_address,
    role_words,
)
from seatkeeper.console.reaching import look_at
from seatkeeper.console.seen_before import check_seen
from seatkeeper.console.views.assignments import (
    AssignedRow,
    LeaveEffect,
    assigned_row,
    candidate_group,
    candidate_person,
)
from seatkeeper.console.visit import Visit
from seatkeeper.console.words import visible
from seatkeeper.directory.finding import PeopleQuery
from seatkeeper.directory.model import DEFAULT_ACCESS, Assignment, Group, Kind, User
from seatkeeper.errors import BadInput, InvalidValue, NotFound
from seatkeeper.provisioning.journal import Whereabouts
from seatkeeper.provisioning.mapping.evaluate import access_without_record
from seatkeeper.provisioning.walk import Facts

ON_A_PAGE: Final = 50
FOUND: Final = 8
"""So many groups and so many people are offered at once; whoever is not there is typed further."""

LOOKED_AT: Final = 20_000
AT_FIRST: Final = 150
"""How many members are looked at before an assignment ends: when asked, unasked."""

NOWHERE: Final = Whereabouts()


class AssignmentPages:
    """Who is assigned to an app."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages."""
        place = "/apps/{app}/assignments"
        return [
            doors.route("GET", place, self.list),
            doors.route("POST", place, self.add),
            doors.route("GET", f"{place}/part", self.found, bare=True),
            doors.route("GET", f"{place}/{{principal}}/remove", self.leaving),
            doors.route("POST", f"{place}/{{principal}}/remove", self.remove),
        ]

    async def list(self, visit: Visit) -> Response:
        """List who is assigned, through which role."""
        return await self._list(visit, await self._head(visit))

    async def add(self, visit: Visit) -> Response:
        """Assign people and groups; while the app is on, show first what that does."""
        head = await self._head(visit)
        try:
            asked = await self._chosen(visit, head)
        except BadInput as error:
            return await self._list(visit, head, 422, error)
        if settings_of(head.stored).status == "on":
            return RedirectResponse(looking_address(asked), SEE_OTHER)
        try:
            await self._desk.work.directory.assign_as_seen(asked, actor=visit.administrator.email)
        except BadInput as error:
            return await self._list(visit, head, 422, error)
        return RedirectResponse(f"{_address(head)}?saved=1", SEE_OTHER)

    async def found(self, visit: Visit) -> Response:
        """List whom one may assign while somebody types."""
        head = await self._head(visit)
        return self._desk.templates.page("assignments_found.html", visit=visit,
                                         **await self._candidates(visit, head))  # fmt: skip

    async def leaving(self, visit: Visit) -> Response:
        """Say who would lose access, before an assignment ends. Raises ``NotFound``."""
        head = await self._head(visit)
        return await self._end(visit, head, await self._assignment(visit, head))

    async def remove(self, visit: Visit) -> Response:
        """End an assignment, unless that would take something away that was not shown.

        Whoever loses access by it is planned by the next cycle.
        """
        head = await self._head(visit)
        principal, form = visit.request.path_params["principal"], visit.form
        given = await self._given(visit, head)
        if given is not None:  # else it was pressed twice
            most = _most(visit)
            try:
                await check_seen(
                    form.get("at", ""),
                    form.get("loses", ""),
                    lambda: self._effect(head, given, most),
                )
            except BadInput as error:
                return await self._end(visit, head, given, 422, error)
        await self._desk.work.directory.unassign(
            head.id, principal, actor=visit.administrator.email
        )
        return RedirectResponse(f"{_address(head)}?saved=1", SEE_OTHER)

    async def _end(
        self,
        visit: Visit,
        head: AppHead,
        one: Assignment,
        code: int = 200,
        error: BadInput | None = None,
    ) -> Response:
        who = await self._who([one])
        role = head.stored.application.role(one.role_id)
        return self._desk.templates.page(
            "assignment_end.html",
            code,
            visit=visit,
            head=head,
            row=assigned_row(one, who.get(one.principal_id), role_words(role), NOWHERE, None, {}),
            effect=await self._effect(head, one, _most(visit)),
            whole=_whole(visit),
            at=int(utc_now().timestamp()),
            on=settings_of(head.stored).status == "on",
            error=error,
        )

    async def _head(self, visit: Visit) -> AppHead:
        return await app_head(self._desk, visit.request.path_params["app"])

    async def _chosen(self, visit: Visit, head: AppHead) -> Sequence[Assignment]:
        """Return the assignments a form asks for. Raises ``NotFound`` or ``InvalidValue``."""
        named = list(dict.fromkeys(visit.chosen("principal"))) or [""]
        check_number(named)
        role = visit.form.get("role", DEFAULT_ACCESS)
        nested = bool(visit.form.get("nested"))
        found = {}
        for one in named:
            kind, principal = await self._named(one)
            inside = nested and kind is Kind.GROUP
            found[principal] = Assignment(head.id, kind, principal, role, inside)
        check_role(head.stored.application, role)
        return list(found.values())

    async def _named(self, principal: str) -> tuple[Kind, str]:
        """Return whom a form names. Raises ``NotFound`` or ``InvalidValue`` in words."""
        directory, (kind, colon, name) = self._desk.work.directory, principal.partition(":")
        if not (colon and name and kind in ("user", "group")):
            raise InvalidValue(
                _("Nobody was chosen."),
                advice=_("Search for a group or a person, then choose one of those found."),
            )
        if kind == "user":
            return Kind.USER, (await directory.user(name[:300])).id
        return Kind.GROUP, (await directory.group(name[:300])).id

    async def _candidates(self, visit: Visit, head: AppHead) -> dict[str, object]:
        """Return whom one may assign: who was ticked so far, and who is called as was typed."""
        query, form = visit.request.query_params, visit.form
        text = (form.get("find") or query.get("find", ""))[:200].strip()
        ticked = [*visit.chosen("principal"), *query.getlist("principal")][:MOST_CHOSEN]
        ids = [one.partition(":")[2] for one in ticked]
        directory = self._desk.work.directory
        groups = {**(await directory.groups(ids) if ids else {})}
        people = {**(await directory.users(ids) if ids else {})}
        kept = {*groups, *people}
        more = False
        if text:
            some = (await directory.find_groups(text, limit=FOUND)).groups
            others = (await directory.find_people(PeopleQuery(text), limit=FOUND)).people
            more = FOUND in (len(some), len(others))
            groups |= {one.id: one for one in some}
            people |= {one.id: one for one in others}
        given = await directory.assignments_of([*groups, *people]) if groups or people else []
        assigned = {one.principal_id for one in given if one.app_id == head.id}
        members = await directory.member_counts(list(groups)) if groups else {}
        every = [
            *(candidate_group(one, members[one.id], assigned=one.id in assigned)
              for one in groups.values()),
            *(candidate_person(one, assigned=one.id in assigned) for one in people.values()),
        ]  # fmt: skip
        return {
            "find": text,
            "kept": [one for one in every if one.id in kept],
            "found": [one for one in every if one.id not in kept],
            "alone": len(every) == 1,
            "more": more,
        }

    async def _assignment(self, visit: Visit, head: AppHead) -> Assignment:
        """Return the assignment of the address. Raises ``NotFound``."""
        given = await self._given(visit, head)
        if given is None:
            raise NotFound(
                _("This assignment is not there any more."),
                advice=_("Look at who is assigned now."),
            )
        return given

    async def _given(self, visit: Visit, head: AppHead) -> Assignment | None:
        principal = visit.request.path_params["principal"]
        given = await self._desk.work.directory.assignments_of([principal])
        return next((one for one in given if one.app_id == head.id), None)

    async def _effect(self, head: AppHead, one: Assignment, most: int) -> LeaveEffect:
        work, effect = self._desk.work, LeaveEffect()
        rules = await work.rules(head.id)

        def judge(facts: Facts) -> None:
            effect.judge(facts, one.principal_id, rules)

        if one.principal_kind is Kind.USER:
            await look_at(work, rules, judge, people=[one.principal_id], most=most)
            return effect
        groups: Collection[str] = [one.principal_id]
        if one.nested:
            groups = await work.ledger.groups_below(groups)
        effect.all_looked_at = await look_at(
            work, rules, judge, groups=groups, members_of=groups, most=most
        )
        return effect

    async def _who(self, page: Sequence[Assignment]) -> Mapping[str, User | Group]:
        directory, ids = self._desk.work.directory, [one.principal_id for one in page]
        return {**await directory.users(ids), **await directory.groups(ids)}

    async def _rows(self, head: AppHead, page: Sequence[Assignment]) -> Sequence[AssignedRow]:
        """Return assignments as lines, each with where it stands in the app."""
        ledger, rules = self._desk.work.ledger, await self._desk.work.rules(head.id)
        who, off = await self._who(page), access_without_record(rules.users)
        here: dict[str, Whereabouts] = {}
        facts: dict[str, Facts] = {}
        for kind in Kind:
            ids = [one.principal_id for one in page if one.principal_kind is kind]
            for record, apps in (await ledger.whereabouts(kind, ids)).items():
                here[record] = apps.get(head.id, NOWHERE)
            if kind is Kind.USER:
                facts = {one.record_id: one for one in await ledger.facts(head.id, kind, ids)}
        return [
            assigned_row(
                one,
                who.get(one.principal_id),
                role_words(head.stored.application.role(one.role_id)),
                here.get(one.principal_id, NOWHERE),
                facts.get(one.principal_id),
                off,
            )
            for one in page
        ]

    async def _list(
        self, visit: Visit, head: AppHead, code: int = 200, error: BadInput | None = None
    ) -> Response:
        directory = self._desk.work.directory
        after = visit.request.query_params.get("after", "")
        found = list(await directory.assignments(head.id, after=after, limit=ON_A_PAGE + 1))
        page = found[:ON_A_PAGE]
        settings, form = settings_of(head.stored), visit.form
        return self._desk.templates.page(
            "assignments.html",
            code,
            visit=visit,
            head=head,
            rows=await self._rows(head, page),
            older=f"{_address(head)}?after={quote(page[-1].principal_id)}"
            if len(found) > ON_A_PAGE
            else "",
            first=_address(head) if after else "",
            everybody=settings.scope == "all",
            excludes=settings.exclude_default_access and head.stored.application.has_own_roles,
            roles=[
                *[
                    (one.id, visible(one.display_name, 80))
                    for one in head.stored.application.roles
                    if one.enabled
                ],
                (DEFAULT_ACCESS, _("Default access")),
            ],
            form=form,
            error=error,
            saved="saved" in visit.request.query_params,
            **await self._candidates(visit, head),
        )


def _whole(visit: Visit) -> bool:
    return "whole" in visit.request.query_params


def _most(visit: Visit) -> int:
    return LOOKED_AT if _whole(visit) else AT_FIRST


def _address(head: AppHead) -> str:
    return assignments_of_app(head.id)
