"""One app in the console: how it is, and what can be done with it from there."""

import asyncio
import re

import httpx
import pytest
from tests.console_visitor import csrf_of, signed_in
from tests.journeys.company import Company
from tests.journeys.test_inbound import served
from tests.journeys.test_sign_in import site_of

from seatkeeper.cli.main import run
from seatkeeper.clock import utc_now
from seatkeeper.configuration.switching import pause_of
from seatkeeper.engine.asking import ask_to_run
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.engine.runner import wish_of

pytestmark = pytest.mark.journey

PAGE = "/apps/15five"


@pytest.fixture
async def sales(company: Company) -> Company:
    """Ana and Bo have accounts; Cy and Di have no e-mail address and wait."""
    await company.person("ana")
    await company.person("bo")
    await company.person("cy", mail=None, displayName="Cy <b>")
    await company.person("di", mail=None)
    await company.group("Sales", "ana", "bo", "cy", "di")
    await company.connect(groups=["Sales"])
    await company.run()
    return company


async def press(browser: httpx.AsyncClient, address: str, **fields: str) -> httpx.Response:
    """Press a button of the app's page; get the page that it leads to."""
    csrf = csrf_of((await browser.get(PAGE)).text)
    return await browser.post(address, data={"csrf": csrf, **fields}, follow_redirects=True)


async def test_the_page_says_who_is_in_step_who_waits_and_why(sales: Company) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        page = (await ana.get(PAGE)).text
        nowhere = await ana.get("/apps/nowhere")

    words = re.sub(r"<[^>]*>", "", page)
    assert "2 people need attention" in words
    assert "A value that the app needs is missing" in words
    assert "Cy &lt;b&gt;" in words
    assert re.search(r"<dd>4</dd>", page)
    assert "50.0 %" in words
    assert nowhere.status_code == 404


async def test_a_cycle_is_asked_for_in_the_name_of_whoever_pressed(sales: Company) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        page = await press(ana, f"{PAGE}/run-full")
        number = int(page.url.params["order"])
        order = await sales.opened.ledger.order(number)

    assert wish_of(order) == Wish(full=True)
    assert order.actor == "ana@larkspur.example"


async def test_an_impatient_second_click_asks_for_nothing_more(sales: Company) -> None:
    ledger = sales.opened.ledger

    first = await ask_to_run(ledger, "15five", Wish(), actor="ana", now=utc_now())
    second = await ask_to_run(ledger, "15five", Wish(), actor="ana", now=utc_now())
    full = await ask_to_run(ledger, "15five", Wish(full=True), actor="ana", now=utc_now())

    assert first == second
    assert full != first


async def test_who_waits_for_one_cause_is_tried_again(sales: Company) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        other = await press(ana, f"{PAGE}/retry", code="SomethingElse")
        mine = await press(ana, f"{PAGE}/retry", code="MissingValues")

    newest = (await sales.opened.configuration.audit(limit=1))[0]
    assert "order" not in other.url.params
    assert "order" in mine.url.params
    assert (newest.action, newest.after) == ("retry", {"cause": "MissingValues"})


async def test_an_order_that_failed_is_told_on_the_page_that_left_it(sales: Company) -> None:
    ledger = sales.opened.ledger
    number = await ask_to_run(ledger, "15five", Wish(), actor="ana", now=utc_now())
    told = {"code": "x", "message": "It has no <token>.", "advice": "Set one."}
    await ledger.answer_order(number, "failed", told)

    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        page = (await ana.get(f"{PAGE}?order={number}")).text
        other = (await ana.get(f"{PAGE}?order=999999")).text

    assert "The cycle could not begin" in page
    assert "It has no &lt;token&gt;." in page
    assert "The cycle could not begin" not in other


async def test_a_pause_has_a_name_and_a_reason_until_somebody_resumes_it(sales: Company) -> None:
    configuration = sales.opened.configuration
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        await press(ana, f"{PAGE}/pause", reason="They move office <i>")
        await sales.change("bo", jobTitle="Lead")
        paused = (await ana.get(PAGE)).text
        twice = await press(ana, f"{PAGE}/pause", reason="again")
        stored = await configuration.app("15five")
        await press(ana, f"{PAGE}/resume")

    newest = (await configuration.audit(limit=1, action="app."))[0]
    assert "Paused by ana@larkspur.example" in paused
    assert "They move office &lt;i&gt;" in paused
    assert "1 person or group changed since and waits." in paused
    assert stored.settings["status"] == "off"
    assert twice.status_code == 422
    assert (await configuration.app("15five")).settings["status"] == "on"
    assert pause_of(await configuration.app("15five")) is None
    assert newest.action == "app.resume"


async def test_a_pause_ends_by_whatever_way_the_app_is_turned_on_or_off(
    sales: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration = sales.opened.configuration
    monkeypatch.setenv("SEATKEEPER_HOME", str(sales.opened.settings.home))

    async def typed(*words: str) -> int:
        return await asyncio.to_thread(run, [*words, "15five"])

    for ending in ("on", "off", "resume"):
        assert await typed("on") == 0
        assert await typed("pause") == 0
        assert pause_of(await configuration.app("15five")) is not None
        assert await typed(ending) == 0
        assert pause_of(await configuration.app("15five")) is None
    await sales.connect(groups=["Sales"])
    assert await typed("resume") != 0


async def test_the_configuration_is_taken_away_as_a_document_without_a_secret(
    sales: Company,
) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        document = await ana.get(f"{PAGE}/export")

    assert "gallery: 15five" in document.text
    assert sales.box.token not in document.text
    assert "15five.yaml" in document.headers["content-disposition"]


async def test_somebody_who_only_looks_sees_no_button(sales: Company) -> None:
    async with served(sales) as url:
        async with signed_in(sales.opened, site_of(url)):
            pass
        async with signed_in(sales.opened, site_of(url), "viewer") as vera:
            page = (await vera.get(PAGE)).text

    assert f'action="{PAGE}/' not in page
    assert "Needs the role Operator" in page


async def test_a_cycle_has_a_page_with_its_failures_and_slowest_requests(sales: Company) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        listed = (await ana.get(f"{PAGE}/cycles")).text
        cycle = (await ana.get(f"{PAGE}/cycles/1")).text
        none = await ana.get(f"{PAGE}/cycles/99")

    assert f'href="{PAGE}/cycles/1"' in listed
    assert "2 failed" in cycle
    assert "Cy &lt;b&gt;" in cycle
    assert "POST /Users" in cycle
    assert none.status_code == 404
    assert "There is no such cycle" in none.text


async def test_cycles_are_turned_over_by_their_numbers(sales: Company) -> None:
    for _ in range(52):
        await sales.run()

    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        first = (await ana.get(f"{PAGE}/cycles")).text
        [older] = re.findall(r'rel="next" href="([^"]*)"', first)
        second = (await ana.get(older)).text
        [newer] = re.findall(r'rel="prev" href="([^"]*)"', second)
        back = (await ana.get(newer)).text

    def numbers(page: str) -> list[int]:
        return [int(one) for one in re.findall(r"/cycles/(\d+)\"", page)]

    assert 'rel="prev"' not in first
    assert 'rel="next"' not in second
    assert numbers(second)[-1] == 1
    assert numbers(first) == numbers(back)
    assert numbers(first)[-1] == numbers(second)[0] + 1
