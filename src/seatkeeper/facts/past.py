"""What happened to one person or group, from three books read side by side, newest first.

After the walk: the directory's feed says what changed, the audit trail who
decided and which values, the log what was written to apps. This joins them to
one list, page by page; each page reads so many lines of each book and no more.
How a line is worded is the doors' affair.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from seatkeeper.directory.model import Change, Kind, Subject
from seatkeeper.facts.workplace import Workplace
from seatkeeper.ports import AuditEntry
from seatkeeper.provisioning.events import LogQuery, Outcome
from seatkeeper.provisioning.log import LogEntry

_TOLD_BY_FEED: Final = ("user.", "assignment.", "group.")
"""Audit entries that only add values to what the feed says of the same moment."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far each book was read: the number before which the next page goes on."""

    feed: int | None = None
    audit: int | None = None
    log: int | None = None

    @property
    def text(self) -> str:
        """The place as an address holds it."""
        return "-".join(
            "" if one is None else str(one) for one in (self.feed, self.audit, self.log)
        )

    @classmethod
    def read(cls, text: str) -> "Place":
        """Return the place of an address; anything that is none is the beginning."""
        parts = text.split("-")
        if len(parts) != 3 or not all(
            one == "" or (one.isascii() and one.isdigit() and len(one) < 18) for one in parts
        ):
            return cls()
        feed, audit, log = (int(one) if one else None for one in parts)
        return cls(feed, audit, log)


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened; exactly one of ``change``, ``entry`` and ``decided`` is there.

    ``values`` is what the audit trail adds to a change: who was how before and after.
    """

    at: dt.datetime
    app_id: str = ""
    change: Change | None = None
    entry: LogEntry | None = None
    decided: AuditEntry | None = None
    values: AuditEntry | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """A page of what happened, with names of groups and people that it mentions.

    ``older`` is where the next page begins, none at the end.
    """

    happened: Sequence[Happened]
    older: Place | None
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of one book."""

    book: str
    number: int
    at: dt.datetime
    told: Happened


async def past_of(
    work: Workplace, record_id: str, app_id: str = "", *, place: Place = Place(), limit: int = 50
) -> Past:
    """Return what happened to a record, in one app or in all, before a place."""
    apps = [app_id] if app_id else [one.application.id for one in await work.configuration.apps()]
    changes = await work.directory.past(
        record_id, app_id=app_id or None, before=place.feed, limit=limit + 1
    )
    subjects = [record_id, *(f"{app}/{record_id}" for app in apps)]
    trail = await work.configuration.audit_about(subjects, before=place.audit, limit=limit + 1)
    query = LogQuery(app_id=app_id, record_id=record_id, outcomes=frozenset(Outcome))
    events = await work.ledger.events(query, before=place.log, limit=limit + 1)
    lines = [_Line("feed", one.seq, one.at, _told(one)) for one in changes]
    lines += [_Line("audit", one.seq, one.at, _decided(one)) for one in trail]
    lines += [
        _Line("log", number, one.at, Happened(one.at, one.app_id, entry=one))
        for number, one in events.entries
    ]
    happened, older = _page(lines, place, limit)
    return Past(happened, older, await _names(work, happened))


def _told(change: Change) -> Happened:
    return Happened(change.at, change.app_id or "", change)


def _decided(entry: AuditEntry) -> Happened:
    app, slash, _record = entry.subject.rpartition("/")
    return Happened(entry.at, app if slash else "", decided=entry)


def _page(
    lines: Sequence[_Line], place: Place, limit: int
) -> tuple[Sequence[Happened], Place | None]:
    """Return whole moments until the page is full, and where the next one goes on."""
    newest = sorted(lines, key=lambda one: (one.at, one.number), reverse=True)
    happened: list[Happened] = []
    read: dict[str, int | None] = {"feed": place.feed, "audit": place.audit, "log": place.log}
    taken = 0
    for _at, moment in groupby(newest, key=lambda one: one.at):
        if len(happened) >= limit:
            break
        several = list(moment)
        taken += len(several)
        happened += _joined([one.told for one in several])
        for one in several:
            read[one.book] = one.number
    more = taken < len(lines)
    return happened, Place(**read) if more else None


def _joined(moment: Sequence[Happened]) -> Iterator[Happened]:
    """Yield what happened at one moment; what the trail only adds to a change goes with it."""
    added = [
        one.decided
        for one in moment
        if one.decided is not None and one.decided.action.startswith(_TOLD_BY_FEED)
    ]
    for one in moment:
        if one.change is not None:
            values = next((said for said in added if _about(said, one.change)), None)
            yield Happened(one.at, one.app_id, change=one.change, values=values)
        elif one.decided is None or not one.decided.action.startswith(_TOLD_BY_FEED):
            yield one


def _about(said: AuditEntry, change: Change) -> bool:
    """Whether an entry of the trail and a change of the same moment speak of the same thing."""
    app, slash, record = said.subject.rpartition("/")
    if record != change.record_id:
        return False
    return bool(slash) == (change.subject is Subject.ASSIGNMENT) and app == (change.app_id or "")


async def _names(work: Workplace, happened: Sequence[Happened]) -> Mapping[str, str]:
    """Return the names of the other ends: groups, members, managers; also of those who are gone."""
    people: set[str] = set()
    groups: set[str] = set()
    for one in happened:
        if one.change is not None and one.change.subject in (
            Subject.MEMBERSHIP,
            Subject.ASSIGNMENT,
        ):
            groups.add(one.change.record_id)
            if one.change.other_id:
                (groups if one.change.other_kind is Kind.GROUP else people).add(one.change.other_id)
        for said in (one.values, one.decided):
            people |= _mentioned(said)
    found = {one: user.display_name for one, user in (await work.directory.users(people)).items()}
    found |= {
        one: group.display_name
        for one, group in (await work.directory.groups(groups | people)).items()
    }
    gone = (people | groups) - found.keys()
    return {**(await work.directory.former_names(gone) if gone else {}), **found}


def _mentioned(said: AuditEntry | None) -> set[str]:
    found: set[str] = set()
    for side in (said.before, said.after) if said is not None else ():
        if side is None:
            continue
        if isinstance(manager := side.get("manager"), str):
            found.add(manager)
    return found
