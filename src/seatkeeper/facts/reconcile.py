"""The facts of what reconciling found, as plain data."""

from collections.abc import Collection, Sequence

from seatkeeper.facts.plain import Plain
from seatkeeper.facts.workplace import Workplace
from seatkeeper.provisioning.log import Modified, shown
from seatkeeper.provisioning.naming import MEMBERS, Called
from seatkeeper.provisioning.reconcile import WORDS, Difference, Finding

HIDDEN = "(hidden)"


async def reconciled_plain(work: Workplace, app_id: str) -> Plain | None:
    """Return what is kept of the last look at everybody, or none where there was none."""
    done = await work.ledger.reconciled(app_id)
    if done is None:
        return None
    counts = await work.ledger.finding_counts(app_id)
    return {
        "cycle": done.cycle_id,
        "started_at": done.started.isoformat(timespec="seconds"),
        "ended_at": done.ended.isoformat(timespec="seconds"),
        "counts": {WORDS[found]: count for found, count in counts.items()},
        "unchecked": [
            {"kind": one.kind.value, "what": one.what, "why": one.why} for one in done.unchecked
        ],
    }


def ends_of(findings: Sequence[Finding]) -> list[Modified]:
    """Return the references among what was found, to learn the names at their ends."""
    return [
        Modified(one.path, shown(one.written), shown(one.found))
        for finding in findings
        for one in finding.differences
    ]


def finding_plain(finding: Finding, called: Called, hidden: Collection[str]) -> Plain:
    """Return one finding. ``called`` are the names of managers and members."""
    return {
        "kind": finding.kind.value,
        "code": finding.found.value,
        "found": WORDS[finding.found],
        "record": finding.record_id or None,
        "account": finding.account_id,
        "display_name": finding.display_name,
        "why": finding.why,
        "since": finding.since.isoformat(timespec="seconds"),
        "repairable": finding.repairable,
        "differences": [_difference(one, called, hidden) for one in finding.differences],
    }


def _difference(one: Difference, called: Called, hidden: Collection[str]) -> Plain:
    def told(value: object) -> object:
        if value is None or one.path in hidden:
            return None if value is None else HIDDEN
        return list(value) if isinstance(value, tuple) else value

    account = str(one.written or one.found)
    name = called.get((one.path, account)) if one.path == MEMBERS else None
    return {
        "path": one.path,
        "written": told(one.written),
        "found": told(one.found),
        "wanted": told(one.wanted),
        "cause": WORDS[one.cause],
        "name": name,
        "repairs": one.repairs,
    }
