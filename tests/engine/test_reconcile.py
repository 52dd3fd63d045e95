"""An app is read again: what somebody changed there is found, and mended where that is wished."""

import copy
import datetime as dt
from dataclasses import replace

import pytest
from tests.engine.world import WRITES, Wish, World

from seatkeeper.connectors.memory import MemoryTarget
from seatkeeper.directory.model import Kind
from seatkeeper.errors import Refused, Transient, Unreachable
from seatkeeper.ports import Page, Trace
from seatkeeper.provisioning.account import Account, TargetValue
from seatkeeper.provisioning.cycle import CycleKind, CycleState
from seatkeeper.provisioning.reconcile import Finding, Found

LOOK = Wish(reconcile=True)
REPAIR = Wish(reconcile=True, repair=True)
NIGHTLY = Wish(reconcile=True, repair=True, unattended=True)
PEOPLE = ["Ada", "Bob", "Cem", "Dee", "Eve"]


async def in_step(world: World, names: list[str] | None = None) -> None:
    """Hire these people in one group, and run until the app is in step, an hour ago."""
    await world.connect()
    for name in names or PEOPLE:
        await world.hire(name)
    await world.found("Everybody", *(names or PEOPLE))
    await world.assign("Everybody")
    await world.run()
    world.now += dt.timedelta(hours=1)
    world.asked()


async def found(world: World) -> dict[str, Finding]:
    """Return what was found, by name."""
    return {one.display_name: one for one in await world.ledger.findings(world.app)}


def said(finding: Finding) -> list[tuple[str, object, object, object]]:
    """Return path, written, found and wanted of each difference."""
    return [(one.path, one.written, one.found, one.wanted) for one in finding.differences]


class ReadMeanwhile(MemoryTarget):
    """Somebody asks how far the cycle is while the app lists its groups."""

    world: World
    seen: tuple[int, int] = (0, 0)

    async def page(self, kind: Kind, start: int, trace: Trace) -> Page:
        if kind is Kind.GROUP:
            [cycle, *_] = await self.world.ledger.cycles(self.world.app)
            self.seen = cycle.done, cycle.total
        return await super().page(kind, start, trace)


async def test_while_an_app_is_read_it_is_known_how_much_of_it_there_is(world: World) -> None:
    app = ReadMeanwhile(world.target.capabilities)
    world.target = app
    app.world = world
    await in_step(world)

    await world.run(LOOK)

    assert app.seen == (5, 6)


async def test_an_app_that_is_as_it_was_written_has_nothing_to_report(any_world: World) -> None:
    world = any_world
    await in_step(world)

    cycle = await world.run(LOOK)
    asked = world.asked()

    assert cycle.kind is CycleKind.RECONCILE
    assert cycle.finished
    assert cycle.counters.checked == 6
    assert await found(world) == {}
    assert asked == {"page": 2, "read members": 1}
    assert (await world.explain("Ada")).verdict == "in step"
    kept = await world.ledger.reconciled(world.app)
    assert kept is not None
    assert kept.unchecked == ()


async def test_a_title_changed_in_the_app_is_reported_and_left_alone(any_world: World) -> None:
    world = any_world
    await in_step(world)
    world.account("Ada")["title"] = "Queen"

    cycle = await world.run(LOOK)
    asked = world.asked()
    again = await world.run(LOOK)

    assert not WRITES & asked.keys()
    assert world.account("Ada")["title"] == "Queen"
    ada = (await found(world))["Ada"]
    assert ada.found is Found.DRIFT
    assert said(ada) == [("title", "Engineer", "Queen", "Engineer")]
    assert (cycle.counters.differing, again.counters.differing) == (1, 1)
    assert [one.code for one in await world.log("Ada")].count("AttributeDrift") == 1


async def test_a_repair_sends_what_differs_and_nothing_else(any_world: World) -> None:
    world = any_world
    await in_step(world)
    world.account("Ada")["title"] = "Queen"
    del world.account("Bob")["title"]

    cycle = await world.run(REPAIR)
    asked = world.asked()
    after = await world.run(LOOK)

    assert cycle.kind is CycleKind.REPAIR
    assert asked["update"] == 2
    assert WRITES & asked.keys() == {"update"}
    assert cycle.counters.updated == 2
    await world.assert_in_step()
    assert after.counters.differing == 0
    assert await found(world) == {}


async def test_what_the_mapping_wants_now_is_told_beside_what_was_written(world: World) -> None:
    await in_step(world)
    world.account("Ada")["title"] = "Queen"
    await world.change("Ada", jobTitle="Director")

    await world.run(LOOK)

    assert said((await found(world))["Ada"]) == [("title", "Engineer", "Queen", "Director")]


async def test_members_who_left_and_joined_by_hand_are_found_and_repaired(
    any_world: World,
) -> None:
    world = any_world
    await in_step(world)
    await world.found("Board", "Ada")
    await world.assign("Board")
    await world.run()
    world.now += dt.timedelta(hours=1)
    everybody = world.target.memberships[world.account_id("Everybody")]
    everybody.discard(world.account_id("Cem"))
    world.target.memberships[world.account_id("Board")].add(world.account_id("Dee"))

    await world.run(LOOK)
    before = await found(world)
    cycle = await world.run(REPAIR)

    cem, dee = world.account_id("Cem"), world.account_id("Dee")
    assert said(before["Everybody"]) == [("members", cem, None, cem)]
    assert said(before["Board"]) == [("members", None, dee, None)]
    assert world.members("Everybody") == set(PEOPLE)
    assert world.members("Board") == {"Ada"}
    assert cycle.counters.updated == 2


async def test_p3_accounts_that_nobody_manages_are_named_and_never_touched(world: World) -> None:
    await in_step(world)
    stranger: dict[str, TargetValue] = {
        "userName": "zoe@elsewhere.example",
        "displayName": "Zoe",
        "active": True,
    }
    world.target.held[Kind.USER]["s-1"] = dict(stranger)
    world.target.memberships[world.account_id("Everybody")].add("s-1")

    await world.run(REPAIR)
    asked = world.asked()

    assert not WRITES & asked.keys()
    assert world.target.held[Kind.USER]["s-1"] == stranger
    assert "s-1" in world.target.memberships[world.account_id("Everybody")]
    reported = await found(world)
    assert reported["Zoe"].found is Found.UNMANAGED
    assert said(reported["Everybody"]) == [("members", None, "s-1", None)]


async def test_a_second_account_of_somebody_is_called_a_double(world: World) -> None:
    await in_step(world)
    double = {**world.account("Ada"), "externalId": "other"}
    world.target.held[Kind.USER]["d-1"] = double

    await world.run(REPAIR)

    every = await world.ledger.findings(world.app)
    assert [(one.found, one.display_name, one.account_id) for one in every] == [
        (Found.DOUBLE, "Ada", "d-1")
    ]
    assert not WRITES & world.asked().keys()


@pytest.mark.fault("T20")
async def test_somebody_missing_in_the_list_is_looked_up_before_anything_is_said(
    world: World,
) -> None:
    await in_step(world)
    hidden = world.account_id("Bob")

    class Forgetful(MemoryTarget):
        """Its list leaves somebody out, and counts them all the same."""

        async def page(self, kind: Kind, start: int, trace: Trace) -> Page:
            page = await super().page(kind, start, trace)
            shown = [one for one in page.accounts if one.id != hidden]
            return Page(shown, page.total)

    world.target = Forgetful(
        world.target.capabilities, held=world.target.held, memberships=world.target.memberships
    )

    await world.run(REPAIR)

    assert await found(world) == {}
    assert not WRITES & world.asked().keys()
    kept = await world.ledger.reconciled(world.app)
    assert kept is not None
    assert [(one.kind, one.why) for one in kept.unchecked] == [
        (Kind.USER, "The app says that it has 5, and listed 4.")
    ]


@pytest.mark.fault("T20")
async def test_a_list_that_never_ends_is_left(world: World) -> None:
    await in_step(world)

    class Endless(MemoryTarget):
        """Each page is a new one, and there is always more."""

        async def page(self, kind: Kind, start: int, trace: Trace) -> Page:
            page = await super().page(kind, 1, trace)
            ghosts = [Account(f"{start}-{number}") for number in range(len(page.accounts))]
            return Page(ghosts, start + 1_000)

    world.target = Endless(
        world.target.capabilities, held=world.target.held, memberships=world.target.memberships
    )

    cycle = await world.run(LOOK)

    assert cycle.finished
    assert await found(world) == {}


async def test_an_app_that_refuses_its_list_is_read_account_by_account(world: World) -> None:
    await in_step(world)
    world.account("Ada")["title"] = "Queen"
    world.plant("page", Refused("No lists here (403).", status=403), times=9)

    cycle = await world.run(LOOK)

    assert cycle.finished
    assert (await found(world))["Ada"].found is Found.DRIFT
    assert world.asked()["read"] == 6
    kept = await world.ledger.reconciled(world.app)
    assert kept is not None
    assert {one.what for one in kept.unchecked} == {"accounts that nobody manages"}
    assert "No lists here" in kept.unchecked[0].why


async def test_members_of_an_app_that_shows_none_cannot_be_checked(world: World) -> None:
    await in_step(world)
    groups = world.target.capabilities.groups
    assert groups is not None
    hides = replace(groups, members_readable=False)
    world.target.capabilities = replace(world.target.capabilities, groups=hides)
    world.target.memberships.clear()

    await world.run(REPAIR)

    assert await found(world) == {}
    assert not WRITES & world.asked().keys()
    kept = await world.ledger.reconciled(world.app)
    assert kept is not None
    assert [(one.kind, one.what) for one in kept.unchecked] == [(Kind.GROUP, "members")]


async def test_a_value_that_the_app_shows_of_nobody_is_not_taken_for_drift(world: World) -> None:
    await in_step(world)
    for values in world.target.held[Kind.USER].values():
        del values["title"]

    await world.run(REPAIR)

    assert await found(world) == {}
    assert not WRITES & world.asked().keys()
    kept = await world.ledger.reconciled(world.app)
    assert kept is not None
    assert [(one.what, one.why) for one in kept.unchecked] == [
        ("title", "The app shows it of no account.")
    ]


@pytest.mark.fault("T18")
async def test_a_value_accepted_and_never_kept_is_repaired_twice_and_then_left(
    world: World,
) -> None:
    await in_step(world)

    class Deaf(MemoryTarget):
        """Says yes to a title and keeps the one it had."""

        async def update(self, kind, account_id, changes, trace):
            kept = [one for one in changes if one.path != "title"]
            await super().update(kind, account_id, kept, trace)

    world.target = Deaf(
        world.target.capabilities, held=world.target.held, memberships=world.target.memberships
    )
    await world.change("Ada", jobTitle="Director")
    await world.run()
    world.now += dt.timedelta(hours=1)

    await world.run(LOOK)
    first = (await found(world))["Ada"]
    for _ in range(4):
        await world.run(REPAIR)
        world.now += dt.timedelta(hours=1)
    sent = world.asked()["update"]
    await world.run(Wish(full=True))

    assert first.found is Found.NOT_APPLIED
    assert said(first) == [("title", "Director", "Engineer", "Director")]
    assert sent == 1 + 2
    assert (await found(world))["Ada"].found is Found.KEPT_OTHERWISE
    assert "update" not in world.asked()


async def test_a_title_that_was_cleared_and_is_still_there_was_not_applied(world: World) -> None:
    await in_step(world)
    await world.change("Ada", jobTitle=None)
    await world.run()
    world.now += dt.timedelta(hours=1)
    world.account("Ada")["title"] = "Engineer"
    world.account("Bob")["nickName"] = "Bobby"

    await world.run(REPAIR)

    assert "title" not in world.account("Ada")
    assert world.account("Bob")["nickName"] == "Bobby"


async def test_an_account_that_is_gone_is_reported_and_a_repair_makes_it_anew(
    world: World,
) -> None:
    await in_step(world)
    gone = world.account_id("Cem")
    del world.target.held[Kind.USER][gone]
    world.target.memberships[world.account_id("Everybody")].discard(gone)

    await world.run(LOOK)
    before = (await found(world))["Cem"]
    made = world.account("Cem")
    await world.run(REPAIR)

    assert before.found is Found.VANISHED
    assert made is None
    await world.assert_in_step()


@pytest.mark.fault("T19")
async def test_an_account_that_has_another_id_now_is_linked_again_by_a_repair(
    world: World,
) -> None:
    await in_step(world)
    before = world.account_id("Cem")
    world.target.held[Kind.USER]["new"] = world.target.held[Kind.USER].pop(before)
    world.target.memberships[world.account_id("Everybody")].discard(before)

    await world.run(LOOK)
    told = {one.account_id: one for one in await world.ledger.findings(world.app)}
    await world.run(REPAIR)
    asked = world.asked()

    assert told[before].why == "Account new answers in its place."
    assert "create" not in asked
    assert world.members("Everybody") == set(PEOPLE)
    await world.assert_in_step()


async def test_somebody_activated_by_hand_loses_access_again(world: World) -> None:
    await in_step(world)
    await world.enable("Ada", False)
    await world.run()
    world.now += dt.timedelta(hours=1)
    world.account("Ada")["active"] = True

    await world.run(REPAIR)

    assert world.account("Ada")["active"] is False


async def test_p4_a_repair_that_takes_access_from_many_waits_for_a_word(world: World) -> None:
    await in_step(world)
    for name in PEOPLE[:2]:
        await world.enable(name, False)
    await world.run()
    world.now += dt.timedelta(hours=1)
    for name in PEOPLE[:2]:
        world.account(name)["active"] = True

    cycle = await world.run(REPAIR)

    assert cycle.counters.held == 2
    assert [world.account(name)["active"] for name in PEOPLE[:2]] == [True, True]
    assert (await world.explain("Ada")).verdict == "held"


@pytest.mark.fault("T26")
async def test_an_app_restored_from_a_backup_is_repaired_only_with_a_word(world: World) -> None:
    await in_step(world)
    backup = copy.deepcopy(world.target.held)
    for name in PEOPLE:
        await world.change(name, jobTitle="Director")
    await world.run()
    world.now += dt.timedelta(hours=1)
    world.target.held.update(backup)
    world.asked()

    nightly = await world.run(NIGHTLY)
    unsent = world.asked()
    await world.run(REPAIR)

    assert not WRITES & unsent.keys()
    assert "5 of 6 accounts differ; by itself a cycle repairs 3." in nightly.note
    assert "--repair" in nightly.note
    await world.assert_in_step()


async def test_a_few_that_differ_are_repaired_by_the_schedule_alone(world: World) -> None:
    await in_step(world)
    world.account("Ada")["title"] = "Queen"

    await world.run(NIGHTLY)

    await world.assert_in_step()


async def test_only_the_person_named_is_looked_at_and_repaired(world: World) -> None:
    await in_step(world)
    world.account("Ada")["title"] = "Queen"
    world.account("Bob")["title"] = "King"

    await world.run(Wish(users=(world.ids["Ada"],), reconcile=True, repair=True))

    assert world.account("Ada")["title"] == "Engineer"
    assert world.account("Bob")["title"] == "King"
    assert world.asked()["page"] == 0


async def test_an_app_that_goes_away_is_gone_on_with_where_it_was(world: World) -> None:
    world.batch = 2
    await in_step(world)
    for name in PEOPLE:
        world.account(name)["title"] = f"Title of {name}"
    world.plant("read", Unreachable("The app is not there."), skip=3)

    stopped = await world.run(REPAIR)
    before = await found(world)
    ended = await world.run(REPAIR)

    assert stopped.state is CycleState.PLANNING
    assert set(before) == {"Ada", "Bob"} or len(before) == 2
    assert ended.number == stopped.number
    await world.assert_in_step()


async def test_one_account_that_cannot_be_read_says_so_and_stops_nobody(world: World) -> None:
    await in_step(world, ["Ada"])
    world.account("Ada")["title"] = "Queen"
    world.plant("read", Transient("It failed.", status=500), times=4)

    cycle = await world.run(LOOK)

    assert cycle.finished
    ada = (await found(world))["Ada"]
    assert (ada.found, ada.why) == (Found.UNCHECKED, "It failed.")


async def test_what_was_written_a_moment_ago_is_read_once_more(world: World) -> None:
    await in_step(world)
    await world.change("Ada", jobTitle="Director")
    await world.run()
    world.now -= dt.timedelta(seconds=59)
    fresh = world.account("Ada")

    class Late(MemoryTarget):
        """Shows the title of before in its first answers."""

        async def read(self, kind: Kind, account_id: str, trace: Trace) -> Account | None:
            account = await super().read(kind, account_id, trace)
            old = [one for one in self.journal if one.verb == "read"]
            assert account is not None
            if len(old) == 1:
                return Account(account.id, {**account.values, "title": "Engineer"})
            return account

        async def page(self, kind: Kind, start: int, trace: Trace) -> Page:
            page = await super().page(kind, start, trace)
            stale = [Account(one.id, {**one.values, "title": "Engineer"}) for one in page.accounts]
            return Page(stale, page.total)

    world.target = Late(
        world.target.capabilities, held=world.target.held, memberships=world.target.memberships
    )

    await world.run(REPAIR)

    assert fresh["title"] == "Director"
    assert await found(world) == {}
    assert not WRITES & world.asked().keys()


async def test_a_report_sends_nothing_even_where_links_are_confirmed(world: World) -> None:
    await in_step(world)
    world.address = "http://127.0.0.1:9010/scim/v2"
    await world.connect()

    await world.run(LOOK)

    assert not WRITES & world.asked().keys()
    assert await found(world) == {}
