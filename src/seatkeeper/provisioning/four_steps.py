"""Show one record's way in four steps: import, scope, match, action.

    source change -> [scope -> map -> match -> plan -> export] -> log

What provisioning on demand shows (provisioning behaviour 5), before and after
the fact. Pure: it words the facts that the stations read and decides nothing.
"""

from collections.abc import Mapping, Sequence

from seatkeeper.directory.model import User
from seatkeeper.errors import SeatkeeperError
from seatkeeper.provisioning.account import Account
from seatkeeper.provisioning.log import LogEntry, Modified, Status, Step, shown
from seatkeeper.provisioning.match import Question
from seatkeeper.provisioning.naming import MEMBERS, shown_by_name
from seatkeeper.provisioning.outcome import log_code
from seatkeeper.provisioning.plan import Action, Adopt, Create, Delete, Disable, Skip, Update
from seatkeeper.provisioning.scope import Scope
from seatkeeper.provisioning.walk import Facts


def import_step(facts: Facts) -> Step:
    """Say what was read from the directory; empty attributes are not listed."""
    record = facts.record
    if record is None:
        return Step("EntryImport", "import", Status.SKIPPED, "is not in the directory any more")
    details: dict[str, object] = {"id": facts.record_id}
    if isinstance(record, User):
        details |= {"accountEnabled": record.enabled}
        if record.manager_id:
            details["manager"] = facts.names.get(record.manager_id, record.manager_id)
        if record.deleted_at is not None:
            details["deletedAt"] = record.deleted_at.isoformat()
    else:
        details["displayName"] = record.display_name
    details |= {
        name: ", ".join(value) if isinstance(value, tuple) else value
        for name, value in record.attributes.items()
    }
    return Step("EntryImport", "import", Status.SUCCESS, "was read from the directory", details)


def scope_step(scope: Scope) -> Step:
    """Say whether the record takes part, and every check that was made for it."""
    details: dict[str, object] = {}
    for check in scope.checks:
        details[check.name] = check.text
        details |= {name: value for name, value in check.facts.items() if value not in ([], "")}
    status = Status.SUCCESS if scope.usable else Status.SKIPPED
    return Step("EntrySynchronizationScoping", "scoping", status, scope.reason, details)


def match_step(
    facts: Facts,
    asked: Sequence[Question] = (),
    found: Account | None = None,
    error: SeatkeeperError | None = None,
) -> Step:
    """Say which account is the record's, or what the app was asked and answered."""
    name, kind = "EntrySynchronizationMatch", "matching"
    if facts.link is not None:
        since = f" since {facts.link.since:%Y-%m-%d %H:%M} UTC" if facts.link.since else ""
        known: dict[str, object] = {
            path: shown_by_name(facts, value) for path, value in facts.link.known.items()
        }
        text = f"is linked to account {facts.link.account_id}{since}"
        return Step(name, kind, Status.SUCCESS, text, known)
    questions: dict[str, object] = {
        f"question {n}": one.text for n, one in enumerate(asked, start=1)
    }
    if error is not None:
        details = {**questions, "code": log_code(error), "advice": error.advice}
        return Step(name, kind, Status.FAILURE, error.message, details)
    if not asked:
        return Step(name, kind, Status.SKIPPED, "no account was looked for")
    if found is None:
        return Step(name, kind, Status.SUCCESS, "no account matched", questions)
    values = {path: shown(value) for path, value in found.values.items()}
    return Step(name, kind, Status.SUCCESS, f"found account {found.id}", {**questions, **values})


_PLANNED = {
    "EntryExportAdd": "the account would be created",
    "EntryExportUpdate": "the differences would be sent",
    "EntryExportDelete": "the account would be deleted",
}


def action_step(
    action: Action | None,
    changes: Sequence[Modified],
    requests: Sequence[str],
    error: SeatkeeperError | None = None,
    waiting: Sequence[str] = (),
) -> Step:
    """Say what would be done, value by value and request by request."""
    name = _export_name(action, changes)
    details: dict[str, object] = {one.path: change_text(one) for one in changes}
    members = [change_text(one) for one in changes if one.path == MEMBERS]
    if members:
        details[MEMBERS] = members
    if requests:
        details["requests"] = list(requests)
    if waiting:
        details["waiting"] = list(waiting)
    if error is not None:
        details |= {"code": log_code(error), "advice": error.advice}
        return Step(name, "export", Status.FAILURE, error.message, details)
    if isinstance(action, Skip) and not changes:
        return Step(name, "export", Status.SKIPPED, action.text, {"SkipReason": action.reason})
    if isinstance(action, Adopt):
        text = "the account would be linked; it already is as it should be"
        return Step(name, "export", Status.SUCCESS, text, details)
    text = "access would be taken away" if isinstance(action, Disable) else _PLANNED[name]
    return Step(name, "export", Status.SUCCESS, text, details)


def change_text(one: Modified) -> str:
    """Return a change as ``old -> new``, that of a member as ``added NAME``."""
    if one.path == MEMBERS:
        return f"added {one.new}" if one.old is None else f"removed {one.old}"
    return f"{_word(one.old)} -> {_word(one.new)}"


def steps_after(facts: Facts, scope: Scope, entry: LogEntry | None) -> tuple[Step, ...]:
    """Return the four steps of a record that a cycle has just handled.

    ``entry`` is its log entry of that cycle; none: nothing had to be done.
    """
    before = (import_step(facts), scope_step(scope))
    if entry is None:
        nothing = Step(
            "EntrySynchronizationSkip",
            "export",
            Status.SKIPPED,
            "nothing had to be done",
        )
        return (*before, match_step(facts), nothing)
    matched = next((step for step in entry.steps if step.type == "matching"), None)
    known = match_step(facts)
    match = (
        Step(known.name, known.type, known.status, matched.text, known.details)
        if matched is not None
        else known
    )
    last = entry.steps[-1] if entry.steps else None
    changes: Mapping[str, object] = {
        one.path: change_text(one) for one in entry.modified if one.path != MEMBERS
    }
    members = [change_text(one) for one in entry.modified if one.path == MEMBERS]
    requests = [f"{one['method']} {one['path']}: {one['status']}" for one in entry.exchanges]
    details: dict[str, object] = dict(changes)
    if members:
        details[MEMBERS] = members
    if requests:
        details["requests"] = requests
    if entry.code:
        details["code"] = entry.code
    if last is not None:
        details |= last.details
    done = last.text if last is not None and entry.status is not Status.FAILURE else ""
    said = [done] if done and done not in entry.reason else []
    text = ". ".join([*said, *([entry.reason] if entry.reason else [])]) or entry.action
    name = last.name if last is not None else "EntryExportUpdate"
    return (*before, match, Step(name, "export", entry.status, text, details))


def _export_name(action: Action | None, changes: Sequence[Modified]) -> str:
    match action:
        case Create():
            return "EntryExportAdd"
        case Delete():
            return "EntryExportDelete"
        case Update() | Disable():
            return "EntryExportUpdate"
        case _:
            return "EntryExportUpdate" if changes else "EntrySynchronizationSkip"


def _word(value: str | None) -> str:
    return "empty" if value is None else value
