"""Home answers in one sentence, and names what waits with the one thing to do."""

import datetime as dt

from seatkeeper.console.views.home import AppFacts, home_page, moved, moves
from seatkeeper.directory.model import Change, Subject, Verb
from seatkeeper.provisioning.held import HeldKind
from seatkeeper.provisioning.removal import Removal
from seatkeeper.provisioning.secret_ends import secret_ends

NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
WELL: dict[str, object] = {
    "app": "15five",
    "name": "15Five",
    "status": "on",
    "every": "40m",
    "users": 10,
    "has_secret": True,
    "last_cycle": {"ended_at": NOW.isoformat(), "number": 3, "created": 2},
}
HELD = HeldKind(Removal.ACCESS, 1, NOW - DAY)


def app(*held: HeldKind, waiting: int = 0, **facts: object) -> AppFacts:
    causes = {"MissingValues": waiting} if waiting else {}
    plain = {**WELL, "waiting": waiting, "waiting_causes": causes, "held": len(held), **facts}
    return AppFacts(plain, (waiting, 0), held)


def change(
    seq: int, who: str, verb: Verb, days_ago: float, subject: Subject = Subject.USER
) -> Change:
    return Change(seq, NOW - days_ago * DAY, "hr", subject, verb, who)


def test_one_sentence_says_how_all_of_them_are() -> None:
    def answer(*apps: AppFacts) -> str:
        return home_page(apps, NOW, ()).answer

    assert answer() == "No app is connected yet."
    assert answer(app()) == "15Five is well."
    assert answer(app(), app(name="Desk")) == "All 2 apps are well."
    assert answer(app(), app(name="Desk", waiting=1)) == "Desk needs your attention."
    assert answer(app(HELD), app(waiting=1)) == "2 of 2 apps need your attention."
    assert answer(app(status="off")) == "Every app is off. Nothing is sent."


def test_a_row_counts_people_in_step_and_what_needs_somebody() -> None:
    [row] = home_page([app(HELD, waiting=2)], NOW, ()).rows

    assert (row.step, row.scope, row.share, row.need) == ("7", "9", "77.8 %", 3)
    assert row.last == "2 created"


def test_what_stops_an_app_waits_before_what_is_held_and_who_fails() -> None:
    stopped = app(
        HELD, waiting=2, quarantine="quarantined since 2026-03-04 09:40 UTC: No token. Set it."
    )

    waiting = home_page([stopped], NOW, ()).waiting

    assert [one.kind for one in waiting] == ["stopped", "held", "failing"]
    assert waiting[1].title == "1 removal in 15Five is held"
    assert waiting[2].title == "2 people and groups fail in 15Five"
    assert waiting[2].text == "2 × A value that the app needs is missing"


def test_a_token_that_ends_soon_waits_for_somebody_until_there_is_a_new_one() -> None:
    ends = secret_ends([("15five", "15Five", "2026-03-11"), ("desk", "Desk", "2026-03-01")], NOW)

    waiting = home_page([app()], NOW, (), ends).waiting

    assert [(one.kind, one.tone, one.app) for one in waiting] == [
        ("token", "danger", "desk"),
        ("token", "disable", "15five"),
    ]
    assert waiting[0].title == "The token of Desk should have expired"
    assert "From 2026-03-11 on 15Five refuses it" in waiting[1].text


def test_who_joined_and_left_this_week_is_told_once_by_the_newest_of_both() -> None:
    feed = [
        change(1, "old", Verb.CREATED, 8),
        change(2, "ana", Verb.CREATED, 3),
        change(3, "bo", Verb.CREATED, 3),
        change(4, "bo", Verb.DISABLED, 2),
        change(5, "cy", Verb.CREATED, 1),
        change(6, "cy", Verb.UPDATED, 1),
        change(7, "sales", Verb.CREATED, 1, Subject.GROUP),
    ]

    assert moved(feed, NOW) == (["cy", "ana"], ["bo"])


def test_so_many_are_named_and_all_of_them_counted() -> None:
    feed = [change(n, f"p{n}", Verb.CREATED, 1) for n in range(20)]
    ids, _left = moved(feed, NOW)

    some = moves(ids, {"p19": "Ana \u202e"}, feed, NOW, more=True)

    assert some.count == "20+"
    assert [one.id for one in some.newest] == ["p19", "p18", "p17", "p16", "p15", "p14"]
    assert [one.name for one in some.newest[:2]] == ["Ana ⟨U+202E⟩", "(no name)"]
