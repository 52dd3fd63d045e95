"""How one app is: its state in a few words, its cycles, who waits in it.

After the walk, pure: the facts of an app (as ``seatkeeper status --json`` prints
them) and the present moment go in, frozen values go out. The state of an app is
decided here, once: what stops the app comes before what runs, that before what
waits, and "Healthy" is only what nothing speaks against.
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from seatkeeper.console.language import _, ngettext
from seatkeeper.console.views.causes import Cause, causes
from seatkeeper.console.views.values import Count, Pill, Plain, Time, time_at
from seatkeeper.console.words import command, moment, number, span, visible, whole
from seatkeeper.words import number_of

COUNTS: Final = (
    ("created", "plus", "create"),
    ("updated", "pencil", "update"),
    ("disabled", "pause", "disable"),
    ("deleted", "trash-2", "danger"),
    ("skipped", "ban", "quiet"),
    ("failed", "triangle-alert", "danger"),
    ("unchanged", "check", "quiet"),
)
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_STOPPED = re.compile(
    r"(?P<state>away|quarantined) since (?:(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d) UTC: )?(?P<text>.*)",
    re.DOTALL,
)


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
        every=_every(app),
        progress=progress,
        last=_last(app, now),
        next_text=next_text,
        next_time=next_time,
        causes=causes(app),
        logs_command=command("logs", app_id, "--status", "failure"),
        switch_command=command("on", app_id) if app.get("mode") != "manual"
        else command("run", app_id),
        band=band,
    )  # fmt: skip


def kind_words(kind: str) -> str:
    """Return what a kind of cycle is called."""
    known = {
        "initial": _("First cycle"),
        "incremental": _("Cycle of changes"),
        "full": _("Full cycle"),
        "on demand": _("On demand"),
        "reviewed plan": _("Reviewed plan"),
        "reconcile": _("Comparison with the app"),
        "reconcile and repair": _("Comparison and repair"),
        "undo": _("Undo"),
    }
    return known.get(kind, visible(kind))


def count_words(name: str, count: int) -> str:
    """Return one counter of a cycle in words, such as ``3 created``."""
    words = {
        "created": _("%(count)s created"),
        "updated": _("%(count)s updated"),
        "disabled": _("%(count)s deactivated"),
        "deleted": _("%(count)s deleted"),
        "skipped": _("%(count)s left out"),
        "failed": _("%(count)s failed"),
        "held": _("%(count)s held"),
        "linked": _("%(count)s linked"),
        "unchanged": _("%(count)s unchanged"),
    }
    return words[name] % {"count": f"{count:,}"}


def _state(app: Plain, *, on: bool, runs: bool, now: dt.datetime) -> tuple[Pill, str, bool]:
    """Return pill, one line that says it in words, and whether nobody is needed."""
    waiting = whole(app.get("waiting")) + whole(app.get("held"))
    stopped = _STOPPED.match(str(app.get("quarantine") or ""))
    if app.get("quarantine"):
        away = stopped is not None and stopped["state"] == "away"
        pill = Pill(_("Away"), "disable") if away else Pill(_("Quarantined"), "danger")
        return pill, _("Nothing is sent at the moment."), False
    if runs:
        return Pill(_("Running"), "update"), _("A cycle runs now."), not waiting
    if isinstance(app.get("paused"), Mapping):
        return Pill(_("Paused"), "quiet"), _("Changes wait until it goes on."), True
    if not on:
        manual = app.get("mode") == "manual"
        off = _("Nothing is sent until you turn it on.")
        return (
            Pill(_("Off"), "quiet"),
            _("It runs only when you start it.") if manual else off,
            True,
        )
    if waiting:
        need = ngettext(
            "%(num)s person needs attention", "%(num)s people need attention", waiting
        ) % {"num": f"{waiting:,}"}
        return Pill(need, "disable"), _("Everybody else is in step."), False
    last, late = app.get("last_cycle"), _late(app, now)
    if not isinstance(last, Mapping):
        return Pill(_("Not run yet"), "quiet"), _("It is on, and no cycle has ended yet."), True
    if late:
        return Pill(_("Late"), "disable"), late, False
    return Pill(_("Healthy"), "create"), _("Everybody is in step."), True


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
    return _("Last cycle %(ago)s ago, expected every %(every)s.") % {
        "ago": ago,
        "every": span(interval.total_seconds()),
    }


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
        since=time_at(at, now) if at else None,
        happened=visible(found["text"] if found else told, 600).strip(),
        means=f"Nothing is sent to {name}. Changes are kept and sent when "
        + ("it answers again." if away else "this is mended."),
        todo="Seatkeeper tries again by itself, at least every ten minutes. To look now:"
        if away
        else "Mend what the first line names. Seatkeeper tries again once an hour. To look now:",
        command=command("test-connection", app_id),
    )


def _no_token(name: str, app_id: str) -> Band:
    return Band(
        title=f"{name} has no token",
        since=None,
        happened="No secret token is stored for this app.",
        means=f"Nothing can be sent to {name}.",
        todo="Name the token in the app's file, apply the file, then look:",
        command=command("test-connection", app_id),
    )


def _progress(app: Plain, *, stopped: bool) -> Progress | None:
    told = app.get("progress")
    if not isinstance(told, Mapping):
        return None
    done, total = whole(told.get("done")), whole(told.get("total"))
    paused = told.get("state") == "suspended" or (stopped and bool(app.get("quarantine")))
    if told.get("state") == "planning" and not total:
        parts = [_("Reading what changed")]
    else:
        parts = [
            _("%(done)s of %(total)s people and groups")
            % {"done": f"{done:,}", "total": f"{total:,}"}
        ]
    if paused:
        parts.append(_("stopped here, goes on when the app is back"))
    elif total:
        rate, left = told.get("per_second"), told.get("seconds_left")
        if isinstance(rate, int | float) and rate > 0:
            parts.append(f"{rate:,.0f}/s" if rate >= 1 else f"{rate:.1f}/s")
        if isinstance(left, int | float) and done * 20 >= total:
            parts.append(_("%(time)s left") % {"time": span(left)})
    kind = str(told.get("kind"))
    return Progress(kind_words(kind), min(done, total), total,
                    " · ".join(parts), paused)  # fmt: skip


def _last(app: Plain, now: dt.datetime) -> LastCycle | None:
    told = app.get("last_cycle")
    if not isinstance(told, Mapping):
        return None
    ended, seconds, kind = moment(told.get("ended_at")), told.get("seconds"), str(told.get("kind"))
    return LastCycle(
        title=f"{kind_words(kind)} {number(told.get('number'))}",
        ended=time_at(ended, now) if ended else None,
        took=span(seconds) if isinstance(seconds, int | float) else "",
        counts=[
            Count(sign, count_words(name, whole(told.get(name))), tone)
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
        return "due since", time_at(at, now)
    left = (at - now).total_seconds()
    return f"in {span(left if left < 120 else left // 60 * 60)}, at", time_at(at, now)


def _every(app: Plain) -> str:
    told = visible(app.get("every"))
    known = told[:-1].isdecimal() and told[-1] in _UNITS
    return span(int(told[:-1]) * _UNITS[told[-1]]) if known else told


def _who(app: Plain) -> str:
    scope = app.get("scope")
    known = {"assigned": "People and groups assigned to it", "all": "Everybody in the directory"}
    return known.get(str(scope), visible(scope))
