"""Who opens the console: nobody without a passphrase, and each role only its own pages."""

import asyncio
import re

import httpx
import pytest
from starlette.routing import Route
from tests.console_visitor import (
    ANA,
    APP,
    PASSPHRASE,
    choose_passphrase,
    csrf_of,
    link_for,
    signed_in,
    visitor,
)
from tests.journeys.company import Company
from tests.journeys.test_inbound import served

from seatkeeper.administration.model import ROLES, Permission, Role
from seatkeeper.administration.routes import AGAIN_ALWAYS, ROUTES, STATIC
from seatkeeper.administration.sessions import FAILURES
from seatkeeper.cli.main import run
from seatkeeper.cli.serving import console_of
from seatkeeper.clock import utc_now
from seatkeeper.console.guard import SECURITY_HEADERS

pytestmark = pytest.mark.journey

KNOWN = "bo@larkspur.example"


def site_of(url: str) -> str:
    return url.removesuffix("/scim/v2")


async def sent(
    browser: httpx.AsyncClient, path: str, csrf: str | None = None, **form: str
) -> httpx.Response:
    """Send a form as its page would, unless another token is given."""
    token = csrf_of((await browser.get("/settings")).text) if csrf is None else csrf
    return await browser.post(path, data={"csrf": token, **form})


def verdict(answer: httpx.Response) -> str:
    if answer.status_code == 401 or answer.headers.get("location", "").startswith("/sign-in?"):
        return "sign in"
    return "refused" if answer.status_code == 403 else "open"


async def test_the_console_has_the_routes_of_the_table_and_no_other(company: Company) -> None:
    app = console_of(company.opened, frozenset({"localhost"}))

    made = {
        (method, STATIC if route.path.startswith("/static/") else route.path)
        for route in app.routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }

    assert made == set(ROUTES)


@pytest.mark.parametrize("role", [None, *Role])
async def test_each_role_opens_what_the_table_says(role: Role | None, company: Company) -> None:
    async with served(company) as url:
        async with signed_in(company.opened, site_of(url)) as first:
            css = re.search(r'href="(/static/app[^"]*)"', (await first.get("/settings")).text)
        assert css is not None
        word = "" if role is None else role.value.replace(" ", "-")
        link = link_for(company.opened, word) if role else ""
        if role is Role.ADMINISTRATOR:
            link = company.opened.administrators.invite(
                "dee@larkspur.example", word, actor="test", now=utc_now()
            )[1]
        found, expected = {}, {}
        async with visitor(site_of(url)) as browser:
            if role is not None:
                await choose_passphrase(browser, link)
            csrf = csrf_of((await browser.get("/settings")).text) if role else ""
            last = sorted(ROUTES, key=lambda one: one[1] == "/sign-out")
            for method, path in last:
                address = css[1] if path == STATIC else re.sub(r"\{\w+\}", "nobody", path)
                typed = {"passphrase_again": PASSPHRASE} if (method, path) in AGAIN_ALWAYS else {}
                form = {"csrf": csrf, **typed} if method == "POST" else None
                async with browser.stream(method, address, data=form) as answer:
                    pass  # a stream would not end by itself
                permission = ROUTES[method, path]
                found[method, path] = verdict(answer)
                if permission is Permission.ANYBODY:
                    expected[method, path] = "open"
                elif role is None:
                    expected[method, path] = "sign in"
                else:
                    expected[method, path] = "open" if role in ROLES[permission] else "refused"

    assert found == expected


async def test_the_first_link_makes_an_administrator_who_is_signed_in(company: Company) -> None:
    async with served(company) as url, visitor(site_of(url)) as browser:
        link = link_for(company.opened)
        asked = await browser.get(f"/links/{link}")

        welcome = await choose_passphrase(browser, link)
        home = await browser.get("/settings")
        again = await browser.get(f"/links/{link}")

    assert "Become the first administrator" in asked.text
    assert (welcome.status_code, welcome.headers["location"]) == (303, "/")
    assert "Ana Lovelace" in home.text
    assert (again.status_code, "or is older than 15 minutes" in again.text) == (404, True)
    assert PASSPHRASE not in asked.text + home.text + again.text


async def test_a_refused_passphrase_keeps_what_else_was_typed(company: Company) -> None:
    async with served(company) as url, visitor(site_of(url)) as browser:
        link = link_for(company.opened)

        answer = await browser.post(
            f"/links/{link}", data={"name": "Ana", "email": ANA, "passphrase": "passwordpassword"}
        )

    assert answer.status_code == 422
    assert "among the first" in answer.text
    assert f'value="{ANA}"' in answer.text
    assert "passwordpassword" not in answer.text


async def test_after_signing_in_the_page_that_was_asked_for_opens(company: Company) -> None:
    async with served(company) as url:
        async with signed_in(company.opened, site_of(url)):
            pass
        async with visitor(site_of(url)) as browser:
            asked = await browser.get("/settings/audit?action=session")
            form = await browser.get(asked.headers["location"])
            hidden = re.search(r'name="next" value="([^"]*)"', form.text)
            assert hidden is not None
            typed = {"email": ANA, "passphrase": PASSPHRASE, "next": hidden[1]}
            welcome = await browser.post("/sign-in", data=typed)
            page = await browser.get(welcome.headers["location"])

    assert asked.status_code == welcome.status_code == 303
    assert welcome.headers["location"] == "/settings/audit?action=session"
    assert "session.begin" in page.text


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "/\r\nX: y", ""]
)
async def test_signing_in_never_leads_to_another_site(elsewhere: str, company: Company) -> None:
    async with served(company) as url:
        async with signed_in(company.opened, site_of(url)):
            pass
        async with visitor(site_of(url)) as browser:
            typed = {"email": ANA, "passphrase": PASSPHRASE, "next": elsewhere}
            welcome = await browser.post("/sign-in", data=typed)

    assert welcome.headers["location"] == "/"


async def test_cookies_are_for_this_host_alone_and_for_no_script(company: Company) -> None:
    async with served(company) as url:
        site = site_of(url)
        async with visitor(site) as careful, visitor(site) as plain:
            link = link_for(company.opened)
            probe = (await careful.get(f"/links/{link}")).headers["set-cookie"]
            careful.headers["Cookie"] = probe.partition(";")[0]
            given = (await choose_passphrase(careful, link)).headers["set-cookie"]
            typed = {"email": ANA, "passphrase": PASSPHRASE}
            refused = (await plain.post("/sign-in", data=typed)).headers["set-cookie"]

    assert probe.startswith("__Host-seatkeeper-probe=1;")
    assert given.startswith("__Host-seatkeeper=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(given.split("; "))
    assert "Domain" not in given
    assert refused.startswith("seatkeeper-loopback=")
    assert "HttpOnly" in refused


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {},
    ],
    ids=str,
)
async def test_a_form_that_another_site_sends_changes_nothing(
    headers: dict[str, str], company: Company
) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as browser:
        csrf = csrf_of((await browser.get("/settings")).text) if headers else "0" * 64

        answer = await browser.post(
            "/settings/administrators",
            data={"csrf": csrf, "email": "eve@evil.example", "role": "administrator"},
            headers=headers,
        )

    assert (answer.status_code, "Nothing was changed" in answer.text) == (403, True)
    assert [one.email for one in company.opened.administrators.everybody()] == [ANA]


async def test_somebody_is_invited_given_a_role_signed_out_and_removed(company: Company) -> None:
    path = "/settings/administrators"
    async with served(company) as url, signed_in(company.opened, site_of(url)) as ana:
        page = await sent(ana, path, email=KNOWN, role="operator", apps="")
        link = re.search(r"/links/([\w-]{43})<", page.text)
        assert link is not None
        async with visitor(site_of(url)) as bo:
            await choose_passphrase(bo, link[1])
            mine = company.opened.administrators.by_email(KNOWN).id
            before = await bo.get("/settings")

            await sent(ana, f"{path}/{mine}/role", role="app admin", apps=APP)
            changed = company.opened.administrators.by_email(KNOWN)
            after = await bo.get("/settings")
            removed = await sent(ana, f"{path}/{mine}/remove")
            listed = await ana.get(path)

    assert (before.status_code, after.status_code) == (200, 303)
    assert (changed.role, changed.apps) == (Role.APP_ADMIN, frozenset({APP}))
    assert removed.status_code == 303
    assert "1 person may sign in" in listed.text


async def test_the_last_administrator_stays(company: Company) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as ana:
        mine = company.opened.administrators.by_email(ANA).id

        answer = await sent(ana, f"/settings/administrators/{mine}/remove")

    assert answer.status_code == 422
    assert "This is the last administrator" in answer.text


async def test_one_sees_and_ends_their_own_sessions(company: Company) -> None:
    async with served(company) as url:
        async with signed_in(company.opened, site_of(url)) as ana, visitor(site_of(url)) as other:
            await other.post("/sign-in", data={"email": ANA, "passphrase": PASSPHRASE})
            page = (await ana.get("/settings/sessions")).text
            rows = page.split("<tr>")[2:]
            [there] = [one for one in rows if "this one" not in one]
            path = re.search(r'action="(/settings/sessions/\w+/end)"', there)
            assert path is not None

            await sent(ana, path[1])
            gone, stays = await other.get("/settings"), await ana.get("/settings")
            out = await sent(ana, "/sign-out")
            signed_out = await ana.get("/settings")

    assert "signed in 2 times" in page
    assert (gone.status_code, stays.status_code) == (303, 200)
    assert out.headers["location"] == "/sign-in"
    assert signed_out.status_code == 303


async def test_the_audit_trail_is_paged_filtered_and_checked(company: Company) -> None:
    for number in range(60):
        await company.person(f"person{number}")
    async with served(company) as url, signed_in(company.opened, site_of(url)) as ana:
        first = (await ana.get("/settings/audit")).text
        older = re.search(r'href="(/settings/audit\?before=[^"]*)"', first)
        assert older is not None
        second = (await ana.get(older[1].replace("&amp;", "&"))).text
        filtered = (await ana.get("/settings/audit", params={"action": "administrator"})).text
        checked = (await ana.get("/settings/audit", params={"verify": "1"})).text

    assert first.count("<tr>") - 1 == 50
    assert set(re.findall(r"<tr><td>(\d+)", first)).isdisjoint(re.findall(r"<tr><td>(\d+)", second))
    assert "user.create" not in filtered
    assert "administrator.passphrase" in filtered
    assert "trail is whole" in checked


async def test_a_hostile_name_stays_text_on_every_page(company: Company) -> None:
    name = '"><script>alert(1)</script>\u202e{{7*7}}'
    async with served(company) as url, visitor(site_of(url)) as browser:
        link = link_for(company.opened)
        form = {"name": name.replace("\u202e", ""), "email": ANA, "passphrase": PASSPHRASE}
        await browser.post(f"/links/{link}", data=form)
        await company.person("ana", displayName=name)
        paths = ("/settings", "/settings/administrators", "/settings/sessions", "/settings/audit")
        pages = [await browser.get(path) for path in paths]

    for page in pages:
        assert page.status_code == 200
        assert "<script>" not in page.text
        assert "alert(1)" not in page.text.replace("&gt;alert(1)&lt;", "")
        assert "\u202e" not in page.text
        assert "{{7*7}}" in page.text
        assert (
            dict(page.headers).items()
            >= {key.lower(): value for key, value in SECURITY_HEADERS.items()}.items()
        )


async def test_a_session_that_ended_in_the_middle_of_a_form_says_so(company: Company) -> None:
    async with served(company) as url, signed_in(company.opened, site_of(url)) as ana:
        csrf = csrf_of((await ana.get("/settings")).text)
        company.opened.sign_ins.end_all(
            company.opened.administrators.by_email(ANA).id, actor="test"
        )

        answer = await sent(ana, "/settings/administrators", csrf, email=KNOWN, role="viewer")
        page = await ana.get(answer.headers["location"])

    assert answer.status_code == 303
    assert "Your session has ended. Nothing was changed" in page.text


async def test_a_stranger_who_guesses_all_day_keeps_nobody_out_of_their_own_browser(
    company: Company,
) -> None:
    right, wrong = ({"email": ANA, "passphrase": one} for one in (PASSPHRASE, "not this one"))
    async with (
        served(company) as url,
        signed_in(company.opened, site_of(url)) as ana,
        visitor(site_of(url)) as stranger,
        visitor(site_of(url)) as new,
    ):
        await ana.post("/sign-out", data={"csrf": csrf_of((await ana.get("/settings")).text)})
        guesses = [await stranger.post("/sign-in", data=wrong) for _ in range(2 * FAILURES)]
        elsewhere = await new.post("/sign-in", data=right)
        at_home = await ana.post("/sign-in", data=right)

    assert guesses[-1].status_code == elsewhere.status_code == 429
    assert (at_home.status_code, at_home.headers["location"]) == (303, "/")
    names = [one for one in ana.cookies if "known" in one]
    assert len(names) == 1
    assert ANA not in f"{names} {dict(ana.cookies)}"


async def test_who_guesses_is_slowed_and_told(company: Company) -> None:
    async with served(company) as url:
        async with signed_in(company.opened, site_of(url)):
            pass
        async with visitor(site_of(url)) as stranger:
            typed = {"email": ANA, "passphrase": "not this one at all"}
            answers = [await stranger.post("/sign-in", data=typed) for _ in range(FAILURES)]
            for _ in range(FAILURES):  # each failure doubles the pause; no machine outruns that
                answers.append(await stranger.post("/sign-in", data=typed))

    assert {one.status_code for one in answers[:FAILURES]} == {422}
    assert answers[-1].status_code == 429
    assert "Try again in" in answers[-1].text
    assert all(f'value="{ANA}"' in one.text for one in answers)


@pytest.mark.parametrize(
    ("body", "code"), [(b"name=" + b"x" * 70_000, 400), (b"\xff", 400), (b"a&" * 2_000, 400)]
)
async def test_a_form_beyond_the_limits_is_refused(
    body: bytes, code: int, company: Company
) -> None:
    async with served(company) as url, visitor(site_of(url)) as browser:
        answer = await browser.post("/sign-in", content=body)

    assert answer.status_code == code
    assert "Nothing was changed" in answer.text


async def test_who_lost_access_gets_in_again_from_the_command_line(
    company: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEATKEEPER_HOME", str(company.opened.settings.home))
    async with served(company) as url:
        async with signed_in(company.opened, site_of(url)):
            pass
        await asyncio.to_thread(run, ["administrators", "invite", ANA])
        link = capsys.readouterr().out.split("/links/")[1].split()[0]
        async with visitor(site_of(url)) as browser:
            await choose_passphrase(browser, link)
            home = await browser.get("/settings")

    assert home.status_code == 200
