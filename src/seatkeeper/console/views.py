"""Prepare what the status page shows; the templates only place it.

After the walk, pure: the facts of each app (as ``seatkeeper status --json``
prints them) and the present moment go in, frozen values go out. The state of an
app is decided here, once: what stops the app comes before what runs, that
before what waits, and "Healthy" is only what nothing speaks against.
"""

import datetime as dt
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from seatkeeper.console.words import clock, moment, number, span, visible, whole
from seatkeeper.directory.token_ends import Stage, TokenEnd
from seatkeeper.words import number_of

Plain: TypeAlias = Mapping[str, object]

CAUSES: Final[Mapping[str, str]] = {
    "ImportSkipped": "No value to find the account by",
    "MissingValues": "A value that the app needs is missing",
    "MappingFailed": "A value cannot be made from the directory",
    "SchemaPropertyCanOnlyAcceptValue": "A value is of a kind that the app does not take",
    "DuplicateTargetEntries": "Several accounts in the app answer to one person",
    "DuplicateSourceEntries": "Several people claim one account",
    "EntryConflict": "The app gave a unique value to somebody else",
    "UnprocessableEntity": "The app refused the request",
    "InvalidAnchor": "The account is gone from the app",
    "LinkHeld": "An account cannot be confirmed as theirs; you decide",
    "Timeout": "The app's answer was lost",
    "TooManyRequests": "The app asks to wait",
    "InternalServerError": "The app failed on its own side",
}
"""What a cause means, in words; a code that is not here is shown as it is."""

COUNTS: Final = (
    ("created", "+", "create"),
    ("updated", "✎", "update"),
    ("disabled", "⏸", "disable"),
    ("deleted", "×", "danger"),
    ("skipped", "⊘", "quiet"),
    ("failed", "△", "danger"),
    ("unchanged", "✓", "quiet"),
)
_COUNT_WORDS = {"disabled": "deactivated", "skipped": "left out"}
_KINDS = {
    "initial": "First cycle",
    "incremental": "Cycle of changes",
    "full": "Full cycle",
    "on demand": "On demand",
}
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_STOPPED = re.compile(
    r"(?P<state>away|quarantined) since (?:(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d) UTC: )?(?P<text>.*)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Time:
    """One moment: ``iso`` for machines, ``text`` for people."""

    iso: str
    text: str


@dataclass(frozen=True, slots=True)
class Pill:
    """The state of an app in a few words; ``tone`` names its colour."""

    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class Count:
    """One number of a cycle with its sign and word."""

    sign: str
    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a cycle is; ``paused``: it keeps its plan and does not run now."""

    kind: str
    done: int
    total: int
    text: str
    paused: bool


@dataclass(frozen=True, slots=True)
class LastCycle:
    """The last cycle that ended."""

    title: str
    ended: Time | None
    took: str
    counts: Sequence[Count]
    requests: str
    note: str


@dataclass(frozen=True, slots=True)
class Cause:
    """How many wait for one cause; ``code`` is what the log calls it."""

    count: str
    text: str
    code: str


@dataclass(frozen=True, slots=True)
class Band:
    """A trouble of the whole app in three parts: what happened, what it means, what to do."""

    title: str
    since: Time | None
    happened: str
    means: str
    todo: str
    command: str


@dataclass(frozen=True, slots=True)
class AppCard:
    """Everything the page shows of one app. ``well`` is false where somebody is needed."""

    id: str
    name: str
    address: str
    pill: Pill
    line: str
    well: bool
    on: bool
    people: str
    groups: str
    waiting: str
    who: str
    every: str
    progress: Progress | None
    last: LastCycle | None
    next_text: str
    next_time: Time | None
    causes: Sequence[Cause]
    logs_command: str
    switch_command: str
    band: Band | None


@dataclass(frozen=True, slots=True)
class TokenBand:
    """A source that needs a new token; ``ended``: nothing of it arrives any more."""

    title: str
    means: str
    todo: str
    ended: bool


@dataclass(frozen=True, slots=True)
class StatusPage:
    """The whole page. ``refreshing`` only while a cycle runs."""

    answer: str
    tone: str
    as_of: Time
    tokens: Sequence[TokenBand]
    cards: Sequence[AppCard]
    refreshing: bool


def status_page(
    apps: Sequence[Plain], now: dt.datetime, ends: Sequence[TokenEnd] = ()
) -> StatusPage:
    """Return what the page shows of these apps, and of tokens that end, at this moment."""
    cards = [app_card(app, now) for app in apps]
    answer, tone = _answer(cards)
    return StatusPage(
        answer=answer,
        tone=tone,
        as_of=Time(now.isoformat(timespec="seconds"), f"{now:%H:%M:%S} UTC"),
        tokens=[
            TokenBand(end.title, end.meaning, end.todo, end.stage is Stage.ENDED) for end in ends
        ],
        cards=cards,
        refreshing=any(card.progress and not card.progress.paused for card in cards),
    )


def app_card(app: Plain, now: dt.datetime) -> AppCard:
    """Return what the page shows of one app."""
    app_id, name = visible(app.get("app")), visible(app.get("name") or app.get("app"))
    on, band = app.get("status") == "on", _band(app, name, now)
    progress = _progress(app, stopped=band is not None)
    runs = progress is not None and not progress.paused
    pill, line, well = _state(app, on=on, runs=runs, now=now)
    next_text, next_time = ("", None) if runs or app.get("quarantine") else _next(app, now)
    return AppCard(
        id=app_id,
        name=name,
        address=visible(app.get("tenant_url")),
        pill=pill,
        line=line,
        well=well,
        on=on,
        people=number(app.get("users")),
        groups=number(app.get("groups")),
        waiting=number(app.get("waiting")),
        who=_who(app),
        every=visible(app.get("every")),
        progress=progress,
        last=_last(app, now),
        next_text=next_text,
        next_time=next_time,
        causes=_causes(app),
        logs_command=_command("logs", app_id, "--status failure"),
        switch_command=_command("on", app_id) if app.get("mode") != "manual"
        else _command("run", app_id),
        band=band,
    )  # fmt: skip


def _state(app: Plain, *, on: bool, runs: bool, now: dt.datetime) -> tuple[Pill, str, bool]:
    """Return pill, one line that says it in words, and whether nobody is needed."""
    waiting = whole(app.get("waiting"))
    stopped = _STOPPED.match(str(app.get("quarantine") or ""))
    if app.get("quarantine"):
        away = stopped is not None and stopped["state"] == "away"
        pill = Pill("Away", "disable") if away else Pill("Quarantined", "danger")
        return pill, "Nothing is sent at the moment.", False
    if runs:
        return Pill("Running", "update"), "A cycle runs now.", not waiting
    if not on:
        manual = app.get("mode") == "manual"
        return Pill("Off", "quiet"), _OFF_MANUAL if manual else _OFF, True
    if waiting:
        need = "1 person needs" if waiting == 1 else f"{waiting:,} people need"
        return Pill(f"{need} attention", "disable"), "Everybody else is in step.", False
    last, late = app.get("last_cycle"), _late(app, now)
    if not isinstance(last, Mapping):
        return Pill("Not run yet", "quiet"), "It is on, and no cycle has ended yet.", True
    if late:
        return Pill("Late", "disable"), late, False
    return Pill("Healthy", "create"), "Everybody is in step.", True


_OFF = "Nothing is sent until you turn it on."
_OFF_MANUAL = "It runs only when you start it."


def _answer(cards: Sequence[AppCard]) -> tuple[str, str]:
    on = [card for card in cards if card.on or card.progress]
    needy = [card for card in cards if not card.well]
    if not cards:
        return "No app is connected yet.", "quiet"
    if len(needy) == 1:
        return f"{needy[0].name} needs your attention.", "disable"
    if needy:
        return f"{len(needy):,} of {len(cards):,} apps need your attention.", "disable"
    if not on:
        return "Every app is off. Nothing is sent.", "quiet"
    if any(card.last is None and not card.progress for card in on):
        return "Nothing is wrong, but not every app has run yet.", "quiet"
    if len(on) == 1:
        return f"{on[0].name} is well.", "create"
    if len(on) == len(cards):
        return f"All {len(on):,} apps are well.", "create"
    return f"All {len(on):,} apps that are on are well.", "create"


def _late(app: Plain, now: dt.datetime) -> str:
    last, every = app.get("last_cycle"), str(app.get("every") or "")
    ended = moment(last.get("ended_at")) if isinstance(last, Mapping) else None
    if ended is None or not every[:-1].isdecimal() or every[-1] not in _UNITS:
        return ""
    interval = dt.timedelta(seconds=int(every[:-1]) * _UNITS[every[-1]])
    follows = moment(app.get("next_cycle"))
    if now - ended <= 2 * interval or (follows is not None and follows > now):
        return ""
    ago = span((now - ended).total_seconds())
    return f"Last cycle {ago} ago, expected every {span(interval.total_seconds())}."


def _band(app: Plain, name: str, now: dt.datetime) -> Band | None:
    told = app.get("quarantine")
    app_id = visible(app.get("app"))
    if not told:
        return None if app.get("has_secret", True) else _no_token(name, app_id)
    found = _STOPPED.match(str(told))
    at = moment(found["at"]) if found and found["at"] else None
    away = found is not None and found["state"] == "away"
    return Band(
        title=f"{name} does not answer" if away else f"{name} is stopped (quarantined)",
        since=_time(at, now) if at else None,
        happened=visible(found["text"] if found else told, 600).strip(),
        means=f"Nothing is sent to {name}. Changes are kept and sent when "
        + ("it answers again." if away else "this is mended."),
        todo="Seatkeeper tries again by itself, at least every ten minutes. To look now:"
        if away
        else "Mend what the first line names. Seatkeeper tries again once an hour. To look now:",
        command=_command("test-connection", app_id),
    )


def _no_token(name: str, app_id: str) -> Band:
    return Band(
        title=f"{name} has no token",
        since=None,
        happened="No secret token is stored for this app.",
        means=f"Nothing can be sent to {name}.",
        todo="Name the token in the app's file, apply the file, then look:",
        command=_command("test-connection", app_id),
    )


def _progress(app: Plain, *, stopped: bool) -> Progress | None:
    told = app.get("progress")
    if not isinstance(told, Mapping):
        return None
    done, total = whole(told.get("done")), whole(told.get("total"))
    paused = told.get("state") == "suspended" or (stopped and bool(app.get("quarantine")))
    if told.get("state") == "planning":
        parts = ["Reading what changed"]
    else:
        parts = [f"{done:,} of {total:,} people and groups"]
    if paused:
        parts.append("stopped here, goes on when the app is back")
    elif total and told.get("state") != "planning":
        rate, left = told.get("per_second"), told.get("seconds_left")
        if isinstance(rate, int | float) and rate > 0:
            parts.append(f"{rate:,.0f}/s" if rate >= 1 else f"{rate:.1f}/s")
        if isinstance(left, int | float) and done * 20 >= total:
            parts.append(f"{span(left)} left")
    kind = str(told.get("kind"))
    return Progress(_KINDS.get(kind, visible(kind)), min(done, total), total,
                    " · ".join(parts), paused)  # fmt: skip


def _last(app: Plain, now: dt.datetime) -> LastCycle | None:
    told = app.get("last_cycle")
    if not isinstance(told, Mapping):
        return None
    ended, seconds, kind = moment(told.get("ended_at")), told.get("seconds"), str(told.get("kind"))
    return LastCycle(
        title=f"{_KINDS.get(kind, visible(kind))} {number(told.get('number'))}",
        ended=_time(ended, now) if ended else None,
        took=span(seconds) if isinstance(seconds, int | float) else "",
        counts=[
            Count(sign, f"{whole(told.get(name)):,} {_COUNT_WORDS.get(name, name)}", tone)
            for name, sign, tone in COUNTS
            if whole(told.get(name))
        ],
        requests=number_of(whole(told.get("requests")), "request"),
        note=visible(told.get("note"), 300),
    )


def _next(app: Plain, now: dt.datetime) -> tuple[str, Time | None]:
    told = app.get("next_cycle")
    if told is None:
        return "", None
    at = moment(told)
    if at is None:
        return visible(told), None
    if at <= now:
        return "due since", _time(at, now)
    return f"in {span((at - now).total_seconds())}, at", _time(at, now)


def _causes(app: Plain) -> list[Cause]:
    told = app.get("waiting_causes")
    if not isinstance(told, Mapping):
        return []
    most_first = sorted(told.items(), key=lambda pair: -whole(pair[1]))
    return [
        Cause(number(count), CAUSES.get(str(code), "Another cause"), visible(code, 80))
        for code, count in most_first
    ]


def _who(app: Plain) -> str:
    scope = app.get("scope")
    known = {"assigned": "People and groups assigned to it", "all": "Everybody in the directory"}
    return known.get(str(scope), visible(scope))


def _time(at: dt.datetime, now: dt.datetime) -> Time:
    return Time(at.isoformat(timespec="seconds"), clock(at, now))


def _command(verb: str, app_id: str, rest: str = "") -> str:
    return f"seatkeeper {verb} {shlex.quote(app_id)} {rest}".strip()
