"""What the connection page shows: the lines of a test, the token, what was typed. Pure."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from seatkeeper.configuration.connecting import KEPT, Typed
from seatkeeper.console.language import _
from seatkeeper.console.views.values import Time
from seatkeeper.console.words import clock, visible
from seatkeeper.directory.token_ends import in_days
from seatkeeper.errors import SeatkeeperError
from seatkeeper.gallery.schema import GalleryApp
from seatkeeper.ports import FormerSecret, StoredApp
from seatkeeper.provisioning.connection import (
    CheckName,
    CheckResult,
    ConnectionCheck,
    usable,
)

SOON: Final = 30
_LONGEST_SAID: Final = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a test; ``sign`` and ``tone`` never stand without ``state`` in words."""

    title: str
    sign: str
    tone: str
    state: str
    words: str
    said: str
    advice: str
    details: Sequence[str]


@dataclass(frozen=True, slots=True)
class Checklist:
    """A test as far as it is. ``answer`` says the whole in one line, ``tone`` how it is."""

    lines: Sequence[Line]
    done: bool
    answer: str
    tone: str
    advice: str
    began: Time | None


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What is known of the stored token; its end is all of it that is ever shown."""

    there: bool
    last_four: str
    since: Time | None
    by: str
    expires: str
    tone: str


@dataclass(frozen=True, slots=True)
class OldToken:
    """The token before the last rotation, and until when it is kept."""

    last_four: str
    until: Time


@dataclass(frozen=True, slots=True)
class ConnectionForm:
    """The form: labels as the app calls things, and values as typed or stored."""

    typed: Typed
    url_label: str
    token_label: str
    example: str
    help: str
    version: int


def titles() -> Mapping[CheckName, str]:
    """Return what each check is called."""
    return {
        CheckName.ADDRESS: _("The address resolves and may be asked"),
        CheckName.ENCRYPTION: _("A safe connection can be made"),
        CheckName.TOKEN: _("The token is accepted"),
        CheckName.PEOPLE: _("People can be read"),
        CheckName.FILTER: _("People can be found by the matching attribute"),
        CheckName.CREATE: _("Accounts can be created"),
        CheckName.GROUPS: _("Groups can be read"),
        CheckName.CONFIGURATION: _("The app describes itself"),
    }


def checklist(
    made: Sequence[ConnectionCheck],
    *,
    done: bool,
    began: dt.datetime | None = None,
    error: SeatkeeperError | None = None,
    now: dt.datetime,
) -> Checklist:
    """Return the list, with a line for every check that is still to come."""
    words = titles()
    lines = [_line(one, words[one.name]) for one in made]
    if error is None:
        waiting = [name for name in CheckName if name not in {one.name for one in made}]
        first = waiting[0] if waiting and not done else None
        lines += [_coming(words[name], running=name is first) for name in waiting]
    failing = next((one for one in made if one.stops), None)
    answer, tone = _("Testing"), "update"
    if error is not None:
        answer, tone = visible(error.message, 400), "danger"
    elif failing is not None:
        answer, tone = _("This connection cannot be used yet"), "danger"
    elif done and usable(made):
        answer, tone = _("This connection works"), "create"
    at = Time(began.isoformat(), clock(began, now)) if began is not None else None
    return Checklist(
        lines, done, answer, tone, visible(error.advice, 400) if error is not None else "", at
    )


def token_facts(stored: StoredApp, expires: str, by: str, now: dt.datetime) -> TokenFacts:
    """Return what the page says of the token of an app."""
    since = stored.secret_since
    words, tone = _expiry(expires, now)
    return TokenFacts(
        stored.has_secret,
        visible(stored.secret_last_four, 8),
        Time(since.isoformat(), clock(since, now)) if since is not None else None,
        visible(by, 254),
        words,
        tone,
    )


def old_facts(former: FormerSecret | None, now: dt.datetime) -> OldToken | None:
    """Return what the page says of the token before the last rotation; none: none is kept."""
    if former is None:
        return None
    end = former.since + KEPT
    return OldToken(visible(former.last_four, 8), Time(end.isoformat(), clock(end, now)))


def connection_form(app: GalleryApp, typed: Typed, version: int) -> ConnectionForm:
    """Return the form of an app's connection."""
    said = app.authentication
    return ConnectionForm(
        typed, said.url_label, said.token_label, app.base_url.example, app.base_url.help, version
    )


def _line(check: ConnectionCheck, title: str) -> Line:
    if check.result is CheckResult.PASSED:
        sign, tone, state = "check", "create", _("passed")
    elif check.stops:
        sign, tone, state = "x", "danger", _("failed")
    elif check.result is CheckResult.FAILED:
        sign, tone, state = "info", "disable", _("not needed")
    else:
        sign, tone, state = "square", "quiet", _("not reached")
    return Line(
        title,
        sign,
        tone,
        state,
        visible(check.words, 400),
        visible(check.said, _LONGEST_SAID),
        visible(check.advice, 400),
        [visible(one, 300) for one in check.details],
    )


def _coming(title: str, *, running: bool) -> Line:
    state = _("testing now") if running else _("to come")
    return Line(title, "clock" if running else "square", "update" if running else "quiet",
                state, "", "", "", ())  # fmt: skip


def _expiry(expires: str, now: dt.datetime) -> tuple[str, str]:
    if not expires:
        return _("not known; write it down, and you are reminded 30 days before"), "quiet"
    left = (dt.date.fromisoformat(expires) - now.date()).days
    if left < 0:
        return _("%(day)s: it should have ended") % {"day": expires}, "danger"
    if left <= SOON:
        return _("%(day)s, %(left)s") % {"day": expires, "left": in_days(left)}, "disable"
    return expires, "quiet"
