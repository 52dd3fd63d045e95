"""What concerns everybody goes in pages, and a crash between two of them is mended.

Everybody's place in the order of writing is stored page by page.

A manager who is written first is named in the very request that makes the account of somebody
who reports to them: nothing has to be written afterwards. So the requests show the order.
"""

import asyncio
from collections.abc import Mapping

import pytest
from sqlalchemy import Connection
from tests.engine.test_group_members import Cut
from tests.engine.world import World

from seatkeeper.directory.model import Kind
from seatkeeper.engine import guarding, rivals
from seatkeeper.errors import CredentialsRejected
from seatkeeper.provisioning import reference
from seatkeeper.provisioning.cycle import CycleState
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.walk import Answer, Facts, decide
from seatkeeper.store import ledger_cycles
from seatkeeper.store.ledger import SqlLedger

LINE = ("Ada", "Bo", "Cy", "Di", "Ed")


class Mortal(SqlLedger):
    """A ledger whose process dies once it has stored so many pages of the order."""

    dies_after = 1_000
    pages = 0

    async def set_levels(self, cycle_id: str, kind: Kind, levels: Mapping[str, int]) -> None:
        """Store a page, or die before it is stored."""
        if self.pages == self.dies_after:
            raise Cut
        self.pages += 1
        await super().set_levels(cycle_id, kind, levels)


@pytest.fixture(autouse=True)
def _pages_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "PAGE", 1)


async def a_line(world: World) -> None:
    """Let each of them report to the one before, and all have accounts soon."""
    await world.connect(scope="all")
    for boss, name in zip([None, *LINE], LINE, strict=False):
        await world.hire(name, manager=boss)


@pytest.mark.parametrize("stored", range(len(LINE) - 1))
async def test_whoever_is_killed_while_storing_the_order_sends_no_plan_that_is_half_in_order(
    any_world: World, stored: int
) -> None:
    world = any_world
    await a_line(world)
    mortal = Mortal(world.database)
    mortal.dies_after = stored
    with pytest.raises(Cut):
        await world.run(ledger=mortal)

    await world.run()

    asked = world.asked()
    assert (asked["create"], asked["update"]) == (len(LINE), 0)
    await world.assert_in_step()


async def test_who_is_in_order_stays_there_when_a_cycle_goes_on(any_world: World) -> None:
    world = any_world
    await a_line(world)
    world.plant("create", CredentialsRejected("No."), skip=2)
    suspended = await world.run()
    watching = Mortal(world.database)

    finished = await world.run(ledger=watching)

    assert (suspended.state, finished.state) == (CycleState.SUSPENDED, CycleState.DONE)
    assert watching.pages == 0
    assert world.asked()["update"] == 0
    await world.assert_in_step()


async def test_whoever_is_killed_while_dropping_a_plan_drops_the_rest_and_plans_anew(
    any_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = any_world
    await a_line(world)
    with monkeypatch.context() as planning:
        planning.setattr(world.ledger, "entry_counts", _dies)  # asked when all is planned
        with pytest.raises(Cut):
            await world.run()
    drop = ledger_cycles.drop_entries
    dropped: list[int] = []

    def dies_at_the_second(connection: Connection, cycle_id: str, most: int) -> int:
        if dropped:
            raise Cut
        dropped.append(drop(connection, cycle_id, most))
        return dropped[0]

    monkeypatch.setattr(ledger_cycles, "PIECE", 2)
    with monkeypatch.context() as dropping:
        dropping.setattr(ledger_cycles, "drop_entries", dies_at_the_second)
        with pytest.raises(Cut):
            await world.run()

    await world.run()

    assert dropped == [2]
    assert world.asked()["create"] == len(LINE)
    await world.assert_in_step()


async def _dies(*_: object) -> None:
    raise Cut


async def test_others_work_while_very_many_records_are_decided(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_line(world)
    monkeypatch.setattr(rivals, "AT_A_TIME", 2)
    happened: list[str] = []

    def decided(facts: Facts, rules: Rules) -> Answer:
        happened.append("decided")
        return decide(facts, rules)

    async def others() -> None:
        while happened.count("decided") < len(LINE):
            happened.append("others")
            await asyncio.sleep(0)

    monkeypatch.setattr(rivals, "decide", decided)
    people = [world.ids[name] for name in LINE]

    await asyncio.gather(
        rivals.walk_records(world.ledger, await world.rules(), Kind.USER, people), others()
    )

    alone = "".join("d" if one == "decided" else " " for one in happened).split()
    assert [len(one) for one in alone] == [1, 2, 2]


async def test_removals_that_fill_several_pages_are_judged_together(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarding, "PAGE", 2)
    await world.connect()
    for name in LINE:
        await world.hire(name)
    await world.assign(*LINE)
    await world.run()

    for name in LINE[:4]:
        await world.unassign(name)
    cycle = await world.run()

    assert (cycle.counters.held, cycle.counters.disabled) == (4, 0)
