"""A token's verdict is remembered, and revoking it still works at once."""

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa

from seatkeeper.store.resource_file import ResourceFile
from seatkeeper.store.resource_tokens import REMEMBERED_SECONDS, IssuedTokens

NOW = dt.datetime(2026, 11, 26, 9, tzinfo=dt.UTC)


class Seconds:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "app.db"


def test_a_known_token_costs_no_question_for_a_second(place: Path) -> None:
    file, clock = ResourceFile(place), Seconds()
    tokens = IssuedTokens(file, clock=clock)
    tokens.issue("ada's", "admin", NOW)
    tokens.authority("ada's", NOW)
    asked: list[str] = []
    sa.event.listen(file.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

    clock.now = REMEMBERED_SECONDS - 0.1
    remembered = tokens.authority("ada's", NOW)

    assert (remembered, asked) == ("admin", [])


def test_a_token_revoked_here_is_refused_at_once(place: Path) -> None:
    tokens = IssuedTokens(ResourceFile(place), clock=Seconds())
    tokens.issue("ada's", "admin", NOW)
    before = tokens.authority("ada's", NOW)

    tokens.revoke(1, NOW)

    assert (before, tokens.authority("ada's", NOW)) == ("admin", None)


def test_a_token_revoked_by_another_process_is_refused_after_a_second(place: Path) -> None:
    clock = Seconds()
    tokens, others = IssuedTokens(ResourceFile(place), clock=clock), ResourceFile(place)
    tokens.issue("ada's", "admin", NOW)
    before = tokens.authority("ada's", NOW)

    IssuedTokens(others).revoke(1, NOW)
    clock.now = REMEMBERED_SECONDS

    assert (before, tokens.authority("ada's", NOW)) == ("admin", None)


def test_a_token_revoked_while_it_is_looked_up_is_not_remembered(place: Path) -> None:
    file = ResourceFile(place)
    tokens = IssuedTokens(file, clock=Seconds())
    tokens.issue("ada's", "admin", NOW)
    revoked: list[bool] = []

    def revoke_meanwhile(*_: object) -> None:
        if not revoked:  # the look-up's own transaction has just ended
            revoked.append(True)
            tokens.revoke(1, NOW)

    sa.event.listen(file.engine, "commit", revoke_meanwhile)

    tokens.authority("ada's", NOW)

    assert tokens.authority("ada's", NOW) is None


def test_an_unknown_token_is_looked_up_each_time(place: Path) -> None:
    tokens = IssuedTokens(ResourceFile(place), clock=Seconds())
    unknown = tokens.authority("ada's", NOW)

    tokens.issue("ada's", "admin", NOW)

    assert (unknown, tokens.authority("ada's", NOW)) == (None, "admin")
