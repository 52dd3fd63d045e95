"""The request inspector: what a person finds there, and what other tools get."""

import datetime as dt
import json
import re
import shlex
from typing import Any

import httpx
import pytest
from tests.sandbox.people import PATCH_OP, hired, person
from tests.sandboxes import RunningSandbox

from seatkeeper.sandbox.har import as_curl

DISABLED_AS_ENTRA_DOES = {
    "schemas": [PATCH_OP],
    "Operations": [{"op": "Replace", "path": "active", "value": "False"}],
}


def listed(page: str) -> list[int]:
    return [int(one) for one in re.findall(r'<td class="number">(\d+)</td><td><time', page)]


async def asked(app: RunningSandbox) -> None:
    """Six requests: a create, a wrong dialect, a look-up, two refusals, a group."""
    async with app.client() as client:
        ana = await hired(client, "ana")
        await client.patch(f"/Users/{ana}", json=DISABLED_AS_ENTRA_DOES)
        await client.get("/Users", params={"filter": 'userName eq "ana@larkspur.example"'})
        await client.post("/Users", json=person("ana"))
        await client.get("/Users/nobody")
        await client.post("/Groups", json={"displayName": "Sales"})


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [6, 5, 4, 3, 2, 1]),
        ("?method=PATCH", [2]),
        ("?status=4xx", [5, 4]),
        ("?path=EQ+%22ana", [3]),
        ("?verdict=broken", [6, 2]),
        ("?findings=only&status=2xx&method=POST", [6, 1]),
        ("?before=4", [3, 2, 1]),
        ("?after=4", [6, 5]),
        ("?method=BREW&status=9xx&verdict=no&before=x", [6, 5, 4, 3, 2, 1]),
        ("?path=nothing+has+this", []),
    ],
)
async def test_requests_are_listed_newest_first_and_filtered(
    app: RunningSandbox, visitor: httpx.AsyncClient, query: str, numbers: list[int]
) -> None:
    await asked(app)

    page = await visitor.get(f"/requests{query}")

    assert page.status_code == 200
    assert listed(page.text) == numbers


async def test_long_lists_have_pages_that_keep_the_filter(
    app: RunningSandbox, visitor: httpx.AsyncClient
) -> None:
    async with app.client() as client:
        for _ in range(60):
            await client.get("/Users/nobody")
        await client.get("/Users")

    first = (await visitor.get("/requests?status=4xx")).text
    older = re.search(r'href="(/requests\?[^"]*before=[^"]*)"', first)
    assert older is not None
    second = (await visitor.get(older[1].replace("&amp;", "&"))).text
    newer = re.search(r'href="(/requests\?[^"]*after=[^"]*)"', second)
    assert newer is not None
    back = (await visitor.get(newer[1].replace("&amp;", "&"))).text

    assert listed(first) == list(range(60, 10, -1))
    assert listed(second) == list(range(10, 0, -1))
    assert listed(back) == listed(first)


async def test_one_request_tells_which_rule_it_broke_and_what_it_changed(
    app: RunningSandbox, visitor: httpx.AsyncClient
) -> None:
    await asked(app)

    page = (await visitor.get("/requests/2")).text

    assert "RFC 7644, section 3.5.2" in page
    assert "https://www.rfc-editor.org/rfc/rfc7643#section-2.3.2" in page
    assert "op-case" in page
    assert "string-boolean" in page
    assert "Ana Larsen" in page
    assert "1 value" in page
    assert "  &#34;Operations&#34;: [" in page


async def test_no_page_and_no_file_shows_a_credential(
    app: RunningSandbox, visitor: httpx.AsyncClient
) -> None:
    body = person("ana", password="geheim")
    async with app.client() as client:
        await client.post("/Users", json=body, headers={"Cookie": "session=secret-cookie"})

    shown = [
        (await visitor.get(address)).text
        for address in ("/requests", "/requests/1", "/requests.har", "/_sandbox/requests")
    ]

    for text in shown:
        assert app.token not in text
        assert "secret-cookie" not in text
        assert "geheim" not in text
    assert "(not kept)" in shown[1]


async def test_what_a_client_sends_is_shown_as_text(
    app: RunningSandbox, visitor: httpx.AsyncClient
) -> None:
    hostile = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    headers = {"User-Agent": hostile, "X-Note": hostile}
    async with app.client() as client:
        await client.post(
            "/Users?a=" + hostile, json=person("ana", title=hostile + "\u202e"), headers=headers
        )

    for address in ("/requests", "/requests/1", "/report"):
        page = (await visitor.get(address)).text
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "\u202e" not in page


async def test_pages_carry_no_script_or_style_of_their_own(
    app: RunningSandbox, visitor: httpx.AsyncClient
) -> None:
    await asked(app)

    for address in ("/", "/accounts", "/groups", "/outbox", "/requests", "/requests/2", "/report"):
        page = await visitor.get(address)
        assert page.status_code == 200
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert not re.search(r"<script(?! src=\"/static/)|<style| style=| on[a-z]+=", page.text)


@pytest.mark.parametrize("address", ["/requests/99", "/requests/9" + "9" * 40, "/requests/x"])
async def test_a_request_that_is_not_kept_is_told_in_words(
    visitor: httpx.AsyncClient, address: str
) -> None:
    page = await visitor.get(address)

    assert page.status_code == 404
    assert "<h1>404 Not Found</h1>" in page.text


async def test_a_script_can_ask_whether_there_is_anything_new(
    app: RunningSandbox, visitor: httpx.AsyncClient
) -> None:
    before = (await visitor.get("/requests/newest")).json()

    await asked(app)

    assert [before, (await visitor.get("/requests/newest")).json()] == [
        {"newest": 0},
        {"newest": 6},
    ]


# --- HAR ---

NAMES: dict[str, set[str]] = {
    "log": {"version", "creator", "entries"},
    "creator": {"name", "version"},
    "entry": {"startedDateTime", "time", "request", "response", "cache", "timings"},
    "request": {
        "method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize",
        "bodySize",
    },
    "response": {
        "status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL",
        "headersSize", "bodySize",
    },
    "content": {"size", "mimeType"},
    "timings": {"send", "wait", "receive"},
    "postData": {"mimeType", "text"},
}  # fmt: skip


def has(what: str, found: dict[str, Any]) -> None:
    assert NAMES[what] <= set(found), what


async def test_a_har_file_has_what_the_format_requires(
    app: RunningSandbox, visitor: httpx.AsyncClient
) -> None:
    await asked(app)

    answer = await visitor.get("/requests.har")

    log = answer.json()["log"]
    has("log", log)
    has("creator", log["creator"])
    assert log["version"] == "1.2"
    assert len(log["entries"]) == 6
    for entry in log["entries"]:
        has("entry", entry)
        for part in ("request", "response", "timings"):
            has(part, entry[part])
        has("content", entry["response"]["content"])
        assert dt.datetime.fromisoformat(entry["startedDateTime"]).tzinfo is not None
        assert entry["time"] >= 0
        assert entry["request"]["url"].startswith(f"{app.site}/scim/v2/")
        pairs = [*entry["request"]["headers"], *entry["request"]["queryString"]]
        assert all(set(one) == {"name", "value"} for one in pairs)
        if entry["request"]["method"] in ("POST", "PATCH"):
            has("postData", entry["request"]["postData"])
            json.loads(entry["request"]["postData"]["text"])
    assert answer.headers["Content-Disposition"] == 'attachment; filename="15five-requests.har"'


async def test_a_har_file_holds_what_the_list_shows_oldest_first(
    app: RunningSandbox, visitor: httpx.AsyncClient
) -> None:
    await asked(app)

    log = (await visitor.get("/requests.har?status=4xx")).json()["log"]

    assert [one["response"]["status"] for one in log["entries"]] == [409, 404]
    started = [one["startedDateTime"] for one in log["entries"]]
    assert started == sorted(started)


async def test_a_har_file_of_nothing_is_still_one(visitor: httpx.AsyncClient) -> None:
    assert (await visitor.get("/requests.har")).json()["log"]["entries"] == []


# --- curl ---


async def test_a_copied_command_has_a_placeholder_for_the_token(app: RunningSandbox) -> None:
    async with app.client() as client:
        await client.post("/Users", json=person("o'brien", title="@/etc/passwd $HOME `id`"))
    (row,) = await app.requests()

    words = shlex.split(as_curl(row, app.site).replace("\\\n", " "))

    assert words[:5] == ["curl", "-gi", "-X", "POST", f"{app.site}/scim/v2/Users"]
    assert "Authorization: Bearer $TOKEN" in words
    assert json.loads(words[words.index("--data-raw") + 1])["title"] == "@/etc/passwd $HOME `id`"
    assert not any(word.lower().startswith(("host:", "content-length:")) for word in words)
