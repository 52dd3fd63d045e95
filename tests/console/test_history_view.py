"""What happened to one person or group, in the words that the console finds for it."""

import datetime as dt
from collections.abc import Mapping

import pytest

from seatkeeper.console.views.history import HistoryRow, Named, history_rows
from seatkeeper.console.views.order import order_band
from seatkeeper.directory.model import Change, Kind, Subject, Verb
from seatkeeper.facts.past import Happened, Place
from seatkeeper.ports import AuditEntry
from seatkeeper.provisioning.journal import Order, OrderVerb
from seatkeeper.provisioning.log import LogEntry, Modified, Status

NOON = dt.datetime(2026, 11, 5, 12, tzinfo=dt.UTC)
NAMED = Named("ana", {"15five": "15Five"}, {"sales": "Sales", "bo": "Bo Larsen", "lee": "Lee Aho"})


def change(
    subject: Subject,
    verb: Verb,
    record: str = "ana",
    *,
    other: str | None = None,
    app: str | None = None,
    detail: Mapping[str, object] | None = None,
) -> Happened:
    told = Change(1, NOON, "hr", subject, verb, record, other, Kind.USER, app, detail or {})
    return Happened(NOON, app or "", change=told)


def decided(
    action: str, after: Mapping[str, object], before: Mapping[str, object] | None = None
) -> Happened:
    entry = AuditEntry(1, NOON, "grace", action, "15five/ana", before, after)
    return Happened(NOON, "15five", decided=entry)


def row(one: Happened, named: Named = NAMED) -> HistoryRow:
    [found] = history_rows([one], NOON, named)
    return found


@pytest.mark.parametrize(
    ("happened", "text"),
    [
        (change(Subject.USER, Verb.RESTORED), "Restored in the directory"),
        (change(Subject.MEMBERSHIP, Verb.CREATED, "sales", other="ana"), "Joined the group Sales"),
        (change(Subject.MEMBERSHIP, Verb.DELETED, "old", other="ana"), "Left the group old"),
        (change(Subject.ASSIGNMENT, Verb.DELETED, app="15five"), "No longer assigned to 15Five"),
        (change(Subject.ASSIGNMENT, Verb.UPDATED, app="x"), "Assignment to x changed"),
        (
            change(Subject.ASSIGNMENT, Verb.CREATED, "sales", app="15five"),
            "The group Sales was assigned to 15Five",
        ),
        (decided("removal.decided", {"state": "approved"}), "The removal was approved"),
        (
            decided("removal.decided", {"state": "kept", "until": "2026-12-24T00:00:00Z"}),
            "The account is kept until 2026-12-24",
        ),
        (decided("removal.decided", {"state": "kept"}), "The account is kept"),
        (decided("removal.decided", {"state": "open"}), "The removal was put off"),
        (decided("inbound.give", {"source": "hr"}), "Handed over to hr"),
        (decided("inbound.give", {"source": None}), "Handed over to no source"),
        (
            decided("inbound.refused", {"reason": "not yours"}),
            "The source tried to change this and was refused",
        ),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_happened_is_one_short_sentence(happened: Happened, text: str) -> None:
    assert row(happened).text == text


def test_changed_values_come_from_the_audit_trail_and_managers_have_names() -> None:
    said = AuditEntry(
        2,
        NOON,
        "hr",
        "user.edit",
        "ana",
        {"jobTitle": "Clerk", "manager": "bo"},
        {"jobTitle": "Chief", "manager": "lee"},
    )
    edited = change(Subject.USER, Verb.UPDATED, detail={"attributes": ["jobTitle", "manager"]})
    whole = Happened(NOON, change=edited.change, values=said)

    with_values, without = row(whole), row(edited)

    told = [(one.path, one.old, one.new) for one in with_values.changes]
    assert told == [("jobTitle", "Clerk", "Chief"), ("manager", "Bo Larsen", "Lee Aho")]
    assert (with_values.note, without.note) == ("", "jobTitle, manager")
    assert list(without.changes) == []


def test_members_who_came_together_are_one_line_and_the_first_are_named() -> None:
    sales = Named("sales", {}, NAMED.names)
    came = [
        change(Subject.MEMBERSHIP, Verb.CREATED, "sales", other=one)
        for one in ("bo", "lee", "x1", "x2", "x3")
    ]
    left = change(Subject.MEMBERSHIP, Verb.DELETED, "sales", other="bo")

    rows = history_rows([left, *came], NOON, sales)

    assert [one.text for one in rows] == ["1 member left", "5 members joined"]
    assert [one.note for one in rows] == ["Bo Larsen", "Bo Larsen, Lee Aho, x1, x2 and 1 more"]


def test_a_write_shows_its_first_values_how_many_more_and_the_app_s_words() -> None:
    many = [Modified(f"path{number}", None, "new") for number in range(7)]
    entry = LogEntry(
        "e1", "15five", "c1", NOON, Kind.USER, "ana", "Ana", "create", Status.FAILURE,
        code="EntryConflict", reason="The app said no.", modified=many,
    )  # fmt: skip

    written = row(Happened(NOON, "15five", entry=entry))

    assert (written.text, written.result, written.note) == (
        "Create the account",
        "Failed",
        "The app said no.",
    )
    assert (len(written.changes), written.more_changes, written.event) == (4, 3, "e1")


def test_hostile_names_are_cut_and_show_what_cannot_be_seen() -> None:
    named = Named("ana", {}, {"evil": "\u202e" + "x" * 500})

    shown = row(change(Subject.MEMBERSHIP, Verb.CREATED, "evil", other="ana"), named)

    assert "\u202e" not in shown.text
    assert len(shown.text) < 120


def test_evidence_writes_moments_out() -> None:
    exact = Named("ana", {}, exact=True)

    assert row(change(Subject.USER, Verb.CREATED), exact).at.text == "2026-11-05 12:00:00 UTC"
    assert row(change(Subject.USER, Verb.CREATED)).at.text == "12:00 UTC"


@pytest.mark.parametrize("text", ["", "1", "1-2", "a-b-c", "1-2-3-4", "-1-2-3", "²--", "9" * 20])
def test_an_address_that_names_no_place_is_the_beginning(text: str) -> None:
    assert Place.read(text) == Place()


def test_a_place_comes_back_from_its_address() -> None:
    assert Place.read(Place(7, None, 3).text) == Place(7, None, 3)


@pytest.mark.parametrize(
    ("state", "answer", "title", "waits"),
    [
        ("open", None, "Being provisioned", True),
        ("taken", None, "Being provisioned", True),
        ("failed", {"message": "No token.", "advice": "Paste one."}, "It could not be done", False),
        ("done", {"cycle": "c1"}, "Done, no change needed", False),
    ],
)
def test_an_order_says_how_far_it_is(
    state: str, answer: Mapping[str, object] | None, title: str, waits: bool
) -> None:
    order = Order(1, "15five", OrderVerb.RUN, {}, "ana", state, answer)

    band = order_band(order, None)

    assert (band.title, band.waits) == (title, waits)
    assert state != "failed" or band.text == "No token. Paste one."
