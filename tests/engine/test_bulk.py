"""Where an app takes several people in one request, the promises are those of single requests."""

import datetime as dt

import pytest
from tests.engine.messages import MessageApp
from tests.engine.world import World

from seatkeeper.directory.model import Kind
from seatkeeper.errors import (
    Conflict,
    ConnectorError,
    InDoubt,
    Refused,
    Throttled,
    Transient,
    Unreachable,
)
from seatkeeper.provisioning.cycle import CycleState

PEOPLE = [f"Person{number}" for number in range(30)]
LOST = InDoubt("The answer was lost.")
FAILING = Transient("The app failed on its own side.", status=500)


@pytest.fixture
async def app(open_app: World) -> MessageApp:
    """Return an app that takes messages, with thirty people who wait for their accounts."""
    await open_app.connect()
    for name in PEOPLE:
        await open_app.hire(name)
    await open_app.assign(*PEOPLE)
    made = MessageApp.over(open_app.target)
    open_app.target = made
    return made


def made_of(app: MessageApp) -> int:
    """Return how many creates the app was asked for."""
    return sum(one.verb == "create" for one in app.journal)


async def assert_everybody_once(world: World) -> None:
    """Everybody has one account and their log entry, and nothing is left to be sent."""
    await world.assert_in_step()
    assert len(world.target.held[Kind.USER]) == len(PEOPLE)
    logged = [one.account_id for one in await world.log(status="success") if one.action == "create"]
    assert sorted(map(str, logged)) == sorted(world.target.held[Kind.USER])
    world.asked()
    assert (await world.run()).finished
    assert world.asked() == {}


async def test_people_leave_in_few_messages_and_each_has_a_log_entry(
    open_app: World, app: MessageApp
) -> None:
    cycle = await open_app.run()

    assert cycle.counters.created == len(PEOPLE)
    assert sum(app.bulk.sizes) == len(PEOPLE)
    assert len(app.bulk.sizes) <= 4
    await assert_everybody_once(open_app)


async def test_changes_leave_in_messages_too(open_app: World, app: MessageApp) -> None:
    await open_app.run()
    before = len(app.bulk.sizes)
    for name in PEOPLE:
        await open_app.change(name, jobTitle="Director")

    cycle = await open_app.run()

    assert cycle.counters.updated == len(PEOPLE)
    assert len(app.bulk.sizes) - before <= 3
    await assert_everybody_once(open_app)


@pytest.mark.parametrize("when", ["before", "middle", "after"])
@pytest.mark.parametrize("error", [LOST, FAILING], ids=["lost", "500"])
@pytest.mark.fault("T3")
async def test_who_was_in_a_message_without_an_answer_is_looked_up_before_anything_is_repeated(
    open_app: World, app: MessageApp, error: ConnectorError, when: str
) -> None:
    app.bulk.losing = [(when, error)]  # type: ignore[list-item]  # one of three words

    cycle = await open_app.run()

    acted = {"before": 0, "middle": 5, "after": 10}[when]
    assert cycle.state is CycleState.DONE
    assert await open_app.waits() == {}
    assert made_of(app) == len(PEOPLE)  # whoever was made is not asked for again
    assert sum(app.bulk.sizes) == len(PEOPLE) + 10 - acted
    await assert_everybody_once(open_app)


async def test_a_lost_message_of_changes_is_one_failure_and_said_once_more(
    open_app: World, app: MessageApp
) -> None:
    await open_app.run()
    for name in PEOPLE:
        await open_app.change(name, jobTitle="Director")
    app.bulk.losing = [("middle", LOST)]

    cycle = await open_app.run()

    assert cycle.state is CycleState.DONE
    assert await open_app.waits() == {}
    await assert_everybody_once(open_app)


async def test_nobody_is_forgotten_or_made_twice_where_each_message_is_lost_half_way(
    open_app: World, app: MessageApp
) -> None:
    app.bulk.losing = [("middle", InDoubt("The answer was lost.")) for _ in range(50)]

    await open_app.run()
    app.bulk.losing = []
    open_app.now += dt.timedelta(hours=1)
    finished = await open_app.run()

    assert finished.state is CycleState.DONE
    assert await open_app.waits() == {}
    await assert_everybody_once(open_app)


async def test_an_app_that_is_away_gets_no_message_after_the_first_two(
    open_app: World, app: MessageApp
) -> None:
    app.bulk.losing = [("before", Unreachable("Nobody listens there.")) for _ in range(50)]

    suspended = await open_app.run()
    sent = list(app.bulk.sizes)
    app.bulk.losing = []
    await open_app.run()

    assert suspended.state is CycleState.SUSPENDED
    assert len(sent) <= 2
    assert await open_app.waits() == {}
    await assert_everybody_once(open_app)


@pytest.mark.parametrize(
    "error",
    [FAILING, Throttled("Too many.", retry_after=7.0)],
    ids=["fails", "is throttled"],
)
async def test_one_operation_that_fails_is_tried_again_without_the_others(
    open_app: World, app: MessageApp, error: ConnectorError
) -> None:
    app.planted_by_verb.append(["create", error, 3, 1, "before"])

    cycle = await open_app.run()

    assert cycle.state is CycleState.DONE
    assert made_of(app) == len(PEOPLE) + 1
    assert open_app.slept
    await assert_everybody_once(open_app)


async def test_one_operation_that_is_refused_waits_alone(open_app: World, app: MessageApp) -> None:
    app.planted_by_verb.append(["create", Refused("No.", status=400), 3, 1, "before"])

    cycle = await open_app.run()

    assert cycle.state is CycleState.DONE
    assert len(await open_app.waits()) == 1
    assert len(app.held[Kind.USER]) == len(PEOPLE) - 1


async def test_one_whose_name_has_been_taken_meanwhile_gets_the_account_that_is_theirs(
    open_app: World, app: MessageApp
) -> None:
    taken = Conflict("Taken.", status=409)
    app.planted_by_verb.append(["create", taken, 3, 1, "after"])

    cycle = await open_app.run()

    assert cycle.state is CycleState.DONE
    assert made_of(app) == len(PEOPLE)
    await assert_in_step_and_silent(open_app)


async def assert_in_step_and_silent(world: World) -> None:
    """The app is as it shall be, and nobody asks it for anything."""
    await world.assert_in_step()
    world.asked()
    assert (await world.run()).finished
    assert world.asked() == {}
