"""What was is kept as long as it is needed, counted for good, and forgotten in small pieces."""

import datetime as dt

import pytest
from tests.engine.world import World

from seatkeeper.clock import utc_now
from seatkeeper.engine.forgetting import Forgetting
from seatkeeper.errors import CredentialsRejected
from seatkeeper.provisioning.history import KEPT_CYCLES, Retention
from seatkeeper.store import ledger_retention

pytestmark = pytest.mark.anyio

DAY = dt.timedelta(days=1)


async def staffed(world: World, *names: str) -> None:
    for name in names:
        await world.hire(name)
    await world.connect()
    await world.assign(*names)


def forgetting(world: World, **keeps: int) -> Forgetting:
    async def apps() -> list[str]:
        return [world.app]

    return Forgetting(world.ledger, apps, Retention(**keeps))


async def test_a_cycle_knows_its_requests_and_how_late_changes_arrived(any_world: World) -> None:
    world = any_world
    await staffed(world, "Ada", "Bo")
    await world.run()
    await world.change("Ada", jobTitle="Head")

    cycle = await world.run()

    [kept, *_] = await world.ledger.cycles(world.app)
    assert kept.statistics == cycle.statistics
    assert cycle.statistics.lags.number == 1


async def test_an_interrupted_cycle_counts_on_from_where_it_was(world: World) -> None:
    await staffed(world, "Ada", "Bo", "Cy")
    world.batch = 1
    world.plant("create", CredentialsRejected("No."), skip=1)
    await world.run()

    cycle = await world.run()

    assert cycle.number == 1
    assert cycle.counters.created == 3
    [day] = await world.ledger.days(world.app)
    assert (day.cycles, day.counters.created) == (1, 3)


async def test_days_count_every_cycle_also_those_that_did_nothing(any_world: World) -> None:
    world = any_world
    await staffed(world, "Ada")
    for _ in range(3):
        await world.run()
    world.now += DAY
    await world.change("Ada", jobTitle="Head")
    await world.run()

    newest, first = await world.ledger.days(world.app)

    assert (first.cycles, first.idle, first.counters.created) == (3, 2, 1)
    assert (newest.cycles, newest.idle, newest.counters.updated) == (1, 0, 1)


@pytest.mark.fault("L10")
async def test_old_entries_go_and_the_last_one_of_everybody_with_an_account_stays(
    any_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_retention, "PIECE", 3)
    monkeypatch.setattr(ledger_retention, "KEPT_CYCLES", 1)
    world = any_world
    await staffed(world, "Ada", "Bo", "Cy")
    await world.run()
    for title in ("Head", "Chief"):
        await world.change("Ada", jobTitle=title)
        await world.run()
    await world.unassign("Cy")
    await world.run()
    await world.directory.delete_user(world.ids["Cy"], actor="hr", now=world.now)
    await world.directory.purge_user(world.ids["Cy"], actor="hr")
    await world.run()
    world.now += 500 * DAY
    await world.run()

    looked = [await forgetting(world).look(world.now, most=most) for most in (1000, 1000)]

    left = [(entry.display_name, entry.action) for entry in await world.log()]
    assert looked[0] > 0
    assert looked[1] == 0
    assert ("Ada", "update") in left
    assert ("Bo", "create") in left
    assert len([name for name, _ in left if name == "Ada"]) == 1
    assert not [name for name, _ in left if name == "Cy"]
    await world.assert_in_step()


async def test_the_log_and_the_plan_of_a_cycle_that_is_kept_stay(world: World) -> None:
    await staffed(world, "Ada")
    await world.run()
    world.now += 3 * DAY
    before = await world.log()

    removed = await forgetting(world, log=30, cycles=30).look(world.now + 10 * DAY)

    [cycle] = await world.ledger.cycles(world.app)
    assert removed == 0
    assert await world.log() == before
    assert sum((await world.ledger.entry_counts(cycle.id)).values()) > 0


async def test_idle_cycles_go_after_a_week_and_the_newest_always_stay(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_retention, "PIECE", 7)
    await staffed(world, "Ada")
    for _ in range(KEPT_CYCLES + 30):
        await world.run()
    world.now += 30 * DAY

    await forgetting(world).look(world.now, most=1000)

    numbers = [one.number for one in await world.ledger.cycles(world.app, limit=1000)]
    assert numbers == [*range(KEPT_CYCLES + 30, 30, -1), 1]
    [day] = await world.ledger.days(world.app)
    assert day.cycles == KEPT_CYCLES + 30


async def test_a_cycle_that_is_open_is_not_forgotten(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_retention, "KEPT_CYCLES", 0)
    await staffed(world, "Ada")
    world.plant("create", CredentialsRejected("No."))
    await world.run()

    await forgetting(world).look(world.now + 900 * DAY, most=1000)
    world.now += 900 * DAY
    cycle = await world.run()

    assert (cycle.number, cycle.finished, cycle.counters.created) == (1, True, 1)


async def test_messages_go_and_what_still_holds_stays(any_world: World) -> None:
    world = any_world
    await staffed(world, "Ada")
    world.plant("any", CredentialsRejected("No."), times=2)
    await world.run()
    await world.mails()
    await world.ledger.parcel_sent(1, now=world.now)

    removed = [await forgetting(world).look(world.now + days * DAY) for days in (50, 100)]

    assert removed == [0, 1]
    assert list(await world.ledger.open_notices(world.app)) == ["app:Unauthorized"]


async def test_no_look_does_more_than_its_share(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_retention, "PIECE", 2)
    monkeypatch.setattr(ledger_retention, "KEPT_CYCLES", 0)
    await staffed(world, *(f"Person{number}" for number in range(9)))
    await world.run()
    looking = forgetting(world)

    steps = [await looking.look(world.now + 900 * DAY, most=1) for _ in range(8)]

    assert steps[:5] == [2, 2, 2, 2, 2]
    assert await world.ledger.cycles(world.app) == []


async def feed(world: World) -> list[tuple[str, str]]:
    """Return what the feed still tells, oldest first."""
    return [(o.subject.value, o.verb.value) for o in await world.directory.changes(after=0)]


async def test_old_changes_go_once_every_app_has_looked_at_them(
    any_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_retention, "PIECE", 3)
    world = any_world
    await staffed(world, "Ada", "Bo")
    await world.found("Sales", "Ada")
    await world.leave("Sales", "Ada")
    await world.run()
    newest = await world.ledger.last_change()

    removed = await forgetting(world).look(utc_now() + 500 * DAY)

    assert removed > 3
    assert await feed(world) == [("assignment", "created")] * 2  # which are still there
    assert await world.ledger.last_change() == newest
    assert (await world.ledger.kept())["changes"].count == 2


async def test_a_change_that_an_app_has_still_to_look_at_stays_however_old(
    any_world: World,
) -> None:
    world = any_world
    await staffed(world, "Ada", "Bo")
    await world.run()
    await world.change("Ada", jobTitle="Head")

    await forgetting(world).look(utc_now() + 500 * DAY)
    cycle = await world.run()

    assert cycle.counters.updated == 1
    assert world.account("Ada")["title"] == "Head"


async def test_young_changes_stay(world: World) -> None:
    await staffed(world, "Ada")
    await world.run()
    before = await feed(world)

    await forgetting(world).look(utc_now() + 300 * DAY)

    assert await feed(world) == before
