"""One app at a glance: is it well, what does it do now, what needs somebody, when next.

After the walk, pure. What is known of the app goes in with the moment, frozen
values go out. How an app is called (healthy, late, …) is decided in
``app_card``; here, what stands below that.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from seatkeeper.configuration.switching import Pause
from seatkeeper.console.language import _, ngettext
from seatkeeper.console.views.app_card import AppCard, LastCycle, Progress, count_words
from seatkeeper.console.views.causes import CAUSES
from seatkeeper.console.views.charts import Part, segments
from seatkeeper.console.views.cycle_chart import CycleChart, DayStrip, cycle_chart, day_strip
from seatkeeper.console.views.event_row import EventRow, event_row
from seatkeeper.console.views.standing import standing
from seatkeeper.console.views.values import Plain, Time, time_at
from seatkeeper.console.words import span, visible
from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.cycle import Cycle, CycleState
from seatkeeper.provisioning.held import HeldKind
from seatkeeper.provisioning.history import Day
from seatkeeper.provisioning.journal import Health, HealthState, Order, WaitingCause
from seatkeeper.provisioning.log import LogEntry
from seatkeeper.provisioning.naming import Called
from seatkeeper.provisioning.removal import Removal

RECENT: Final = 9
"""Rows of recent activity; there are always so many, so that nothing moves."""

MOST_BEHIND: Final = 1_000
"""Changes that are looked at to say how many wait while an app is paused."""

_OUTCOMES: Final = (
    ("created", "create"),
    ("updated", "update"),
    ("disabled", "disable"),
    ("deleted", "danger"),
    ("failed", "danger"),
    ("held", "disable"),
    ("skipped", "quiet"),
    ("unchanged", "quiet"),
    ("linked", "quiet"),
)


@dataclass(frozen=True, slots=True)
class AppFacts:
    """All that is known of an app at one moment.

    ``plain`` is what ``status --json`` prints, ``order`` the one that the visitor left,
    ``ordered`` whether any waits; ``behind`` is how many records changed since a pause began,
    ``behind_more`` that not all of them were counted.
    """

    plain: Plain
    cycles: Sequence[Cycle]
    running: Cycle | None
    days: Sequence[Day]
    events: Sequence[tuple[int, LogEntry]]
    called: Called
    causes: Sequence[WaitingCause]
    waiting_people: tuple[int, int]
    held: Sequence[HeldKind]
    health: Health
    interval: dt.timedelta
    pause: Pause | None = None
    behind: int = 0
    behind_more: bool = False
    order: Order | None = None
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class Trouble:
    """What stops the whole app, and what to do; ``kind`` picks the buttons."""

    kind: str
    tone: str
    title: str
    lines: Sequence[str]
    since: Time | None = None
    next_try: Time | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Legend:
    """One outcome of a running cycle."""

    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class Running:
    """The cycle that is on its way. ``said`` is told aloud now and then."""

    progress: Progress
    number: int
    parts: Sequence[Part]
    legend: Sequence[Legend]
    said: str


@dataclass(frozen=True, slots=True)
class Number:
    """One of the four numbers."""

    label: str
    value: str
    beside: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Need:
    """People who wait for one cause, and what is done about it."""

    count: str
    who: str
    text: str
    code: str
    advice: str
    timed: bool
    next_try: Time | None
    names: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Removals that wait for a decision, all of one kind."""

    count: str
    text: str
    since: Time


@dataclass(frozen=True, slots=True)
class OverviewPage:
    """Everything below the head of an app's first page.

    ``undoable`` is the number of the last cycle that ended, where it wrote something; else 0.
    ``ordered`` and ``soon``: a cycle was asked for, or is due, and has not begun.
    """

    troubles: Sequence[Trouble]
    running: Running | None
    last: LastCycle | None
    last_number: int
    undoable: int
    last_parts: Sequence[Part]
    ordered: bool
    soon: bool
    numbers: Sequence[Number]
    chart: CycleChart
    recent: Sequence[EventRow | None]
    needs: Sequence[Need]
    all_waiting: int
    waits: Sequence[Wait]
    strip: DayStrip
    said: str


def overview_page(facts: AppFacts, card: AppCard, now: dt.datetime, chosen: str) -> OverviewPage:
    """Return what an app's first page shows; ``chosen`` is the stretch of its chart."""
    running = _running(facts, card)
    rows: list[EventRow | None] = [
        event_row(number, entry, now, called=facts.called, shown=1)
        for number, entry in facts.events[:RECENT]
    ]
    newest = next((one for one in facts.cycles if one.finished), None)
    return OverviewPage(
        troubles=_troubles(facts, card, now),
        running=running,
        last=card.last,
        last_number=newest.number if newest is not None else 0,
        undoable=newest.number if newest is not None and newest.counters.wrote else 0,
        last_parts=segments(_values(newest), 0) if newest is not None else (),
        ordered=facts.ordered and running is None,
        soon=running is None and bool(card.next_text) and card.next_time is None,
        numbers=_numbers(facts),
        chart=cycle_chart(chosen, facts.cycles, facts.days, now, facts.interval),
        recent=rows + [None] * (RECENT - len(rows)),
        needs=[_need(one, now) for one in facts.causes],
        all_waiting=sum(one.count for one in facts.causes),
        waits=_waits(facts.held, now),
        strip=day_strip(facts.days, now),
        said=running.said if running is not None else card.line,
    )


def _troubles(facts: AppFacts, card: AppCard, now: dt.datetime) -> list[Trouble]:
    found = []
    order = facts.order
    if order is not None and order.state == "failed":
        told = order.answer or {}
        lines = [visible(told.get("message"), 600), visible(told.get("advice"), 600)]
        found.append(Trouble("order", "danger", _("The cycle could not begin"), lines))
    health = facts.health
    if health.state is not HealthState.WELL:
        found.append(_stopped(health, card.name, now))
    elif not facts.plain.get("has_secret", True):
        lines = [
            _("No secret token is stored for this app."),
            _("Nothing can be sent to %(app)s until there is one.") % {"app": card.name},
        ]
        title = _("%(app)s has no token") % {"app": card.name}
        found.append(Trouble("token", "disable", title, lines))
    if facts.pause is not None:
        found.append(_paused(facts, facts.pause, now))
    return found


def _stopped(health: Health, name: str, now: dt.datetime) -> Trouble:
    who = {"app": name}
    away = health.state is HealthState.AWAY
    means = (
        _("Nothing is sent to %(app)s. Changes are kept and sent when it answers again.")
        if away
        else _("Nothing is sent to %(app)s. Changes are kept and sent when this is mended.")
    )
    return Trouble(
        "stopped",
        "disable" if away else "danger",
        (_("%(app)s does not answer") if away else _("%(app)s is quarantined")) % who,
        [means % who, visible(health.advice, 400)],
        since=time_at(health.since, now) if health.since else None,
        next_try=time_at(health.next_try, now) if health.next_try else None,
        words=visible(health.message, 400),
    )


def _paused(facts: AppFacts, pause: Pause, now: dt.datetime) -> Trouble:
    behind = f"{facts.behind:,}{'+' if facts.behind_more else ''}"
    waits = ngettext(
        "%(num)s person or group changed since and waits.",
        "%(num)s people and groups changed since and wait.",
        2 if facts.behind_more else facts.behind,
    ) % {"num": behind}
    lines = [visible(pause.reason, 500)] if pause.reason else []
    lines.append(waits if facts.behind else _("Nobody in the directory has changed since."))
    title = _("Paused by %(who)s") % {"who": visible(pause.by, 100)}
    return Trouble("paused", "quiet", title, lines, since=time_at(pause.at, now))


def _running(facts: AppFacts, card: AppCard) -> Running | None:
    cycle, progress = facts.running, card.progress
    if cycle is None or progress is None:
        return None
    counts = cycle.counters.to_plain()
    legend = [
        Legend(count_words(name, counts[name]), tone) for name, tone in _OUTCOMES if counts[name]
    ]
    planning = cycle.state is CycleState.PLANNING
    tenths = 0 if planning or not cycle.total else 10 * (10 * cycle.done // cycle.total)
    said = _("%(part)s %% done") % {"part": tenths} if tenths else _("A cycle runs")
    return Running(progress, cycle.number, segments(_values(cycle), cycle.total), legend, said)


def _values(cycle: Cycle) -> list[tuple[int, str]]:
    counts = cycle.counters.to_plain()
    return [(counts[name], tone) for name, tone in _OUTCOMES]


def _numbers(facts: AppFacts) -> list[Number]:
    people = standing(facts.plain, facts.waiting_people, facts.held)
    need = sum(one.count for one in facts.causes) + sum(one.count for one in facts.held)
    causes = len({one.code for one in facts.causes}) + bool(facts.held)
    return [
        Number(_("In scope"), f"{people.scope:,}", hint=_("people as of the last cycle")),
        Number(_("In step"), f"{people.step:,}", people.share),
        Number(
            _("Need attention"),
            f"{need:,}",
            (ngettext("%(num)s cause", "%(num)s causes", causes) % {"num": causes}) if need else "",
        ),
        Number(_("Change to account"), _lag(facts.plain), hint=_("half of them today, within")),
    ]


def _lag(plain: Plain) -> str:
    today = plain.get("today")
    statistics = today.get("statistics") if isinstance(today, Mapping) else None
    lags = statistics.get("change_to_app_ms") if isinstance(statistics, Mapping) else None
    half = lags.get("half_within") if isinstance(lags, Mapping) else None
    return span(half / 1_000) if isinstance(half, int | float) else "–"


def _need(cause: WaitingCause, now: dt.datetime) -> Need:
    first = cause.newest[0] if cause.newest else None
    names = ", ".join(visible(one.display_name or one.record_id, 60) for one in cause.newest[:3])
    more = cause.count - min(3, len(cause.newest))
    if more > 0:
        names += " " + ngettext("and %(num)s more", "and %(num)s more", more) % {"num": f"{more:,}"}
    kinds = {one.kind for one in cause.newest}
    who = (
        ngettext("person", "people", cause.count)
        if kinds == {Kind.USER}
        else ngettext("group", "groups", cause.count)
        if kinds == {Kind.GROUP}
        else ngettext("person or group", "people and groups", cause.count)
    )
    retry = first.retry_at if first is not None else None
    known = CAUSES.get(cause.code)
    return Need(
        f"{cause.count:,}",
        who,
        known or visible(first.message if first else cause.code, 200),
        visible(cause.code, 80),
        visible(first.advice, 300) if first is not None else "",
        retry is not None,
        time_at(retry, now) if retry is not None and retry > now else None,
        names,
    )


def _waits(held: Sequence[HeldKind], now: dt.datetime) -> list[Wait]:
    return [
        Wait(f"{one.count:,}", _removal_words(one.what, one.count), time_at(one.since, now))
        for one in held
    ]


def _removal_words(what: Removal, count: int) -> str:
    match what:
        case Removal.ACCESS:
            return ngettext("person would lose access", "people would lose access", count)
        case Removal.GROUP:
            return ngettext("group would be deleted", "groups would be deleted", count)
        case Removal.MEMBERS:
            return ngettext("group would lose members", "groups would lose members", count)
        case Removal.VALUE:
            return ngettext("value would become empty", "values would become empty", count)
        case Removal.RIGHTS:
            return ngettext(
                "person would lose administrator rights",
                "people would lose administrator rights",
                count,
            )
