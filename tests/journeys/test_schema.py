"""Mappings travel as the reference's schema JSON, and every version of them can come back."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.company import Company

from seatkeeper.cli.main import run

pytestmark = pytest.mark.journey

Typed = Callable[..., Awaitable[tuple[int, str, str]]]


@pytest.fixture
def typed(
    company: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Typed:
    """Type a command into the company's installation; get exit status, output and complaints."""
    monkeypatch.setenv("SEATKEEPER_HOME", str(company.opened.settings.home))

    async def type_it(*words: str | Path) -> tuple[int, str, str]:
        status = await asyncio.to_thread(run, [str(word) for word in words])
        out, err = capsys.readouterr()
        return status, out, err

    return type_it


@pytest.fixture
async def crew(company: Company) -> Company:
    """Ada and Bo have their accounts."""
    await company.person("ada", jobTitle="Pilot", department="Kites")
    await company.person("bo", jobTitle="Crew", department="Crew")
    await company.connect(people=["ada", "bo"])
    await company.run()
    return company


def edited(file: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    plain = json.loads(file.read_text(encoding="utf-8"))
    edit(plain["synchronizationRules"][0]["objectMappings"][0])
    file.write_text(json.dumps(plain), encoding="utf-8")


def titles_from_the_department(users: dict[str, Any]) -> None:
    [title] = [one for one in users["attributeMappings"] if one["targetAttributeName"] == "title"]
    title["source"] = {"type": "Attribute", "name": "department"}
    users["x-own"] = {"kept": [1, None]}


async def test_an_edit_of_the_exported_schema_sends_only_real_differences(
    crew: Company, typed: Typed, tmp_path: Path
) -> None:
    file = tmp_path / "schema.json"
    written = await typed("schema", "export", "15five", "--out", file)
    untouched = await typed("schema", "import", "15five", file)
    edited(file, titles_from_the_department)

    dry = await typed("schema", "import", "15five", file, "--dry-run", "--json")
    done = await typed("schema", "import", "15five", file)
    planned = await typed("plan", "15five", "--json")
    again = await typed("schema", "import", "15five", file, "--json")
    back = await typed("schema", "export", "15five", "--json")

    assert (written[0], untouched[0], "nothing to change" in untouched[1]) == (0, 0, True)
    [line] = json.loads(dry[1])["changes"]
    assert line == "mapping of users: title: as in the gallery -> attribute department"
    assert line in done[1]
    assert planned[0] == 2
    assert "Pilot" in planned[1]
    assert "Kites" in planned[1]
    assert json.loads(again[1])["changes"] == []
    assert json.loads(back[1]) == json.loads(file.read_text(encoding="utf-8"))


async def test_what_reaches_the_app_follows_the_imported_schema_and_its_return(
    crew: Company, typed: Typed, tmp_path: Path
) -> None:
    file = tmp_path / "schema.json"
    await typed("schema", "export", "15five", "--out", file)
    edited(file, titles_from_the_department)
    await typed("schema", "import", "15five", file)
    await crew.run()
    moved = await crew.account("ada")

    listed = await typed("versions", "list", "15five")
    rows = (await typed("versions", "list", "15five", "--json"))[1].splitlines()
    compared = await typed("versions", "diff", "15five", "1", "--json")
    same = await typed("versions", "diff", "15five", "2")
    dry = await typed("versions", "restore", "15five", "1", "--dry-run")
    restored = await typed("versions", "restore", "15five", "1", "--json")
    await crew.run()

    assert moved is not None
    assert moved["title"] == "Kites"
    assert "2 (now)" in listed[1]
    assert "attribute department" in listed[1].replace("\n", " ")
    assert [json.loads(one)["version"] for one in rows] == [2, 1]
    assert json.loads(compared[1])["changes"][0].startswith("mapping of users: title")
    assert "Nothing differs" in same[1]
    assert "would change" in dry[1]
    assert json.loads(restored[1])["applied"] is True
    back = await crew.account("ada")
    assert back is not None
    assert back["title"] == "Pilot"
    await crew.requests_since()
    await crew.nothing_more()


async def test_what_cannot_be_done_is_said_and_nothing_changes(
    crew: Company, typed: Typed, tmp_path: Path
) -> None:
    file = tmp_path / "schema.json"
    await typed("schema", "export", "15five", "--out", file)
    edited(file, lambda users: users.update(flowTypes="Ad", targetObjectName="urn:x"))

    faulty = await typed("schema", "import", "15five", file)
    absent = await typed("schema", "import", "15five", tmp_path / "absent.json")
    folder = await typed("schema", "export", "15five", "--out", tmp_path)
    unknown = await typed("schema", "export", "lamps")
    neither = await typed("versions", "restore", "15five")
    both = await typed("versions", "restore", "15five", "1", "--default-mappings")
    defaults = await typed("versions", "restore", "15five", "--default-mappings")

    assert faulty[0] == 1
    assert "schema.json has 2 faults" in faulty[2]
    assert "$.synchronizationRules[0].objectMappings[0].flowTypes: 'Ad' is none" in faulty[2]
    assert (absent[0], "cannot be read" in absent[2]) == (1, True)
    assert (folder[0], "cannot be written" in folder[2]) == (1, True)
    assert (unknown[0], "No application 'lamps'" in unknown[2]) == (1, True)
    assert (neither[0], both[0]) == (1, 1)
    assert "nothing to change" in defaults[1]
