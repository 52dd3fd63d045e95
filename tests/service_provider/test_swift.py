"""Plain requests answered in turns: what takes part, what goes its usual way, on a real socket."""

import asyncio
import json
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.sandboxes import RunningSandbox, running_sandbox

from seatkeeper.gallery.schema import gallery_app
from seatkeeper.service_provider.profile import profile_of
from seatkeeper.service_provider.swift import Lane, lane_of

PROFILE = profile_of(gallery_app("generic-scim"))
RACES = int(os.environ.get("SEATKEEPER_RACES", "200"))
EQ = "filter=userName%20eq%20%22ada%22"


@pytest.mark.parametrize(
    ("method", "path", "query", "lane"),
    [
        ("GET", "Users", EQ, Lane.READS),
        ("GET", "Users", EQ + "&attributes=id", Lane.READS),
        ("GET", "Users/1", "", Lane.READS),
        ("GET", "Users", EQ + "%20or%20title%20co%20%22a%22", None),
        ("GET", "Users", "startIndex=1&count=100", None),
        ("GET", "Users", EQ + "&sortBy=title", None),
        ("GET", "Groups/1", "", None),
        ("GET", "Groups/1", "excludedAttributes=members", Lane.READS),
        ("POST", "Users", "", Lane.WRITES),
        ("POST", "Users/.search", "", None),
        ("POST", "Bulk", "", None),
        ("PATCH", "Groups/1", "", Lane.WRITES),
        ("PUT", "Groups/1", "", None),
        ("DELETE", "Users/1", "", Lane.WRITES),
        ("GET", "Schemas", "", None),
    ],
)
def test_only_what_costs_little_takes_part_in_turns(
    method: str, path: str, query: str, lane: Lane | None
) -> None:
    assert lane_of(PROFILE, method, path.split("/"), query) is lane


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[RunningSandbox]:
    async with running_sandbox("generic-scim", tmp_path / "app.db") as running:
        yield running


class Wire:
    """A connection on which a test says exactly what it wants."""

    def __init__(self, app: RunningSandbox) -> None:
        self._address = app.site.removeprefix("http://")
        self._token = app.token

    async def __aenter__(self) -> "Wire":
        host, _, port = self._address.partition(":")
        self._reader, self._writer = await asyncio.open_connection(host, int(port))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    def made(self, method: str, target: str, body: str = "", more: str = "") -> bytes:
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        return (
            f"{method} /scim/v2/{target} HTTP/1.1\r\nHost: {self._address}\r\n"
            f"Authorization: Bearer {self._token}\r\n{more}{length}\r\n{body}"
        ).encode()

    async def say(self, *parts: bytes) -> None:
        for part in parts:
            self._writer.write(part)
            await self._writer.drain()

    async def hear(self) -> tuple[int, dict[str, str], bytes]:
        first, *lines = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]
        headers = dict(line.lower().split(": ", 1) for line in lines)
        body = await self._reader.readexactly(int(headers.get("content-length", "0")))
        return int(first.split()[1]), headers, body


async def test_a_request_is_answered_alike_in_a_turn_and_on_its_usual_way(
    app: RunningSandbox,
) -> None:
    async with Wire(app) as wire:
        await wire.say(wire.made("POST", "Users", json.dumps({"userName": "ada"})))
        await wire.hear()

        await wire.say(wire.made("GET", f"Users?{EQ}"))
        swift = await wire.hear()
        # Two lines for one header are not plain, so the usual server takes over.
        await wire.say(wire.made("GET", f"Users?{EQ}", more="X-A: 1\r\nX-A: 2\r\n"))
        usual = await wire.hear()

    for answer in (swift, usual):
        answer[1].pop("date")
    assert swift == usual
    assert json.loads(swift[2])["totalResults"] == 1


async def test_requests_sent_in_pieces_or_at_once_are_answered_in_order(
    app: RunningSandbox,
) -> None:
    async with Wire(app) as wire:
        one, two = (wire.made("POST", "Users", json.dumps({"userName": n})) for n in ("a", "b"))

        await wire.say(*(one[at : at + 7] for at in range(0, len(one), 7)))
        first = await wire.hear()
        await wire.say(two + wire.made("GET", "Users?startIndex=1") + wire.made("GET", "Users/x"))
        rest = [await wire.hear() for _ in range(3)]

    assert first[0] == 201
    assert [status for status, _, _ in rest] == [201, 200, 404]
    assert json.loads(rest[1][2])["totalResults"] == 2


@pytest.mark.parametrize(
    "odd", ["Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "Content-Length: 1\r\n"]
)
async def test_a_message_with_two_lengths_never_begins_another_one(
    app: RunningSandbox, odd: str
) -> None:
    async with Wire(app) as wire:
        await wire.say(wire.made("POST", "Users", '{"userName":"ada"}', more=odd))

        status, _, _ = await wire.hear()

    assert status == 400


async def test_reads_are_in_the_journal_before_whoever_was_answered_can_look(
    app: RunningSandbox,
) -> None:
    async with app.client() as client:
        await client.post("/Users", json={"userName": "ada"})
        for _ in range(3):
            await client.get("/Users", params={"filter": 'userName eq "ada"'})

            last = (await app.requests())[-1]

            assert (last["method"], last["status"]) == ("GET", 200)
    assert [one["method"] for one in await app.requests()] == ["POST", "GET", "GET", "GET"]


async def test_two_who_race_for_one_name_get_one_201_and_one_409(app: RunningSandbox) -> None:
    async with Wire(app) as one, Wire(app) as two:
        for number in range(RACES):
            wanted = one.made("POST", "Users", json.dumps({"userName": f"name{number}"}))

            await asyncio.gather(one.say(wanted), two.say(wanted))
            answers = await asyncio.gather(one.hear(), two.hear())

            assert sorted(status for status, _, _ in answers) == [201, 409], number


SERVE = """
import asyncio, sys
from pathlib import Path
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.sandbox.serve import serve_sandbox
asyncio.run(serve_sandbox(gallery_app("generic-scim"), host="127.0.0.1", port=0,
    db_path=Path(sys.argv[1]), token="t", on_ready=lambda url: print(url, flush=True)))
"""


async def test_whoever_was_answered_before_a_kill_is_there_with_the_request_that_made_them(
    tmp_path: Path,
) -> None:
    place = tmp_path / "app.db"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVE, str(place), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    url = (await process.stdout.readline()).decode().strip()
    app = RunningSandbox(url, f"{url}/scim/v2", "t")
    answered: set[str] = set()

    async def create(client: int) -> None:
        async with Wire(app) as wire:
            for number in range(1_000):
                name = f"p{client}-{number}"
                await wire.say(wire.made("POST", "Users", json.dumps({"userName": name})))
                assert (await wire.hear())[0] == 201
                answered.add(name)
                if len(answered) == 200:
                    process.send_signal(signal.SIGKILL)

    ended = await asyncio.gather(*map(create, range(16)), return_exceptions=True)
    await process.wait()

    file = sqlite3.connect(place)
    kept = {json.loads(body)["userName"] for (body,) in file.execute("SELECT body FROM resources")}
    noted = {
        json.loads(sent)["userName"]
        for (sent,) in file.execute("SELECT request FROM requests WHERE status = 201")
    }
    file.close()
    assert all(isinstance(one, asyncio.IncompleteReadError | OSError) for one in ended)
    assert answered <= kept
    assert kept == noted
