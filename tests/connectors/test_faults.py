"""Each way in which an app misbehaves is one class of error, with words and without the token."""

import contextlib
import datetime as dt
import gzip
import json
import socket
import traceback
from collections.abc import AsyncIterator, Sequence
from email.utils import format_datetime
from pathlib import Path

import pytest
from tests.connectors.rude_app import (
    Manners,
    answers,
    certificate,
    is_silent,
    resets,
    rude_app,
    speaks_something_else,
    stops_half_way,
)

from seatkeeper.connectors.answers import LONGEST_WAIT, wait_of
from seatkeeper.connectors.http import Limits
from seatkeeper.connectors.resources import shape_of
from seatkeeper.connectors.scim_target import ScimTarget
from seatkeeper.directory.model import Kind
from seatkeeper.errors import (
    Conflict,
    ConnectorError,
    CredentialsRejected,
    Incompatible,
    InDoubt,
    Refused,
    Throttled,
    Transient,
    Unreachable,
    Vanished,
)
from seatkeeper.gallery.capabilities import capabilities_of
from seatkeeper.gallery.schema import gallery_app
from seatkeeper.ports import Trace
from seatkeeper.provisioning.account import ValueChange

TOKEN = "tok-4711-very-secret"
IMPATIENT = Limits(connect_seconds=1, idle_seconds=0.3, total_seconds=0.5)

DEEP = "[" * 100_000 + "]" * 100_000
NESTED = '{"a":' * 200 + "1" + "}" * 200
ERROR = json.dumps(
    {"scimType": "invalidValue", "detail": f"title\x00 is\nodd, {TOKEN}", "status": "400"}
)


def target(url: str, **more: object) -> ScimTarget:
    app = gallery_app("generic-scim")
    assert app.groups is not None
    shapes = {Kind.USER: shape_of(app.users), Kind.GROUP: shape_of(app.groups)}
    options: dict[str, object] = {"allow_loopback": True, "requests_per_second": 1000.0, **more}
    return ScimTarget(url, TOKEN, shapes, capabilities_of(app), **options)  # type: ignore[arg-type]


async def ask(one: ScimTarget, verb: str, trace: Trace | None = None) -> object:
    trace = trace or Trace()
    match verb:
        case "probe":
            return await one.probe("userName")
        case "find":
            return await one.find(Kind.USER, "userName", "ada@larkspur.example", trace)
        case "read":
            return await one.read(Kind.USER, "a-1", trace)
        case "create":
            return await one.create(Kind.USER, {"userName": "ada@larkspur.example"}, trace)
        case "update":
            return await one.update(Kind.USER, "a-1", [ValueChange("title", "a", "b")], trace)
        case "members":
            return await one.change_members("g-1", ["a-1"], ["a-2"], trace)
        case _:
            return await one.delete(Kind.USER, "a-1", trace)


async def fault_of(one: ScimTarget, verb: str) -> ConnectorError:
    """Return the one error that the verb ends with, after seeing that it is fit to be shown."""
    with pytest.raises(ConnectorError) as caught:
        await ask(one, verb)
    await one.close()
    error = caught.value
    everything = "".join(traceback.format_exception(error)) + repr(error) + str(vars(error))
    assert TOKEN not in everything
    assert error.advice.endswith((".", "/Users")), error.advice
    assert len(error.said) <= 200
    assert error.said.isprintable()
    return error


@pytest.mark.parametrize(
    ("manners", "verb", "expected", "words"),
    [
        (answers(401, ERROR), "probe", CredentialsRejected, "new token"),
        (answers(401), "update", CredentialsRejected, "new token"),
        (answers(403), "probe", CredentialsRejected, "as an administrator"),
        (answers(403), "find", CredentialsRejected, "as an administrator"),
        (answers(403, ERROR), "update", Refused, "protected"),
        (answers(404), "probe", Incompatible, "answers, but not as SCIM"),
        (answers(404, "<h1>Not here</h1>"), "find", Incompatible, "answers, but not as SCIM"),
        (answers(404), "create", Incompatible, "answers, but not as SCIM"),
        (answers(404, ERROR), "update", Vanished, "looked up again"),
        (answers(200, "<html>Sign in</html>"), "probe", Incompatible, "a web page"),
        (answers(200, "<html>Sign in</html>"), "create", Refused, "a web page"),
        (answers(200, "<html>Sign in</html>"), "update", Refused, "a web page"),
        (answers(200), "find", Incompatible, "an empty answer"),
        (answers(200, '{"totalResults": 1, "Resou'), "find", Incompatible, "no JSON"),
        (answers(200, '{"hello": "world"}'), "probe", Incompatible, "no SCIM ListResponse"),
        (answers(200, "[]"), "find", Incompatible, "no JSON object"),
        (answers(200, '{"totalResults": 1, "Resources": [{}]}'), "find", Incompatible, "no id"),
        (answers(200, b"\xff\xfe{\x00}\x00"), "find", Incompatible, "no JSON"),
        (answers(201), "create", InDoubt, "did not say its id"),
        (answers(201, '{"userName": "ada"}'), "create", InDoubt, "did not say its id"),
        (
            answers(302, Location="https://login.elsewhere.example/x"),
            "probe",
            Incompatible,
            "login.elsewhere.example",
        ),
        (
            answers(308, Location="https://login.elsewhere.example/x"),
            "update",
            Incompatible,
            "login.elsewhere.example",
        ),
        (answers(400, ERROR), "update", Refused, "invalidValue: title is odd, •••"),
        (answers(422, '{"detail": "no"}'), "create", Refused, "Correct the value"),
        (answers(409), "create", Conflict, "must be unique"),
        (answers(409, '{"scimType": "uniqueness"}'), "create", Conflict, "must be unique"),
        (answers(409), "update", Conflict, "must be unique"),
        (answers(412), "update", Conflict, "changed by somebody else"),
        (answers(413), "update", Refused, "too large"),
        (answers(405), "delete", Refused, "disabled instead of deleted"),
        (answers(501), "delete", Refused, "disabled instead of deleted"),
        (answers(501), "update", Incompatible, "PATCH"),
        (answers(429), "find", Throttled, "slows down by itself"),
        (answers(500, ERROR), "find", Transient, "tried again later"),
        (answers(502, "<html>Bad gateway</html>"), "update", Transient, "tried again later"),
        (answers(503), "create", Transient, "tried again later"),
        (answers(200, DEEP), "find", Incompatible, "64 levels"),
        (answers(200, NESTED), "find", Incompatible, "64 levels"),
        (answers(200, NESTED), "update", Refused, "64 levels"),
        (answers(200, b" " * (11 << 20)), "find", Incompatible, "larger than 10240 KiB"),
        (answers(200, b" " * (11 << 20)), "update", Refused, "larger than 10240 KiB"),
        (
            answers(200, gzip.compress(b" " * (60 << 20)), Content_Encoding="gzip"),
            "find",
            Incompatible,
            "larger than 10240 KiB",
        ),
        (resets, "find", Transient, "closed the connection"),
        (resets, "create", InDoubt, "looked up before it is repeated"),
        (resets, "update", InDoubt, "looked up before it is repeated"),
        (resets, "members", InDoubt, "looked up before it is repeated"),
        (is_silent, "find", Transient, "did not answer in time"),
        (is_silent, "create", InDoubt, "looked up before it is repeated"),
        (stops_half_way, "find", Incompatible, "ended before it was whole"),
        (stops_half_way, "create", InDoubt, "looked up before it is repeated"),
        (speaks_something_else, "find", Incompatible, "does not speak HTTP"),
        (speaks_something_else, "create", InDoubt, "looked up before it is repeated"),
    ],
)
async def test_each_fault_is_one_class_and_says_what_to_do(
    manners: Manners, verb: str, expected: type[ConnectorError], words: str
) -> None:
    limits = IMPATIENT if manners is is_silent else None
    async with rude_app(manners) as (url, received):
        error = await fault_of(target(url, limits=limits), verb)

    assert type(error) is expected
    assert words in str(error)
    assert len(received) == 1


NOW = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("7", 7.0),
        ("0", 0.0),
        ("31536000", LONGEST_WAIT),
        ("9" * 5000, LONGEST_WAIT),
        (format_datetime(NOW + dt.timedelta(seconds=30), usegmt=True), 30.0),
        (format_datetime(NOW - dt.timedelta(hours=1), usegmt=True), 0.0),
        (format_datetime(NOW + dt.timedelta(days=365), usegmt=True), LONGEST_WAIT),
        ("soon", None),
        ("-5", None),
    ],
)
def test_an_app_is_believed_how_long_it_wants_to_rest_up_to_a_quarter_of_an_hour(
    header: str | None, seconds: float | None
) -> None:
    assert wait_of(header, NOW) == seconds


async def test_the_seconds_of_retry_after_travel_with_the_error() -> None:
    async with rude_app(answers(429, Retry_After="7")) as (url, _):
        error = await fault_of(target(url), "create")

    assert isinstance(error, Throttled)
    assert error.retry_after == 7


async def test_a_filter_that_is_ignored_is_noticed_and_nobody_is_adopted() -> None:
    others = {"totalResults": 1, "Resources": [{"id": "b-1", "userName": "bo@larkspur.example"}]}
    async with rude_app(answers(200, json.dumps(others))) as (url, _):
        error = await fault_of(target(url), "find")
        tested = await fault_of(target(url), "probe")

    assert type(error) is type(tested) is Incompatible
    assert "ignored the filter on userName" in error.message


async def test_what_a_loose_filter_returns_beside_the_person_is_dropped() -> None:
    both = [
        {"id": i, "userName": f"{n}@larkspur.example"} for i, n in (("1", "ada"), ("2", "ada.b"))
    ]
    async with rude_app(answers(200, json.dumps({"totalResults": 2, "Resources": both}))) as (
        url,
        _,
    ):
        one = target(url)
        found = await one.find(Kind.USER, "userName", "Ada@larkspur.example", Trace())
        await one.close()

    assert [account.id for account in found] == ["1"]


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


async def test_a_port_where_nobody_listens_refuses_and_nothing_is_in_doubt() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/scim"
        error = await fault_of(target(url), "create")

    assert type(error) is Unreachable
    assert "not running there" in error.advice


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


async def test_members_that_are_too_many_are_sent_in_halves() -> None:
    sizes: list[int] = []

    async def takes_two(request: bytes, writer: object) -> None:
        operations = json.loads(request.partition(b"\r\n\r\n")[2])["Operations"]
        sizes.append(len(operations[0]["value"]))
        await answers(204 if sizes[-1] <= 2 else 413)(request, writer)  # type: ignore[arg-type]

    async with rude_app(takes_two) as (url, _):
        one = target(url)
        await one.change_members("g-1", [f"a-{n}" for n in range(5)], [], Trace())
        await one.change_members("g-1", ["a-9", "a-8", "a-7"], [], Trace())
        await one.close()

    assert sizes == [5, 2, 2, 1, 2, 1]


@pytest.mark.parametrize("manners", [answers(204), answers(200), answers(200, '{"id": "a-1"}')])
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
