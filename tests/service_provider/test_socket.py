"""What only a real socket shows: methods, lengths, addresses."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NoReturn

import httpx
import pytest
from starlette.applications import Starlette
from tests.sandboxes import RunningSandbox, running_sandbox

from seatkeeper.errors import StoreUnusable
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.sandbox.kept_key import kept_key
from seatkeeper.service_provider.http import mounted, scim_routes
from seatkeeper.service_provider.profile import profile_of
from seatkeeper.store.resource_file import ResourceFile
from seatkeeper.store.resources import ResourceStore


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

    both = [("If-None-Match", 'W/"9"'), ("If-None-Match", tag)]
    answers = [await client.request(method, address, headers=both) for method in ("GET", "HEAD")]

    for answer in answers:
        assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tag)
        assert "content-length" not in answer.headers


async def test_a_list_goes_on_by_its_cursor_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "app.db"

    async def page(cursor: str) -> httpx.Response:
        async with running_sandbox("generic-scim", path) as app, app.client() as client:
            for name in ("ada", "bo"):
                await client.post("/Users", json={"userName": name})
            return await client.get("/Users", params={"cursor": cursor, "count": "1"})

    first = await page("")
    second = await page(first.json()["nextCursor"])

    names = [one["userName"] for page in (first, second) for one in page.json()["Resources"]]
    assert names == ["ada", "bo"]


async def test_a_store_that_fails_is_said_in_scims_form_and_told_to_nobody_where_it_lies() -> None:
    def fails(*_: object) -> NoReturn:
        raise StoreUnusable("The file /secret/place is full.")

    profile = profile_of(gallery_app("generic-scim"))
    with tempfile.TemporaryDirectory() as folder:
        store = ResourceStore(ResourceFile(Path(folder) / "app.db"), profile.keys_of)
        routes = mounted("/scim", scim_routes(store, profile, fails, fails))
        transport = httpx.ASGITransport(Starlette(routes=routes))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            headers = {"Authorization": "Bearer t"}
            answer = await client.get("/scim/Users", headers=headers)
            open_to_all = await client.get("/scim/ServiceProviderConfig")

    assert (answer.status_code, answer.json()["status"]) == (503, "503")
    assert answer.headers["Retry-After"] == "5"
    assert "secret" not in answer.text
    assert open_to_all.status_code == 200


@pytest.mark.parametrize("broken", [b"", b"x" * 31])
def test_a_broken_key_is_made_anew_for_its_owner_alone(tmp_path: Path, broken: bytes) -> None:
    (tmp_path / "app.db.key").write_bytes(broken)

    key = kept_key(tmp_path / "app.db")

    kept = tmp_path / "app.db.key"
    assert (len(key), kept.read_bytes()) == (32, key)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept_key(tmp_path / "app.db") == key
    assert list(tmp_path.iterdir()) == [kept]
