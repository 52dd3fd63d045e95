"""The facts that commands print, as plain data: what ``--json`` prints and ``render`` shows."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from seatkeeper.bootstrap import Installation
from seatkeeper.cli.render import short_path
from seatkeeper.clock import utc_now
from seatkeeper.configuration.applying import settings_of
from seatkeeper.configuration.timing import print_interval, schedule_of
from seatkeeper.directory.model import Group, Kind, User
from seatkeeper.ports import StoredApp
from seatkeeper.provisioning.cycle import Cycle
from seatkeeper.provisioning.explain import Explanation
from seatkeeper.provisioning.guard import HoldState
from seatkeeper.provisioning.journal import HealthState
from seatkeeper.provisioning.log import LogEntry, Modified
from seatkeeper.provisioning.membership import Membership, Missing
from seatkeeper.provisioning.naming import NOBODY, Called, by_name
from seatkeeper.provisioning.schedule import Schedule, deciding, next_start
from seatkeeper.provisioning.scope import Check

Plain = dict[str, object]


async def app_plain(opened: Installation, stored: StoredApp) -> Plain:
    """Return where one app stands: settings, counts, running and last cycle."""
    app_id, settings = stored.application.id, settings_of(stored)
    cycles = await opened.ledger.cycles(app_id, limit=20)
    running = next((cycle for cycle in cycles if not cycle.finished), None)
    last = next((cycle for cycle in cycles if cycle.finished), None)
    health = await opened.ledger.health(app_id)
    counts = await opened.ledger.link_counts(app_id)
    escrows = await opened.ledger.escrows(app_id)
    on = settings.status == "on" and settings.mode == "automatic"
    plain: Plain = {
        "app": app_id,
        "name": settings.name,
        "status": "on" if on else "off",
        "mode": settings.mode,
        "scope": settings.scope,
        "every": print_interval(settings.interval_seconds),
        "tenant_url": settings.tenant_url,
        "has_secret": stored.has_secret,
        "users": counts.get(Kind.USER, 0),
        "groups": counts.get(Kind.GROUP, 0),
        "waiting": len(escrows),
        "waiting_causes": _causes([escrow.code for escrow in escrows]),
        "held": len(await opened.ledger.holds(app_id, states=(HoldState.OPEN,))),
        "immediate": settings.timing.immediate,
        "next_cycle": _next_cycle(schedule_of(app_id, settings, stored.version), cycles),
    }
    if health.state is not HealthState.WELL:
        since = f"{health.since:%Y-%m-%d %H:%M} UTC: " if health.since else ""
        plain["quarantine"] = f"{health.state} since {since}{health.message} {health.advice}"
    if running is not None:
        plain["progress"] = progress_plain(running)
    if last is not None:
        plain["last_cycle"] = cycle_plain(last)
    return plain


def progress_plain(cycle: Cycle, since: dt.datetime | None = None) -> Plain:
    """Return how far a cycle is, how fast, and how long it still takes (by its rate so far).

    ``since`` is when sending began, where that is known; else the cycle's start.
    """
    seconds = (utc_now() - (since or cycle.started)).total_seconds()
    rate = cycle.done / seconds if seconds >= 1 else 0.0
    left = (cycle.total - cycle.done) / rate if rate and cycle.total else None
    return {
        "kind": cycle.kind.value,
        "state": cycle.state.value,
        "requests": cycle.counters.requests,
        "done": cycle.done,
        "total": cycle.total,
        "per_second": round(rate, 1),
        "seconds_left": round(left) if left is not None else None,
    }


def cycle_plain(cycle: Cycle) -> Plain:
    """Return one cycle with its counters."""
    seconds = (cycle.ended - cycle.started).total_seconds() if cycle.ended else None
    return {
        "cycle": cycle.id,
        "number": cycle.number,
        "kind": cycle.kind.value,
        "state": cycle.state.value,
        "started_at": cycle.started.isoformat(timespec="seconds"),
        "ended_at": cycle.ended.isoformat(timespec="seconds") if cycle.ended else None,
        "seconds": round(seconds, 2) if seconds is not None else None,
        "note": cycle.note,
        **cycle.counters.to_plain(),
    }


def change_plain(change: Modified, called: Called = NOBODY) -> Plain:
    """Return one change, beside the account of a manager or member also their name if known."""
    named = by_name(change, called)
    names = {"old_name": named.old, "new_name": named.new} if named != change else {}
    return {"path": change.path, "old": change.old, "new": change.new, **names}


def log_plain(number: int, entry: LogEntry, called: Called = NOBODY) -> Plain:
    """Return one log entry with everything it knows."""
    return {
        "number": number,
        "id": entry.id,
        "at": entry.at.isoformat(timespec="milliseconds"),
        "app": entry.app_id,
        "cycle": entry.cycle_id,
        "kind": entry.kind.value,
        "record": entry.record_id,
        "display_name": entry.display_name,
        "account": entry.account_id,
        "action": entry.action,
        "status": entry.status.value,
        "code": entry.code,
        "reason": entry.reason,
        "changes": [change_plain(one, called) for one in entry.modified],
        "steps": [
            {
                "name": step.name,
                "type": step.type,
                "status": step.status.value,
                "text": step.text,
                "details": dict(step.details),
            }
            for step in entry.steps
        ],
        "requests": [dict(one) for one in entry.exchanges],
        "milliseconds": entry.milliseconds,
    }


_STATES = {True: "passed", False: "failed", None: "open"}
_CHECK_NAMES = {
    "active": "Is active in the directory",
    "assigned": "Is assigned",
    "filters": "Passes the scoping filters",
    "values": "Has the values the app needs",
    "match": "Has exactly one account",
    "write": "Last write",
}


def explanation_plain(app_id: str, who: str, explanation: Explanation) -> Plain:
    """Return an explanation: the answer, and each check with its facts."""
    return {
        "app": app_id,
        "user": who,
        "verdict": explanation.verdict.value,
        "code": explanation.code,
        "answer": explanation.answer,
        "account": explanation.account_id,
        "next_try": explanation.next_try.isoformat(timespec="seconds")
        if explanation.next_try is not None
        else None,
        "history": explanation.history,
        "missing": [missing_plain(one) for one in explanation.missing],
        "members": members_plain(explanation.members),
        "checks": [_check_plain(check) for check in explanation.checks],
    }


def missing_plain(one: Missing) -> Plain:
    """Return somebody whom a reference or a group waits for."""
    return {"path": one.path, "record": one.record_id, "name": one.name, "why": one.why}


def members_plain(members: Membership | None) -> Plain | None:
    """Return a group's members: counts, and the first names of each kind."""
    if members is None:
        return None
    return {
        "directory": members.total,
        "should_hold": members.wanted,
        "holds": members.held,
        "to_add": {"count": members.add.count, "first": list(members.add.names)},
        "to_remove": {"count": members.remove.count, "first": list(members.remove.names)},
        "to_write_again": {"count": members.again.count, "first": list(members.again.names)},
        "without_account": {
            "count": members.waiting,
            "first": [missing_plain(one) for one in members.missing],
        },
    }


def _check_plain(check: Check) -> Plain:
    """Return one check; of one that was not reached, what is known all the same."""
    facts = [check.text, *_shown_facts(check.facts)]
    if not check.reached:
        facts = [check.text] if check.text else []
    return {
        "check": check.name,
        "name": _CHECK_NAMES.get(check.name, check.name),
        "state": _STATES[check.passed] if check.reached else "not_reached",
        "text": check.text,
        "facts": facts,
        "details": dict(check.facts),
    }


def user_plain(user: User, *, manager: str, groups: list[str]) -> Plain:
    """Return one person with the manager's user name and the names of their groups."""
    return {
        "id": user.id,
        "userPrincipalName": user.user_name,
        "displayName": user.display_name,
        "accountEnabled": user.enabled,
        "deletedAt": user.deleted_at.isoformat() if user.deleted_at else None,
        "manager": manager,
        "managerId": user.manager_id,
        "groups": groups,
        "attributes": {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in user.attributes.items()
        },
    }


def group_plain(group: Group, members: list[str] | None = None) -> Plain:
    """Return one group."""
    return {"id": group.id, "displayName": group.display_name, "members": members or []}


def _shown_facts(facts: dict[str, object]) -> list[str]:
    values = facts.get("values")
    if isinstance(values, dict):
        return [f"{short_path(path)} = {value}" for path, value in values.items()]
    clauses = facts.get("clauses")
    return [_clause_shown(one) for one in clauses] if isinstance(clauses, list) else []


def _clause_shown(clause: Mapping[str, Any]) -> str:
    """Return one clause of a scoping filter with the actual value, in one line."""
    negated = clause.get("negated", False)
    words = [
        "not" if negated else "",
        f"member of {clause['member_of']}" if "member_of" in clause else clause["attribute"],
        clause.get("operator", ""),
        " or ".join(clause.get("wanted", [])),
    ]
    passed = "passes" if clause["passed"] is not negated else "fails"
    return f"{' '.join(one for one in words if one)}: {clause['actual']} ({passed})"


def _causes(codes: list[str]) -> dict[str, int]:
    return {code: codes.count(code) for code in dict.fromkeys(codes)}


def _next_cycle(schedule: Schedule, cycles: Sequence[Cycle]) -> str | None:
    now = utc_now()
    at = next_start(schedule, deciding(cycles), now)
    if at is None:
        return None
    return "as soon as the engine runs" if at <= now else at.isoformat(timespec="seconds")
