"""Of a refused request the log keeps the bodies: as data, small, and without secrets."""

import json

import pytest
from tests.connectors.asking import TOKEN, ask, target
from tests.connectors.rude_app import answers, rude_app

from seatkeeper.connectors.refused_bodies import LARGEST, WORDS, kept_body
from seatkeeper.connectors.secret import Secret
from seatkeeper.errors import ConnectorError
from seatkeeper.ports import Trace

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def kept(plain: object) -> object:
    return kept_body(json.dumps(plain).encode(), Secret(TOKEN))


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ({"userName": "ada", "Password": "x"}, {"userName": "ada", "Password": "•••"}),
        ({f"{ENTERPRISE}:token": "x"}, {f"{ENTERPRISE}:token": "•••"}),
        (
            {"Operations": [{"op": "add", "path": "password", "value": "x"}]},
            {"Operations": [{"op": "add", "path": "password", "value": "•••"}]},
        ),
        (
            {"Operations": [{"op": "add", "path": "title", "value": "x"}]},
            {"Operations": [{"op": "add", "path": "title", "value": "x"}]},
        ),
        ({"detail": f"no such token: {TOKEN}"}, {"detail": "no such token: •••"}),
        ([1, None, True], [1, None, True]),
    ],
)
def test_passwords_and_an_echoed_token_are_hidden_and_nothing_else(
    sent: object, shown: object
) -> None:
    assert kept(sent) == shown


def test_nothing_large_is_kept() -> None:
    large = {"members": ["a" * 40] * 1_000}

    assert kept(large) == f"({len(json.dumps(large)):,} bytes)"
    assert kept_body(b"<html>" + b"x" * LARGEST, None) == "<html>" + "x" * (WORDS - 6)
    assert kept_body(b"[" * 100_000, None) == "[" * WORDS
    assert kept_body(b"", None) is None
    assert kept_body(None, None) is None


async def test_a_refusal_is_traced_with_both_bodies_and_an_acceptance_with_none() -> None:
    refused, accepted = Trace(), Trace()
    async with rude_app(answers(400, '{"detail": "userName is odd"}')) as (url, _received):
        one = target(url)
        with pytest.raises(ConnectorError):
            await ask(one, "create", refused)
        await one.close()
    async with rude_app(answers(200, '{"totalResults": 0}')) as (url, _received):
        one = target(url)
        await ask(one, "find", accepted)
        await one.close()

    assert refused.exchanges[-1].answered == {"detail": "userName is odd"}
    assert "userName" in str(refused.exchanges[-1].sent)
    assert TOKEN not in repr(refused)
    assert (accepted.exchanges[0].sent, accepted.exchanges[0].answered) == (None, None)
