"""What is written down of a request, and what never is."""

import datetime as dt
import json

import pytest

from seatkeeper.scim.finding import Finding, Verdict
from seatkeeper.service_provider.noted import kept_body, kept_headers, kept_query, noted, worst
from seatkeeper.service_provider.wire import Answer

NOW = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
MET = Finding("RFC 7643 3", "", "schemas are named.", Verdict.MET)
ADVICE = Finding("RFC 7643 2.4", "emails", "Usual values are: work.", Verdict.ADVICE)
BROKEN = Finding("RFC 7644 3.5.2", "Operations[0]: op", "op is small.", quirk="op-case")


@pytest.mark.parametrize(
    "name", ["Authorization", "COOKIE", "Set-Cookie", "proxy-authorization", "X-Api-Key"]
)
def test_a_credential_is_kept_by_its_name_alone(name: str) -> None:
    assert kept_headers([(name, "Bearer very-secret")]) == [(name, "(not kept)")]


def test_an_ordinary_header_is_kept_as_it_is() -> None:
    assert kept_headers([("Accept", "*/*")]) == [("Accept", "*/*")]


def test_headers_without_end_are_cut() -> None:
    kept = kept_headers([(f"x-{at}", "v" * 10_000) for at in range(1_000)])

    assert len(kept) == 100
    assert all(len(value) == 2_000 for _, value in kept)


@pytest.mark.parametrize(
    "body",
    [
        b'{"password": "geheim"}',
        b'{"PassWord": "geheim"}',
        b'{"pass\\u0077ord": "geheim"}',
        '{"pa\u017f\u017fword": "geheim"}'.encode(),
        b'{"urn:ietf:params:scim:schemas:core:2.0:User:password": "geheim"}',
        b'{"Operations": [{"op": "replace", "path": "password", "value": "geheim"}]}',
        b'{"Operations": [{"op": "replace", "value": {"password": "geheim"}}]}',
        b'{"Operations": [{"Op": "add", "PATH": "urn:x:User:Password", "Value": ["geheim"]}]}',
        b'{"title": "{\\"password\\": \\"geheim\\"}"}',
        b'["{\\"password\\": \\"geheim\\"}"]',
        b'{"password": "geheim"',
        b"password=geheim",
    ],
)
def test_a_password_is_never_kept(body: bytes) -> None:
    assert "geheim" not in kept_body(body)


def test_what_stands_beside_a_password_is_kept() -> None:
    kept = json.loads(kept_body(b'{"userName": "ada", "password": "geheim"}'))

    assert kept == {"userName": "ada", "password": "(not kept)"}


def test_a_long_body_is_cut_and_bytes_that_are_no_text_do_no_harm() -> None:
    assert len(kept_body(b"x" * 200_000)) == 64 * 1024
    assert kept_body(b"\xff\xfe") == "\ufffd\ufffd"
    assert "geheim" not in kept_body(b'{"a":' * 5_000 + b'{"password": "geheim"}')


def test_a_query_is_kept_without_secrets() -> None:
    query = "filter=userName+eq+%22ana%22&filter=password+eq+%22geheim%22&access_token=geheim"

    kept = kept_query(query)

    assert kept == "filter=userName+eq+%22ana%22&filter=(not-kept)&access_token=(not-kept)"


@pytest.mark.parametrize(
    "hidden",
    [
        "filter=p%61ssword+eq+%22geheim%22",
        "filter=pa\u017f\u017fword+eq+%22geheim%22",
        "filter=pa%C5%BF%C5%BFword+eq+%22geheim%22",
        "to%6Ben=geheim",
        "to%E2%84%AAen=geheim",
        "Secret=geheim",
    ],
)
def test_a_secret_is_found_under_any_spelling_of_its_name(hidden: str) -> None:
    assert "geheim" not in kept_query(f"count=1&{hidden}")


@pytest.mark.parametrize(
    ("findings", "verdict"),
    [
        ((), Verdict.MET),
        ((MET,), Verdict.MET),
        ((MET, ADVICE), Verdict.ADVICE),
        ((BROKEN, MET, ADVICE), Verdict.BROKEN),
    ],
)
def test_a_request_is_as_good_as_its_worst_finding(
    findings: tuple[Finding, ...], verdict: Verdict
) -> None:
    assert worst(findings) is verdict


def entry(status: int = 200, token: str = "a-long-token", findings: tuple[Finding, ...] = ()):
    return noted(
        method="PATCH",
        path="/scim/v2/Users/1",
        query="",
        headers=[("user-agent", "Okta/1.0")],
        body=b"{}",
        token=token,
        answer=Answer(status, {"id": "1"}),
        findings=findings,
        started=NOW,
        ended=NOW,
        seconds=0.0012,
    )


def test_an_entry_tells_who_how_long_and_which_rules() -> None:
    found = entry(findings=(BROKEN,))

    assert (found["client"], found["token"], found["duration"]) == ("Okta/1.0", "oken", 1_200)
    assert found["verdict"] == "broken"
    assert json.loads(str(found["findings"])) == [
        {
            "rule": "RFC 7644 3.5.2",
            "where": "Operations[0]: op",
            "text": "op is small.",
            "verdict": "broken",
            "quirk": "op-case",
        }
    ]


def test_a_token_of_four_characters_is_not_kept_whole() -> None:
    assert entry(token="t0ps")["token"] == ""


def test_what_was_refused_before_it_was_read_follows_no_rules() -> None:
    assert entry(status=401)["verdict"] == ""
