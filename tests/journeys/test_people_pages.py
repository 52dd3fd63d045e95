"""People and groups in the console: found as somebody types, each with all that is theirs."""

import csv
import io
import json
import re
from html import unescape

import httpx
import pytest
from tests.console_visitor import csrf_of, signed_in
from tests.journeys.company import Company
from tests.journeys.test_explain_page import opened, words
from tests.journeys.test_inbound import client, served, token
from tests.journeys.test_sign_in import site_of

from seatkeeper.clock import utc_now
from seatkeeper.scim.messages import USER

pytestmark = pytest.mark.journey


def names(page: httpx.Response) -> list[str]:
    """Return whom a list names, in its order."""
    table = page.text.partition("<tbody>")[2].partition("</tbody>")[0]
    found = re.findall(r'<th scope="row">.*?<bdi>(.*?)</bdi>', table, re.S)
    return [unescape(one) for one in found]


async def test_a_list_of_people_says_where_each_is_and_leads_to_why(company: Company) -> None:
    await company.person("ana", jobTitle="Clerk", department="Sales")
    await company.person("elif", mail=None)
    await company.person("zoe")
    await company.connect(people=["ana", "elif"])
    await company.run()
    await company.change("zoe", enabled=False)

    page = await opened(company, "/people")

    assert "3 people" in words(page)
    assert names(page) == ["Ana Larsen", "Elif Larsen", "Zoe Larsen"]
    rows = [words(one) for one in re.findall(r'<tr><th scope="row">.*?</tr>', page.text, re.S)]
    assert "Clerk Sales Active 15Five (has an account)" in rows[0]
    assert "15Five needs attention" in rows[1]
    assert "Disabled none" in rows[2]
    assert f'href="/apps/15five/people/{company.ids["elif"]}"' in page.text


async def test_a_search_and_filters_find_who_fits_and_say_when_nobody_does(
    company: Company,
) -> None:
    await company.person("olivia", displayName="Olivia Velázquez", surname="Velázquez")
    await company.person("elif", mail=None)
    await company.person("gone")
    await company.connect(people=["elif"])
    await company.run()
    await company.opened.directory.delete_user(company.ids["gone"], actor="hr", now=utc_now())

    async with served(company) as url, signed_in(company.opened, site_of(url)) as browser:
        surname = await browser.get("/people", params={"q": "velaz"})
        trouble = await browser.get("/people", params={"app": "15five"})
        deleted = await browser.get("/people", params={"state": "deleted"})
        nobody = await browser.get("/people", params={"q": "%"})
        nonsense = await browser.get("/people", params={"state": "asleep", "after": "x"})

    assert names(surname) == ["Olivia Velázquez"]
    assert names(trouble) == ["Elif Larsen"]
    assert names(deleted) == ["Gone Larsen"]
    assert "Nobody fits" in words(nobody)
    assert len(names(nonsense)) == 3


async def test_an_empty_directory_says_how_people_come(company: Company) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as browser:
        people, groups = await browser.get("/people"), await browser.get("/groups")

    assert "Everybody in the directory will be listed here" in words(people)
    assert "Groups will be listed here" in words(groups)


async def test_more_people_than_a_page_holds_follow_on_the_next(company: Company) -> None:
    for number in range(53):
        await company.person(f"n{number:02}")

    async with served(company) as url, signed_in(company.opened, site_of(url)) as browser:
        first = await browser.get("/people")
        more = re.search(r'rel="next" href="([^"]*)"', first.text)
        assert more is not None
        second = await browser.get(unescape(more[1]))

    assert (len(names(first)), len(names(second))) == (50, 3)
    assert not {*names(first)} & {*names(second)}
    assert "Back to the beginning" in second.text
    assert 'rel="next"' not in second.text


async def test_an_export_holds_everybody_who_fits_and_no_formula(company: Company) -> None:
    await company.person("ana", displayName="=HYPERLINK(1)", jobTitle="+1")
    await company.person("bo")
    await company.connect(people=["bo"])
    await company.run()

    async with served(company) as url, signed_in(company.opened, site_of(url)) as browser:
        table = await browser.get("/people/export?form=csv")
        lines = await browser.get("/people/export?form=jsonl&q=bo")
        neither = await browser.get("/people/export?form=xls")

    assert table.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert [row["display_name"] for row in rows] == ["'=HYPERLINK(1)", "Bo Larsen"]
    assert rows[0]["title"] == "'+1"
    [bo] = [json.loads(line) for line in lines.text.splitlines()]
    assert (bo["display_name"], bo["apps"], bo["state"]) == ("Bo Larsen", ["15Five"], "active")
    assert neither.status_code == 422


async def test_one_person_shows_apps_groups_manager_reports_and_the_past(company: Company) -> None:
    await company.person("bo")
    await company.person("ana", manager="bo", jobTitle="Clerk")
    await company.group("Sales", "ana")
    await company.connect(groups=["Sales"])
    await company.run()

    ana = await opened(company, f"/people/{company.ids['ana']}")
    bo = await opened(company, f"/people/{company.ids['bo']}")

    told = words(ana)
    assert "15Five Has an account Assigned through group Sales, role User" in told
    assert "Manager Bo Larsen" in told
    assert "No source pushes this person in" in told
    assert f'href="/groups/{company.ids["Sales"]}"' in ana.text
    assert "Create the account" in told
    assert "Joined the group Sales" in told
    assert "Reports Ana Larsen" in words(bo)
    assert "15Five Not in the app Not assigned" in words(bo)


async def test_whoever_lost_access_has_a_deactivated_account_and_whoever_is_gone_a_past(
    company: Company,
) -> None:
    await company.person("ana")
    await company.connect(people=["ana"])
    await company.run()
    await company.opened.directory.unassign("15five", company.ids["ana"], actor="test")
    await company.run()
    left = await opened(company, f"/people/{company.ids['ana']}")
    await company.opened.directory.purge_user(company.ids["ana"], actor="hr")

    gone = await opened(company, f"/people/{company.ids['ana']}")

    assert "15Five Deactivated Not assigned" in words(left)
    assert gone.status_code == 200
    assert "Gone for good" in words(gone)
    assert "Removed from the directory for good" in words(gone)
    assert "Disable in the directory" not in gone.text


async def test_an_administrator_changes_title_and_manager_and_a_wrong_manager_is_said(
    company: Company,
) -> None:
    await company.person("bo")
    await company.person("ana", jobTitle="Clerk", department="Sales")
    place = f"/people/{company.ids['ana']}"

    async with served(company) as url, signed_in(company.opened, site_of(url)) as browser:
        csrf = csrf_of((await browser.get(place)).text)
        form = {"csrf": csrf, "jobTitle": "Chief", "department": ""}
        wrong = await browser.post(f"{place}/edit", data={**form, "manager": "nobody"})
        saved = await browser.post(f"{place}/edit", data={**form, "manager": "bo@larkspur.example"})
        off = await browser.post(f"{place}/enabled", data={"csrf": csrf, "enabled": "no"})

    assert wrong.status_code == 422
    assert 'value="Chief"' in wrong.text
    assert "There is no user &#39;nobody&#39;" in wrong.text
    assert (saved.status_code, off.status_code) == (303, 303)
    ana = await company.opened.directory.user(company.ids["ana"])
    assert (ana.text("jobTitle"), ana.text("department")) == ("Chief", "")
    assert (ana.manager_id, ana.enabled) == (company.ids["bo"], False)
    edits = await company.opened.configuration.audit_about([ana.id], limit=5)
    assert {one.actor for one in edits if one.action == "user.edit"} == {"ana@larkspur.example"}


async def test_whoever_a_source_pushes_in_is_changed_there_and_not_here(company: Company) -> None:
    pushed = {"schemas": [USER], "userName": "hana@larkspur.example", "displayName": "Hana Sato"}
    async with client(company, token(company, "hr")) as source:
        assert (await source.post("/Users", json=pushed)).status_code == 201
    hana = await company.opened.directory.user("hana@larkspur.example")

    async with served(company) as url, signed_in(company.opened, site_of(url)) as browser:
        page = await browser.get(f"/people/{hana.id}")
        form = {"csrf": csrf_of((await browser.get("/settings")).text), "enabled": "no"}
        refused = await browser.post(f"/people/{hana.id}/enabled", data=form)

    assert "These facts come from the source “hr”." in words(page)
    assert "Save the changes" not in page.text
    assert refused.status_code == 422
    assert "The source hr says what is true of this person." in words(refused)
    assert (await company.opened.directory.user(hana.id)).enabled


async def test_groups_say_how_many_they_hold_and_what_they_give(company: Company) -> None:
    await company.person("ana")
    await company.person("bo")
    await company.group("Sales", "ana", "bo")
    await company.group("Choir", "ana")
    await company.connect(groups=["Sales"])
    await company.run()

    every = await opened(company, "/groups")
    some = await opened(company, "/groups?q=SAL")

    assert names(every) == ["Choir", "Sales"]
    assert "Choir 1 none Sales 2 15Five (gives access)" in words(every).replace(
        "C Choir", "Choir"
    ).replace("S Sales", "Sales")
    assert names(some) == ["Sales"]


async def test_a_group_shows_members_apps_inner_groups_and_who_came(company: Company) -> None:
    await company.person("ana")
    await company.person("bo")
    await company.group("Inner", "bo")
    await company.group("Sales", "ana", "Inner")
    await company.connect(groups=["Sales"])
    await company.run()
    await company.leave("Sales", "ana")

    page = await opened(company, f"/groups/{company.ids['Sales']}")
    inner = await opened(company, f"/groups/{company.ids['Inner']}")

    told = words(page)
    assert "15Five User direct members" in told
    assert "Groups inside it Inner" in told
    assert "1 member left Ana Larsen test" in told
    assert "2 members joined" in told
    assert "Groups that it is inside of Sales" in words(inner)
    assert "Bo Larsen" in words(inner)


async def test_a_group_that_was_deleted_still_has_a_past(company: Company) -> None:
    await company.person("ana")
    await company.group("Sales", "ana")
    await company.opened.directory.delete_group(company.ids["Sales"], actor="hr")

    page = await opened(company, f"/groups/{company.ids['Sales']}")
    nobody = await opened(company, "/groups/never")

    assert page.status_code == 200
    assert "This group was deleted" in words(page)
    assert "Deleted from the directory" in words(page)
    assert nobody.status_code == 404


async def test_from_home_to_why_somebody_is_not_in_an_app_are_two_steps(company: Company) -> None:
    await company.person("elif", mail=None)
    await company.connect(people=["elif"])
    await company.run()

    async with served(company) as url, signed_in(company.opened, site_of(url)) as browser:
        home = await browser.get("/")
        found = await browser.get("/search", params={"q": "elif"})
        why = re.search(r'href="(/apps/15five/people/[^"]+)"', found.text)
        assert why is not None
        page = await browser.get(why[1])

    assert 'action="/search"' in home.text
    assert "Elif Larsen is not in 15Five, and waits: mail is empty" in words(page)


async def test_who_is_found_stands_there_with_how_they_are_in_each_app(company: Company) -> None:
    await company.person("bo")
    await company.person("bodil")
    await company.connect(people=["bo"])
    await company.run()

    async with served(company) as url, signed_in(company.opened, site_of(url)) as browser:
        page = (await browser.get("/search", params={"q": "bo"})).text
        part = (await browser.get("/search/part", params={"q": "bo"})).text

    chips = re.findall(r'href="/apps/15five/people/([^"]+)">.*?<bdi>15Five</bdi><span>(.+?)<', page)
    standing = {company.ids.get(name, name): said for name, said in chips}
    assert sorted(standing.values()) == ["has an account", "no account"]
    assert "has an account" not in part
