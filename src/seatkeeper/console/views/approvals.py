"""Prepare what waits for somebody's word: removals of one app, held for one reason.

After the walk, pure. What was held together is decided together: a wave is
everything of one app that the guard held for the same reason.
"""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from seatkeeper.console.language import _, ngettext
from seatkeeper.console.views.values import Time
from seatkeeper.console.words import clock, number, span, visible
from seatkeeper.provisioning.four_eyes import CauseKind, RemovalCause
from seatkeeper.provisioning.guard import Hold, HoldState
from seatkeeper.provisioning.held import HeldTogether
from seatkeeper.provisioning.removal import Removal


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody decided already, for whoever comes second."""

    what: str
    at: Time | None
    by: str
    word: str
    names: str


SHOWN: Final = 200
"""So many people of one wave are listed; more are decided together, or a page at a time."""


@dataclass(frozen=True, slots=True)
class HeldRow:
    """One removal of a wave."""

    id: str
    kind: str
    record_id: str
    name: str
    what: str
    reason: str
    since: Time
    decided: str
    asked: str


@dataclass(frozen=True, slots=True)
class Wave:
    """What waits in one app for one reason. ``id`` is that of its first removal.

    ``seen`` stands for exactly what is shown, ``about`` is what the audit trail calls the first.
    ``two``: two people must agree; ``asked`` is for how many one did, ``mine`` the visitor.
    """

    id: str
    app_id: str
    app: str
    why: str
    count: str
    what: str
    since: Time
    waits: str
    rows: Sequence[HeldRow]
    more: int
    seen: str
    about: str
    two: bool
    asked: int
    mine: int
    takes: str
    takes_all: str
    keeps: str
    keeps_all: str


def told(
    state: HoldState,
    by: str,
    at: dt.datetime | None,
    word: str,
    names: Sequence[str],
    now: dt.datetime,
) -> Told:
    """Return who decided what, when and why, for whoever would have decided after them."""
    what = {
        HoldState.APPROVED: _("It is taken away"),
        HoldState.KEPT: _("It is kept"),
        HoldState.OPEN: _("Nothing was decided"),
    }
    return Told(
        what[state],
        _time(at, now) if at is not None else None,
        visible(by, 120),
        visible(word, 300),
        ", ".join(visible(one, 80) for one in names[:3])
        + (f" (+{number(len(names) - 3)})" if len(names) > 3 else ""),
    )


def seen_digest(some: Sequence[Hold]) -> str:
    """Return what stands for exactly these removals as they were shown."""
    said = "\n".join(sorted(f"{one.id} {one.digest}" for one in some))
    return hashlib.sha256(said.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Around:
    """What is known beside the holds.

    ``apps`` are names by id, ``two`` those where two people must agree, ``causes`` what led to
    a removal by hold id, ``groups`` names of groups, ``visitor`` who looks.
    """

    apps: Mapping[str, str]
    two: Collection[str] = ()
    causes: Mapping[str, RemovalCause] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    visitor: str = ""


def waves(found: Sequence[tuple[str, Hold]], around: Around, now: dt.datetime) -> list[Wave]:
    """Return holds as waves, the one that waits longest first."""
    grouped: dict[tuple[str, str], list[Hold]] = {}
    for app_id, one in found:
        grouped.setdefault((app_id, one.why), []).append(one)
    made = [_wave(app_id, why, some, around, now) for (app_id, why), some in grouped.items()]
    return sorted(made, key=lambda one: one.since.iso)


def _wave(app_id: str, why: str, some: Sequence[Hold], around: Around, now: dt.datetime) -> Wave:
    first = min(some, key=lambda one: one.since)
    return Wave(
        some[0].id,
        app_id,
        visible(around.apps.get(app_id, app_id), 80),
        visible(why, 400),
        number(len(some)),
        _together(some),
        _time(first.since, now),
        span((now - first.since).total_seconds()),
        [_row(one, around, now) for one in some[:SHOWN]],
        max(0, len(some) - SHOWN),
        seen_digest(some),
        f"{app_id}/{some[0].record_id}",
        app_id in around.two,
        sum(bool(one.asked_by) for one in some),
        sum(one.asked_by == around.visitor for one in some) if around.visitor else 0,
        *_deeds(some),
    )


def _deeds(some: Sequence[Hold]) -> tuple[str, str, str, str]:
    """Return what buttons say that take away from, or keep, those selected and everybody."""
    kinds = {one.what for one in some}
    count, only = len(some), kinds.pop() if len(kinds) == 1 else None
    many = {"num": number(count)}
    match only:
        case Removal.ACCESS:
            return (
                _("Take access from those selected"),
                ngettext("Take access from %(num)s person", "Take access from all %(num)s people",
                         count) % many,
                _("Keep the accounts selected"),
                ngettext("Keep %(num)s account", "Keep all %(num)s accounts", count) % many,
            )  # fmt: skip
        case Removal.GROUP:
            return (
                _("Delete the groups selected"),
                ngettext("Delete %(num)s group", "Delete all %(num)s groups", count) % many,
                _("Keep the groups selected"),
                ngettext("Keep %(num)s group", "Keep all %(num)s groups", count) % many,
            )
        case Removal.MEMBERS | Removal.VALUE | Removal.RIGHTS | None:
            return (
                _("Let those selected be taken away"),
                ngettext("Let %(num)s removal go", "Let all %(num)s removals go", count) % many,
                _("Keep those selected"),
                ngettext("Keep %(num)s as it is", "Keep all %(num)s as they are", count) % many,
            )


@dataclass(frozen=True, slots=True)
class WaveLine:
    """A wave as the list shows it."""

    id: str
    app: str
    why: str
    what: str
    since: Time
    waits: str
    two: bool
    asked: int


def wave_line(one: HeldTogether, around: Around, now: dt.datetime) -> WaveLine:
    """Return what waits in one app for one reason as a line."""
    return WaveLine(
        one.id,
        visible(around.apps.get(one.app_id, one.app_id), 80),
        visible(one.why, 400),
        _what(one.counts),
        _time(one.since, now),
        span((now - one.since).total_seconds()),
        one.app_id in around.two,
        one.asked,
    )


def _together(some: Sequence[Hold]) -> str:
    return _what(Counter(one.what for one in some))


def _what(counts: Mapping[Removal, int]) -> str:
    total = sum(counts.values())
    words = {
        Removal.ACCESS: ngettext("%(num)s person would lose access",
                                 "%(num)s people would lose access", total),
        Removal.GROUP: ngettext("%(num)s group would be deleted",
                                "%(num)s groups would be deleted", total),
        Removal.MEMBERS: ngettext("members would leave %(num)s group",
                                  "members would leave %(num)s groups", total),
        Removal.VALUE: ngettext("%(num)s person would lose a value",
                                "%(num)s people would lose a value", total),
        Removal.RIGHTS: ngettext("%(num)s person would lose administrator rights",
                                 "%(num)s people would lose administrator rights", total),
    }  # fmt: skip
    text = words[next(iter(counts))] if len(counts) == 1 else _("%(num)s removals")
    return text % {"num": number(total)}


def _row(one: Hold, around: Around, now: dt.datetime) -> HeldRow:
    return HeldRow(
        one.id,
        one.kind.value,
        one.record_id,
        visible(one.display_name or one.record_id, 80),
        _taken(one),
        _reason(one, around, now),
        _time(one.since, now),
        _decided(one, now),
        _asked(one, now),
    )


def _reason(one: Hold, around: Around, now: dt.datetime) -> str:
    """Return what led to a removal, by whom and when; what the cycle said where it is not known."""
    cause = around.causes.get(one.id)
    if cause is None:
        return visible(one.reason, 300)
    group = around.groups.get(cause.group_id, cause.group_id)
    said = {
        CauseKind.LEFT_GROUP: _("left the group %(group)s at %(when)s, by %(who)s"),
        CauseKind.UNASSIGNED: _("unassigned at %(when)s, by %(who)s"),
        CauseKind.GROUP_UNASSIGNED: _("the group %(group)s was unassigned at %(when)s, by %(who)s"),
        CauseKind.DISABLED: _("disabled in the directory at %(when)s, by %(who)s"),
        CauseKind.DELETED: _("deleted in the directory at %(when)s, by %(who)s"),
        CauseKind.SETTINGS: _("the app's settings were changed at %(when)s, by %(who)s"),
        CauseKind.UNDO: _("a cycle is taken back, asked for at %(when)s by %(who)s"),
    }
    return said[cause.kind] % {
        "group": visible(group, 80),
        "when": clock(cause.at, now),
        "who": visible(cause.actor, 120),
    }


def _asked(one: Hold, now: dt.datetime) -> str:
    if not one.asked_by or one.asked_at is None:
        return ""
    return _("%(who)s asked at %(when)s: %(word)s") % {
        "who": visible(one.asked_by, 120),
        "when": clock(one.asked_at, now),
        "word": visible(one.asked_word, 300),
    }


def _taken(one: Hold) -> str:
    match one.what:
        case Removal.ACCESS:
            return _("Access")
        case Removal.GROUP:
            return _("The group")
        case Removal.MEMBERS:
            return ngettext("%(num)s membership", "%(num)s memberships", one.count) % {
                "num": number(one.count)
            }
        case Removal.VALUE:
            return _("A value")
        case Removal.RIGHTS:
            return _("Administrator rights")


def _decided(one: Hold, now: dt.datetime) -> str:
    if one.state is HoldState.OPEN:
        return ""
    by, word = visible(one.decided_by, 120), visible(one.word, 300)
    if one.state is HoldState.APPROVED:
        return _("Approved by %(who)s: %(word)s") % {"who": by, "word": word}
    if one.until is None:
        return _("Kept by %(who)s: %(word)s") % {"who": by, "word": word}
    return _("Kept until %(day)s by %(who)s: %(word)s") % {
        "day": f"{one.until:%Y-%m-%d}",
        "who": by,
        "word": word,
    }


def _time(at: dt.datetime, now: dt.datetime) -> Time:
    return Time(at.isoformat(timespec="seconds"), clock(at, now))
