"""Prepare one event: told in a sentence, then its stations, requests and values.

After the walk, pure: an entry of the provisioning log and the present moment go
in, frozen values go out.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from seatkeeper.console.language import _
from seatkeeper.console.views.event_row import EventRow, event_row
from seatkeeper.console.views.values import Change, Time, time_at
from seatkeeper.console.words import span, visible
from seatkeeper.directory.model import Kind
from seatkeeper.provisioning.events import Outcome, outcome_of
from seatkeeper.provisioning.journal import Escrow
from seatkeeper.provisioning.log import LogEntry, Status, Step
from seatkeeper.provisioning.naming import Called


@dataclass(frozen=True, slots=True)
class StepLine:
    """One station of an event."""

    name: str
    status: str
    mark: str
    text: str
    details: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One request of an event, as the log kept it. Bodies are there where it was refused."""

    method: str
    path: str
    status: str
    well: bool
    took: str
    request_id: str
    sent: str
    answered: str


@dataclass(frozen=True, slots=True)
class EventPage:
    """One event with everything that is known of it."""

    row: EventRow
    summary: str
    code: str
    advice: str
    next_try: Time | None
    steps: Sequence[StepLine]
    requests: Sequence[RequestLine]
    changes: Sequence[Change]
    account: str
    cycle: str
    curl: str


_STEP_MARKS: Final = {
    Status.SUCCESS: "unchanged",
    Status.WARNING: "hold",
    Status.SKIPPED: "skip",
    Status.FAILURE: "fail",
}


def event_page(
    number: int,
    entry: LogEntry,
    now: dt.datetime,
    *,
    app_name: str,
    address: str,
    called: Called,
    escrow: Escrow | None,
    cycle: str,
) -> EventPage:
    """Return one event. ``address`` is the app's, ``escrow`` what the record waits for now."""
    row = event_row(number, entry, now, app_name=app_name, called=called, shown=1_000)
    failed = outcome_of(entry) is Outcome.FAILED
    waits = escrow if failed and escrow is not None and escrow.code == entry.code else None
    last = entry.exchanges[-1] if entry.exchanges else None
    return EventPage(
        row=row,
        summary=_summary(row, entry),
        code=visible(entry.code, 80),
        advice=_advice(entry),
        next_try=time_at(waits.retry_at, now) if waits is not None and waits.retry_at else None,
        steps=[
            StepLine(
                step_words().get(step.type, visible(step.type, 40)),
                step.status.value,
                _STEP_MARKS[step.status],
                visible(step.text, 400),
                _details(step),
            )
            for step in entry.steps
        ],
        requests=[_request(one) for one in entry.exchanges],
        changes=row.changes,
        account=visible(entry.account_id, 200),
        cycle=cycle,
        curl=_curl(address, last) if last is not None else "",
    )


def step_words() -> Mapping[str, str]:
    """Return what the stations of the log are called."""
    return {
        "import": _("Read from the directory"),
        "scoping": _("Scope"),
        "matching": _("Match"),
        "referenceResolution": _("References"),
        "export": _("Sent to the app"),
    }


def _summary(row: EventRow, entry: LogEntry) -> str:
    who = {"name": row.name, "app": row.app}
    match outcome_of(entry), entry.action:
        case Outcome.FAILED, _:
            return _("%(name)s could not be written to %(app)s.") % who
        case Outcome.HELD, _:
            return _("What would take access from %(name)s in %(app)s waits for a decision.") % who
        case Outcome.OUT_OF_SCOPE, _:
            return _("%(name)s is out of scope for %(app)s; nothing was sent.") % who
        case Outcome.UNCHANGED, _:
            return _("%(name)s needed no change in %(app)s.") % who
        case Outcome.DONE, _:
            return _done(entry) % who


def _done(entry: LogEntry) -> str:
    """Return the sentence of what was done, with places for name and app."""
    if entry.kind is Kind.GROUP:
        return {
            "create": _("The group %(name)s was made in %(app)s."),
            "delete": _("The group %(name)s was deleted in %(app)s."),
            "update": _("The group %(name)s was updated in %(app)s."),
        }.get(entry.action, _("The group %(name)s was found in %(app)s and linked."))
    return {
        "create": _("%(name)s got an account in %(app)s."),
        "disable": _("The account of %(name)s in %(app)s was deactivated."),
        "delete": _("The account of %(name)s in %(app)s was deleted."),
        "update": _("The account of %(name)s in %(app)s was updated."),
    }.get(entry.action, _("The account of %(name)s in %(app)s was found and linked."))


def _advice(entry: LogEntry) -> str:
    told = (step.details.get("advice") for step in entry.steps)
    return next((visible(advice, 300) for advice in told if advice), "")


def _details(step: Step) -> list[tuple[str, str]]:
    return [(visible(key, 60), visible(_plain(value), 300)) for key, value in step.details.items()]


def _request(plain: Mapping[str, object]) -> RequestLine:
    status, took = plain.get("status"), plain.get("milliseconds")
    well = isinstance(status, int) and 200 <= status < 300
    return RequestLine(
        visible(plain.get("method"), 10),
        visible(plain.get("path"), 400),
        visible(status, 10) if status else _("no answer"),
        well,
        span(took / 1_000) if isinstance(took, int | float) and took else "",
        visible(plain.get("request_id"), 80),
        _body(plain.get("sent")),
        _body(plain.get("answered")),
    )


def _body(kept: object) -> str:
    """Return a kept body on lines of its own; each is shown as any text of an app is."""
    if kept is None:
        return ""
    text = kept if isinstance(kept, str) else json.dumps(kept, indent=2, ensure_ascii=False)
    return "\n".join(visible(line, 1_000) for line in text.splitlines()[:200])


def _curl(address: str, last: Mapping[str, object]) -> str:
    """Return a request to repeat by hand; the token is left to whoever does."""
    path = str(last.get("path", ""))
    method = visible(last.get("method"), 10)
    url = visible(f"{address.rstrip('/')}/{path.lstrip('/')}", 600).replace("'", "%27")
    return (
        f"curl -X {method} -H 'Authorization: Bearer …' "
        f"-H 'Content-Type: application/scim+json' '{url}'"
    )


def _plain(value: object) -> object:
    if isinstance(value, list | tuple):
        return ", ".join(str(_plain(one)) for one in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {_plain(one)}" for key, one in value.items())
    return value
