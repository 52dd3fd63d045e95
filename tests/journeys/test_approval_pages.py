"""Removals that are held, in the console: nobody loses access without somebody's word."""

import asyncio
import datetime as dt
import re
from dataclasses import replace
from html import unescape

import pytest
from tests.console_visitor import ANA, PASSPHRASE, csrf_of, signed_in, visitor
from tests.journeys.company import Company
from tests.journeys.test_inbound import served
from tests.journeys.test_proposals import asked_to_save
from tests.journeys.test_sign_in import site_of

from seatkeeper.clock import utc_now
from seatkeeper.console.pages.approvals import MOST_LISTED
from seatkeeper.provisioning.guard import HoldState
from seatkeeper.provisioning.journal import Work

pytestmark = pytest.mark.journey

NAMES = ("ana", "bo", "cy", "di", "ed", "flo")


@pytest.fixture
async def emptied(company: Company) -> Company:
    """Six people of Sales have accounts; then somebody empties the group by mistake."""
    for name in NAMES:
        await company.person(name)
    await company.group("Sales", *NAMES)
    await company.connect(groups=["Sales"])
    await company.run()
    await company.leave("Sales", *NAMES)
    await company.run()
    return company


def hidden(page: str) -> dict[str, str]:
    """Return what the form of a page carries unseen."""
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))


async def test_what_waits_is_listed_with_names_and_reasons(emptied: Company) -> None:
    async with served(emptied) as url, signed_in(emptied.opened, site_of(url)) as ana:
        listed = (await ana.get("/approvals")).text
        [address] = set(re.findall(r'href="(/approvals/[^"]+)"', listed))
        page = (await ana.get(address)).text

    assert "1 decision waits for you" in listed
    assert "6 people would lose access" in listed
    assert all(f"{name.title()} Larsen" in page for name in NAMES)
    assert "left the group Sales at" in page


async def test_a_list_longer_than_a_page_goes_on_to_its_end(emptied: Company) -> None:
    [(_, one), *_] = await emptied.opened.ledger.holds("15five")
    many = [
        replace(one, record_id=f"r{number}", id=f"h{number:03}", why=f"reason {number:03}")
        for number in range(MOST_LISTED)
    ]
    await emptied.opened.ledger.write("15five", Work(holds=many))
    async with served(emptied) as url, signed_in(emptied.opened, site_of(url)) as ana:
        first = (await ana.get("/approvals")).text
        [more] = re.findall(r'rel="next" href="([^"]+)"', first)
        rest = (await ana.get(unescape(more))).text
        nonsense = (await ana.get("/approvals?after=yesterday~h1")).text
        beyond = await ana.get("/approvals?after=2099-01-01T00:00:00%2B00:00~h1")

    told = [re.findall(r"<td><bdi>(.+?)</bdi></td>", page) for page in (first, rest)]
    assert [len(one) for one in told] == [MOST_LISTED, 1]
    assert len({*told[0], *told[1]}) == MOST_LISTED + 1
    assert 'rel="next"' not in rest
    assert "From the beginning" in rest
    assert re.findall(r"<td><bdi>(.+?)</bdi></td>", nonsense) == told[0]
    assert beyond.headers["location"] == "/approvals"


async def test_what_is_kept_goes_on_to_its_end(emptied: Company) -> None:
    [(_, one), *_] = await emptied.opened.ledger.holds("15five")
    many = [
        replace(
            one,
            record_id=f"r{number}",
            id=f"h{number:03}",
            display_name=f"Person {number:03}",
            state=HoldState.KEPT,
        )
        for number in range(MOST_LISTED + 1)
    ]
    await emptied.opened.ledger.write("15five", Work(holds=many))
    async with served(emptied) as url, signed_in(emptied.opened, site_of(url)) as ana:
        first = (await ana.get("/approvals")).text
        [more] = re.findall(r'rel="next" href="([^"]+)"', first)
        rest = (await ana.get(unescape(more))).text
        beyond = await ana.get("/approvals?kept=2099-01-01T00:00:00%2B00:00~h1")

    told = [re.findall(r"<bdi>(Person \d+)</bdi>", page) for page in (first, rest)]
    assert [len(one) for one in told] == [MOST_LISTED, 1]
    assert len({*told[0], *told[1]}) == MOST_LISTED + 1
    assert 'rel="next"' not in rest
    assert "From the beginning" in rest
    assert beyond.headers["location"] == "/approvals"


async def test_some_are_let_go_and_the_others_keep_their_accounts_until_a_day(
    emptied: Company,
) -> None:
    day = (utc_now() + dt.timedelta(days=30)).date().isoformat()
    holds = [one for _, one in await emptied.opened.ledger.holds("15five")]
    ids = {one.display_name: one.id for one in holds}
    place = f"/apps/15five/approvals/{holds[0].id}"
    async with served(emptied) as url, signed_in(emptied.opened, site_of(url)) as ana:
        csrf = csrf_of((await ana.get("/approvals")).text)
        kept = await ana.post(
            place,
            data={
                "csrf": csrf,
                "hold": [ids["Bo Larsen"], ids["Cy Larsen"]],
                "decision": "keep",
                "until": day,
                "reason": "wrong click",
            },
        )
        left = next(one.id for _, one in await emptied.opened.ledger.holds("15five") if one.state
                    is HoldState.OPEN)  # fmt: skip
        gone = await ana.post(
            f"/apps/15five/approvals/{left}",
            data={
                **hidden((await ana.get(f"/approvals/{left}")).text),
                "decision": "approve-all",
                "reason": "they left",
            },
        )
        account = None
        for _ in range(200):
            account = await emptied.account("ana")
            if account is not None and account.get("active") is False:
                break
            await asyncio.sleep(0.05)  # the engine follows the order; ten seconds at most
        stays = await emptied.account("bo")
        listed = (await ana.get("/approvals")).text

    assert (kept.status_code, gone.status_code) == (303, 303)
    assert account is not None
    assert account["active"] is False
    assert stays is not None
    assert stays["active"] is True
    assert f"Kept until {day} by ana@larkspur.example: wrong click" in listed
    assert "Nothing waits for a decision" in listed


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"reason": "  "}, "Say why."),
        ({"reason": "x" * 501}, "Say why."),
        ({"hold": []}, "Nobody was selected."),
        ({"hold": "nobody"}, "Some of those you selected do not wait any more."),
        ({"decision": "forget"}, "Choose what becomes of them."),
        ({"decision": "keep", "until": "soon"}, "This is not a date."),
        ({"decision": "keep", "until": "2020-01-01"}, "That day is over."),
    ],
)
async def test_half_a_decision_decides_nothing(
    emptied: Company, sent: dict[str, str | list[str]], said: str
) -> None:
    [first, *_] = [one for _, one in await emptied.opened.ledger.holds("15five")]
    whole = {"hold": first.id, "decision": "approve", "reason": "they <b>left</b>", **sent}
    async with served(emptied) as url, signed_in(emptied.opened, site_of(url)) as ana:
        csrf = csrf_of((await ana.get("/approvals")).text)
        answer = await ana.post(f"/apps/15five/approvals/{first.id}", data={**whole, "csrf": csrf})
        still = await emptied.opened.ledger.holds("15five", states=(HoldState.OPEN,))

    assert answer.status_code == 422
    assert said in answer.text
    assert "<b>left" not in answer.text
    assert len(still) == 6


async def test_who_may_only_read_reads_and_what_is_decided_is_gone(emptied: Company) -> None:
    [first, *_] = [one for _, one in await emptied.opened.ledger.holds("15five")]
    async with served(emptied) as url:
        async with signed_in(emptied.opened, site_of(url)):
            pass
        async with signed_in(emptied.opened, site_of(url), "viewer") as viewer:
            page = (await viewer.get(f"/approvals/{first.id}")).text
            other = await viewer.get("/approvals/nobody")

    assert "Ana Larsen" in page
    assert "Needs the role Operator" in page
    assert 'name="decision"' not in page
    assert other.status_code == 404


async def test_of_two_who_decide_at_once_the_second_is_told_who_decided_what(
    emptied: Company,
) -> None:
    [first, *_] = [one for _, one in await emptied.opened.ledger.holds("15five")]
    address = f"/apps/15five/approvals/{first.id}"
    async with served(emptied) as url:
        async with signed_in(emptied.opened, site_of(url)) as ana:
            async with signed_in(emptied.opened, site_of(url), "operator") as omar:
                pages = [(await who.get(f"/approvals/{first.id}")).text for who in (ana, omar)]
                keep = {**hidden(pages[0]), "decision": "keep-all", "reason": "no, stay"}
                let_go = {**hidden(pages[1]), "decision": "approve-all", "reason": "go"}
                kept = await ana.post(address, data=keep)
                late = await omar.post(address, data=let_go)
                look = await omar.get(f"/approvals/{first.id}")
        states = {one.state for _, one in await emptied.opened.ledger.holds("15five")}

    assert kept.status_code == 303
    assert late.status_code == 409
    assert "Somebody decided before you" in late.text
    assert "ana@larkspur.example" in late.text
    assert "no, stay" in late.text
    assert look.status_code == 200
    assert "Decided already" in look.text
    assert states == {HoldState.KEPT}


async def test_the_second_is_told_also_when_it_was_carried_out_long_ago(emptied: Company) -> None:
    [first, *_] = [one for _, one in await emptied.opened.ledger.holds("15five")]
    address = f"/apps/15five/approvals/{first.id}"
    sent = {"decision": "approve-all", "reason": "they left"}
    async with served(emptied) as url, signed_in(emptied.opened, site_of(url)) as ana:
        form = hidden((await ana.get(f"/approvals/{first.id}")).text)
        await ana.post(address, data={**form, **sent})
        for _ in range(200):
            if not await emptied.opened.ledger.holds("15five"):
                break
            await asyncio.sleep(0.05)  # the engine follows the order; ten seconds at most
        late = await ana.post(address, data={**form, **sent, "decision": "keep-all"})
        gone = await ana.get(f"/approvals/{first.id}")

    assert late.status_code == 409
    assert "It is taken away" in late.text
    assert "they left" in late.text
    assert gone.status_code == 404


async def test_everybody_means_those_who_were_shown(emptied: Company) -> None:
    holds = [one for _, one in await emptied.opened.ledger.holds("15five")]
    async with served(emptied) as url, signed_in(emptied.opened, site_of(url)) as ana:
        form = hidden((await ana.get(f"/approvals/{holds[0].id}")).text)
        said = {**form, "decision": "keep", "reason": "stays"}
        address = f"/apps/15five/approvals/{holds[0].id}"
        await ana.post(address, data={**said, "hold": holds[1].id})
        answer = await ana.post(address, data={**said, "decision": "approve-all"})
        one = await ana.post(address, data={**said, "hold": [holds[2].id, holds[1].id]})
        left = await emptied.opened.ledger.holds("15five", states=(HoldState.OPEN,))

    assert answer.status_code == 422
    assert "changed since you opened this page" in answer.text
    assert one.status_code == 409
    assert len(left) == 5


async def test_where_two_must_agree_the_same_person_in_two_windows_is_one(
    emptied: Company,
) -> None:
    await emptied.two_must_agree()
    [first, *_] = [one for _, one in await emptied.opened.ledger.holds("15five")]
    address = f"/apps/15five/approvals/{first.id}"
    sent = {"decision": "approve-all", "reason": "they left"}
    async with served(emptied) as url:
        async with (
            signed_in(emptied.opened, site_of(url)) as ana,
            visitor(site_of(url)) as same,
            signed_in(emptied.opened, site_of(url), "operator") as omar,
        ):
            await same.post("/sign-in", data={"email": ANA, "passphrase": PASSPHRASE})
            form = hidden((await ana.get(f"/approvals/{first.id}")).text)
            asked = await ana.post(address, data={**form, **sent})
            told = (await ana.get(asked.headers["location"])).text
            form = hidden((await same.get(f"/approvals/{first.id}")).text)
            again = await same.post(address, data={**form, **sent})
            waits = await emptied.account("ana")
            form = hidden((await omar.get(f"/approvals/{first.id}")).text)
            approved = await omar.post(address, data={**form, **sent})
            for _ in range(200):
                if not await emptied.opened.ledger.holds("15five"):
                    break
                await asyncio.sleep(0.05)  # the engine follows the order; ten seconds at most
            gone = await emptied.account("ana")

    assert (asked.status_code, again.status_code, approved.status_code) == (303, 422, 303)
    assert "Asked for a second word" in told
    assert "You asked already" in again.text
    assert waits is not None
    assert waits["active"] is True
    assert gone is not None
    assert gone["active"] is False


async def test_whoever_waits_to_be_alone_cannot_switch_the_rule_off(emptied: Company) -> None:
    await emptied.two_must_agree()
    [(_, one), *_] = await emptied.opened.ledger.holds("15five")
    waits_again = replace(one, record_id="r1", id="h-again", why="another reason")
    form = {"name": "15Five", "every": "40m", "email": ""}
    async with served(emptied) as url, signed_in(emptied.opened, site_of(url)) as ana:
        page = (await ana.get("/apps/15five/settings")).text
        form["version"] = hidden(page)["version"]
        told = await ana.post("/apps/15five/settings", data={"csrf": csrf_of(page), **form})
        await keep_all(emptied)
        plan, _, token = await asked_to_save(ana, "/apps/15five/settings", **form)
        await emptied.opened.ledger.write("15five", Work(holds=[waits_again]))
        refused = await ana.post(f"{plan}/save", data=token)
        await keep_all(emptied)
        plan, _, token = await asked_to_save(ana, "/apps/15five/settings", **form)
        loosened = await ana.post(f"{plan}/save", data=token)
        page = (await ana.get("/apps/15five/settings")).text

    assert (told.status_code, refused.status_code, loosened.status_code) == (422, 422, 303)
    assert "6 removals wait for the word of two people" in told.text
    assert "Decide about what waits in Approvals first" in told.text
    assert "cannot be switched off" in refused.text
    assert "four eyes switched off" in page


async def keep_all(company: Company) -> None:
    """Keep everybody, which one person may."""
    found = await company.opened.ledger.holds("15five", states=(HoldState.OPEN,))
    ids = [one.id for _, one in found]
    await company.opened.ledger.decide(
        ids, HoldState.KEPT, word="stay", until=None, actor="test", now=utc_now()
    )
