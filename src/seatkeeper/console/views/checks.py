"""Word the checks that ``explain`` makes, each with the facts it read.

After the walk, pure: checks of ``provisioning.explain`` and what is known beside
them go in, frozen lines go out. Nothing is decided here.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from seatkeeper.console.language import _
from seatkeeper.console.views.event_row import EventRow, event_row
from seatkeeper.console.views.values import Time
from seatkeeper.console.words import clock, visible
from seatkeeper.directory.model import Change, Group, User
from seatkeeper.facts.words import clause_text, short_path
from seatkeeper.provisioning.explain import Explanation
from seatkeeper.provisioning.guard import Hold
from seatkeeper.provisioning.journal import Escrow
from seatkeeper.provisioning.log import LogEntry
from seatkeeper.provisioning.mapping.model import Mapping as OneMapping
from seatkeeper.provisioning.naming import HIDDEN, Called
from seatkeeper.provisioning.provenance import source_text
from seatkeeper.provisioning.rules import Rules, ScopeSetting
from seatkeeper.provisioning.scope import Check, Grant
from seatkeeper.provisioning.walk import Facts

_LONGEST: Final = 200
_COMPUTED: Final = "IsSoftDeleted"
"""Not in the directory: it follows from the checks before."""


@dataclass(frozen=True, slots=True)
class Way:
    """One assignment that reaches somebody: through which group, in which role, since when."""

    group_id: str
    text: str
    since: Time | None
    by: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition of a scoping filter with the actual value."""

    text: str
    passed: bool


@dataclass(frozen=True, slots=True)
class ValueLine:
    """One attribute of the account: what it is made from, what was read, what comes of it."""

    path: str
    short: str
    source: str
    read: Sequence[tuple[str, str]]
    value: str
    required: bool
    missing: bool


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One check in its fixed place. ``state``: passed, failed, open or not_reached."""

    number: int
    name: str
    title: str
    state: str
    said: str
    text: str
    first_failing: bool
    facts: Sequence[tuple[str, str]] = ()
    ways: Sequence[Way] = ()
    clauses: Sequence[Clause] = ()
    values: Sequence[ValueLine] = ()
    event: EventRow | None = None
    requests: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beside the explanation; read by the page, worded here.

    ``member_of`` are the names of the groups that it is a direct member of, ``names``
    those of people whom its values mention.
    """

    facts: Facts
    rules: Rules
    began: Mapping[str, Change]
    standing: str
    last: LogEntry | None
    escrow: Escrow | None
    hold: Hold | None
    called: Called
    member_of: Sequence[str] = ()
    names: Mapping[str, str] = field(default_factory=dict)


def check_titles() -> Mapping[str, str]:
    """Return what each check is called."""
    return {
        "active": _("Is active in the directory"),
        "assigned": _("Is assigned"),
        "filters": _("Passes the scope"),
        "values": _("Has the values the app needs"),
        "match": _("Has exactly one account"),
        "write": _("Last write"),
        "app": _("In the app"),
    }


def check_lines(explained: Explanation, known: Known, now: dt.datetime) -> Sequence[CheckLine]:
    """Return the checks in their order; the first failing one is marked."""
    failing = next((one.name for one in explained.checks if one.passed is False), "")
    return [
        _check(number, one, known, now, first_failing=one.name == failing)
        for number, one in enumerate(explained.checks, 1)
    ]


def _check(
    number: int, check: Check, known: Known, now: dt.datetime, *, first_failing: bool
) -> CheckLine:
    title = check_titles().get(check.name, visible(check.name, 40))
    if check.name == "active" and "IsActive" not in check.facts:
        title = _("Is in the directory")
    state = {True: "passed", False: "failed", None: "open"}[check.passed]
    last = known.last if check.name == "write" else None
    return CheckLine(
        number=number,
        name=check.name,
        title=title,
        state=state if check.reached else "not_reached",
        said=_states()[state if check.reached else "not_reached"],
        text=visible(check.text, 600),
        first_failing=first_failing,
        facts=list(_facts(check, known, now)),
        ways=_ways(known, now) if check.name == "assigned" else (),
        clauses=_clauses(check),
        values=_values(check, known) if check.name == "values" else (),
        event=None
        if last is None
        else event_row(0, last, now, app_name=known.rules.app_name, called=known.called),
        requests=_requests(last) if last is not None else (),
    )


def _states() -> Mapping[str, str]:
    return {
        "passed": _("passed"),
        "failed": _("failed"),
        "open": _("open"),
        "not_reached": _("not reached"),
    }


def _facts(check: Check, known: Known, now: dt.datetime) -> Iterator[tuple[str, str]]:
    """Yield what a check read, in pairs of a word and a value."""
    record = known.facts.record
    if check.name == "active" and isinstance(record, User):
        yield _("Account enabled"), _("yes") if record.enabled else _("no")
        if record.deleted_at is not None:
            yield _("Deleted"), clock(record.deleted_at, now)
    if check.name == "assigned":
        everybody = known.rules.scope is ScopeSetting.ALL
        yield _("Who may take part"), _("everybody") if everybody else _("whoever is assigned")
        if check.passed is False:
            groups = ", ".join(known.member_of[:10]) or _("no group")
            yield _("Member of"), visible(groups, 400)
    if check.name == "filters" and not check.facts:
        yield _("Filter"), _("none, so everybody who is assigned passes")
    if check.name == "match":
        mapping = known.rules.mapping(known.facts.kind)
        for one in mapping.by_matching if mapping is not None else ():
            yield _("Accounts are looked for by"), f"{short_path(one.target)} = {source_text(one)}"
        found = next((one for one in known.last.steps if one.type == "matching"), None) \
            if known.last is not None else None  # fmt: skip
        if found is not None:
            yield _("What came back last"), visible(found.text, 300)
    if check.name == "write" and known.escrow is not None:
        yield _("What happened"), visible(known.escrow.message, 400)
        if known.escrow.advice:
            yield _("What to do"), visible(known.escrow.advice, 300)
        yield _("Next try"), _retry(known.escrow, now)
        yield _("Tries so far"), str(known.escrow.attempts)


def _retry(escrow: Escrow, now: dt.datetime) -> str:
    return _("not by itself") if escrow.retry_at is None else clock(escrow.retry_at, now)


def _ways(known: Known, now: dt.datetime) -> Sequence[Way]:
    return [_way(one, known, now) for one in known.facts.grants]


def _way(grant: Grant, known: Known, now: dt.datetime) -> Way:
    began = known.began.get(grant.group_id or known.facts.record_id)
    text = grant.path
    return Way(
        group_id=grant.group_id or "",
        text=visible(text[:1].upper() + text[1:], 300),
        since=None if began is None else moment_of(began.at, now),
        by="" if began is None else visible(began.actor, 60),
    )


def _clauses(check: Check) -> Sequence[Clause]:
    told = check.facts.get("clauses")
    if not isinstance(told, list):
        return ()
    return [
        Clause(visible(clause_text(one), 400), one["passed"] is not one.get("negated", False))
        for one in told
    ]


def _values(check: Check, known: Known) -> Sequence[ValueLine]:
    mapping = known.rules.mapping(known.facts.kind)
    made = check.facts.get("values")
    values = made if isinstance(made, Mapping) else {}
    every = mapping.mappings if mapping is not None else ()
    return [_value(one, known, values, made=bool(values)) for one in every]


def _value(one: OneMapping, known: Known, values: Mapping[str, object], *, made: bool) -> ValueLine:
    read = [
        (name, HIDDEN if one.hidden else _read(known, name))
        for name in one.reads
        if name != _COMPUTED
    ]
    value = visible(values.get(one.target), _LONGEST)
    return ValueLine(
        path=one.target,
        short=short_path(one.target),
        source=visible(source_text(one), 300),
        read=read,
        value=HIDDEN if one.hidden and value else value,
        required=one.required,
        missing=not made and one.required and any(not told for _name, told in read),
    )


def _read(known: Known, name: str) -> str:
    """Return what the directory has under a name; a manager by name."""
    record = known.facts.record
    if isinstance(record, Group):
        told = record.display_name if name == "displayName" else record.attributes.get(name)
    elif record is None:
        told = None
    elif name == "manager":
        told = known.names.get(record.manager_id or "", record.manager_id)
    elif name == "objectId":
        told = record.id
    else:
        told = record.attributes.get(name)
    return visible("; ".join(told) if isinstance(told, tuple) else told, _LONGEST)


def _requests(last: LogEntry) -> Sequence[str]:
    return [
        visible(f"{one.get('method', '')} {one.get('path', '')} → {one.get('status') or '–'}", 200)
        for one in last.exchanges
    ]


def moment_of(at: dt.datetime | None, now: dt.datetime) -> Time | None:
    """Return a moment as pages show it."""
    return None if at is None else Time(at.isoformat(timespec="seconds"), clock(at, now))
