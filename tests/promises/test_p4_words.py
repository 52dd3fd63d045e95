"""P4 about words: one covers what was shown and nothing else, and no answer hides who left."""

import datetime as dt

import pytest
from tests.engine.world import Wish, World
from tests.promises.killed import Death, Killed
from tests.promises.test_p4_no_surprise_removals import PEOPLE, active, decided, staffed, waiting
from tests.promises.test_p4_over_a_day import FREE, Interrupted, deletes, purged

from seatkeeper.clock import utc_now
from seatkeeper.directory.model import Kind
from seatkeeper.errors import NeedsAnother, NotFound, Transient
from seatkeeper.provisioning.guard import HoldState
from seatkeeper.store.administrators import SqlAdministrators


async def approved(
    world: World, ids: list[str], who: str = "ana", *, signed_in: bool = False
) -> None:
    await world.ledger.decide(
        ids,
        HoldState.APPROVED,
        word="is meant",
        until=None,
        actor=who,
        now=world.now,
        signed_in=signed_in,
    )


@pytest.mark.parametrize("app", ["15five", "generic-scim"])
async def test_who_left_by_requests_that_failed_afterwards_counts_within_the_day(
    world: World, app: str
) -> None:
    if app == "generic-scim":
        deletes(world)
    await staffed(world)

    for name in PEOPLE[:6]:
        if app == "generic-scim":
            await purged(world, name)
        else:
            await world.leave("Everybody", name)
        world.plant_after(
            "delete" if app == "generic-scim" else "update",
            Transient("The app failed.", status=504),
            times=4,
        )
        await world.run()
        world.target.planted_by_verb.clear()  # type: ignore[attr-defined]  # one that is planted

    left = 12 - active(world)
    assert left == FREE
    assert len(await waiting(world)) == 6 - FREE


async def test_a_word_about_an_end_of_access_does_not_delete(world: World) -> None:
    deletes(world)
    await staffed(world)
    await world.leave("Everybody", *PEOPLE[:6])
    await world.run()
    shown = [one.id for one in await waiting(world)]

    await purged(world, *PEOPLE[:6])
    await world.run()

    with pytest.raises(NotFound):
        await approved(world, shown)
    await world.run()
    assert len(world.target.held[Kind.USER]) == 12
    assert len(await waiting(world)) == 6


async def test_who_was_kept_is_asked_about_once_it_is_about_something_else(world: World) -> None:
    await staffed(world)
    await world.leave("Everybody", *PEOPLE[:6])
    await world.run()
    await decided(world, HoldState.KEPT)
    await world.run(Wish(full=True))
    assert await waiting(world) == []

    await world.enable(PEOPLE[0], enabled=False)
    world.now += dt.timedelta(days=30)
    await world.run()

    assert active(world) == 12
    [hold] = await waiting(world)
    assert hold.display_name == PEOPLE[0]
    assert "ana kept something else" in hold.why


async def test_somebody_enabled_again_who_left_a_group_meanwhile_is_in_it_no_more(
    any_world: World,
) -> None:
    world = any_world
    await world.connect()
    await world.hire("Ada")
    await world.hire("Grace")
    await world.found("Sales", "Ada", "Grace")
    await world.assign("Sales", "Ada", "Grace")
    await world.run()
    await world.enable("Ada", enabled=False)
    await world.run()

    await world.enable("Ada")
    await world.leave("Sales", "Ada")
    await world.run()
    await world.run()

    assert world.account("Ada")["active"] is True
    assert world.members("Sales") == {"Grace"}
    await world.assert_in_step()


async def test_what_was_on_its_way_is_not_believed_after_a_restart(any_world: World) -> None:
    world = any_world
    await staffed(world)
    await world.leave("Everybody", PEOPLE[0])
    with pytest.raises(Killed):
        await world.run(target=Death(1, after=True).over(world.target))
    assert active(world) == 11

    await world.ledger.reset(world.app, ["watermark"], actor="ana")
    await world.join("Everybody", PEOPLE[0])
    await world.run()

    assert active(world) == 12
    await world.assert_in_step()


async def test_a_word_about_an_ordinary_leaver_is_not_replaced_by_that_about_an_undo(
    world: World,
) -> None:
    await world.connect()
    for name in PEOPLE:
        await world.hire(name, department="Sales")
    await world.found("Everybody", *PEOPLE)
    await world.assign("Everybody")
    joined = await world.run()
    await world.leave("Everybody", *PEOPLE[:6])
    await world.run()
    before = {one.id for one in await waiting(world)}

    await world.run(Wish(undo=joined.id))
    assert before <= {one.id for one in await waiting(world)}
    await approved(world, sorted(before))
    await world.run()

    assert active(world) == 6


async def kept_instead(world: World, ids: list[str]) -> None:
    """Say that what was approved is to stay after all."""
    await world.ledger.decide(
        ids, HoldState.KEPT, word="no", until=None, actor="bo", now=world.now, instead=True
    )


async def test_who_is_kept_after_all_while_the_plan_is_sent_is_not_sent_any_more(
    any_world: World,
) -> None:
    world = any_world
    await staffed(world)
    world.batch = world.concurrency = 1
    await world.leave("Everybody", *PEOPLE[:6])
    await world.run()
    shown = [one.id for one in await waiting(world)]
    await approved(world, shown)

    Interrupted(world, lambda: kept_instead(world, shown))
    await world.run()
    await world.run(Wish(full=True))

    assert active(world) >= 12 - 2  # two were on their way when it was said
    assert await waiting(world) == []


async def test_members_who_are_kept_after_all_while_the_plan_is_sent_stay(world: World) -> None:
    shown = await six_left(world)
    await approved(world, shown)
    await world.change(PEOPLE[0], jobTitle="Lead")  # sent before any group

    Interrupted(world, lambda: kept_instead(world, shown))
    await world.run()

    assert world.account(PEOPLE[0])["title"] == "Lead"
    assert world.members("Sales") == {*PEOPLE}
    [(_, hold)] = await world.ledger.holds(world.app)
    assert hold.state is HoldState.KEPT


async def test_nobody_leaves_by_the_word_of_whoever_took_them_out(any_world: World) -> None:
    world = any_world
    ana, ben = "ana@larkspur.example", "ben@larkspur.example"
    await staffed(world, more="deletion_guard: {four_eyes: true}\n")
    administrators = SqlAdministrators(world.database)
    for email in (ana, ben):
        administrators.invite(email, "administrator", actor="test", now=world.now)
    out = [world.ids[name] for name in PEOPLE[:6]]
    await world.directory.change_members(world.ids["Everybody"], remove=out, actor=ana)
    world.now = utc_now()  # a cause is looked for by the clock that the directory keeps
    await world.run()
    shown = [one.id for one in await waiting(world)]

    await approved(world, shown, ana, signed_in=True)
    with pytest.raises(NeedsAnother):
        await approved(world, shown, ana, signed_in=True)
    await world.run()
    after_her_word = active(world)
    await approved(world, shown, ben, signed_in=True)
    await world.run()

    assert after_her_word == 12
    assert active(world) == 6


async def sales(world: World) -> None:
    """Twelve people in a group that has an account; two may leave it without a word."""
    await staffed(world, more="deletion_guard:\n  members: {at_least: 2, percent: 0}\n")
    await world.found("Sales", *PEOPLE)
    await world.assign("Sales")
    await world.run()


async def six_left(world: World) -> list[str]:
    """Six left that group, which waits for a word; return under which ids."""
    await sales(world)
    await world.leave("Sales", *PEOPLE[:6])
    await world.run()
    assert world.members("Sales") == {*PEOPLE}
    return [one.id for one in await waiting(world)]


@pytest.mark.parametrize("said", ["before they are back", "when they are back", "never"])
async def test_a_word_about_members_ends_when_they_are_back(any_world: World, said: str) -> None:
    world = any_world
    shown = await six_left(world)
    if said == "before they are back":
        await approved(world, shown)
    await world.join("Sales", *PEOPLE[:6])
    if said == "when they are back":
        await approved(world, shown)
    await world.run()
    assert await world.ledger.holds(world.app) == []

    await world.leave("Sales", *PEOPLE[:6])
    await world.run()

    assert world.members("Sales") == {*PEOPLE}
    assert len(await waiting(world)) == 1


async def test_nothing_is_asked_about_members_of_a_group_that_leaves_as_a_whole(
    world: World,
) -> None:
    await six_left(world)

    await world.unassign("Sales")
    await world.run()

    assert await waiting(world) == []


async def test_a_held_member_is_not_sent_once_the_plan_is_judged_again(world: World) -> None:
    await sales(world)
    world.batch = world.concurrency = 1
    await world.leave("Sales", PEOPLE[0], PEOPLE[1])
    for name in PEOPLE:
        await world.change(name, jobTitle="Lead")
    last = max(PEOPLE, key=lambda name: world.ids[name])  # sent last, so decided after this

    async def four_more_leave() -> None:
        await world.leave("Sales", *PEOPLE[2:6])
        await world.enable(last, enabled=False)

    Interrupted(world, four_more_leave)
    await world.run()

    assert world.members("Sales") == {*PEOPLE}
    assert [one.count for one in await waiting(world)] == [6]
