"""An id says whose account it is only in the tenant that gave it, and only while it is there."""

import copy

import pytest
from tests.engine.world import WRITES, Wish, World

from seatkeeper.connectors.memory import MemoryTarget
from seatkeeper.directory.model import Kind
from seatkeeper.errors import Transient, Unreachable
from seatkeeper.provisioning.account import TargetValue
from seatkeeper.provisioning.cycle import CycleState

ELSEWHERE = "http://127.0.0.1:9010/scim/v2"
PEOPLE = [f"Person{number}" for number in range(30)]


async def in_step(world: World, names: list[str]) -> None:
    """Hire these people in one group, and run until the app is in step."""
    await world.connect()
    for name in names:
        await world.hire(name)
    await world.found("Everybody", *names)
    await world.assign("Everybody")
    await world.run()
    world.asked()


async def moves(world: World, address: str = ELSEWHERE) -> None:
    """Type another tenant URL into the app's settings."""
    world.address = address
    await world.connect()


def strangers(world: World) -> MemoryTarget:
    """Return another tenant that holds other people and groups under the very same ids."""
    held: dict[Kind, dict[str, dict[str, TargetValue]]] = {
        kind: {
            account: {"userName": f"stranger{number}", "displayName": f"Stranger {number}"}
            for number, account in enumerate(world.target.held[kind])
        }
        for kind in Kind
    }
    other = MemoryTarget(world.target.capabilities, held=held)
    other.memberships = {group: set(held[Kind.USER]) for group in held[Kind.GROUP]}
    return other


def moved(world: World) -> MemoryTarget:
    """Return another tenant that holds the same people and groups under other ids."""
    held = {
        kind: {f"new-{account}": dict(values) for account, values in accounts.items()}
        for kind, accounts in world.target.held.items()
    }
    return MemoryTarget(world.target.capabilities, held=held)


def remove(world: World, *names: str) -> None:
    """Delete these accounts in the app, as somebody there would."""
    for account in [world.account_id(name) for name in names]:
        del world.target.held[Kind.USER][account]
        for members in world.target.memberships.values():
            members.discard(account)


@pytest.mark.fault("T8a")
async def test_p3_nothing_is_written_to_strangers_under_the_same_ids(world: World) -> None:
    await in_step(world, ["Ada", "Bob", "Cem", "Dee"])
    world.target = strangers(world)
    before = copy.deepcopy((world.target.held, world.target.memberships))

    await moves(world)
    await world.change("Ada", jobTitle="Director")
    await world.leave("Everybody", "Bob")
    ran = [await world.run(), await world.run(), await world.run(Wish(users=(world.ids["Cem"],)))]

    assert (world.target.held, world.target.memberships) == before
    assert not WRITES & world.asked().keys()
    assert all(cycle.finished for cycle in ran)
    assert set((await world.waits()).values()) == {"LinkHeld"}
    assert set(await world.waits()) == {"Ada", "Bob", "Cem", "Dee", "Everybody"}
    assert len([one for one in await world.mails() if "5 records" in one]) == 1
    assert "--reset links" in (await world.explain("Ada")).answer


async def test_after_consent_everybody_gets_an_account_beside_the_strangers(world: World) -> None:
    await in_step(world, ["Ada", "Bob"])
    world.target = strangers(world)
    before = copy.deepcopy(world.target.held)
    await moves(world)
    await world.run()

    await world.ledger.reset(world.app, ["links", "watermark"], actor="it")
    await world.run()

    for kind in Kind:
        kept = {one: world.target.held[kind][one] for one in before[kind]}
        assert kept == before[kind]
    assert await world.waits() == {}
    assert world.members("Everybody") == {"Ada", "Bob"}


async def test_the_same_tenant_under_a_new_name_is_gone_on_with(world: World) -> None:
    await in_step(world, ["Ada", "Bob", "Cem"])

    await moves(world)
    await world.change("Ada", jobTitle="Director")
    await world.leave("Everybody", "Bob")
    await world.run()
    asked = world.asked()
    await world.run()

    assert asked["find"] == 4
    assert "create" not in asked
    assert not world.asked()
    assert world.members("Everybody") == {"Ada", "Cem"}
    await world.assert_in_step()


@pytest.mark.fault("T8a")
async def test_people_who_moved_to_another_tenant_keep_their_accounts_there(world: World) -> None:
    await in_step(world, ["Ada", "Bob", "Cem"])
    await world.reports_to("Bob", "Ada")
    await world.run()
    world.target = moved(world)

    await moves(world)
    await world.enable("Cem", False)
    await world.run()
    asked = world.asked()
    await world.run()

    assert "create" not in asked
    assert not world.asked()
    assert world.account("Cem")["active"] is False
    await world.assert_in_step()


async def test_a_cycle_that_waited_for_the_old_address_writes_nothing_at_the_new_one(
    world: World,
) -> None:
    await in_step(world, ["Ada", "Bob"])
    world.plant("update", Unreachable("The app is not there."))
    await world.change("Ada", jobTitle="Director")
    waiting = await world.run()
    world.target = strangers(world)
    before = copy.deepcopy(world.target.held)

    await moves(world)
    await world.run()
    await world.run()

    assert waiting.state is CycleState.SUSPENDED
    assert world.target.held == before
    assert not WRITES & world.asked().keys()


async def test_an_app_that_fails_while_accounts_are_confirmed_is_asked_again(world: World) -> None:
    await in_step(world, ["Ada", "Bob"])
    await moves(world)
    world.plant("find", Transient("It failed.", status=500), times=20)

    stopped = await world.run()
    world.target.planted_by_verb.clear()  # type: ignore[attr-defined]  # planted above
    await world.run()
    await world.run()

    assert stopped.state is CycleState.PLANNING
    assert await world.waits() == {}
    await world.assert_in_step()


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.fault("T8")
async def test_t8_half_of_all_accounts_deleted_by_somebody_are_not_made_again(
    world: World, at_once: bool
) -> None:
    await in_step(world, PEOPLE)
    gone = PEOPLE[::2]
    kept = copy.deepcopy((world.target.held, world.target.memberships))
    remove(world, *gone)

    for name in PEOPLE:
        await world.change(name, jobTitle="Director")
        if not at_once:
            await world.run()
    await world.run()
    asked = world.asked()

    assert "create" not in asked
    assert await world.waits() == dict.fromkeys(gone, "LinkHeld")
    assert len([one for one in await world.mails() if "not be provisioned" in one]) == 1
    assert all(world.account(name)["title"] == "Director" for name in PEOPLE[1::2])

    world.target.held[Kind.USER].update(
        {
            one: values
            for one, values in kept[0][Kind.USER].items()
            if values["title"] == "Engineer" and one not in world.target.held[Kind.USER]
        }
    )
    world.target.memberships.update(kept[1])
    await world.run(Wish(full=True))

    assert await world.waits() == {}
    await world.assert_in_step()


@pytest.mark.fault("T8")
async def test_a_few_accounts_deleted_by_somebody_are_made_again(world: World) -> None:
    await in_step(world, PEOPLE)
    remove(world, "Person0")

    await world.change("Person0", jobTitle="Director")
    await world.run()

    assert await world.waits() == {}
    await world.assert_in_step()


async def test_what_stays_held_costs_no_request_in_a_cycle_of_changes(world: World) -> None:
    await in_step(world, PEOPLE[:8])
    remove(world, *PEOPLE[:6])
    for name in PEOPLE[:6]:
        await world.change(name, jobTitle="Director")
    await world.run()
    world.asked()

    await world.run()

    assert not world.asked()
    assert len(await world.waits()) == 6
