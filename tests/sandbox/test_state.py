"""What a stand-in holds, as a whole: emptied, filled, kept aside, put back."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.sandboxes import RunningSandbox, running_sandbox

from seatkeeper.errors import BadInput
from seatkeeper.gallery.schema import GalleryApp, gallery_app, load_gallery
from seatkeeper.sandbox.prefill import batches
from seatkeeper.sandbox.serve import opened_state
from seatkeeper.service_provider.profile import profile_of

APP = gallery_app("generic-scim")
ADA: dict[str, Any] = {"userName": "ada", "emails": [{"type": "work", "value": "ada@x"}]}
ENTRY = "from seatkeeper.cli.main import entry; entry()"
COMMAND = (sys.executable, "-c", ENTRY, "sandbox", "generic-scim")


@asynccontextmanager
async def visited(app: RunningSandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=app.site) as visitor:
        yield visitor


async def hired(app: RunningSandbox, name: str) -> dict[str, Any]:
    async with app.client() as client:
        answer = await client.post("/Users", json={**ADA, "userName": name})
    return dict(answer.json())


async def names(app: RunningSandbox) -> list[str]:
    return [one["userName"] for one in (await app.dump())["users"]]


async def test_a_snapshot_brings_everything_back_with_its_ids(tmp_path: Path) -> None:
    async with running_sandbox("generic-scim", tmp_path / "app.db") as app, visited(app) as visitor:
        ada = await hired(app, "ada")
        async with app.client() as client:
            await client.post(
                "/Groups", json={"displayName": "All", "members": [{"value": ada["id"]}]}
            )
        before = await app.dump()
        kept = await visitor.post("/_sandbox/snapshots", json={"name": "monday"})
        await visitor.post("/_sandbox/reset")
        emptied = await app.dump()
        await hired(app, "ada")
        await hired(app, "bo")

        restored = await visitor.post("/_sandbox/snapshots/monday/restore")

        taken = await hired(app, "ada")
        assert (kept.status_code, restored.status_code) == (201, 200)
        assert emptied == {"users": [], "groups": []}
        assert await app.dump() == before
        assert taken["scimType"] == "uniqueness"


async def test_snapshots_are_listed_overwritten_and_deleted(tmp_path: Path) -> None:
    async with running_sandbox("generic-scim", tmp_path / "app.db") as app, visited(app) as visitor:
        await visitor.post("/_sandbox/snapshots", json={"name": "a"})
        await hired(app, "ada")
        await visitor.post("/_sandbox/snapshots", json={"name": "a"})
        listed = (await visitor.get("/_sandbox/snapshots")).json()["snapshots"]
        gone = [(await visitor.delete("/_sandbox/snapshots/a")).status_code for _ in range(2)]
        absent = await visitor.post("/_sandbox/snapshots/a/restore")

        assert [(one["name"], one["resources"]) for one in listed] == [("a", 1)]
        assert gone == [204, 404]
        assert absent.status_code == 404
        assert await names(app) == ["ada"]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"name": 5}', b'{"name": "../x"}', b'{"name": ""}', b"\xff"]
)
async def test_a_snapshot_without_a_proper_name_is_refused(tmp_path: Path, body: bytes) -> None:
    async with running_sandbox("generic-scim", tmp_path / "app.db") as app, visited(app) as visitor:
        answer = await visitor.post("/_sandbox/snapshots", content=body)

    assert answer.status_code == 400
    assert answer.json()["detail"]


async def test_prefilled_people_are_the_same_for_the_same_seed(tmp_path: Path) -> None:
    async def filled(name: str, query: str) -> dict[str, Any]:
        async with running_sandbox("generic-scim", tmp_path / name) as app, visited(app) as visitor:
            answer = await visitor.post(f"/_sandbox/prefill?{query}")
            assert answer.status_code == 200
            return await app.dump()

    one = await filled("one.db", "people=620&seed=4")
    same = await filled("same.db", "people=620&seed=4")
    other = await filled("other.db", "people=620&seed=5")

    assert one == same
    assert one != other
    assert len({person["userName"] for person in one["users"]}) == 620
    assert sum(len(group["members"]) for group in one["groups"]) == 620


async def test_prefilled_people_can_be_looked_up_and_are_not_added_twice(tmp_path: Path) -> None:
    async with running_sandbox("generic-scim", tmp_path / "app.db") as app, visited(app) as visitor:
        first = (await visitor.post("/_sandbox/prefill?people=20")).json()
        again = (await visitor.post("/_sandbox/prefill?people=30")).json()
        name = (await names(app))[3]
        async with app.client() as client:
            found = (await client.get("/Users", params={"filter": f'userName eq "{name}"'})).json()
            twin = await client.post("/Users", json={**ADA, "userName": name})

    assert (first["added"], again["added"]) == (26, 10)
    assert found["totalResults"] == 1
    assert twin.status_code == 409


@pytest.mark.parametrize("app", load_gallery().values(), ids=lambda app: app.id)
def test_prefilled_people_have_what_each_app_requires(app: GalleryApp) -> None:
    profile = profile_of(app)

    found = [one for batch in batches(20, 1, profile) for one in batch.resources]

    for one in found:
        profile.kind(one.kind).require(one.values)
    assert len(found) >= 20


@pytest.mark.parametrize("query", ["", "people=-1", "people=x", "people=1000001", "people=²"])
async def test_an_impossible_number_of_people_is_refused(tmp_path: Path, query: str) -> None:
    async with running_sandbox("generic-scim", tmp_path / "app.db") as app, visited(app) as visitor:
        answer = await visitor.post(f"/_sandbox/prefill?{query}")

        assert answer.status_code == 400
        assert await names(app) == []


async def test_a_page_elsewhere_cannot_reset(tmp_path: Path) -> None:
    async with running_sandbox("generic-scim", tmp_path / "app.db") as app, visited(app) as visitor:
        await hired(app, "ada")

        answer = await visitor.post("/_sandbox/reset", headers={"Origin": "http://elsewhere"})

        assert answer.status_code == 403
        assert await names(app) == ["ada"]


async def test_after_a_reset_the_same_faults_are_met_again(tmp_path: Path) -> None:
    faults = "GET: 500 times=1"
    async with running_sandbox("generic-scim", tmp_path / "app.db", faults=faults) as app:
        async with app.client() as client, visited(app) as visitor:
            once = [(await client.get("/Users")).status_code for _ in range(2)]
            await visitor.post("/_sandbox/reset")
            again = [(await client.get("/Users")).status_code for _ in range(2)]

    assert once == again == [500, 200]


def test_a_file_brings_everything_to_another_stand_in(tmp_path: Path) -> None:
    with (
        opened_state(APP, tmp_path / "one.db") as one,
        opened_state(APP, tmp_path / "two.db") as two,
    ):
        one.prefill(30, 1)
        two.prefill(5, 2)

        one.write_file(tmp_path / "kept.jsonl")
        two.read_file(tmp_path / "kept.jsonl")

        assert two.archive.lines() == one.archive.lines()


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b'["resources", {"kind": "User"}]',
        b'["resources", {"kind": "User", "id": "1", "body": "[", "created": "", "modified": "",'
        b' "version": 1}]',
        b'["tokens", {"digest": "x"}]',
        b'["resources", {"kind": "User", "id": "1", "body": "{}", "created": "", "modified": "",'
        b' "version": 0}]',
        b'["resources", {"kind": "User", "id": "1", "body": "{}", "created": "", "modified": "",'
        b' "version": true}]',
        b'["resources", {"kind": "Robot", "id": "1", "body": "{}", "created": "", "modified": "",'
        b' "version": 1}]',
        b'["resources", {"kind": "User", "id": "\\u0000", "body": "{}", "created": "",'
        b' "modified": "", "version": 1}]',
        b'["resources", {"kind": "User", "id": "1", "body": "{\\"userName\\": \\"\\\\ud800\\"}",'
        b' "created": "", "modified": "", "version": 1}]',
        b'["members", {"group": "1", "member": 5}]',
        b'["members", {"group": "1", "other": "x"}]',
        b'["members", {"group": "1", "member": "\\ud800"}]',
        b'["switches", {"name": "welcome", "is_on": 1}]',
        b'["mails", {"account_id": "1"}]',
        b"\xff\xfe",
        b"[" * 5_000,
        b"x" * 5_000_000,
    ],
)
def test_a_file_with_one_bad_line_restores_nothing(tmp_path: Path, line: bytes) -> None:
    kept = tmp_path / "kept.jsonl"
    with opened_state(APP, tmp_path / "app.db") as state:
        state.prefill(5, 1)
        state.write_file(kept)
        state.prefill(9, 2)
        before = state.archive.lines()
        kept.write_bytes(kept.read_bytes() + line + b"\n")

        with pytest.raises(BadInput):
            state.read_file(kept)

        assert state.archive.lines() == before


@pytest.mark.parametrize("content", [b"", b"{}\n", b"userName\nada\n"])
def test_what_is_no_snapshot_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "kept.jsonl").write_bytes(content)
    with opened_state(APP, tmp_path / "app.db") as state:
        state.prefill(1, 1)

        with pytest.raises(BadInput):
            state.read_file(tmp_path / "kept.jsonl")

        assert state.archive.lines()


async def started(folder: Path, *options: str) -> tuple[asyncio.subprocess.Process, str]:
    """Start it; return its process and the SCIM base URL that it says."""
    process, line = await begun(folder, *options)
    return process, line.partition("SCIM base URL ")[2].partition(" ")[0]


async def begun(folder: Path, *options: str) -> tuple[asyncio.subprocess.Process, str]:
    """Start it; return its process and the line in which it says that it runs."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *("--db", str(folder / "app.db"), "--port", "0", "--token", "t", *options),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "SEATKEEPER_HOME": str(folder)},
    )
    assert process.stdout is not None
    return process, (await process.stdout.readline()).decode()


async def ended(process: asyncio.subprocess.Process, how: int = signal.SIGTERM) -> None:
    process.send_signal(how)
    await process.wait()


async def test_its_pages_are_told_under_the_name_that_the_console_s_cookie_does_not_go_to(
    tmp_path: Path,
) -> None:
    process, line = await begun(tmp_path)
    page, url = (line.partition(said)[2].split()[0].strip(",") for said in ("page ", "URL "))
    async with httpx.AsyncClient() as visitor:
        # As the console at 127.0.0.1 would set it: for every port of that name.
        visitor.cookies.set("seatkeeper", "a session", domain="127.0.0.1")
        there = visitor.build_request("GET", url)
        here = visitor.build_request("GET", page)
        answer = await visitor.send(here)
    await ended(process)

    assert "Cookie" in there.headers
    assert "Cookie" not in here.headers
    assert answer.status_code == 200


async def test_what_was_restored_survives_kill_9(tmp_path: Path) -> None:
    process, url = await started(tmp_path, "--prefill", "12")
    async with httpx.AsyncClient(base_url=url.removesuffix("/scim/v2")) as visitor:
        await visitor.post("/_sandbox/snapshots", json={"name": "x"})
        await visitor.post("/_sandbox/reset")
        before = (await visitor.get("/_sandbox/dump")).json()
        await visitor.post("/_sandbox/snapshots/x/restore")
    await ended(process, signal.SIGKILL)

    process, url = await started(tmp_path)
    async with httpx.AsyncClient(base_url=url.removesuffix("/scim/v2")) as visitor:
        after = (await visitor.get("/_sandbox/dump")).json()
    await ended(process)

    assert before["users"] == []
    assert len(after["users"]) == 12


async def test_the_command_line_takes_faults_and_issues_no_tokens(tmp_path: Path) -> None:
    (tmp_path / "faults.yaml").write_text(
        "- GET /Users: 429 retry-after=7s\n- slow p50=1ms p99=1ms\n"
    )
    process, url = await started(
        tmp_path, "--faults", str(tmp_path / "faults.yaml"), "--no-auth-page"
    )
    headers = {"Authorization": "Bearer t"}
    async with httpx.AsyncClient(headers=headers) as client:
        users = await client.get(f"{url}/Users")
        site = url.removesuffix("/scim/v2")
        pages = [
            (await client.get(f"{site}/")).status_code,
            (await client.post(f"{site}/tokens")).status_code,
            (await client.post(f"{site}/_sandbox/tokens", json={})).status_code,
            (await client.get(f"{site}/faults")).status_code,
        ]
        linked = (await client.get(f"{site}/faults")).text
    await ended(process)

    assert (users.status_code, users.headers["Retry-After"]) == (429, "7")
    assert pages == [404, 404, 404, 200]
    assert 'href="/"' not in linked
    assert "/here-as" not in linked


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--faults", "POTS: 500"), "Did you mean POST?"),
        (("--faults", "absent.yaml"), "cannot be read"),
        (("--no-auth-page",), "--token-file"),
        (("--restore", "absent.jsonl"), "cannot be read"),
        (("--prefill", "-1"), "from 0 to"),
    ],
)
async def test_what_cannot_be_is_said_before_it_runs(
    tmp_path: Path, options: tuple[str, ...], says: str
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(*COMMAND, "--port", "0", *options),
        stderr=asyncio.subprocess.PIPE,
        cwd=tmp_path,
        env={**os.environ, "SEATKEEPER_HOME": str(tmp_path)},
    )

    _, error = await process.communicate()

    assert process.returncode == 1
    assert says in " ".join(error.decode().split())


async def test_the_command_line_writes_a_snapshot_and_ends(tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl"
    process = await asyncio.create_subprocess_exec(
        *(*COMMAND, "--prefill", "3", "--seed", "8", "--snapshot", str(file)),
        env={**os.environ, "SEATKEEPER_HOME": str(tmp_path)},
    )

    status = await process.wait()

    rows = [json.loads(line) for line in file.read_text().splitlines()[1:]]
    assert status == 0
    assert sum(of == "resources" and row["kind"] == "User" for of, row in rows) == 3
