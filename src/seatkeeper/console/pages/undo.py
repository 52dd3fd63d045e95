"""The page on which a cycle is taken back: what its undo would do, and the button that does it.

After sign-in. It does what ``plan APP --undo`` and ``run APP --undo`` do: the plan
is kept like any other, and carried out as an order. The engine reads every account
once more, so what was changed since the plan stays as it is, and the deletion guard
counts what is taken away.
"""

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from seatkeeper.clock import utc_now
from seatkeeper.console.app_head import AppHead, app_head
from seatkeeper.console.desk import Desk
from seatkeeper.console.doors import SEE_OTHER, Doors
from seatkeeper.console.language import _
from seatkeeper.console.plan_looking import carried_out_by, page_of_plan
from seatkeeper.console.visit import Visit
from seatkeeper.engine.asking import ask_to_run
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.errors import BadInput, InvalidValue, NotFound
from seatkeeper.ports.plans import KeptPlan, PlanState
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.provisioning.preview import Outlook


class UndoPages:
    """Taking back what one cycle wrote."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self, doors: Doors) -> list[Route]:
        """Return the routes of these pages."""
        address = "/apps/{app}/cycles/{n}/undo"
        return [
            doors.route("GET", address, self.show),
            doors.route("POST", address, self.make),
            doors.route("POST", f"{address}/{{plan}}/apply", self.carry_out),
        ]

    async def show(self, visit: Visit) -> Response:
        """Show the newest plan of the undo, or how to make one."""
        head, cycle = await self._cycle(visit)
        plan = await self._desk.planning.newest(head.id, undoes=cycle.id)
        return await self._show(visit, head, cycle, plan)

    async def make(self, visit: Visit) -> Response:
        """Begin to plan the undo."""
        head, cycle = await self._cycle(visit)
        await self._desk.planning.begin(
            head.stored,
            lambda: self._desk.work.preview_undo(head.id, cycle.id),
            actor=visit.administrator.email,
            undoes=cycle.id,
        )
        return _to(head, cycle)

    async def carry_out(self, visit: Visit) -> Response:
        """Order the undo, once for each plan of it."""
        head, cycle = await self._cycle(visit)
        number = visit.request.path_params["plan"]
        try:
            async with self._desk.planning.turn:
                plan = await self._desk.planning.numbered(head.id, number)
                await self._order(visit, head, cycle, plan)
        except BadInput as error:
            newest = await self._desk.planning.newest(head.id, undoes=cycle.id)
            return await self._show(visit, head, cycle, newest, 422, error)
        return _to(head, cycle)

    async def _cycle(self, visit: Visit) -> tuple[AppHead, Cycle]:
        """Return the app and the cycle of the address.

        Raises ``NotFound`` where it is not kept, ``InvalidValue`` where it has not ended.
        """
        head = await app_head(self._desk, visit.request.path_params["app"])
        cycle = await self._desk.work.ledger.cycle_named(head.id, visit.request.path_params["n"])
        if cycle is None:
            raise NotFound(
                _("There is no such cycle, or it is not kept any more."),
                advice=_("Choose one from the list of cycles."),
            )
        if not cycle.finished:
            raise InvalidValue(
                _("Cycle %(number)s has not ended, so it cannot be undone yet.")
                % {"number": cycle.number},
                advice=_("Let it end first."),
            )
        return head, cycle

    async def _order(self, visit: Visit, head: AppHead, cycle: Cycle, plan: KeptPlan) -> None:
        """Place the order. Raises ``BadInput`` that says why not."""
        if plan.undoes != cycle.id or plan.state is not PlanState.READY:
            raise InvalidValue(_("This plan is not ready."), advice=_("Make a new one."))
        if plan.order_id is not None:
            raise InvalidValue(
                _("This plan was carried out already."),
                advice=_("Make a new one to see what is left."),
            )
        counters = plan.counters or {}
        waits = counters.get(Outlook.HOLD.value, 0)
        if not waits and not any(counters.get(one.value) for one in Outlook if one.does_something):
            raise InvalidValue(_("There is nothing to carry out in this plan."))
        actor = visit.administrator.email
        order = await ask_to_run(
            self._desk.work.ledger, head.id, Wish(undo=cycle.id), actor=actor, now=utc_now()
        )
        await self._desk.work.plans.carried_out(plan, order)
        asked = {"cycle": cycle.number, "plan": plan.number, "digest": plan.action_digest}
        await self._desk.work.configuration.record_decision(actor, "cycle.undo", head.id, asked)

    async def _show(
        self,
        visit: Visit,
        head: AppHead,
        cycle: Cycle,
        plan: KeptPlan | None,
        code: int = 200,
        error: BadInput | None = None,
    ) -> Response:
        if plan is None or plan.state is not PlanState.READY:
            making = plan is not None and self._desk.planning.is_making(plan)
            failed = ""
            if plan is not None and not making:
                failed = plan.message or _("The server stopped while this plan was made.")
            return self._desk.templates.page(
                "undo_none.html",
                code,
                visit=visit,
                head=head,
                cycle=cycle,
                error=error,
                making=making,
                failed=failed,
                revision=plan.number if plan is not None else 0,
            )
        order, ran = await carried_out_by(self._desk, plan)
        return self._desk.templates.page(
            "undo.html",
            code,
            visit=visit,
            head=head,
            page=await page_of_plan(self._desk, visit, head, plan, undone=cycle.number),
            error=error,
            order=order,
            ran=ran,
        )


def _to(head: AppHead, cycle: Cycle) -> Response:
    return RedirectResponse(f"/apps/{head.id}/cycles/{cycle.number}/undo", SEE_OTHER)
