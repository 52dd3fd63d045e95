"""Prepare a page of events; the template only places it.

After the walk, pure: a page of the provisioning log, what was asked for and the
present moment go in, frozen values go out.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from seatkeeper.console.language import _, ngettext
from seatkeeper.console.views.event_row import (
    LONGEST,
    EventRow,
    action_words,
    event_row,
    outcome_words,
)
from seatkeeper.console.words import visible
from seatkeeper.provisioning.events import COUNTED, TOLD_UNASKED, Events, LogQuery
from seatkeeper.provisioning.naming import NOBODY, Called


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on: what it says, and the address without it."""

    text: str
    without: str


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """A page of events with what is asked for."""

    answer: str
    rows: Sequence[EventRow]
    chips: Sequence[Chip]
    shown: str
    newer: str
    older: str
    older_words: str
    newest: int
    query: str
    filtered: bool


def activity_page(
    found: Events,
    query: LogQuery,
    asked: Mapping[str, str],
    now: dt.datetime,
    *,
    path: str,
    names: Mapping[str, str],
    called: Mapping[str, Called],
    whose: str = "",
) -> ActivityPage:
    """Return a page of events.

    ``asked`` are the filters as the address says them, ``names`` apps by id, ``called`` the
    names behind references by app, ``whose`` the name of the person who is asked for.
    """
    rows = [
        event_row(
            number,
            entry,
            now,
            app_name=names.get(entry.app_id, ""),
            called=called.get(entry.app_id, NOBODY),
        )
        for number, entry in found.entries
    ]
    filters = {name: value for name, value in asked.items() if value}
    older = ""
    if rows and found.more:
        older = _address(path, {**filters, "before": str(rows[-1].number)})
    elif found.looked_to is not None:
        older = _address(path, {**filters, "before": str(found.looked_to)})
    return ActivityPage(
        answer=_answer(rows, found),
        rows=rows,
        chips=_chips(query, filters, path, names, whose),
        shown=_shown(rows, found),
        newer=_address(path, {**filters, "after": str(rows[0].number)})
        if rows and found.newer
        else (_address(path, filters) if found.newer else ""),
        older=older,
        older_words=_("Older") if found.more else _("Look further back"),
        newest=rows[0].number if rows else 0,
        query=urlencode(filters),
        filtered=bool(filters),
    )


def _answer(rows: Sequence[EventRow], found: Events) -> str:
    if not rows:
        return _("No event fits")
    if found.count is None:
        return _("What happened")
    if found.count > COUNTED:
        return _("More than 10,000 events")
    return ngettext("%(count)s event", "%(count)s events", found.count) % {
        "count": f"{found.count:,}"
    }


def _shown(rows: Sequence[EventRow], found: Events) -> str:
    if found.count is None:
        return _("%(shown)s shown") % {"shown": len(rows)}
    total = f"{COUNTED:,}+" if found.count > COUNTED else f"{found.count:,}"
    return _("%(shown)s of %(total)s") % {"shown": len(rows), "total": total}


def _chips(
    query: LogQuery, filters: Mapping[str, str], path: str, names: Mapping[str, str], whose: str
) -> list[Chip]:
    said = {
        "who": whose or filters.get("who", ""),
        "app": names.get(query.app_id, query.app_id),
        "action": action_words().get(query.action, query.action),
        "result": ", ".join(
            words for one, words in outcome_words().items() if one in query.outcomes
        )
        if query.outcomes != TOLD_UNASKED
        else "",
        "code": query.code,
        "cycle": filters.get("cycle", ""),
        "since": filters.get("since", ""),
        "until": filters.get("until", ""),
    }
    words = {
        "who": _("Person or group"),
        "app": _("App"),
        "action": _("Action"),
        "result": _("Result"),
        "code": _("Cause"),
        "cycle": _("Cycle"),
        "since": _("From"),
        "until": _("Until"),
    }
    return [
        Chip(
            f"{words[name]}: {visible(said[name], LONGEST)}",
            _address(path, {key: one for key, one in filters.items() if key != name}),
        )
        for name in filters
        if said.get(name)
    ]


def _address(path: str, filters: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(filters)}" if filters else path
