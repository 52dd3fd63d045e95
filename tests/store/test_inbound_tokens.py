"""What a token's text tells before anybody looks it up, and what is written down about it."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.errors import InvalidValue
from seatkeeper.store.audit_chain import broken_audit
from seatkeeper.store.configuration import SqlConfiguration
from seatkeeper.store.database import Database
from seatkeeper.store.inbound_tokens import SourceTokens, new_token, well_formed
from seatkeeper.store.secrets import MasterKey

NOW = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)
YEAR = dt.timedelta(days=365)
LETTERS = st.characters(codec="ascii", categories=["L", "N"])


@given(place=st.integers(8, 50), letter=LETTERS)
def test_a_typing_mistake_in_a_token_is_seen_at_once(place: int, letter: str) -> None:
    right = new_token()

    mistyped = f"{right[:place]}{letter}{right[place + 1 :]}"

    assert well_formed(right)
    assert well_formed(mistyped) is (mistyped == right)


@given(text=st.text(max_size=80))
def test_hardly_any_text_is_a_token(text: str) -> None:
    assert not well_formed(text)


async def test_making_and_revoking_are_in_the_audit_trail_without_the_token(
    database: Database,
) -> None:
    tokens = SourceTokens(database)
    made, text = tokens.issue("hr", ["users"], None, actor="grace", now=NOW)
    tokens.revoke(made.id, actor="linus", now=NOW)
    tokens.revoke(made.id, actor="linus", now=NOW)

    trail = await SqlConfiguration(database, MasterKey(b"k" * 32)).audit()

    assert [(one.actor, one.action, one.subject) for one in trail] == [
        ("linus", "token.revoke", made.id),
        ("grace", "token.create", made.id),
    ]
    assert text[:-4] not in str(trail)
    assert database.read_now(broken_audit) is None


def test_a_token_works_until_the_moment_it_expires(database: Database) -> None:
    tokens = SourceTokens(database)
    end = NOW + dt.timedelta(days=1)
    made, text = tokens.issue("hr", [], end, actor="grace", now=NOW)

    before = tokens.holder(text, end - dt.timedelta(seconds=1))
    after = tokens.holder(text, end)

    assert before is not None
    assert before.id == made.id
    assert after is None


def test_the_last_use_is_known_to_the_minute_and_a_use_in_between_writes_nothing(
    database: Database,
) -> None:
    tokens = SourceTokens(database)
    _, text = tokens.issue("hr", [], None, actor="grace", now=NOW)

    seen = []
    for seconds in (0, 59, 60):
        tokens.holder(text, NOW + dt.timedelta(seconds=seconds))
        seen.append(tokens.tokens()[0].last_used_at)

    assert seen == [NOW, NOW, NOW + dt.timedelta(seconds=60)]


def test_a_token_that_has_expired_already_is_not_made(database: Database) -> None:
    with pytest.raises(InvalidValue):
        SourceTokens(database).issue("hr", [], NOW, actor="grace", now=NOW)


def test_a_token_that_is_replaced_works_for_a_day_beside_the_new_one(database: Database) -> None:
    tokens = SourceTokens(database)
    before, text = tokens.issue("hr", ["users"], NOW + YEAR, actor="grace", now=NOW)
    later = NOW + dt.timedelta(days=300)

    old, made, new_text = tokens.replace(before.id, at_once=False, actor="linus", now=later)
    last, over = later + dt.timedelta(hours=23, minutes=59), later + dt.timedelta(hours=24)
    holders = [tokens.holder(one, when) for when in (last, over) for one in (text, new_text)]

    assert [one and one.id for one in holders] == [old.id, made.id, None, made.id]
    assert (made.source, made.may, made.expires_at) == ("hr", ("users",), later + YEAR)
    assert (old.id, old.replaced_at, old.expires_at) == (before.id, later, over)


async def test_a_token_that_somebody_else_may_know_is_replaced_at_once(
    database: Database,
) -> None:
    tokens = SourceTokens(database)
    before, text = tokens.issue("hr", [], None, actor="grace", now=NOW)

    _, made, new_text = tokens.replace(before.id, at_once=True, actor="linus", now=NOW)
    old, new = tokens.holder(text, NOW), tokens.holder(new_text, NOW)
    trail = await SqlConfiguration(database, MasterKey(b"k" * 32)).audit(limit=2)

    assert old is None
    [after] = [one.after for one in trail if one.action == "token.replace"]
    assert after is not None
    assert after["revoked_at"] == NOW.isoformat()
    assert new is not None
    assert (new.id, new.expires_at) == (made.id, None)


async def test_a_token_is_replaced_once_while_it_works_and_the_trail_says_so(
    database: Database,
) -> None:
    tokens = SourceTokens(database)
    held, _ = tokens.issue("hr", [], NOW + YEAR, actor="grace", now=NOW)
    ended, _ = tokens.issue("hr", [], NOW + YEAR, actor="grace", now=NOW)
    tokens.revoke(ended.id, actor="grace", now=NOW)
    _, made, text = tokens.replace(held.id, at_once=False, actor="linus", now=NOW)

    for token_id, when in ((held.id, NOW), (ended.id, NOW), (made.id, NOW + YEAR)):
        with pytest.raises(InvalidValue, match="has ended or was replaced"):
            tokens.replace(token_id, at_once=True, actor="linus", now=when)

    assert len(tokens.tokens()) == 3
    trail = await SqlConfiguration(database, MasterKey(b"k" * 32)).audit(limit=2)
    assert {one.action: one.subject for one in trail} == {
        "token.replace": held.id,
        "token.create": made.id,
    }
    assert text[:-4] not in str(trail)
    assert database.read_now(broken_audit) is None
