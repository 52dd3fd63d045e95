"""What the app says of its client: on its page, for programs, and in a file at the end."""

import json
from pathlib import Path

import httpx
import pytest
from tests.sandbox.people import hired, replaced
from tests.sandboxes import RunningSandbox, running_sandbox

from seatkeeper.errors import BadInput


async def clumsy(app: RunningSandbox) -> None:
    """Write the same title twice, and look the account up twice."""
    async with app.client() as client:
        ana = await hired(client, "ana")
        for _ in range(2):
            await replaced(client, ana, "title", "Engineer")
        for _ in range(2):
            await client.get("/Users", params={"filter": 'title eq "Engineer"'})


EXPECTED = {"repeated-read": 1, "empty-write": 1}


async def test_the_page_and_the_program_hear_the_same(
    app: RunningSandbox, visitor: httpx.AsyncClient
) -> None:
    await clumsy(app)

    page = (await visitor.get("/report")).text
    read = (await visitor.get("/report.json")).json()

    assert {one["kind"]: one["count"] for one in read["remarks"]} == EXPECTED
    for one in read["remarks"]:
        assert one["title"] in page
        assert one["advice"] in page
        assert all(f'href="/requests/{number}"' in page for number in one["examples"])


@pytest.mark.parametrize("name", ["report.json", "report.JSON"])
async def test_a_report_for_programs_is_written_at_the_end(tmp_path: Path, name: str) -> None:
    file = tmp_path / "reports" / name

    async with running_sandbox("15five", tmp_path / "app.db", report=file) as app:
        await clumsy(app)

    read = json.loads(file.read_text("utf-8"))
    assert {one["kind"]: one["count"] for one in read["remarks"]} == EXPECTED
    assert list(file.parent.iterdir()) == [file]


async def test_a_report_for_people_judges_only_its_own_run(tmp_path: Path) -> None:
    async with running_sandbox("15five", tmp_path / "app.db") as app:
        await clumsy(app)

    async with running_sandbox("15five", tmp_path / "app.db", report=tmp_path / "a.txt") as app:
        async with app.client() as client:
            await client.get("/Users")
        async with httpx.AsyncClient(base_url=app.site) as visitor:
            everything = (await visitor.get("/report.json?of=all")).json()

    text = (tmp_path / "a.txt").read_text("utf-8")
    assert "1 request, 6 to 6." in text
    assert "Nothing to complain about." in text
    assert everything["complaints"] == 2


async def test_a_report_that_cannot_be_written_is_refused_before_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(BadInput, match="cannot be written"):
        async with running_sandbox(
            "15five", tmp_path / "app.db", report=tmp_path / "file" / "report.txt"
        ):
            pass
