"""Somebody who left is erased: on the command line, from an app that only deactivates."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.console_visitor import csrf_of, signed_in
from tests.databases import prepared_home
from tests.journeys.company import Company, company_with
from tests.journeys.test_explain_page import words
from tests.journeys.test_inbound import served
from tests.journeys.test_sign_in import site_of

from seatkeeper.cli.main import run
from seatkeeper.clock import utc_now
from seatkeeper.engine.cycle_runner import Wish
from seatkeeper.errors import NotYet

pytestmark = pytest.mark.journey

Typed = Callable[..., tuple[int, str, str]]


@pytest.fixture
def typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Typed:
    """Type a command into an installation of its own; get exit status, output and complaints."""
    monkeypatch.setenv("SEATKEEPER_HOME", str(prepared_home(tmp_path / "home")))
    (tmp_path / "people.csv").write_text(
        "userPrincipalName,displayName\nzoe@larkspur.example,Zoe d'Arc\n", encoding="utf-8"
    )

    def type_it(*words: str) -> tuple[int, str, str]:
        status = run(list(words))
        out, err = capsys.readouterr()
        return status, out, err

    assert type_it("import-people", str(tmp_path / "people.csv"))[0] == 0
    return type_it


def test_what_would_go_is_said_first_and_the_name_confirms_it(typed: Typed) -> None:
    looked = typed("people", "erase", "zoe@larkspur.example")
    wrong = typed("people", "erase", "zoe@larkspur.example", "--confirm", "Zoe")
    still = typed("people", "show", "zoe@larkspur.example", "--json")
    zoe = json.loads(still[1])["id"]
    done = typed("people", "erase", zoe, "--confirm", "Zoe d'Arc")
    again = typed("people", "erase", zoe, "--json")
    by_name = typed("people", "erase", "zoe@larkspur.example")

    assert looked[0] == 2
    assert "the person in the directory" in looked[1]
    assert f"seatkeeper people erase {zoe} --confirm 'Zoe d'\\''Arc'" in looked[1]
    assert (wrong[0], still[0], done[0], again[0]) == (1, 0, 0, 0)
    assert "Nothing is left of them here" in done[1]
    assert json.loads(again[1])["done"] is True
    assert by_name[0] == 1
    assert typed("audit", "verify")[0] == 0


async def test_an_account_that_is_only_deactivated_is_deleted_in_the_app_first(
    tmp_path: Path,
) -> None:
    async with company_with("generic-scim", tmp_path) as company:
        await company.person("zoe")
        await company.connect(people=["zoe"])
        await company.run()
        zoe, erasing = company.ids["zoe"], company.opened.erasing
        await company.opened.directory.unassign("generic-scim", zoe, actor="hr")
        await company.run()
        with pytest.raises(NotYet, match="They have an account in Any SCIM"):
            await erasing.erase(zoe, actor="grace", now=utc_now())

        account = await company.account("zoe")
        assert account is not None
        async with company.box.client() as admin:
            assert (await admin.delete(f"/Users/{account['id']}")).status_code == 204
        await company.run(Wish(users=(zoe,), reconcile=True, repair=True))
        done = await erasing.erase(zoe, actor="grace", now=utc_now())

        assert done.done
        assert await company.opened.configuration.verify_audit() is None


async def test_the_page_says_what_goes_and_erases_whose_name_is_typed(company: Company) -> None:
    await company.person("ana")
    await company.person("zoe")
    await company.connect(people=["ana"])
    zoe = f"/people/{company.ids['zoe']}"

    async with served(company) as url, signed_in(company.opened, site_of(url)) as browser:
        person = await browser.get(zoe)
        asked = await browser.get(f"{zoe}/erase")
        form = {"csrf": csrf_of(asked.text), "typed": "Zoe"}
        wrong = await browser.post(f"{zoe}/erase", data=form)
        done = await browser.post(f"{zoe}/erase", data={**form, "typed": "Zoe Larsen"})
        told = await browser.get(f"{zoe}/erase")
        again = await browser.post(f"{zoe}/erase", data=form)
        gone = await browser.get(zoe)

    assert f'href="{zoe}/erase"' in person.text
    assert "The person, with groups and assignments" in words(asked)
    assert "1 change of the directory" in words(asked)
    assert wrong.status_code == 422
    assert "Nothing was erased" in words(wrong)
    assert (done.status_code, again.status_code) == (303, 303)
    assert "Nothing is kept of them here" in words(told)
    assert "Zoe Larsen" not in told.text
    assert gone.status_code == 404
    [entry] = await company.opened.configuration.audit(limit=5, action="person.erase")
    assert entry.actor == "ana@larkspur.example"


async def test_the_page_says_what_is_in_the_way_and_offers_no_button(company: Company) -> None:
    await company.person("ana")
    await company.connect(people=["ana"])
    await company.run()
    ana = f"/people/{company.ids['ana']}/erase"

    async with served(company) as url, signed_in(company.opened, site_of(url)) as browser:
        page = await browser.get(ana)
        form = {"csrf": csrf_of((await browser.get("/settings")).text), "typed": "Ana Larsen"}
        refused = await browser.post(ana, data=form)
        unknown = await browser.get("/people/nobody/erase")

    assert "They have an account in 15Five" in words(page)
    assert "This cannot be undone" not in page.text
    assert refused.status_code == 422
    assert "Nothing was erased" in words(refused)
    assert unknown.status_code == 404
    assert (await company.opened.directory.user(company.ids["ana"])).enabled
