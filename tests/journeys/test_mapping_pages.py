"""Mappings in the console: what each gives for real people, tried before it is kept."""

from urllib.parse import quote

import pytest
from tests.console_visitor import csrf_of, signed_in
from tests.journeys.company import Company
from tests.journeys.test_inbound import served
from tests.journeys.test_sign_in import site_of

pytestmark = pytest.mark.journey

TITLE = "/apps/15five/mappings/users/title"
MAIL = "/apps/15five/mappings/users/" + quote('emails[type eq "work"].value', safe="")
KEPT = {
    "kind": "attribute",
    "attribute": "jobTitle",
    "applies": "always",
    "when_null": "clear",
    "matching": "0",
}


@pytest.fixture
async def sales(company: Company) -> Company:
    """Ana and Bo are in Sales; Bo has a hostile title. 15Five is connected and off."""
    await company.person("ana", jobTitle="Account executive", manager="")
    await company.person("bo", jobTitle="<script>alert(1)</script>\u202e", manager="ana")
    await company.group("Sales", "ana", "bo")
    await company.connect(groups=["Sales"], on=False)
    return company


async def test_each_mapping_shows_the_value_of_the_chosen_person(sales: Company) -> None:
    await sales.run()

    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        page = (await ana.get("/apps/15five/mappings?person=bo@larkspur.example")).text
        nobody = await ana.get("/apps/15five/mappings?person=zoe")

    assert "Values for <bdi>Bo Larsen</bdi>" in page
    assert "[jobTitle]" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;⟨U+202E⟩" in page
    assert "<script>alert" not in page
    assert "Ana Larsen" in page
    assert nobody.status_code == 200
    assert "zoe" in nobody.text


async def test_the_values_of_people_are_shown_before_anybody_is_assigned(company: Company) -> None:
    await company.person("ana", jobTitle="Account executive")
    await company.connect()

    async with served(company) as url, signed_in(company.opened, site_of(url)) as ana:
        listed = (await ana.get("/apps/15five/mappings")).text
        one = (await ana.get(TITLE)).text

    assert "Account executive" in listed
    assert "Account executive" in one


async def test_what_is_typed_is_tried_on_real_people_and_not_saved(sales: Company) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        csrf = csrf_of((await ana.get(TITLE)).text)
        form = {**KEPT, "csrf": csrf, "kind": "expression", "expression": "ToUpper([jobTitle])"}
        whole = await ana.post(f"{TITLE}/try", data=form)
        part = await ana.post(f"{TITLE}/try", data=form, headers={"HX-Request": "true"})
        wrong = await ana.post(
            f"{TITLE}/try",
            data={**form, "expression": "ToUper([jobTitle])"},
            headers={"HX-Request": "true"},
        )
        after = await sales.opened.configuration.app("15five")

    assert "ACCOUNT EXECUTIVE" in whole.text
    assert "ToUpper([jobTitle])" in whole.text
    assert "ACCOUNT EXECUTIVE" in part.text
    assert "<html" not in part.text
    assert "character 1" in wrong.text
    assert "Did you mean" in wrong.text
    assert after.version == 1


async def test_a_saved_mapping_is_a_version_with_its_author_and_can_be_taken_back(
    sales: Company,
) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        csrf = csrf_of((await ana.get(TITLE)).text)
        form = {**KEPT, "csrf": csrf, "version": "1", "attribute": "department"}
        saved = await ana.post(TITLE, data=form)
        listed = (await ana.get(saved.headers["location"])).text
        [newest, *_] = await sales.opened.configuration.history("15five")
        back = await ana.post(f"{TITLE}/default", data={"csrf": csrf, "version": "2"})
        rules = await sales.opened.rules("15five")

    assert saved.status_code == 303
    assert "Saved as version 2" in listed
    assert "changed here" in listed
    assert newest.actor == "ana@larkspur.example"
    assert back.status_code == 303
    title = rules.users.of("title")
    assert title is not None
    assert title.reads == ("jobTitle",)


async def test_who_saves_what_somebody_else_changed_meanwhile_loses_nothing(
    sales: Company,
) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        csrf = csrf_of((await ana.get(TITLE)).text)
        first = {**KEPT, "csrf": csrf, "version": "1", "attribute": "department"}
        await ana.post(TITLE, data=first)
        late = await ana.post(TITLE, data={**first, "attribute": "companyName"})
        stored = await sales.opened.configuration.app("15five")

    assert late.status_code == 422
    assert "Changed by ana@larkspur.example" in late.text
    assert 'value="companyName"' in late.text
    assert stored.version == 2


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"kind": "sorcery"}, "Choose where the value comes from."),
        ({"applies": "never"}, "Choose when the value is written."),
        ({"matching": "first"}, "is a whole number"),
        ({"matching": "١"}, "is a whole number"),
        ({"kind": "attribute", "attribute": "jobTitel"}, "jobTitle"),
        ({"kind": "expression", "expression": "Replace("}, "The expression for title"),
        ({"kind": "nothing"}, "without a source needs a default"),
    ],
)
async def test_what_means_nothing_is_refused_and_stays_typed(
    sales: Company, sent: dict[str, str], said: str
) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        csrf = csrf_of((await ana.get(TITLE)).text)
        answer = await ana.post(TITLE, data={**KEPT, "csrf": csrf, "version": "1", **sent})
        stored = await sales.opened.configuration.app("15five")

    assert answer.status_code == 422
    assert said in answer.text
    assert stored.version == 1


async def test_what_the_app_requires_stays_mapped_and_other_mappings_go(sales: Company) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        page = (await ana.get(MAIL)).text
        form = {"csrf": csrf_of(page), "version": "1"}
        required = await ana.post(f"{MAIL}/remove", data=form)
        free = await ana.post(f"{TITLE}/remove", data=form)
        listed = (await ana.get("/apps/15five/mappings")).text

    assert "required by the app" in page
    assert required.status_code == 422
    assert free.status_code == 303
    assert "Map another attribute" in listed
    assert '/mappings/users/title">' in listed


async def test_groups_and_actions_are_switched_off_and_on(sales: Company) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        csrf = csrf_of((await ana.get("/apps/15five/mappings")).text)
        groups = "/apps/15five/mappings/groups/actions"
        off = await ana.post(groups, data={"csrf": csrf, "version": "1", "actions": "create"})
        page = (await ana.get("/apps/15five/mappings")).text
        on = await ana.post(
            groups, data={"csrf": csrf, "version": "2", "enabled": "1", "actions": "create"}
        )
        rules = await sales.opened.rules("15five")

    assert (off.status_code, on.status_code) == (303, 303)
    assert "Groups are not provisioned" in page
    assert rules.groups is not None
    assert (rules.groups.create, rules.groups.update, rules.groups.delete) == (True, False, False)


async def test_attributes_that_no_app_has_and_objects_that_nobody_knows_are_no_pages(
    sales: Company,
) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        answers = [
            await ana.get(f"/apps/15five/mappings/{path}")
            for path in ("users/shoeSize", "devices/title", "users/%3Cb%3E")
        ]
        other = await ana.get("/apps/slack/mappings")

    assert {one.status_code for one in [*answers, other]} == {404}
