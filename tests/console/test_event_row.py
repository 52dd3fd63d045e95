"""One event in a list says who and what in a few words; its page says the rest."""

import datetime as dt
from collections.abc import Sequence

from seatkeeper.console.views.event_row import event_row
from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.log import (
    LogEntry,
    Modified,
    Status,
    held_reason,
    steps,
)
from seatkeeper.provisioning.plan import Reason, Skip

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
CALLED = {
    ("members", "a1"): "Maya Dayal",
    ("members", "a2"): "Lore Gut",
    ("manager", "a2"): "Lore Gut",
}


def entry(modified: Sequence[Modified] = (), **more: object) -> LogEntry:
    made = {
        "id": "e1",
        "app_id": "15five",
        "cycle_id": "c1",
        "at": NOW,
        "kind": Kind.GROUP,
        "record_id": "g1",
        "display_name": "Marketing",
        "action": "update",
        "status": Status.SUCCESS,
        "modified": modified,
        **more,
    }
    return LogEntry(**made)  # type: ignore[arg-type]  # as many as the case needs


def test_a_member_who_joins_or_leaves_is_a_name_with_a_sign() -> None:
    some = entry([Modified("members", None, "a2"), Modified("members", "a1", None)])

    row = event_row(1, some, NOW, called=CALLED)

    assert [(one.old, one.new) for one in row.changes] == [("", "+ Lore Gut"), ("", "− Maya Dayal")]


def test_a_reference_in_a_list_is_called_by_name_alone_and_on_its_page_with_the_id() -> None:
    some = entry([Modified("manager", "a9", "a2")])

    [in_a_list] = event_row(1, some, NOW, called=CALLED).changes
    [on_its_page] = event_row(1, some, NOW, called=CALLED, shown=1_000).changes

    assert (in_a_list.old, in_a_list.new) == ("a9", "Lore Gut")
    assert on_its_page.new == "Lore Gut (account a2)"


def test_a_removal_that_is_held_says_in_a_list_why_and_not_its_number() -> None:
    reason = held_reason("db1d6dfd", "16 people: too many.")
    held = entry(action="other", status=Status.SKIPPED, code=Reason.HELD, reason=reason)

    in_a_list, on_its_page = event_row(1, held, NOW), event_row(1, held, NOW, shown=1_000)

    assert (in_a_list.mark, in_a_list.reason) == ("hold", "16 people: too many.")
    assert on_its_page.reason == "Waits for approval db1d6dfd: 16 people: too many."


def test_members_that_were_sent_are_not_said_to_be_as_they_should_be() -> None:
    passed = steps(
        Skip(Reason.IN_SYNC, "The account already is as it should be."),
        None,
        matched="",
        waiting={},
        members=[Modified("members", None, "a1"), Modified("members", "a2", None)],
    )

    assert (passed[-1].status, passed[-1].name) == (Status.SUCCESS, "EntryExportUpdate")
    assert passed[-1].text == "2 changes of members sent; the rest is as it should be"
