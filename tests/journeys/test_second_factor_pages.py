"""Who turned a second factor on is asked for a code, and gets in again when the device is lost."""

import asyncio
import base64
import re

import httpx
import pytest
from tests.console_visitor import (
    ANA,
    PASSPHRASE,
    choose_passphrase,
    csrf_of,
    link_for,
    signed_in,
    visitor,
)
from tests.journeys.company import Company
from tests.journeys.test_inbound import served
from tests.journeys.test_passphrase_again import ASKS, a_while_passes
from tests.journeys.test_sign_in import sent, site_of

from seatkeeper.administration.routes import ROUTES, WITHOUT_SECOND_FACTOR
from seatkeeper.administration.second_factor import FAILURES, code_at, step_at
from seatkeeper.cli.main import run
from seatkeeper.clock import utc_now
from seatkeeper.store.secrets import MasterKey

pytestmark = pytest.mark.journey

PAGE = "/settings/second-factor"
TYPED = {"email": ANA, "passphrase": PASSPHRASE}


def code_of(secret: bytes, later: int = 0) -> str:
    """The code that an app shows now, or so many steps later: a step is used once."""
    return code_at(secret, step_at(utc_now()) + later)


def wrong_code(secret: bytes) -> str:
    near = {code_of(secret, away) for away in range(-2, 4)}
    return next(one for one in map("{:06}".format, range(10)) if one not in near)


async def set_up(browser: httpx.AsyncClient) -> tuple[bytes, list[str]]:
    """Turn a second factor on as its pages say; return the app's secret and recovery codes."""
    await sent(browser, PAGE, passphrase_again=PASSPHRASE)
    shown = re.search(r'id="secret">([A-Z2-7 ]{39})<', (await browser.get(PAGE)).text)
    assert shown is not None
    secret = base64.b32decode(shown[1].replace(" ", ""))
    kept = await sent(browser, f"{PAGE}/confirm", code=code_of(secret))
    assert kept.status_code == 200
    return secret, re.findall(r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}", kept.text)


async def test_somebody_turns_it_on_and_recovery_codes_are_shown_once(company: Company) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as ana:
        before = (await ana.get(PAGE)).text
        await sent(ana, PAGE, passphrase_again=PASSPHRASE)
        asked = (await ana.get(PAGE)).text
        refused = await sent(ana, f"{PAGE}/confirm", code="12345")
        again = (await ana.get(PAGE)).text
        _, codes = await set_up(ana)
        after = (await ana.get(PAGE)).text
        you = (await ana.get("/settings/sessions")).text
        listed = (await ana.get("/settings/administrators")).text

    secret = re.search(r"[A-Z2-7]{4}( [A-Z2-7]{4}){7}", asked)
    assert "Set up" in before
    assert secret is not None
    key = secret[0].replace(" ", "")
    host = "Seatkeeper%20127.0.0.1"
    label = f"{host}:ana%40larkspur.example?secret={key}&amp;issuer={host}"
    assert f'href="otpauth://totp/{label}"' in asked
    assert (refused.status_code, "not the code that your app should show" in refused.text) == (
        422,
        True,
    )
    assert secret[0] in again
    assert len(set(codes)) == 10
    assert "Asked for at each sign-in" in after
    assert not any(one in after for one in codes)
    assert "10 recovery codes are left" in you
    assert "second factor</span>" in listed


async def test_after_the_passphrase_comes_the_code_and_then_the_page_that_was_asked_for(
    company: Company,
) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as ana:
        secret, _ = await set_up(ana)
        async with visitor(site_of(url)) as browser:
            asked = await browser.post("/sign-in", data={**TYPED, "next": "/people?q=ana"})
            place = asked.headers["location"]
            not_yet = await browser.get("/settings")
            form = await browser.get(place)
            hidden = re.search(r'name="next" value="([^"]*)"', form.text)
            assert hidden is not None
            wrong = {"code": wrong_code(secret), "next": hidden[1]}
            refused = await browser.post("/sign-in/code", data=wrong)
            right = {"code": code_of(secret, 1), "next": hidden[1]}
            welcome = await browser.post("/sign-in/code", data=right)
            home = await browser.get("/settings")
            over = await browser.get("/sign-in/code")

    assert place == "/sign-in/code?next=%2Fpeople%3Fq%3Dana"
    assert not_yet.headers["location"].startswith("/sign-in?")
    assert (refused.status_code, "This code is not right" in refused.text) == (422, True)
    assert 'value="/people?q=ana"' in refused.text
    assert (welcome.status_code, welcome.headers["location"]) == (303, "/people?q=ana")
    assert home.status_code == 200
    assert over.headers["location"] == "/sign-in"


async def test_before_the_passphrase_is_right_nobody_learns_who_has_one(company: Company) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as ana:
        wrong = {"email": ANA, "passphrase": "not this one at all"}
        async with visitor(site_of(url)) as browser:
            without = await browser.post("/sign-in", data=wrong)
            await set_up(ana)
            having = await browser.post("/sign-in", data=wrong)

    assert (without.status_code, without.text) == (having.status_code, having.text)
    assert "seatkeeper-code" not in having.headers.get("set-cookie", "")


async def test_who_guesses_codes_waits_and_a_recovery_code_lets_the_owner_in(
    company: Company,
) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as ana:
        secret, codes = await set_up(ana)
        async with visitor(site_of(url)) as browser:
            await browser.post("/sign-in", data=TYPED)
            guess = {"code": wrong_code(secret)}
            guesses = [await browser.post("/sign-in/code", data=guess) for _ in range(FAILURES)]
            slowed = await browser.post("/sign-in/code", data={"code": code_of(secret, 1)})
            let_in = await browser.post("/sign-in/code", data={"code": codes[0].lower()})
        trail = (await ana.get("/settings/audit")).text

    assert {one.status_code for one in guesses} == {422}
    assert (slowed.status_code, int(slowed.headers["Retry-After"]) > 800) == (429, True)
    assert let_in.status_code == 303
    assert "second_factor.recovery_used" in trail
    assert not any(one in trail for one in codes)


async def test_a_link_to_choose_a_passphrase_does_not_go_round_the_code(company: Company) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as ana:
        await set_up(ana)
        link = company.opened.administrators.invite(ANA, "viewer", actor="t", now=utc_now())[1]
        async with visitor(site_of(url)) as browser:
            chosen = await choose_passphrase(browser, link)
            settings = await browser.get("/settings")

    assert chosen.headers["location"] == "/sign-in/code"
    assert settings.status_code == 303


async def test_without_a_passphrase_before_it_a_code_opens_nothing(company: Company) -> None:
    async with served(company) as url, visitor(site_of(url)) as browser:
        link_for(company.opened)

        shown = await browser.get("/sign-in/code")
        sent_in = await browser.post("/sign-in/code", data={"code": "123456"})

    assert shown.headers["location"] == "/sign-in"
    assert (sent_in.status_code, "Sign in again" in sent_in.text) == (422, True)


DONE = {"off": 303, "recovery-codes": 200, "device": 303}
"""What asks for a code itself, and how it is answered once the code was right."""


@pytest.mark.parametrize("what", DONE)
async def test_turning_it_off_and_other_codes_ask_for_the_passphrase_again(
    what: str, company: Company
) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as ana:
        secret, _ = await set_up(ana)
        await a_while_passes(company)
        path = f"{PAGE}/{what}"
        csrf = csrf_of((await ana.get("/settings")).text)
        form = {"csrf": csrf, "code": code_of(secret, 1)}

        asked = await ana.post(path, data=form)
        done = await ana.post(path, data={**form, "passphrase_again": PASSPHRASE})
        async with visitor(site_of(url)) as browser:
            let_in = await browser.post("/sign-in", data=TYPED)

    assert (asked.status_code, ASKS in asked.text) == (403, True)
    assert done.status_code == DONE[what]
    assert let_in.headers["location"] == ("/" if what == "off" else "/sign-in/code")


@pytest.mark.parametrize("what", DONE)
async def test_an_open_window_alone_changes_nothing_and_guessing_there_is_slowed_too(
    what: str, company: Company
) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as ana:
        secret, codes = await set_up(ana)
        path, guess = f"{PAGE}/{what}", wrong_code(secret)

        without = await sent(ana, path)
        guesses = [await sent(ana, path, code=guess) for _ in range(FAILURES - 1)]
        slowed = await sent(ana, path, code=code_of(secret, 1))
        still_on = company.opened.second_factors.of(company.opened.administrators.by_email(ANA).id)
        done = await sent(ana, path, code=codes[0])

    assert {one.status_code for one in (without, *guesses)} == {422}
    assert "This code is not right" in without.text
    assert (slowed.status_code, int(slowed.headers["Retry-After"]) > 800) == (429, True)
    assert still_on is not None
    assert still_on.recovery_codes == len(codes)
    assert done.status_code == DONE[what]


async def test_who_has_just_typed_the_passphrase_is_asked_for_it_to_set_one_up(
    company: Company,
) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as ana:
        asked = await sent(ana, PAGE)
        wrong = await sent(ana, PAGE, passphrase_again="not this one at all")
        page = (await ana.get(PAGE)).text

    assert (asked.status_code, ASKS in asked.text) == (403, True)
    assert (wrong.status_code, "This is not your passphrase." in wrong.text) == (422, True)
    assert 'name="passphrase_again"' in page
    assert 'id="secret"' not in page


async def test_where_the_key_was_lost_the_page_says_what_still_works(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as ana:
        secret, codes = await set_up(ana)
        for one in (company.opened.codes, company.opened.second_factors):
            monkeypatch.setattr(one, "_key", MasterKey(b"x" * 32))
        off = await sent(ana, f"{PAGE}/off", code=code_of(secret, 1))
        async with visitor(site_of(url)) as browser:
            await browser.post("/sign-in", data=TYPED)
            told = await browser.post("/sign-in/code", data={"code": code_of(secret, 1)})
            let_in = await browser.post("/sign-in/code", data={"code": codes[0]})

    assert (off.status_code, "A recovery code still works" in off.text) == (422, True)
    assert (told.status_code, "A recovery code still works" in told.text) == (422, True)
    assert let_in.status_code == 303


async def test_who_lost_device_and_codes_is_let_in_from_the_command_line(
    company: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEATKEEPER_HOME", str(company.opened.settings.home))
    async with served(company) as url, signed_in(company.opened, site_of(url)) as ana:
        await set_up(ana)
        capsys.readouterr()
        await asyncio.to_thread(run, ["administrators", "list", "--json"])
        listed = capsys.readouterr().out
        await asyncio.to_thread(run, ["administrators", "remove-second-factor", ANA])
        said = capsys.readouterr().out
        signed_out = await ana.get("/settings")
        async with visitor(site_of(url)) as browser:
            welcome = await browser.post("/sign-in", data=TYPED)
            trail = (await browser.get("/settings/audit")).text

    assert '"second_factor":true' in listed.replace(" ", "")
    assert "signs in by passphrase alone now" in said
    assert signed_out.status_code == 303
    assert welcome.headers["location"] == "/"
    assert "second_factor.remove" in trail


REQUIRE = "/settings/administrators/second-factor"


async def test_where_everybody_needs_one_who_has_none_sets_it_up_and_then_goes_on(
    company: Company,
) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as ana:
        await set_up(ana)
        async with signed_in(company.opened, site_of(url), "operator") as omar:
            before = await omar.get("/people")
            required = await sent(ana, REQUIRE, required="yes")
            csrf = csrf_of((await omar.get(PAGE)).text)
            led = [await omar.get(path) for path in ("/", "/people", "/settings", "/search")]
            data, stream = await omar.get("/status.json"), await omar.get("/events")
            part = await omar.get("/search/part?q=a", headers={"HX-Request": "true"})
            did = await omar.post("/settings/theme", data={"csrf": csrf, "theme": "dark"})
            page = (await omar.get(PAGE)).text
            await omar.post(PAGE, data={"csrf": csrf, "passphrase_again": PASSPHRASE})
            shown = re.search(r'id="secret">([A-Z2-7 ]{39})<', (await omar.get(PAGE)).text)
            assert shown is not None
            code = code_of(base64.b32decode(shown[1].replace(" ", "")))
            kept = await omar.post(f"{PAGE}/confirm", data={"csrf": csrf, "code": code})
            after = await omar.get("/people")

    assert (before.status_code, required.status_code) == (200, 303)
    assert {one.headers["location"] for one in [*led, did]} == {PAGE}
    assert (data.status_code, data.json()["error"]) == (403, "second_factor.needed")
    assert (stream.status_code, part.headers["hx-redirect"]) == (403, PAGE)
    assert "Everybody who signs in here needs a second factor" in page
    assert 'action="/sign-out"' in page
    assert (kept.status_code, after.status_code) == (200, 200)


async def test_who_has_none_does_not_require_it_of_others(company: Company) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as ana:
        refused = await sent(ana, REQUIRE, required="yes")
        still = await ana.get("/people")

    assert (refused.status_code, "Turn on your own first" in refused.text) == (422, True)
    assert still.status_code == 200


async def test_a_required_one_stays_on_until_it_is_given_up_again(company: Company) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as ana:
        _, codes = await set_up(ana)
        await sent(ana, REQUIRE, required="yes")
        listed = (await ana.get("/settings/administrators")).text
        page = (await ana.get(PAGE)).text
        refused = await sent(ana, f"{PAGE}/off", code=codes[0])
        await sent(ana, REQUIRE, required="")
        off = await sent(ana, f"{PAGE}/off", code=codes[0])
        free = await ana.get("/settings/administrators")

    assert "Everybody has one." in listed
    assert "No longer require it" in listed
    assert f"{PAGE}/off" not in page
    assert (refused.status_code, "Use another device" in refused.text) == (422, True)
    assert off.status_code == 303
    assert "1 person has none." in free.text


async def test_another_device_takes_over_while_one_is_required_of_everybody(
    company: Company,
) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as ana:
        old, codes = await set_up(ana)
        await sent(ana, REQUIRE, required="yes")
        refused = await sent(ana, f"{PAGE}/device", code=wrong_code(old))
        begun = await sent(ana, f"{PAGE}/device", code=codes[0])
        shown = re.search(r'id="secret">([A-Z2-7 ]{39})<', (await ana.get(PAGE)).text)
        assert shown is not None
        new = base64.b32decode(shown[1].replace(" ", ""))
        wrong = await sent(ana, f"{PAGE}/device/confirm", code=wrong_code(new))
        done = await sent(ana, f"{PAGE}/device/confirm", code=code_of(new))
        trail = (await ana.get("/settings/audit")).text
        async with visitor(site_of(url)) as browser:
            await browser.post("/sign-in", data=TYPED)
            by_old = await browser.post("/sign-in/code", data={"code": code_of(old, 1)})
            by_new = await browser.post("/sign-in/code", data={"code": code_of(new, 1)})

    assert (refused.status_code, begun.status_code, wrong.status_code) == (422, 303, 422)
    assert "Another device takes the place of the old one" in wrong.text
    assert (done.status_code, "Keep these recovery codes" in done.text) == (200, True)
    assert (by_old.status_code, by_new.status_code) == (422, 303)
    assert "second_factor.replaced" in trail


async def test_who_thinks_better_of_another_device_keeps_the_old_one(company: Company) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as ana:
        _, codes = await set_up(ana)
        await sent(ana, f"{PAGE}/device", code=codes[0])
        waiting = (await ana.get(PAGE)).text
        await sent(ana, f"{PAGE}/device/keep")
        after = (await ana.get(PAGE)).text

    assert "Keep the old device" in waiting
    assert 'id="secret"' not in after
    assert "Asked for at each sign-in" in after


def test_what_opens_without_a_second_factor_is_in_the_table() -> None:
    assert set(ROUTES) >= WITHOUT_SECOND_FACTOR
