"""The settings of an app in the console: versions, the document, and the app's end."""

import pytest
from tests.console_visitor import csrf_of, signed_in
from tests.journeys.company import Company
from tests.journeys.test_inbound import served
from tests.journeys.test_sign_in import site_of

from seatkeeper.configuration.applying import change_settings, settings_of
from seatkeeper.configuration.documents import read_documents
from seatkeeper.configuration.settings import AdministratorMark

pytestmark = pytest.mark.journey

PLACE = "/apps/15five/settings"
FORM = {"name": "15Five", "every": "40m", "email": "", "version": "1"}


@pytest.fixture
async def sales(company: Company) -> Company:
    """Ana is in Sales; 15Five is connected and on."""
    await company.person("ana")
    await company.group("Sales", "ana")
    await company.connect(groups=["Sales"])
    return company


async def test_a_change_is_a_version_and_an_earlier_one_comes_back(sales: Company) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        csrf = csrf_of((await ana.get(PLACE)).text)
        changed = {**FORM, "csrf": csrf, "every": "2h", "email": "it@larkspur.example",
                   "on_failure": "1", "immediate": "1"}  # fmt: skip
        saved = await ana.post(PLACE, data=changed)
        page = (await ana.get(saved.headers["location"])).text
        now = settings_of(await sales.opened.configuration.app("15five"))
        back = await ana.post(f"{PLACE}/versions/1", data={"csrf": csrf})
        then = settings_of(await sales.opened.configuration.app("15five"))
        none = await ana.post(f"{PLACE}/versions/99", data={"csrf": csrf})

    assert saved.status_code == 303
    assert "Saved as version 2" in page
    assert "it@larkspur.example" in page
    assert (now.interval_seconds, now.timing.immediate) == (7_200, True)
    assert (now.notification.email, now.notification.on_failure) == ("it@larkspur.example", True)
    assert back.status_code == 303
    assert (then.interval_seconds, then.timing.immediate) == (2_400, False)
    assert none.status_code == 404


async def test_what_marks_an_administrator_is_said_on_the_page_and_stands_in_the_document(
    company: Company,
) -> None:
    sales = company
    await sales.connect(on=False)
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        form = {**FORM, "csrf": csrf_of((await ana.get(PLACE)).text), "marked_by": "attribute"}
        saved = await ana.post(PLACE, data={**form, "marked": "title = Boss, Owner"})
        page = (await ana.get(PLACE)).text
        [document] = read_documents("15five.yaml", (await ana.get(f"{PLACE}/export")).text)
        again = {**form, "version": "2"}
        unclear = await ana.post(PLACE, data={**again, "marked": "Boss"})
        unmapped = await ana.post(PLACE, data={**again, "marked": "nickName = Boss"})
        none = await ana.post(PLACE, data={**again, "marked_by": "", "marked": ""})
        now = settings_of(await sales.opened.configuration.app("15five"))

    assert (saved.status_code, none.status_code) == (303, 303)
    assert 'value="title = Boss, Owner"' in page
    assert document.settings.guard.administrators == AdministratorMark(
        attribute="title", values=("Boss", "Owner")
    )
    assert (unclear.status_code, unmapped.status_code) == (422, 422)
    assert "What marks an administrator of the app is not clear." in unclear.text
    assert "no mapping writes nickName" in unmapped.text
    assert now.guard.administrators == AdministratorMark()


async def test_the_document_of_the_page_is_that_of_the_command_line(sales: Company) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        got = await ana.get(f"{PLACE}/export")

    [document] = read_documents("15five.yaml", got.text)
    assert document.app == "15five"
    assert sales.box.token not in got.text
    assert 'filename="15five.yaml"' in got.headers["content-disposition"]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"every": "often"}, "This is not an interval."),
        ({"every": "٤٠m"}, "This is not an interval."),
        ({"name": ""}, "The name needs 1 to 256 visible characters."),
        ({"email": "nobody"}, "nobody"),
        ({"version": "7"}, "Changed by"),
    ],
)
async def test_what_cannot_be_is_refused_and_stays_typed(
    sales: Company, sent: dict[str, str], said: str
) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        csrf = csrf_of((await ana.get(PLACE)).text)
        answer = await ana.post(PLACE, data={**FORM, "csrf": csrf, **sent})
        stored = await sales.opened.configuration.app("15five")

    assert answer.status_code == 422
    assert said in answer.text
    assert stored.version == 1


async def test_an_app_goes_only_when_it_is_off_and_its_name_was_typed(sales: Company) -> None:
    await sales.run()
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        csrf = csrf_of((await ana.get(PLACE)).text)
        wrong = await ana.post(f"{PLACE}/remove", data={"csrf": csrf, "typed": "15five"})
        on = await ana.post(f"{PLACE}/remove", data={"csrf": csrf, "typed": "15Five"})
        await change_settings(sales.opened.configuration, "15five", actor="test", status="off")
        right = await ana.post(f"{PLACE}/remove", data={"csrf": csrf, "typed": "15Five"})
        gone = await ana.get(PLACE)

    assert wrong.status_code == 422
    assert "Type 15Five to remove the app." in wrong.text
    assert on.status_code == 422
    assert "Turn it off" in on.text
    assert (right.status_code, gone.status_code) == (303, 404)
