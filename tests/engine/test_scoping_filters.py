"""Scoping filters in living cycles: who comes in, who falls out, who is left alone."""

import pytest
from tests.engine.world import WRITES, World

from seatkeeper.errors import NotFound
from seatkeeper.provisioning.explain import Verdict

LAMPS = "  users:\n    department EQUALS: Lamps\n"
LIGHTHOUSE = "  users: {member_of: Lighthouse}\n"
NAMED = "  groups:\n    displayName STARTS_WITH: App\n"


async def test_only_those_who_pass_the_filter_get_an_account_and_the_log_says_why(
    world: World,
) -> None:
    await world.connect(filters=LAMPS)
    await world.hire("Ana", department="Lamps")
    await world.hire("Ben", department="Sales")
    await world.hire("Cem")
    await world.assign("Ana", "Ben", "Cem")

    await world.run()

    assert world.account("Ana")["active"] is True
    assert world.account("Ben") is None
    [ben] = await world.log("Ben")
    [cem] = await world.log("Cem")
    assert (ben.status, ben.code) == ("skipped", "NotEffectivelyEntitled")
    assert ben.reason == "fails the scoping filter: department is Sales, not Lamps"
    assert cem.reason == "fails the scoping filter: department is empty, not Lamps"
    scoping = next(step for step in ben.steps if step.type == "scoping")
    assert scoping.details["FilterPass"] == "False"


async def test_somebody_who_leaves_the_filter_is_disabled_and_who_comes_back_is_enabled(
    any_world: World,
) -> None:
    world = any_world
    await world.connect(filters=LAMPS)
    await world.hire("Ana", department="Lamps")
    await world.assign("Ana")
    await world.run()

    await world.change("Ana", department="Sales")
    await world.run()
    without = dict(world.account("Ana"))
    explained = await world.explain("Ana")
    await world.change("Ana", department="Lamps")
    await world.run()

    assert without["active"] is False
    assert "fails the scoping filter: department is Sales, not Lamps" in explained.answer
    assert world.account("Ana")["active"] is True


async def test_everybody_is_in_scope_but_for_the_filter(world: World) -> None:
    await world.connect(scope="all", filters=LAMPS)
    await world.hire("Ana", department="Lamps")
    await world.hire("Ben", department="Sales")

    await world.run()

    assert world.account("Ana") is not None
    assert world.account("Ben") is None
    assert await world.log("Ben") == []


async def test_a_new_filter_plans_everybody_again_and_a_second_cycle_sends_nothing(
    world: World,
) -> None:
    await world.connect()
    await world.hire("Ana", department="Lamps")
    await world.hire("Ben", department="Sales")
    await world.assign("Ana", "Ben")
    await world.run()
    world.asked()

    await world.connect(filters=LAMPS)
    await world.run()
    sent = world.asked()
    await world.run()

    assert {verb: sent[verb] for verb in WRITES if sent[verb]} == {"update": 1}
    assert world.account("Ben")["active"] is False
    assert not world.asked()


async def test_a_switch_leaves_those_alone_who_merely_left_the_scope(world: World) -> None:
    await world.connect(filters=LAMPS, more="skip_out_of_scope_deletions: true")
    for name in ("Ana", "Ben", "Cem"):
        await world.hire(name, department="Lamps")
        await world.assign(name)
    await world.run()

    await world.change("Ana", department="Sales")
    await world.unassign("Ben")
    await world.change("Cem", department="Sales")
    await world.enable("Cem", False)
    await world.run()

    assert world.account("Ana")["active"] is True
    assert world.account("Ben")["active"] is True
    assert world.account("Cem")["active"] is False
    ana = (await world.log("Ana"))[-1]
    assert (ana.status, ana.code) == ("skipped", "SkipOutOfScopeDeletions")
    explained = await world.explain("Ana")
    assert explained.verdict is Verdict.LEFT_ALONE
    assert explained.answer.startswith("Ana keeps the account in 15Five as it is, although")


async def test_a_group_that_leaves_the_scope_is_left_alone_by_the_switch_too(
    open_app: World,
) -> None:
    world = open_app
    await world.found("App Keepers")
    await world.connect(filters=NAMED)
    await world.assign("App Keepers")
    await world.run()

    await world.connect(filters=NAMED, more="skip_out_of_scope_deletions: true")
    await world.directory.edit_group(
        world.ids["App Keepers"], {"displayName": "Keepers"}, actor="hr"
    )
    await world.run()
    left_alone = dict(world.account("App Keepers"))
    await world.connect(filters=NAMED)
    await world.run()

    assert left_alone["displayName"] == "App Keepers"
    assert world.account("App Keepers") is None


async def test_who_joins_the_group_that_a_filter_names_comes_in_and_goes_with_it(
    any_world: World,
) -> None:
    world = any_world
    await world.found("Lighthouse")
    await world.hire("Ana", groups=["Lighthouse"])
    await world.hire("Ben")
    await world.connect(filters=LIGHTHOUSE)
    await world.assign("Ana", "Ben")
    await world.run()
    before = world.account("Ana"), world.account("Ben")

    await world.leave("Lighthouse", "Ana")
    await world.join("Lighthouse", "Ben")
    await world.run()

    assert (before[0]["active"], before[1]) == (True, None)
    assert world.account("Ana")["active"] is False
    assert world.account("Ben")["active"] is True
    assert "is not a member of Lighthouse (groups: none)" in (await world.explain("Ana")).answer


async def test_a_group_that_gets_another_name_leaves_the_filter_with_its_members(
    world: World,
) -> None:
    await world.found("Lighthouse")
    await world.hire("Ana", groups=["Lighthouse"])
    await world.connect(filters=LIGHTHOUSE)
    await world.assign("Ana")
    await world.run()

    await world.directory.edit_group(
        world.ids["Lighthouse"], {"displayName": "Old tower"}, actor="hr"
    )
    await world.run()
    renamed = world.account("Ana")["active"]
    await world.directory.edit_group(
        world.ids["Lighthouse"], {"displayName": "Lighthouse"}, actor="hr"
    )
    await world.run()
    back = world.account("Ana")["active"]
    await world.directory.delete_group(world.ids["Lighthouse"], actor="hr")
    await world.run()

    assert (renamed, back) == (False, True)
    assert world.account("Ana")["active"] is False


async def test_a_filter_that_names_a_group_nobody_knows_is_not_applied(world: World) -> None:
    await world.found("Lighthouse")
    await world.connect(filters=LIGHTHOUSE)

    with pytest.raises(NotFound, match="There is no group 'Lihgthouse'"):
        await world.connect(filters="  users: {not: {member_of: Lihgthouse}}\n")

    [stored] = await world.configuration.apps()
    assert stored.settings["user_filter"] == {"member_of": "Lighthouse"}
