"""A plan in the console: nothing is sent before somebody looked, and then just that."""

import asyncio
import csv
import hashlib
import io
import re

import httpx
import msgspec
import pytest
from tests.console_visitor import csrf_of, signed_in
from tests.journeys.company import Company
from tests.journeys.test_inbound import served
from tests.journeys.test_sign_in import site_of

pytestmark = pytest.mark.journey

PLAN = "/apps/15five/plan"


@pytest.fixture
async def sales(company: Company) -> Company:
    """Ana and Bo have accounts in 15Five, which is on; Cy has no e-mail address."""
    await company.person("ana", jobTitle="Clerk")
    await company.person("bo")
    await company.person("cy", mail=None)
    await company.group("Sales", "ana", "bo", "cy")
    await company.connect(groups=["Sales"])
    await company.run()
    return company


async def made(browser: httpx.AsyncClient) -> str:
    """Make a plan and return its page as soon as it is there."""
    page = (await browser.get(PLAN)).text
    await browser.post(PLAN, data={"csrf": csrf_of(page)})
    return await made_page(browser)


async def made_page(browser: httpx.AsyncClient, address: str = PLAN) -> str:
    """Return the page of a plan, or of the newest, as soon as it is there."""
    for _ in range(200):
        page = (await browser.get(address)).text
        if "Making plan" not in page:
            return page
        await asyncio.sleep(0.05)  # the page itself looks again each second; ten seconds at most
    raise AssertionError("the plan was never made")


async def carried_out(browser: httpx.AsyncClient, address: str) -> str:
    """Return the plan's page once the engine has carried it out."""
    for _ in range(200):
        page = (await browser.get(address)).text
        if "was carried out" in page or "could not be carried out" in page:
            return page
        await asyncio.sleep(0.05)  # as the page does; ten seconds at most
    raise AssertionError("the plan was never carried out")


async def test_a_plan_shows_cause_person_change_and_request_and_sends_nothing(
    sales: Company,
) -> None:
    await sales.change("ana", jobTitle="<i>Poet</i>")
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        before = await sales.account("ana")
        empty = (await ana.get(PLAN)).text
        page = await made(ana)
        after = await sales.account("ana")

    assert "See what will happen before it does" in empty
    assert "Ana Larsen" in page
    assert "jobTitle changed" in page
    assert "&lt;i&gt;Poet&lt;/i&gt;" in page
    assert "<i>" not in page
    assert "PATCH /Users/" in page
    assert re.search(
        r"would take about \d+ requests?, \d+ m?s (at|as fast as) .*: done about", page
    )
    assert before == after


async def test_carrying_out_a_plan_sends_what_was_reviewed_and_leaves_alone_who_changed(
    sales: Company,
) -> None:
    await sales.change("ana", jobTitle="Poet")
    await sales.change("bo", jobTitle="Painter")
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        page = await made(ana)
        await sales.change("bo", jobTitle="Pilot")
        stale = (await ana.get(f"{PLAN}/1")).text
        both = await asyncio.gather(
            *(ana.post(f"{PLAN}/1/apply", data={"csrf": csrf_of(page)}) for _ in range(2))
        )
        told = await carried_out(ana, f"{PLAN}/1")
        twice = await ana.post(f"{PLAN}/1/apply", data={"csrf": csrf_of(page)})
        accounts = [await sales.account("ana"), await sales.account("bo")]

    assert sorted(one.status_code for one in both) == [303, 422]
    assert "Make these 2 changes" in page
    assert "1 person or group changed since." in stale
    assert "was carried out" in told
    assert [one["title"] if one and "title" in one else None for one in accounts] == ["Poet", None]
    assert twice.status_code == 422
    assert "was carried out already" in twice.text


async def test_filters_pages_and_one_person_are_addresses(sales: Company) -> None:
    await sales.change("ana", jobTitle="Poet")
    await sales.change("bo", enabled=False)
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        page = await made(ana)
        away = (await ana.get(f"{PLAN}/1?verb=disable")).text
        places = re.findall(rf'href="{PLAN}/1\?person=(\d+)#person"', page)
        panels = [(await ana.get(f"{PLAN}/1?person={place}")).text for place in places]
        odd = [
            await ana.get(f"{PLAN}/{path}")
            for path in ("1?verb=x&after=y&person=-1", "1?person=99999", "99", "x", "٣")
        ]

    assert "takes access away" in page
    assert "Review the deactivation" in page
    assert "Bo Larsen" in away
    assert "Ana Larsen" not in away
    assert len(panels) == 2
    assert {one.status_code for one in odd[:2]} == {200}
    assert {one.status_code for one in odd[2:]} == {404}


async def test_a_plan_that_the_app_does_not_answer_says_what_to_do(sales: Company) -> None:
    await sales.connect(groups=["Sales"], base_url="http://127.0.0.1:1999/scim/v2")
    await sales.person("di")
    await sales.join("Sales", "di")
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        page = await made(ana)

    assert "could not be made" in page
    assert "127.0.0.1" in page


async def test_some_are_provisioned_on_demand_and_nobody_else(sales: Company) -> None:
    await sales.change("ana", jobTitle="Poet")
    await sales.change("bo", jobTitle="Painter")
    place = "/apps/15five/on-demand"
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        csrf = csrf_of((await ana.get(place)).text)
        nobody = await ana.post(place, data={"csrf": csrf, "who": "\n \n"})
        stranger = await ana.post(place, data={"csrf": csrf, "who": "zoe@larkspur.example"})
        many = await ana.post(place, data={"csrf": csrf, "who": "\n".join(map(str, range(51)))})
        made = await ana.post(
            place, data={"csrf": csrf, "who": "ana@larkspur.example\nana@larkspur.example"}
        )
        page = await made_page(ana, made.headers["location"])
        answer = await ana.post(f"{PLAN}/1/apply", data={"csrf": csrf})
        await carried_out(ana, answer.headers["location"])
        accounts = [await sales.account("ana"), await sales.account("bo")]

    assert [one.status_code for one in (nobody, stranger, many)] == [422, 422, 422]
    assert "zoe@larkspur.example" in stranger.text
    assert "What provisioning them now will do" in page
    assert "Make this 1 change" in page
    assert [one["title"] if one and "title" in one else None for one in accounts] == ["Poet", None]


async def test_a_plan_for_one_person_does_not_take_the_place_of_the_newest(sales: Company) -> None:
    await sales.change("ana", jobTitle="Poet")
    await sales.change("bo", jobTitle="Painter")
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        whole = await made(ana)
        answer = await ana.post(
            "/apps/15five/on-demand", data={"csrf": csrf_of(whole), "who": "ana@larkspur.example"}
        )
        named = await made_page(ana, answer.headers["location"])
        newest = (await ana.get(PLAN)).text

    assert answer.headers["location"] == f"{PLAN}/2"
    assert "What provisioning them now will do" in named
    assert f'action="{PLAN[:-5]}/on-demand"' in named
    assert f'name="who" value="{sales.ids["ana"]}"' in named
    assert "Plan 1" in newest
    assert "Make these 2 changes" in newest


async def test_each_value_says_where_it_comes_from_and_what_stays_is_folded(sales: Company) -> None:
    await sales.change("ana", jobTitle="Poet")
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        page = await made(ana)

    assert "<code>[jobTitle]</code>" in page
    [folded] = re.findall(r"<details class=\"more\"><summary>(.*?)</details>", page, re.DOTALL)
    assert "values stay as they are" in folded
    assert "ana@larkspur.example" in folded
    assert "Clerk" not in folded


async def test_a_plan_is_read_by_person_with_the_cause_of_each(sales: Company) -> None:
    await sales.change("bo", jobTitle="Painter")
    await sales.change("ana", department="Arts", jobTitle="Poet")
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        await made(ana)
        page = (await ana.get(f"{PLAN}/1?by=person&verb=update")).text

    people = re.findall(r"<a href=\"[^\"]*person=\d+#person\"[^>]*><bdi>(.*?)</bdi>", page)
    assert people == ["Ana Larsen", "Bo Larsen"]
    assert "by=person" in page
    assert 'class="cause"' not in page
    assert page.count("jobTitle") > 2


async def test_those_who_lose_access_are_reviewed_together(sales: Company) -> None:
    await sales.change("ana", jobTitle="Poet")
    await sales.change("bo", enabled=False)
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        page = await made(ana)
        away = (await ana.get(f"{PLAN}/1?verb=away")).text

    assert f'href="{PLAN}/1?verb=away"' in page
    assert "Bo Larsen" in away
    assert "Ana Larsen" not in away


async def test_a_plan_leaves_as_csv_and_json_lines_and_as_sheets_with_their_sum(
    sales: Company,
) -> None:
    await sales.change("ana", jobTitle="=1+1")
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        await made(ana)
        table = await ana.get(f"{PLAN}/1/export?form=csv")
        lines = await ana.get(f"{PLAN}/1/export?form=jsonl")
        odd = await ana.get(f"{PLAN}/1/export?form=xls")
        sheet = (await ana.get(f"{PLAN}/1/evidence")).text
        data = (await ana.get(f"{PLAN}/1/evidence?form=json")).content
        missing = await ana.get(f"{PLAN}/9/evidence")

    [row] = csv.DictReader(io.StringIO(table.content.decode("utf-8-sig")))
    assert (row["action"], row["display_name"], row["code"]) == ("update", "Ana Larsen", "")
    assert row["changes"] == "title: Clerk → =1+1"
    [line] = [msgspec.json.decode(one) for one in lines.content.splitlines()]
    assert line["changes"] == [{"path": "title", "old": "Clerk", "new": "=1+1"}]
    assert 'filename="seatkeeper-15five-plan-1.jsonl"' in lines.headers["content-disposition"]
    assert hashlib.sha256(data).hexdigest() in sheet
    assert "Ana Larsen" in sheet
    assert [odd.status_code, missing.status_code] == [422, 404]
