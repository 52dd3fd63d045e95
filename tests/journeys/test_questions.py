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


async def test_a_deleted_group_keeps_its_name_wherever_a_person_reads(
    sales: Company, asked: Asked, typed: Typed
) -> None:
    await sales.opened.directory.delete_group(sales.ids["Sales"], actor="test")

    planned = await typed("plan", "15five")
    going = await asked("Sales", "--group")
    await sales.run()
    gone = await asked("Sales", "--group")
    logged = await typed("logs", "15five", "--user", "Sales")
    audit = await typed("audit")

    assert "group Sales was deleted: 2 disable" in planned
    assert sales.ids["Sales"] not in planned
    assert going["verdict"] == "to be deleted"
    assert "Is in the directory" in going["text"]
    assert "Is active in the directory" not in going["text"]
    assert gone["answer"].startswith("Sales is not in the directory, and no account in 15Five is")
    assert "deleted in the directory (by test)." in gone["since"]
    assert "No longer exists in the directory." in logged
    assert "group.delete" in audit
    assert sales.ids["Sales"] not in audit


async def test_the_status_tells_deactivated_accounts_from_the_others(
    sales: Company, typed: Typed
) -> None:
    before = await typed("status", "15five")
    await sales.leave("Sales", "ada")
    await sales.run()

    after = await typed("status", "15five")

    assert "deactivated" not in before
    assert "3, of them 1 deactivated" in after


async def test_members_are_said_to_come_and_go_and_of_many_only_the_first_are_named(
    company: Company, typed: Typed
) -> None:
    people = [f"p{number:02}" for number in range(24)]
    for one in people:
        await company.person(one)
    await company.group("Crew", *people)
    await company.connect(groups=["Crew"])
    first = await typed("plan", "15five")
    await company.run()
    logged = " ".join((await typed("logs", "15five", "--user", "Crew")).split())
    await company.leave("Crew", "p03")

    later = await typed("plan", "15five")
    steps = await typed("plan", "15five", "--group", "Crew")
    table = await typed("logs", "15five", "--user", "Crew", "--format", "csv")

    assert "members: added P" in first
    assert "and 4 more" in first
    assert "and 19 more" in logged
    assert "members: removed P03 Larsen" in later
    assert "removed P03 Larsen" in steps
    assert "empty" not in later
    assert "None" not in table


async def test_explain_says_since_when_and_by_which_change_access_went(
    sales: Company, asked: Asked
) -> None:
    await sales.leave("Sales", "ada")
    await sales.change("zoe", enabled=False)
    before = await asked(ADA)
    await sales.run()

    left, disabled = await asked(ADA), await asked("zoe@larkspur.example")
    never = await asked(MAX)
    await sales.opened.directory.delete_group(sales.ids["Sales"], actor="test")
    gone = await asked("Sales", "--group")

    assert "left group Sales (by test)." in before["since"]
    assert left["answer"].endswith(left["since"])
    assert "left group Sales (by test)." in left["since"]
    assert "disabled in the directory (by test)." in disabled["since"]
    assert never["since"] == ""
    assert "deleted in the directory (by test)." in gone["since"]


@pytest.fixture
async def crew(company: Company) -> Company:
    """Ten people have access through one group, more than the guard lets go at once."""
    people = [f"p{number}" for number in range(10)]
    for one in people:
        await company.person(one)
    await company.group("Crew", *people)
    await company.connect(groups=["Crew"])
    await company.run()
    return company


async def test_what_the_guard_would_hold_is_said_before_it_happens(
    crew: Company, asked: Asked
) -> None:
    tried = await asked("Crew", "--group", "--if-removed")
    await crew.opened.directory.delete_group(crew.ids["Crew"], actor="test")

    told = await asked("p1@larkspur.example")

    assert len(tried["held"]["names"]) == 10
    assert (
        "keep back 10 of these removals until somebody approves: 10 people of 10" in (tried["text"])
    )
    assert "deletes the group there" in tried["after"]
    assert told["verdict"] == "held"
    assert "But the deletion guard holds it until somebody approves: 10 people" in told["answer"]


async def test_removals_that_wait_stay_in_sight(crew: Company, typed: Typed) -> None:
    await crew.opened.directory.delete_group(crew.ids["Crew"], actor="test")
    await crew.run()

    planned, status = await typed("plan", "15five"), await typed("status", "15five")

    assert "Nothing would be sent: 10 records wait for approval." in planned
    assert "10 removals wait for approval. Decide with: seatkeeper approvals" in planned
    assert "10 removals wait for approval (seatkeeper approvals)" in status

    await typed("approvals", "approve", "--app", "15five", "--reason", "meant so", "--later")
    approved = await typed("plan", "15five")
    assert "a removal was approved: 10 disable" in approved


async def test_a_removal_that_would_wait_keeps_its_own_reason_and_the_guards_is_said_once(
    crew: Company, capsys: pytest.CaptureFixture[str], typed: Typed
) -> None:
    await typed("status")
    await crew.opened.directory.delete_group(crew.ids["Crew"], actor="test")

    status = await asyncio.to_thread(run, ["plan", "15five"])
    planned, _ = capsys.readouterr()

    assert status == 3
    assert "hold    P1 Larsen (is not assigned to 15Five)" in planned
    assert planned.count("10 people of 10 lose access in one cycle") == 1


async def test_somebody_named_who_is_in_step_is_not_said_to_differ(
    sales: Company, typed: Typed
) -> None:
    planned = await typed("plan", "15five", "--user", ADA)

    assert "nothing differs: 1 unchanged" in planned
    assert "Nothing would be sent: 1 record is in step." in planned


async def test_the_log_leads_to_an_earlier_group_of_the_same_name(
    sales: Company, typed: Typed
) -> None:
    await sales.opened.directory.delete_group(sales.ids["Sales"], actor="test")
    await sales.run()
    before = sales.ids["Sales"]
    await sales.group("Sales")

    told = await typed("logs", "15five", "--user", "Sales")

    assert f"An earlier Sales is gone; the log has: seatkeeper logs --user {before}" in told


async def test_the_log_says_why_somebody_lost_access(sales: Company, typed: Typed) -> None:
    await sales.leave("Sales", "ada")
    await sales.change("zoe", enabled=False)
    await sales.run()

    ada = json.loads((await typed("logs", "--user", ADA, "--json")).splitlines()[-1])
    shown = await typed("logs", "--user", "zoe@larkspur.example")

    assert (ada["action"], ada["status"]) == ("disable", "success")
    assert ada["reason"] == "Is not assigned to 15Five."
    assert "Is disabled in the directory." in shown


async def test_an_edit_of_a_mapping_is_not_said_to_delete_a_group(
    sales: Company, typed: Typed
) -> None:
    await sales.opened.directory.delete_group(sales.ids["Sales"], actor="test")
    await sales.connect(
        people=["bo"], more="mappings: {users: [{target: title, attribute: department}]}"
    )

    planned = await typed("plan", "15five")

    assert "deleted in the directory: 1 delete" in planned
    assert "group Sales was deleted: 2 disable" in planned
    assert "mapping of users: title: as in the gallery -> attribute department: 1 update" in planned


async def test_a_group_of_somebody_who_comes_back_says_so(sales: Company, typed: Typed) -> None:
    await sales.change("ada", enabled=False)
    await sales.run()
    await sales.change("ada", enabled=True)

    planned = await typed("plan", "15five")

    assert "a member gets access back: 1 update" in planned


async def test_where_everybody_fails_plan_and_run_say_so_and_fail(
    company: Company, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    await company.person("ken", mail=None)
    await company.connect(people=["ken"])

    planned = await asyncio.to_thread(run, ["plan", "15five"])
    plan, _ = capsys.readouterr()
    ran = await asyncio.to_thread(run, ["run", "15five"])
    told, _ = capsys.readouterr()
    after = await typed("plan", "15five")

    assert (planned, ran) == (1, 1)
    assert "Nothing would be sent: 1 record fails." in plan
    assert "Nothing was done: everybody that the cycle looked at failed." in told
    assert ": 1 failed\n" in told
    assert "Nothing would be sent: 1 record waits after a failure." in after


async def test_a_question_that_cannot_be_answered_says_so(
    sales: Company, asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, said in (
        ((ADA, "--value", "nick"), "Mapped are:"),
        ((ADA, "--if", "jobTitel=Boss"), "Did you mean jobTitle?"),
        ((ADA, "--if", "no equals sign"), "is no NAME=VALUE"),
        ((ADA, "--if-joins", "Nobody"), "no group"),
        (("nobody@larkspur.example",), "no user"),
        (("Sales",), "There is a group of that name: say so with --group."),
        (("Ada Larsen",), f"Did you mean {ADA}?"),
        (("Sales", "--group", "--if", "description"), "is no NAME=VALUE"),
        ((ADA, "--value", "title", "--if", "a=b"), "goes with no --if"),
    ):
        status = await asyncio.to_thread(run, ["explain", "15five", *words])

        assert status == 1, words
        assert said in capsys.readouterr().err
