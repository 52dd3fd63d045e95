"""Plans that somebody asked for: made beside the request, and kept when they are ready.

Beside the pages. A plan asks the app, which may take long, so a page waits a
moment and then says that it is being made. Which plans there are, and what they
say, is kept by ``ports.plans``; here is only what is being made right now.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from seatkeeper.clock import utc_now
from seatkeeper.console.language import _
from seatkeeper.errors import NotFound, SeatkeeperError
from seatkeeper.facts.forecast import load_of_plan
from seatkeeper.facts.workplace import Workplace
from seatkeeper.ports import StoredApp
from seatkeeper.ports.plans import KeptPlan, PlanState, Proposal
from seatkeeper.provisioning.preview import Preview

WAITS: Final = 1.0
"""Seconds that whoever asked for a plan waits for it before a page says that it is being made."""

_log = structlog.get_logger(__name__)


@dataclass
class PlanMaker:
    """Makes plans, one at a time for each app and each cycle that is to be taken back.

    Those for people who were named are each made for themselves.
    ``turn``: of two who press at once, the second reads what the first did.
    """

    work: Workplace
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _making: list[tuple[KeptPlan, asyncio.Task[None]]] = field(default_factory=list)

    async def begin(
        self,
        stored: StoredApp,
        make: Callable[[], Awaitable[Preview]],
        *,
        actor: str,
        undoes: str = "",
        kind: str = "",
        proposal: Proposal | None = None,
    ) -> KeptPlan:
        """Begin to make a plan, unless the same one is being made; wait a moment for it.

        ``kind`` is that of a plan for people who were named, ``proposal`` the settings that a plan
        is made for and nobody saved: no two of these are the same.
        """
        app_id = stored.application.id
        async with self.turn:
            for other in self._made_now():
                same = (other.app_id, other.undoes, other.kind) == (app_id, undoes, "")
                if not kind and proposal is None and other.proposal is None and same:
                    return other
            plan = await self.work.plans.begin(
                app_id,
                actor=actor,
                version=stored.version,
                now=utc_now(),
                undoes=undoes,
                kind=kind,
                proposal=proposal,
            )
            task = asyncio.create_task(self._made(plan, make))
            self._making.append((plan, task))
        await asyncio.wait([task], timeout=WAITS)
        return plan

    async def newest(self, app_id: str, *, undoes: str = "") -> KeptPlan | None:
        """Return the newest plan, or none."""
        kept = await self.work.plans.newest(app_id, undoes=undoes, limit=1)
        return kept[0] if kept else None

    async def numbered(self, app_id: str, number: str) -> KeptPlan:
        """Return the plan that an address names. Raises ``NotFound``."""
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            raise NotFound(_("There is no such plan."), advice=_("Make a new one."))
        return await self.work.plans.plan(app_id, int(number))

    def is_making(self, plan: KeptPlan) -> bool:
        """Whether this plan is being made; one that was not ready when a server ended is not."""
        made_now = {(one.app_id, one.number) for one in self._made_now()}
        return plan.state is PlanState.MAKING and (plan.app_id, plan.number) in made_now

    def _made_now(self) -> list[KeptPlan]:
        """Return the plans that are being made, and forget those that are not any more."""
        self._making = [(plan, task) for plan, task in self._making if not task.done()]
        return [plan for plan, _task in self._making]

    async def _made(self, plan: KeptPlan, make: Callable[[], Awaitable[Preview]]) -> None:
        try:
            preview = await make()
            load = await load_of_plan(self.work, preview)
            await self.work.plans.finish(plan, preview, load)
        except SeatkeeperError as error:
            await self.work.plans.fail(plan, f"{error.message} {error.advice}".strip())
        except Exception:  # a fault of ours: whoever waits for the plan reads so, and it goes on up
            _log.exception("plan.failed", app=plan.app_id, plan=plan.number)
            await self.work.plans.fail(plan, _("Seatkeeper failed while it made this plan."))
            raise
