"""Small faults of every day, each met as the page on reliability says."""

from typing import Any, cast

import pytest
from tests.engine.world import WRITES, World

from seatkeeper.connectors.memory import MemoryTarget
from seatkeeper.directory.model import Kind
from seatkeeper.errors import Conflict
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
