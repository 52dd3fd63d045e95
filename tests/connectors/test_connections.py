"""Connections go to the judged address, are reused, and carry only what they should."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.connectors.asking import TOKEN, ask, fault_of, target
from tests.connectors.rude_app import (
    Manners,
    answers,
    certificate,
    rude_app,
)

from seatkeeper.connectors.scim_target import ScimTarget
from seatkeeper.directory.model import Kind
from seatkeeper.errors import (
    Incompatible,
    InDoubt,
    LeaseLost,
    Refused,
    Unreachable,
)
from seatkeeper.ports import Trace
from seatkeeper.ports.permit import asked_first


@pytest.mark.fault("T1")
async def test_a_name_without_an_address_is_unreachable_and_nothing_is_sent() -> None:
    async def nobody_knows(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(-2, "Name or service not known")

    error = await fault_of(target("https://app.example/scim", resolver=nobody_knows), "create")

    assert type(error) is Unreachable
    assert "Check the spelling" in error.advice


@pytest.mark.parametrize("ip", ["10.0.0.7", "169.254.169.254", "127.0.0.1", "::ffff:10.0.0.7"])
async def test_a_name_that_leads_inside_gets_no_request(ip: str) -> None:
    async def inside(host: str, port: int) -> Sequence[str]:
        return ["93.184.216.34", ip]

    one = target("https://app.example/scim", resolver=inside, allow_loopback=False)
    error = await fault_of(one, "create")

    assert type(error) is Incompatible
    assert ip in error.message


@pytest.mark.fault("T2")
async def test_a_port_where_nobody_listens_refuses_and_nothing_is_in_doubt() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/scim"
        error = await fault_of(target(url), "create")

    assert type(error) is Unreachable
    assert "not running there" in error.advice


async def test_what_must_not_leave_any_more_is_not_sent() -> None:
    def never() -> None:
        raise LeaseLost("15five")

    async with rude_app(answers(200, '{"totalResults": 0}')) as (url, received):
        with asked_first(never):
            error = await fault_of(target(url), "create")

    assert type(error) is LeaseLost
    assert received == []


@contextlib.asynccontextmanager
async def over_tls(
    folder: Path, name: str, asked: str, *, days: int = 30, known: bool = True
) -> AsyncIterator[tuple[ScimTarget, list[bytes]]]:
    """Run an app whose certificate is for ``name``, and a target that asks for ``asked``."""

    async def here(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    context, pem = certificate(folder, name, days=days)
    manners = answers(200, '{"totalResults": 0}')
    async with rude_app(manners, tls=context) as (url, received):
        named = url.replace("127.0.0.1", asked)
        yield target(named, resolver=here, roots=[pem] if known else []), received


async def test_a_name_is_pinned_to_its_address_and_kept_in_the_request(tmp_path: Path) -> None:
    async with over_tls(tmp_path, "app.example", "app.example") as (one, received):
        assert await one.find(Kind.USER, "userName", "ada", Trace()) == []
        await one.close()

    [request] = received
    assert b"\r\nHost: app.example:" in request


@pytest.mark.parametrize(
    ("asked", "days", "known", "words"),
    [
        ("app.example", 30, False, "issuer this machine does not know"),
        ("app.example", -1, True, "has expired"),
        ("other.example", 30, True, "belongs to another host"),
    ],
)
@pytest.mark.fault("T4")
async def test_a_certificate_that_is_wrong_says_how_and_nothing_is_sent(
    tmp_path: Path, asked: str, days: int, known: bool, words: str
) -> None:
    async with over_tls(tmp_path, "app.example", asked, days=days, known=known) as (one, received):
        error = await fault_of(one, "create")

    assert type(error) is Unreachable
    assert words in error.message
    assert received == []


async def test_the_trace_keeps_each_exchange_but_no_name() -> None:
    trace = Trace()
    async with rude_app(answers(200, '{"totalResults": 0}')) as (url, received):
        one = target(url)
        await ask(one, "find", trace)
        with pytest.raises(InDoubt):
            await ask(one, "create", trace)
        await one.close()

    assert [(each.method, each.status) for each in trace.exchanges] == [("GET", 200), ("POST", 200)]
    assert "ada" not in repr(trace)
    assert trace.exchanges[0].request_id.encode() in received[0]
    assert f"Authorization: Bearer {TOKEN}".encode() in received[0]
    assert b"User-Agent: Seatkeeper/" in received[0]


@pytest.mark.fault("T12")
async def test_members_that_are_too_many_are_sent_in_halves() -> None:
    sizes: list[int] = []

    async def takes_two(request: bytes, writer: object) -> None:
        operations = json.loads(request.partition(b"\r\n\r\n")[2])["Operations"]
        sizes.append(len(operations[0]["value"]))
        await answers(204 if sizes[-1] <= 2 else 413)(request, writer)  # type: ignore[arg-type]  # a stream

    async with rude_app(takes_two) as (url, _):
        one = target(url)
        await one.change_members("g-1", [f"a-{n}" for n in range(5)], [], Trace())
        await one.change_members("g-1", ["a-9", "a-8", "a-7"], [], Trace())
        await one.close()

    assert sizes == [5, 2, 2, 1, 2, 1]


@pytest.mark.parametrize("manners", [answers(204), answers(200), answers(200, '{"id": "a-1"}')])
@pytest.mark.fault("T27")
async def test_a_change_is_taken_with_a_resource_an_empty_answer_or_none(manners: Manners) -> None:
    async with rude_app(manners) as (url, received):
        one = target(url)
        await ask(one, "update")
        await one.close()

    body = json.loads(received[0].partition(b"\r\n\r\n")[2])
    assert body["Operations"] == [{"op": "replace", "path": "title", "value": "b"}]


async def test_an_account_whose_id_stands_only_in_the_location_is_known_by_it() -> None:
    async with rude_app(answers(201, Location="https://app.example/scim/Users/a-77")) as (url, _):
        one = target(url)
        made = await one.create(Kind.USER, {"userName": "ada"}, Trace())
        await one.close()

    assert made.id == "a-77"
    assert dict(made.values) == {"userName": "ada"}


async def test_requests_share_one_connection() -> None:
    callers: set[object] = set()

    async def remembers(request: bytes, writer: asyncio.StreamWriter) -> None:
        callers.add(writer.get_extra_info("peername"))
        await answers(200, '{"totalResults": 0}')(request, writer)

    async with rude_app(remembers) as (url, received):
        one = target(url)
        for _ in range(5):
            await ask(one, "find")
        await one.close()

    assert (len(received), len(callers)) == (5, 1)


async def test_an_app_that_moved_is_found_again_after_one_failure() -> None:
    asked: list[str] = []

    async def two_places(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.2", "127.0.0.1"]

    async with rude_app(answers(200, '{"totalResults": 0}')) as (url, received):
        one = target(url.replace("127.0.0.1", "localhost"), resolver=two_places)
        with pytest.raises(Unreachable):
            await ask(one, "find")
        await ask(one, "find")
        await ask(one, "find")
        await one.close()

    assert asked == ["localhost", "localhost"]
    assert len(received) == 2


async def test_a_value_with_half_a_character_is_refused_and_sent_nowhere() -> None:
    async with rude_app(answers(200, '{"totalResults": 0}')) as (url, received):
        one = target(url)
        with pytest.raises(Refused, match="half a character"):
            await one.find(Kind.USER, "userName", "half \ud83e", Trace())
        with pytest.raises(Refused, match="half a character"):
            await one.create(Kind.USER, {"userName": "half \ud83e"}, Trace())
        await one.close()

    assert received == []


@pytest.mark.parametrize("account_id", ["a/../b", "a?b#c", "ä b"])
async def test_an_id_names_one_place_whatever_it_holds(account_id: str) -> None:
    async with rude_app(answers(204)) as (url, received):
        one = target(url)
        await one.delete(Kind.USER, account_id, Trace())
        await one.close()

    line = received[0].split(b"\r\n")[0].decode()
    assert line == f"DELETE /scim/v2/Users/{quote(account_id, safe='')} HTTP/1.1"


async def test_an_id_of_dots_names_no_other_place() -> None:
    async with rude_app(answers(204)) as (url, received):
        with pytest.raises(Incompatible):
            await target(url).delete(Kind.USER, "..", Trace())

    assert received == []
