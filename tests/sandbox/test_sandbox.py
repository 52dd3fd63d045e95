"""The stand-in app: its admin page, its tokens, and what a crash leaves."""

import asyncio
import re
import signal
import sys
from pathlib import Path

import httpx
import pytest
from tests.sandboxes import RunningSandbox

ADA = {"userName": "ada", "emails": [{"type": "work", "value": "ada@x"}]}
SERVE = """
import asyncio, sys
from pathlib import Path
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.sandbox.serve import serve_sandbox
asyncio.run(serve_sandbox(gallery_app("15five"), host="127.0.0.1", port=0,
    db_path=Path(sys.argv[1]), token="t", on_ready=lambda url: print(url, flush=True)))
"""


def shown_token(page: str) -> str:
    found = re.search(r'id="token"[^>]*value="([^"]*)"', page)
    return found[1] if found else ""


async def test_an_admins_token_is_shown_once_and_works(
    app: RunningSandbox, visitor: httpx.AsyncClient
) -> None:
    token = shown_token((await visitor.post("/tokens")).text)

    again = (await visitor.get("/")).text
    async with app.client(token) as client:
        answer = await client.get("/Users")
    assert re.fullmatch(r"[A-Za-z0-9]{30}", token)
    assert token not in again
    assert f"…{token[-4:]}" in again
    assert answer.status_code == 200


async def test_a_members_token_is_refused_in_words(
    app: RunningSandbox, visitor: httpx.AsyncClient
) -> None:
    await visitor.post("/here-as", data={"as": "member"})
    token = shown_token((await visitor.post("/tokens")).text)

    async with app.client(token) as client:
        answer = await client.get("/Users")

    assert answer.status_code == 403
    assert "without admin permission" in answer.json()["detail"]


async def test_a_revoked_token_is_refused_at_its_next_request(
    app: RunningSandbox, visitor: httpx.AsyncClient
) -> None:
    token = shown_token((await visitor.post("/tokens")).text)
    async with app.client(token) as client:
        before = await client.get("/Users")

        await visitor.post("/tokens/revoke", data={"token": "2"})

        after = await client.get("/Users")
    assert [before.status_code, after.status_code] == [200, 401]
    assert after.headers["WWW-Authenticate"] == "Bearer"


async def test_a_tool_gets_a_token_and_the_address(
    app: RunningSandbox, visitor: httpx.AsyncClient
) -> None:
    issued = (await visitor.post("/_sandbox/tokens", json={"as": "admin"})).json()

    headers = {"Authorization": f"Bearer {issued['token']}"}
    answer = await visitor.get(f"{issued['base_url']}/Users", headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/", "/_sandbox/dump", "/scim/v2/Users"])
async def test_another_host_name_is_not_answered(visitor: httpx.AsyncClient, path: str) -> None:
    answer = await visitor.get(path, headers={"Host": "evil.example"})

    assert answer.status_code == 421


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
async def test_a_form_from_elsewhere_changes_nothing(
    visitor: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    before = (await visitor.get("/")).text

    answer = await visitor.post("/tokens", headers=headers)

    assert answer.status_code == 403
    assert (await visitor.get("/")).text == before


async def test_a_hostile_name_is_shown_as_text_on_a_guarded_page(
    app: RunningSandbox, visitor: httpx.AsyncClient
) -> None:
    name = '<script>alert(1)</script>" onload=x {{ 7*7 }}\u202e'
    async with app.client() as client:
        await client.post("/Users", json={**ADA, "userName": name, "displayName": name})

    page = await visitor.get("/accounts")

    assert "<script>" not in page.text
    assert "&lt;script&gt;" in page.text
    assert "\u202e" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_journal_holds_requests_without_secrets(app: RunningSandbox) -> None:
    async with app.client() as client:
        await client.post("/Users", json=ADA, headers={"Cookie": "secret-cookie=1"})
        await client.get("/Users")

    found = await app.requests(after=1)

    assert [(one["method"], one["path"], one["status"]) for one in found] == [
        ("GET", "/scim/v2/Users", 200)
    ]
    assert "secret-cookie" not in str(await app.requests())
    assert app.token not in str(await app.requests())


async def test_a_killed_app_still_has_every_account_it_answered_for(tmp_path: Path) -> None:
    async def started() -> tuple[asyncio.subprocess.Process, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", SERVE, str(tmp_path / "app.db"), stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        return process, (await process.stdout.readline()).decode().strip()

    headers = {"Authorization": "Bearer t"}
    first, url = await started()
    async with httpx.AsyncClient(base_url=f"{url}/scim/v2", headers=headers) as client:
        for at in range(20):
            mail = [{"type": "work", "value": f"{at}@x"}]
            answer = await client.post("/Users", json={"userName": f"p{at}", "emails": mail})
            assert answer.status_code == 201
        first.send_signal(signal.SIGKILL)
        await first.wait()

    second, url = await started()
    async with httpx.AsyncClient(base_url=f"{url}/scim/v2", headers=headers) as client:
        found = (await client.get("/Users")).json()
    second.terminate()
    await second.wait()

    assert [one["userName"] for one in found["Resources"]] == [f"p{at}" for at in range(20)]
