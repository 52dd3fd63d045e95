"""Who is assigned to an app, changed in the console."""

import re

import httpx
import pytest
from tests.console_visitor import csrf_of, signed_in
from tests.journeys.company import Company
from tests.journeys.test_inbound import served
from tests.journeys.test_sign_in import site_of

from seatkeeper.console.pages import assignments

pytestmark = pytest.mark.journey

PLACE = "/apps/15five/assignments"
SHOWN = re.compile(r'<input type="hidden" name="(at|loses)" value="([^"]*)">')


@pytest.fixture
async def two(company: Company) -> Company:
    """Ana is in Sales, Bo is not; 15Five is connected and off, and nobody is assigned."""
    await company.person("ana")
    await company.person("bo", displayName="<b>Bo</b>")
    await company.group("Sales", "ana")
    await company.connect(on=False)
    return company


async def removed(browser: httpx.AsyncClient, page: httpx.Response) -> httpx.Response:
    """Press the button of the page that shows what the end of an assignment does."""
    data = {"csrf": csrf_of(page.text), **dict(SHOWN.findall(page.text))}
    return await browser.post(str(page.url), data=data)


async def test_whoever_would_lose_access_since_the_look_keeps_an_assignment_from_ending(
    two: Company,
) -> None:
    await two.connect(groups=["Sales"])
    await two.run()
    place = f"{PLACE}/{two.ids['Sales']}/remove"
    async with served(two) as url, signed_in(two.opened, site_of(url)) as ana:
        look = await ana.get(place)
        await two.join("Sales", "bo")
        await two.ordered()
        late = await removed(ana, look)
        kept = await two.opened.directory.assignments("15five")
        saved = await removed(ana, late)
        left = await two.opened.directory.assignments("15five")

    assert "1 person loses access when Sales is removed" in look.text
    assert late.status_code == 422
    assert "would also take something away from &lt;b&gt;Bo&lt;/b&gt;" in late.text
    assert "This is what it does now." in late.text
    assert "2 people lose access when Sales is removed" in late.text
    assert len(kept) == 1
    assert (saved.status_code, len(left)) == (303, 0)


async def test_a_group_and_a_person_are_assigned_and_one_is_taken_away(two: Company) -> None:
    role = (await two.opened.configuration.app("15five")).application.roles[0].id
    async with served(two) as url, signed_in(two.opened, site_of(url)) as ana:
        empty = (await ana.get(PLACE)).text
        csrf = csrf_of(empty)
        form = {"csrf": csrf, "role": role}
        group = await ana.post(
            PLACE, data={**form, "principal": f"group:{two.ids['Sales']}", "nested": "1"}
        )
        person = await ana.post(PLACE, data={**form, "principal": f"user:{two.ids['bo']}"})
        page = (await ana.get(PLACE)).text
        found = await two.opened.directory.assignments("15five")
        blind = await ana.post(f"{PLACE}/{two.ids['bo']}/remove", data={"csrf": csrf})
        gone = await removed(ana, await ana.get(f"{PLACE}/{two.ids['bo']}/remove"))
        twice = await ana.post(f"{PLACE}/{two.ids['bo']}/remove", data={"csrf": csrf})
        left = await two.opened.directory.assignments("15five")

    assert "Nobody is assigned yet" in empty
    assert (group.status_code, person.status_code, gone.status_code) == (303, 303, 303)
    assert (blind.status_code, twice.status_code) == (422, 303)
    assert "what you saw is older than 15 minutes" in blind.text
    assert "members, also of groups inside" in page
    assert "&lt;b&gt;Bo&lt;/b&gt;" in page
    assert "<b>Bo" not in page
    assert {one.role_id for one in found} == {role}
    assert [one.principal_id for one in left] == [two.ids["Sales"]]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"principal": ""}, "Nobody was chosen."),
        ({"principal": "robot:Sales"}, "Nobody was chosen."),
        ({"principal": "group:Nowhere"}, "Nowhere"),
        ({"principal": "user:" + "x" * 2_000}, "xxx"),
        ({"principal": "group:Sales", "role": "king"}, "Choose a role that the app offers."),
    ],
)
async def test_nobody_is_assigned_by_a_form_that_names_nobody(
    two: Company, sent: dict[str, str], said: str
) -> None:
    async with served(two) as url, signed_in(two.opened, site_of(url)) as ana:
        csrf = csrf_of((await ana.get(PLACE)).text)
        answer = await ana.post(PLACE, data={"csrf": csrf, **sent})
        found = await two.opened.directory.assignments("15five")

    assert answer.status_code == 422
    assert said in answer.text
    assert not found


async def test_whom_to_assign_is_found_by_how_the_name_begins(two: Company) -> None:
    await two.person("sal", displayName="Sal Larsen")
    await two.change("sal", enabled=False)
    await two.connect(groups=["Sales"])
    async with served(two) as url, signed_in(two.opened, site_of(url)) as ana:
        part = (await ana.get(f"{PLACE}/part?find=sal")).text
        whole = (await ana.get(f"{PLACE}?find=bo@lark")).text
        nobody = (await ana.get(f"{PLACE}/part?find=zoe")).text
        nothing = (await ana.get(f"{PLACE}/part?find=")).text

    assert f'value="group:{two.ids["Sales"]}"' in part
    assert "1 member" in part
    assert "assigned already" in part
    assert "Sal Larsen" in part
    assert "Disabled" in part
    assert "checked" not in part
    assert f'value="user:{two.ids["bo"]}" checked data-alone' in whole
    assert "begins so" in nobody
    assert "checkbox" not in nothing


async def test_before_a_group_is_taken_away_it_says_who_loses_access_and_who_keeps_it(
    two: Company,
) -> None:
    await two.person("cy")
    await two.person("di", mail=None)
    await two.group("Support", "cy", "ana", "di")
    await two.connect(groups=["Sales", "Support"])
    await two.run()
    await two.join("Support", "bo")
    place = f"{PLACE}/{two.ids['Support']}/remove"
    async with served(two) as url, signed_in(two.opened, site_of(url)) as ana:
        assigned = (await ana.get(PLACE)).text
        page = (await ana.get(place)).text
        missing = await ana.get(f"{PLACE}/{two.ids['bo']}/remove")
        after = await two.opened.directory.assignments("15five")

    assert "1 person loses access when Support is removed" in page
    assert "Groups that go from the app" in page
    assert "Cy Larsen" in page
    assert "Deactivate" in page
    assert "take access from 1 person" in page
    assert "1 keeps access" in page
    assert "Ana Larsen" in page[page.index("1 keeps access") :]
    assert place in assigned
    assert missing.status_code == 404
    assert len(after) == 2


async def test_of_a_large_group_some_are_looked_at_and_the_page_promises_no_more(
    two: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assignments, "AT_FIRST", 1)
    await two.join("Sales", "bo")
    await two.connect(groups=["Sales"])
    await two.run()
    place = f"{PLACE}/{two.ids['Sales']}/remove"
    async with served(two) as url, signed_in(two.opened, site_of(url)) as ana:
        some = (await ana.get(place)).text
        whole = (await ana.get(f"{place}?whole=1")).text

    assert "At least 1 person loses access when Sales is removed" in some
    assert "take access from 1 person or more" in some
    assert 'href="?whole=1"' in some
    assert "2 people lose access when Sales is removed" in whole
    assert 'href="?whole=1"' not in whole


async def test_each_assigned_person_is_shown_with_where_they_stand_in_the_app(two: Company) -> None:
    role = (await two.opened.configuration.app("15five")).application.roles[0].id
    await two.person("di", mail=None)
    async with served(two) as url, signed_in(two.opened, site_of(url)) as ana:
        csrf = csrf_of((await ana.get(PLACE)).text)
        for who in ("ana", "di"):
            chosen = f"user:{two.ids[who]}"
            await ana.post(PLACE, data={"csrf": csrf, "role": role, "principal": chosen})
        before = (await ana.get(PLACE)).text
    await two.attempt()  # with no engine beside it
    async with served(two) as url, signed_in(two.opened, site_of(url)) as ana:
        page = (await ana.get(PLACE)).text

    assert before.count("No account yet") == 2
    assert "Has an account" in page
    assert "Needs attention" in page


async def test_whoever_was_ticked_stays_ticked_while_somebody_else_is_looked_for(
    two: Company,
) -> None:
    bo, sales = f"user:{two.ids['bo']}", f"group:{two.ids['Sales']}"
    asked = f"{PLACE}/part?find=sal&principal={bo}&principal=user:nobody&principal=robot"
    async with served(two) as url, signed_in(two.opened, site_of(url)) as ana:
        part = (await ana.get(asked)).text
        both = (await ana.get(f"{PLACE}/part?find=sal&principal={bo}&principal={sales}")).text
        none = (await ana.get(f"{PLACE}/part?find=&principal={bo}")).text

    assert re.findall(r'value="([^"]*)" checked', part) == [bo]
    assert re.findall(r'value="([^"]*)">', part)[-1] == sales
    assert "Who else" in part
    assert re.findall(r'name="principal" value="([^"]*)" checked', both) == [sales, bo]
    assert "Nobody else" in both
    assert f'value="{bo}" checked' in none
