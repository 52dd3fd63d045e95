"""An administrator asks explain, and nothing else, everything there is to ask."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import update
from tests.journeys.company import Company

from seatkeeper.cli.main import run
from seatkeeper.clock import utc_now
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.store.ledger_tables import escrows

pytestmark = pytest.mark.journey

Asked = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def asked(
    company: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Asked:
    """Ask explain about somebody in 15Five; get the answer as facts, and as text below ``text``."""
    monkeypatch.setenv("SEATKEEPER_HOME", str(company.opened.settings.home))

    async def ask(*words: str) -> dict[str, Any]:
        typed = ["explain", "15five", *words]
        status = await asyncio.to_thread(run, [*typed, "--json"])
        out, _ = capsys.readouterr()
        assert status == 0, words
        assert await asyncio.to_thread(run, typed) == 0
        text, _ = capsys.readouterr()
        return {**json.loads(out), "text": " ".join(text.split())}

    return ask


Typed = Callable[..., Awaitable[str]]


@pytest.fixture
def typed(
    company: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Typed:
    """Type a command; get what it printed, on a wide screen."""
    monkeypatch.setenv("SEATKEEPER_HOME", str(company.opened.settings.home))
    monkeypatch.setenv("COLUMNS", "300")

    async def type_(*words: str) -> str:
        status = await asyncio.to_thread(run, list(words))
        out, _ = capsys.readouterr()
        assert status in {0, 2}, words
        return out

    return type_


@pytest.fixture
async def sales(company: Company) -> Company:
    """Bo leads Sales and is assigned himself, too; Ada and Zoe come through Sales alone."""
    await company.person("bo", jobTitle="Head")
    await company.person("ada", manager="bo", jobTitle="Seller")
    await company.person("zoe", manager="bo", jobTitle="Seller")
    await company.person("max", jobTitle="Guest")
    await company.group("Sales", "bo", "ada", "zoe")
    await company.connect(groups=["Sales"], people=["bo"])
    await company.run()
    return company


ADA, BO, MAX = "ada@larkspur.example", "bo@larkspur.example", "max@larkspur.example"


async def test_why_is_somebody_not_there_and_why_disabled(sales: Company, asked: Asked) -> None:
    await sales.leave("Sales", "zoe")
    await sales.run()

    missing, disabled = await asked(MAX), await asked("zoe@larkspur.example")

    assert "is not assigned to 15Five" in missing["answer"]
    assert missing["verdict"] == "out of scope"
    assert disabled["verdict"] == "inactive"
    assert "has a deactivated account" in disabled["text"]


async def test_why_this_value_and_why_not_updated(sales: Company, asked: Asked) -> None:
    in_step = await asked(ADA, "--value", "title")
    await sales.change("ada", jobTitle="Captain")
    not_yet = await asked(ADA, "--value", "jobTitle")

    assert in_step["answer"] == "title is Seller, from jobTitle; the account is in step."
    assert not_yet["answer"].startswith("title is to become Captain")
    assert not_yet["known"] == "Seller"


async def test_who_is_affected_if_somebody_changes_and_nothing_is_done(
    sales: Company, asked: Asked
) -> None:
    await sales.requests_since()
    left = await asked(ADA, "--if", "accountEnabled=false", "--if", "jobTitle=Captain")
    joined = await asked(MAX, "--if-joins", "Sales")
    went = await asked(BO, "--if-leaves", "Sales", "--if-unassigned")

    assert left["lose_access"] == ["Ada Larsen"]
    assert "deactivates the account" in left["after"]
    assert "create" in [one["action"] for one in joined["affected"]]
    assert "would be linked" in joined["text"]
    assert len(went["lose_access"]) == 1
    await sales.nothing_more()


async def test_what_would_happen_if_a_group_were_removed_is_what_happens_when_it_is(
    sales: Company, asked: Asked
) -> None:
    told = await asked("Sales", "--group", "--if-removed")
    group = await sales.opened.directory.group("Sales")
    await sales.opened.directory.delete_group(group.id, actor="test")

    plan = await sales.opened.preview("15five", Wish())

    done = {(one.record_id, one.verb.value, one.requests) for one in plan.to_do}
    assert done == {
        (one["record"], one["action"], tuple(one["requests"])) for one in told["affected"]
    }
    assert len(told["lose_access"]) == 3  # Ada, Zoe, and the group itself
    assert [one["reason"] for one in told["stay"]] == ["is assigned directly, role User"]


async def test_whoever_waits_is_answered_like_the_plan_that_follows(
    sales: Company, asked: Asked
) -> None:
    await sales.person("ken", manager="bo", mail=None)
    await sales.join("Sales", "ken")
    await sales.run()
    ken = "ken@larkspur.example"

    now = await asked(ken)
    mended = await asked(ken, "--if", f"mail={ken}")
    no_matter = await asked(ken, "--if", "jobTitle=Seller")

    assert (now["verdict"], now["code"]) == ("waits", "MissingValues")
    assert f"next try {now['next_try'][:10]}" in now["text"]
    assert "waits" in mended["before"]
    assert "waits" not in mended["after"]
    assert "the next cycle creates or links the account" in mended["after"]
    assert mended["answer"].startswith("The next cycle would do this: 1 create")
    assert "and waits: " in no_matter["after"]
    assert no_matter["answer"] == "The next cycle would do this: 1 fail; 0 requests."

    await sales.change("ken", mail=ken)
    fresh = await asked(ken)
    assert fresh["verdict"] == "to be created"
    assert "The last try failed on" in fresh["text"]


async def test_a_group_shows_its_members_and_who_is_missing_by_name(
    sales: Company, asked: Asked
) -> None:
    all_there = await asked("Sales", "--group", "--value", "members")
    await sales.person("ken", mail=None)
    await sales.join("Sales", "ken", "max")
    await sales.run()

    told = await asked("Sales", "--group", "--value", "members")
    group = await asked("Sales", "--group")

    assert all_there["answer"] == (
        "members: 15Five should hold all 3 members, and holds 3; in step."
    )
    assert told["members"]["should_hold"] == 4
    assert told["members"]["holds"] == 4
    assert told["members"]["without_account"]["count"] == 1
    assert "without account, and so left out: Ken Larsen (" in told["text"]
    assert group["verdict"] == "partly in step"
    assert "Ken Larsen" in group["text"]


async def test_managers_and_members_are_called_by_name_in_plan_and_log(
    sales: Company, typed: Typed
) -> None:
    await sales.change("zoe", manager="ada")
    await sales.leave("Sales", "ada")
    await sales.join("Sales", "max")
    before = await typed("plan", "15five")
    steps = await typed("plan", "15five", "--user", "zoe@larkspur.example")

    await sales.run()
    logged = await typed("logs", "15five")
    facts = [json.loads(one) for one in (await typed("logs", "15five", "--json")).splitlines()]

    assert "manager: Bo Larsen (account " in before
    assert "-> Ada Larsen (account " in before
    assert "manager: Ada Larsen" in steps
    assert "-> Ada Larsen (account " in steps
    assert "Max Larsen (account" in " ".join(logged.split())
    [change] = [
        one
        for entry in facts
        for one in entry["changes"]
        if one["path"].endswith("manager") and one["old"] is not None
    ]
    assert change["new_name"] == f"Ada Larsen (account {change['new']})"


async def test_every_check_is_listed_and_what_was_not_reached_is_said(
    sales: Company, asked: Asked
) -> None:
    await sales.change("max", enabled=False)

    told = await asked(MAX)

    states = {one["check"]: one["state"] for one in told["checks"]}
    assert states.pop("active") == "failed"
    assert set(states) == {"assigned", "filters", "values", "match", "write"}
    assert set(states.values()) == {"not_reached"}
    assert told["text"].count("(not reached)") == 5
    assert "would fail, too: is not assigned to 15Five" in told["text"]


async def test_what_cannot_change_anything_is_said_to_change_nothing(
    sales: Company, asked: Asked
) -> None:
    told = await asked(MAX, "--if", "aboutMe=Sails", "--if-leaves", "Sales", "--if-unassigned")
    joined = await asked(ADA, "--if-joins", "Sales", "--if", "jobTitle=Seller")

    unread, left, unassigned = told["without_effect"]
    assert unread.startswith("No mapping, filter or matching rule of 15Five reads aboutMe")
    assert left == "Max Larsen is not a direct member of Sales: leaving it changes nothing."
    assert "no direct assignment to end" in unassigned
    assert unassigned in told["text"]
    assert joined["without_effect"] == [
        "Ada Larsen has this jobTitle already.",
        "Ada Larsen is a member of Sales already: joining it changes nothing.",
    ]


async def test_what_waits_for_the_next_cycle_anyway_is_not_put_down_to_the_question(
    sales: Company, asked: Asked
) -> None:
    await sales.change("ada", jobTitle="Captain")

    told = await asked(ADA, "--if-joins", "Sales")

    assert told["before"] == told["after"]
    assert "the next cycle sends what differs" in told["after"]
    assert told["answer"] == "Nothing would be sent because of it."


async def test_what_is_only_tried_again_and_what_follows_from_it_is_no_consequence(
    sales: Company, asked: Asked
) -> None:
    await sales.person("ken", mail=None)
    await sales.join("Sales", "ken")
    await sales.run()
    await sales.change("ken", mail="ken@larkspur.example")
    due = update(escrows).values(retry_at=utc_now())
    await sales.opened.database.write(lambda connection: connection.execute(due))

    told = await asked(ADA, "--if", "jobTitle=Captain")

    assert [one["display_name"] for one in told["affected"]] == ["Ada Larsen"]


async def test_nobody_who_loses_access_hides_behind_a_number(
    company: Company, asked: Asked
) -> None:
    people = [f"p{number:02}" for number in range(24)]
    for one in people:
        await company.person(one)
    await company.group("Crew", *people)
    await company.group("Others", *people)
    await company.connect(groups=["Crew"])
    await company.run()

    told = await asked("Crew", "--group", "--if-removed")

    assert len(told["lose_access"]) == 25  # everybody, and the group itself
    assert [one["action"] for one in told["affected"]][:2] == ["delete", "disable"]
    assert "more (--json names them)" not in told["text"]
    assert "P23 Larsen" in told["text"]


async def test_a_question_that_cannot_be_answered_says_so(
    sales: Company, asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, said in (
        ((ADA, "--value", "nick"), "Mapped are:"),
        ((ADA, "--if", "jobTitel=Boss"), "Did you mean jobTitle?"),
        ((ADA, "--if", "no equals sign"), "is no NAME=VALUE"),
        ((ADA, "--if-joins", "Nobody"), "no group"),
        (("nobody@larkspur.example",), "no user"),
        (("Sales", "--group", "--if", "description"), "is no NAME=VALUE"),
        ((ADA, "--value", "title", "--if", "a=b"), "goes with no --if"),
    ):
        status = await asyncio.to_thread(run, ["explain", "15five", *words])

        assert status == 1, words
        assert said in capsys.readouterr().err
