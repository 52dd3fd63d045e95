"""The engine keeps apps going: at once where that is wished, in turn, and paused without loss."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest
from tests.engine.world import World

from seatkeeper.clock import uptime
from seatkeeper.connectors.memory import MemoryTarget
from seatkeeper.directory.model import Kind
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.engine.holding import Holder
from seatkeeper.engine.runner import EngineRunner, options_of, wish_of
from seatkeeper.notify.mail import MailPost
from seatkeeper.ports import Trace
from seatkeeper.provisioning.account import Account, TargetValues
from seatkeeper.provisioning.calendar import Calendar, read_window
from seatkeeper.provisioning.cycle import Cycle, CycleKind, CycleState
from seatkeeper.provisioning.journal import OrderVerb
from seatkeeper.provisioning.schedule import SETTLES, Schedule

pytestmark = pytest.mark.anyio

PATIENCE = 30
"""Seconds after which a test gives up waiting for what should come at once."""


@dataclass
class Engine:
    """The runner at work on one world; cycles are seen as they end, and take as long as is said."""

    world: World
    schedule: Schedule
    ended: "asyncio.Queue[Cycle]" = field(default_factory=asyncio.Queue)
    takes: dt.timedelta = dt.timedelta()
    hurried: list[bool] = field(default_factory=list)
    gone: bool = False
    runner: EngineRunner = field(init=False)

    def __post_init__(self) -> None:
        self.runner = EngineRunner(
            self.world.ledger,
            schedules=self._schedules,
            run_app=self._run,
            stirred=object,  # always another mark: it looks round at every poll
            housekeeping=self._nothing,
            posting=self.world.posting(MailPost("127.0.0.1", 1, sender="nobody@larkspur.example")),
            now=lambda: self.world.now,
            holder=Holder(None, uptime),
        )

    async def next_cycle(self) -> Cycle:
        return await asyncio.wait_for(self.ended.get(), PATIENCE)

    async def looked_round(self) -> None:
        """Return after the engine has looked at everything once more, whole."""
        for _ in range(2):
            self._looked.clear()
            await asyncio.wait_for(self._looked.wait(), PATIENCE)

    async def _schedules(self) -> list[Schedule]:
        self.hurried.append(not self.runner.way.is_clear)
        return [] if self.gone else [self.schedule]

    async def _run(
        self,
        app_id: str,
        wish: Wish,
        watch: Callable[[Cycle], None],
        stopping: Callable[[], bool],
    ) -> Cycle:
        before = self.world.now
        self.world.stopping = stopping
        self.world.progress = watch
        cycle = await self.world.run(wish)
        self.world.now = before + self.takes
        self.ended.put_nowait(cycle)
        return cycle

    async def _nothing(self) -> None:
        self._looked.set()

    _looked: asyncio.Event = field(default_factory=asyncio.Event)


class Pausing(MemoryTarget):
    """An app that is switched off while its first account is made."""

    engine: Engine | None = None

    async def create(self, kind: Kind, values: TargetValues, trace: Trace) -> Account:
        if self.engine is not None:
            engine, self.engine = self.engine, None
            engine.schedule = replace(engine.schedule, on=False)
            await engine.looked_round()
        return await super().create(kind, values, trace)


@asynccontextmanager
async def at_work(world: World, *, immediate: bool = True) -> AsyncIterator[Engine]:
    schedule = Schedule(world.app, True, dt.timedelta(minutes=40), 1, immediate)
    engine = Engine(world, schedule)
    running = asyncio.create_task(engine.runner.run())
    try:
        yield engine
    finally:
        engine.runner.stop()
        await running


async def test_a_change_reaches_the_app_without_waiting_for_the_interval(world: World) -> None:
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    async with at_work(world) as engine:
        await engine.next_cycle()

        await world.change("Ada", jobTitle="Captain")
        await engine.looked_round()
        world.now += dt.timedelta(seconds=1)
        await engine.next_cycle()

    assert world.account("Ada")["title"] == "Captain"


async def test_large_cycles_stand_aside_from_when_a_change_has_come_to_rest(world: World) -> None:
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    async with at_work(world) as engine:
        await engine.next_cycle()

        await world.change("Ada", jobTitle="Captain")
        await engine.looked_round()
        while_it_settles = any(engine.hurried)
        world.now += SETTLES
        await engine.next_cycle()

    assert not while_it_settles
    assert any(engine.hurried)


@pytest.mark.parametrize(
    "how", ["switched off", "gone", "by its interval only", "outside its windows"]
)
async def test_nobody_stands_aside_for_an_app_that_carries_nothing_out(
    world: World, how: str
) -> None:
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    async with at_work(world) as engine:
        await engine.next_cycle()
        before = engine.schedule
        await world.change("Ada", jobTitle="Captain")
        await engine.looked_round()

        engine.gone = how == "gone"
        never = Calendar((read_window("0 0 30 2 *"),))
        engine.schedule = replace(
            before,
            on=how != "switched off",
            immediate=how != "by its interval only",
            calendar=never if how == "outside its windows" else before.calendar,
        )
        await engine.looked_round()
        world.now += SETTLES
        engine.hurried.clear()
        await engine.looked_round()
        hurried = any(engine.hurried)

        engine.gone, engine.schedule = False, before
        await engine.looked_round()
        world.now += SETTLES
        await engine.next_cycle()

    assert not hurried
    assert world.account("Ada")["title"] == "Captain"


async def test_many_changes_of_one_person_are_one_write(world: World) -> None:
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    async with at_work(world) as engine:
        await engine.next_cycle()
        world.asked()

        for title in ("Mate", "Boatswain", "Captain"):
            await world.change("Ada", jobTitle=title)
            await engine.looked_round()
        world.now += dt.timedelta(seconds=1)
        await engine.next_cycle()

    assert world.asked() == {"update": 1}
    assert world.account("Ada")["title"] == "Captain"


class Busy(MemoryTarget):
    """An app that takes its time over the first account: somebody else is changed meanwhile."""

    engine: Engine | None = None

    async def create(self, kind: Kind, values: TargetValues, trace: Trace) -> Account:
        if self.engine is not None:
            engine, self.engine = self.engine, None
            await engine.world.hire("Bo")
            await engine.world.assign("Bo")
            await engine.looked_round()
            engine.takes = SETTLES
        return await super().create(kind, values, trace)


async def test_what_came_to_rest_while_a_cycle_ran_follows_it_at_once(world: World) -> None:
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    app = world.target = Busy(world.target.capabilities)
    async with at_work(world) as engine:
        app.engine = engine
        await engine.next_cycle()

        await engine.next_cycle()  # no clock goes on meanwhile, so nothing can come to rest now

    assert world.account("Bo")


async def test_a_change_waits_for_the_interval_where_nobody_wished_otherwise(world: World) -> None:
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    async with at_work(world, immediate=False) as engine:
        await engine.next_cycle()

        await world.change("Ada", jobTitle="Captain")
        await engine.looked_round()
        world.now += dt.timedelta(minutes=39)
        await engine.looked_round()
        before = engine.ended.qsize()
        world.now += dt.timedelta(minutes=1)
        await engine.next_cycle()

    assert before == 0
    assert world.account("Ada")["title"] == "Captain"


async def test_switching_off_pauses_after_the_batch_and_switching_on_goes_on(world: World) -> None:
    await world.connect()
    people = ["Ada", "Bo", "Cy", "Di"]
    for name in people:
        await world.hire(name)
    await world.assign(*people)
    world.batch = world.concurrency = 1  # else the next one is under way beside it
    world.target = Pausing(world.target.capabilities)
    async with at_work(world) as engine:
        world.target.engine = engine
        paused = await engine.next_cycle()
        made = [name for name in people if world.account(name)]
        engine.schedule = replace(engine.schedule, on=True)
        resumed = await engine.next_cycle()

    assert (paused.state, paused.done, len(made)) == (CycleState.EXPORTING, 1, 1)
    assert (resumed.id, resumed.state) == (paused.id, CycleState.DONE)
    assert all(world.account(name) for name in people)


@pytest.mark.parametrize(
    "wish",
    [
        Wish(reconcile=True),
        Wish(users=("ada",), reconcile=True, repair=True),
        Wish(reconcile=True, repair=True, unattended=True),
        Wish(undo="cycle-41"),
    ],
)
async def test_an_order_says_what_was_wished(world: World, wish: Wish) -> None:
    await world.connect()

    await world.ledger.place_order(
        world.app, OrderVerb.RUN, options_of(wish), actor="it", now=world.now
    )

    [order] = await world.ledger.open_orders()
    assert wish_of(order) == wish


async def test_an_app_is_read_again_on_its_schedule_and_what_differs_is_repaired(
    world: World,
) -> None:
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    async with at_work(world, immediate=False) as engine:
        await engine.next_cycle()
        world.account("Ada")["title"] = "Queen"
        engine.schedule = replace(
            engine.schedule, reconcile_every=dt.timedelta(days=7), repairs=True
        )
        first = await engine.next_cycle()
        mended = world.account("Ada")["title"]
        await engine.looked_round()
        early = engine.ended.qsize()
        world.now += dt.timedelta(days=7)
        kinds = {(await engine.next_cycle()).kind, (await engine.next_cycle()).kind}

    assert first.kind is CycleKind.REPAIR
    assert mended == "Engineer"
    assert early == 0
    assert kinds == {CycleKind.INCREMENTAL, CycleKind.REPAIR}
