"""The connection of an app in the console: saved, tested line by line, rotated, never shown."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

import httpx
import pytest
from tests.console_visitor import csrf_of, signed_in
from tests.journeys.company import Company
from tests.journeys.test_inbound import served
from tests.journeys.test_live import lines_of, until
from tests.journeys.test_sign_in import site_of

from seatkeeper.bootstrap import Installation
from seatkeeper.configuration.adding import add_app
from seatkeeper.configuration.applying import change_settings, settings_of
from seatkeeper.console.trials import LONGEST_WAIT, Trials
from seatkeeper.errors import InvalidValue
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.ports import Configuration, StoredApp
from seatkeeper.provisioning.connection import CheckName, CheckResult, ConnectionCheck

pytestmark = pytest.mark.journey

PAGE = "/apps/15five/connection"
TOKEN = "sandbox-token"
WRONG = "not-the-token-of-this-app"
ELSEWHERE = "http://127.0.0.2:2000/scim/v2"


@pytest.fixture
async def added(company: Company) -> Company:
    """15Five was added from the gallery, and nothing else was done."""
    app = gallery_app("15five")
    await add_app(company.opened.configuration, app, "15five", "15Five", actor="test")
    return company


async def fields(browser: httpx.AsyncClient, **typed: str) -> dict[str, str]:
    """Return the form as somebody sends it who has just opened the page."""
    page = (await browser.get(PAGE)).text
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version is not None
    return {"csrf": csrf_of(page), "version": version[1], **typed}


async def connect(
    browser: httpx.AsyncClient, company: Company, token: str, url: str = ""
) -> httpx.Response:
    url = url or company.box.base_url
    form = await fields(browser, tenant_url=url, token=token, allow_loopback="1", email="")
    answer = await browser.post(PAGE, data=form)
    assert answer.status_code == 303, answer.text
    return answer


async def test_an_untested_connection_is_saved_with_a_warning_and_then_tested(
    added: Company,
) -> None:
    async with served(added) as url, signed_in(added.opened, site_of(url)) as ana:
        before = (await ana.get(PAGE)).text
        saved = await connect(ana, added, TOKEN)
        untested = (await ana.get(PAGE)).text
        tested = await ana.post(f"{PAGE}/test", data=await fields(ana))
        after = (await ana.get(PAGE)).text

    assert "Save an address and a token first." in before
    assert (saved.status_code, tested.status_code) == (303, 303)
    assert "Not tested as it stands now" in untested
    assert "This connection works" in after
    assert "Not tested as it stands now" not in after
    assert "People can be found by the matching attribute" in after
    assert TOKEN not in before + untested + after


async def test_only_the_end_of_a_token_is_shown_and_who_added_it(added: Company) -> None:
    long = "abcdefghijklmnopqrstuvwxyz0Z9Y"
    async with served(added) as url, signed_in(added.opened, site_of(url)) as ana:
        await connect(ana, added, long)
        page = (await ana.get(PAGE)).text
        refused = await ana.post(PAGE, data=await fields(ana, tenant_url="ftp://x", token=long))

    assert "…0Z9Y" in page
    assert "by <bdi>ana@larkspur.example" in page
    assert refused.status_code == 422
    assert long not in page + refused.text


async def test_a_refused_token_says_so_in_its_line_with_the_apps_words(added: Company) -> None:
    async with served(added) as url, signed_in(added.opened, site_of(url)) as ana:
        await connect(ana, added, WRONG)
        await ana.post(f"{PAGE}/test", data=await fields(ana))
        page = (await ana.get(PAGE)).text
        await connect(ana, added, TOKEN)
        again = (await ana.get(PAGE)).text

    assert "This connection cannot be used yet" in page
    assert "did not accept the secret token" in page
    assert "The app said:" in page
    assert page.count("not reached") == 5
    assert "did not accept" not in again


async def test_a_test_asked_for_by_script_sends_its_lines_as_they_come(added: Company) -> None:
    async with served(added) as url, signed_in(added.opened, site_of(url)) as ana:
        await connect(ana, added, TOKEN)
        part = await ana.post(
            f"{PAGE}/test", data=await fields(ana), headers={"HX-Request": "true"}
        )
        stream = await ana.get(f"{PAGE}/events")

    assert part.status_code == 200
    assert "<html" not in part.text
    assert stream.headers["content-type"].startswith("text/event-stream")
    messages = stream.text.strip().split("\n\n")
    assert messages[-1] == "event: done\ndata: done"
    assert "This connection works" in messages[-2]
    assert all(line.startswith("data: ") for line in messages[-2].splitlines())


async def test_signing_out_ends_the_lines_of_a_running_test(
    added: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = asyncio.Event()

    async def lines(*_of: object) -> AsyncIterator[ConnectionCheck]:
        yield ConnectionCheck(CheckName.ADDRESS, CheckResult.PASSED, "answers while she looks")
        await gone.wait()
        yield ConnectionCheck(CheckName.TOKEN, CheckResult.PASSED, "answers when she is gone")

    monkeypatch.setattr(Installation, "check_connection", lines)
    async with served(added) as url, signed_in(added.opened, site_of(url)) as ana:
        await connect(ana, added, TOKEN)
        form = await fields(ana)
        await ana.post(f"{PAGE}/test", data=form, headers={"HX-Request": "true"})
        async with lines_of(ana, f"{PAGE}/events") as stream:
            await until(stream, "answers while she looks")
            await ana.post("/sign-out", data={"csrf": form["csrf"]})
            gone.set()
            rest = [line async for line in stream]

    assert "event: done" in rest
    assert "answers when she is gone" not in "".join(rest)


async def test_two_administrators_who_save_at_once_see_what_the_other_changed(
    added: Company,
) -> None:
    async with served(added) as url, signed_in(added.opened, site_of(url)) as ana:
        form = await fields(
            ana, tenant_url="https://larkspur.15five.com/scim/v2/", email="a@b.example"
        )
        await change_settings(
            added.opened.configuration, "15five", actor="bo@larkspur.example", interval_seconds=3600
        )
        refused = await ana.post(PAGE, data=form)
        stored = await added.opened.configuration.app("15five")
        again = {**form, "version": str(stored.version)}
        saved = await ana.post(PAGE, data=again)

    assert refused.status_code == 422
    assert "Changed by bo@larkspur.example at " in refused.text
    assert "every: 40m -&gt; 1h" in refused.text
    assert 'value="https://larkspur.15five.com/scim/v2/"' in refused.text
    assert settings_of(stored).tenant_url == ""
    assert saved.status_code == 303


async def test_an_address_on_another_host_forgets_the_token(added: Company) -> None:
    async with served(added) as url, signed_in(added.opened, site_of(url)) as ana:
        await connect(ana, added, TOKEN)
        moved = await ana.post(PAGE, data=await fields(ana, tenant_url="https://evil.example/scim"))

    assert moved.status_code == 303
    assert not (await added.opened.configuration.app("15five")).has_secret


async def test_only_an_administrator_points_an_app_at_this_machine(added: Company) -> None:
    typed = {"tenant_url": added.box.base_url, "allow_loopback": "1"}
    async with served(added) as url:
        async with signed_in(added.opened, site_of(url)) as ana:
            unticked = await ana.post(PAGE, data=await fields(ana, tenant_url=added.box.base_url))
        async with signed_in(added.opened, site_of(url), "app-admin") as abe:
            refused = await abe.post(PAGE, data=await fields(abe, **typed))

    assert unticked.status_code == 422
    assert "This address is on this machine." in unticked.text
    assert refused.status_code == 422
    assert "Only an administrator can connect an app on this machine." in refused.text


async def test_a_new_token_is_tested_before_it_takes_the_old_ones_place(added: Company) -> None:
    async with served(added) as url, signed_in(added.opened, site_of(url)) as ana:
        await connect(ana, added, TOKEN)
        wrong = await ana.post(f"{PAGE}/rotate", data=await fields(ana, new_token=WRONG))
        kept = await secret(added.opened)
        new = await generate(added)
        right = await ana.post(
            f"{PAGE}/rotate",
            data=await fields(ana, new_token=new, secret_expires="2030-01-31"),
        )
        page = (await ana.get(right.headers["location"])).text

    assert wrong.status_code == 422
    assert "The old one stays in use." in wrong.text
    assert kept == TOKEN
    assert WRONG not in wrong.text
    assert await secret(added.opened) == new
    assert "The new token is in use" in page
    assert "2030-01-31" in page
    assert "This connection works" in page


async def test_the_old_token_is_kept_for_a_day_used_again_after_a_test_or_forgotten(
    added: Company,
) -> None:
    async with served(added) as url, signed_in(added.opened, site_of(url)) as ana:
        first, second = await generate(added), await generate(added)
        await connect(ana, added, first)
        await ana.post(f"{PAGE}/rotate", data=await fields(ana, new_token=second))
        kept = (await ana.get(PAGE)).text
        back = await ana.post(f"{PAGE}/old/use", data=await fields(ana))
        page = (await ana.get(back.headers["location"])).text
        used = await secret(added.opened)
        again = await ana.post(f"{PAGE}/old/use", data=await fields(ana))
        await ana.post(f"{PAGE}/rotate", data=await fields(ana, new_token=second))
        forgotten = await ana.post(f"{PAGE}/old/forget", data=await fields(ana))
        after = (await ana.get(PAGE)).text
        form = await fields(ana, new_token=first, forget_old="1")
        at_once = (
            await ana.get((await ana.post(f"{PAGE}/rotate", data=form)).headers["location"])
        ).text

    assert f"<code>…{first[-4:]}</code>" in kept
    assert "Test and use it again" in kept
    assert first not in kept
    assert used == first
    assert "The old token is in use again" in page
    assert again.status_code == 422
    assert "The old token is not kept any more." in again.text
    assert forgotten.status_code == 303
    assert "Old token" not in after
    assert "The one before is not kept here" in at_once
    assert await secret(added.opened) == first


async def test_a_new_token_never_goes_to_a_host_that_the_page_did_not_show(
    added: Company,
) -> None:
    async with served(added) as url, signed_in(added.opened, site_of(url)) as ana:
        await connect(ana, added, TOKEN, ELSEWHERE)
        form = await fields(ana, new_token=WRONG)
        await connect(ana, added, TOKEN)

        refused = await ana.post(f"{PAGE}/rotate", data=form)

    assert refused.status_code == 422
    assert "Changed by ana@larkspur.example at " in refused.text
    assert await added.box.requests() == []


async def test_a_test_asks_the_address_that_was_read_whatever_is_saved_meanwhile(
    added: Company,
) -> None:
    async with served(added) as url, signed_in(added.opened, site_of(url)) as ana:
        await connect(ana, added, TOKEN)
        shown = await added.opened.configuration.app("15five")
        await connect(ana, added, WRONG, ELSEWHERE)

        trial = await Trials(added.opened).start(shown, TOKEN.encode())
        await trial.ended(LONGEST_WAIT)

    assert trial.usable


async def test_a_token_that_was_entered_for_another_host_is_not_tested_at_this_one(
    added: Company,
) -> None:
    async with served(added) as url, signed_in(added.opened, site_of(url)) as ana:
        await connect(ana, added, TOKEN)
        shown = await added.opened.configuration.app("15five")
        await connect(ana, added, WRONG, ELSEWHERE)

        with pytest.raises(InvalidValue, match="changed meanwhile"):
            [_ async for _ in added.opened.check_connection(shown)]

    assert await added.box.requests() == []


async def test_a_token_saved_while_a_cycle_connects_goes_to_the_address_saved_with_it(
    added: Company,
) -> None:
    async with served(added) as url, signed_in(added.opened, site_of(url)) as ana:
        await connect(ana, added, WRONG, ELSEWHERE)
        apps = added.opened.apps
        saved = SavedMeanwhile(apps.configuration, lambda: connect(ana, added, TOKEN))
        apps.configuration = cast("Configuration", saved)

        proven = await (await apps.target("15five")).probe("userName")

    assert proven


class SavedMeanwhile:
    """The configuration, in which somebody saves right after an app was read for the first time."""

    def __init__(self, kept: Configuration, save: Callable[[], Awaitable[object]]) -> None:
        self._kept = kept
        self._save: Callable[[], Awaitable[object]] | None = save

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kept, name)

    async def app(self, app_id: str) -> StoredApp:
        stored = await self._kept.app(app_id)
        save, self._save = self._save, None
        if save is not None:
            await save()
        return stored


async def secret(opened: Installation) -> str:
    return (await opened.configuration.reveal_secret("15five")).decode()


async def generate(company: Company) -> str:
    """Generate another token on the stand-in's admin page."""
    async with httpx.AsyncClient() as client:
        answer = await client.post(
            f"{company.box.site}/_sandbox/tokens", json={"as": "admin"}, timeout=10
        )
    return str(answer.json()["token"])
