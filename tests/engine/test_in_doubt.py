"""A create whose answer nobody read is looked up until it is known, and never forgotten."""

import contextlib
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from unittest.mock import AsyncMock

import pytest
from tests.engine.test_group_members import died_at
from tests.engine.world import World

from seatkeeper.connectors.memory import MemoryTarget
from seatkeeper.directory.model import Kind
from seatkeeper.engine.unanswered import Unanswered
from seatkeeper.errors import (
    ConnectorError,
    CredentialsRejected,
    InDoubt,
    Refused,
    Transient,
    Unreachable,
)
from seatkeeper.ports import Trace
from seatkeeper.provisioning.account import Account, TargetValues, ValueChange
from seatkeeper.provisioning.cycle import CycleState
from seatkeeper.provisioning.outcome import SETTLING


@pytest.mark.parametrize(
    ("error", "times"),
    [(InDoubt("The answer was lost."), 1), (Transient("The app failed.", status=500), 4)],
    ids=["lost", "failing"],
)
@pytest.mark.fault("T3")
async def test_a_doubt_that_cannot_be_looked_up_stays_a_doubt(
    world: World, error: ConnectorError, times: int
) -> None:
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    await died_at(world, "create", after=True)
    world.plant("find", error, times=times)

    suspended = await world.run()
    await world.change("Ada", userPrincipalName="ada.lovelace@larkspur.example")
    finished = await world.run()

    assert suspended.state is CycleState.SUSPENDED
    assert finished.state is CycleState.DONE
    assert await world.waits() == {}
    assert len(world.target.held[Kind.USER]) == 1
    await world.assert_in_step()


async def test_what_a_lost_process_had_in_flight_is_looked_up_once_it_must_have_arrived(
    world: World,
) -> None:
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    await died_at(world, "create", after=True)
    world.slept.clear()
    world.in_flight_for = 40
    notes: list[str] = []
    world.progress = lambda cycle: notes.append(cycle.note)

    finished = await world.run()

    assert sum(world.slept) == 40
    assert any(note.startswith("waits up to 40 s") for note in notes)
    assert "waits" not in finished.note
    assert len(world.target.held[Kind.USER]) == 1
    await world.assert_in_step()


class LateApp(MemoryTarget):
    """An app that acts on the first create only when the engine next waits for long."""

    def __init__(self, world: World, then: list[ConnectorError]) -> None:
        super().__init__(world.target.capabilities)
        self.then, self.late = then, False
        self.on_its_way: Callable[[], Awaitable[Account]] | None = None
        world.target = self
        world._sleep = self.waits  # type: ignore[method-assign]  # this app watches the clock

    async def create(self, kind: Kind, values: TargetValues, trace: Trace) -> Account:
        """Keep the first create for later, and refuse the others one after the other."""
        if not self.late:
            self.late, self.on_its_way = True, partial(super().create, kind, dict(values), Trace())
            raise InDoubt("The answer did not come.")
        if self.then:
            raise self.then.pop(0)
        return await super().create(kind, values, trace)

    async def waits(self, seconds: float) -> None:
        """Act at last once the engine has waited longer than for an answer."""
        if seconds > 30:
            await self.acts()

    async def acts(self) -> None:
        """Act on the request that was on its way, if it still is."""
        if self.on_its_way is not None:
            act, self.on_its_way = self.on_its_way, None
            with contextlib.suppress(ConnectorError):
                await act()


@pytest.mark.parametrize(
    "then",
    [
        [Refused("The app says no.", status=400)],
        [InDoubt("The answer did not come."), InDoubt("The answer did not come.")],
    ],
    ids=["refused", "lost again"],
)
async def test_an_account_that_comes_late_is_taken_though_the_next_try_was_refused(
    world: World, then: list[ConnectorError]
) -> None:
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    app = LateApp(world, then)

    await world.run()
    await app.acts()
    await world.change("Ada", userPrincipalName="ada.lovelace@larkspur.example")
    world.now += dt.timedelta(days=1)
    await world.run()

    assert len(app.held[Kind.USER]) == 1
    assert await world.waits() == {}
    await world.assert_in_step()


@pytest.mark.parametrize(
    "then",
    [Unreachable("The app is away."), CredentialsRejected("The token is refused.", status=401)],
    ids=["away", "no token"],
)
async def test_an_account_that_comes_late_is_found_though_the_app_stopped_the_next_try(
    world: World, then: ConnectorError
) -> None:
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    app = LateApp(world, [then])

    suspended = await world.run()
    await app.acts()
    await world.unassign("Ada")
    world.now += dt.timedelta(days=1)
    finished = await world.run()

    assert suspended.state is CycleState.SUSPENDED
    assert finished.state is CycleState.DONE
    assert [one["active"] for one in app.held[Kind.USER].values()] == [False]
    await world.assert_in_step()


RESTART = ["watermark", "escrows", "quarantine"]
"""What ``restart`` forgets where nothing else is said."""


async def test_a_restart_does_not_forget_who_may_have_got_an_account(any_world: World) -> None:
    world = any_world
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    world.plant_after("create", InDoubt("The answer was lost."))
    world.plant("find", Refused("The app says no.", status=400), skip=1, times=9)
    await world.run()
    waited = await world.waits()
    world.target.planted_by_verb.clear()  # type: ignore[attr-defined]  # one that is planted

    await world.change("Ada", userPrincipalName="ada.lovelace@larkspur.example")
    await world.ledger.reset(world.app, RESTART, actor="ana")
    await world.run()

    assert [*waited] == ["Ada"]
    assert len(world.target.held[Kind.USER]) == 1
    assert await world.waits() == {}
    await world.assert_in_step()


async def test_a_restart_forgets_everybody_else_who_waits(world: World) -> None:
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    world.plant("create", Refused("The app says no.", status=400))
    await world.run()
    waited = await world.waits()

    await world.ledger.reset(world.app, RESTART, actor="ana")

    assert [*waited] == ["Ada"]
    assert await world.waits() == {}


@pytest.mark.parametrize("forgotten", [RESTART, ["watermark"], ["links"]])
async def test_a_restart_looks_up_whose_create_was_on_its_way_when_the_engine_died(
    any_world: World, forgotten: list[str]
) -> None:
    world = any_world
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    await died_at(world, "create", after=True)

    await world.change("Ada", userPrincipalName="ada.lovelace@larkspur.example")
    await world.ledger.reset(world.app, forgotten, actor="ana")
    await world.run()

    assert len(world.target.held[Kind.USER]) == 1
    assert await world.waits() == {}
    await world.assert_in_step()


async def test_an_app_that_takes_duplicates_is_asked_twice_before_a_create_is_repeated(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    app = LateApp(world, [])
    app.capabilities = replace(app.capabilities, refuses_duplicates=False)
    rules = replace(await world.rules(), capabilities=app.capabilities)
    monkeypatch.setattr(world, "rules", AsyncMock(return_value=rules))

    await world.run()
    await app.acts()

    assert [one.verb for one in app.journal].count("create") == 1
    assert len(app.held[Kind.USER]) == 1


async def test_a_change_that_nobody_can_look_up_is_not_taken_for_one_that_never_came(
    world: World,
) -> None:
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    await world.run()
    await world.enable("Ada", False)
    await world.run()
    await world.enable("Ada")
    await died_at(world, "update", after=True)
    world.plant("read", Refused("The app says no.", status=400))
    await world.run()

    await world.directory.delete_user(world.ids["Ada"], actor="hr", now=world.now)
    await world.directory.purge_expired(now=world.now + dt.timedelta(days=60))
    await world.run()

    [held] = world.target.held[Kind.USER].values()
    assert held["active"] is False


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("acted", [False, True], ids=["it never came", "it came"])
async def test_a_value_that_nobody_could_look_up_is_cleared_or_written_as_the_directory_says_later(
    any_world: World, acted: bool, restarted: bool
) -> None:
    """Ada's title was on its way from nothing to a value, and goes back; Bo's the other way."""
    world = any_world
    world.batch = 1
    await world.connect(scope="all")
    await world.hire("Ada")
    await world.hire("Bo", jobTitle="Poet")
    await world.run()
    for name, new, old in (("Ada", "Captain", None), ("Bo", None, "Poet")):
        await world.change(name, jobTitle=new)
        await died_at(world, "update", after=acted)
        if restarted:
            await world.ledger.reset(world.app, RESTART, actor="ana")
        world.plant("read", Refused("The app says no.", status=400))
        await world.run()
        await world.change(name, jobTitle=old)
        world.now += dt.timedelta(days=1)
        await world.run()

    assert await world.waits() == {}
    await world.assert_in_step()


@pytest.mark.fault("T3")
async def test_who_may_have_been_created_waits_with_the_doubt_while_the_app_refuses_to_look(
    any_world: World,
) -> None:
    """Nobody can say whether Ada has an account, and she leaves before somebody can."""
    world = any_world
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    await died_at(world, "create", after=True)
    await world.unassign("Ada")
    world.plant("find", Refused("The app cannot filter.", status=400))

    waiting = await world.run()
    waits = await world.waits()
    world.now += dt.timedelta(hours=1)
    await world.run()

    assert waiting.state is CycleState.DONE
    assert waits == {"Ada": "UnprocessableEntity"}
    assert await world.waits() == {}
    [account] = world.target.held[Kind.USER].values()
    assert account["active"] is False
    assert [one.action for one in await world.log("Ada", status="success")][:1] == ["create"]


async def test_an_app_that_refuses_one_value_in_a_filter_goes_on_with_everybody_else(
    world: World,
) -> None:
    world.concurrency = 1
    await world.connect()
    for name in ("Ada", "Grace"):
        await world.hire(name)
        await world.assign(name)
    world.plant_after("create", InDoubt("The answer did not come."))
    world.plant("find", Refused("The app cannot filter.", status=400), skip=2)

    cycle = await world.run()
    waits = await world.waits()
    world.now += dt.timedelta(hours=1)
    await world.run()

    assert cycle.state is CycleState.DONE
    assert len(waits) == 1
    assert await world.waits() == {}
    assert len(world.target.held[Kind.USER]) == 2
    assert world.asked()["create"] == 2
    await world.assert_in_step()


async def test_a_doubt_outlives_every_try_that_finds_no_answer(world: World) -> None:
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    await died_at(world, "create", after=True)
    world.plant("find", Refused("The app cannot filter.", status=400), times=3)

    for _ in range(3):
        await world.run()
        await world.change("Ada", userPrincipalName="ada.lovelace@larkspur.example")
        world.now += dt.timedelta(days=1)
    await world.run()

    assert len(world.target.held[Kind.USER]) == 1
    assert await world.waits() == {}
    await world.assert_in_step()


@pytest.mark.parametrize("acted", [False, True], ids=["it never came", "it came"])
async def test_whoever_was_purged_keeps_their_link_until_the_account_is_known_to_be_inactive(
    world: World, acted: bool
) -> None:
    await world.connect(scope="all")
    await world.hire("Ada")
    await world.run()
    await world.directory.delete_user(world.ids["Ada"], actor="hr", now=world.now)
    await world.directory.purge_user(world.ids["Ada"], actor="hr")
    lost = InDoubt("The answer was lost.")
    (world.plant_after if acted else world.plant)("update", lost, times=2)

    failed = await world.run()
    [link] = await world.ledger.some_links(world.app, Kind.USER, 9)
    world.now += dt.timedelta(days=1)
    await world.run()

    assert failed.counters.failed == 1
    assert link.record_id == world.ids["Ada"]
    assert [one["active"] for one in world.target.held[Kind.USER].values()] == [False]
    assert await world.ledger.some_links(world.app, Kind.USER, 9) == []
    assert await world.waits() == {}


@pytest.mark.parametrize(
    "then",
    [[], [Unreachable("The app is away.")], [Refused("The app says no.", status=400)]],
    ids=["it goes on failing", "then it is away", "then it refuses"],
)
async def test_a_change_that_acted_though_the_app_failed_is_not_taken_for_one_that_never_came(
    world: World, then: list[ConnectorError]
) -> None:
    await world.connect(scope="all")
    await world.hire("Ada", jobTitle="Poet")
    await world.run()
    await world.change("Ada", jobTitle="Captain")
    world.plant_after("update", Transient("The app failed.", status=500), times=1 if then else 9)
    for error in then:
        world.plant("update", error, skip=1)

    failed = await world.run()
    world.target.planted_by_verb.clear()  # type: ignore[attr-defined]  # one that is planted
    title = world.account("Ada")["title"]
    await world.change("Ada", jobTitle="Poet")
    world.now += dt.timedelta(days=1)
    await world.run()

    assert failed.counters.updated == 0
    assert title == "Captain"
    assert world.account("Ada")["title"] == "Poet"
    await world.assert_in_step()


class LateUpdates(MemoryTarget):
    """An app whose first updates get no answer: they act when the engine waits, or not at all."""

    def __init__(self, world: World, *, lost: int) -> None:
        super().__init__(world.target.capabilities, held=world.target.held)
        self.left = lost
        self.on_their_way: list[Callable[[], Awaitable[None]]] = []
        self.waited = 0.0
        world.target = self
        world._sleep = self.waits  # type: ignore[method-assign]  # this app watches the clock

    async def update(
        self, kind: Kind, account_id: str, changes: Sequence[ValueChange], trace: Trace
    ) -> None:
        """Keep it for later, or make the change."""
        act = partial(super().update, kind, account_id, changes, Trace())
        if self.left:
            self.left -= 1
            self.on_their_way.append(act)
            raise InDoubt("The answer did not come.")
        await act()

    async def waits(self, seconds: float) -> None:
        """Act at last once the engine has waited longer than for an answer."""
        self.waited += seconds
        if self.waited > 30:
            for act in self.on_their_way:
                await act()
            self.on_their_way.clear()


async def test_a_change_that_acts_late_is_not_taken_for_one_that_never_came(
    world: World,
) -> None:
    await world.connect(scope="all")
    await world.hire("Ada", jobTitle="Poet")
    await world.run()
    app = LateUpdates(world, lost=2)
    await world.change("Ada", jobTitle="Captain")

    await world.run()
    await app.waits(30)
    await world.change("Ada", jobTitle="Poet")
    world.now += dt.timedelta(days=1)
    await world.run()

    assert world.account("Ada")["title"] == "Poet"
    await world.assert_in_step()


async def test_a_lost_change_does_not_come_over_a_newer_one(world: World) -> None:
    await world.connect(scope="all")
    await world.hire("Ada", jobTitle="Poet")
    await world.run()
    app = LateUpdates(world, lost=1)
    await world.change("Ada", jobTitle="Captain")

    await world.run()
    at_once = app.waited
    await world.change("Ada", jobTitle="Countess")
    await world.run()
    await app.waits(30)

    assert at_once < 1
    assert world.account("Ada")["title"] == "Countess"


async def test_nobody_else_waits_for_a_lost_change(world: World) -> None:
    await world.connect(scope="all")
    await world.hire("Ada", jobTitle="Poet")
    await world.hire("Grace", jobTitle="Admiral")
    await world.run()
    app = LateUpdates(world, lost=1)
    await world.change("Ada", jobTitle="Captain")
    await world.run()

    await world.change("Grace", jobTitle="Professor")
    await world.run()

    assert app.waited < 1
    assert world.account("Grace")["title"] == "Professor"


async def test_an_engine_that_stops_sends_nothing_over_a_lost_change(world: World) -> None:
    await world.connect(scope="all")
    await world.hire("Ada", jobTitle="Poet")
    await world.run()
    app = LateUpdates(world, lost=1)
    await world.change("Ada", jobTitle="Captain")
    await world.run()
    await world.change("Ada", jobTitle="Countess")
    world.stopping = lambda: app.waited > 1

    stopped = await world.run()
    before = world.account("Ada")["title"]
    waited = app.waited
    world.stopping = lambda: False
    await world.run()

    assert not stopped.finished
    assert waited < 3
    assert before == "Captain"
    assert world.account("Ada")["title"] == "Countess"


async def test_an_app_that_comes_back_is_asked_only_when_a_lost_create_must_have_acted(
    world: World,
) -> None:
    world.unanswered = Unanswered(lambda: 0.0)
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    world.plant_after("create", InDoubt("The answer was lost."))
    world.plant("find", Unreachable("The app is away."), times=9, skip=1)

    suspended = await world.run()
    world.target.planted_by_verb.clear()  # type: ignore[attr-defined]  # one that is planted
    world.slept.clear()
    await world.run()

    assert suspended.state is CycleState.SUSPENDED
    assert sum(world.slept) == SETTLING
    assert len(world.target.held[Kind.USER]) == 1
    await world.assert_in_step()


@pytest.mark.parametrize("then", ["it can be read", "it is away"])
async def test_an_app_that_acts_and_answers_with_a_web_page_is_read(
    world: World, then: str
) -> None:
    await world.connect(scope="all")
    await world.hire("Ada", jobTitle="Poet")
    await world.run()
    await world.change("Ada", jobTitle="Captain")
    world.plant_after("update", Refused("A web page came.", status=200))
    if then == "it is away":
        world.plant("read", Unreachable("The app is away."))

    await world.run()
    title = world.account("Ada")["title"]
    await world.change("Ada", jobTitle="Poet")
    world.now += dt.timedelta(days=1)
    await world.run()

    assert title == "Captain"
    assert world.account("Ada")["title"] == "Poet"
    await world.assert_in_step()


async def test_whoever_was_created_in_an_answer_that_is_none_has_their_account_at_once(
    world: World,
) -> None:
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    world.plant_after("create", Refused("A web page came.", status=201))

    cycle = await world.run()

    assert cycle.counters.created == 1
    assert await world.waits() == {}
    assert len(world.target.held[Kind.USER]) == 1
    await world.assert_in_step()
