"""Each way in which an app misbehaves is one class of error, with words and without the token."""

import datetime as dt
import gzip
import json
from email.utils import format_datetime

import pytest
from tests.connectors.asking import TOKEN, fault_of, target
from tests.connectors.rude_app import (
    Manners,
    answers,
    drips,
    is_silent,
    never_ends,
    resets,
    rude_app,
    speaks_something_else,
    stops_half_way,
)

from seatkeeper.connectors.answers import LONGEST_WAIT, wait_of
from seatkeeper.connectors.http import Limits
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
    Vanished,
)
from seatkeeper.ports import Trace

IMPATIENT = Limits(connect_seconds=1, idle_seconds=0.3, total_seconds=0.5)

DEEP = "[" * 100_000 + "]" * 100_000
NESTED = '{"a":' * 200 + "1" + "}" * 200
ERROR = json.dumps(
    {"scimType": "invalidValue", "detail": f"title\x00 is\nodd, {TOKEN}", "status": "400"}
)


CASE = ("manners", "verb", "expected", "words")


async def is_met(manners: Manners, verb: str, expected: type[ConnectorError], words: str) -> None:
    """Ask such an app once: the error has that class and those words."""
    limits = IMPATIENT if manners in (is_silent, drips) else None
    async with rude_app(manners) as (url, received):
        error = await fault_of(target(url, limits=limits), verb)

    assert type(error) is expected
    assert words in str(error)
    assert len(received) == 1


@pytest.mark.parametrize(
    CASE,
    [
        (answers(401, ERROR), "probe", CredentialsRejected, "new token"),
        (answers(401), "update", CredentialsRejected, "new token"),
    ],
)
@pytest.mark.fault("T5")
async def test_a_refused_token_asks_for_a_new_one(
    manners: Manners, verb: str, expected: type[ConnectorError], words: str
) -> None:
    await is_met(manners, verb, expected, words)


@pytest.mark.parametrize(
    CASE,
    [
        (answers(403), "probe", CredentialsRejected, "as an administrator"),
        (answers(403), "find", CredentialsRejected, "as an administrator"),
        (answers(403, ERROR), "update", Refused, "protected"),
    ],
)
@pytest.mark.fault("T6")
async def test_a_403_means_the_token_for_lists_and_the_record_for_one_account(
    manners: Manners, verb: str, expected: type[ConnectorError], words: str
) -> None:
    await is_met(manners, verb, expected, words)


@pytest.mark.parametrize(
    CASE,
    [
        (answers(404), "probe", Incompatible, "answers, but not as SCIM"),
        (answers(404, "<h1>Not here</h1>"), "find", Incompatible, "answers, but not as SCIM"),
        (answers(404), "create", Incompatible, "answers, but not as SCIM"),
    ],
)
@pytest.mark.fault("T7")
async def test_a_404_where_lists_are_means_that_it_is_no_scim(
    manners: Manners, verb: str, expected: type[ConnectorError], words: str
) -> None:
    await is_met(manners, verb, expected, words)


@pytest.mark.parametrize(
    CASE,
    [
        (answers(404, ERROR), "update", Vanished, "looked up again"),
    ],
)
@pytest.mark.fault("T8")
async def test_a_404_where_an_account_was_means_that_it_is_gone(
    manners: Manners, verb: str, expected: type[ConnectorError], words: str
) -> None:
    await is_met(manners, verb, expected, words)


@pytest.mark.parametrize(
    CASE,
    [
        (answers(200, "<html>Sign in</html>"), "probe", Incompatible, "a web page"),
        (answers(200, "<html>Sign in</html>"), "create", Refused, "a web page"),
        (answers(200, "<html>Sign in</html>"), "update", Refused, "a web page"),
        (answers(200), "find", Incompatible, "an empty answer"),
        (answers(200, '{"totalResults": 1, "Resou'), "find", Incompatible, "no JSON"),
        (answers(200, '{"hello": "world"}'), "probe", Incompatible, "no SCIM ListResponse"),
        (answers(200, "[]"), "find", Incompatible, "no JSON object"),
        (answers(200, '{"totalResults": 1, "Resources": [{}]}'), "find", Incompatible, "no id"),
        (answers(200, b"\xff\xfe{\x00}\x00"), "find", Incompatible, "no JSON"),
        (stops_half_way, "find", Incompatible, "ended before it was whole"),
        (speaks_something_else, "find", Incompatible, "does not speak HTTP"),
    ],
)
@pytest.mark.fault("T17")
async def test_what_is_no_scim_is_quoted_and_taken_for_nothing(
    manners: Manners, verb: str, expected: type[ConnectorError], words: str
) -> None:
    await is_met(manners, verb, expected, words)


@pytest.mark.parametrize(
    CASE,
    [
        (answers(201), "create", InDoubt, "did not say its id"),
        (answers(201, '{"userName": "ada"}'), "create", InDoubt, "did not say its id"),
    ],
)
@pytest.mark.fault("T19")
async def test_a_create_that_names_no_id_is_in_doubt(
    manners: Manners, verb: str, expected: type[ConnectorError], words: str
) -> None:
    await is_met(manners, verb, expected, words)


@pytest.mark.parametrize(
    CASE,
    [
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
    ],
)
@pytest.mark.fault("T24")
async def test_a_redirect_is_not_followed_and_the_other_host_is_named(
    manners: Manners, verb: str, expected: type[ConnectorError], words: str
) -> None:
    await is_met(manners, verb, expected, words)


@pytest.mark.parametrize(
    CASE,
    [
        (answers(504), "create", InDoubt, "stopped waiting"),
        (answers(504), "update", InDoubt, "may still act"),
        (answers(504), "find", Transient, "failed on its own side"),
    ],
)
@pytest.mark.fault("T3")
async def test_a_gateway_that_stopped_waiting_leaves_a_write_in_doubt(
    manners: Manners, verb: str, expected: type[ConnectorError], words: str
) -> None:
    await is_met(manners, verb, expected, words)


@pytest.mark.parametrize(
    CASE,
    [
        (answers(400, ERROR), "update", Refused, "invalidValue: title is odd, •••"),
        (answers(422, '{"detail": "no"}'), "create", Refused, "Correct the value"),
        (answers(413), "update", Refused, "too large"),
    ],
)
@pytest.mark.fault("T11")
async def test_a_refused_value_comes_with_the_apps_own_words(
    manners: Manners, verb: str, expected: type[ConnectorError], words: str
) -> None:
    await is_met(manners, verb, expected, words)


@pytest.mark.parametrize(
    CASE,
    [
        (answers(409), "create", Conflict, "must be unique"),
        (answers(409, '{"scimType": "uniqueness"}'), "create", Conflict, "must be unique"),
        (answers(409), "update", Conflict, "must be unique"),
        (answers(412), "update", Conflict, "changed by somebody else"),
    ],
)
@pytest.mark.fault("T10")
async def test_a_conflict_is_understood_with_and_without_a_type(
    manners: Manners, verb: str, expected: type[ConnectorError], words: str
) -> None:
    await is_met(manners, verb, expected, words)


@pytest.mark.parametrize(
    CASE,
    [
        (answers(405), "delete", Refused, "disabled instead of deleted"),
        (answers(501), "delete", Refused, "disabled instead of deleted"),
        (answers(501), "update", Incompatible, "PATCH"),
    ],
)
@pytest.mark.fault("T16")
async def test_what_an_app_does_not_know_is_said(
    manners: Manners, verb: str, expected: type[ConnectorError], words: str
) -> None:
    await is_met(manners, verb, expected, words)


@pytest.mark.parametrize(
    CASE,
    [
        (answers(429), "find", Throttled, "slows down by itself"),
        (answers(500, ERROR), "find", Transient, "tried again later"),
        (answers(502, "<html>Bad gateway</html>"), "update", Transient, "tried again later"),
        (answers(503), "create", Transient, "tried again later"),
    ],
)
@pytest.mark.fault("T14")
async def test_a_failure_on_the_apps_side_passes(
    manners: Manners, verb: str, expected: type[ConnectorError], words: str
) -> None:
    await is_met(manners, verb, expected, words)


@pytest.mark.parametrize(
    CASE,
    [
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
        (never_ends, "find", Incompatible, "larger than 10240 KiB"),
        (drips, "find", Transient, "did not answer in time"),
        (drips, "update", InDoubt, "looked up before it is repeated"),
        (is_silent, "find", Transient, "did not answer in time"),
        (is_silent, "create", InDoubt, "looked up before it is repeated"),
    ],
)
@pytest.mark.fault("T25")
async def test_a_bomb_is_not_unpacked_and_nobody_waits_for_what_never_ends(
    manners: Manners, verb: str, expected: type[ConnectorError], words: str
) -> None:
    await is_met(manners, verb, expected, words)


@pytest.mark.parametrize(
    CASE,
    [
        (resets, "find", Transient, "closed the connection"),
        (resets, "create", InDoubt, "looked up before it is repeated"),
        (resets, "update", InDoubt, "looked up before it is repeated"),
        (resets, "members", InDoubt, "looked up before it is repeated"),
        (stops_half_way, "create", InDoubt, "looked up before it is repeated"),
        (speaks_something_else, "create", InDoubt, "looked up before it is repeated"),
    ],
)
@pytest.mark.fault("T3")
async def test_a_write_whose_answer_is_lost_is_in_doubt_and_a_question_is_not(
    manners: Manners, verb: str, expected: type[ConnectorError], words: str
) -> None:
    await is_met(manners, verb, expected, words)


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
@pytest.mark.fault("T13")
def test_an_app_is_believed_how_long_it_wants_to_rest_up_to_a_quarter_of_an_hour(
    header: str | None, seconds: float | None
) -> None:
    assert wait_of(header, NOW) == seconds


async def test_the_seconds_of_retry_after_travel_with_the_error() -> None:
    async with rude_app(answers(429, Retry_After="7")) as (url, _):
        error = await fault_of(target(url), "create")

    assert isinstance(error, Throttled)
    assert error.retry_after == 7


@pytest.mark.fault("T21")
async def test_a_filter_that_is_ignored_is_noticed_and_nobody_is_adopted() -> None:
    others = {"totalResults": 1, "Resources": [{"id": "b-1", "userName": "bo@larkspur.example"}]}
    async with rude_app(answers(200, json.dumps(others))) as (url, _):
        error = await fault_of(target(url), "find")
        tested = await fault_of(target(url), "probe")

    assert type(error) is type(tested) is Incompatible
    assert "ignored the filter on userName" in error.message


@pytest.mark.fault("T22")
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
