"""Write down what happened to one record in one cycle, in the words of the field.

    source change -> scope -> map -> match -> plan -> export -> [log]

One entry per record and cycle that did or refused something. Step names and
status words are those of the reference's provisioning log (provisioning
behaviour 7.1), so that its readers feel at home.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from seatkeeper.directory.model import Kind
from seatkeeper.errors import SeatkeeperError
from seatkeeper.provisioning.account import TargetValue, ValueChange
from seatkeeper.provisioning.outcome import log_code
from seatkeeper.provisioning.plan import Action, Adopt, Create, Delete, Disable, Skip, Update
from seatkeeper.provisioning.reference import waits
from seatkeeper.provisioning.scope import Scope
from seatkeeper.scim.element_text import named
from seatkeeper.words import number_of


class Status(StrEnum):
    """How it ended."""

    SUCCESS = "success"
    WARNING = "warning"
    SKIPPED = "skipped"
    FAILURE = "failure"


class Step(msgspec.Struct, frozen=True):
    """One station as the log shows it; ``details`` are the facts that it read."""

    name: str
    type: str
    status: Status
    text: str
    details: Mapping[str, object] = {}


class Modified(msgspec.Struct, frozen=True):
    """One value that changed, as text; none is absence."""

    path: str
    old: str | None
    new: str | None


class LogEntry(msgspec.Struct, frozen=True):
    """One row of the provisioning log.

    ``exchanges`` are plain records of the requests (method, path without
    values, status, request id, milliseconds), without bodies and secrets.
    ``changes`` are the values that an update sent as they were, to undo it by;
    ``modified`` is the same for people, and has members.
    """

    id: str
    app_id: str
    cycle_id: str
    at: dt.datetime
    kind: Kind
    record_id: str
    display_name: str
    action: str
    status: Status
    account_id: str | None = None
    code: str = ""
    reason: str = ""
    steps: Sequence[Step] = ()
    modified: Sequence[Modified] = ()
    exchanges: Sequence[Mapping[str, object]] = ()
    milliseconds: int = 0
    changes: Sequence[ValueChange] = ()


def verb(action: Action) -> str:
    """Return the log's word for an action."""
    match action:
        case Create():
            return "create"
        case Update():
            return "update"
        case Disable():
            return "disable"
        case Delete():
            return "delete"
        case Adopt() | Skip():
            return "other"


_EXPORTS = {
    "create": "EntryExportAdd",
    "update": "EntryExportUpdate",
    "disable": "EntryExportUpdate",
    "delete": "EntryExportDelete",
    "other": "EntrySynchronizationSkip",
}
_IMPORTS = {"create": "EntryImportAdd", "delete": "EntryImportDelete", "other": "EntryImport"}


def modified(action: Action) -> tuple[Modified, ...]:
    """Return the values an action changes."""
    match action:
        case Create(values):
            return tuple(Modified(path, None, shown(value)) for path, value in values.items())
        case Update(_, changes) | Disable(_, changes):
            return tuple(_modified(change) for change in changes)
        case Delete() | Adopt() | Skip():
            return ()


def shown(value: TargetValue | None) -> str | None:
    """Return a value as the log writes it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "True" if value else "False"
    return ", ".join(map(named, value)) if isinstance(value, tuple) else str(value)


def remark(
    action: Action,
    scope: Scope,
    waiting: Mapping[str, str],
    *,
    unresolved: int = 0,
    interim: bool = False,
) -> str:
    """Return what people should know of what was carried out: why access went, and who waits.

    ``waiting`` maps a reference to the name of whoever has no account yet,
    ``unresolved`` counts a group's members without one; ``interim`` is a step
    on the way to what was planned.
    """
    said: list[str] = []
    if isinstance(action, Disable | Delete):
        said.append(f"{scope.reason[:1].upper()}{scope.reason[1:]}.")
    if waiting:
        said.append(f"{', '.join(waits(path, name) for path, name in waiting.items())}.")
    if unresolved:
        have = "has no account in the app and is left out"
        if unresolved > 1:
            have = "have no account in the app and are left out"
        said.append(f"{number_of(unresolved, 'member')} {have}.")
    if interim:
        said.append("For a moment only: the value passes on to somebody who waits for it.")
    return " ".join(said)


_WAITS_FOR: Final = "Waits for approval "


def held_reason(approval: str, why: str) -> str:
    """Return what the log says of a removal that waits for a person."""
    return f"{_WAITS_FOR}{approval}: {why}"


def why_held(reason: str) -> str:
    """Return why a removal waits, without the name of its approval; other reasons as they are."""
    if not reason.startswith(_WAITS_FOR):
        return reason
    return reason.partition(": ")[2] or reason


def steps(
    action: Action | None,
    scope: Scope | None,
    *,
    matched: str,
    waiting: Mapping[str, str],
    members: Sequence[Modified] = (),
    error: SeatkeeperError | None = None,
) -> tuple[Step, ...]:
    """Return the stations a record passed, ending with the export or what stopped it.

    ``waiting`` maps a reference to the name of whoever has no account yet; ``members`` are
    those of a group that were written.
    """
    word = verb(action) if action is not None else "other"
    made = [Step(_IMPORTS.get(word, "EntryImportUpdate"), "import", Status.SUCCESS, "was read")]
    if scope is not None:
        details = {key: value for check in scope.checks for key, value in check.facts.items()}
        status = Status.SUCCESS if scope.usable else Status.SKIPPED
        made.append(Step("EntrySynchronizationScoping", "scoping", status, scope.reason, details))
    if matched:
        made.append(Step("EntrySynchronizationMatch", "matching", Status.SUCCESS, matched))
    for path, name in waiting.items():
        text = waits(path, name)
        made.append(
            Step(
                "EntryReferenceResolution",
                "referenceResolution",
                Status.WARNING,
                text,
                {"code": "UnableToResolveReferenceAttributeValue"},
            )
        )
    made.append(_last_step(action, word, members, error))
    return tuple(made)


def _last_step(
    action: Action | None, word: str, members: Sequence[Modified], error: SeatkeeperError | None
) -> Step:
    name = _EXPORTS[word]
    if error is not None:
        details = {"code": log_code(error), "advice": error.advice}
        return Step(name, "export", Status.FAILURE, error.message, details)
    if isinstance(action, Skip) and members:
        text = f"{number_of(len(members), 'change')} of members sent; the rest is as it should be"
        return Step(_EXPORTS["update"], "export", Status.SUCCESS, text)
    if isinstance(action, Skip):
        return Step(name, "export", Status.SKIPPED, action.text, {"SkipReason": action.reason})
    texts = {
        "create": "the account was created",
        "update": "the differences were sent",
        "disable": "access was taken away",
        "delete": "the account was deleted",
        "other": "the account was linked; it already is as it should be",
    }
    return Step(name, "export", Status.SUCCESS, texts[word])


def _modified(change: ValueChange) -> Modified:
    return Modified(change.path, shown(change.old), shown(change.new))
