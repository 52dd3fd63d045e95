"""What only a real socket shows: methods, lengths, addresses."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from tests.sandboxes import RunningSandbox, running_sandbox


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[RunningSandbox]:
    async with running_sandbox("generic-scim", tmp_path / "app.db") as found:
        yield found


@pytest.fixture
async def client(app: RunningSandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with app.client() as found:
        yield found


@pytest.mark.parametrize("path", ["/Users", "/ServiceProviderConfig", "/Users/none", "/Schemas"])
async def test_a_head_says_what_a_get_would_bring(client: httpx.AsyncClient, path: str) -> None:
    got = await client.get(path)
    asked = await client.head(path)

    assert (asked.status_code, asked.content) == (got.status_code, b"")
    named = ("content-type", "content-length", "cache-control")
    assert [asked.headers[name] for name in named] == [got.headers[name] for name in named]


@pytest.mark.parametrize("method", ["TRACE", "BREW", "PROPFIND"])
async def test_a_method_nobody_knows_is_refused_in_scims_form(
    client: httpx.AsyncClient, method: str
) -> None:
    answer = await client.request(method, "/Users")

    assert (answer.status_code, answer.json()["status"]) == (405, "405")
    assert answer.headers["Allow"] == "GET, HEAD, POST, OPTIONS"


async def test_the_root_is_the_same_with_and_without_a_slash(
    app: RunningSandbox, client: httpx.AsyncClient
) -> None:
    await client.post("/Users", json={"userName": "ada"})

    answers = [
        await client.get(f"{app.base_url}{end}", params={"filter": 'userName eq "ada"'})
        for end in ("", "/")
    ]

    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    [ada] = answers[0].json()["Resources"]
    assert ada["meta"]["location"] == f"{app.base_url}/Users/{ada['id']}"


async def test_nothing_is_sent_where_nothing_changed(client: httpx.AsyncClient) -> None:
    made = await client.post("/Users", json={"userName": "ada"})
    address, tag = made.headers["Location"], made.headers["ETag"]

    answer = await client.get(address, headers={"If-None-Match": tag})

    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tag)


async def test_a_cursor_is_of_no_use_after_a_restart_and_says_so(tmp_path: Path) -> None:
    async def page(cursor: str) -> httpx.Response:
        async with running_sandbox("generic-scim", tmp_path / "app.db") as app:
            async with app.client() as client:
                for name in ("ada", "bo"):
                    await client.post("/Users", json={"userName": name})
                return await client.get("/Users", params={"cursor": cursor, "count": "1"})

    first = await page("")
    second = await page(first.json()["nextCursor"])

    assert (second.status_code, second.json()["scimType"]) == (400, "invalidCursor")
