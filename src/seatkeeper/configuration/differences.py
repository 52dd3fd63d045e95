"""Say in lines what applying a document changes, before it is applied.

Before the walk. Pure: two documents in, sentences out. A secret is never
shown, only that its reference changed.
"""

from collections.abc import Sequence

import msgspec

from seatkeeper.configuration.address import forgets_secret
from seatkeeper.configuration.documents import DEFAULT_ACCESS_ROLE, AppDocument, DocumentAssignment
from seatkeeper.configuration.filters import in_words
from seatkeeper.configuration.guard import guard_in_words
from seatkeeper.configuration.notification import notification_facts
from seatkeeper.configuration.secrets import STORED
from seatkeeper.configuration.settings import ACTIONS, AppSettings, AttributeChange, MappingChange
from seatkeeper.configuration.timing import print_interval, printed_reconciling


def differences(before: AppDocument | None, after: AppDocument) -> list[str]:
    """Return one line for each thing that differs; empty: applying changes nothing."""
    if before is None:
        return [f"new app: {after.app} ({after.settings.name})", *_listed(after)]
    return [
        *_settings_lines(before.settings, after.settings),
        *_secret_lines(before, after),
        *_assignment_lines(before.assignments, after.assignments),
        *_attribute_lines(before.settings, after.settings),
        *mapping_differences("users", before.settings.users, after.settings.users),
        *mapping_differences("groups", before.settings.groups, after.settings.groups),
    ]


def _listed(after: AppDocument) -> list[str]:
    return [
        *(f"{name}: {value}" for name, value in _facts(after.settings).items() if value),
        f"secret: {after.secret_token}",
        *_assignment_lines((), after.assignments),
        *_attribute_lines(None, after.settings),
        *mapping_differences("users", (), after.settings.users),
        *mapping_differences("groups", (), after.settings.groups),
    ]


def _facts(settings: AppSettings) -> dict[str, str]:
    return {
        "gallery": settings.gallery,
        "name": settings.name,
        "tenant URL": settings.tenant_url,
        "allow loopback": _yes(settings.allow_loopback),
        "token ends": settings.secret_expires,
        "requests per second": str(settings.requests_per_second or ""),
        "bulk": settings.bulk.replace("off", ""),
        "mode": settings.mode,
        "status": settings.status,
        "scope": settings.scope,
        "exclude Default Access": _yes(settings.exclude_default_access),
        "skip out-of-scope deletions": _yes(settings.skip_out_of_scope_deletions),
        "rehire": settings.rehire,
        "profile": settings.profile,
        "scoping filter of users": in_words(settings.user_filter),
        "scoping filter of groups": in_words(settings.group_filter),
        "every": print_interval(settings.interval_seconds),
        "immediate": _yes(settings.timing.immediate),
        "windows": ", ".join(settings.timing.windows),
        "quiet hours": ", ".join(settings.timing.quiet),
        "time zone": settings.timing.time_zone,
        **notification_facts(settings.notification),
        "reconcile": ", ".join(map(str, printed_reconciling(settings.reconcile).values())),
        "deletion guard": guard_in_words(settings.guard),
        "groups": "on" if settings.groups_enabled else "off",
        "actions of users": _actions(settings.user_actions),
        "actions of groups": _actions(settings.group_actions),
    }


def _actions(actions: Sequence[str]) -> str:
    """Name the actions in one order: which of them comes first means nothing."""
    return ", ".join(one for one in ACTIONS if one in actions)


def _yes(value: object) -> str:
    return "yes" if value else "no"


def _settings_lines(before: AppSettings, after: AppSettings) -> list[str]:
    earlier = _facts(before)
    return [
        f"{name}: {earlier[name] or 'none'} -> {value or 'none'}"
        for name, value in _facts(after).items()
        if value != earlier[name]
    ]


def _secret_lines(before: AppDocument, after: AppDocument) -> list[str]:
    if before.secret_token != after.secret_token:
        return ["secret: changed"]
    old, new = before.settings.tenant_url, after.settings.tenant_url
    if after.secret_token == STORED and old and forgets_secret(old, new):
        return ["secret: forgotten, because the tenant URL leads to another host"]
    return []


def _assignment_lines(
    before: Sequence[DocumentAssignment], after: Sequence[DocumentAssignment]
) -> list[str]:
    earlier = {(one.kind, one.name): _given(one) for one in before}
    later = {(one.kind, one.name): _given(one) for one in after}
    lines = []
    for (kind, name), role in later.items():
        old = earlier.get((kind, name))
        if old is None:
            lines.append(f"assignment: {kind} {name} added as {role}")
        elif old != role:
            lines.append(f"assignment: {kind} {name}: {old} -> {role}")
    lines += [f"assignment: {kind} {name} ended" for kind, name in earlier.keys() - later.keys()]
    return sorted(lines)


def _given(assignment: DocumentAssignment) -> str:
    reach = ", with its nested groups" if assignment.nested else ""
    return f"{assignment.role or DEFAULT_ACCESS_ROLE}{reach}"


def _attribute_lines(before: AppSettings | None, after: AppSettings) -> list[str]:
    pairs = (
        ("users", before.user_attributes if before else (), after.user_attributes),
        ("groups", before.group_attributes if before else (), after.group_attributes),
    )
    lines = []
    for name, old, new in pairs:
        earlier = {change.path: change for change in old}
        later = {change.path: change for change in new}
        lines += [
            f"attribute of {name}: {path}: {_listed_as(earlier.get(path))} -> "
            f"{_listed_as(later.get(path))}"
            for path in dict.fromkeys([*earlier, *later])
            if earlier.get(path) != later.get(path)
        ]
        if list(old) != list(new) and earlier == later:
            lines.append(f"attribute of {name}: another order")
    return lines


def _listed_as(change: AttributeChange | None) -> str:
    if change is None:
        return "as in the gallery"
    plain = msgspec.to_builtins(change)
    said = [
        f"{field} {_yes(value) if isinstance(value, bool) else value}"
        for field, value in plain.items()
        if field != "path"
    ]
    return ", ".join(said) or "listed"


def mapping_differences(
    name: str, before: Sequence[MappingChange], after: Sequence[MappingChange]
) -> list[str]:
    """Return one line for each mapping of ``name`` that differs."""
    earlier = {change.target: change for change in before}
    later = {change.target: change for change in after}
    lines = [
        f"mapping of {name}: {target}: {_said(earlier.get(target))} -> {_said(later.get(target))}"
        for target in dict.fromkeys([*earlier, *later])
        if earlier.get(target) != later.get(target)
    ]
    if not lines and list(before) != list(after):
        lines.append(f"mapping of {name}: another order")
    return lines


def _said(change: MappingChange | None) -> str:
    if change is None:
        return "as in the gallery"
    if change.remove:
        return "removed"
    plain = msgspec.to_builtins(change)
    said = [
        "without source" if field == "no_source" else f"{field} {value}"
        for field, value in plain.items()
        if field != "target"
    ]
    return ", ".join(said)
