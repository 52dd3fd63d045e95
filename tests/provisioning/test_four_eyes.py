"""Two people: whoever caused a removal or asked for it is one of them, and another approves."""

import datetime as dt
from dataclasses import replace

import pytest

from seatkeeper.directory.model import Kind
from seatkeeper.errors import NeedsAnother
from seatkeeper.provisioning.four_eyes import (
    SWITCHED_OFF,
    CauseKind,
    RemovalCause,
    Weight,
    decides_about_access,
    four_eyes_subject,
    loosened,
    needs_two,
    weigh,
)
from seatkeeper.provisioning.guard import Hold
from seatkeeper.provisioning.removal import Removal

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
HOLD = Hold("h1", Kind.USER, "u1", Removal.ACCESS, "Ada", "d", "too many", "left Sales", NOW)
ANA, BO = "ana@larkspur.example", "bo@larkspur.example"


def caused_by(actor: str, *, administrator: bool = True) -> RemovalCause:
    return RemovalCause(CauseKind.UNASSIGNED, NOW, actor, administrator=administrator)


@pytest.mark.parametrize(
    ("who", "asked_by", "cause", "weight"),
    [
        (ANA, "", None, Weight.ASKS),
        (ANA, "", caused_by("hr", administrator=False), Weight.ASKS),
        (ANA, "", caused_by(ANA), Weight.ASKS),
        (BO, "", caused_by(ANA), Weight.APPROVES),
        (BO, ANA, None, Weight.APPROVES),
        (BO, ANA, caused_by("hr", administrator=False), Weight.APPROVES),
        (BO, ANA, caused_by(ANA), Weight.APPROVES),
    ],
    ids=[
        "nobody knows why",
        "a source caused it",
        "who caused it asks",
        "another one caused it",
        "another one asked",
        "a source caused it and another one asked",
        "who asked had caused it, too",
    ],
)
def test_what_a_word_is_worth(
    who: str, asked_by: str, cause: RemovalCause | None, weight: Weight
) -> None:
    assert weigh(who, replace(HOLD, asked_by=asked_by), cause, signed_in=True) is weight


@pytest.mark.parametrize(
    ("asked_by", "cause", "signed_in", "says"),
    [
        ("", None, False, "does not know who you are"),
        (ANA, None, True, "You asked already"),
        (ANA, caused_by(ANA), True, "You asked already"),
        (BO, caused_by(ANA), True, "You caused"),
    ],
    ids=["by the command line", "asked before", "asked and caused", "caused"],
)
def test_a_word_that_is_worth_nothing_says_why(
    asked_by: str,
    cause: RemovalCause | None,
    signed_in: bool,
    says: str,
) -> None:
    with pytest.raises(NeedsAnother, match=says):
        weigh(ANA, replace(HOLD, asked_by=asked_by), cause, signed_in=signed_in)


def test_a_record_without_a_name_is_called_by_its_id() -> None:
    with pytest.raises(NeedsAnother, match="from u1"):
        weigh(ANA, replace(HOLD, display_name="", asked_by=ANA), None, signed_in=True)


STRICT: dict[str, object] = {"four_eyes": True, "enabled": True, "access": "3"}


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        ({}, {"four_eyes": True}, ""),
        (STRICT, STRICT, ""),
        (STRICT, {}, SWITCHED_OFF),
        (STRICT, {**STRICT, "four_eyes": False}, SWITCHED_OFF),
        (STRICT, {**STRICT, "enabled": False}, "limits switched off"),
        (STRICT, {**STRICT, "access": "300"}, "limits changed"),
        (STRICT, {**STRICT, "reason": "a spring clean"}, ""),
    ],
)
def test_what_lets_go_more_than_before_has_a_word(
    before: dict[str, object], after: dict[str, object], word: str
) -> None:
    assert loosened({"guard": before}, {"guard": after}) == word


def test_settings_without_a_guard_ask_for_no_second_person() -> None:
    assert (needs_two({}), needs_two({"guard": None}), needs_two({"guard": STRICT})) == (
        False,
        False,
        True,
    )
    assert loosened({"guard": STRICT}, {}) == SWITCHED_OFF
    assert four_eyes_subject("15five") == "15five/four-eyes"


def test_an_edit_of_the_schedule_takes_nobody_s_access() -> None:
    before: dict[str, object] = {"name": "15Five", "scope": "assigned", "interval_seconds": 2400}

    schedule = decides_about_access(before, {**before, "interval_seconds": 60, "name": "Fifteen"})
    scope = decides_about_access(before, {**before, "scope": "all"})
    nothing = decides_about_access(before, dict(before))

    assert (schedule, scope, nothing) == (False, True, False)
