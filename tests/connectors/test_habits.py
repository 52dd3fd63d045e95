"""What an app's habits make of a question, a change, and the moment at which it leaves."""

from typing import Any

import pytest

from seatkeeper.connectors.habits import Habits, put_body, put_members
from seatkeeper.connectors.rate import Tempo
from seatkeeper.directory.model import Kind
from seatkeeper.gallery.abilities import FilterAbilities
from seatkeeper.gallery.rates import RateWindow
from seatkeeper.scim.messages import ENTERPRISE_USER, USER
from seatkeeper.scim.path import parse_path

WORK = parse_path('emails[type eq "work"].value')


class Clock:
    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        return self.time

    async def pause(self, seconds: float) -> None:
        self.time += seconds


async def test_changes_of_groups_wait_for_their_window_and_others_do_not() -> None:
    clock = Clock()
    rule = RateWindow("PATCH", count=2, seconds=30, resources="groups")
    tempo = Tempo(100, [rule], now=clock.now, clock=clock.now, pause=clock.pause)

    times = []
    for method, kind in [
        ("PATCH", "Group"),
        ("PATCH", "Group"),
        ("PATCH", "User"),
        ("GET", "Group"),
        ("PATCH", "Group"),
    ]:
        await tempo.turn(method, kind)
        times.append(clock.time - 100.0)

    assert times == [0, 0, 0, 0, 30]


def test_a_put_keeps_what_we_do_not_manage() -> None:
    held: dict[str, Any] = {
        "schemas": [USER, "urn:x:2.0:User"],
        "id": "7",
        "userName": "ada",
        "nickName": "Countess",
        "urn:x:2.0:User": {"desk": "12"},
        "groups": [{"value": "g"}],
        "meta": {"version": "1"},
    }
    change = {"op": "add", "path": f"{ENTERPRISE_USER}:department", "value": "Engines"}

    body = put_body(Kind.USER, held, [change])

    assert body == {
        "schemas": [USER, "urn:x:2.0:User", ENTERPRISE_USER],
        "id": "7",
        "userName": "ada",
        "nickName": "Countess",
        "urn:x:2.0:User": {"desk": "12"},
        ENTERPRISE_USER: {"department": "Engines"},
    }


def test_members_that_are_as_they_should_be_need_no_put() -> None:
    held = {"displayName": "Crew", "members": [{"value": "a"}, {"value": "b"}]}

    assert put_members(held, ["a"], ["z"]) is None
    assert put_members(held, ["c"], ["a"]) == {
        "displayName": "Crew",
        "members": [{"value": "b"}, {"value": "c"}],
    }


@pytest.mark.fault("T16")
def test_a_question_becomes_the_filter_that_the_app_takes() -> None:
    plain = Habits(filters=FilterAbilities(operators=("eq", "and")))
    by_name = Habits(filters=FilterAbilities(users=("userName",), groups=()))

    assert Habits().filter_path(Kind.USER, WORK) == WORK
    assert str(plain.filter_path(Kind.USER, WORK)) == "emails.value"
    assert by_name.filter_path(Kind.USER, WORK) is None
    assert str(by_name.filter_path(Kind.USER, parse_path("userName"))) == "userName"
    assert by_name.filter_path(Kind.GROUP, parse_path("displayName")) is None
