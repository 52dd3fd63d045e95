"""Why somebody is (not) in an app, asked in the console: the answer, the checks, the past."""

import asyncio
import hashlib
import json
import re
from html import unescape
from typing import Any

import httpx
import pytest
from tests.console_visitor import csrf_of, signed_in
from tests.journeys.company import Company
from tests.journeys.test_inbound import served
from tests.journeys.test_sign_in import site_of

from seatkeeper.clock import utc_now
from seatkeeper.console import evidence
from seatkeeper.engine import answers
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.provisioning.journal import OrderVerb

pytestmark = pytest.mark.journey

SCRIPT = "<img src=x onerror=alert(1)>"


def words(page: httpx.Response | str) -> str:
    """Return what a page says, without its markup."""
    text = page if isinstance(page, str) else page.text
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())


def check_of(page: httpx.Response, title: str) -> str:
    """Return one check of a page, markup included."""
    found = next(
        one for one in re.findall(r"<li><span.*?</details></li>", page.text, re.S) if title in one
    )
    return str(found)


async def opened(company: Company, path: str, role: str = "administrator") -> httpx.Response:
    """Open one page of a console that runs beside no engine's cycle, as somebody of that role."""
    async with served(company) as url, signed_in(company.opened, site_of(url), role) as browser:
        return await browser.get(path, follow_redirects=True)


async def explained(company: Company, name: str, kind: str = "people") -> httpx.Response:
    return await opened(company, f"/apps/{company.app_id}/{kind}/{company.ids[name]}")


async def test_whoever_has_no_mail_is_told_so_where_the_check_fails(company: Company) -> None:
    await company.person("elif", mail=None)
    await company.group("Sales", "elif")
    await company.connect(groups=["Sales"])
    await company.run()

    page = await explained(company, "elif")

    assert "Elif Larsen is not in 15Five, and waits: mail is empty" in words(page)
    assert "Needs attention" in words(page)
    failing = check_of(page, "Has the values the app needs")
    assert "<details open>" in failing
    assert "missing" in words(failing)
    assert "mail: empty" in words(failing)
    assert page.text.count("<details open>") == 1
    assert "not reached" in words(check_of(page, "Has exactly one account"))


async def test_the_group_through_which_somebody_is_assigned_is_named_since_when_and_by_whom(
    company: Company,
) -> None:
    await company.person("ana")
    await company.group("Sales", "ana")
    await company.connect(groups=["Sales"])
    await company.run()

    page = await explained(company, "ana")

    assert "Ana Larsen is in 15Five, and the account is in step." in words(page)
    assigned = words(check_of(page, "Is assigned"))
    assert "Through group Sales, role User since" in assigned
    assert "by test" in assigned
    assert "<details open>" not in page.text


async def test_whoever_left_the_group_sees_which_change_took_the_access(company: Company) -> None:
    await company.person("ana")
    await company.group("Sales", "ana")
    await company.group("Choir", "ana")
    await company.connect(groups=["Sales"])
    await company.run()
    await company.leave("Sales", "ana")
    await company.run()

    page = await explained(company, "ana")

    assert "because Ana Larsen is not assigned to 15Five." in words(page)
    assert "left group Sales (by test)" in words(page)
    assert "Member of Choir" in words(check_of(page, "Is assigned"))
    history = words(page.text[page.text.index('id="past"') :])
    told = [
        "Deactivate the account",
        "Left the group Sales",
        "Create the account",
        "Joined the group Sales",
        "Added to the directory",
    ]
    assert [one for one in told if one in history] == told
    assert sorted(told, key=history.index) == told
    assert "active True → False" in history


async def test_a_change_in_the_directory_is_told_with_its_values_and_author(
    company: Company,
) -> None:
    await company.person("ana", jobTitle="Clerk")
    await company.person("bo")
    await company.connect(people=["ana"])
    await company.change("ana", jobTitle="Chief", manager="bo")

    page = await explained(company, "ana")

    history = words(page.text[page.text.index('id="past"') :])
    assert "jobTitle Clerk → Chief" in history
    assert "manager Bo Larsen" in history
    assert "Assigned to 15Five" in history


async def test_a_clause_of_the_scope_is_shown_with_the_value_that_fails_it(
    company: Company,
) -> None:
    await company.person("ana", department="Choir")
    scope = "scoping_filters:\n  users:\n    department EQUALS: Sales"
    await company.connect(people=["ana"], more=scope)
    await company.run()

    page = await explained(company, "ana")

    failing = words(check_of(page, "Passes the scope"))
    assert "department" in failing
    assert "Choir (fails)" in failing
    assert "<details open>" in check_of(page, "Passes the scope")


async def test_one_value_is_followed_back_to_where_it_comes_from(company: Company) -> None:
    await company.person("ana", jobTitle="Clerk")
    await company.connect(people=["ana"])
    await company.run()

    page = await opened(company, f"/apps/15five/people/{company.ids['ana']}?value=title")
    unknown = await opened(company, f"/apps/15five/people/{company.ids['ana']}?value=shoe")

    assert "Where title comes from" in words(page)
    assert "title is Clerk, from jobTitle; the account is in step." in words(page)
    assert unknown.status_code == 422
    assert "Nothing is mapped onto shoe" in words(unknown)


async def test_somebody_who_is_gone_for_good_is_explained_by_their_last_name(
    company: Company,
) -> None:
    await company.person("ana")
    await company.connect(people=["ana"])
    await company.run()
    await company.opened.directory.purge_user(company.ids["ana"], actor="hr")
    await company.run()

    page = await explained(company, "ana")

    assert page.status_code == 200
    assert "Ana Larsen" in words(page)
    assert "Removed from the directory for good" in words(page)


async def test_a_name_that_is_typed_leads_to_the_address_that_stays(company: Company) -> None:
    await company.person("ana")
    await company.connect(people=["ana"])

    async with served(company) as url, signed_in(company.opened, site_of(url)) as browser:
        named = await browser.get("/apps/15five/people/ana@larkspur.example")
        nobody = await browser.get("/apps/15five/people/nobody")
        nowhere = await browser.get(f"/apps/nowhere/people/{company.ids['ana']}")

    assert named.status_code == 303
    assert named.headers["location"] == f"/apps/15five/people/{company.ids['ana']}"
    assert (nobody.status_code, nowhere.status_code) == (404, 404)


async def test_a_group_shows_whom_the_app_holds_and_who_waits(company: Company) -> None:
    await company.person("ana")
    await company.person("elif", mail=None)
    await company.group("Sales", "ana", "elif")
    await company.connect(groups=["Sales"])
    await company.run()

    page = await explained(company, "Sales", "groups")

    assert "Is in the directory" not in words(page)
    assert "In the directory 2 In the app, as last written 1" in words(page)
    assert "Elif Larsen" in words(page.text[page.text.index("<aside") :])
    assert "2 members joined" in words(page)


async def test_of_a_large_group_some_members_are_compared_until_somebody_asks_for_all(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "COMPARED", 2)
    monkeypatch.setattr(answers, "COMPARED_OF_MORE", 1)
    for name in ("ana", "bo", "cy"):
        await company.person(name)
    await company.group("Sales", "ana", "bo", "cy")
    await company.connect(groups=["Sales"])
    await company.run()
    place = f"/apps/15five/groups/{company.ids['Sales']}"

    async with served(company) as url, signed_in(company.opened, site_of(url)) as browser:
        some, every, sheet, all_of_it = [
            await browser.get(f"{place}{more}")
            for more in ("", "?whole=1", "/evidence", "/evidence?whole=1")
        ]

    assert "Only the first 1 of its 3 members were compared." in words(some)
    assert "Compared, so that what follows is at least 1" in words(some)
    assert f'href="{place}?whole=1"' in some.text
    assert "were compared" not in words(every)
    assert f'href="{place}/evidence?whole=1"' in sheet.text
    assert "Compare all members" not in words(all_of_it)
    assert "evidence?form=json&amp;whole=1" in all_of_it.text


async def test_to_provision_now_sends_what_differs_and_the_page_says_how_it_ended(
    company: Company,
) -> None:
    await company.person("ana")
    await company.connect(people=["ana"])
    await company.run()
    place = f"/apps/15five/people/{company.ids['ana']}"

    async with served(company) as url, signed_in(company.opened, site_of(url)) as browser:
        form = {"csrf": csrf_of((await browser.get(place)).text)}
        sent = await browser.post(f"{place}/provision", data=form)
        address = sent.headers["location"].partition("#")[0]
        page = await until_done(browser, address)

    assert sent.status_code == 303
    assert address.startswith(f"{place}?order=")
    assert "Done, no change needed" in words(page)


async def until_done(browser: httpx.AsyncClient, address: str) -> httpx.Response:
    async with asyncio.timeout(30):
        page = await browser.get(address)
        while "Being provisioned" in page.text:
            page = await browser.get(address)
    return page


async def test_an_order_about_somebody_else_says_nothing_here(company: Company) -> None:
    await company.person("ana")
    await company.person("bo")
    await company.connect(people=["ana", "bo"])
    number = await company.opened.ledger.place_order(
        "15five", OrderVerb.RUN, {"users": [company.ids["bo"]]}, actor="test", now=utc_now()
    )

    page = await opened(company, f"/apps/15five/people/{company.ids['ana']}?order={number}")

    assert 'id="order"' not in page.text


async def test_a_viewer_reads_everything_and_is_told_which_role_may_provision(
    company: Company,
) -> None:
    await company.person("ana")
    await company.connect(people=["ana"])
    async with served(company) as url:
        async with signed_in(company.opened, site_of(url)):
            pass
        async with signed_in(company.opened, site_of(url), "viewer") as browser:
            page = await browser.get(f"/apps/15five/people/{company.ids['ana']}")

    assert "Provision now" not in page.text
    assert "Needs the role Operator" in words(page)


async def test_a_name_made_to_break_pages_is_only_a_name(company: Company) -> None:
    await company.person("ana", displayName=SCRIPT, jobTitle="\u202etitle")
    await company.connect(people=["ana"])
    await company.run()

    page = await explained(company, "ana")
    printed = await opened(company, f"/apps/15five/people/{company.ids['ana']}/evidence")

    for one in (page, printed):
        assert one.status_code == 200
        assert "<img" not in one.text.replace('<img src="/static', "")
        assert "&lt;img src=x" in one.text
        assert "\u202e" not in one.text


async def test_evidence_carries_the_sum_of_exactly_its_data(company: Company) -> None:
    await company.person("ana")
    await company.connect(people=["ana"])
    await company.run(Wish())
    place = f"/apps/15five/people/{company.ids['ana']}/evidence"

    page = await opened(company, place)
    file = await opened(company, f"{place}?form=json")
    await company.change("ana", jobTitle="Chief")
    later = await opened(company, f"{place}?form=json")

    digest = hashlib.sha256(file.content).hexdigest()
    assert digest in page.text
    assert hashlib.sha256(later.content).hexdigest() != digest
    told = json.loads(file.content)
    stored = await company.opened.configuration.app("15five")
    assert told["configuration_version"] == stored.version
    assert told["explanation"]["verdict"] == "in step"
    assert [one["what"] for one in told["history"]][-1] == "Added to the directory"
    assert f"Configuration version {stored.version}" in words(page)


async def test_a_long_history_is_evidence_on_several_sheets_each_with_its_sum(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "ON_A_SHEET", 2)
    await company.person("ana")
    for title in ("Clerk", "Head", "Chief"):
        await company.change("ana", jobTitle=title)
    await company.connect(people=["ana"])
    await company.run(Wish())
    place: str | None = f"/apps/15five/people/{company.ids['ana']}/evidence"
    sheets: list[httpx.Response] = []
    told: list[dict[str, Any]] = []
    while place is not None and len(sheets) < 9:
        sheets.append(await opened(company, place))
        [data] = re.findall(r'href="([^"]+)" download', sheets[-1].text)
        file = await opened(company, unescape(data))
        assert hashlib.sha256(file.content).hexdigest() in sheets[-1].text
        told.append(json.loads(file.content))
        place = next(iter(re.findall(r'rel="next" href="([^"]+)"', sheets[-1].text)), None)

    whole = [line["what"] for one in told for line in one["history"]]
    assert len(sheets) >= 3
    assert whole.count("Changed in the directory") == 3
    assert whole[-1] == "Added to the directory"
    assert not any(one["history_is_whole"] for one in told)
    assert [one["history_from"] == "" for one in told] == [True, *[False] * (len(told) - 1)]


async def test_whoever_waits_for_a_word_is_led_to_where_it_is_spoken(company: Company) -> None:
    names = [f"n{number:02}" for number in range(30)]
    for name in names:
        await company.person(name)
    await company.group("Sales", *names)
    await company.connect(groups=["Sales"])
    await company.run()
    await company.leave("Sales", *names)
    await company.run()
    [first, *_others] = await company.opened.ledger.holds("15five")

    async with served(company) as url, signed_in(company.opened, site_of(url)) as browser:
        page = await browser.get(f"/apps/15five/people/{first[1].record_id}")
        decide = re.search(r'href="(/approvals/[^"]+)"', page.text)
        assert decide is not None
        approval = await browser.get(decide[1])

    assert "keeps access to 15Five, although not entitled any more" in words(page)
    assert "Decide about the removal" in words(page)
    assert approval.status_code == 200


async def test_a_missing_value_leads_to_the_person_and_to_the_mapping(company: Company) -> None:
    await company.person("elif", mail=None)
    await company.connect(people=["elif"])
    await company.run()

    page = await explained(company, "elif")

    answer = page.text.partition('aria-label="Answer"')[2].partition("</section>")[0]
    assert f'href="/people/{company.ids["elif"]}"' in answer
    assert 'href="/apps/15five/mappings"' in answer
