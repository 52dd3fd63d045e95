"""What happened, as the console's pages tell it."""

import csv
import datetime as dt
import io
import json
import re

import pytest
from sqlalchemy import select, update
from tests.console_visitor import signed_in
from tests.journeys.company import Company
from tests.journeys.test_inbound import served
from tests.journeys.test_retry import faults
from tests.journeys.test_sign_in import site_of

from seatkeeper.clock import utc_now
from seatkeeper.store.administration_tables import SESSIONS

pytestmark = pytest.mark.journey


@pytest.fixture
async def sales(company: Company) -> Company:
    """Ana and Bo got accounts; Cy has no e-mail address and failed."""
    await company.person("ana", displayName="=Ana <b>")
    await company.person("bo")
    await company.person("cy", mail=None)
    await company.group("Sales", "ana", "bo", "cy")
    await company.connect(groups=["Sales"])
    await company.run()
    return company


async def last_use(company: Company) -> dt.datetime:
    """Return when the only session was used last, as the database has it."""
    seen: dt.datetime = await company.opened.database.read(
        lambda c: c.execute(select(SESSIONS.c.seen_at)).scalar_one()
    )
    return seen


async def test_everybody_and_why_they_failed_is_one_click_from_the_list(sales: Company) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        every = (await ana.get("/activity")).text
        failed = (await ana.get("/activity?result=failed")).text
        [event] = set(re.findall(r'href="(/activity/[0-9a-f-]{36})"', failed))
        told = (await ana.get(event)).text
        nobody = await ana.get("/activity/nobody")

    assert "=Ana &lt;b&gt;" in every
    assert "<b>" not in every.replace('<b class="count', "")
    assert "1 event<" in failed
    assert "Cy Larsen could not be written to 15Five." in told
    assert "mail is empty" in told
    assert "Nothing was sent to the app." in told
    assert nobody.status_code == 404
    assert "There is no such event" in nobody.text


async def test_what_was_sent_and_why_it_was_refused_stand_on_the_page_of_the_event(
    sales: Company,
) -> None:
    await sales.person("di", jobTitle="<i>Poet</i>")
    await sales.join("Sales", "di")
    await faults(sales, "POST /Users: 400 times=1")
    await sales.attempt()
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        failed = (await ana.get(f"/activity?result=failed&person={sales.ids['di']}")).text
        events = set(re.findall(r'href="(/activity/[0-9a-f-]{36})"', failed))
        told = "".join([(await ana.get(one)).text for one in events])

    assert "Di Larsen could not be written to 15Five." in told
    assert "What was sent, and what came back" in told
    assert "&#34;title&#34;: &#34;&lt;i&gt;Poet&lt;/i&gt;&#34;" in told
    assert "urn:ietf:params:scim:api:messages:2.0:Error" in told
    assert "<i>" not in told
    assert sales.box.token not in told


async def test_a_created_account_shows_values_requests_and_a_curl_line_without_the_token(
    sales: Company,
) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        made = (await ana.get("/activity?who=bo@larkspur.example&action=create")).text
        [event] = set(re.findall(r'href="(/activity/[0-9a-f-]{36})"', made))
        told = (await ana.get(event)).text

    assert "Bo Larsen got an account in 15Five." in told
    assert "userName" in told
    assert "bo@larkspur.example" in told
    assert "POST /Users" in told
    assert "curl -X POST" in told
    assert "Bearer …" in told


async def test_filters_that_mean_nothing_say_so_and_keep_what_was_typed(sales: Company) -> None:
    asked = {
        "who=nobody@nowhere.example": "Nobody in the directory is called nobody@nowhere.example.",
        "result=perhaps": "There is no such result.",
        "since=yesterday": "This is not a date.",
        "cycle=99": "There is no such cycle.",
    }
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        found = {words: await ana.get(f"/activity?{query}") for query, words in asked.items()}
        odd = [await ana.get(f"/activity?before={word}&after={word}") for word in ("x", "-1", "٣")]

    for words, page in found.items():
        assert page.status_code == 422
        assert words in page.text
    assert 'value="nobody@nowhere.example"' in next(iter(found.values())).text
    assert [page.status_code for page in odd] == [200, 200, 200]


async def test_a_list_does_not_move_but_says_what_came_meanwhile(sales: Company) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        page = (await ana.get("/apps/15five/activity")).text
        [address] = re.findall(r'hx-get="(/activity/new[^"]*)"', page)
        before = (await ana.get(address.replace("&amp;", "&"))).text
        await sales.change("bo", jobTitle="Poet")
        await sales.ordered()
        after = (await ana.get(address.replace("&amp;", "&"))).text

    assert before.strip() == ""
    # The served engine is woken by the change, too, and may have written an event of its own.
    assert re.search(r"\b[1-9] new events?\b", after)
    assert 'href="/apps/15five/activity"' in after


async def test_a_list_that_is_left_open_keeps_no_session_alive(sales: Company) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        page = (await ana.get("/activity")).text
        [address] = re.findall(r'hx-get="(/activity/new[^"]*)"', page)
        long_ago = utc_now() - dt.timedelta(minutes=20)
        await sales.opened.database.write(
            lambda c: c.execute(update(SESSIONS).values(seen_at=long_ago)).rowcount
        )

        asked_by_itself = await ana.get(address.replace("&amp;", "&"))
        after_asking = await last_use(sales)
        await ana.get("/activity")
        after_a_click = await last_use(sales)

    assert asked_by_itself.status_code == 200
    assert after_asking == long_ago
    assert after_a_click > long_ago


async def test_an_export_holds_what_fits_and_no_formula(sales: Company) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        table = await ana.get("/activity/export?form=csv")
        lines = await ana.get("/activity/export?form=jsonl&result=failed")
        other = await ana.get("/activity/export?form=exe")

    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    [failed] = [json.loads(line) for line in lines.text.splitlines()]
    assert "'=Ana <b>" in {row["display_name"] for row in rows}
    assert table.headers["content-disposition"].endswith('.csv"')
    assert failed["display_name"] == "Cy Larsen"
    assert failed["code"] == "MissingValues"
    assert other.status_code == 422
