"""What cannot be taken back asks who sits there once more, and loses nothing that was filled in."""

import re

import httpx
import pytest
from sqlalchemy import select, update
from tests.console_visitor import ANA, PASSPHRASE, csrf_of, signed_in, visitor
from tests.journeys.company import Company
from tests.journeys.test_inbound import served
from tests.journeys.test_sign_in import site_of

from seatkeeper.administration.model import Permission
from seatkeeper.administration.routes import AGAIN, AGAIN_ALWAYS, ROUTES
from seatkeeper.administration.sessions import CONFIRMED, FAILURES, FAILURES_FROM
from seatkeeper.clock import utc_now
from seatkeeper.store.administration_tables import FAILURES as FAILED
from seatkeeper.store.administration_tables import SESSIONS

pytestmark = pytest.mark.journey

INVITE = "/settings/administrators"
NEW = {"email": "zoe@larkspur.example", "role": "viewer"}
ASKS = "Your passphrase again"


async def a_while_passes(company: Company) -> None:
    """Let everybody's passphrase have been typed a quarter of an hour ago."""
    long_ago = utc_now() - CONFIRMED
    await company.opened.database.write(
        lambda c: c.execute(update(SESSIONS).values(confirmed_at=long_ago)).rowcount
    )


async def csrf_in(browser: httpx.AsyncClient) -> str:
    return csrf_of((await browser.get("/settings")).text)


def invited(company: Company) -> bool:
    return any(one.email == NEW["email"] for one in company.opened.administrators.everybody())


def hidden(page: str) -> dict[str, str]:
    """Return what the question for the passphrase carries along."""
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.split("<h1", 1)[1]))


async def test_nobody_is_asked_who_has_just_typed_it(company: Company) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as browser:
        answer = await browser.post(INVITE, data={"csrf": await csrf_in(browser), **NEW})

    assert ASKS not in answer.text
    assert invited(company)


async def test_who_typed_it_a_while_ago_is_asked_and_then_what_was_filled_in_is_done(
    company: Company,
) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as browser:
        await a_while_passes(company)

        asked = await browser.post(INVITE, data={"csrf": await csrf_in(browser), **NEW})
        nothing_yet = invited(company)
        kept = hidden(asked.text)
        await browser.post(INVITE, data={**kept, "passphrase_again": PASSPHRASE})
        soon_after = await browser.post(INVITE, data={**kept, "email": "yan@larkspur.example"})

    assert (asked.status_code, ASKS in asked.text, nothing_yet) == (403, True, False)
    assert {name: kept[name] for name in NEW} == NEW
    assert invited(company)
    assert ASKS not in soon_after.text


async def test_a_wrong_one_does_nothing_keeps_the_form_and_counts(company: Company) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as browser:
        await a_while_passes(company)
        form = {"csrf": await csrf_in(browser), **NEW}

        wrong = await browser.post(INVITE, data={**form, "passphrase_again": "not this one at all"})
        for _ in range(FAILURES - 1):
            await browser.post(INVITE, data={**form, "passphrase_again": "not this one at all"})
        slowed = await browser.post(INVITE, data={**form, "passphrase_again": PASSPHRASE})

    assert (wrong.status_code, "This is not your passphrase." in wrong.text) == (422, True)
    assert hidden(wrong.text)["email"] == NEW["email"]
    assert "not this one" not in wrong.text
    assert (slowed.status_code, int(slowed.headers["Retry-After"]) > 0) == (429, True)
    assert not invited(company)


async def test_a_question_needs_the_token_of_our_pages_like_any_form(company: Company) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as browser:
        await a_while_passes(company)

        forged = await browser.post(
            INVITE, data={"csrf": "0" * 64, "passphrase_again": PASSPHRASE, **NEW}
        )

    assert ASKS not in forged.text
    assert not invited(company)


async def test_one_machine_that_tries_many_names_is_slowed_and_another_is_not(
    company: Company,
) -> None:
    async with served(company) as url, visitor(site_of(url)) as browser:
        async with signed_in(company.opened, site_of(url)):
            pass
        now = utc_now()
        rows = [
            {"id": f"{n:016}", "email": f"p{n}@x.example", "at": now, "address": "127.0.0.1"}
            for n in range(FAILURES_FROM)
        ]
        await company.opened.database.write(lambda c: c.execute(FAILED.insert(), rows).rowcount)
        form = {"email": ANA, "passphrase": PASSPHRASE}

        slowed = await browser.post("/sign-in", data=form)
        spoofed = await browser.post("/sign-in", data=form, headers={"X-Forwarded-For": "9.9.9.9"})
        elsewhere = [{**row, "address": "192.0.2.9"} for row in rows]
        await company.opened.database.write(lambda c: c.execute(FAILED.delete()).rowcount)
        await company.opened.database.write(
            lambda c: c.execute(FAILED.insert(), elsewhere).rowcount
        )
        let_in = await browser.post("/sign-in", data=form)

    assert (slowed.status_code, spoofed.status_code, let_in.status_code) == (429, 429, 303)
    assert int(slowed.headers["Retry-After"]) > 0
    assert "from where you are" in slowed.text


async def test_a_failure_remembers_where_it_came_from(company: Company) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as browser:
        await browser.post("/sign-in", data={"email": "a@x.example", "passphrase": "wrong words"})

    kept = await company.opened.database.read(
        lambda c: c.execute(select(FAILED.c.email, FAILED.c.address)).all()
    )
    assert [tuple(one) for one in kept] == [("a@x.example", "127.0.0.1")]


def test_what_asks_again_is_in_the_table_changes_something_and_is_not_for_everybody() -> None:
    assert set(ROUTES) >= AGAIN >= AGAIN_ALWAYS
    assert {method for method, _ in AGAIN} == {"POST"}
    allowed = {Permission.ADMINISTER, Permission.CONFIGURE, Permission.RUN, Permission.OWN}
    assert {ROUTES[one] for one in AGAIN} <= allowed
