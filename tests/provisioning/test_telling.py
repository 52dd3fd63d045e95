"""Who is told what: once, gathered when it gets much, daily while it lasts, and that it ended."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from seatkeeper.provisioning.message import Message, Topic
from seatkeeper.provisioning.telling import (
    DAY,
    PER_HOUR,
    QUIET,
    SINGLY,
    Channel,
    Listener,
    Notice,
    Parcel,
    Past,
    to_tell,
)

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
IT = Listener(Channel.MAIL, "it@larkspur.example")
CHAT = Listener(Channel.WEBHOOK, "https://chat.larkspur.example/hook")


def said(title: str, topic: Topic = Topic.FAILURES, app: str = "15five") -> Message:
    return Message(topic=topic, title=title, happened="It is so.", app_id=app)


def titles(parcel: Parcel, to: Listener) -> list[str]:
    return [one.title for one in parcel.messages] if parcel.key == to.key else []


@dataclass
class Play:
    """What an outbox does, in memory: it keeps notices and parcels, and moves a clock."""

    listeners: Sequence[Listener] = (IT,)
    now: dt.datetime = NOW
    notices: list[Notice] = field(default_factory=list)
    sent: list[tuple[dt.datetime, Parcel]] = field(default_factory=list)

    def begins(self, cause: str, topic: Topic = Topic.FAILURES, app: str = "15five") -> None:
        message = said(cause, topic, app)
        self.notices.append(Notice(len(self.notices) + 1, app, cause, message, self.now))

    def ends(self, cause: str, app: str = "15five", *, told: bool = True) -> None:
        self.notices = [
            replace(one, holds=False) if (one.app_id, one.cause) == (app, cause) else one
            for one in self.notices
        ]
        if told:
            number = len(self.notices) + 1
            end = said(f"end of {cause}", Topic.RECOVERY, app)
            kept = Notice(number, app, f"end of {cause}", end, self.now, holds=False, ends=cause)
            self.notices.append(kept)

    def looks(self, after: dt.timedelta = MINUTE) -> list[list[str]]:
        """Let time pass, tell, and return the titles in each parcel."""
        self.now += after
        past = {
            key: Past(
                [at for at, one in self.sent if one.key == key],
                max((at for at, one in self.sent if one.key == key and one.digest), default=None),
            )
            for key in {one.key for one in self.listeners}
        }
        telling = to_tell(self.notices, self.listeners, past, ["15five", "slack"], self.now)
        self.notices = [
            replace(
                one,
                told_to=telling.told.get(one.id, one.told_to),
                told_at=one.told_at or (self.now if one.id in telling.told else None),
                settled=one.settled or one.id in telling.settled,
            )
            for one in self.notices
        ]
        self.sent += [(self.now, one) for one in telling.parcels]
        return [[message.title for message in one.messages] for one in telling.parcels]


def test_a_cause_is_told_once() -> None:
    play = Play()
    play.begins("the token was refused")

    told = [play.looks() for _ in range(3)]

    assert told == [[["the token was refused"]], [], []]


def test_what_comes_back_within_an_hour_is_told_when_the_hour_is_over() -> None:
    play = Play()
    play.begins("away")
    play.looks()
    play.ends("away", told=False)
    play.begins("away")

    soon, later = play.looks(), play.looks(QUIET)

    assert (soon, later) == ([], [["away"]])


def test_what_came_and_went_before_anybody_heard_of_it_is_not_told() -> None:
    play = Play()
    play.begins("away", Topic.STOPPED)
    play.ends("away")

    assert play.looks() == []


def test_the_end_is_told_to_whom_the_beginning_was_told_and_nobody_else() -> None:
    play = Play()
    play.begins("away", Topic.STOPPED)
    play.looks()
    play.listeners = (IT, CHAT)
    play.ends("away")

    told = play.looks()

    assert told == [["end of away"]]
    assert play.sent[-1][1].address == IT.address


def test_many_causes_at_once_are_one_parcel() -> None:
    play = Play()
    causes = [f"cause {number}" for number in range(SINGLY + 1)]
    for cause in causes:
        play.begins(cause)

    assert play.looks() == [causes]


def test_a_flood_over_an_hour_is_gathered() -> None:
    play = Play()
    told = []
    for number in range(50):
        play.begins(f"cause {number}")
        told.append(play.looks())

    later = play.looks(QUIET)

    assert sum(len(parcels) for parcels in told) == PER_HOUR
    assert [len(one) for one in later] == [50 - PER_HOUR]


def test_what_still_holds_is_told_again_once_a_day_in_one_parcel() -> None:
    play = Play()
    play.begins("a")
    play.begins("b")
    play.looks()

    days = [play.looks(DAY / 2) for _ in range(6)]

    assert days == [[], [["a", "b"]], [], [["a", "b"]], [], [["a", "b"]]]
    assert all(parcel.digest for _, parcel in play.sent[2:])


def test_no_digest_speaks_of_tokens_which_have_dates_of_their_own() -> None:
    play = Play()
    play.begins("the token of hr ends", Topic.TOKENS)
    play.looks()

    assert play.looks(DAY) == []


def test_each_listener_hears_only_what_they_asked_for() -> None:
    slack = Listener(Channel.MAIL, "slack@larkspur.example", app_id="slack")
    only_removals = Listener(Channel.WEBHOOK, CHAT.address, frozenset({Topic.REMOVALS}))
    play = Play((IT, slack, only_removals))
    play.begins("a failure")
    play.begins("removals wait", Topic.REMOVALS, app="slack")

    play.looks()

    heard = {one.address: [said.title for said in one.messages] for _, one in play.sent[::-1]}
    assert heard[slack.address] == ["removals wait"]
    assert heard[only_removals.address] == ["removals wait"]
    assert IT.address in heard
    assert sorted(told for one in play.sent for told in titles(one[1], IT)) == [
        "a failure",
        "removals wait",
    ]


def test_one_address_that_listens_twice_is_told_once() -> None:
    play = Play((IT, Listener(Channel.MAIL, IT.address, app_id="15five")))
    play.begins("a failure")

    assert play.looks() == [["a failure"]]


def test_who_is_told_late_of_a_cause_is_not_told_twice() -> None:
    chatty = [Listener(Channel.MAIL, IT.address), CHAT]
    play = Play(chatty)
    for number in range(PER_HOUR):
        play.begins(f"cause {number}", Topic.REMOVALS)
        play.listeners = (IT,)
        play.looks()
    play.listeners = chatty
    play.begins("the last one")

    now, later = play.looks(), play.looks(QUIET)

    assert now == [["the last one"]]
    assert later == [["the last one"]]
    assert [one.key for at, one in play.sent[-2:]] == [CHAT.key, IT.key]


def test_an_app_that_was_taken_out_concerns_nobody() -> None:
    play = Play()
    play.begins("a failure", app="gone")

    assert play.looks() == []
    assert play.looks(DAY) == []


def test_who_listens_only_later_hears_of_what_still_holds_in_a_digest() -> None:
    play = Play(())
    play.begins("a failure")
    play.looks()
    play.listeners = (IT,)

    assert play.looks(DAY) == [["a failure"]]


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["begin", "end", "look"]),
            st.sampled_from(["a", "b", "c", "d"]),
            st.integers(0, 90),
        ),
        max_size=60,
    )
)
def test_whatever_happens_nobody_is_told_the_same_within_an_hour_nor_too_often(
    story: list[tuple[str, str, int]],
) -> None:
    play = Play((IT, CHAT))
    for verb, cause, minutes in story:
        open_now = {one.cause for one in play.notices if one.holds}
        if verb == "begin" and cause not in open_now:
            play.begins(cause, Topic.STOPPED)
        elif verb == "end" and cause in open_now:
            play.ends(cause)
        play.looks(minutes * MINUTE)

    for to in (IT, CHAT):
        mine = [(at, one) for at, one in play.sent if one.key == to.key]
        fresh = [
            (at, message.title)
            for at, one in mine
            if not one.digest
            for message in one.messages
            if message.topic is not Topic.RECOVERY
        ]
        for number, (at, title) in enumerate(fresh):
            assert all(at - earlier >= QUIET for earlier, same in fresh[:number] if same == title)
        for at, _ in mine:
            within = [one for when, one in mine if at - QUIET < when <= at and not one.digest]
            assert len(within) <= PER_HOUR
    ends = [m.title for _, one in play.sent for m in one.messages if m.topic is Topic.RECOVERY]
    begun = [m.title for _, one in play.sent if not one.digest for m in one.messages]
    assert all(begun.count(one) <= begun.count(one.removeprefix("end of ")) for one in ends)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "c", "d", "e", "f", "g", "h"]), max_size=30))
def test_what_goes_on_to_hold_is_told_in_the_end(causes: list[str]) -> None:
    play = Play()
    for cause in dict.fromkeys(causes):
        play.begins(cause)
        play.looks()

    play.looks(2 * QUIET)

    heard = {message.title for _, one in play.sent for message in one.messages}
    assert heard == set(causes)
