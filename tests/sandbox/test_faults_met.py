"""Every kind of fault as a client meets it, over a real socket."""

import email.utils
import sqlite3
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.sandboxes import RunningSandbox, running_sandbox

from seatkeeper.clock import utc_now
from seatkeeper.sandbox.faults.layer import FaultLayer
from seatkeeper.sandbox.faults.live import LiveFaults

ADA: dict[str, Any] = {
    "userName": "Ada@Larkspur.example",
    "title": "Engineer",
    "name": {"givenName": "Ada", "familyName": "Larsen"},
    "emails": [{"type": "work", "value": "ada@larkspur.example"}],
}
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def replacing(**values: Any) -> dict[str, Any]:
    return {"schemas": [PATCH], "Operations": [{"op": "replace", "value": values}]}


async def accounts(app: RunningSandbox) -> list[dict[str, Any]]:
    return (await app.dump())["users"]


@pytest.mark.parametrize(
    ("faults", "header"),
    [
        ("*: 429 retry-after=3s", "3"),
        ("*: 429 retry-after=none", None),
        ("*: 429 retry-after=nonsense", "soon"),
        ("*: 429", None),
    ],
)
async def test_too_many_requests_is_said_in_every_form(
    tmp_path: Path, faults: str, header: str | None
) -> None:
    async with running_sandbox("15five", tmp_path / "app.db", faults=faults) as app:
        async with app.client() as client:
            answer = await client.post("/Users", json=ADA)

        assert answer.status_code == 429
        assert answer.headers.get("Retry-After") == header
        assert answer.json()["status"] == "429"
        assert await accounts(app) == []


async def test_retry_after_can_be_a_date(tmp_path: Path) -> None:
    before = utc_now()
    faults = "*: 429 retry-after=date:1m"
    async with running_sandbox("15five", tmp_path / "app.db", faults=faults) as app:
        async with app.client() as client:
            answer = await client.get("/Users")

    then = email.utils.parsedate_to_datetime(answer.headers["Retry-After"])
    assert 58 < (then - before).total_seconds() < 120


async def test_only_the_operation_that_is_named_fails(tmp_path: Path) -> None:
    async with running_sandbox("15five", tmp_path / "app.db", faults="POST /Users: 500") as app:
        async with app.client() as client:
            made = await client.post("/Users", json=ADA)
            listed = await client.get("/Users")
        async with httpx.AsyncClient(base_url=app.site) as visitor:
            page = await visitor.get("/")

    assert [made.status_code, listed.status_code, page.status_code] == [500, 200, 200]


async def test_a_lost_answer_was_carried_out(tmp_path: Path) -> None:
    async with running_sandbox("15five", tmp_path / "app.db", faults="POST: lost") as app:
        async with app.client() as client:
            with pytest.raises(httpx.RemoteProtocolError, match="without sending"):
                await client.post("/Users", json=ADA)

        (journal,) = await app.requests()
        assert len(await accounts(app)) == 1
        assert (journal["fault"], journal["status"]) == ("lost", 201)


async def test_a_closed_connection_did_nothing(tmp_path: Path) -> None:
    async with running_sandbox("15five", tmp_path / "app.db", faults="POST: closed") as app:
        async with app.client() as client:
            with pytest.raises(httpx.RemoteProtocolError, match="without sending"):
                await client.post("/Users", json=ADA)

        (journal,) = await app.requests()
        assert await accounts(app) == []
        assert (journal["fault"], journal["status"]) == ("closed", 0)


async def test_a_truncated_answer_is_no_json(tmp_path: Path) -> None:
    async with running_sandbox("15five", tmp_path / "app.db", faults="*: truncated") as app:
        async with app.client() as client:
            answer = await client.post("/Users", json=ADA)

        assert answer.status_code == 201
        assert answer.text.startswith('{"schemas"')
        with pytest.raises(ValueError, match="line 1"):
            answer.json()
        assert len(await accounts(app)) == 1


async def test_a_wrong_content_type_and_a_web_page(tmp_path: Path) -> None:
    faults = "POST: wrong-type type=text/plain; GET: html; DELETE: html status=502"
    async with running_sandbox("15five", tmp_path / "app.db", faults=faults) as app:
        async with app.client() as client:
            made = await client.post("/Users", json=ADA)
            read = await client.get("/Users")
            deleted = await client.delete("/Users/1")

    assert (made.status_code, made.headers["Content-Type"]) == (201, "text/plain")
    assert made.json()["title"] == "Engineer"
    assert (read.status_code, deleted.status_code) == (200, 502)
    assert read.headers["Content-Type"].startswith("text/html")
    assert read.text.startswith("<!doctype html>")


async def test_a_dropped_value_is_accepted_and_not_kept(tmp_path: Path) -> None:
    faults = "*: drops title, drops NAME.givenname"
    async with running_sandbox("15five", tmp_path / "app.db") as app:
        async with app.client() as client, httpx.AsyncClient(base_url=app.site) as visitor:
            first = (await client.post("/Users", json=ADA)).json()
            await visitor.put("/_sandbox/faults", content=faults)
            changed = await client.patch(f"/Users/{first['id']}", json=replacing(title="Lead"))
            other = {**ADA, "userName": "bo", "emails": [{"type": "work", "value": "bo@x"}]}
            second = await client.post("/Users", json=other)

    assert (changed.status_code, changed.json()["title"]) == (200, "Engineer")
    assert second.status_code == 201
    assert "title" not in second.json()
    assert second.json()["name"] == {"familyName": "Larsen"}


async def test_a_user_name_is_kept_in_small_letters(tmp_path: Path) -> None:
    async with running_sandbox("15five", tmp_path / "app.db", faults="*: folds-case") as app:
        async with app.client() as client:
            await client.post("/Users", json=ADA)

        assert [one["userName"] for one in await accounts(app)] == ["ada@larkspur.example"]


@pytest.mark.parametrize("app_id", ["15five", "shape-liar"])  # the second one lowers names itself
async def test_a_second_account_of_the_same_name_is_accepted(app_id: str, tmp_path: Path) -> None:
    faults = "POST /Users: duplicates for=2"
    async with running_sandbox(app_id, tmp_path / "app.db", faults=faults) as app:
        async with app.client() as client:
            statuses = [(await client.post("/Users", json=ADA)).status_code for _ in range(2)]
            found = await client.get(
                "/Users", params={"filter": f'userName eq "{ADA["userName"]}"'}
            )

    assert statuses == [201, 201]
    assert found.json()["totalResults"] == 2


async def test_whoever_was_renamed_amid_duplicates_leaves_the_old_name_free(
    tmp_path: Path,
) -> None:
    async with running_sandbox("generic-scim", tmp_path / "app.db") as app:
        async with app.client() as client, httpx.AsyncClient(base_url=app.site) as visitor:
            ada = (await client.post("/Users", json={**ADA, "userName": "ada"})).json()
            await client.post("/Users", json={**ADA, "userName": "bo"})
            await visitor.put("/_sandbox/faults", content="*: duplicates")
            place = f"/Users/{ada['id']}"
            retitled = await client.patch(place, json=replacing(title="Lead"))
            await visitor.put("/_sandbox/faults", content="")
            still = await client.post("/Users", json={**ADA, "userName": "ada"})
            await visitor.put("/_sandbox/faults", content="*: duplicates")
            renamed = await client.patch(place, json=replacing(userName="bo"))
            await visitor.put("/_sandbox/faults", content="")
            later = await client.patch(place, json=replacing(title="Head"))
            free = await client.post("/Users", json={**ADA, "userName": "ada"})

    assert (retitled.status_code, still.status_code) == (200, 409)
    assert (renamed.status_code, renamed.json()["userName"]) == (200, "bo")
    assert (later.status_code, free.status_code) == (200, 201)


async def test_a_request_that_is_refused_on_purpose_is_written_down_without_its_secrets(
    tmp_path: Path,
) -> None:
    faults = "POST: 429 retry-after=3s"
    async with running_sandbox("15five", tmp_path / "app.db", faults=faults) as app:
        async with app.client() as client, httpx.AsyncClient(base_url=app.site) as visitor:
            await client.post("/Users", json={**ADA, "password": "opensesame"})
            listed, page = await visitor.get("/requests"), await visitor.get("/requests/1")
        (journal,) = await app.requests()

    assert (journal["status"], journal["fault"]) == (429, "429 retry-after=3s")
    assert ["retry-after", "3"] in journal["response_headers"]
    assert "Engineer" in journal["request"]
    assert "opensesame" not in str(journal)
    assert "sandbox-token" not in str(journal)
    assert "429 retry-after=3s" in listed.text
    assert "spoilt on purpose" in page.text


async def test_the_service_itself_meets_faults_without_a_slash_too(tmp_path: Path) -> None:
    async with running_sandbox("generic-scim", tmp_path / "app.db", faults="*: 503") as app:
        async with app.client() as client:
            statuses = [(await client.get(app.base_url + end)).status_code for end in ("", "/")]

    assert statuses == [503, 503]


async def test_a_stale_read_answers_the_state_before_the_last_writes(tmp_path: Path) -> None:
    faults = "GET /Users: stale writes=2"
    async with running_sandbox("generic-scim", tmp_path / "app.db", faults=faults) as app:
        async with app.client() as client:
            made = (await client.post("/Users", json=ADA)).json()
            place = f"/Users/{made['id']}"
            unseen = await client.get(place)
            listed = await client.get("/Users", params={"filter": 'title eq "Engineer"'})
            await client.patch(place, json=replacing(title="Lead"))
            await client.patch(place, json=replacing(title="Head"))
            old = (await client.get(place)).json()["title"]
            found = await client.get("/Users", params={"filter": 'title eq "Engineer"'})
            await client.delete(place)
            still = (await client.get(place)).json()["title"]

    assert unseen.status_code == 404
    assert listed.json()["totalResults"] == 0
    assert (old, found.json()["totalResults"], still) == ("Engineer", 1, "Lead")


async def test_members_are_read_stale_with_their_group(tmp_path: Path) -> None:
    faults = "GET /Groups: stale age=10m"
    async with running_sandbox("generic-scim", tmp_path / "app.db") as app:
        async with app.client() as client, httpx.AsyncClient(base_url=app.site) as visitor:
            ada = (await client.post("/Users", json=ADA)).json()
            group = (await client.post("/Groups", json={"displayName": "All"})).json()
            await visitor.put("/_sandbox/faults", content=faults)
            await client.patch(
                f"/Groups/{group['id']}", json=replacing(members=[{"value": ada["id"]}])
            )
            stale = (await client.get(f"/Groups/{group['id']}")).json()
            await visitor.put("/_sandbox/faults", content="")
            fresh = (await client.get(f"/Groups/{group['id']}")).json()

    assert "members" not in stale
    assert [one["value"] for one in fresh["members"]] == [ada["id"]]


async def test_a_token_expires_and_the_next_one_works(tmp_path: Path) -> None:
    faults = "token-expires after=2"
    async with running_sandbox("15five", tmp_path / "app.db", faults=faults) as app:
        async with app.client() as client, httpx.AsyncClient(base_url=app.site) as visitor:
            statuses = [(await client.get("/Users")).status_code for _ in range(3)]
            issued = (await visitor.post("/_sandbox/tokens", json={"as": "admin"})).json()
        async with app.client(issued["token"]) as client:
            again = await client.get("/Users")

    assert statuses == [200, 200, 401]
    assert again.status_code == 200


async def test_a_token_without_rights_is_refused(tmp_path: Path) -> None:
    async with running_sandbox("15five", tmp_path / "app.db", faults="no-rights") as app:
        async with app.client() as client:
            answer = await client.get("/Users")

    assert answer.status_code == 403
    assert "without admin permission" in answer.json()["detail"]


async def test_an_answer_waits_as_long_as_was_drawn() -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    faults = LiveFaults("GET: latency 50ms..400ms; POST: latency 80ms", seed=3)
    layer = FaultLayer(inner, faults, lambda entry: None, sleep)
    transport = httpx.ASGITransport(layer)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        for method in ("GET", "GET", "POST", "PUT"):
            await client.request(method, "/Users")

    first, second, third = waited
    assert 0.05 <= first <= 0.4
    assert 0.05 <= second <= 0.4
    assert first != second
    assert third == 0.08


async def test_the_same_seed_meets_the_same_faults_again(tmp_path: Path) -> None:
    async def story(name: str) -> list[int]:
        async with running_sandbox("15five", tmp_path / name, faults="*: 30% 500, 20% 429") as app:
            async with app.client() as client:
                return [(await client.get("/Users")).status_code for _ in range(40)]

    once, again = await story("one.db"), await story("two.db")

    assert once == again
    assert {200, 429, 500} == set(once)


async def test_faults_change_while_it_runs_and_are_counted(tmp_path: Path) -> None:
    async with running_sandbox("15five", tmp_path / "app.db") as app:
        async with app.client() as client, httpx.AsyncClient(base_url=app.site) as visitor:
            set_to = await visitor.put(
                "/_sandbox/faults", json={"faults": "GET: 500 times=2", "seed": 9}
            )
            statuses = [(await client.get("/Users")).status_code for _ in range(3)]
            shown = (await visitor.get("/_sandbox/faults")).json()
            journal = [one["fault"] for one in await app.requests()]

    assert set_to.status_code == 200
    assert statuses == [500, 500, 200]
    assert shown == {
        "faults": "GET: 500 times=2",
        "seed": 9,
        "requests": 3,
        "active": [{"where": "GET", "chance": 100.0, "fault": "500 times=2", "seen": 3, "met": 2}],
    }
    assert journal == ["500 times=2", "500 times=2", ""]


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"*: lots", "text/plain", 400),
        (b"\xff\xfe", "text/plain", 400),
        (b"{", "application/json", 400),
        (b'{"faults": 5}', "application/json", 400),
        (b'{"faults": "", "seed": -1}', "application/json", 400),
        (b'{"fault": ""}', "application/json", 400),
        (b"#" * 100_001, "text/plain", 413),
    ],
)
async def test_bad_faults_are_refused_and_the_old_ones_stay(
    tmp_path: Path, content: bytes, content_type: str, status: int
) -> None:
    async with running_sandbox("15five", tmp_path / "app.db", faults="*: 503") as app:
        async with httpx.AsyncClient(base_url=app.site) as visitor:
            answer = await visitor.put(
                "/_sandbox/faults", content=content, headers={"Content-Type": content_type}
            )
            shown = (await visitor.get("/_sandbox/faults")).json()

    assert answer.status_code == status
    assert answer.json()["detail"]
    assert shown["faults"] == "*: 503"


async def test_the_page_changes_faults_without_scripts(tmp_path: Path) -> None:
    async with running_sandbox("15five", tmp_path / "app.db") as app:
        async with httpx.AsyncClient(base_url=app.site, follow_redirects=True) as visitor:
            good = await visitor.post("/faults", data={"faults": "GET: 500\r\nPOST: 503"})
            bad = await visitor.post("/faults", data={"faults": "<b>: 5", "seed": "x"})
            worse = await visitor.post("/faults", data={"faults": "*: <b>"})
            foreign = await visitor.post("/faults", headers={"Origin": "http://elsewhere"})
            put = await visitor.put("/_sandbox/faults", headers={"Origin": "http://elsewhere"})

    assert "503" in good.text
    assert '<a href="/faults" aria-current="page">Faults</a>' in good.text
    assert "script-src 'self'" in good.headers["Content-Security-Policy"]
    assert (bad.status_code, worse.status_code) == (422, 422)
    assert "&lt;b&gt;: 5</textarea>" in bad.text
    assert "no kind of fault" in worse.text
    assert (foreign.status_code, put.status_code) == (403, 403)


async def test_a_file_from_before_faults_still_opens(tmp_path: Path) -> None:
    async with running_sandbox("15five", tmp_path / "app.db") as app:
        async with app.client() as client:
            await client.get("/Users")
    with sqlite3.connect(tmp_path / "app.db") as file:
        file.execute("ALTER TABLE requests DROP COLUMN fault")

    async with running_sandbox("15five", tmp_path / "app.db") as app:
        journal = await app.requests()

    assert [one["fault"] for one in journal] == [""]
