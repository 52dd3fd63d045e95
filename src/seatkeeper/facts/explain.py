"""Why somebody has an account, where a value comes from, what a change leads to: plain data."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from seatkeeper.facts.plain import Plain
from seatkeeper.facts.plan import record_plain
from seatkeeper.facts.words import clause_text, short_path
from seatkeeper.provisioning.explain import Explanation
from seatkeeper.provisioning.journal import Key
from seatkeeper.provisioning.membership import Membership, Missing
from seatkeeper.provisioning.naming import Called
from seatkeeper.provisioning.provenance import Origin
from seatkeeper.provisioning.scope import Check
from seatkeeper.provisioning.whatif import Consequences

_STATES: Final = {True: "passed", False: "failed", None: "open"}
_CHECK_NAMES: Final = {
    "active": "Is active in the directory",
    "assigned": "Is assigned",
    "filters": "Passes the scoping filters",
    "values": "Has the values the app needs",
    "match": "Has exactly one account",
    "write": "Last write",
    "app": "In the app",
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
        "since": explanation.since,
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
        "compared": members.total if members.compared is None else members.compared,
        "should_hold": members.wanted,
        "holds": members.held,
        "to_add": {"count": members.add.count, "first": list(members.add.names)},
        "to_add_with_new_account": {
            "count": members.coming.count,
            "first": list(members.coming.names),
        },
        "to_remove": {"count": members.remove.count, "first": list(members.remove.names)},
        "to_write_again": {"count": members.again.count, "first": list(members.again.names)},
        "without_account": {
            "count": members.waiting,
            "first": [missing_plain(one) for one in members.missing],
        },
    }


def origin_plain(app_id: str, name: str, origin: Origin) -> Plain:
    """Return where one value comes from."""
    return {
        "app": app_id,
        "name": name,
        "path": origin.path,
        "answer": origin.sentence,
        "source": origin.source,
        "inputs": dict(origin.inputs),
        "steps": [msgspec.to_builtins(one) for one in origin.steps],
        "wanted": origin.wanted,
        "known": origin.known,
        "members": members_plain(origin.members),
    }


def whatif_plain(
    app_id: str,
    name: str,
    change: str,
    answers: tuple[Explanation, Explanation],
    found: Consequences,
    others: Mapping[str, Sequence[str]],
    without_effect: Sequence[str],
    called: Called,
) -> Plain:
    """Return what a change would lead to.

    ``others`` are paths of other apps that it reaches, ``without_effect`` says
    which parts of it change nothing, and why, ``called`` are the names of managers
    and members whose accounts it mentions.
    """
    before, after = answers
    return {
        "app": app_id,
        "name": name,
        "if": change,
        "without_effect": list(without_effect),
        "before": before.answer,
        "after": after.answer,
        "answer": found.sentence,
        "app_asked": False,
        "open": found.open_ones,
        "lose_access": [one.display_name for one in found.lose],
        "affected": [record_plain(one, called) for one in found.affected],
        "stay": [{"record": s.record_id, "name": s.name, "reason": s.reason} for s in found.stays],
        "other_apps": {app: list(paths) for app, paths in others.items()},
    }


def held_plain(found: Consequences, held: Mapping[Key, str]) -> Plain | None:
    """Return which of the removals the deletion guard would keep back, and why; none: none."""
    mine = [one for one in found.lose if one.key in held]
    if not mine:
        return None
    return {"names": [one.display_name for one in mine], "why": held[mine[0].key]}


def _check_name(check: Check) -> str:
    """Return a check's title; a group, or whoever is gone, is not said to be inactive."""
    if check.name == "active" and "IsActive" not in check.facts:
        return "Is in the directory"
    return _CHECK_NAMES.get(check.name, check.name)


def _check_plain(check: Check) -> Plain:
    """Return one check; of one that was not reached, what is known all the same."""
    facts = [check.text, *_shown_facts(check.facts)]
    if not check.reached:
        facts = [check.text] if check.text else []
    return {
        "check": check.name,
        "name": _check_name(check),
        "state": _STATES[check.passed] if check.reached else "not_reached",
        "text": check.text,
        "facts": facts,
        "details": dict(check.facts),
    }


def _shown_facts(facts: dict[str, object]) -> list[str]:
    values = facts.get("values")
    if isinstance(values, dict):
        return [f"{short_path(path)} = {value}" for path, value in values.items()]
    clauses = facts.get("clauses")
    return [clause_text(one) for one in clauses] if isinstance(clauses, list) else []
