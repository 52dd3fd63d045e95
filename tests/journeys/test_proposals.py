"""What settings of an app that is on would do is seen before they are saved."""

import asyncio

import httpx
import pytest
from tests.console_visitor import csrf_of, signed_in
from tests.journeys.company import Company
from tests.journeys.test_inbound import served
from tests.journeys.test_mapping_pages import KEPT, TITLE
from tests.journeys.test_plan_pages import made_page
from tests.journeys.test_scope_pages import SCOPE, one_condition
from tests.journeys.test_sign_in import site_of

from seatkeeper.configuration.applying import change_settings, settings_of
from seatkeeper.ports import UserEdit

pytestmark = pytest.mark.journey

SETTINGS = "/apps/15five/settings"


@pytest.fixture
async def sales(company: Company) -> Company:
    """Ana of Sales and Bo of Finance have accounts in 15Five, which is on."""
    await company.person("ana", department="Sales", jobTitle="Clerk")
    await company.person("bo", department="Finance", jobTitle="Clerk")
    await company.group("Everybody", "ana", "bo")
    await company.connect(groups=["Everybody"])
    await company.run()
    return company


async def asked_to_save(
    browser: httpx.AsyncClient, place: str, **form: str
) -> tuple[str, str, dict[str, str]]:
    """Send a form that would save; return the address of its plan, the page, and a token."""
    token = {"csrf": csrf_of((await browser.get(place)).text)}
    answer = await browser.post(place, data={**token, "version": "1", **form})
    assert answer.status_code == 303, answer.text
    plan = answer.headers["location"]
    return plan, await made_page(browser, plan), token


async def version(sales: Company) -> int:
    return (await sales.opened.configuration.app("15five")).version


async def test_who_would_be_changed_by_a_mapping_is_seen_with_the_request_and_then_it_is_saved(
    sales: Company,
) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        plan, page, token = await asked_to_save(ana, TITLE, **{**KEPT, "attribute": "department"})
        nothing_yet = await version(sales)
        newest = (await ana.get("/apps/15five/plan")).text
        carried_out = await ana.post(f"{plan}/apply", data=token)
        both = await asyncio.gather(*(ana.post(f"{plan}/save", data=token) for _ in range(2)))
        after = (await ana.get(both[0].headers["location"])).text
        told = (await ana.get(plan)).text

    assert "What this change will do" in page
    assert "not saved yet" in page
    assert page.count("mapping of users: title: as in the gallery -&gt; attribute department") == 3
    assert "PATCH /Users/" in page
    assert "Once saved, 2 changes are made at once" in page
    assert nothing_yet == 1
    assert "See what will happen before it does" in newest
    assert carried_out.status_code == 422
    assert [one.status_code for one in both] == [303, 303]
    assert await version(sales) == 2
    assert "Saved as version 2" in after
    assert "in force now" in told
    assert "Save this change" not in told


async def test_who_would_leave_by_a_scope_is_named_before_it_is_saved(sales: Company) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        _plan, page, _ = await asked_to_save(ana, SCOPE, **one_condition("department", "Sales"))

    assert "Bo Larsen" in page
    assert "Ana Larsen" not in page
    assert "takes access away" in page
    assert await version(sales) == 1


async def test_who_joined_since_the_look_does_not_keep_it_from_being_saved(
    sales: Company,
) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        plan, _, token = await asked_to_save(ana, SCOPE, **one_condition("department", "Sales"))
        await sales.person("cy", department="Sales")
        await sales.join("Everybody", "cy")
        page = (await ana.get(plan)).text
        saved = await ana.post(f"{plan}/save", data=token)

    assert "Saving looks again first" in page
    assert "Save this change" in page
    assert saved.status_code == 303
    assert await version(sales) == 2


async def test_who_would_lose_something_unseen_is_named_and_nothing_is_saved(
    sales: Company,
) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        plan, _, token = await asked_to_save(ana, SCOPE, **one_condition("department", "Sales"))
        user = await sales.opened.directory.user("ana@larkspur.example")
        edit = UserEdit({"department": "Finance"})
        await sales.opened.directory.edit_user(user.id, edit, actor="test")
        late = await ana.post(f"{plan}/save", data=token)
        unsaved = await version(sales)
        again = await ana.post(f"{plan}/again", data=token)
        await made_page(ana, again.headers["location"])
        saved = await ana.post(f"{again.headers['location']}/save", data=token)

    assert late.status_code == 422
    assert "Nothing was saved: " in late.text
    assert "take something away from Ana Larsen" in late.text
    assert "Check again" in late.text
    assert unsaved == 1
    assert saved.status_code == 303
    assert await version(sales) == 2


async def test_what_somebody_else_saved_since_the_look_is_not_undone_by_it(sales: Company) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        plan, _, token = await asked_to_save(ana, SCOPE, **one_condition("department", "Sales"))
        await change_settings(
            sales.opened.configuration, "15five", actor="bo@larkspur.example", name="Fifteen"
        )
        page = (await ana.get(plan)).text
        answers = [await ana.post(f"{plan}/{verb}", data=token) for verb in ("save", "again")]
        now = settings_of(await sales.opened.configuration.app("15five"))

    assert "Make the change again" in page
    assert [one.status_code for one in answers] == [422, 422]
    assert "Changed by bo@larkspur.example" in answers[0].text
    assert (now.name, now.user_filter) == ("Fifteen", None)


async def test_what_decides_about_nobody_is_saved_at_once(sales: Company) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        token = {"csrf": csrf_of((await ana.get(SETTINGS)).text)}
        form = {**token, "name": "15Five", "every": "2h", "email": "", "version": "1"}
        saved = await ana.post(SETTINGS, data=form)

    assert saved.headers["location"] == f"{SETTINGS}?saved=1"
    assert await version(sales) == 2


async def test_a_version_comes_back_through_its_plan(sales: Company) -> None:
    await change_settings(sales.opened.configuration, "15five", actor="bo", scope="all")
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        token = {"csrf": csrf_of((await ana.get(SETTINGS)).text)}
        answer = await ana.post(f"{SETTINGS}/versions/1", data=token)
        page = await made_page(ana, answer.headers["location"])
        saved = await ana.post(f"{answer.headers['location']}/save", data=token)
        [newest, *_] = await sales.opened.configuration.audit_about(["15five"], limit=1)
        now = settings_of(await sales.opened.configuration.app("15five"))

    assert "Restoring version 1, not done yet" in page
    assert "scope: all -&gt; assigned" in page
    assert saved.status_code == 303
    assert now.scope == "assigned"
    assert newest.action == "app.restore"


async def test_settings_can_be_mended_while_the_app_does_not_answer(sales: Company) -> None:
    await sales.connect(groups=["Everybody"], base_url="http://127.0.0.1:1999/scim/v2")
    await sales.person("di", department="Sales")
    await sales.join("Everybody", "di")
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        form = {**one_condition("department", "Sales"), "version": "2"}
        plan, page, token = await asked_to_save(ana, SCOPE, **form)
        saved = await ana.post(f"{plan}/save", data=token)

    assert "The app was not asked" in page
    assert "Di Larsen" in page
    assert saved.status_code == 303


async def test_a_plan_of_the_next_cycle_saves_nothing(sales: Company) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        token = {"csrf": csrf_of((await ana.get("/apps/15five/plan")).text)}
        await ana.post("/apps/15five/plan", data=token)
        await made_page(ana)
        answers = [
            await ana.post(f"/apps/15five/plan/1/{verb}", data=token) for verb in ("save", "again")
        ]

    assert [one.status_code for one in answers] == [422, 422]
    assert "There is nothing to save here." in answers[0].text
