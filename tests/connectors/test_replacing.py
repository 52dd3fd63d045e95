"""An app without PATCH: what was just told is not read again, and nobody's change is lost."""

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.sandboxes import RunningSandbox, running_sandbox, unhurried

from seatkeeper.connectors.answers import Judge
from seatkeeper.connectors.http import Answer
from seatkeeper.connectors.replacing import LARGEST, MOST, SECONDS, Replacing
from seatkeeper.connectors.scim_app import scim_target
from seatkeeper.connectors.secret import Secret
from seatkeeper.directory.model import Kind
from seatkeeper.ports import Target, Trace
from seatkeeper.provisioning.account import TargetValue, ValueChange

TOKEN = "sandbox-token"
ADA: dict[str, TargetValue] = {
    "userName": "ada@larkspur.example",
    "active": True,
    "title": "Engineer",
}
DIRECTOR = [ValueChange("title", "Engineer", "Director")]


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[RunningSandbox]:
    async with running_sandbox(unhurried("shape-put"), tmp_path / "app.db", TOKEN) as running:
        yield running


@pytest.fixture
async def target(box: RunningSandbox) -> AsyncIterator[Target]:
    made = scim_target(unhurried("shape-put"), box.base_url, TOKEN, allow_loopback=True)
    yield made
    await made.close()


async def asked(box: RunningSandbox) -> list[str]:
    return [f"{row['method']} {row['status']}" for row in await box.requests()]


async def test_somebody_just_created_is_changed_without_a_read(
    box: RunningSandbox, target: Target
) -> None:
    made = await target.create(Kind.USER, ADA, Trace())

    await target.update(Kind.USER, made.id, DIRECTOR, Trace())
    await target.update(Kind.USER, made.id, [ValueChange("title", "Director", "Chair")], Trace())

    assert await asked(box) == ["POST 201", "PUT 200", "PUT 200"]
    assert [one["title"] for one in (await box.dump())["users"]] == ["Chair"]


async def test_what_somebody_else_wrote_meanwhile_is_kept(
    box: RunningSandbox, target: Target
) -> None:
    made = await target.create(Kind.USER, ADA, Trace())
    async with box.client() as other:
        held = (await other.get(f"/Users/{made.id}")).json()
        await other.put(f"/Users/{made.id}", json={**held, "displayName": "Countess"})

    await target.update(Kind.USER, made.id, DIRECTOR, Trace())

    [ada] = (await box.dump())["users"]
    assert (ada["title"], ada["displayName"]) == ("Director", "Countess")
    assert (await asked(box))[-3:] == ["PUT 412", "GET 200", "PUT 200"]


async def test_somebody_found_or_read_is_changed_without_another_read(
    box: RunningSandbox, target: Target
) -> None:
    async with box.client() as other:
        made = (await other.post("/Users", json=ADA)).json()

    await target.find(Kind.USER, "userName", "ada@larkspur.example", Trace())
    await target.update(Kind.USER, made["id"], DIRECTOR, Trace())
    await target.update(Kind.USER, made["id"], [ValueChange("title", "Director", None)], Trace())

    assert await asked(box) == ["POST 201", "GET 200", "PUT 200", "PUT 200"]


class App:
    """Answers each request with one resource, and remembers what it was asked."""

    def __init__(self) -> None:
        self.time = 0.0
        self.asked: list[str] = []
        self.replacing = Replacing(self.send, Judge(Secret(TOKEN)), now=lambda: self.time)

    async def send(
        self,
        method: str,
        path: str,
        trace: Trace,
        *,
        body: Mapping[str, Any] | None = None,
        if_match: str = "",
    ) -> Answer:
        self.asked.append(f"{method} {path} {if_match}".strip())
        return Answer(method, "app", 200, "application/json", json.dumps(told()).encode())

    async def put(self, place: str = "/Users/7") -> list[str]:
        await self.replacing.put(place, lambda held: {**held, "title": "x"}, Trace())
        return self.asked


def told(version: str | None = 'W/"1"', **more: Any) -> dict[str, Any]:
    return {"id": "7", "meta": {"version": version}, **more}


async def test_what_was_told_with_a_version_is_put_back_on_that_version() -> None:
    app = App()
    app.replacing.tell("/Users/7", told())

    assert await app.put() == ['PUT /Users/7 W/"1"']


@pytest.mark.parametrize(
    "resource",
    [
        told(None),
        told(""),
        told("1\r\nX-Other: 2"),
        told("é"),
        {"id": "7"},
        {"id": "7", "meta": "v1"},
        told(title="x" * LARGEST),
    ],
    ids=["null", "empty", "two lines", "no ASCII", "no meta", "odd meta", "large"],
)
async def test_what_cannot_be_put_back_safely_is_read_first(resource: dict[str, Any]) -> None:
    app = App()
    app.replacing.tell("/Users/7", resource)

    assert await app.put() == ["GET /Users/7", "PUT /Users/7"]


async def test_what_was_told_long_ago_is_read_first() -> None:
    app = App()
    app.replacing.tell("/Users/7", told())
    app.time = SECONDS + 1

    assert await app.put() == ["GET /Users/7", "PUT /Users/7"]


async def test_a_group_whose_members_an_answer_hides_is_read_first() -> None:
    app = App()
    app.replacing.tell("/Groups/7", told(), {"members": [{"value": "ada"}]})

    assert await app.put("/Groups/7") == ["GET /Groups/7", "PUT /Groups/7"]


async def test_only_the_newest_are_remembered() -> None:
    app = App()
    for number in range(MOST + 1):
        app.replacing.tell(f"/Users/{number}", told())

    await app.put("/Users/1")
    await app.put("/Users/0")

    assert app.asked == ['PUT /Users/1 W/"1"', "GET /Users/0", "PUT /Users/0"]
