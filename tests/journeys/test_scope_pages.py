"""The scope in the console: nobody is put out before their names were read."""

import pytest
from tests.console_visitor import csrf_of, signed_in
from tests.journeys.company import Company
from tests.journeys.test_inbound import served
from tests.journeys.test_sign_in import site_of

from seatkeeper.console.pages import scope

pytestmark = pytest.mark.journey

SCOPE = "/apps/15five/scope"


def one_condition(attribute: str, value: str, operator: str = "EQUALS") -> dict[str, str]:
    return {"g0r0a": attribute, "g0r0o": operator, "g0r0v": value}


@pytest.fixture
async def sales(company: Company) -> Company:
    """Ana of Sales and Bo of Finance are assigned through a group; Cy is not. The app is off."""
    await company.person("ana", department="Sales")
    await company.person("bo", department="Finance")
    await company.person("cy", department="Sales")
    await company.group("Everybody", "ana", "bo")
    await company.connect(groups=["Everybody"], on=False)
    return company


async def test_who_would_leave_is_named_with_the_reason_and_nothing_is_saved(
    sales: Company,
) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        page = (await ana.get(SCOPE)).text
        form = {"csrf": csrf_of(page), "version": "1", **one_condition("department", "Sales")}
        whole = (await ana.post(f"{SCOPE}/try", data=form)).text
        part = await ana.post(f"{SCOPE}/try", data=form, headers={"HX-Request": "true"})
        stored = await sales.opened.configuration.app("15five")

    assert "Save" not in page
    assert "Save, 1 leaves" in whole
    for told in (whole, part.text):
        assert "Bo Larsen" in told
        assert "department is Finance, not Sales" in told
    assert "<html" not in part.text
    assert stored.version == 1


async def test_of_many_some_are_looked_at_and_more_when_asked(
    sales: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scope, "AT_FIRST", 1)
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        some = (await ana.get(SCOPE)).text
        whole = (await ana.get(f"{SCOPE}?whole=1")).text

    assert "Of the first 1 that were looked at." in some
    assert 'href="?whole=1"' in some
    assert "<dd>2</dd>" in whole
    assert "that were looked at" not in whole


async def test_everybody_in_scope_names_who_would_join(sales: Company) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        form = {"csrf": csrf_of((await ana.get(SCOPE)).text), "version": "1", "scope": "all"}
        told = (await ana.post(f"{SCOPE}/try", data=form)).text

    assert "Who would join" in told
    assert "Cy Larsen" in told
    assert "Who would leave" not in told


async def test_a_saved_scope_is_what_the_document_says_and_reads_back_the_same(
    sales: Company,
) -> None:
    rows = {
        **one_condition("department", "Sales\nFinance", "IN"),
        "g0r1a": "member of group",
        "g0r1o": "EQUALS",
        "g0r1v": "Everybody",
        "g1r0a": "jobTitle",
        "g1r0o": "IS NOT NULL",
        "g1r0v": "",
    }
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        csrf = csrf_of((await ana.get(SCOPE)).text)
        saved = await ana.post(SCOPE, data={"csrf": csrf, "version": "1", "skip": "1", **rows})
        shown = (await ana.get(saved.headers["location"])).text
        stored = await sales.opened.configuration.app("15five")

    assert saved.status_code == 303
    assert "Saved as version 2" in shown
    assert 'name="g0r1a" value="member of group"' in shown
    assert 'name="g1r0a" value="jobTitle"' in shown
    assert stored.settings["skip_out_of_scope_deletions"] is True
    assert stored.settings["user_filter"] == {
        "any": [
            {
                "all": [
                    {"attribute": "department", "operator": "IN", "values": ["Sales", "Finance"]},
                    {"member_of": "Everybody"},
                ]
            },
            {"all": [{"attribute": "jobTitle", "operator": "IS NOT NULL"}]},
        ]
    }


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (one_condition("departmnet", "Sales"), "Did you mean department"),
        (one_condition("", "Sales"), "A condition names no attribute."),
        (one_condition("department", "("), ""),
        (one_condition("department", "(", "REGEX MATCH"), "department REGEX MATCH"),
        (one_condition("department", "Sales", "RESEMBLES"), "There is no operator"),
        (one_condition("member of group", "Nobody's"), "Nobody&#39;s"),
        (one_condition("member of group", "a\nb"), "names one group"),
        ({"scope": "some"}, "Choose whom the app concerns."),
        ({"version": "0"}, "Changed by"),
        ({"version": "x" * 5_000}, "Changed by"),
    ],
)
async def test_what_cannot_be_judged_is_refused_and_stays_typed(
    sales: Company, sent: dict[str, str], said: str
) -> None:
    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        csrf = csrf_of((await ana.get(SCOPE)).text)
        answer = await ana.post(SCOPE, data={"csrf": csrf, "version": "1", **sent})
        stored = await sales.opened.configuration.app("15five")

    if said:
        assert answer.status_code == 422
        assert said in answer.text
        assert stored.version == 1
    else:  # a parenthesis is a text like any other where no pattern is asked for
        assert answer.status_code == 303


async def test_a_filter_that_says_more_than_rows_is_shown_in_words(sales: Company) -> None:
    await sales.connect(
        groups=["Everybody"],
        more="scoping_filters:\n  users:\n    not: {department EQUALS: Legal}",
    )

    async with served(sales) as url, signed_in(sales.opened, site_of(url)) as ana:
        page = (await ana.get(SCOPE)).text

    assert "not department EQUALS Legal" in page
    assert "seatkeeper export-config 15five" in page
    assert 'name="g0r0a" value="department"' not in page
