"""Somebody takes a wrong cycle back on the command line, through real sockets."""

import json

import pytest
from tests.journeys.company import Company
from tests.journeys.conftest import Typed

pytestmark = pytest.mark.journey


async def test_a_wrong_cycle_is_looked_at_taken_back_and_stays_back(
    company: Company, typed: Typed
) -> None:
    for name in ("ada", "bo", "cy"):
        await company.person(name, jobTitle="Engineer")
    await company.group("Crew", "ada", "bo")
    await company.connect(people=("ada", "bo", "cy"), groups=["Crew"])
    await company.run()
    await company.change("ada", jobTitle="Intern")
    await company.change("bo", jobTitle="Intern")
    await company.leave("Crew", "bo")
    wrong = await company.run()
    await company.change("bo", jobTitle="Captain")
    await company.run()

    planned, plan, _ = await typed("plan", "15five", "--undo", wrong.number)
    back, told, named = await typed("run", "15five", "--undo", wrong.id, "--json")
    idle, _, _ = await typed("run", "15five", "--full")
    _, why, _ = await typed("explain", "15five", "ada@larkspur.example")
    titles = {
        one["userName"].partition("@")[0]: one["title"]
        for one in (await company.box.dump())["users"]
    }

    assert (planned, back, idle) == (2, 1, 0)
    assert "Takes back what cycle 2" in " ".join(plan.split())
    assert "Intern" in plan
    [stays] = json.loads(told)["not_undone"]
    assert stays["reason"] == "title was changed since; it is Captain now."
    assert titles == {"ada": "Engineer", "bo": "Captain", "cy": "Engineer"}
    assert await company.members("Crew") == ["ada", "bo"]
    assert "was undone" in " ".join(why.split())
    assert named == ""


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("run", "15five", "--undo", "99"), "15five has no cycle 99"),
        (("plan", "15five", "--undo", "nosuch"), "15five has no cycle nosuch"),
        (("run", "15five", "--undo", "1", "--full"), "goes with no other choice"),
        (("plan", "15five", "--undo", "1", "--user", "ada"), "goes with no other option"),
    ],
)
async def test_an_undo_that_cannot_be_says_why(
    company: Company, typed: Typed, words: tuple[str, ...], complaint: str
) -> None:
    await company.person("ada")
    await company.connect(people=["ada"])
    await company.run()

    status, _, said = await typed(*words)

    assert status == 1
    assert complaint in said
