"""The pages under Settings that say how an installation is set up, and change what may be."""

import re
from contextlib import AsyncExitStack

import httpx
import pytest
from tests.console_visitor import csrf_of, signed_in
from tests.journeys.company import Company
from tests.journeys.test_explain_page import opened, words
from tests.journeys.test_inbound import served
from tests.journeys.test_sign_in import site_of
from tests.mail_server import running_mail_server
from tests.webhook_receiver import running_receiver

from seatkeeper.clock import utc_now
from seatkeeper.notify.webhook import shown_key

pytestmark = pytest.mark.journey

SOURCES = "/settings/sources"


async def make_token(browser: httpx.AsyncClient, **form: str | list[str]) -> httpx.Response:
    csrf = csrf_of((await browser.get(SOURCES)).text)
    filled = {"source": "hr", "may": ["users"], "expires": "90d", **form, "csrf": csrf}
    return await browser.post(f"{SOURCES}/tokens", data=filled)


async def test_a_token_is_shown_once_works_and_ends_when_it_is_revoked(company: Company) -> None:
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(served(company))
        browser = await stack.enter_async_context(signed_in(company.opened, site_of(url)))
        made = await make_token(browser)
        [text] = set(re.findall(r"sk_scim_\w+", made.text))
        sent = {"Authorization": f"Bearer {text}"}
        source = await stack.enter_async_context(httpx.AsyncClient(base_url=url, headers=sent))
        before = await source.get("/Users")
        page = await browser.get(SOURCES)
        [held] = company.opened.source_tokens.tokens()
        ended = await browser.post(
            f"{SOURCES}/tokens/{held.id}/revoke", data={"csrf": csrf_of(page.text)}
        )
        after = await source.get("/Users")
        unknown = await browser.post(
            f"{SOURCES}/tokens/nothing/revoke", data={"csrf": csrf_of(page.text)}
        )

    assert "Token of hr, shown this once" in words(made)
    assert text not in page.text
    assert "hr 1 usable token" in words(page)
    assert f"…{text[-4:]} People" in words(page)
    assert (before.status_code, ended.status_code, after.status_code) == (200, 303, 401)
    assert unknown.status_code == 404
    trail = await company.opened.configuration.audit(limit=9, action="token.")
    assert [(one.action, one.actor) for one in trail] == [
        ("token.revoke", "ana@larkspur.example"),
        ("token.create", "ana@larkspur.example"),
    ]


async def test_a_source_goes_on_with_its_old_token_until_it_has_the_new_one(
    company: Company,
) -> None:
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(served(company))
        browser = await stack.enter_async_context(signed_in(company.opened, site_of(url)))
        source = await stack.enter_async_context(httpx.AsyncClient(base_url=url))

        async def pushed(text: str) -> int:
            sent = {"Authorization": f"Bearer {text}"}
            return (await source.get("/Users", headers=sent)).status_code

        async def replaced(token_id: str, **form: str) -> tuple[str, str]:
            form["csrf"] = csrf_of((await browser.get(SOURCES)).text)
            page = await browser.post(f"{SOURCES}/tokens/{token_id}/replace", data=form)
            [text] = set(re.findall(r"sk_scim_\w+", page.text))
            return str(text), words(page)

        [first] = set(re.findall(r"sk_scim_\w+", (await make_token(browser)).text))
        [held] = company.opened.source_tokens.tokens()
        second, told = await replaced(held.id)
        codes = [await pushed(first), await pushed(second)]
        page = words(await browser.get(SOURCES))
        newest = next(one for one in company.opened.source_tokens.tokens() if one.id != held.id)
        third, told_at_once = await replaced(newest.id, at_once="1")
        codes_at_once = [await pushed(second), await pushed(third)]

    assert codes == [200, 200]
    assert f"The old one, …{first[-4:]}, works until" in told
    assert "Replaced, still used" in page
    assert codes_at_once == [401, 200]
    assert "works no more: the source is refused until it has this one" in told_at_once


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"source": "H R"}, "cannot name a source"),
        ({"expires": "soon"}, "is no expiry"),
        ({"expires": "2001-01-01"}, "would have expired before it was made"),
    ],
)
async def test_a_token_that_cannot_be_is_refused_and_what_was_typed_stays(
    company: Company, form: dict[str, str], said: str
) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as browser:
        refused = await make_token(browser, **form)

    assert refused.status_code == 422
    assert said in words(refused)
    assert f'value="{form.get("source", "hr")}"' in refused.text
    assert not company.opened.source_tokens.tokens()


async def test_a_source_shows_when_its_token_was_used_and_by_which_rules(company: Company) -> None:
    tokens = company.opened.source_tokens
    _, text = tokens.issue("okta", (), None, actor="it", now=utc_now())
    tokens.holder(text, utc_now())

    page = await opened(company, SOURCES)

    told = words(page)
    assert "okta 1 usable token" in told
    assert "those of every source" in told
    assert "source: okta" in page.text
    assert "never Usable" in told
    assert text not in page.text


async def test_without_any_source_the_page_says_so(company: Company) -> None:
    page = await opened(company, SOURCES)

    assert "There is no token yet, so nobody is pushed in." in words(page)
    assert "/scim/v2" in page.text


NOTIFICATIONS = "/settings/notifications"
TOLD = "notification: {email: it@larkspur.example, on_failure: true}"


async def test_a_test_reaches_mail_and_webhook_and_what_failed_is_said(company: Company) -> None:
    with running_mail_server() as mail, running_receiver() as hook:
        await company.mails_go_to(mail)
        await company.restarted(notify_webhook=hook.url, notify_allow_loopback=True)
        await company.connect(more=TOLD)
        async with served(company) as url, signed_in(company.opened, site_of(url)) as browser:
            form = {"csrf": csrf_of((await browser.get(NOTIFICATIONS)).text)}
            sent = await browser.post(f"{NOTIFICATIONS}/test", data=form)
            told = await browser.get(sent.headers["location"])
            hook.answers.append(500)
            await browser.post(f"{NOTIFICATIONS}/test", data=form)
            failed = await browser.get(sent.headers["location"])
            later = await browser.get(NOTIFICATIONS)

    assert sent.status_code == 303
    assert "it@larkspur.example : taken" in words(told)
    assert len(mail.messages) == 2
    assert len(hook.received) == 2
    assert "500" in words(failed)
    assert "Test of" not in later.text
    assert "it@larkspur.example Mail 15Five everything" in words(later)
    assert hook.url not in later.text  # the path of a webhook often is its secret
    trail = await company.opened.configuration.audit(limit=5, action="notify.test")
    assert [one.after for one in trail] == [{"told": 2, "failed": 1}, {"told": 2, "failed": 0}]


async def test_the_webhook_s_key_is_shown_on_demand_and_the_trail_says_so(company: Company) -> None:
    hook = "https://hooks.example/secret-path"
    await company.restarted(notify_webhook=hook)
    key = shown_key(company.opened.webhook_key(hook))

    async with served(company) as url, signed_in(company.opened, site_of(url)) as browser:
        before = await browser.get(NOTIFICATIONS)
        form = {"csrf": csrf_of(before.text)}
        shown = await browser.post(f"{NOTIFICATIONS}/key", data=form)
        after = await browser.get(NOTIFICATIONS)

    assert key in shown.text
    assert key not in before.text + after.text
    assert "https://hooks.example/…" in before.text
    [entry] = await company.opened.configuration.audit(limit=5, action="webhook.reveal")
    assert entry.actor == "ana@larkspur.example"


async def test_where_nobody_listens_the_page_says_so_and_there_is_no_key(company: Company) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as browser:
        page = await browser.get(NOTIFICATIONS)
        form = {"csrf": csrf_of(page.text)}
        sent = await browser.post(f"{NOTIFICATIONS}/test", data=form)
        told = await browser.get(sent.headers["location"])
        key = await browser.post(f"{NOTIFICATIONS}/key", data=form)

    assert "Nobody is told of anything." in words(page)
    assert "none, so no mail is sent" in words(page)
    assert "The test reached nobody" in words(told)
    assert key.status_code == 404


async def test_what_holds_for_every_app_is_shown_with_the_variable_that_changes_it(
    company: Company,
) -> None:
    await company.restarted(
        public_url="https://seats.larkspur.example",
        keep_log_days=500,
        administrators="root@larkspur.example",
    )

    page = await opened(company, "/settings/organisation")

    told = words(page)
    assert "https://seats.larkspur.example SEATKEEPER_PUBLIC_URL" in told
    assert "Log 500 days SEATKEEPER_KEEP_LOG_DAYS" in told
    assert "root@larkspur.example SEATKEEPER_ADMINISTRATORS" in told


async def test_what_an_installation_is_made_of_is_shown_and_no_password(company: Company) -> None:
    page = await opened(company, "/settings/about")

    told = words(page)
    assert "SQLite" in told
    assert str(company.opened.database.file) in told
    assert company.opened.key.id in told
    assert "starlette" in told
    assert "Apache-2.0" in told
    assert "Health Healthy" in told
    assert "its tables are of revision" in told
