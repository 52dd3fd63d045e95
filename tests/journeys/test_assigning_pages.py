"""What an assignment would do to an app that is on is seen before it is saved."""

import asyncio
import html
import re
import time

import httpx
import pytest
from tests.browser.hostile_people import SCRIPT
from tests.console_visitor import csrf_of, signed_in
from tests.journeys.company import Company
from tests.journeys.test_inbound import served
from tests.journeys.test_scope_pages import one_condition
from tests.journeys.test_sign_in import site_of

from seatkeeper.configuration.applying import change_settings
from seatkeeper.console.pages import assigning
from seatkeeper.directory.model import DEFAULT_ACCESS, Assignment, Kind

pytestmark = pytest.mark.journey

PLACE = "/apps/15five/assignments"
HIDDEN = re.compile(r'<input type="hidden" name="(version|at|loses|was)" value="([^"]*)">')


@pytest.fixture
async def sales(company: Company) -> Company:
    """Ana and Bo are in Sales; Bo has an account already, Di no address; 15Five is on."""
    await company.person("ana")
    await company.person("bo")
    await company.person("cy", enabled=False)
    await company.person("di", mail=None, displayName="Di <b>Larsen</b>")
    await company.group("Sales", "ana", "bo", "cy", "di")
    await company.connect(people=["bo"])
    await company.run()
    return company


async def own_role(company: Company) -> str:
    return (await company.opened.configuration.app("15five")).application.roles[0].id


async def given(company: Company) -> dict[str, Assignment]:
    """Return who is assigned, by the name that the tests use."""
    names = {own_id: name for name, own_id in company.ids.items()}
    found = await company.opened.directory.assignments("15five")
    return {names[one.principal_id]: one for one in found}


class Looking:
    """Somebody who chose whom to assign, with the page that says what it does."""

    def __init__(self, browser: httpx.AsyncClient, address: str, page: str) -> None:
        self.browser = browser
        self.address = address
        self.page = page
        self.words = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())

    async def assign(self) -> httpx.Response:
        """Press the button of the page."""
        form = [("csrf", csrf_of(self.page)), *HIDDEN.findall(self.page)]
        data: dict[str, list[str]] = {}
        for name, value in form:
            data.setdefault(name, []).append(html.unescape(value))
        return await self.browser.post(self.address, data=data)

    async def shows(self, what: str) -> str:
        """Follow one of the numbers."""
        place = re.search(rf'href="([^"]*show={what}[^"]*)"', self.page)
        assert place is not None
        return (await self.browser.get(html.unescape(place[1]))).text


async def choosing(
    browser: httpx.AsyncClient, company: Company, *who: str, role: str, **more: str
) -> Looking:
    """Choose these people and groups in the form, and look at what it leads to."""
    csrf = csrf_of((await browser.get(PLACE)).text)
    kinds = {"Sales", "Company", "Support", "Nobody", "Crowd"}
    chosen = [f"{'group' if one in kinds else 'user'}:{company.ids[one]}" for one in who]
    form = {"csrf": csrf, "principal": chosen, "role": role, **more}
    answer = await browser.post(PLACE, data=form)
    assert answer.status_code == 303, answer.text
    place = answer.headers["location"]
    return Looking(browser, place, (await browser.get(place)).text)


async def test_who_gets_an_account_and_who_does_not_is_named_before_a_group_is_assigned(
    sales: Company,
) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        look = await choosing(ana, sales, "Sales", role=await own_role(sales))
        nothing_yet = await given(sales)
        none = await look.shows("not")
        same = await look.shows("stays")
        saved = await look.assign()
        after = (await ana.get(saved.headers["location"])).text

    assert "1 person gets an account when you assign Sales" in look.words
    assert "Nothing has been changed." in look.words
    assert "Ana Larsen" in look.page
    assert "is assigned through group Sales, role" in look.words
    assert "Cy Larsen" not in look.page
    assert "Assign, and give 1 person an account" in look.words
    assert set(nothing_yet) == {"bo"}
    assert "Cy Larsen" in none
    assert "is disabled in the directory" in none
    assert "Di &lt;b&gt;Larsen&lt;/b&gt;" in none
    assert "Can&#39;t do" in none
    assert "Bo Larsen" in same
    assert saved.status_code == 303
    assert "Saved" in after
    assert set(await given(sales)) == {"bo", "Sales"}


async def test_what_was_shown_is_what_the_next_cycle_does(sales: Company) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        look = await choosing(ana, sales, "Sales", role=await own_role(sales))
        await look.assign()
    await sales.attempt()

    assert "1 person gets an account" in look.words
    assert (await sales.account("ana") or {})["active"] is True
    assert await sales.account("cy") is None
    assert await sales.account("di") is None


async def test_several_are_assigned_at_once_and_each_is_judged_once(sales: Company) -> None:
    await sales.group("Support", "ana")
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        look = await choosing(ana, sales, "Sales", "Support", "ana", role=await own_role(sales))
        saved = await look.assign()

    assert "1 person gets an account when" in look.words
    assert "when you assign Sales and 2 more" in look.words
    assert saved.status_code == 303
    assert set(await given(sales)) == {"bo", "Sales", "Support", "ana"}


async def test_a_group_whose_people_are_all_left_out_says_why_nobody_gets_anything(
    sales: Company,
) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        look = await choosing(ana, sales, "ana", role=DEFAULT_ACCESS)
        saved = await look.assign()

    assert "Nobody gets an account when you assign Ana Larsen" in look.words
    assert "assigned only with Default Access" in look.words
    assert "which 15Five excludes" in look.words
    assert saved.status_code == 303


async def test_an_empty_group_is_assigned_for_whoever_joins_it_later(sales: Company) -> None:
    await sales.group("Nobody")
    await change_settings(sales.opened.configuration, "15five", actor="test", groups_enabled=False)
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        look = await choosing(ana, sales, "Nobody", role=await own_role(sales))
        saved = await look.assign()

    assert "Nobody gets an account when you assign Nobody" in look.words
    assert "Whoever joins the group later" in look.words
    assert saved.status_code == 303


async def test_somebody_whom_the_scope_leaves_out_is_told_with_the_filter(sales: Company) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        await change_settings(
            sales.opened.configuration,
            "15five",
            actor="test",
            user_filter={"attribute": "department", "operator": "EQUALS", "values": ["Finance"]},
        )
        look = await choosing(ana, sales, "ana", role=await own_role(sales))

    assert "Nobody gets an account" in look.words
    assert "fails the scoping filter" in look.words


async def test_members_of_groups_inside_are_looked_at_only_where_they_are_reached(
    sales: Company,
) -> None:
    await sales.group("Company", "Sales")
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        role = await own_role(sales)
        direct = await choosing(ana, sales, "Company", role=role)
        nested = await choosing(ana, sales, "Company", role=role, nested="1")
        await nested.assign()

    assert "Nobody gets an account when you assign Company" in direct.words
    assert "1 person gets an account when you assign Company" in nested.words
    assert (await given(sales))["Company"].nested


async def test_who_was_reached_only_through_a_group_inside_loses_access_without_it(
    sales: Company,
) -> None:
    await sales.group("Company", "Sales")
    role = await own_role(sales)
    every = Assignment("15five", Kind.GROUP, sales.ids["Company"], role, nested=True)
    await sales.opened.directory.assign(every, actor="test")
    await sales.attempt()
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        look = await choosing(ana, sales, "Company", role=role)
        stays = await look.shows("stays")

    assert "1 person loses access when you assign Company like this" in look.words
    assert "so far User, also of groups inside" in look.words
    assert "Ana Larsen" in look.page
    assert "Bo Larsen" in stays  # who is assigned alone as well


async def test_another_role_that_takes_access_away_names_who_loses_it(sales: Company) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        look = await choosing(ana, sales, "bo", role=DEFAULT_ACCESS)
        saved = await look.assign()

    assert "1 loses access" in look.words
    assert "Who loses access" in look.words
    assert "Deactivate" in look.words
    assert "Assign, and take access from 1" in look.words
    assert saved.status_code == 303
    assert (await given(sales))["bo"].role_id == DEFAULT_ACCESS


async def test_whoever_would_lose_something_since_the_look_keeps_it_from_being_saved(
    sales: Company,
) -> None:
    await sales.group("Support", "ana")
    role = await own_role(sales)
    await sales.connect(groups=["Support"])
    await sales.run()
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        look = await choosing(ana, sales, "Support", role=DEFAULT_ACCESS)
        await sales.join("Support", "bo")
        await sales.ordered()
        late = await look.assign()
        kept = await given(sales)
        saved = await Looking(ana, look.address, late.text).assign()

    assert late.status_code == 422
    assert "would also take something away from Bo Larsen" in late.text
    assert "This is what it does now." in late.text
    assert kept["Support"].role_id == role
    assert saved.status_code == 303
    assert (await given(sales))["Support"].role_id == DEFAULT_ACCESS


async def test_pressing_twice_is_assigning_once(sales: Company) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        look = await choosing(ana, sales, "Sales", role=await own_role(sales))
        both = await asyncio.gather(look.assign(), look.assign())
        again = await look.assign()
        told = (await ana.get(look.address)).text
        audit = (await ana.get("/settings/audit")).text

    assert [one.status_code for one in (*both, again)] == [303, 303, 303]
    assert "Sales: assigned like this already" in told
    assert 'name="version"' not in told
    assert audit.count(f"15five/{sales.ids['Sales']}") == 1


async def test_of_two_administrators_the_second_is_told_what_the_first_assigned(
    sales: Company,
) -> None:
    role = await own_role(sales)
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        look = await choosing(ana, sales, "Sales", role=role)
        await sales.opened.directory.assign(
            Assignment("15five", Kind.GROUP, sales.ids["Sales"], DEFAULT_ACCESS), actor="abe"
        )
        late = await look.assign()
        unchanged = await given(sales)
        saved = await Looking(ana, look.address, late.text).assign()

    assert late.status_code == 422
    assert "Changed by abe" in late.text
    assert "Sales: not assigned → Default access" in late.text
    assert unchanged["Sales"].role_id == DEFAULT_ACCESS
    assert saved.status_code == 303
    assert (await given(sales))["Sales"].role_id == role


async def test_an_assignment_that_somebody_else_ended_meanwhile_is_not_brought_back_unseen(
    sales: Company,
) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        look = await choosing(ana, sales, "bo", role=DEFAULT_ACCESS)
        await sales.opened.directory.unassign("15five", sales.ids["bo"], actor="abe")
        late = await look.assign()

    assert late.status_code == 422
    assert "Bo Larsen: User → not assigned" in late.text
    assert "bo" not in await given(sales)


async def test_settings_that_others_saved_meanwhile_are_shown_before_anything_is_saved(
    sales: Company,
) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        look = await choosing(ana, sales, "Sales", role=await own_role(sales))
        condition = one_condition("department", "Finance")
        plain = {"attribute": condition["g0r0a"], "operator": "EQUALS", "values": ["Finance"]}
        await change_settings(sales.opened.configuration, "15five", actor="abe", user_filter=plain)
        late = await look.assign()

    assert late.status_code == 422
    assert "Changed by abe" in late.text
    assert "Nobody gets an account when you assign Sales" in late.text
    assert set(await given(sales)) == {"bo"}


async def test_what_was_looked_at_long_ago_is_looked_at_again(
    sales: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        look = await choosing(ana, sales, "Sales", role=await own_role(sales))
        old = re.sub(
            r'name="at" value="\d+"', f'name="at" value="{int(time.time()) - 901}"', look.page
        )
        late = await Looking(ana, look.address, old).assign()
        saved = await Looking(ana, look.address, late.text).assign()

    assert late.status_code == 422
    assert "older than 15 minutes" in late.text
    assert saved.status_code == 303


@pytest.mark.parametrize(
    ("query", "code", "said"),
    [
        ("role=king", 422, "Choose a role that the app offers."),
        ("also=nobody-of-that-name", 404, "not in the directory any more"),
        ("&".join(f"also={number}" for number in range(30)), 422, "Choose at most 20"),
        ("show=everything&page=99&whole=x", 200, "when you assign Sales"),
        ("page=-1&show=", 200, "when you assign Sales"),
    ],
)
async def test_an_address_that_somebody_made_up_is_answered_in_words(
    sales: Company, query: str, code: int, said: str
) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        place = f"{PLACE}/{sales.ids['Sales']}/add"
        answer = await ana.get(f"{place}?{query}")
        token = csrf_of((await ana.get(PLACE)).text)
        sent = await ana.post(f"{place}?{query}", data={"csrf": token, "was": "é:x", "at": "²"})
        nobody = await ana.get(f"{PLACE}/nobody/add")

    assert answer.status_code == code
    assert said in answer.text
    assert sent.status_code in (404, 422)
    assert nobody.status_code == 404
    assert set(await given(sales)) == {"bo"}


async def test_of_a_large_group_some_are_looked_at_and_the_rest_is_an_estimate(
    sales: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assigning, "EVERYBODY", 4)
    monkeypatch.setattr(assigning, "SOME", 2)
    monkeypatch.setattr(assigning, "ON_A_PAGE", 2)
    crowd = [f"p{number}" for number in range(5)]
    for one in crowd:
        await sales.person(one)
    await sales.group("Crowd", *crowd)
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        look = await choosing(ana, sales, "Crowd", role=await own_role(sales))
        more = re.search(r'href="([^"]*whole=1[^"]*)"', look.page)
        assert more is not None
        whole = (await ana.get(html.unescape(more[1]))).text
        older = re.search(r'rel="next" href="([^"]*)"', whole)
        assert older is not None
        second = (await ana.get(html.unescape(older[1]))).text
        monkeypatch.setattr(assigning, "EVERYBODY", 5)
        just_so_many = (await ana.get(look.address)).text
        saved = await look.assign()

    assert "About 5 people get an account when you assign Crowd" in look.words
    assert "The first 2 of 5 members were looked at" in look.words
    assert "Assign, and give about 5 people an account" in look.words
    assert "5 people get an account when you assign Crowd" in whole
    assert "About 5" not in whole
    assert "1 to 2 of 5" in whole
    assert "3 to 4 of 5" in second
    assert "5 people get an account when you assign Crowd" in just_so_many
    assert "were looked at" not in just_so_many
    assert saved.status_code == 303


async def test_hostile_names_are_shown_as_text(sales: Company) -> None:
    await sales.person("eve", displayName=SCRIPT)
    await sales.opened.directory.create_group(SCRIPT, actor="test")
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        look = await choosing(ana, sales, "eve", role=await own_role(sales))

    assert "1 person gets an account when" in look.words
    assert SCRIPT not in look.page
    assert html.escape(SCRIPT)[:20] in look.page.replace("&#34;", "&quot;")


async def test_a_viewer_may_look_and_nothing_else(sales: Company) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)):
        async with signed_in(sales.opened, site_of(url), "viewer") as vera:
            place = f"{PLACE}/{sales.ids['Sales']}/add?role={await own_role(sales)}"
            page = (await vera.get(place)).text
            token = csrf_of((await vera.get("/settings/sessions")).text)
            first = await vera.post(PLACE, data={"csrf": token, "principal": "group:Sales"})
            refused = await vera.post(place, data={"csrf": token})

    assert "1 person gets an account" in page
    assert "Needs the role" in page
    assert f'action="{place}' not in page
    assert (first.status_code, refused.status_code) == (403, 403)
    assert set(await given(sales)) == {"bo"}


async def test_a_form_without_our_token_saves_nothing(sales: Company) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        look = await choosing(ana, sales, "Sales", role=await own_role(sales))
        answer = await ana.post(look.address, data={"csrf": "0" * 64, "was": ""})

    assert answer.status_code == 403
    assert set(await given(sales)) == {"bo"}


async def test_while_the_app_is_off_it_is_saved_at_once(sales: Company) -> None:
    await change_settings(sales.opened.configuration, "15five", actor="test", status="off")
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        csrf = csrf_of((await ana.get(PLACE)).text)
        chosen = [f"group:{sales.ids['Sales']}", f"user:{sales.ids['ana']}"]
        form = {"csrf": csrf, "role": await own_role(sales), "principal": chosen}
        saved = await ana.post(PLACE, data=form)

    assert saved.headers["location"] == f"{PLACE}?saved=1"
    assert set(await given(sales)) == {"bo", "Sales", "ana"}
