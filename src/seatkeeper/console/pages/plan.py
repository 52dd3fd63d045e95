"""The pages of plans: make one, look at it by cause and by person, carry it out.

After sign-in. A plan asks the app, so it is made beside the request and the page
waits for it; it is kept record by record, and carried out as an order that
sends what was reviewed and nothing else.
"""

from typing import Final
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from seatkeeper.clock import utc_now
from seatkeeper.configuration.applying import settings_of
from seatkeeper.configuration.meanwhile import check_unchanged
from seatkeeper.console.app_head import AppHead, app_head
from seatkeeper.console.desk import Desk
from seatkeeper.console.doors import SEE_OTHER, Doors
from seatkeeper.console.language import _
from seatkeeper.console.plan_looking import carried_out_by, changed_since, page_of_plan
from seatkeeper.console.proposing import begin_proposal, save_proposal, still_as_shown, was_saved
from seatkeeper.console.views.plan import STALE_AFTER, stale_words
from seatkeeper.console.visit import Visit
from seatkeeper.directory.model import Kind
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.engine.runner import order_of
from seatkeeper.errors import BadInput, InvalidValue, NotFound
from seatkeeper.ports.plans import KeptPlan, PlanState
from seatkeeper.provisioning.cycle import CycleKind
from seatkeeper.provisioning.journal import OrderVerb
from seatkeeper.provisioning.preview import Outlook, PlannedRecord

MOST_NAMED: Final = 50
"""So many people and groups are provisioned on demand at once."""

_PAGE: Final = 1_000


class PlanPages:
    """What the next cycle of an app would do."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages."""
        every = "/apps/{app}/plan"
        return [
            doors.route("GET", every, self.newest),
            doors.route("POST", every, self.make),
            doors.route("GET", "/apps/{app}/on-demand", self.whom),
            doors.route("POST", "/apps/{app}/on-demand", self.make_for),
            doors.route("GET", f"{every}/{{plan}}", self.show),
            doors.route("POST", f"{every}/{{plan}}/apply", self.carry_out),
            doors.route("POST", f"{every}/{{plan}}/again", self.propose_again),
            doors.route("POST", f"{every}/{{plan}}/save", self.save),
        ]

    async def newest(self, visit: Visit) -> Response:
        """Show the newest plan, or how to make one."""
        head = await app_head(self._desk, visit.request.path_params["app"])
        kept = await self._desk.planning.newest(head.id)
        if kept is not None:
            return await self._show(visit, head, kept)
        return self._desk.templates.page(
            "plan_none.html", visit=visit, head=head, making=False, failed="", revision=0, back=""
        )

    async def make(self, visit: Visit) -> Response:
        """Begin to make a plan; one at a time for each app."""
        head = await app_head(self._desk, visit.request.path_params["app"])
        await self._begin(visit, head, Wish())
        return RedirectResponse(_address(head), SEE_OTHER)

    async def whom(self, visit: Visit) -> Response:
        """Ask for whom a plan is to be made."""
        head = await app_head(self._desk, visit.request.path_params["app"])
        return self._whom(visit, head)

    async def make_for(self, visit: Visit) -> Response:
        """Begin to make a plan for the people and groups who are named, and nobody else."""
        head = await app_head(self._desk, visit.request.path_params["app"])
        try:
            wish = await self._wish(visit.form.get("who", ""))
        except BadInput as error:
            return self._whom(visit, head, 422, error)
        plan = await self._begin(visit, head, wish, CycleKind.ON_DEMAND)
        return RedirectResponse(f"{_address(head)}/{plan.number}", SEE_OTHER)

    def _whom(
        self, visit: Visit, head: AppHead, code: int = 200, error: BadInput | None = None
    ) -> Response:
        who = visit.form.get("who", visit.request.query_params.get("who", ""))[:20_000]
        return self._desk.templates.page(
            "on_demand.html", code, visit=visit, head=head, who=who, error=error, most=MOST_NAMED
        )

    async def _wish(self, text: str) -> Wish:
        """Return whom lines name. Raises ``BadInput`` for nobody, too many, or a strange name."""
        names = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
        if not names or len(names) > MOST_NAMED:
            raise InvalidValue(
                _("Name 1 to %(most)s people and groups.") % {"most": MOST_NAMED},
                advice=_("Write each on a line of its own."),
            )
        users, groups = [], []
        for name in names:
            try:
                users.append((await self._desk.work.known(Kind.USER, name[:300]))[0])
            except NotFound as nobody:
                try:
                    groups.append((await self._desk.work.known(Kind.GROUP, name[:300]))[0])
                except NotFound:
                    raise nobody from None
        return Wish(users=tuple(users), groups=tuple(groups))

    async def _begin(self, visit: Visit, head: AppHead, wish: Wish, kind: str = "") -> KeptPlan:
        return await self._desk.planning.begin(
            head.stored,
            lambda: self._desk.work.preview(head.id, wish),
            actor=visit.administrator.email,
            kind=kind,
        )

    async def show(self, visit: Visit) -> Response:
        """Show a plan that is kept."""
        head = await app_head(self._desk, visit.request.path_params["app"])
        return await self._show(visit, head, await self._plan(visit, head))

    async def carry_out(self, visit: Visit) -> Response:
        """Order what the plan says. Whoever would get something else by now is left alone."""
        head = await app_head(self._desk, visit.request.path_params["app"])
        plan = await self._plan(visit, head)
        try:
            async with self._desk.planning.turn:
                await self._order(visit, head, await self._plan(visit, head))
        except BadInput as error:
            return await self._show(visit, head, plan, 422, error)
        return RedirectResponse(f"{_address(head)}/{plan.number}", SEE_OTHER)

    async def propose_again(self, visit: Visit) -> Response:
        """Begin another plan for the settings that one was made for, in its place."""
        head = await app_head(self._desk, visit.request.path_params["app"])
        plan = await self._plan(visit, head)
        try:
            if plan.proposal is None:
                raise InvalidValue(_("There is nothing to save here."))
            configuration = self._desk.work.configuration
            await check_unchanged(configuration, head.stored, plan.settings_version)
            new = await begin_proposal(self._desk, visit, head.stored, plan.proposal)
        except BadInput as error:
            return await self._show(visit, head, plan, 422, error)
        return RedirectResponse(f"{_address(head)}/{new.number}", SEE_OTHER)

    async def save(self, visit: Visit) -> Response:
        """Save the settings that a plan was made for, unless more is taken away by now."""
        head = await app_head(self._desk, visit.request.path_params["app"])
        plan = await self._plan(visit, head)
        try:
            changed = await changed_since(self._desk, plan)
            if changed and _fresh(head, plan) and await still_as_shown(self._desk, plan):
                changed = 0
            async with self._desk.planning.turn:
                stale = stale_words(plan, utc_now(), changed, settings_changed=False)
                stored = await self._desk.work.configuration.app(head.id)
                if not was_saved(stored, plan):  # it was pressed twice
                    await save_proposal(self._desk, visit, plan, stale)
        except BadInput as error:
            return await self._show(visit, head, plan, 422, error)
        page = plan.proposal.page if plan.proposal is not None else "plan"
        return RedirectResponse(f"/apps/{quote(head.id, safe='')}/{page}?saved=1", SEE_OTHER)

    async def _plan(self, visit: Visit, head: AppHead) -> KeptPlan:
        """Return the plan of the address. Raises ``NotFound``, also for one of an undo."""
        number = visit.request.path_params["plan"]
        plan = await self._desk.planning.numbered(head.id, number)
        if plan.undoes:
            raise NotFound(
                _("Plan %(number)s takes a cycle back.") % {"number": number},
                advice=_("See it on the page of that cycle."),
            )
        return plan

    async def _order(self, visit: Visit, head: AppHead, plan: KeptPlan) -> None:
        """Place the order. Raises ``BadInput`` that says why not."""
        if plan.state is not PlanState.READY:
            raise InvalidValue(_("This plan is not ready."), advice=_("Make a new one."))
        if plan.proposal is not None:
            raise InvalidValue(
                _("This plan is that of a change that is not saved."),
                advice=_("Save the change; the app is brought in step then."),
            )
        if plan.order_id is not None:
            raise InvalidValue(
                _("This plan was carried out already."),
                advice=_("Make a new one to see what is left."),
            )
        deletes = (plan.counters or {}).get(Outlook.DELETE.value, 0)
        if deletes and visit.form.get("typed", "").strip() != head.name:
            raise InvalidValue(
                _("This plan deletes accounts, which can't be undone."),
                advice=_("Type the app's name, %(name)s, to carry it out.") % {"name": head.name},
            )
        records: list[PlannedRecord] = []
        after = -1
        while page := await self._desk.work.plans.records(plan, after=after, limit=_PAGE):
            records += [one for _place, one in page if one.verb.does_something]
            after = page[-1][0]
        if not records:
            raise InvalidValue(_("There is nothing to carry out in this plan."))
        order = await self._desk.work.ledger.place_order(
            head.id,
            OrderVerb.RUN,
            order_of(Wish(reviewed=tuple(records))),
            actor=visit.administrator.email,
            now=utc_now(),
        )
        await self._desk.work.plans.carried_out(plan, order)

    async def _named(self, plan: KeptPlan) -> str:
        """Return whom a plan on demand is about, as they are asked for again."""
        found = await self._desk.work.plans.records(plan, limit=MOST_NAMED)
        return "\n".join(record.record_id for _place, record in found)

    async def _show(
        self,
        visit: Visit,
        head: AppHead,
        plan: KeptPlan,
        code: int = 200,
        error: BadInput | None = None,
    ) -> Response:
        making = self._desk.planning.is_making(plan)
        if plan.state is not PlanState.READY:
            failed = plan.message or _("The server stopped while this plan was made.")
            return self._desk.templates.page(
                "plan_none.html",
                visit=visit,
                head=head,
                making=making,
                failed="" if making else failed,
                revision=plan.number,
                back=plan.proposal.page if plan.proposal is not None else "",
            )
        page = await page_of_plan(self._desk, visit, head, plan)
        order, cycle = await carried_out_by(self._desk, plan)
        return self._desk.templates.page(
            "plan.html",
            code,
            visit=visit,
            head=head,
            page=page,
            whom=await self._named(plan) if page.named else "",
            error=error,
            order=order,
            cycle=cycle,
            on=settings_of(head.stored).status == "on",
            proposal=plan.proposal,
            in_force=was_saved(head.stored, plan),
            moved=head.stored.version != plan.settings_version,
            looks_again=_fresh(head, plan),
        )


def _fresh(head: AppHead, plan: KeptPlan) -> bool:
    """Whether a plan is stale by nothing else than by people who changed."""
    young = utc_now() - plan.at <= STALE_AFTER
    return young and head.stored.version == plan.settings_version


def _address(head: AppHead) -> str:
    return f"/apps/{quote(head.id, safe='')}/plan"
