"""What an administrator looks up by hand: people, groups, the mappings in force, the help."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator

import cyclopts
import pytest
from tests.journeys.company import Company

from seatkeeper.cli.main import app, run

pytestmark = pytest.mark.journey

Typed = Callable[..., Awaitable[str]]


@pytest.fixture
def typed(
    company: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Typed:
    """Type a command into the company's installation; get what it prints."""
    monkeypatch.setenv("SEATKEEPER_HOME", str(company.opened.settings.home))

    async def type_it(*words: str) -> str:
        assert await asyncio.to_thread(run, [str(word) for word in words]) == 0
        return capsys.readouterr().out

    return type_it


async def test_the_list_of_people_names_managers_and_groups(company: Company, typed: Typed) -> None:
    await company.person("bo")
    await company.person("ada", manager="bo")
    await company.group("Sales", "ada")

    people = [json.loads(line) for line in (await typed("people", "list", "--json")).splitlines()]
    groups = [json.loads(line) for line in (await typed("groups", "list", "--json")).splitlines()]

    by_name = {one["userPrincipalName"]: one for one in people}
    assert by_name["ada@larkspur.example"]["manager"] == "bo@larkspur.example"
    assert by_name["ada@larkspur.example"]["groups"] == ["Sales"]
    assert by_name["bo@larkspur.example"]["manager"] == ""
    assert groups[0]["members"] == ["ada@larkspur.example"]


async def test_the_mappings_in_force_are_shown_with_the_changes_of_the_document(
    company: Company, typed: Typed
) -> None:
    await company.connect()

    shown = await typed("mappings", "15five")
    plain = json.loads(await typed("mappings", "15five", "--json"))

    by_target = {one["target"]: one for one in plain["users"]}
    assert by_target["title"]["source"] == "[jobTitle]"
    assert by_target["userName"]["matching"] == 1
    assert "title" in shown
    assert "matching 1" in shown


def commands(one: cyclopts.App, *path: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command there is."""
    yield path
    for name in one:
        if not name.startswith("-"):
            yield from commands(one[name], *path, name)


@pytest.mark.parametrize("words", list(commands(app)), ids=" ".join)
def test_no_help_offers_an_option_that_nobody_thought_of(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*words, "--help"]) == 0

    assert "--empty-" not in capsys.readouterr().out
