"""Small faults of every day, each met as the page on reliability says."""

import datetime as dt
from typing import Any, cast

import pytest
from tests.engine.world import WRITES, World

from seatkeeper.connectors.memory import MemoryTarget
from seatkeeper.directory.model import Kind
from seatkeeper.errors import Conflict, InDoubt, Refused, SeatkeeperError
from seatkeeper.ports import Ledger, Trace
from seatkeeper.provisioning.account import Account, TargetValues


async def employed(world: World) -> None:
    """Have Ada in step with the app."""
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    await world.run()
    world.asked()


class TakenMeanwhile(MemoryTarget):
    """An app in which somebody makes the account by hand just before we do."""

    async def create(self, kind: Kind, values: TargetValues, trace: Trace) -> Account:
        """Find the name taken."""
        self.held[kind]["by-hand"] = {"userName": values["userName"], "active": True}
        return await super().create(kind, values, trace)


class EditedWhilePlanning:
    """The world's ledger, with an edit that comes when the plan has been written down."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world.ledger, name)

    async def entry_counts(self, cycle_id: str) -> object:
        await self._world.change("Ada", jobTitle="Captain")
        return await self._world.ledger.entry_counts(cycle_id)


@pytest.mark.fault("T9")
async def test_an_account_that_was_made_by_hand_a_moment_ago_is_linked(world: World) -> None:
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    world.target = TakenMeanwhile(world.target.capabilities)

    await world.run()

    assert list(world.target.held[Kind.USER]) == ["by-hand"]
    assert await world.waits() == {}
    await world.assert_in_step()


@pytest.mark.fault("T9")
async def test_a_name_that_is_taken_by_nobody_we_see_makes_the_person_wait(world: World) -> None:
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    world.plant("create", Conflict("A value is taken.", status=409))

    await world.run()

    assert await world.waits() == {"Ada": "EntryConflict"}
    [entry] = await world.log("Ada")
    assert "shows no account that has it" in entry.reason


@pytest.mark.fault("T10")
async def test_a_change_that_met_another_version_is_read_again_and_sent_once_more(
    world: World,
) -> None:
    await employed(world)
    world.plant("update", Conflict("Changed by somebody else.", status=412))

    await world.change("Ada", jobTitle="Captain")
    await world.run()

    assert world.asked() == {"update": 2, "read": 1}
    assert await world.waits() == {}
    await world.assert_in_step()


@pytest.mark.fault("T10")
async def test_after_a_second_conflict_the_person_waits(world: World) -> None:
    await employed(world)
    world.plant("update", Conflict("Changed by somebody else.", status=412), times=2)

    await world.change("Ada", jobTitle="Captain")
    await world.run()

    assert world.asked() == {"update": 2, "read": 1}
    assert await world.waits() == {"Ada": "EntryConflict"}


@pytest.mark.fault("T10")
async def test_a_taken_value_is_not_sent_a_second_time(world: World) -> None:
    await employed(world)
    world.plant("update", Conflict("A value is taken.", status=409))

    await world.change("Ada", jobTitle="Captain")
    await world.run()

    assert world.asked() == {"update": 1, "read": 1}
    assert await world.waits() == {"Ada": "EntryConflict"}


@pytest.mark.fault("T10")
async def test_what_somebody_else_has_changed_to_the_same_is_not_sent_again(world: World) -> None:
    await employed(world)
    world.plant("update", Conflict("A value is taken.", status=409))
    world.target.held[Kind.USER][world.account_id("Ada")]["title"] = "Captain"

    await world.change("Ada", jobTitle="Captain")
    await world.run()

    assert world.asked() == {"update": 1, "read": 1}
    assert await world.waits() == {}
    await world.assert_in_step()


@pytest.mark.fault("T11", "T6")
@pytest.mark.parametrize("status", [400, 403])
async def test_what_the_app_refuses_of_one_person_waits_until_it_is_changed(
    world: World, status: int
) -> None:
    await employed(world)
    await world.hire("Bo")
    await world.assign("Bo")
    world.plant("update", Refused("Not this one.", said="title is odd", status=status))

    await world.change("Ada", jobTitle="Captain")
    await world.run()
    waiting = await world.waits()
    await world.change("Ada", jobTitle="Director")
    await world.run()

    assert waiting.keys() == {"Ada"}
    assert world.account("Bo") is not None
    assert await world.waits() == {}
    await world.assert_in_step()


@pytest.mark.fault("T19")
async def test_an_account_that_was_made_without_an_id_is_looked_up_and_linked(
    world: World,
) -> None:
    await world.connect()
    await world.hire("Ada")
    await world.assign("Ada")
    world.plant_after("create", InDoubt("The app did not say its id."))

    await world.run()

    assert world.asked()["create"] == 1
    assert await world.waits() == {}
    await world.assert_in_step()


@pytest.mark.fault("S6")
async def test_a_linked_person_who_is_renamed_keeps_the_account(world: World) -> None:
    await employed(world)
    before = world.account_id("Ada")

    await world.change("Ada", userPrincipalName="ada.king@larkspur.example")
    await world.run()

    assert world.asked() == {"update": 1}
    assert world.account_id("Ada") == before
    await world.assert_in_step()


@pytest.mark.fault("S9")
async def test_somebody_who_leaves_and_comes_back_between_two_cycles_costs_nothing(
    world: World,
) -> None:
    await employed(world)

    await world.unassign("Ada")
    await world.assign("Ada")
    await world.run()

    assert not WRITES & world.asked().keys()
    await world.assert_in_step()


@pytest.mark.fault("S12")
async def test_what_is_sent_is_never_older_than_the_directory(world: World) -> None:
    await employed(world)
    await world.change("Ada", jobTitle="Director")

    await world.run(ledger=cast("Ledger", EditedWhilePlanning(world)))

    assert world.account("Ada")["title"] == "Captain"
    assert world.asked() == {"update": 1}


@pytest.mark.fault("L4")
@pytest.mark.parametrize("days", [-400, 1], ids=["back", "ahead"])
async def test_a_clock_that_jumps_lets_everybody_in_escrow_be_tried_once(
    world: World, days: int
) -> None:
    await employed(world)
    world.plant("update", Refused("The title is too long."), times=2)
    await world.change("Ada", jobTitle="Captain")
    await world.run()
    world.asked()

    world.now += dt.timedelta(days=days)
    first = await world.run()
    second = await world.run()

    assert (first.counters.retried, second.counters.retried) == (1, 0)
    assert await world.waits() == {"Ada": "UnprocessableEntity"}


ODD = {
    "right to left": "\u202eada\u202c \u05d0\u05d3\u05d4",
    "decomposed": "Ame\u0301lie",
    "emoji": "\U0001f469\u200d\U0001f680 pilot",
    "a formula": "=HYPERLINK(1)",
    "long": "x" * 60_000,
}


@pytest.mark.fault("S10")
async def test_many_members_who_join_at_once_go_in_batches_and_many_who_leave_are_held(
    world: World,
) -> None:
    people = [f"P{number}" for number in range(120)]
    await world.connect()
    for name in people:
        await world.hire(name)
    await world.found("Everybody", *people)
    await world.found("Pilots")
    await world.assign("Everybody", "Pilots")
    await world.run()
    world.asked()

    await world.join("Pilots", *people)
    await world.run()
    joined = world.asked()
    await world.leave("Pilots", *people[:60])
    held = await world.run()

    assert joined == {"members": 2}
    assert WRITES & world.asked().keys() == set()
    assert held.counters.held == 1
    assert len(world.members("Pilots")) == 120


@pytest.mark.fault("S11")
@pytest.mark.parametrize("title", ODD.values(), ids=ODD.keys())
async def test_odd_characters_that_are_legal_arrive_as_they_are(world: World, title: str) -> None:
    await employed(world)

    await world.change("Ada", jobTitle=title)
    await world.run()

    assert world.account("Ada")["title"] == title
    await world.assert_in_step()
    assert (await world.run()).counters.requests == 0


@pytest.mark.fault("S11")
@pytest.mark.parametrize("title", ["NUL \x00", "half \ud83e"], ids=["NUL", "half a character"])
async def test_characters_that_nothing_can_carry_are_refused_where_they_are_typed(
    any_world: World, title: str
) -> None:
    await employed(any_world)

    with pytest.raises(SeatkeeperError, match=r"jobTitle holds U\+(0000|D83E)"):
        await any_world.change("Ada", jobTitle=title)

    await any_world.assert_in_step()
