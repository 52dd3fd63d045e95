"""One event as a line of a list: who, what, how it went.

After the walk, pure: an entry of the provisioning log and the present moment go
in, a frozen line goes out. What outcomes and actions are called is here.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from seatkeeper.console.language import _
from seatkeeper.console.views.values import Change, Time
from seatkeeper.console.words import clock, span, visible
from seatkeeper.facts.words import short_path
from seatkeeper.provisioning.events import Outcome, outcome_of
from seatkeeper.provisioning.log import LogEntry, Modified, why_held
from seatkeeper.provisioning.naming import MEMBERS, NOBODY, Called, by_name, by_name_alone

SHOWN_CHANGES: Final = 2
LONGEST: Final = 60
"""Letters of a name in a list."""


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line of a list of events. ``mark`` names the sign of ``ui/parts.html``."""

    id: str
    number: int
    at: Time
    app_id: str
    app: str
    kind: str
    record_id: str
    name: str
    mark: str
    action: str
    result: str
    result_mark: str
    changes: Sequence[Change]
    more_changes: int
    reason: str
    took: str


def outcome_words() -> Mapping[Outcome, str]:
    """Return what each outcome is called in lists and filters."""
    return {
        Outcome.DONE: _("Done"),
        Outcome.FAILED: _("Failed"),
        Outcome.HELD: _("Held"),
        Outcome.UNCHANGED: _("No change needed"),
        Outcome.OUT_OF_SCOPE: _("Out of scope"),
    }


def action_words() -> Mapping[str, str]:
    """Return what each action of the log is called."""
    return {
        "create": _("Create"),
        "update": _("Update"),
        "disable": _("Deactivate"),
        "delete": _("Delete"),
        "other": _("Look"),
    }


_MARKS: Final = {
    Outcome.DONE: "unchanged",
    Outcome.FAILED: "fail",
    Outcome.HELD: "hold",
    Outcome.UNCHANGED: "unchanged",
    Outcome.OUT_OF_SCOPE: "skip",
}


def event_row(
    number: int,
    entry: LogEntry,
    now: dt.datetime,
    *,
    app_name: str = "",
    called: Called = NOBODY,
    shown: int = SHOWN_CHANGES,
) -> EventRow:
    """Return one entry of the log as a line."""
    outcome = outcome_of(entry)
    brief = shown <= SHOWN_CHANGES
    changes = [(_briefly if brief else _change)(one, called) for one in entry.modified]
    # A new account is all new values: one of them says as much as many.
    shown = min(shown, 1) if entry.action == "create" and shown == SHOWN_CHANGES else shown
    held = outcome is Outcome.HELD
    return EventRow(
        id=entry.id,
        number=number,
        at=Time(entry.at.isoformat(timespec="milliseconds"), clock(entry.at, now)),
        app_id=entry.app_id,
        app=visible(app_name or entry.app_id, LONGEST),
        kind=entry.kind.value,
        record_id=entry.record_id,
        name=visible(entry.display_name or entry.record_id, LONGEST) or _("(no name)"),
        mark="hold" if held else {"other": "link"}.get(entry.action, entry.action),
        action=_("Removal")
        if held
        else action_words().get(entry.action, visible(entry.action, 30)),
        result=outcome_words()[outcome],
        result_mark=_MARKS[outcome],
        changes=changes[:shown],
        more_changes=max(0, len(changes) - shown),
        reason=visible(why_held(entry.reason) if brief else entry.reason, 300),
        took=span(entry.milliseconds / 1_000) if entry.milliseconds else "",
    )


def _change(one: Modified, called: Called) -> Change:
    named = by_name(one, called)
    return Change(
        short_path(visible(one.path, 120)), "", visible(named.old, 200), visible(named.new, 200)
    )


def _briefly(one: Modified, called: Called) -> Change:
    """Return a change for a list: names without ids, and a member as one who joins or leaves."""
    named = by_name_alone(one, called)
    old, new = visible(named.old, 200), visible(named.new, 200)
    if one.path == MEMBERS:
        old, new = "", f"+ {new}" if new else f"\N{MINUS SIGN} {old}"
    return Change(short_path(visible(one.path, 120)), "", old, new)
