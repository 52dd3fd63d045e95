"""Word what happened to one person or group; the templates only place it.

After the walk, pure: lines of ``facts.past`` and the present moment go in, frozen
values go out. What the engine wrote down is shown as it was written.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from seatkeeper.console.language import _, ngettext
from seatkeeper.console.views.event_row import event_row
from seatkeeper.console.views.values import Change as ChangedValue
from seatkeeper.console.views.values import Time
from seatkeeper.console.words import clock, visible
from seatkeeper.directory.model import Change, Kind, Subject, Verb
from seatkeeper.facts.past import Happened
from seatkeeper.ports import AuditEntry
from seatkeeper.provisioning.guard import HoldState
from seatkeeper.provisioning.log import LogEntry
from seatkeeper.provisioning.naming import NOBODY, Called

SHOWN_VALUES: Final = 4
_LONGEST: Final = 60


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One line of a history. ``event`` is the id of the log entry behind it, if any."""

    at: Time
    mark: str
    text: str
    by: str
    app_id: str = ""
    app: str = ""
    changes: Sequence[ChangedValue] = ()
    more_changes: int = 0
    note: str = ""
    event: str = ""
    result: str = ""
    result_mark: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """How everything that a history mentions is called, and how many values a line shows.

    ``exact``: moments are written out, for what is printed and read years later.
    """

    record_id: str
    apps: Mapping[str, str]
    names: Mapping[str, str] = field(default_factory=dict)
    called: Mapping[str, Called] = field(default_factory=dict)
    shown: int = SHOWN_VALUES
    exact: bool = False

    def app(self, app_id: str) -> str:
        """Return an app's name."""
        return visible(self.apps.get(app_id, app_id), _LONGEST)

    def other(self, record_id: str | None) -> str:
        """Return the name of a group or person, its id where nobody knows one."""
        return visible(self.names.get(record_id or "", record_id or ""), _LONGEST)


def history_rows(
    happened: Sequence[Happened], now: dt.datetime, named: Named
) -> Sequence[HistoryRow]:
    """Return the lines of a history in the order of what happened.

    Members of a group who came or went in the same minute by the same hand are one line.
    """
    rows: list[HistoryRow] = []
    for _alike, several in groupby(happened, key=lambda one: _alike_of(one, now, named)):
        moved = list(several)
        if _moves(moved[0], named) is None:
            rows += [_row(one, now, named) for one in moved]
        else:
            rows.append(_members(moved, now, named))
    return rows


def _moves(one: Happened, named: Named) -> Change | None:
    """Return the change of one of the group's own members, if it is one."""
    change = one.change
    if change is None or change.subject is not Subject.MEMBERSHIP:
        return None
    return change if change.record_id == named.record_id else None


def _alike_of(one: Happened, now: dt.datetime, named: Named) -> tuple[str, ...]:
    change = _moves(one, named)
    if change is None:
        return ()
    return change.verb.value, change.actor, clock(change.at, now)


def _members(moved: Sequence[Happened], now: dt.datetime, named: Named) -> HistoryRow:
    newest, changes = moved[0], [one.change for one in moved if one.change is not None]
    first = ", ".join(named.other(one.other_id) for one in changes[:SHOWN_VALUES])
    left = changes[0].verb is Verb.DELETED
    told = {"count": f"{len(changes):,}"}
    text = (
        ngettext("%(count)s member left", "%(count)s members left", len(changes))
        if left
        else ngettext("%(count)s member joined", "%(count)s members joined", len(changes))
    )
    more = len(changes) - SHOWN_VALUES
    others = ngettext("and %(num)d more", "and %(num)d more", more) % {"num": more}
    return HistoryRow(
        at=_moment(newest, now, named),
        mark="leave" if left else "join",
        text=text % told,
        by=visible(changes[0].actor, _LONGEST),
        note=f"{first} {others}" if more > 0 else first,
    )


def _row(one: Happened, now: dt.datetime, named: Named) -> HistoryRow:
    at = _moment(one, now, named)
    if one.entry is not None:
        return _written(one.entry, at, now, named)
    if one.change is not None:
        return _changed(one.change, one.values, at, named)
    if one.decided is not None:
        return _decided(one.decided, at, one.app_id, named)
    raise LookupError("nothing happened")


def _moment(one: Happened, now: dt.datetime, named: Named) -> Time:
    text = f"{one.at:%Y-%m-%d %H:%M:%S} UTC" if named.exact else clock(one.at, now)
    return Time(one.at.isoformat(timespec="milliseconds"), text)


def _written(entry: LogEntry, at: Time, now: dt.datetime, named: Named) -> HistoryRow:
    called = named.called.get(entry.app_id, NOBODY)
    row = event_row(0, entry, now, app_name=named.app(entry.app_id), called=called, shown=1_000)
    return HistoryRow(
        at=at,
        mark=row.mark,
        text=_write_words().get(entry.action, row.action),
        by="",
        app_id=entry.app_id,
        app=row.app,
        changes=row.changes[: named.shown],
        more_changes=max(0, len(row.changes) - named.shown),
        note=row.reason,
        event=entry.id,
        result=row.result,
        result_mark=row.result_mark,
    )


def _write_words() -> Mapping[str, str]:
    return {
        "create": _("Create the account"),
        "update": _("Update the account"),
        "disable": _("Deactivate the account"),
        "delete": _("Delete the account"),
        "other": _("Look at the account"),
    }


def _changed(change: Change, values: AuditEntry | None, at: Time, named: Named) -> HistoryRow:
    mark, text = _said(change, named)
    pairs = list(_pairs(values, named)) if change.subject is not Subject.ASSIGNMENT else []
    attributes = change.detail.get("attributes")
    note = ""
    if not pairs and change.verb is Verb.UPDATED and isinstance(attributes, list | tuple):
        note = visible(", ".join(str(one) for one in attributes), 200)
    if change.verb is Verb.CREATED and change.subject in (Subject.USER, Subject.GROUP):
        pairs = []
    return HistoryRow(
        at=at,
        mark=mark,
        text=text,
        by=visible(change.actor, _LONGEST),
        app_id=change.app_id or "",
        app=named.app(change.app_id) if change.app_id else "",
        changes=pairs[: named.shown],
        more_changes=max(0, len(pairs) - named.shown),
        note=note,
    )


def _said(change: Change, named: Named) -> tuple[str, str]:
    """Return the sign of a change and what it was, in words."""
    match change.subject:
        case Subject.MEMBERSHIP:
            group = named.other(change.record_id)
            if change.verb is Verb.DELETED:
                return "leave", _("Left the group %(group)s") % {"group": group}
            return "join", _("Joined the group %(group)s") % {"group": group}
        case Subject.ASSIGNMENT:
            return _assigned(change, named)
        case _:
            return _record_words().get(change.verb, ("update", _("Changed")))


def _record_words() -> Mapping[Verb, tuple[str, str]]:
    return {
        Verb.CREATED: ("create", _("Added to the directory")),
        Verb.UPDATED: ("update", _("Changed in the directory")),
        Verb.DISABLED: ("disable", _("Disabled in the directory")),
        Verb.ENABLED: ("enable", _("Enabled in the directory")),
        Verb.DELETED: ("delete", _("Deleted from the directory")),
        Verb.RESTORED: ("enable", _("Restored in the directory")),
        Verb.PURGED: ("delete", _("Removed from the directory for good")),
    }


def _assigned(change: Change, named: Named) -> tuple[str, str]:
    app = named.app(change.app_id or "")
    mark = {Verb.CREATED: "join", Verb.DELETED: "leave"}.get(change.verb, "update")
    if change.record_id == named.record_id:
        texts = {
            Verb.CREATED: _("Assigned to %(app)s"),
            Verb.DELETED: _("No longer assigned to %(app)s"),
        }
        text = texts.get(change.verb, _("Assignment to %(app)s changed"))
        return mark, text % {"app": app}
    texts = {
        Verb.CREATED: _("The group %(group)s was assigned to %(app)s"),
        Verb.DELETED: _("The group %(group)s is no longer assigned to %(app)s"),
    }
    text = texts.get(change.verb, _("The assignment of the group %(group)s to %(app)s changed"))
    return mark, text % {"app": app, "group": named.other(change.record_id)}


def _pairs(values: AuditEntry | None, named: Named) -> Iterator[ChangedValue]:
    if values is None:
        return
    before, after = values.before or {}, values.after or {}
    for name in sorted({*before, *after}):
        old, new = _told(name, before.get(name), named), _told(name, after.get(name), named)
        if old != new:
            yield ChangedValue(visible(name, 80), "", old, new)


def _told(name: str, value: object, named: Named) -> str:
    if value is None:
        return ""
    if name == "manager":
        return named.other(str(value))
    if isinstance(value, list | tuple):
        return visible("; ".join(str(one) for one in value), 200)
    return visible(value, 200)


def _decided(entry: AuditEntry, at: Time, app_id: str, named: Named) -> HistoryRow:
    after = entry.after or {}
    mark, text, note = "hold", visible(entry.action, 80), ""
    if entry.action == "removal.decided":
        mark, text = _decision(after)
        note = visible(after.get("reason"), 300)
    elif entry.action == "removal.asked":
        text = _("Asked that it is taken away; a second person must approve")
        note = visible(after.get("reason"), 300)
    elif entry.action == "inbound.refused":
        mark, text = "fail", _("The source tried to change this and was refused")
        note = visible(after.get("reason"), 200)
    elif entry.action == "inbound.give":
        source = visible(after.get("source") or _("no source"), _LONGEST)
        mark, text = "update", _("Handed over to %(source)s") % {"source": source}
    return HistoryRow(
        at=at,
        mark=mark,
        text=text,
        by=visible(entry.actor, _LONGEST),
        app_id=app_id,
        app=named.app(app_id) if app_id else "",
        note=note,
    )


def _decision(after: Mapping[str, object]) -> tuple[str, str]:
    state = after.get("state")
    if state == HoldState.APPROVED:
        return "disable", _("The removal was approved")
    if state == HoldState.KEPT:
        until = after.get("until")
        if until:
            return "enable", _("The account is kept until %(day)s") % {"day": str(until)[:10]}
        return "enable", _("The account is kept")
    return "hold", _("The removal was put off")


def kind_word(kind: Kind) -> str:
    """Return what addresses call that kind of record."""
    return "people" if kind is Kind.USER else "groups"
