"""Each line of a connection test fails for its own reason, with words, and without the token."""

import json
from collections.abc import Sequence

import pytest
from tests.connectors.asking import TOKEN, target
from tests.connectors.rude_app import Manners, answers, resets, rude_app

from seatkeeper.connectors.scim_target import ScimTarget
from seatkeeper.provisioning.connection import (
    CheckName,
    CheckResult,
    ConnectionCheck,
    not_reached,
    usable,
)

LISTED = json.dumps({"totalResults": 3, "Resources": [{"id": "1"}, {"id": "2"}, {"id": "3"}]})
EMPTY = json.dumps({"totalResults": 0, "Resources": []})


async def checks_of(one: ScimTarget) -> Sequence[ConnectionCheck]:
    made = [line async for line in one.checks("userName")]
    await one.close()
    assert [line.name for line in made] == list(CheckName)
    assert TOKEN not in repr(made)
    return made


def failing(made: Sequence[ConnectionCheck]) -> ConnectionCheck:
    """Return the one line that stops, after seeing that nothing behind it was tried."""
    [broken] = [line for line in made if line.stops]
    after = made[made.index(broken) + 1 :]
    assert all(line.result is CheckResult.NOT_REACHED for line in after)
    assert broken.advice
    assert not usable(made)
    return broken


def by_path(**answered: Manners) -> Manners:
    """Answer by the first word of ``answered`` that the request line holds."""

    async def manners(request, writer) -> None:
        line = request.partition(b"\r\n")[0].decode()
        found = next(one for word, one in answered.items() if word in line or word == "rest")
        await found(request, writer)

    return manners


async def test_a_name_that_leads_nowhere_fails_the_first_line_and_nothing_is_asked() -> None:
    async def nobody_knows(_host: str, _port: int) -> Sequence[str]:
        raise OSError("no such name")

    made = await checks_of(
        target("https://app.example/scim", resolver=nobody_knows, allow_loopback=False)
    )

    assert failing(made).name is CheckName.ADDRESS
    assert "does not resolve" in made[0].words


async def test_a_name_that_leads_inside_fails_the_address_policy() -> None:
    async def inside(_host: str, _port: int) -> Sequence[str]:
        return ["10.0.0.7"]

    made = await checks_of(
        target("https://app.example/scim", resolver=inside, allow_loopback=False)
    )

    assert failing(made).name is CheckName.ADDRESS
    assert "10.0.0.7" in made[0].words


async def test_a_connection_that_breaks_fails_the_second_line() -> None:
    async with rude_app(resets) as (url, received):
        made = await checks_of(target(url))

    assert failing(made).name is CheckName.ENCRYPTION
    assert made[0].result is CheckResult.PASSED
    assert len(received) == 1


@pytest.mark.parametrize(("status", "words"), [(401, "did not accept"), (403, "allows it nothing")])
async def test_a_refused_token_is_its_own_line_with_the_apps_words(status: int, words: str) -> None:
    said = json.dumps({"detail": f"no, {TOKEN}"})
    async with rude_app(answers(status, said)) as (url, received):
        made = await checks_of(target(url))

    line = failing(made)
    assert line.name is CheckName.TOKEN
    assert words in line.words
    assert "no," in line.said
    assert len(received) == 1


async def test_what_is_no_scim_fails_reading_people_and_leaves_the_token_open() -> None:
    async with rude_app(answers(200, "<h1>Welcome</h1>", Content_Type="text/html")) as (url, _):
        made = await checks_of(target(url))

    assert failing(made).name is CheckName.PEOPLE
    assert made[2].result is CheckResult.NOT_REACHED


async def test_an_app_that_ignores_filters_fails_that_line_and_the_others_are_made() -> None:
    async with rude_app(answers(200, LISTED)) as (url, received):
        made = await checks_of(target(url))

    [broken] = [line for line in made if line.stops]
    assert broken.name is CheckName.FILTER
    assert "ignored the filter" in broken.words
    assert "3 accounts" in made[3].words
    assert made[6].result is CheckResult.PASSED
    assert all(b"POST" not in one for one in received)


async def test_an_app_that_does_not_describe_itself_can_be_used() -> None:
    manners = by_path(ServiceProviderConfig=answers(404), rest=answers(200, EMPTY))
    async with rude_app(manners) as (url, _):
        made = await checks_of(target(url))

    assert made[-1].result is CheckResult.FAILED
    assert not made[-1].needed
    assert usable(made)


async def test_groups_that_may_not_be_read_stop() -> None:
    manners = by_path(Groups=answers(403), rest=answers(200, EMPTY))
    async with rude_app(manners) as (url, _):
        made = await checks_of(target(url))

    [broken] = [line for line in made if line.stops]
    assert broken.name is CheckName.GROUPS


def test_no_checks_at_all_prove_nothing() -> None:
    assert not usable([])
    assert not_reached(CheckName.CONFIGURATION) == []
