"""One cycle of one app, and the engine that runs cycles as they fall due.

Joins the engine with the database, its leases and the apps. When and what is
decided by the engine.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from seatkeeper.bootstrap.apps import Apps
from seatkeeper.bootstrap.housekeeping import Housekeeping
from seatkeeper.bootstrap.messages import Messages
from seatkeeper.clock import uptime, utc_now
from seatkeeper.engine.context import AppContext
from seatkeeper.engine.cycle_runner import Wish, run_cycle
from seatkeeper.engine.giving_way import GivingWay, Turn
from seatkeeper.engine.holding import Holder
from seatkeeper.engine.runner import AT_ONCE, EngineRunner
from seatkeeper.ports import StoredApp
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.provisioning.rules import Rules
from seatkeeper.store.database import Database
from seatkeeper.store.leases import FencedDatabase
from seatkeeper.store.ledger import SqlLedger


@dataclass(frozen=True)
class Running:
    """Runs cycles on one database; ``holder`` knows which apps this process may work for."""

    database: Database
    ledger: SqlLedger
    holder: Holder
    apps: Apps
    messages: Messages
    housekeeping: Housekeeping
    way: GivingWay = field(default_factory=lambda: GivingWay(uptime))

    async def run_app(
        self,
        app_id: str,
        wish: Wish,
        watch: Callable[[Cycle], None],
        stopping: Callable[[], bool],
    ) -> Cycle:
        """Run one cycle of an app, or go on with the one that is open."""
        with self.way.awaited(app_id):
            return await self._run_app(app_id, wish, watch, stopping)

    async def _run_app(
        self,
        app_id: str,
        wish: Wish,
        watch: Callable[[Cycle], None],
        stopping: Callable[[], bool],
    ) -> Cycle:
        stored = await self.apps.configuration.app(app_id)
        rules = self.apps.rules_of(stored)
        begin = await self._beginning(stored, rules, watch, stopping)
        before = await self.ledger.learned_rates(app_id)
        cycle = await run_cycle(self._guarded_ledger(app_id), rules, wish, begin, now=utc_now())
        learned = (await self.apps.target(app_id)).learned()
        if learned != before:
            await self.ledger.keep_rates(app_id, learned)
        return cycle

    def runner(self, *, at_once: int = AT_ONCE) -> EngineRunner:
        """Return the engine for this database; the caller holds its lock."""
        return EngineRunner(
            self.ledger,
            schedules=self.apps.schedules,
            run_app=self.run_app,
            stirred=self.database.stirred,
            housekeeping=self.housekeeping.look,
            posting=self.messages.posting(),
            now=utc_now,
            holder=self.holder,
            at_once=at_once,
            way=self.way,
        )

    async def _beginning(
        self,
        stored: StoredApp,
        rules: Rules,
        watch: Callable[[Cycle], None],
        stopping: Callable[[], bool],
    ) -> Callable[[Cycle], AppContext]:
        target = await self.apps.target(stored.application.id)

        def begin(cycle: Cycle) -> AppContext:
            return replace(
                self.apps.context(stored, rules, target, cycle),
                ledger=self._guarded_ledger(cycle.app_id),
                progress=watch,
                stopping=stopping,
                turn=Turn(self.way, cycle.app_id, cycle.kind),
                in_flight_for=self.holder.in_flight_for(cycle.app_id),
                unanswered=self.holder.unanswered(cycle.app_id),
            )

        return begin

    def _guarded_ledger(self, app_id: str) -> SqlLedger:
        """Return the ledger for a cycle: where work is shared, one that the app's lease guards."""
        lease = self.holder.lease(app_id)
        return self.ledger if lease is None else SqlLedger(FencedDatabase(self.database, lease))
