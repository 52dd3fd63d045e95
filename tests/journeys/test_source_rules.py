"""A source whose words are its own: rules of one's own, carried over, taken back."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.journeys.company import Company
from tests.journeys.test_inbound import client, token

from seatkeeper.cli.main import run

pytestmark = pytest.mark.journey

Typed = Callable[..., Awaitable[tuple[int, str]]]

LOUD = "source: hr\nusers:\n  - {target: jobTitle, expression: 'ToUpper([title])'}\n"


@pytest.fixture
def typed(
    company: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Typed:
    monkeypatch.setenv("SEATKEEPER_HOME", str(company.opened.settings.home))

    async def type_it(*words: str) -> tuple[int, str]:
        status = await asyncio.to_thread(run, list(words))
        out, err = capsys.readouterr()
        return status, out + err

    return type_it


def rules(folder: Path, text: str) -> str:
    file = folder / "hr.yaml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def person(name: str, **more: object) -> dict[str, object]:
    return {"userName": f"{name}@larkspur.example", "active": True, **more}


async def title(company: Company, name: str) -> str:
    return (await company.opened.directory.user(f"{name}@larkspur.example")).text("jobTitle") or ""


async def test_rules_are_carried_over_at_once_and_back_again(
    company: Company, typed: Typed, tmp_path: Path
) -> None:
    async with client(company, token(company)) as hr:
        for name in ("ada", "bo"):
            await hr.post("/Users", json=person(name, title="Engineer"))
        await hr.post("/Users", json=person("cy"))
        applied = await typed("source", "apply", rules(tmp_path, LOUD))
        loud = [await title(company, name) for name in ("ada", "bo")]
        await hr.post("/Users", json=person("dee", title="Cook"))
        again = await typed("source", "apply", rules(tmp_path, LOUD))
        cook = await title(company, "dee")

        restored = await typed("source", "restore", "hr", "0")

    assert applied[0] == 0
    assert "expression ToUpper([title])" in applied[1]
    assert loud == ["ENGINEER", "ENGINEER"]
    assert cook == "COOK"
    assert again == (0, "hr: nothing to change\n")
    assert restored[0] == 0
    assert [await title(company, name) for name in ("ada", "dee")] == ["Engineer", "Cook"]


async def test_what_was_corrected_by_hand_stays(
    company: Company, typed: Typed, tmp_path: Path
) -> None:
    async with client(company, token(company)) as hr:
        await hr.post("/Users", json=person("ada", title="Engineer", nickName="Ada"))
        ada = await company.opened.directory.user("ada@larkspur.example")
        company.ids["ada"] = ada.id
        await company.change("ada", nickName="Countess")

        await typed("source", "apply", rules(tmp_path, LOUD))

    after = await company.opened.directory.user("ada@larkspur.example")
    assert (after.text("nickName"), after.text("jobTitle")) == ("Countess", "ENGINEER")


async def test_rules_of_one_source_are_nobody_elses(
    company: Company, typed: Typed, tmp_path: Path
) -> None:
    await typed("source", "apply", rules(tmp_path, LOUD))

    async with client(company, token(company, "contractors")) as other:
        await other.post("/Users", json=person("ada", title="Engineer"))

    assert await title(company, "ada") == "Engineer"


async def test_whom_the_rules_do_not_fit_is_named_and_the_others_are_told(
    company: Company, typed: Typed, tmp_path: Path
) -> None:
    bad = "source: hr\nusers:\n  - {target: accountEnabled, attribute: nickName}\n"
    async with client(company, token(company)) as hr:
        await hr.post("/Users", json=person("ada", nickName="Countess"))
        await hr.post("/Users", json=person("bo", nickName="false"))

        status, said = await typed("source", "apply", rules(tmp_path, bad))

    assert status == 1
    assert "not told: ada@larkspur.example" in said
    assert not (await company.opened.directory.user("bo@larkspur.example")).enabled


async def test_a_dry_run_changes_nothing(company: Company, typed: Typed, tmp_path: Path) -> None:
    status, said = await typed("source", "apply", rules(tmp_path, LOUD), "--dry-run")

    assert (status, "would change" in said) == (0, True)
    assert company.opened.sources.rules.current("hr").version == 0


async def test_rules_are_shown_listed_and_their_versions_kept(
    company: Company, typed: Typed, tmp_path: Path
) -> None:
    await typed("source", "apply", rules(tmp_path, LOUD))
    shown = (await typed("source", "show", "hr"))[1]
    again = await typed("source", "apply", rules(tmp_path, shown))
    listed = json.loads((await typed("source", "list", "--json"))[1])
    versions = (await typed("source", "versions", "hr", "--json"))[1].splitlines()
    missing = await typed("source", "show", "hr", "7")
    misnamed = await typed("source", "show", "H R")

    assert again == (0, "hr: nothing to change\n")
    assert (listed["source"], listed["version"]) == ("hr", 1)
    assert [json.loads(one)["version"] for one in versions] == [1, 0]
    assert (missing[0], misnamed[0]) == (1, 1)
    assert "0 to 1" in missing[1]
