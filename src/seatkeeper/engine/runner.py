"""Keep every app's cycles going: on schedule, on request, and after an interruption.

    [source change -> scope -> map -> match -> plan -> export -> log]

Shell. On SQLite one per database (the lock belongs to this role), on PostgreSQL
as many as you like: each works for apps whose lease it holds. It asks
``provisioning.schedule`` whose cycle is due and whose turn it is, runs one
cycle of an app at a time, follows orders that doors left, and has people told
(``posting``). The whole state is in the ledger: killing it loses nothing, starting
it again goes on.
"""

import asyncio
import contextlib
import datetime as dt
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
import structlog

from seatkeeper.clock import uptime
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.engine.giving_way import GivingWay
from seatkeeper.engine.holding import Holder
from seatkeeper.engine.posting import Posting
from seatkeeper.errors import BadInput, LeaseLost, SeatkeeperError
from seatkeeper.ports import Ledger
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.provisioning.journal import HealthState, Order
from seatkeeper.provisioning.preview import PlannedRecord
from seatkeeper.provisioning.schedule import (
    Burst,
    Schedule,
    burst_after,
    deciding,
    due_now,
    in_turn,
    reconcile_due,
)

logger = structlog.get_logger(__name__)

POLL_SECONDS: Final = 0.1
"""How soon another process's changes and orders are noticed."""

SCHEDULE_SECONDS: Final = 1.0
"""How often schedules and mails are looked at without anything having changed."""

AT_ONCE: Final = 16
"""How many apps' cycles the schedule runs at the same time where nothing else is said."""

_LOOKING: Final = ""
"""Stands where an app's name would, while it is found out whose cycle begins."""

LEAST_PAUSE: Final = dt.timedelta(minutes=1)
"""How long an app rests at least whose cycle could not even begin, such as one without token."""


@dataclass
class EngineRunner:
    """Runs until ``stop`` is called; then ends after the batch at hand.

    ``at_once`` bounds the cycles of schedules; what a person ordered has its place beside them.
    ``way`` is shared with the cycles that it runs.
    """

    ledger: Ledger
    schedules: Callable[[], Awaitable[Sequence[Schedule]]]
    run_app: Callable[[str, Wish, Callable[[Cycle], None], Callable[[], bool]], Awaitable[Cycle]]
    stirred: Callable[[], object]
    housekeeping: Callable[[], Awaitable[None]]
    posting: Posting
    now: Callable[[], dt.datetime]
    holder: Holder
    at_once: int = AT_ONCE
    way: GivingWay = field(default_factory=lambda: GivingWay(uptime))
    live: dict[str, Cycle] = field(default_factory=dict)
    _stopping: bool = False
    _running: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _tried: dict[str, int] = field(default_factory=dict)
    _broken_until: dict[str, tuple[int, dt.datetime]] = field(default_factory=dict)
    _scheduled: set[str] = field(default_factory=set)
    _resting: Collection[str] = frozenset()
    _waiting: dict[str, dt.datetime] = field(default_factory=dict)
    _wishes: dict[str, Wish] = field(default_factory=dict)
    _bursts: dict[str, Burst] = field(default_factory=dict)
    _followed: set[str] = field(default_factory=set)
    _posting: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Work until stopped. Errors of one app never end the others."""
        mark: object = None
        looked = float("-inf")
        loop = asyncio.get_running_loop()
        while not self._stopping:
            new_mark = await self._mark()
            wakeful = bool(self._bursts.keys() - self._running.keys() or self._waiting)
            if new_mark != mark or wakeful or loop.time() - looked >= SCHEDULE_SECONDS:
                mark, looked = new_mark, loop.time()
                await self._look_round()
            await asyncio.sleep(POLL_SECONDS)
        await self._end()

    def stop(self) -> None:
        """Ask it to end after the batch at hand."""
        self._stopping = True

    async def _mark(self) -> object:
        try:
            return await asyncio.to_thread(self.stirred)
        except SeatkeeperError as error:  # the database is away; the next look may find it
            logger.error("engine.store_away", code=error.code, message=error.message)
            return None

    async def _look_round(self) -> None:
        try:
            with self.way.awaited(_LOOKING) if self._came_to_rest() else contextlib.nullcontext():
                busy = await self.holder.busy()
                await self._follow_orders(busy)
                await self._start_due(busy)
            await self.housekeeping()
        except SeatkeeperError as error:
            logger.error("engine.look_round_failed", code=error.code, message=error.message)
        if self._posting is None or self._posting.done():
            self._posting = asyncio.create_task(self._tell())

    def _came_to_rest(self) -> bool:
        """Whether a burst of changes is to be carried out now: large cycles stand aside for it."""
        now = self.now()
        return any(
            burst.is_over(now)
            for app_id, burst in self._bursts.items()
            if app_id not in self._running
        )

    async def _start_due(self, busy: Collection[str]) -> None:
        now, schedules = self.now(), await self.schedules()
        self._resting = frozenset(one.app_id for one in schedules if one.rests(now))
        newest = await self.ledger.last_change()
        waiting: dict[str, dt.datetime] = {}
        self._followed.clear()
        for schedule in schedules:
            app_id = schedule.app_id
            if app_id in self._running:
                self._note_news(schedule, newest, now)
                continue
            if app_id in busy:  # another process carries out what is due there
                self._tried[app_id] = schedule.version
            elif (wish := await self._wish_due(schedule, newest, now)) is not None:
                waiting[app_id] = self._waiting.get(app_id, now)
                self._wishes[app_id] = wish
            else:
                self._tried[app_id] = schedule.version
        self._waiting = waiting
        self._forget_bursts()
        by_id = {one.app_id: one for one in schedules}
        free = self.at_once - len(self._scheduled)
        # Where several processes look at the same moment, one at a time leaves some for the others.
        for app_id in in_turn(waiting, min(free, 1) if self.holder.shares else free):
            self._start(by_id[app_id], now)

    def _start(self, schedule: Schedule, now: dt.datetime) -> None:
        app_id = schedule.app_id
        del self._waiting[app_id]
        self._bursts.pop(app_id, None)
        self._begin(app_id, self._wishes.pop(app_id), None)
        pause = max(schedule.interval, LEAST_PAUSE)
        self._broken_until[app_id] = (schedule.version, now + pause)
        self._tried[app_id] = schedule.version

    async def _wish_due(self, schedule: Schedule, newest: int, now: dt.datetime) -> Wish | None:
        """Return what is due for an app: changes first, then a look at what it holds."""
        version, until = self._broken_until.get(schedule.app_id, (-1, now))
        if version == schedule.version and now < until:
            return None
        if await self._is_due(schedule, newest, now):
            return Wish()
        if schedule.reconcile_every is None:
            return None
        if await self.ledger.position(schedule.app_id) is None:
            return None
        last = await self.ledger.reconciled(schedule.app_id)
        began = last.started if last is not None else None
        if reconcile_due(schedule, began, await self.ledger.health(schedule.app_id), now):
            return Wish(reconcile=True, repair=schedule.repairs, unattended=True)
        return None

    async def _is_due(self, schedule: Schedule, newest: int, now: dt.datetime) -> bool:
        cycles, health = await asyncio.gather(
            self.ledger.cycles(schedule.app_id), self.ledger.health(schedule.app_id)
        )
        last = deciding(cycles)
        tried = self._tried.get(schedule.app_id, schedule.version)
        if due_now(schedule, last, health, tried, now):
            return True
        if not schedule.calendar.may_begin(now):
            return False
        if not schedule.on or health.state is not HealthState.WELL:
            return False
        if schedule.immediate and await self._has_news(schedule.app_id, newest, now):
            return True
        return bool(await self.ledger.due(schedule.app_id, now, limit=1))

    def _note_news(self, schedule: Schedule, newest: int, now: dt.datetime) -> None:
        """Remember since when changes wait that the cycle at work began too early to read.

        So they do not have to come to rest once more when it has ended.
        """
        cycle = self.live.get(schedule.app_id)
        if schedule.immediate and cycle is not None:
            self._follow(schedule.app_id, newest, cycle.to_seq, now)

    async def _has_news(self, app_id: str, newest: int, now: dt.datetime) -> bool:
        """Whether changes of the directory wait for this app, and came to rest."""
        position = await self.ledger.position(app_id)
        read_to = position.seq if position is not None else 0
        burst = self._follow(app_id, newest, read_to, now)
        return burst is not None and burst.is_over(now)

    def _follow(self, app_id: str, newest: int, read_to: int, now: dt.datetime) -> Burst | None:
        """Return the burst with what is in the feed now and remember it; none: all is read."""
        self._followed.add(app_id)
        before = self._bursts.pop(app_id, None)
        burst = burst_after(before, newest=newest, read_to=read_to, now=now)
        if burst is not None:
            self._bursts[app_id] = burst
        return burst

    def _forget_bursts(self) -> None:
        """Forget bursts of apps that carry none out now: off, at rest, another process's, gone.

        Kept, they would keep large cycles aside for ever. The feed has it all once the app is back.
        """
        for app_id in self._bursts.keys() - self._followed - self._waiting.keys():
            del self._bursts[app_id]

    async def _follow_orders(self, busy: Collection[str]) -> None:
        """Take the orders of apps that nobody works for; one that was taken lost its engine."""
        for order in await self.ledger.open_orders():
            if order.app_id not in self._running and order.app_id not in busy:
                try:
                    wish = wish_of(order)
                except BadInput as error:
                    await self._fail(order, error)
                else:
                    self._begin(order.app_id, wish, order)

    def _begin(self, app_id: str, wish: Wish, order: Order | None) -> None:
        if order is None:
            self._scheduled.add(app_id)
        self._running[app_id] = asyncio.create_task(self._run_one(app_id, wish, order))

    async def _run_one(self, app_id: str, wish: Wish, order: Order | None) -> None:
        try:
            async with self.holder.holding(app_id) as mine:
                if mine:
                    await self._run_held(app_id, wish, order)
                else:
                    self._broken_until.pop(app_id, None)
        except SeatkeeperError as error:
            logger.error("engine.cycle_failed", app=app_id, code=error.code, message=str(error))
        finally:
            self.live.pop(app_id, None)
            self._running.pop(app_id, None)
            self._scheduled.discard(app_id)

    async def _run_held(self, app_id: str, wish: Wish, order: Order | None) -> None:
        if order is not None:
            if (await self.ledger.order(order.id)).answer is not None:
                return  # another process carried it out a moment ago
            await self.ledger.answer_order(order.id, "taken", None)
        try:
            cycle = await self._until_wished(app_id, wish)
        except LeaseLost:
            self._broken_until.pop(app_id, None)
            raise  # whoever has the app now follows the order
        except SeatkeeperError as error:
            if order is not None:
                await self._fail(order, error)
            raise
        self._broken_until.pop(app_id, None)
        if order is not None:
            await self.ledger.answer_order(order.id, "done", {"cycle": cycle.id})

    async def _fail(self, order: Order, error: SeatkeeperError) -> None:
        answer = {"code": error.code, "message": error.message, "advice": error.advice}
        await self.ledger.answer_order(order.id, "failed", answer)

    async def _until_wished(self, app_id: str, wish: Wish) -> Cycle:
        """Run; where that only finished an interrupted cycle, run the one that was wished."""
        open_before = await self.ledger.unfinished(app_id)
        cycle = await self.run_app(app_id, wish, self._watch, lambda: self._stops(app_id))
        if open_before is not None and cycle.finished and not self._stops(app_id):
            cycle = await self.run_app(app_id, wish, self._watch, lambda: self._stops(app_id))
        return cycle

    def _stops(self, app_id: str) -> bool:
        """Whether a cycle ends after the batch at hand: an order goes on while its app is off."""
        return self._stopping or (app_id in self._scheduled and app_id in self._resting)

    def _watch(self, cycle: Cycle) -> None:
        self.live[cycle.app_id] = cycle

    async def _tell(self) -> None:
        """Tell people; what cannot be told now waits, and no cycle waits for it."""
        try:
            await self.posting.round()
        except SeatkeeperError as error:
            logger.error("engine.telling_failed", code=error.code, message=error.message)

    async def _end(self) -> None:
        tasks = [*self._running.values(), *([self._posting] if self._posting else [])]
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task


def wish_of(order: Order) -> Wish:
    """Return what an order asks for.

    Raises ``BadInput`` where its reviewed plan is none that this program understands.
    """
    options: Mapping[str, object] = order.options
    users, groups, plan = options.get("users"), options.get("groups"), options.get("plan")
    try:
        kept = None if plan is None else msgspec.convert(plan, tuple[PlannedRecord, ...])
    except msgspec.ValidationError as error:
        raise BadInput("The order holds no plan.", advice="Run the command again.") from error
    return Wish(
        full=bool(options.get("full", False)),
        users=tuple(str(one) for one in users) if isinstance(users, list) else (),
        groups=tuple(str(one) for one in groups) if isinstance(groups, list) else (),
        reviewed=kept,
        reconcile=bool(options.get("reconcile", False)),
        repair=bool(options.get("repair", False)),
        unattended=bool(options.get("unattended", False)),
        undo=str(options.get("undo", "")),
    )


MOST_IN_AN_ORDER = 64 * 1024 * 1024
"""Bytes of a reviewed plan that is handed over."""


def order_of(wish: Wish) -> dict[str, object]:
    """Return a wish as an order that may be placed.

    Raises ``BadInput`` for a plan too large to be handed over.
    """
    options = options_of(wish)
    if wish.reviewed is not None and len(msgspec.json.encode(options)) > MOST_IN_AN_ORDER:
        raise BadInput(
            "The plan is too large to be handed to the running engine.",
            advice="Keep it in a file (seatkeeper plan APP --out FILE), stop the engine, run the "
            "file, and start the engine afterwards.",
        )
    return options


def options_of(wish: Wish) -> dict[str, object]:
    """Return a wish as an order holds it; ``wish_of`` reads it back."""
    options: dict[str, object] = {
        "full": wish.full,
        "users": list(wish.users),
        "groups": list(wish.groups),
        "reconcile": wish.reconcile,
        "repair": wish.repair,
        "unattended": wish.unattended,
        "undo": wish.undo,
    }
    if wish.reviewed is not None:
        options["plan"] = msgspec.to_builtins(wish.reviewed)
    return options
