"""The gallery in the console: what can be connected, and adding it."""

import pytest
from tests.console_visitor import csrf_of, signed_in
from tests.journeys.company import Company
from tests.journeys.test_inbound import served
from tests.journeys.test_sign_in import site_of

from seatkeeper.configuration.applying import settings_of
from seatkeeper.facts.words import short_path
from seatkeeper.gallery.schema import load_gallery

pytestmark = pytest.mark.journey


async def test_every_app_of_the_gallery_has_its_card_and_its_page(company: Company) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as ana:
        listed = (await ana.get("/gallery")).text
        pages = {one.id: (await ana.get(f"/gallery/{one.id}")).text for one in apps()}
        unknown = await ana.get("/gallery/nobody")

    for app in apps():
        assert f'href="/gallery/{app.id}"' in listed
        assert all(
            f"<code>{short_path(one.target)}</code>" in unquoted(pages[app.id])
            for one in app.users.mappings
        )
        assert all(step.title in unquoted(pages[app.id]) for step in app.setup_steps)
    assert "15Five does not delete people" in listed
    assert unknown.status_code == 404


async def test_the_gallery_is_searched_by_what_apps_can_do(company: Company) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as ana:
        found = (await ana.get("/gallery?q=human 15")).text
        none = (await ana.get("/gallery?q=<b>zebra")).text

    assert 'href="/gallery/15five"' in found
    assert 'href="/gallery/generic-scim"' not in found
    assert "No app fits “&lt;b&gt;zebra”" in none


async def test_a_second_15five_gets_another_id_and_is_off_with_the_defaults(
    company: Company,
) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as ana:
        first = await add(ana, id="15five", name="15Five")
        page = (await ana.get("/gallery/15five")).text
        taken = await add(ana, id="15five", name="Another")
        second = await add(ana, id="15five-2", name="15Five 2")

    stored = {one.application.id: one for one in await company.opened.configuration.apps()}
    assert first.headers["location"] == "/apps/15five/connection"
    assert 'value="15five-2"' in page
    assert 'value="15Five 2"' in page
    assert taken.status_code == 422
    assert "15five-2 is free" in taken.text
    assert 'value="Another"' in taken.text
    assert second.status_code == 303
    assert settings_of(stored["15five-2"]).status == "off"
    assert settings_of(stored["15five-2"]).users == ()
    [entry] = await company.opened.configuration.audit(action="app.save", limit=1)
    assert (entry.subject, entry.actor) == ("15five-2", "ana@larkspur.example")


@pytest.mark.parametrize(
    ("app_id", "name", "words"),
    [
        ("Not An Id", "x", "small letters, digits"),
        ("../etc", "x", "small letters, digits"),
        ("fine", " ", "The name needs"),
        ("fine", "x" * 300, "The name needs"),
    ],
)
async def test_an_id_or_a_name_that_cannot_be_one_is_refused(
    company: Company, app_id: str, name: str, words: str
) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as ana:
        refused = await add(ana, id=app_id, name=name)

    assert refused.status_code == 422
    assert words in refused.text
    assert [one.application.id for one in await company.opened.configuration.apps()] == []


def apps():
    return load_gallery().values()


def unquoted(page: str) -> str:
    return page.replace("&#34;", '"').replace("&#39;", "'").replace("&gt;", ">")


async def add(browser, **form):
    csrf = csrf_of((await browser.get("/gallery/15five")).text)
    return await browser.post(
        "/gallery/15five/add",
        data={"csrf": csrf, **{f"app_{name}": value for name, value in form.items()}},
    )
