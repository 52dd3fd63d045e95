"""What an administrator looks up by hand: people, groups, the mappings in force, the help."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator

import cyclopts
import pytest
from tests.console_visitor import signed_in
from tests.journeys.company import Company
from tests.journeys.test_inbound import served

from seatkeeper.cli.main import app, run
from seatkeeper.cli.out import CHANGES_PLANNED

pytestmark = pytest.mark.journey

MANY = re.compile(
    r"\b1 (?:requests|writes|look-ups|people|groups|members|accounts|records|cycles|changes)\b"
)
"""Our counted nouns, said as many after a one."""

Typed = Callable[..., Awaitable[str]]


@pytest.fixture
def typed(
    company: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Typed:
    """Type a command into the company's installation; get what it prints."""
    monkeypatch.setenv("SEATKEEPER_HOME", str(company.opened.settings.home))

    async def type_it(*words: str) -> str:
        status = await asyncio.to_thread(run, [str(word) for word in words])
        assert status == (CHANGES_PLANNED if words[0] == "plan" else 0)
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
    assert by_name["ada@larkspur.example"]["managerId"] == company.ids["bo"]
    assert by_name["bo@larkspur.example"]["manager"] == ""
    assert by_name["bo@larkspur.example"]["managerId"] is None
    assert groups[0]["members"] == ["ada@larkspur.example"]


@pytest.mark.parametrize(
    "words",
    [
        ["show", "ada@larkspur.example"],
        ["set", "ada@larkspur.example", "jobTitle=Lead"],
        ["disable", "ada@larkspur.example"],
    ],
    ids=lambda words: words[0],
)
async def test_one_person_has_manager_and_groups_whatever_is_done_with_them(
    words: list[str], company: Company, typed: Typed
) -> None:
    await company.person("bo")
    await company.person("ada", manager="bo")
    await company.group("Sales", "ada")

    person = json.loads(await typed("people", *words, "--json"))

    assert (person["manager"], person["managerId"]) == ("bo@larkspur.example", company.ids["bo"])
    assert person["groups"] == ["Sales"]


async def test_one_of_a_thing_is_never_said_as_many(company: Company, typed: Typed) -> None:
    await company.person("bo")
    await company.person("ada", manager="bo", mail=None)
    await company.group("Sales", "bo", "ada")
    await company.connect(groups=["Sales"])
    await company.run()
    await company.change("bo", jobTitle="Lead")

    said = [await typed("plan", "15five"), await typed("run", "15five")]
    for words in (
        ["status"],
        ["status", "15five"],
        ["logs", "15five"],
        ["explain", "15five", "bo@larkspur.example"],
        ["explain", "15five", "ada@larkspur.example"],
        ["explain", "15five", "Sales", "--group", "--value", "members"],
        ["people", "list"],
        ["groups", "list"],
    ):
        said.append(await typed(*words))
    page = await status_page(company)
    said.append(page)

    assert "1 updated, " in said[1]
    assert "1 request" in said[1]
    assert "1 request" in page
    assert [found for one in said for found in MANY.findall(one)] == []


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


async def status_page(company: Company) -> str:
    """Return Home and the app's page as a browser gets them, without their tags."""

    async with served(company) as url:
        async with signed_in(company.opened, url.removesuffix("/scim/v2")) as visitor:
            answers = [await visitor.get(path) for path in ("/", "/apps/15five")]
    assert [one.status_code for one in answers] == [200, 200]
    return re.sub(r"<[^>]*>", "", "".join(one.text for one in answers))


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
