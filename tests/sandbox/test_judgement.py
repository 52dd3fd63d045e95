"""What a client is blamed for, and what it is not."""

import datetime as dt
import itertools
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.sandbox.exchange import Departure, Exchange, exchange_of
from seatkeeper.sandbox.judgement import judge, report_json, report_text

START = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
ANA = {"id": "1", "userName": "ana"}
WRONG_CASE = Departure("op-case", "RFC 7644 3.5.2", "op is in small letters.")


class Client:
    """Builds exchanges one after the other, each answered within 10 ms of its start."""

    def __init__(self) -> None:
        self.now = START
        self.numbers = itertools.count(1)
        self.sent: list[Exchange] = []

    def wait(self, seconds: float) -> None:
        self.now += dt.timedelta(seconds=seconds)

    def send(self, method: str, path: str, status: int = 200, **given: Any) -> Exchange:
        path, _, query = path.partition("?")
        sent, answered = given.pop("sent", None), given.pop("answered", None)
        one = Exchange(
            number=next(self.numbers),
            started=self.now,
            ended=self.now + dt.timedelta(milliseconds=10),
            method=method,
            path=path,
            query=query,
            status=status,
            who=given.pop("who", "seatkeeper"),
            parts=tuple(part for part in path.split("/") if part),
            request="" if sent is None else json.dumps(sent),
            response="" if answered is None else json.dumps(answered),
            **given,
        )
        self.now = one.ended
        self.sent.append(one)
        return one

    def member(self, op: str, *members: str, group: str = "g", **given: Any) -> Exchange:
        value = [{"value": one} for one in members]
        body = {"Operations": [{"op": op, "path": "members", "value": value}]}
        return self.send("PATCH", f"/Groups/{group}", 204, sent=body, **given)

    def blamed(self) -> dict[str, int]:
        return {one.kind: one.count for one in judge(self.sent).remarks}


@pytest.fixture
def client() -> Client:
    return Client()


# --- needless reads ---


def test_the_same_look_up_twice_is_needless(client: Client) -> None:
    client.send("GET", '/Users?filter=userName eq "ana"')
    client.send("GET", '/Users?filter=userName eq "ana"')

    assert client.blamed() == {"repeated-read": 1}


def test_a_look_up_after_somebody_wrote_is_a_fresh_look(client: Client) -> None:
    client.send("GET", "/Users/1")
    client.send("PATCH", "/Users/1", changed=1, who="somebody else")
    client.send("GET", "/Users/1")

    assert client.blamed() == {}


def test_a_look_up_in_the_next_cycle_is_a_fresh_look(client: Client) -> None:
    client.send("GET", "/Users/1")
    client.wait(40 * 60)
    client.send("GET", "/Users/1")

    assert client.blamed() == {}


def test_nobody_is_blamed_for_what_another_client_read(client: Client) -> None:
    client.send("GET", "/Users/1", who="one")
    client.send("GET", "/Users/1", who="two")

    assert client.blamed() == {}


@pytest.mark.parametrize(
    ("method", "path", "answered"),
    [
        ("POST", "/Users", ANA),
        ("PATCH", "/Users/1", ANA),
        ("GET", "/Users?startIndex=1&count=100", {"Resources": [ANA]}),
        ("GET", '/Users?filter=userName eq "ana"', {"Resources": [ANA]}),
    ],
)
def test_reading_what_an_answer_told_is_needless(
    client: Client, method: str, path: str, answered: object
) -> None:
    client.send(method, path, answered=answered)
    client.send("GET", "/Users/1")

    assert client.blamed() == {"read-of-answer": 1}


def test_accounts_created_one_after_the_other_need_no_second_look(client: Client) -> None:
    for number in "123":
        client.send("POST", "/Users", 201, answered={"id": number}, changed=1)
    for number in "123":
        client.send("GET", f"/Users/{number}")

    assert client.blamed() == {"read-of-answer": 3}


@pytest.mark.parametrize("path", ["/Groups/g", "/Bulk"])
def test_a_write_that_may_show_in_an_account_is_a_reason_to_look(client: Client, path: str) -> None:
    client.send("POST", "/Users", 201, answered=ANA, changed=1)
    client.send("PATCH" if path == "/Groups/g" else "POST", path, changed=1)
    client.send("GET", "/Users/1")

    assert client.blamed() == {}


def test_a_list_without_members_does_not_tell_the_members(client: Client) -> None:
    client.send("GET", "/Groups?excludedAttributes=members", answered={"Resources": [{"id": "g"}]})
    client.send("GET", "/Groups/g")

    assert client.blamed() == {}


def test_an_answer_without_a_body_tells_nothing(client: Client) -> None:
    client.member("add", "1")
    client.send("GET", "/Groups/g")

    assert client.blamed() == {}


def test_everything_listed_twice_is_one_list_too_many(client: Client) -> None:
    for _ in range(2):
        client.send("GET", "/Users?startIndex=1&count=100")
        client.send("GET", "/Users?startIndex=101&count=100")

    assert client.blamed() == {"full-lists": 1}


def test_a_connection_test_is_no_list(client: Client) -> None:
    client.send("GET", "/Users?startIndex=1&count=1")
    client.send("GET", "/Users?startIndex=1&count=100")

    assert client.blamed() == {}


# --- writes ---


def test_a_write_that_changes_nothing_is_needless(client: Client) -> None:
    client.send("PATCH", "/Users/1", changed=1)
    client.send("PATCH", "/Users/1", changed=0)

    assert client.blamed() == {"empty-write": 1}


def test_a_write_whose_changes_nobody_counted_is_not_blamed(client: Client) -> None:
    client.send("PATCH", "/Users/1", changed=None)

    assert client.blamed() == {}


def test_five_joins_one_by_one_could_have_been_one_request(client: Client) -> None:
    for member in "abcde":
        client.member("add", member)

    assert client.blamed() == {"single-members": 4}


def test_members_removed_by_a_filter_one_by_one_count_too(client: Client) -> None:
    for member in "abc":
        path = f'members[value eq "{member}"]'
        body = {"Operations": [{"op": "remove", "path": path}]}
        client.send("PATCH", "/Groups/g", 204, sent=body)

    assert client.blamed() == {"single-members": 2}


@pytest.mark.parametrize(
    "changes",
    [
        [("add", "a"), ("add", "b")],
        [("add", "a", "b"), ("add", "c", "d"), ("add", "e", "f")],
        [("add", "a"), ("remove", "b"), ("add", "c"), ("remove", "d")],
    ],
)
def test_a_few_or_joined_or_mixed_changes_are_fine(
    client: Client, changes: list[tuple[str, ...]]
) -> None:
    for op, *members in changes:
        client.member(op, *members)

    assert client.blamed() == {}


def test_joins_that_happen_minutes_apart_are_fine(client: Client) -> None:
    for member in "abcde":
        client.member("add", member)
        client.wait(60)

    assert client.blamed() == {}


# --- retries ---


def test_a_request_before_retry_after_is_hasty(client: Client) -> None:
    client.send("GET", "/Users/1", 429, retry_after=10.0)
    client.wait(5)
    client.send("GET", "/Users/2")

    assert client.blamed() == {"over-the-limit": 1, "before-retry-after": 1}


def test_a_request_after_retry_after_is_patient(client: Client) -> None:
    client.send("GET", "/Users/1", 503, retry_after=10.0)
    client.wait(10)
    client.send("GET", "/Users/1")

    assert client.blamed() == {}


def test_what_was_on_its_way_already_is_no_retry(client: Client) -> None:
    client.send("GET", "/Users/1", 503, retry_after=10.0)
    client.wait(0.1)
    client.send("GET", "/Users/2")

    assert client.blamed() == {}


@pytest.mark.parametrize("status", [400, 404, 409, 500, 503])
def test_a_failed_request_repeated_at_once_is_hasty(client: Client, status: int) -> None:
    client.send("POST", "/Users", status, sent=ANA)
    client.send("POST", "/Users", status, sent=ANA)

    assert client.blamed() == {"retried-at-once": 1}


def test_a_failed_request_repeated_later_or_mended_is_fine(client: Client) -> None:
    client.send("POST", "/Users", 409, sent=ANA)
    client.send("POST", "/Users", 201, sent={**ANA, "userName": "ana2"})
    client.send("POST", "/Users", 500, sent={"userName": "bo"})
    client.wait(2)
    client.send("POST", "/Users", 201, sent={"userName": "bo"})

    assert client.blamed() == {}


# --- the dialect ---


def test_a_departure_is_counted_once_per_request_with_its_rule(client: Client) -> None:
    for path in ("/Users/1", "/Users/2"):
        client.send("PATCH", path, departures=(WRONG_CASE, WRONG_CASE))

    (remark,) = judge(client.sent).remarks

    assert (remark.kind, remark.count, remark.examples) == ("dialect:op-case", 2, (1, 2))
    assert "RFC 7644 3.5.2" in remark.title
    assert remark.advice == WRONG_CASE.text


# --- the report ---


def test_a_report_gives_five_examples_of_many(client: Client) -> None:
    for _ in range(9):
        client.send("PATCH", "/Users/1", changed=0)

    (remark,) = judge(client.sent).remarks

    assert remark.count == 9
    assert remark.examples == (1, 2, 3, 4, 5)


def test_a_good_client_hears_so(client: Client) -> None:
    client.send("POST", "/Users", 201, answered=ANA, changed=2)

    assert "Nothing to complain about." in report_text(judge(client.sent, "15Five"))


def test_no_requests_are_no_praise() -> None:
    assert report_text(judge([], "15Five")).splitlines()[-1] == "No requests."


def test_a_program_reads_the_same_report_as_a_person(client: Client) -> None:
    client.send("GET", "/Users/1", 429, retry_after=10.0)
    report = judge(client.sent, "15Five")

    read = json.loads(report_json(report))

    assert read["app"] == "15Five"
    assert read["complaints"] == 1
    assert read["remarks"][0]["examples"] == [1]
    assert read["remarks"][0]["advice"] in report_text(report)


def row(**given: Any) -> dict[str, Any]:
    return {
        "seq": 7,
        "started": "2026-03-02T09:00:00+00:00",
        "ended": "2026-03-02T09:00:00.010000+00:00",
        "method": "GET",
        "path": "/scim/v2/Users/1",
        "query": "",
        "status": 200,
        "request": "",
        "response": "",
        "token": "oken",
        **given,
    }


def test_a_row_of_an_old_journal_is_read_as_unknown() -> None:
    one = exchange_of(row(), ["/scim/v2"])

    assert one.parts == ("Users", "1")
    assert (one.changed, one.retry_after, one.departures) == (None, None, ())


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 30.0),
        ("Mon, 02 Mar 2026 09:01:00 GMT", 59.99),
        ("Mon, 02 Mar 2026 08:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("9" * 40, 7 * 24 * 3600.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(text: str, seconds: float | None) -> None:
    one = exchange_of(row(response_headers=[["Retry-After", text]]), ["/scim/v2"])

    assert one.retry_after == seconds


PATHS = st.sampled_from(["/Users", "/Users/1", "/Groups", "/Groups/g", "/Users?count=1", "/"])
BODIES: st.SearchStrategy[Any] = st.sampled_from(
    [None, {}, [], 3, ANA, {"Resources": 4}, {"Resources": [None, ANA]}, {"id": None},
     {"Operations": [7]}, {"Operations": [{"op": "add", "path": "members", "value": "x"}]}]
)  # fmt: skip


@given(
    calls=st.lists(
        st.tuples(
            st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE"]),
            PATHS,
            st.sampled_from([200, 204, 404, 429]),
            BODIES,
            BODIES,
        ),
        max_size=12,
    )
)
def test_whatever_was_sent_each_example_is_a_request_that_was_there(
    calls: list[tuple[str, str, int, object, object]],
) -> None:
    client = Client()
    for method, path, status, sent, answered in calls:
        client.send(method, path, status, sent=sent, answered=answered, retry_after=1.0)

    report = judge(client.sent)

    assert report.requests == len(calls)
    for remark in report.remarks:
        assert 0 < len(remark.examples) <= remark.count <= len(calls)
        assert set(remark.examples) <= {one.number for one in client.sent}


@given(st.integers(min_value=2, max_value=6))
def test_one_client_is_never_blamed_more_when_others_take_part(others: int) -> None:
    alone, together = Client(), Client()
    for number in range(others):
        alone.send("GET", "/Users/1")
        together.sent.append(replace(alone.sent[-1], who=f"client {number}"))

    assert alone.blamed() == {"repeated-read": others - 1}
    assert together.blamed() == {}
