"""From an installation in which nobody has begun to a group that is provisioned, over HTTP."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from tests.console_visitor import csrf_of, signed_in
from tests.journeys.company import Company
from tests.journeys.test_inbound import served
from tests.journeys.test_live import lines_of, until
from tests.journeys.test_sign_in import site_of

from seatkeeper.cli.browser import open_console
from seatkeeper.cli.first_run import FirstRun
from seatkeeper.configuration.applying import settings_of
from seatkeeper.console.visit import LARGEST_FILE
from seatkeeper.ports import UserEdit

pytestmark = pytest.mark.journey

DEMO = "/settings/demo-data"
CSV = "userPrincipalName,displayName,mail,groups\r\nbo@x.example,Bo,bo@x.example,Sales\r\n"


@pytest.fixture
async def ana(company: Company) -> AsyncIterator[httpx.AsyncClient]:
    """Ana signed in, and nobody has begun."""
    async with served(company) as url, signed_in(company.opened, site_of(url)) as browser:
        yield browser


async def send(browser: httpx.AsyncClient, step: str, **form: str) -> httpx.Response:
    csrf = csrf_of((await browser.get("/welcome")).text)
    return await browser.post(f"/welcome/{step}", data={"csrf": csrf, **form})


async def begin(browser: httpx.AsyncClient) -> None:
    await send(browser, "people", **{"from": "sample"})
    await send(browser, "app")


def chosen(page: str) -> tuple[str, str]:
    """Return the group and the person that the page proposes."""
    group = re.search(r'name="group" value="([^"]+)"', page)
    person = re.search(r'<option value="([^"]+)" selected>(?!Everyone)', page)
    assert group is not None
    assert person is not None
    return group[1], person[1]


async def until_done(browser: httpx.AsyncClient) -> str:
    """Follow the stream of the first cycle to its end, and return the page then."""
    async with browser.stream("GET", "/welcome/events", timeout=60) as stream:
        async for _line in stream.aiter_lines():
            pass
    return (await browser.get("/welcome/on")).text


async def test_the_whole_way_ends_with_twelve_accounts_that_are_really_there(
    ana: httpx.AsyncClient, company: Company
) -> None:
    first = await ana.get("/")
    await begin(ana)
    who = (await ana.get("/welcome/who")).text
    group, person = chosen(who)
    plan = (
        await ana.get((await send(ana, "who", group=group, person=person)).headers["location"])
    ).text
    made = await send(ana, "plan", person=person)
    result = (await ana.get(made.headers["location"])).text
    [account] = set(re.findall(r'href="(http://localhost:\d+/accounts/[^"]+)"', result))
    in_app = await ana.get(account)
    everybody = (await ana.get("/welcome/on")).text
    await send(ana, "on")
    done = await until_done(ana)
    tries = (await ana.get("/welcome/done")).text

    assert first.headers["location"] == "/welcome"
    assert "Everyone in Sales</bdi></b>: 12 members" in who
    assert "gets an account in 15Five" in plan
    assert "POST /Users" in plan
    assert "See the account in the sandbox" in result
    assert in_app.status_code == 200
    assert "Turn on provisioning" in everybody
    assert "The first cycle is done" in done
    assert "15Five follows your directory" in tries
    assert f'href="/people/{person}"' in tries
    assert f'href="/groups/{group}"' in tries
    accounts = await company.opened.ledger.link_counts("15five")
    assert sum(accounts.values()) == 13
    assert settings_of(await company.opened.configuration.app("15five")).status == "on"


async def test_nothing_is_sent_before_somebody_said_so(
    ana: httpx.AsyncClient, company: Company
) -> None:
    await begin(ana)
    group, person = chosen((await ana.get("/welcome/who")).text)
    await send(ana, "who", group=group, person=person)
    await ana.get("/welcome/plan")
    await ana.get("/welcome/on")

    assert await company.opened.ledger.link_counts("15five") == {}
    assert await company.opened.ledger.cycles("15five") == []


async def test_every_step_leads_to_what_is_missing(ana: httpx.AsyncClient) -> None:
    before = {
        step: (await ana.get(f"/welcome/{step}")).headers.get("location")
        for step in ("who", "plan", "on", "done")
    }
    await begin(ana)
    after = (await ana.get("/welcome/plan")).headers["location"]

    assert set(before.values()) == {"/welcome/people"}
    assert after == "/welcome/who"


async def test_the_connection_is_tested_by_itself(ana: httpx.AsyncClient) -> None:
    await begin(ana)
    stream = (await ana.get("/apps/15five/connection/events")).text
    page = (await ana.get("/welcome/app")).text

    assert "This connection works" in stream
    assert "This connection works" in page
    assert "http://localhost:" in page


async def test_signing_out_ends_the_stream_of_the_first_cycle(ana: httpx.AsyncClient) -> None:
    await begin(ana)
    csrf = csrf_of((await ana.get("/welcome")).text)

    async with lines_of(ana, "/welcome/events") as stream:
        await until(stream, "It begins in a moment")
        await ana.post("/sign-out", data={"csrf": csrf})
        await until(stream, "event: done")


async def test_people_come_as_pasted_text_too_and_a_fault_is_named_by_its_line(
    ana: httpx.AsyncClient, company: Company
) -> None:
    wrong = await send(ana, "people", **{"from": "csv", "csv": f"{CSV}<b>,\r\n"})
    right = await send(ana, "people", **{"from": "csv", "csv": CSV})

    assert wrong.status_code == 422
    assert "<b>Line 3</b>" in wrong.text
    assert "bo@x.example" in wrong.text
    assert right.status_code == 303
    assert (await company.opened.directory.user("bo@x.example")).display_name == "Bo"


async def test_people_come_as_a_file_too_and_a_file_too_large_is_refused(
    ana: httpx.AsyncClient, company: Company
) -> None:
    csrf = csrf_of((await ana.get("/welcome")).text)
    form = {"csrf": csrf, "from": "sample"}
    lines = '{"userPrincipalName": "cy@x.example", "displayName": "Cy"}\n'

    async def uploaded(name: str, content: str, to: str = "/welcome/people") -> httpx.Response:
        return await ana.post(to, data=form, files={"file": (name, content)})

    wrong = await uploaded("people.csv", f"{CSV}<b>,\r\n")
    large = await uploaded("people.csv", CSV + " " * LARGEST_FILE)
    elsewhere = await uploaded("people.csv", CSV, to="/welcome/skip")
    right = [await uploaded("people.csv", CSV), await uploaded("People.JSONL", lines)]

    assert "<b>Line 3</b>" in wrong.text
    assert (large.status_code, elsewhere.status_code) == (400, 403)  # 403: unread
    assert [one.status_code for one in right] == [303, 303]
    found = await company.opened.directory.all_users()
    assert sorted(one.display_name for one in found) == ["Bo", "Cy"]


async def test_demo_data_goes_with_one_word_and_nothing_else_does(
    ana: httpx.AsyncClient, company: Company
) -> None:
    await begin(ana)
    own = await company.person("ida", mail="ida@own.example", userPrincipalName="ida@own.example")
    sales = await company.opened.directory.group("Everyone in Sales")
    await company.opened.directory.change_members(sales.id, add=[own.id], actor="test")
    await company.connect(people=[])
    page = (await ana.get(DEMO)).text
    form = {"csrf": csrf_of(page)}
    unlike = await ana.post(DEMO, data={**form, "people": "3"})
    before = len(await company.opened.directory.all_users())

    gone = await ana.post(DEMO, data={**form, "people": "250"})
    after = (await ana.get(gone.headers["location"])).text
    again = await ana.post(DEMO, data={**form, "people": "0"})

    assert "250" in page
    assert "Groups that stay" in page
    assert unlike.status_code == 422
    assert before == 251
    assert "The demo data is gone" in after
    assert again.status_code == 422
    assert [one.id for one in await company.opened.directory.all_users()] == [own.id]
    assert [one.id for one in await company.opened.directory.groups_of(own.id)] == [sales.id]
    [entry] = await company.opened.configuration.audit_about(["installation"], limit=1)
    assert (entry.action, entry.actor) == ("demo.remove", "ana@larkspur.example")


async def test_the_app_of_the_sandbox_goes_with_the_demo_data(
    ana: httpx.AsyncClient, company: Company
) -> None:
    await begin(ana)
    page = (await ana.get(DEMO)).text

    await ana.post(DEMO, data={"csrf": csrf_of(page), "people": "250"})

    assert "15Five" in page
    assert await company.opened.configuration.apps() == []
    assert await company.opened.directory.all_users() == []


async def test_the_sample_company_is_not_mixed_with_people_who_are_there(
    ana: httpx.AsyncClient,
) -> None:
    await send(ana, "people", **{"from": "csv", "csv": CSV})

    refused = await send(ana, "people", **{"from": "sample"})

    assert refused.status_code == 422
    assert "There are people in your directory already." in refused.text


async def test_whoever_skips_is_not_led_there_again(ana: httpx.AsyncClient) -> None:
    skipped = await send(ana, "skip")
    home = await ana.get("/")
    still = await ana.get("/welcome")

    assert skipped.headers["location"] == "/"
    assert home.status_code == 200
    assert still.status_code == 200


async def test_a_viewer_is_not_led_there(company: Company) -> None:
    async with served(company) as url:
        async with signed_in(company.opened, site_of(url)):
            pass
        async with signed_in(company.opened, site_of(url), "viewer") as vera:
            home = await vera.get("/")
            steps = await vera.get("/welcome")

    assert home.status_code == 200
    assert steps.status_code == 403


async def test_the_sandbox_is_there_again_after_a_restart(company: Company) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as ana:
        await begin(ana)
    async with served(company):
        proven = await company.opened.test_connection("15five")

    assert proven.endswith(".")


async def test_a_stand_in_that_cannot_have_its_port_again_stops_nothing(company: Company) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as ana:
        await begin(ana)
        again = FirstRun(company.opened, port=0)
        await again.resume()

    assert again.sites() == {}


def test_a_link_is_never_part_of_a_command_line(tmp_path: Path) -> None:
    opened: list[str] = []
    link = "http://127.0.0.1:1/links/secret&more"

    def opens(address: str) -> bool:
        opened.append(address)
        return True

    shown = open_console(
        tmp_path, "http://127.0.0.1:1", link, environment={"DISPLAY": ":0"}, opens=opens
    )
    plain = open_console(
        tmp_path, "http://127.0.0.1:1", "", environment={"DISPLAY": ":0"}, opens=opens
    )
    none = open_console(tmp_path, "http://127.0.0.1:1", link, environment={}, opens=opens)

    assert (shown, plain, none) == (True, True, False)
    assert "secret" not in opened[0]
    file = tmp_path / "open-console.html"
    assert "links/secret&amp;more" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert opened[1] == "http://127.0.0.1:1/"


async def test_a_step_that_has_nothing_to_show_has_a_heading_all_the_same(
    ana: httpx.AsyncClient, company: Company
) -> None:
    await send(ana, "people", **{"from": "sample"})
    await send(ana, "app")
    group, person = chosen((await ana.get("/welcome/who")).text)
    await send(ana, "who", group=group, person=person)
    everybody = await company.opened.directory.all_users(limit=1_000)
    for one in everybody:
        edit = UserEdit(enabled=False)
        await company.opened.directory.edit_user(one.id, edit, actor="hr")

    page = (await ana.get("/welcome/plan")).text

    assert "Nobody to try it with" in page
    assert page.count("<h1") == 1
