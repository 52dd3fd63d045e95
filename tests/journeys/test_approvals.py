"""Removals that wait are listed, approved and rejected on the command line."""

import json

import pytest
from tests.journeys.company import Company
from tests.journeys.conftest import Typed

pytestmark = pytest.mark.journey

SIX = ("ada", "bo", "cem", "dora", "eve", "finn")


@pytest.fixture
async def emptied(company: Company) -> Company:
    """Six people have an account through Sales, and Sales has just been emptied."""
    for name in SIX:
        await company.person(name)
    await company.group("Sales", *SIX)
    await company.connect(groups=["Sales"])
    await company.run()
    group = await company.opened.directory.group("Sales")
    members = await company.opened.directory.memberships(group.id)
    gone = [one.member_id for one in members]
    await company.opened.directory.change_members(group.id, remove=gone, actor="hr")
    return company


async def active(company: Company) -> int:
    """Return how many accounts are active in the app."""
    return sum(bool(one.get("active")) for one in (await company.box.dump())["users"])


async def test_what_waits_is_seen_everywhere_and_leaves_with_a_word(
    emptied: Company, typed: Typed
) -> None:
    planned, plan, _ = await typed("plan", "15five")
    ran, told, _ = await typed("run", "15five")
    listed, table, _ = await typed("approvals")
    _, status, _ = await typed("status", "15five", "--json")
    before = await active(emptied)

    approved, said, _ = await typed("approvals", "approve", "--app", "15five", "--reason", "closed")
    after, nothing, _ = await typed("approvals")
    _, audit, _ = await typed("audit")

    assert (planned, ran, listed) == (3, 3, 3)
    assert "hold" in plan
    assert "Held: 6 removals" in told
    assert "6 people of 6 lose access" in table
    assert json.loads(status)["held"] == 6
    assert before == 6
    assert (approved, after) == (0, 0)
    assert "Approved: 6 removals." in said
    assert "Nothing waits" in nothing
    assert await active(emptied) == 0
    assert "removal.decided" in audit


async def test_who_is_kept_stays_and_is_listed_with_the_word(
    emptied: Company, typed: Typed
) -> None:
    await typed("run", "15five")
    _, listed, _ = await typed("approvals", "--json")
    one = json.loads(listed.splitlines()[0])

    rejected, _, _ = await typed(
        "approvals", "reject", one["id"], "--reason", "hands over", "--until", "2999-01-01"
    )
    _, decided, _ = await typed("approvals", "--decided", "--json")
    _, why, _ = await typed(
        "explain", "15five", one["display_name"].split()[0].lower() + "@larkspur.example"
    )

    assert rejected == 0
    kept = [json.loads(line) for line in decided.splitlines()]
    assert [(k["word"], k["until"][:10]) for k in kept if k["state"] == "kept"] == [
        ("hands over", "2999-01-01")
    ]
    assert "hands over" in why
    assert await active(emptied) == 6


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("approve", "--reason", "x"), "Name what you decide about"),
        (("approve", "abc", "--app", "15five", "--reason", "x"), "Name what you decide about"),
        (("approve", "nosuchid", "--reason", "x"), "Nothing waits for approval under nosuchid"),
        (("approve", "--app", "15five", "--reason", " "), "Say why"),
        (("approve", "--app", "nosuch", "--reason", "x"), "nosuch"),
        (("reject", "--app", "15five", "--reason", "x", "--until", "soon"), "soon is no date"),
        (("reject", "--app", "15five", "--reason", "x", "--until", "2020-01-01"), "is over"),
    ],
)
async def test_a_decision_that_is_unclear_changes_nothing(
    emptied: Company, typed: Typed, words: tuple[str, ...], complaint: str
) -> None:
    await typed("run", "15five")

    status, _, err = await typed("approvals", *words)

    assert status == 1
    assert complaint in err
    assert await active(emptied) == 6
    assert (await typed("approvals"))[0] == 3


async def test_the_first_decision_stands_unless_another_is_put_in_its_place(
    emptied: Company, typed: Typed
) -> None:
    await typed("run", "15five")
    _, listed, _ = await typed("approvals", "--json")
    one = json.loads(listed.splitlines()[0])["id"]
    await typed("approvals", "reject", one, "--reason", "hands over")

    refused, _, said = await typed("approvals", "approve", one, "--reason", "left")
    replaced, _, _ = await typed("approvals", "approve", one, "--reason", "left", "--instead")

    assert (refused, replaced) == (1, 0)
    assert "hands over" in said
    assert "--instead" in said
    assert await active(emptied) == 5


async def test_where_two_must_agree_the_command_line_lists_and_keeps_and_does_not_approve(
    emptied: Company, typed: Typed
) -> None:
    await typed("run", "15five")
    await emptied.two_must_agree()

    refused, _, said = await typed("approvals", "approve", "--app", "15five", "--reason", "x")
    still = await active(emptied)
    kept, _, _ = await typed("approvals", "reject", "--app", "15five", "--reason", "stay")

    assert (refused, kept) == (1, 0)
    assert "the command line does not know who you are" in " ".join(said.split())
    assert still == 6
