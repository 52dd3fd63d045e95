"""Prepare one person or group of a plan: as a line of a list, and in full.

After the walk, pure: a record of a kept plan, its facts of now and the rules go
in, frozen values go out. Which records are shown is ``views.plan``'s affair.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from seatkeeper.console.language import _, ngettext
from seatkeeper.console.views.values import Change
from seatkeeper.console.words import number, visible
from seatkeeper.facts.words import short_path
from seatkeeper.provisioning.log import Modified, shown
from seatkeeper.provisioning.naming import MEMBERS, NOBODY, Called, by_name
from seatkeeper.provisioning.preview import Outlook, PlannedRecord
from seatkeeper.provisioning.provenance import source_text
from seatkeeper.provisioning.rules import Rules
from seatkeeper.provisioning.walk import Facts


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One person or group of the plan; ``cause`` is told where no heading tells it."""

    place: int
    record_id: str
    kind: str
    name: str
    mark: str
    action: str
    why: str
    address: str
    chosen: bool
    cause: str = ""
    heading: str = ""
    heading_counts: str = ""


@dataclass(frozen=True, slots=True)
class PlanPerson:
    """One record of the plan in full.

    ``same`` are values of the account that stay as they are; ``sources`` says whether
    the values tell from where they come.
    """

    row: PlanRow
    cause: str
    reason: str
    held: str
    advice: str
    account: str
    changes: Sequence[Change]
    same: Sequence[Change]
    sources: bool
    requests: str
    waiting: Sequence[str]


def outlook_words() -> Mapping[Outlook, str]:
    """Return what each outlook is called."""
    return {
        Outlook.CREATE: _("Create"),
        Outlook.UPDATE: _("Update"),
        Outlook.LINK: _("Link"),
        Outlook.DISABLE: _("Deactivate"),
        Outlook.DELETE: _("Delete"),
        Outlook.HOLD: _("Hold for a decision"),
        Outlook.FAIL: _("Can't do"),
        Outlook.SKIP: _("Leave as it is"),
        Outlook.UNLINK: _("Let go"),
    }


_MARKS: Final = {Outlook.UNLINK: "skip"}


def mark_of(verb: Outlook) -> str:
    """Return the sign of an outlook in ``ui/parts.html``."""
    return _MARKS.get(verb, verb.value)


def plan_row(
    place: int,
    record: PlannedRecord,
    address: str,
    *,
    chosen: bool,
    cause: str = "",
    heading: tuple[str, int] | None = None,
    called: Called = NOBODY,
) -> PlanRow:
    """Return a record as a line; ``heading``: the cause it begins, and whom that concerns."""
    words, many = heading if heading is not None else ("", 0)
    counted = ngettext("%(num)s person or group", "%(num)s people and groups", many)
    return PlanRow(
        place,
        record.record_id,
        record.kind.value,
        visible(record.display_name or record.record_id, 80),
        mark_of(record.verb),
        outlook_words()[record.verb],
        visible(_why(record, called), 160),
        address,
        chosen,
        visible(cause, 160),
        visible(words, 300),
        counted % {"num": number(many)} if heading is not None else "",
    )


def plan_person(
    row: PlanRow,
    record: PlannedRecord,
    called: Called,
    *,
    facts: Facts | None = None,
    rules: Rules | None = None,
) -> PlanPerson:
    """Return a record in full.

    ``facts`` are those of now and give the values that stay; ``rules`` are those the
    plan was made under and give each value's source. Neither: none is told.
    """
    sources = _sources(record, rules)

    def told(one: Modified, *, same: bool = False) -> Change:
        named = by_name(one, called)
        return Change(
            visible(short_path(one.path), 120),
            visible(sources.get(one.path, ""), 300),
            visible(named.old, 400),
            visible(named.new, 400),
            same,
        )

    return PlanPerson(
        row,
        visible(record.cause, 400),
        visible(record.reason, 600),
        visible(record.held, 400),
        visible(record.advice, 400),
        visible(record.account_id, 200),
        [told(one) for one in record.changes],
        [told(one, same=True) for one in staying(record, facts)],
        bool(sources),
        "\n".join(visible(one, 2_000) for one in record.requests),
        [visible(one, 200) for one in record.waiting],
    )


def staying(record: PlannedRecord, facts: Facts | None) -> Sequence[Modified]:
    """Return the values of the account that the plan leaves as they are, as last known."""
    if facts is None or facts.link is None or facts.link.held or record.verb is Outlook.DELETE:
        return ()
    changed = {one.path for one in record.changes}
    return [
        Modified(path, shown(value), shown(value))
        for path, value in facts.link.known.items()
        if path not in changed and shown(value)
    ]


def change_text(one: Modified) -> str:
    """Return a changed value in one line, as lists and files have it."""
    return f"{short_path(one.path)}: {one.old or _('empty')} → {one.new or _('empty')}"


def _sources(record: PlannedRecord, rules: Rules | None) -> Mapping[str, str]:
    mapping = rules.mapping(record.kind) if rules is not None else None
    if mapping is None:
        return {}
    found = {one.target: source_text(one) for one in mapping.mappings}
    return {**found, MEMBERS: _("the members in the directory")}


def _why(record: PlannedRecord, called: Called) -> str:
    if record.held:
        return record.held
    if record.changes and record.verb is Outlook.UPDATE:
        first = record.changes[0]
        if first.path == MEMBERS:
            moved = sum(one.path == MEMBERS for one in record.changes)
            return ngettext("%(num)s member", "%(num)s members", moved) % {"num": number(moved)}
        return change_text(by_name(first, called))
    return record.reason
