"""How many accounts there are is counted anew once anybody has written, and only then."""

from tests.engine.world import World

from seatkeeper.directory.model import Value
from seatkeeper.ports.ledger_accounts import Accounts
from seatkeeper.store.ledger import SqlLedger

NO_ACCESS = {"active": False}


async def test_a_count_follows_what_another_process_has_written(any_world: World) -> None:
    world = any_world
    await world.hire("Ada")
    await world.hire("Bo")
    await world.connect()
    await world.assign("Ada", "Bo")
    await world.run()
    elsewhere = SqlLedger(world.database)
    before = (await elsewhere.accounts(world.app, NO_ACCESS)).deactivated

    await world.unassign("Bo")
    await world.run()
    after = (await elsewhere.accounts(world.app, NO_ACCESS)).deactivated
    await world.enable("Ada", enabled=False)
    unchanged = (await elsewhere.accounts(world.app, NO_ACCESS)).deactivated
    await world.run()
    at_last = (await elsewhere.accounts(world.app, NO_ACCESS)).deactivated

    assert (before, after, unchanged, at_last) == (0, 1, 1, 2)


async def test_links_that_are_forgotten_are_counted_no_more(world: World) -> None:
    await world.hire("Ada")
    await world.connect()
    await world.assign("Ada")
    await world.run()
    await world.unassign("Ada")
    await world.run()
    assert (await world.ledger.accounts(world.app, NO_ACCESS)).deactivated == 1

    await world.ledger.reset(world.app, ["links"], actor="test")

    assert (await world.ledger.accounts(world.app, NO_ACCESS)).deactivated == 0


async def test_what_another_process_forgets_of_an_app_is_counted_no_more(
    any_world: World,
) -> None:
    world = any_world
    await world.hire("Ada")
    await world.connect()
    await world.assign("Ada")
    await world.run()
    elsewhere = SqlLedger(world.database)
    before = await elsewhere.accounts(world.app, NO_ACCESS)

    await world.ledger.reset(world.app, ["links"], actor="test")
    await world.configuration.record_decision("test", "restart", world.app, {})

    assert (before.people, await elsewhere.accounts(world.app, NO_ACCESS)) == (1, Accounts())


async def test_another_question_has_another_answer(world: World) -> None:
    await world.hire("Ada")
    await world.connect()
    await world.assign("Ada")
    await world.run()

    asked: tuple[dict[str, Value], ...] = ({"active": True}, {})
    counts = [await world.ledger.accounts(world.app, access) for access in asked]

    assert counts == [Accounts(1, 0, 1), Accounts(1, 0, 0)]
