"""A cycle is taken back: values, members, access; and no later cycle does it all again."""

import datetime as dt

from tests.engine.world import WRITES, Wish, World

from seatkeeper.directory.model import Kind
from seatkeeper.errors import Refused, Unreachable
from seatkeeper.provisioning.cycle import Cycle, CycleKind
from seatkeeper.provisioning.guard import HoldState
from seatkeeper.provisioning.preview import Outlook

PEOPLE = ["Ada", "Bob", "Cem", "Dee", "Eve"]
NICK = "nickName"


async def in_step(world: World) -> None:
    """Hire five people in one group, and run until the app is in step."""
    await world.connect()
    for name in PEOPLE:
        await world.hire(name)
    await world.found("Everybody", *PEOPLE)
    await world.assign("Everybody")
    await world.run()
    world.asked()


async def undo(world: World, cycle: Cycle) -> Cycle:
    """Take a cycle back."""
    return await world.run(Wish(undo=cycle.id))


async def stays(world: World, cycle: Cycle) -> dict[str, str]:
    """Return what could not be undone, by name."""
    return {
        one.display_name: one.reason
        for one in await world.log()
        if one.cycle_id == cycle.id and one.code == "CannotBeUndone"
    }


async def test_values_go_back_and_no_cycle_writes_them_again(any_world: World) -> None:
    world = any_world
    await in_step(world)
    await world.change("Ada", jobTitle="Director")
    await world.change("Bob", jobTitle=None)
    wrong = await world.run()
    world.asked()

    back = await undo(world, wrong)
    sent = world.asked()
    nothing = [await world.run(), await world.run(Wish(full=True))]

    assert back.kind is CycleKind.UNDO
    assert back.counters.updated == 2
    assert WRITES & sent.keys() == {"update"}
    assert [world.account(one)["title"] for one in ("Ada", "Bob")] == ["Engineer", "Engineer"]
    assert not WRITES & world.asked().keys()
    assert all(cycle.counters.failed == 0 for cycle in nothing)
    answer = await world.explain("Ada")
    assert answer.verdict == "left alone"
    assert "What was written to title was undone" in answer.answer


async def test_what_the_source_says_next_is_written_and_the_hold_is_over(world: World) -> None:
    await in_step(world)
    await world.change("Ada", jobTitle="Director")
    wrong = await world.run()
    await undo(world, wrong)

    await world.change("Ada", displayName="Ada L.")
    await world.run()
    held = world.account("Ada")["title"]
    await world.change("Ada", jobTitle="Captain")
    await world.run()
    captain = world.account("Ada")["title"]
    await world.change("Ada", jobTitle="Director")
    await world.run()

    assert (held, captain) == ("Engineer", "Captain")
    assert world.account("Ada")["title"] == "Director"
    assert await world.ledger.undone(world.app, Kind.USER, world.ids["Ada"]) == []
    await world.assert_in_step()


async def test_access_comes_back_and_goes_when_it_is_taken_anew(any_world: World) -> None:
    world = any_world
    await in_step(world)
    await world.leave("Everybody", "Ada")
    wrong = await world.run()
    gone = world.account("Ada")["active"]

    await undo(world, wrong)
    await world.run(Wish(full=True))
    back = world.account("Ada")["active"]
    why = await world.explain("Ada")
    await world.join("Everybody", "Ada")
    await world.run()
    await world.leave("Everybody", "Ada")
    await world.run()

    assert (gone, back) == (False, True)
    assert why.verdict == "left alone"
    assert "undone" in why.answer
    assert world.account("Ada")["active"] is False


async def test_members_go_back_one_by_one(any_world: World) -> None:
    world = any_world
    await in_step(world)
    await world.found("Board", "Ada", "Bob")
    await world.assign("Board")
    await world.run()
    await world.leave("Board", "Bob")
    await world.join("Board", "Cem")
    wrong = await world.run()
    between = world.members("Board")

    back = await undo(world, wrong)
    world.asked()
    await world.run(Wish(full=True))
    unsent = world.asked()
    after = world.members("Board")
    why = await world.explain("Board")
    await world.join("Board", "Bob")
    await world.leave("Board", "Cem")
    await world.run()
    await world.leave("Board", "Bob")
    await world.run()

    assert between == {"Ada", "Cem"}
    assert back.counters.updated == 1
    assert after == {"Ada", "Bob"}
    assert "left alone until the directory changes there: 2 memberships" in why.answer
    assert not WRITES & unsent.keys()
    assert world.members("Board") == {"Ada"}


async def test_an_account_that_was_made_is_deactivated_and_never_deleted(world: World) -> None:
    await in_step(world)
    await world.hire("Zoe", groups=["Everybody"])
    wrong = await world.run()

    back = await undo(world, wrong)
    await world.run(Wish(full=True))

    assert back.counters.disabled == 1
    assert world.account("Zoe")["active"] is False
    assert "Zoe" not in world.members("Everybody")


async def test_what_was_changed_since_stays_and_is_named(world: World) -> None:
    await in_step(world)
    for name in ("Ada", "Bob", "Cem"):
        await world.change(name, jobTitle="Director")
    wrong = await world.run()
    await world.change("Ada", jobTitle="Captain")
    await world.run()
    world.account("Bob")["title"] = "Queen"

    back = await undo(world, wrong)

    assert [world.account(one)["title"] for one in ("Ada", "Bob", "Cem")] == [
        "Captain",
        "Queen",
        "Engineer",
    ]
    assert await stays(world, back) == {
        "Ada": "title was changed since; it is Captain now.",
        "Bob": "title was changed since; it is Queen now.",
    }


async def test_a_deleted_account_cannot_be_brought_back(open_app: World) -> None:
    world = open_app
    await in_step(world)
    person = world.ids["Ada"]
    await world.directory.delete_user(person, actor="hr", now=world.now)
    await world.directory.purge_expired(now=world.now + dt.timedelta(days=60))
    world.ids["Gone"] = world.ids.pop("Ada")
    wrong = await world.run()

    back = await undo(world, wrong)

    assert wrong.counters.deleted == 1
    assert list((await stays(world, back)).values()) == ["The account was deleted for good."]


async def test_an_undo_that_takes_access_from_many_waits_for_a_word(world: World) -> None:
    await in_step(world)
    names = ["Fay", "Gus", "Hal", "Ida"]
    for name in names:
        await world.hire(name, groups=["Everybody"])
    wrong = await world.run()

    planned = await world.preview_undo(wrong)
    back = await undo(world, wrong)

    assert {one.verb for one in planned.records if one.kind is Kind.USER} == {Outlook.HOLD}
    assert back.counters.held == 4
    assert all(world.account(one)["active"] for one in names)


async def test_an_undo_that_was_approved_is_sent_when_it_runs_again(world: World) -> None:
    await in_step(world)
    names = ["Fay", "Gus", "Hal", "Ida"]
    for name in names:
        await world.hire(name, groups=["Everybody"])
    wrong = await world.run()
    await undo(world, wrong)
    held = await world.ledger.holds(world.app, states=(HoldState.OPEN,))

    await world.ledger.decide(
        [hold.id for _, hold in held],
        HoldState.APPROVED,
        word="a wrong list",
        until=None,
        actor="it",
        now=world.now,
    )
    await world.run()
    again = await undo(world, wrong)
    await world.run(Wish(full=True))

    assert again.counters.disabled == 4
    assert not any(world.account(one)["active"] for one in names)
    assert await world.ledger.holds(world.app) == []


async def test_a_preview_says_what_the_undo_then_does(world: World) -> None:
    await in_step(world)
    await world.change("Ada", jobTitle="Director")
    await world.leave("Everybody", "Bob")
    wrong = await world.run()
    world.asked()

    planned = await world.preview_undo(wrong)
    asked = world.asked()
    await undo(world, wrong)

    assert not WRITES & asked.keys()
    found = {one.display_name: one for one in planned.records}
    assert {name: one.verb for name, one in found.items()} == {
        "Ada": Outlook.UPDATE,
        "Bob": Outlook.UPDATE,
        "Everybody": Outlook.UPDATE,
    }
    assert [(one.path, one.old, one.new) for one in found["Ada"].changes] == [
        ("title", "Director", "Engineer")
    ]
    assert found["Everybody"].add == (world.ids["Bob"],)
    assert world.account("Ada")["title"] == "Engineer"
    assert world.account("Bob")["active"] is True
    assert "Bob" in world.members("Everybody")


async def test_undoing_twice_finds_nothing_more_and_an_undo_can_be_undone(world: World) -> None:
    await in_step(world)
    await world.change("Ada", jobTitle="Director")
    wrong = await world.run()
    back = await undo(world, wrong)
    world.asked()

    twice = await undo(world, wrong)
    unsent = world.asked()
    await undo(world, back)
    await world.run()

    assert twice.counters.updated == 0
    assert await stays(world, twice) == {}
    assert not WRITES & unsent.keys()
    assert world.account("Ada")["title"] == "Director"
    await world.assert_in_step()


async def test_an_app_that_goes_away_loses_nothing_and_the_undo_is_asked_again(
    world: World,
) -> None:
    world.batch = 1
    await in_step(world)
    for name in ("Ada", "Bob"):
        await world.change(name, jobTitle="Director")
    wrong = await world.run()
    world.plant("update", Unreachable("The app is not there."), skip=1)

    waits = await undo(world, wrong)
    ended = await undo(world, wrong)
    await undo(world, wrong)
    await world.run(Wish(full=True))

    assert not waits.finished
    assert (ended.id, ended.finished) == (waits.id, True)
    assert "undo it again" in ended.note
    assert [world.account(one)["title"] for one in ("Ada", "Bob")] == ["Engineer", "Engineer"]


async def test_what_the_app_refuses_to_take_back_waits_for_nobody(world: World) -> None:
    await in_step(world)
    await world.change("Ada", jobTitle="Director")
    wrong = await world.run()
    world.plant("update", Refused("Not this title (400).", status=400))

    back = await undo(world, wrong)
    await world.run(Wish(full=True))

    assert back.counters.failed == 1
    assert world.account("Ada")["title"] == "Director"
    assert await world.waits() == {}
    assert await world.ledger.undone(world.app, Kind.USER, world.ids["Ada"]) == []
    await world.assert_in_step()


async def test_a_value_that_was_never_known_is_not_guessed(open_app: World) -> None:
    world = open_app
    await in_step(world)
    world.target.held[Kind.USER]["own"] = {
        "userName": "zoe@larkspur.example",
        "title": "Engineer",
        "active": True,
        NICK: "Zo",
    }
    await world.hire("Zoe", groups=["Everybody"], surname="Ulm")
    await world.run()
    await world.connect(users=f"[{{target: {NICK}, attribute: surname}}]")
    wrong = await world.run()

    back = await undo(world, wrong)

    assert world.account("Zoe")[NICK] == "Ulm"
    [why] = (await stays(world, back)).values()
    assert why == f"What {NICK} was before was never known."
