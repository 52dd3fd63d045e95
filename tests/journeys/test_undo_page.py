"""A wrong cycle is taken back in the console: looked at first, then done, and done once."""

import asyncio
import re

import httpx
import pytest
from tests.console_visitor import csrf_of, signed_in
from tests.journeys.company import Company
from tests.journeys.test_approval_pages import hidden
from tests.journeys.test_inbound import served
from tests.journeys.test_sign_in import site_of

from seatkeeper.provisioning.guard import HoldState

pytestmark = pytest.mark.journey

APP = "/apps/15five"


@pytest.fixture
async def wrong(company: Company) -> Company:
    """Cycle 2 made interns of Ada and Bo and took Bo out of Crew; Bo was promoted since."""
    for name in ("ada", "bo", "cy"):
        await company.person(name, jobTitle="Engineer")
    await company.group("Crew", "ada", "bo")
    await company.connect(people=("ada", "bo", "cy"), groups=["Crew"])
    await company.run()
    await company.change("ada", jobTitle="Intern")
    await company.change("bo", jobTitle="Intern")
    await company.leave("Crew", "bo")
    await company.run()
    await company.change("bo", jobTitle="Captain")
    await company.run()
    return company


async def planned(browser: httpx.AsyncClient, address: str) -> str:
    """Plan an undo and return its page as soon as it is there."""
    csrf = csrf_of((await browser.get("/settings")).text)
    await browser.post(address, data={"csrf": csrf})
    return await page_without(browser, address, "Making plan")


async def page_without(browser: httpx.AsyncClient, address: str, words: str) -> str:
    """Return a page once it does not say these words any more."""
    for _ in range(200):
        page = (await browser.get(address)).text
        if words not in page:
            return page
        await asyncio.sleep(0.05)  # the page itself looks again each second; ten seconds at most
    raise AssertionError(f"{address} says {words!r} to the end")


async def titles(company: Company) -> dict[str, str]:
    found = (await company.box.dump())["users"]
    return {one["userName"].partition("@")[0]: one["title"] for one in found}


async def test_the_way_back_is_shown_with_what_stays_and_nothing_is_sent(wrong: Company) -> None:
    address = f"{APP}/cycles/2/undo"
    before = await wrong.box.dump()
    async with served(wrong) as url, signed_in(wrong.opened, site_of(url)) as ana:
        cycle = (await ana.get(f"{APP}/cycles/2")).text
        overview = (await ana.get(APP)).text
        empty = (await ana.get(address)).text
        page = await planned(ana, address)
        stays = (await ana.get(f"{address}?verb=skip")).text
        [place] = re.findall(r'person=(\d+)#person"><bdi>Crew', page)
        crew = (await ana.get(f"{address}?person={place}")).text
        plan = (await ana.get(f"{APP}/plan")).text
        as_plan = await ana.get(f"{APP}/plan/1")

    assert f'href="{address}"' in cycle
    assert f'href="{APP}/cycles/3/undo"' in overview
    assert "See what undoing cycle 2 would do" in empty
    assert "What undoing cycle 2 will do" in page
    assert "Intern" in page
    assert "Engineer" in page
    assert "PATCH /Users/" in page
    assert "Take back these 2 changes" in page
    assert re.search(r"would take about 6 requests, \d+ m?s .*: done about", page)
    assert "1 member" in page
    assert re.search(r"Bo Larsen</bdi> <span class=\"meta\">\(account <bdi>[\w-]+\)", crew)
    assert "(new account)" not in crew
    assert "title was changed since; it is Captain now." in stays
    assert "See what will happen before it does" in plan
    assert as_plan.status_code == 404
    assert (await wrong.box.dump())["users"] == before["users"]


async def test_it_is_carried_out_once_and_told_with_who_asked(wrong: Company) -> None:
    address = f"{APP}/cycles/2/undo"
    async with served(wrong) as url, signed_in(wrong.opened, site_of(url)) as ana:
        first = await planned(ana, address)
        csrf = csrf_of(first)
        both = await asyncio.gather(
            *(ana.post(f"{address}/1/apply", data={"csrf": csrf}) for _ in range(2))
        )
        await page_without(ana, address, "is being undone")
        told = (await ana.get(address)).text
        again = await planned(ana, address)
    [entry] = [
        one
        for one in await wrong.opened.configuration.audit_about(["15five"])
        if one.action == "cycle.undo"
    ]
    [took] = await wrong.opened.ledger.cycles("15five", limit=1)

    assert sorted(one.status_code for one in both) == [303, 422]
    assert f"would take about {took.counters.requests} requests" in first
    assert "Cycle 2 was undone" in told
    assert "Take back" not in told
    assert await titles(wrong) == {"ada": "Engineer", "bo": "Captain", "cy": "Engineer"}
    assert await wrong.members("Crew") == ["ada", "bo"]
    assert "Take back" not in again
    assert entry.after is not None
    assert (entry.actor, entry.after["cycle"]) == ("ana@larkspur.example", 2)


async def test_what_the_guard_holds_of_an_undo_is_sent_after_a_decision(company: Company) -> None:
    names = ("ana", "bo", "cy", "di", "ed", "flo")
    for name in names:
        await company.person(name)
    await company.connect(people=names)
    await company.run()
    address = f"{APP}/cycles/1/undo"
    async with served(company) as url, signed_in(company.opened, site_of(url)) as ana:
        first = page = await planned(ana, address)
        await ana.post(f"{address}/1/apply", data={"csrf": csrf_of(page)})
        held = await page_without(ana, address, "is being undone")
        waiting = await company.opened.ledger.holds("15five", states=(HoldState.OPEN,))
        said = await ana.post(
            f"/apps/15five/approvals/{waiting[0][1].id}",
            data={
                **hidden((await ana.get(f"/approvals/{waiting[0][1].id}")).text),
                "decision": "approve-all",
                "reason": "wrong",
            },
        )
        approved = (await ana.get(said.headers["location"])).text
        still = await company.account("ana")
        page = await planned(ana, address)
        await ana.post(f"{address}/2/apply", data={"csrf": csrf_of(page)})
        await page_without(ana, address, "is being undone")
        account = await company.account("ana")

    assert "Ask for a decision about 6 removals" in first
    assert "6 removals are held. Decide in Approvals" in held
    assert "Check the undo again" in approved
    assert still is not None
    assert still["active"] is True
    assert "Take back these 6 changes" in page
    assert account is not None
    assert account["active"] is False


@pytest.mark.parametrize("path", ["99/undo", "nobody/undo", "2/undo/9/apply"])
async def test_what_is_not_there_is_said(wrong: Company, path: str) -> None:
    async with served(wrong) as url, signed_in(wrong.opened, site_of(url)) as ana:
        csrf = csrf_of((await ana.get("/settings")).text)
        address = f"{APP}/cycles/{path}"
        answer = await (
            ana.post(address, data={"csrf": csrf}) if "apply" in path else ana.get(address)
        )

    assert answer.status_code in {404, 422}
    assert "There is no such cycle" in answer.text or "has no plan 9" in answer.text


async def test_who_may_only_read_reads(wrong: Company) -> None:
    address = f"{APP}/cycles/2/undo"
    async with served(wrong) as url:
        async with signed_in(wrong.opened, site_of(url)) as ana:
            await planned(ana, address)
        async with signed_in(wrong.opened, site_of(url), "viewer") as viewer:
            page = (await viewer.get(address)).text
            refused = await viewer.post(f"{address}/1/apply", data={"csrf": csrf_of(page)})

    assert "What undoing cycle 2 will do" in page
    assert "Needs the role Operator" in page
    assert refused.status_code == 403
