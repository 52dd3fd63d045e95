"""A page that was left open keeps nobody signed in, and says so where it is once that is over."""

import datetime as dt
import re
from collections.abc import AsyncIterator
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import select, update
from tests.console.test_left_open import asking_by_itself
from tests.console_visitor import ANA, PASSPHRASE, choose_passphrase, csrf_of, link_for
from tests.journeys.company import Company

from seatkeeper.administration.sessions import IDLE
from seatkeeper.cli.serving import console_of
from seatkeeper.clock import utc_now
from seatkeeper.provisioning.journal import OrderVerb
from seatkeeper.store.administration_tables import SESSIONS

pytestmark = pytest.mark.journey

A_WHILE = dt.timedelta(minutes=20)
PART = {"HX-Request": "true"}
ADDRESS = re.compile(r'(?:hx-get="|hx-sse:connect="|;url=)([^"]*)"')


@pytest.fixture
async def ana(company: Company) -> AsyncIterator[httpx.AsyncClient]:
    """Ana is signed in to a console beside which no engine runs, so that orders wait."""
    await company.person("bo")
    await company.connect(people=["bo"])
    console = console_of(company.opened, frozenset({"localhost"}))
    there = httpx.ASGITransport(console)
    async with httpx.AsyncClient(base_url="http://localhost", transport=there) as browser:
        await choose_passphrase(browser, link_for(company.opened))
        yield browser


async def ordered(company: Company) -> str:
    """Have Bo be provisioned; return the page on which somebody waits for it."""
    bo = company.ids["bo"]
    number = await company.opened.ledger.place_order(
        company.app_id, OrderVerb.RUN, {"users": [bo]}, actor="test", now=utc_now()
    )
    return f"/apps/{company.app_id}/people/{bo}?order={number}"


def asked_by(page: httpx.Response) -> list[str]:
    """Return the addresses that a page asks for while nobody does anything."""
    return [
        unescape(address)
        for element in asking_by_itself(page.text)
        for address in ADDRESS.findall(element)
    ]


async def asked(browser: httpx.AsyncClient, address: str) -> httpx.Response:
    """Ask as the page would; of a stream, which does not end, only for its head."""
    stream = "/events" in address
    return await (browser.head if stream else browser.get)(address, headers=PART)


async def left_for(company: Company, time: dt.timedelta) -> dt.datetime:
    """Let the only session have been used last so long ago; return when that was."""
    then = utc_now() - time
    await company.opened.database.write(
        lambda c: c.execute(update(SESSIONS).values(seen_at=then)).rowcount
    )
    return then


async def last_use(company: Company) -> dt.datetime:
    seen: dt.datetime = await company.opened.database.read(
        lambda c: c.execute(select(SESSIONS.c.seen_at)).scalar_one()
    )
    return seen


async def test_what_open_pages_ask_for_is_no_use_of_a_session_and_a_click_is(
    company: Company, ana: httpx.AsyncClient
) -> None:
    await company.run()
    waiting = await ordered(company)
    pages = ["/", f"/apps/{company.app_id}", "/activity", waiting]
    addresses = [one for page in pages for one in asked_by(await ana.get(page))]
    long_ago = await left_for(company, A_WHILE)

    codes = {one: (await asked(ana, one)).status_code for one in addresses}
    after_asking = await last_use(company)
    await ana.get(waiting)
    after_a_click = await last_use(company)

    assert {urlsplit(one).path for one in addresses} >= {
        "/events",
        "/apps/15five/events",
        "/activity/new",
        urlsplit(waiting).path,
    }
    assert set(codes.values()) == {200}
    assert after_asking == long_ago
    assert after_a_click > long_ago


async def test_a_form_is_a_use_whatever_its_address_says(
    company: Company, ana: httpx.AsyncClient
) -> None:
    csrf = csrf_of((await ana.get("/settings")).text)
    long_ago = await left_for(company, A_WHILE)

    await ana.post("/settings/theme?unasked=1", data={"csrf": csrf, "theme": "dark"})

    assert await last_use(company) > long_ago


async def test_a_page_that_was_left_open_leads_to_the_sign_in_and_back(
    company: Company, ana: httpx.AsyncClient
) -> None:
    waiting = await ordered(company)
    [again, *_] = asked_by(await ana.get(waiting))
    await left_for(company, IDLE)

    led = await ana.get(again)
    form = await ana.get(led.headers["location"])
    hidden = re.search(r'name="next" value="([^"]*)"', form.text)
    assert hidden is not None
    typed = {"email": ANA, "passphrase": PASSPHRASE, "next": unescape(hidden[1])}
    back = await ana.post("/sign-in", data=typed)

    assert led.status_code == 303
    assert "Your session has ended" in form.text
    assert back.headers["location"] == waiting


async def test_a_part_of_a_page_sends_the_whole_page_to_the_sign_in(
    company: Company, ana: httpx.AsyncClient
) -> None:
    await left_for(company, IDLE)
    page = "http://localhost/apps/15five/scope?person=1&unasked=1"

    part = await ana.get("/activity/new?unasked=1", headers={**PART, "HX-Current-URL": page})
    typed = await ana.post("/apps/15five/scope/try", headers={**PART, "HX-Current-URL": page})

    for answer in (part, typed):
        led = urlsplit(answer.headers["hx-redirect"])
        assert (answer.status_code, answer.text) == (401, "Sign in first.\n")
        assert led.path == "/sign-in"
        assert parse_qs(led.query)["next"] == ["/apps/15five/scope?person=1"]


@pytest.mark.parametrize("page", ["https://evil.example//evil.example", "http://[", "", "x\ty"])
async def test_whatever_page_a_part_names_it_leads_to_the_sign_in_of_this_site(
    company: Company, ana: httpx.AsyncClient, page: str
) -> None:
    await left_for(company, IDLE)

    part = await ana.get("/search/part?q=bo", headers={**PART, "HX-Current-URL": page})
    typed = {"email": ANA, "passphrase": PASSPHRASE}
    typed["next"] = parse_qs(urlsplit(part.headers["hx-redirect"]).query).get("next", [""])[0]
    back = await ana.post("/sign-in", data=typed)

    assert part.headers["hx-redirect"].startswith("/sign-in?next=")
    assert back.headers["location"] == "/"
