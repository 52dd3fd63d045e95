"""An app that refuses very many people: everybody is counted, and everybody's turn comes."""

from collections.abc import AsyncIterator

from tests.engine.world import World

from seatkeeper.directory.model import Kind
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.errors import Refused
from seatkeeper.ports import PersonRow
from seatkeeper.store.people_import import SqlPeopleImport

MANY = 1_100


async def nobody_has_a_mail(world: World) -> None:
    """Let the app be given very many people whose address is missing, and one group that waits."""
    await world.connect(scope="all")

    async def rows() -> AsyncIterator[PersonRow]:
        for number in range(MANY):
            yield PersonRow(number, f"p{number}@larkspur.example", {"displayName": f"P{number}"})

    await SqlPeopleImport(world.database).apply_rows("f", rows(), total=MANY, actor="hr")
    await world.run()


async def test_all_who_wait_are_counted_and_named_by_their_cause(any_world: World) -> None:
    world = any_world
    await nobody_has_a_mail(world)

    cycle = (await world.ledger.cycles(world.app))[0]
    [cause] = await world.ledger.waiting_causes(world.app, examples=3)
    [unnamed] = await world.ledger.waiting_causes(world.app, examples=0)
    [notice] = (await world.ledger.open_notices(world.app)).values()

    assert cycle.counters.waiting == notice.count == cause.count == MANY
    assert (cause.code, len(cause.newest)) == ("MissingValues", 3)
    assert (unnamed.count, unnamed.newest) == (MANY, ())
    assert await world.ledger.waiting_counts() == {world.app: MANY}


async def test_all_who_are_due_are_tried_in_one_cycle(any_world: World) -> None:
    world = any_world
    await nobody_has_a_mail(world)
    await world.ledger.retry_now(world.app, None, world.now)

    cycle = await world.run()

    assert cycle.counters.retried == MANY


async def test_groups_that_are_switched_off_wait_no_longer_behind_whoever_else_waits(
    any_world: World,
) -> None:
    world = any_world
    await world.connect(scope="all")
    await world.found("Sales")
    world.plant("create", Refused("No more groups."))
    await world.run()
    assert await world.waits() != {}
    await nobody_has_a_mail(world)

    await world.connect(scope="all", groups="off")
    await world.run(Wish(full=True))

    assert await world.ledger.escrows(world.app, kind=Kind.GROUP) == []
